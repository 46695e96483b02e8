//! Idempotency keys at Stripe, and the day after.

use std::time::Duration;

use enlist_fake_stripe::{Options, RefundStatus};
use enlist_gateways::contract::done;
use enlist_gateways::contract::repeats::calls_at_the_same_moment_have_one_effect;
use enlist_registration::ports::Outcome;

use crate::support::Rig;

const LONGER_THAN_KEYS_ARE_KEPT: Duration = Duration::from_hours(25);

/// Stripe forgets a key after a day, and would carry the request out again. Nobody asks it to: who
/// comes so late looks first. Here is what a look finds.
#[tokio::test]
async fn what_was_made_is_found_by_lists_when_its_key_is_forgotten() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let (customer, subscription) = rig.subscriber(registration).await;
    rig.clock.advance(LONGER_THAN_KEYS_ARE_KEPT);
    let held = rig.holdings(registration).await;
    assert_eq!(held.customers[0], customer);
    assert_eq!(held.subscriptions[0].subscription, subscription);
    assert_eq!(held.charges.len(), 1);
}

/// A subscription for a customer that was deleted cannot be started, whatever the keys remember.
#[tokio::test]
async fn a_call_that_is_a_day_late_meets_a_customer_that_is_gone() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let (customer, _) = rig.subscriber(registration).await;
    done(
        rig.gateway
            .delete_customer(&customer.id, registration)
            .await,
    );
    rig.clock.advance(LONGER_THAN_KEYS_ARE_KEPT);
    let late = rig.start_subscription(registration, &customer.id).await;
    assert!(matches!(late, Outcome::Rejected(_)), "{late:?}");
    assert_eq!(rig.control.ledger().charges.len(), 1);
}

/// The stored answer says that the money is on its way, for as long as its key is kept.
#[tokio::test]
async fn a_refund_that_failed_since_is_not_taken_for_made() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.subscriber(registration).await;
    let charge = rig.only_charge(registration).await;
    rig.control.set_options(Options {
        refunds: RefundStatus::Pending,
        ..Options::default()
    });
    let refund = |attempt| rig.refund(registration, &charge, 2900, attempt);
    for _ in 0..2 {
        done(refund(1).await);
    }
    let made = rig.control.ledger().refunds;
    assert_eq!(made.len(), 1);
    rig.control.fail_refund(&made[0].id).expect("it was made");
    let repeated = refund(1).await;
    assert!(matches!(repeated, Outcome::Retryable(_)), "{repeated:?}");
    done(refund(2).await);
}

/// Where answers take a while, whoever comes second is told that the key is in use.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_at_the_same_moment_have_one_effect_where_answers_take_long() {
    let rig = Rig::fresh().await;
    rig.control.set_latency(Duration::from_millis(20));
    calls_at_the_same_moment_have_one_effect(&rig).await;
}

/// The two requests that 3-D Secure needs have keys of their own; both are stored.
#[tokio::test]
async fn a_question_repeated_is_the_same_question() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let token = Some("pm_card_threeDSecure2Required");
    let customer = done(rig.create_customer(registration, token).await);
    let mut asked = Vec::new();
    for _ in 0..3 {
        let outcome = rig.start_subscription(registration, &customer.id).await;
        asked.push(crate::support::asked(outcome));
    }
    asked.dedup();
    assert_eq!(asked.len(), 1);
    assert_eq!(rig.control.ledger().subscriptions.len(), 1);
}
