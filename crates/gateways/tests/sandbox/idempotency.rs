//! Idempotency keys beyond the contract: their age, and what is not stored under them.

use std::time::Duration;

use enlist_gateways::contract::{declined, done, rejected};
use enlist_gateways::sandbox::KEY_KEPT_FOR;
use enlist_registration::ports::{CallKey, Outcome, PaymentGateway};
use enlist_registration::steps::StepName;
use jiff::SignedDuration;

use crate::support::{Rig, raw_card};

const A_MOMENT: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test]
async fn a_key_is_kept_for_a_day_and_then_forgotten() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let first = rig.customer(registration).await;
    rig.clock.advance(KEY_KEPT_FOR - A_MOMENT);
    assert_eq!(rig.customer(registration).await, first);
    rig.clock.advance(A_MOMENT);
    assert_ne!(rig.customer(registration).await.id, first.id);
}

#[tokio::test]
async fn what_was_refused_before_it_began_is_not_stored() {
    let rig = Rig::fresh().await;
    let (registration, other) = (rig.registration(), rig.registration());
    let customer = done(rig.create_customer(registration, None).await);
    rejected(rig.start_subscription(registration, &customer.id).await);
    // Other parameters under the same key: fine, because the key stands for nothing yet.
    let with_card = rig.customer(other).await;
    done(rig.start_subscription(registration, &with_card.id).await);
}

#[tokio::test]
async fn a_key_that_is_under_way_is_told_to_wait() {
    let rig = Rig::fresh_but(async |sandbox| sandbox.with_latency(Duration::from_millis(30))).await;
    let registration = rig.registration();
    let token = Some("pm_card_visa");
    let (first, second) = tokio::join!(
        rig.create_customer(registration, token),
        rig.create_customer(registration, token)
    );
    let first = done(first);
    assert!(matches!(second, Outcome::Retryable(_)), "{second:?}");
    assert_eq!(done(rig.create_customer(registration, token).await), first);
}

#[tokio::test]
async fn one_key_cannot_be_used_for_two_operations() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.customer(registration).await;
    let key = CallKey::of_step(registration, StepName::CreateCustomer);
    rejected(
        rig.sandbox
            .tokenize_card(&key, &raw_card("4242424242424242"))
            .await,
    );
}

#[tokio::test]
async fn another_card_under_the_same_key_is_rejected() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    done(rig.tokenize(registration, "4242424242424242").await);
    rejected(rig.tokenize(registration, "5555555555554444").await);
}

#[tokio::test]
async fn a_failed_charge_is_recorded_once_however_often_it_is_repeated() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let customer = done(
        rig.create_customer(registration, Some("tok_chargeCustomerFail"))
            .await,
    );
    for _ in 0..3 {
        declined(rig.start_subscription(registration, &customer.id).await);
    }
    assert_eq!(rig.sandbox.ledger().await.unwrap().charges.len(), 1);
}
