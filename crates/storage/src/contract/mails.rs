//! `count_code_attempt`, `ask_for_mail`: what a person may cause is counted.

use std::time::Duration;

use enlist_registration::ids::JobId;
use enlist_registration::jobs::JobKind;
use enlist_registration::ports::{MailAsked, MailRation};
use enlist_registration::state::Registration;
use uuid::Uuid;

use super::*;

const RATION: MailRation = MailRation {
    mails: 3,
    apart: Duration::from_secs(60),
};

pub(crate) async fn codes_are_counted_and_a_new_mail_has_its_own(world: &World) {
    let waiting = opened(world, 1).await;
    for count in 1..=3 {
        assert_eq!(
            world.store.count_code_attempt(waiting.id).await.unwrap(),
            count
        );
    }
    assert_eq!(stored(world, waiting.id).await.code_attempts, 3);
    world.pass_seconds(60);
    assert_eq!(ask(world, &waiting, 900).await, MailAsked::Queued);
    let read = stored(world, waiting.id).await;
    assert_eq!((read.mail_serial, read.code_attempts), (2, 0));
    assert_eq!(read.last_mail_at, Some(world.now()));
    assert_eq!(world.store.count_code_attempt(waiting.id).await.unwrap(), 1);
}

pub(crate) async fn many_tries_at_once_are_all_counted(world: &World) {
    let waiting = opened(world, 1).await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (store, id) = (world.store.clone(), waiting.id);
            tokio::spawn(async move { store.count_code_attempt(id).await.unwrap() })
        })
        .collect();
    let mut counts = Vec::new();
    for count in tries {
        counts.push(count.await.unwrap());
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=20).collect::<Vec<_>>());
}

pub(crate) async fn another_mail_needs_patience_and_ends(world: &World) {
    let waiting = opened(world, 1).await;
    let soonest = world.in_seconds(60);
    assert_eq!(ask(world, &waiting, 900).await, MailAsked::TooSoon(soonest));
    world.pass_seconds(60);
    assert_eq!(ask(world, &waiting, 901).await, MailAsked::Queued);
    assert_eq!(
        ask(world, &waiting, 902).await,
        MailAsked::TooSoon(world.in_seconds(60))
    );
    world.pass_seconds(60);
    assert_eq!(ask(world, &waiting, 903).await, MailAsked::Queued);
    world.pass_seconds(60);
    assert_eq!(ask(world, &waiting, 904).await, MailAsked::Exhausted);
    let jobs = world
        .store
        .claim_jobs(JobKind::VerificationMail, FIRST, 10)
        .await
        .unwrap();
    let mut serials: Vec<u32> = jobs.iter().map(|job| job.serial).collect();
    serials.sort_unstable();
    assert_eq!(serials, [1, 2, 3], "each mail has its own code");
}

pub(crate) async fn no_mail_is_queued_for_what_does_not_wait(world: &World) {
    let running = begun(world, 1).await;
    let done = signals::registered(world, 2).await;
    let doomed = opened(world, 3).await;
    signals::claimed_by_undo(world, doomed.id).await;
    let late = opened(world, 4).await;
    world.clock.pass(
        world
            .now()
            .duration_until(late.act_by.unwrap())
            .unsigned_abs(),
    );
    for registration in [running, done, doomed, late, registration(world, 404)] {
        assert_eq!(ask(world, &registration, 900).await, MailAsked::NotWaiting);
    }
}

/// Asks for another mail, as job number `job`.
pub(crate) async fn ask(world: &World, registration: &Registration, job: u128) -> MailAsked {
    let job = JobId(Uuid::from_u128(job));
    world
        .store
        .ask_for_mail(registration.id, job, RATION)
        .await
        .unwrap()
}
