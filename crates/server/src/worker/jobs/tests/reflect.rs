//! What becomes of a gateway's news, by where the registration stands.

use enlist_gateways::sandbox::{Authentication, Fault, FaultKind, Operation, Sandbox};
use enlist_registration::engine::{Beginning, Terms, Verification};
use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::ports::{News, Noted, PaymentGateway, Signal, Signalled};
use enlist_registration::state::{Registration, Status};
use secrecy::ExposeSecret;

use super::*;

/// A service without workers, and a registration in it.
struct Scene {
    app: Arc<App>,
    id: RegistrationId,
    folder: TempDir,
}

impl Scene {
    /// Somebody signed up and pays with that token, and nobody drives it any more.
    async fn signed_up_with(token: &str) -> Self {
        let (app, folder) = service().await;
        let raw = RawSignUp {
            payment_method: Some(token.into()),
            ..subscriber()
        };
        let attempt = sign_up(&app, raw, None, None, Duration::from_secs(60)).await;
        let Ok(Attempt::Stands(registration)) = attempt else {
            panic!("not begun");
        };
        let id = registration.id;
        Self { app, id, folder }
    }

    async fn opened() -> Self {
        let scene = Self::signed_up_with("tok_visa").await;
        let status = scene.registration().await.status;
        assert_eq!(status, Status::AwaitingVerification);
        scene
    }

    async fn registration(&self) -> Registration {
        self.app.store.registration(self.id).await.unwrap().unwrap()
    }

    /// The gateway tells of the registration.
    async fn told(&self, event: &str) {
        let news = News {
            gateway: "sandbox",
            event: event.to_owned(),
            kind: "customer.updated".to_owned(),
            registration: Some(self.id),
            customer: None,
        };
        let job = JobId::new(self.app.clock.now(), self.app.random.as_ref());
        let noted = self.app.store.take_news(&news, job).await.unwrap();
        assert_eq!(noted, Noted::Queued(self.id));
    }

    /// One round of the worker, and all that it set going.
    async fn work(&self) {
        let (_stop, stopped) = watch::channel(false);
        work(&self.app, JobKind::Reflect, &stopped).await;
        self.app.drivers.finish(Duration::from_secs(60)).await;
    }

    /// The one value that a query gives.
    fn value(&self, sql: &str) -> String {
        self.database()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    fn database(&self) -> Connection {
        Connection::open(self.folder.path().join("enlist.db")).unwrap()
    }

    /// Status of the only such job, how often it was tried, and why it is put off or was given up.
    fn job(&self) -> String {
        self.value(
            "SELECT concat_ws(', ', status, attempts, last_error) FROM jobs WHERE kind = 'reflect'",
        )
    }

    fn sandbox(&self) -> &Sandbox {
        self.app.gateway.sandbox().unwrap()
    }

    async fn end_subscription_at_the_gateway(&self) {
        let subscription = self.registration().await.progress.subscription.unwrap();
        drop(self.sandbox().cancel_subscription(&subscription.id).await);
    }

    /// What was put off is due.
    fn be_due(&self) {
        let past = "UPDATE jobs SET due_at = queued_at";
        self.database().execute(past, []).unwrap();
    }

    fn asked_for_standings(&self) -> u64 {
        self.sandbox().calls().of(Operation::RetrieveStanding)
    }
}

/// Somebody who takes a plan that costs something.
fn subscriber() -> RawSignUp {
    RawSignUp {
        plan: Some("pro".to_owned()),
        ..person(1)
    }
}

const SUBSCRIPTION: &str = "SELECT status FROM subscriptions";

#[tokio::test]
async fn an_open_account_is_brought_in_line_with_the_gateway() {
    let scene = Scene::opened().await;
    scene.end_subscription_at_the_gateway().await;
    scene.told("evt_1").await;
    scene.work().await;
    assert_eq!(scene.job(), "done, 1");
    assert_eq!(scene.value(SUBSCRIPTION), "ended");
    // It is the account that the gateway told of, not the registration.
    let status = scene.registration().await.status;
    assert_eq!(status, Status::AwaitingVerification);
}

#[tokio::test]
async fn an_account_whose_journal_was_stripped_is_brought_in_line_too() {
    let scene = Scene::opened().await;
    let subscription = scene.registration().await.progress.subscription.unwrap();
    let token = scene.app.engine.tokens().link_token(scene.id);
    let verified = scene.app.engine.verify_by_link(token.expose_secret()).await;
    let Ok(Verification::Accepted(verified)) = verified else {
        panic!("{verified:?}");
    };
    scene.app.engine.drive(*verified).await;
    let later = later(scene.app.clock.now(), Duration::from_secs(1));
    let stripped = scene.app.store.forget(later, later, 10).await.unwrap();
    assert!(stripped > 0);
    assert_eq!(scene.registration().await.status, Status::Registered);
    drop(scene.sandbox().cancel_subscription(&subscription.id).await);
    scene.told("evt_1").await;
    scene.work().await;
    assert_eq!(scene.value(SUBSCRIPTION), "ended");
}

#[tokio::test]
async fn a_registration_that_waits_for_the_bank_goes_on() {
    let scene = Scene::signed_up_with("pm_card_threeDSecure2Required").await;
    let waiting = scene.registration().await;
    assert_eq!(waiting.status, Status::AwaitingAction);
    let subscription = waiting.progress.incomplete_subscription.unwrap();
    let confirm = Authentication::Confirm;
    let confirmed = scene.sandbox().authenticate(subscription.as_str(), confirm);
    confirmed.await.unwrap();
    scene.told("evt_1").await;
    scene.work().await;
    assert_eq!(scene.job(), "done, 1");
    let status = scene.registration().await.status;
    assert_eq!(status, Status::AwaitingVerification);
}

#[tokio::test]
async fn news_of_a_registration_in_somebodys_hands_waits_until_there_is_an_account() {
    let (app, folder) = service().await;
    let checked = crate::sign_up::check(&app, subscriber()).await.unwrap();
    let Ok(Beginning::Begun(begun)) = app.engine.begin(checked, None, Terms::default()).await
    else {
        panic!("not begun");
    };
    let id = begun.id;
    let scene = Scene { app, id, folder };
    scene.told("evt_1").await;
    scene.work().await;
    let early = "queued, 1, the registration is in somebody's hands";
    assert_eq!(scene.job(), early);
    assert_eq!(scene.asked_for_standings(), 0);

    scene.app.engine.drive(*begun).await;
    scene.end_subscription_at_the_gateway().await;
    scene.be_due();
    scene.work().await;
    assert_eq!(scene.value(SUBSCRIPTION), "ended");
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_is_asked_again() {
    let scene = Scene::opened().await;
    let fault = Fault::times(Operation::RetrieveStanding, FaultKind::RateLimit, 1);
    scene.sandbox().faults().switch_on(fault).await.unwrap();
    scene.end_subscription_at_the_gateway().await;
    scene.told("evt_1").await;
    scene.work().await;
    let job = scene.job();
    assert!(job.starts_with("queued, 1, "), "{job}");
    assert_eq!(scene.value(SUBSCRIPTION), "active");
    scene.be_due();
    scene.work().await;
    assert_eq!(scene.value(SUBSCRIPTION), "ended");
}

#[tokio::test]
async fn what_is_undone_asks_the_gateway_nothing() {
    let scene = Scene::opened().await;
    let Ok(Signalled::Claimed(claimed)) = scene.app.engine.signal(scene.id, Signal::Undo).await
    else {
        panic!("not claimed");
    };
    scene.app.engine.drive(*claimed).await;
    assert_eq!(scene.registration().await.status, Status::Undone);
    scene.told("evt_1").await;
    scene.work().await;
    assert_eq!(scene.job(), "done, 1");
    assert_eq!(scene.asked_for_standings(), 0);
}

#[tokio::test]
async fn an_account_at_another_gateway_is_not_taken_for_one_that_is_gone() {
    let scene = Scene::opened().await;
    let moved = "UPDATE billing_info SET payment_gateway = 'another'";
    scene.database().execute(moved, []).unwrap();
    scene.told("evt_1").await;
    scene.work().await;
    assert_eq!(scene.job(), "given_up, 1, its account is at another");
    assert_eq!(scene.asked_for_standings(), 0);
    assert_eq!(scene.value(SUBSCRIPTION), "active");
}

#[tokio::test]
async fn whoever_waits_for_jobs_hears_the_bell_of_their_kind_even_if_it_rang_before() {
    let bells = crate::watch::Watch::default();
    bells.ring_for_news();
    tokio::select! {
        biased;
        () = bells.queued(JobKind::VerificationMail) => panic!("no mail was queued"),
        () = bells.queued(JobKind::Recheck) => panic!("nobody waits for these"),
        () = bells.queued(JobKind::Reflect) => {}
    }
}
