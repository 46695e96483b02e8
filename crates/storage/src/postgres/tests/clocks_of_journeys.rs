//! A process whose clock is not the database's, and persons who wait: what is too soon, over or due is so by
//! the database's.

use enlist_registration::jobs::JobKind;
use enlist_registration::ports::{Begun, JourneyChange, MailAsked, NewRegistration, Proof};
use enlist_registration::steps::Order;

use super::*;
use crate::contract::journeys::{LIFETIME, ask, journey, verify};
use crate::contract::*;

const AN_HOUR: Duration = Duration::from_hours(1);

/// The same database, seen by a process whose clock is ahead of it.
async fn ahead(on_server: &OnServer, by: Duration) -> World {
    let world = seen_by(on_server, TestClock::new()).await;
    world.clock.pass(by);
    world
}

/// The same database, seen by a process whose clock stood still while so much time passed.
async fn behind(on_server: &OnServer, by: Duration) -> World {
    on_server.clock.pass(by);
    seen_by(on_server, TestClock::new()).await
}

async fn seen_by(on_server: &OnServer, clock: Arc<TestClock>) -> World {
    let options = options(Isolation::ReadCommitted);
    let url = on_server.database.url();
    let store = open_with_clock(&url, options, clock.clone()).await;
    World {
        store: Arc::new(store.unwrap()),
        clock,
        ..on_server.world()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn to_a_fast_process_what_is_too_soon_is_not_used_up() {
    let on_server = OnServer::new(Isolation::ReadCommitted).await;
    let fast = ahead(&on_server, AN_HOUR).await;
    let journey = journey(&fast, 1, "jane@example.com").await;
    let soonest = on_server.world().in_seconds(60);
    let asked = ask(&fast, &journey, 900).await;
    assert_eq!(asked, MailAsked::TooSoon(soonest));
    on_server.clock.pass(Duration::from_secs(60));
    assert_eq!(ask(&fast, &journey, 901).await, MailAsked::Queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_a_slow_process_an_expired_journey_is_gone_and_waits_for_no_mail() {
    let on_server = OnServer::new(Isolation::ReadCommitted).await;
    let journey = journey(&on_server.world(), 1, "jane@example.com").await;
    let slow = behind(&on_server, LIFETIME).await;
    assert!(journey.expires_at > slow.now());
    let late = verify(&slow, &journey, Proof::Code).await;
    assert!(matches!(late, JourneyChange::Gone), "{late:?}");
    let asked = ask(&slow, &journey, 900).await;
    assert_eq!(asked, MailAsked::NotWaiting);
}

async fn mails(world: &World) -> usize {
    let claim = world
        .store
        .claim_jobs(JobKind::VerificationMail, SECOND, 10);
    claim.await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_of_an_account_that_a_fast_process_opens_is_due_at_once() {
    let on_server = OnServer::new(Isolation::ReadCommitted).await;
    let fast = ahead(&on_server, AN_HOUR).await;
    opened(&fast, 1).await;
    assert_eq!(mails(&fast).await, 1);
    opened(&fast, 2).await;
    assert_eq!(mails(&on_server.world()).await, 1, "for others too");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_that_a_fast_process_begins_with_is_due_at_once() {
    let on_server = OnServer::new(Isolation::ReadCommitted).await;
    let fast = ahead(&on_server, AN_HOUR).await;
    let mut waiting = registration(&fast, 1);
    waiting.intent.order = Order::VerifyFirst;
    waiting.await_verification(moment(&fast));
    let mail = mail_job(&fast, &waiting);
    let new = NewRegistration {
        mail: Some(&mail),
        ..NewRegistration::of(&waiting, FIRST)
    };
    let begun = fast.store.begin(new).await.unwrap();
    assert!(matches!(begun, Begun::Begun), "{begun:?}");
    assert_eq!(mails(&on_server.world()).await, 1);
}
