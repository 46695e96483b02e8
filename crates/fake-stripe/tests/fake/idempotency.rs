//! A key is used once.

use std::sync::Arc;
use std::time::Duration;

use enlist_fake_stripe::system::SystemClock;
use enlist_fake_stripe::{Fault, FaultKind, Operation, Settings};
use enlist_registration::ports::Clock;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::support::World;

#[test]
fn a_repeat_is_told_the_first_answer() {
    let world = World::new();
    let first = world
        .post_with_key("/v1/customers", "email=a@example.com", "k")
        .done();
    let again = world
        .post_with_key("/v1/customers", "email=a@example.com", "k")
        .done();
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("original-request"), first.header("request-id"));
    assert_eq!(again.header("idempotency-key"), Some("k"));
    assert_eq!(world.control.ledger().customers.len(), 1);
}

#[test]
fn a_decline_is_repeated_too() {
    let world = World::new();
    let form = "payment_method=pm_card_chargeDeclined";
    let first = world.post_with_key("/v1/customers", form, "k");
    let again = world.post_with_key("/v1/customers", form, "k");
    assert_eq!((first.status, again.status), (402, 402));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[test]
fn other_parameters_or_another_call_under_the_same_key_are_refused() {
    let world = World::new();
    world
        .post_with_key("/v1/customers", "email=a@example.com", "k")
        .done();
    for (path, form) in [
        ("/v1/customers", "email=b@example.com"),
        ("/v1/setup_intents", ""),
    ] {
        let refused = world.post_with_key(path, form, "k");
        assert_eq!(refused.error(), (400, "idempotency_error", ""));
    }
}

#[test]
fn what_was_never_carried_out_is_not_stored() {
    let world = World::new();
    assert_eq!(
        world
            .post_with_key("/v1/customers", "emial=a", "k")
            .error()
            .2,
        "parameter_unknown"
    );
    let fault = Fault::times(Operation::CreateCustomer, FaultKind::RateLimit, 1);
    world.control.faults().switch_on(fault).unwrap();
    let limited = world.post_with_key("/v1/customers", "email=a@example.com", "k");
    assert_eq!(
        (limited.status, limited.header("retry-after")),
        (429, Some("1"))
    );
    assert_eq!(limited.header("stripe-should-retry"), Some("true"));
    world
        .post_with_key("/v1/customers", "email=a@example.com", "k")
        .done();
}

#[test]
fn a_key_is_forgotten_after_a_day() {
    let world = World::new();
    let make = || {
        world
            .post_with_key("/v1/customers", "email=a@example.com", "k")
            .done()
            .id()
    };
    let first = make();
    world.control.advance(Duration::from_secs(24 * 3600 - 60));
    assert_eq!(make(), first);
    world.control.advance(Duration::from_secs(60));
    assert_ne!(make(), first);
}

/// A clock on which nothing that sleeps wakes before the gate is opened.
struct Gate(Semaphore);

#[async_trait::async_trait]
impl Clock for Gate {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn sleep(&self, _: Duration) {
        self.0.acquire().await.unwrap().forget();
    }
}

#[test]
fn a_key_is_in_use_until_its_answer_is_there() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let world = World::with(Settings {
        latency: Duration::from_millis(1),
        clock: Arc::clone(&gate) as Arc<dyn Clock>,
        ..Settings::default()
    });
    let replies: Vec<_> = std::thread::scope(|scope| {
        let make = || world.post_with_key("/v1/customers", "email=a@example.com", "k");
        let calls: Vec<_> = (0..3).map(|_| scope.spawn(make)).collect();
        while world.control.calls().total() < 3 {
            std::thread::yield_now();
        }
        gate.0.add_permits(3);
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let in_use: Vec<_> = replies.iter().filter(|reply| reply.status == 409).collect();
    assert_eq!(in_use.len(), 2);
    for reply in in_use {
        assert_eq!(reply.error().2, "idempotency_key_in_use");
        assert_eq!(reply.header("stripe-should-retry"), Some("true"));
    }
    assert_eq!(world.control.ledger().customers.len(), 1);
}

#[test]
fn a_key_does_nothing_for_what_has_no_body() {
    let world = World::new();
    let customer = world.post_with_key("/v1/customers", "", "k").done().id();
    world.delete(&format!("/v1/customers/{customer}")).done();
    assert_eq!(
        world.delete(&format!("/v1/customers/{customer}")).status,
        404
    );
    let long = "k".repeat(256);
    assert_eq!(
        world.post_with_key("/v1/customers", "", &long).error().1,
        "idempotency_error"
    );
}
