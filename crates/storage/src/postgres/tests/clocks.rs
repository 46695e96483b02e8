//! A process whose clock is not the database's: what is to be later is later by the database's.

use enlist_registration::jobs::JobKind;
use enlist_registration::limits::later;
use enlist_registration::ports::{Signal, Signalled, Store};
use jiff::SignedDuration;

use super::*;
use crate::contract::*;

const A_DAY: Duration = Duration::from_hours(24);

/// Another store on the same database, whose clock is a day behind.
async fn a_day_behind(on_server: &OnServer) -> PostgresStore {
    let clock = TestClock::new();
    on_server.clock.pass(A_DAY);
    let options = options(Isolation::ReadCommitted);
    let url = on_server.database.url();
    open_with_clock(&url, options, clock).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_clock_is_from_the_databases_is_known() {
    let on_server = OnServer::new(Isolation::ReadCommitted).await;
    let slow = a_day_behind(&on_server).await;
    let behind = -SignedDuration::try_from(A_DAY).unwrap();
    assert_eq!(slow.clock_ahead().await.unwrap(), behind);
    assert!(on_server.store.clock_ahead().await.unwrap().is_zero());
}

/// Simulation by HTTP, seed 200001242: it was due at once, and tried hundreds of times a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_a_slow_process_puts_off_is_not_due_at_once() {
    let on_server = OnServer::new(Isolation::ReadCommitted).await;
    let world = on_server.world();
    opened(&world, 1).await;
    let slow = a_day_behind(&on_server).await;
    let claim = async || {
        let claimed = slow.claim_jobs(JobKind::VerificationMail, SECOND, 9).await;
        claimed.unwrap()
    };
    let jobs = claim().await;
    let pause = Duration::from_secs(30);
    slow.retry_job(&jobs[0], pause, "421 later").await.unwrap();
    assert_eq!(claim().await, []);
    on_server.clock.pass(pause);
    assert_eq!(claim().await.len(), 1);
}

/// Whoever holds a lease goes by their own clock, and knows the database's from it (decisions 0018 and 0028).
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_tells_our_time_of_its_end_and_the_databases_of_its_beginning() {
    let on_server = OnServer::new(Isolation::ReadCommitted).await;
    let world = on_server.world();
    let waiting = opened(&world, 1).await;
    begun(&world, 2).await;
    let slow = a_day_behind(&on_server).await;
    let ours = world.now() - SignedDuration::try_from(A_DAY).unwrap();
    let signal = slow.signal(waiting.id, Signal::Undo, SECOND, ours).await;
    let Signalled::Claimed(signalled) = signal.unwrap() else {
        panic!("nobody holds it");
    };
    let claimed = slow.claim_due(SECOND, 9).await.unwrap();
    let [claimed] = &claimed[..] else {
        panic!("one is due: {claimed:?}");
    };
    let renewed = slow.renew_lease(claimed.id, claimed.lease.generation);
    for lease in [signalled.lease, claimed.lease, renewed.await.unwrap()] {
        assert_eq!(lease.given_at, world.now());
        assert_eq!(lease.expires_at, later(ours, LEASE));
    }
}
