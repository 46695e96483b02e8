//! The same of claims, signals, mails, news and jobs.

use std::time::Duration;

use enlist_registration::jobs::JobKind;
use enlist_registration::ports::{MailAsked, MailRation, Noted, Reflected, Signal, Signalled};
use enlist_registration::state::Status;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_given_once_and_goes_on_at_the_latest_when_its_lease_has_expired() {
    let cuttable = Cuttable::new().await;
    for (number, cut) in CUTS {
        let waiting = opened(&cuttable.world, number).await;
        let deadline = cuttable.world.in_seconds(60);
        cuttable.proxy.cut_next(cut);
        let signalled = cuttable
            .store()
            .signal(waiting.id, Signal::Verified, SECOND, deadline)
            .await
            .unwrap();
        cuttable.proxy.assert_all_made();
        let (Signalled::Claimed(found) | Signalled::NotWaiting(found)) = &signalled else {
            panic!("{signalled:?}");
        };
        assert_eq!(found.status, Status::Running);
        assert_eq!(found.lease.generation.0, 2);
        let is_ours = matches!(signalled, Signalled::Claimed(_));
        assert_eq!(is_ours, cut == Cut::BeforeTheStatement);
        cuttable.world.pass_seconds(10);
        let due = cuttable.store().claim_due(SECOND, 10).await.unwrap();
        let due: Vec<_> = due
            .iter()
            .map(|it| (it.id, it.lease.generation.0))
            .collect();
        assert_eq!(due.last(), Some(&(waiting.id, 3)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_answer_is_lost_is_made_again_when_its_lease_has_expired() {
    let cuttable = Cuttable::new().await;
    for (number, cut) in CUTS {
        begun(&cuttable.world, number).await;
        cuttable.world.pass_seconds(10);
        cuttable.proxy.cut_next(cut);
        let claimed = cuttable.store().claim_due(SECOND, 1).await.unwrap();
        cuttable.proxy.assert_all_made();
        if cut == Cut::BeforeTheStatement {
            assert_eq!(claimed.len(), 1);
            let undone = rested(
                &cuttable.world,
                &turned_back(&cuttable.world, &claimed[0]),
                Status::Undone,
            );
            let at_rest = cuttable.store().rest(&undone, Status::Running, &[], &[]);
            at_rest.await.unwrap();
        } else {
            assert!(claimed.is_empty(), "{claimed:?}");
            cuttable.world.pass_seconds(10);
            let claimed = cuttable.store().claim_due(SECOND, 1).await.unwrap();
            assert_eq!(claimed[0].lease.generation.0, 3);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_queued_once_even_where_the_ration_allows_for_more() {
    let cuttable = Cuttable::new().await;
    for (number, cut) in CUTS {
        let waiting = opened(&cuttable.world, number).await;
        let ration = MailRation {
            mails: 10,
            apart: Duration::ZERO,
        };
        let job = recheck_job(&cuttable.world, waiting.id, number).id;
        cuttable.proxy.cut_next(cut);
        let asked = cuttable.store().ask_for_mail(waiting.id, job, ration).await;
        assert_eq!(asked.unwrap(), MailAsked::Queued, "{cut:?}");
        cuttable.proxy.assert_all_made();
        assert_eq!(stored(&cuttable.world, waiting.id).await.mail_serial, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn news_is_taken_once_and_reflected() {
    for cuttable in [Cuttable::new().await, Cuttable::pooled().await] {
        for (number, cut) in CUTS {
            let waiting = opened(&cuttable.world, number).await;
            let news = news::of_registration(&format!("evt_{number}"), waiting.id);
            let job = recheck_job(&cuttable.world, waiting.id, number).id;
            cuttable.proxy.cut_next(cut);
            let taken = cuttable.store().take_news(&news, job).await;
            assert_eq!(taken.unwrap(), Noted::Queued(waiting.id), "{cut:?}");
            let jobs = cuttable
                .store()
                .claim_jobs(JobKind::Reflect, SECOND, 9)
                .await;
            let jobs = jobs.unwrap();
            assert_eq!(jobs.len(), 1);
            cuttable.proxy.cut_next(cut);
            let reflected =
                reflecting::reflect(&cuttable.world, &jobs[0], &reflecting::gone()).await;
            assert_eq!(reflected, Reflected::Written, "{cut:?}");
            cuttable.proxy.assert_all_made();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_finished_or_put_off_once() {
    let cuttable = Cuttable::new().await;
    for (number, cut) in CUTS {
        opened(&cuttable.world, number).await;
        let kind = JobKind::VerificationMail;
        let jobs = cuttable.store().claim_jobs(kind, SECOND, 9).await.unwrap();
        assert_eq!(jobs.len(), 1);
        cuttable.proxy.cut_next(cut);
        let put_off = cuttable
            .store()
            .retry_job(&jobs[0], Duration::ZERO, "no")
            .await;
        assert!(put_off.is_ok(), "{cut:?}: {put_off:?}");
        let jobs = cuttable.store().claim_jobs(kind, SECOND, 9).await.unwrap();
        assert_eq!((jobs.len(), jobs[0].attempts), (1, 1));
        cuttable.proxy.cut_next(cut);
        let finished = cuttable.store().finish_job(&jobs[0], None).await;
        assert!(finished.is_ok(), "{cut:?}: {finished:?}");
        cuttable.proxy.assert_all_made();
    }
}
