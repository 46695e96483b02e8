//! Failures on demand: what each kind leaves behind, and what a repeat is told.

use std::time::Duration;

use enlist_gateways::contract::done;
use enlist_gateways::sandbox::{Fault, FaultKind, Operation, Sandbox};
use enlist_registration::ports::{Outcome, PaymentGateway, Trouble};
use tokio::time::timeout;

use crate::support::Rig;

/// Longer than anything here takes, shorter than anybody waits.
const PATIENCE: Duration = Duration::from_millis(200);

fn doubt<T: std::fmt::Debug>(outcome: Outcome<T>) -> Trouble {
    match outcome {
        Outcome::InDoubt(trouble) => trouble,
        other => panic!("no doubt: {other:?}"),
    }
}

async fn customers(rig: &Rig) -> usize {
    rig.sandbox.ledger().await.unwrap().customers.len()
}

#[tokio::test]
async fn fail_before_has_no_effect_and_stores_nothing() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.fail(Operation::CreateCustomer, FaultKind::FailBefore, 2)
        .await;
    for _ in 0..2 {
        let trouble = doubt(rig.create_customer(registration, Some("tok_visa")).await);
        assert!(!trouble.replayed);
        assert_eq!(customers(&rig).await, 0);
    }
    done(rig.create_customer(registration, Some("tok_visa")).await);
    assert_eq!(customers(&rig).await, 1);
}

#[tokio::test]
async fn fail_after_has_its_effect_and_burns_the_key() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.fail(Operation::CreateCustomer, FaultKind::FailAfter, 1)
        .await;
    let first = doubt(rig.create_customer(registration, Some("tok_visa")).await);
    assert!(!first.replayed);
    for _ in 0..3 {
        let repeat = doubt(rig.create_customer(registration, Some("tok_visa")).await);
        assert!(repeat.replayed, "the stored 500 is replayed");
    }
    let held = rig.holdings(registration).await;
    assert_eq!(held.customers.len(), 1, "only the list tells what happened");
}

#[tokio::test]
async fn fail_after_of_a_decline_hides_it() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.fail(Operation::CreateCustomer, FaultKind::FailAfter, 1)
        .await;
    for replayed in [false, true] {
        let outcome = rig
            .create_customer(registration, Some("tok_chargeDeclined"))
            .await;
        assert_eq!(doubt(outcome).replayed, replayed);
    }
    assert_eq!(customers(&rig).await, 0);
}

#[tokio::test]
async fn fail_after_cannot_change_an_answer_that_was_given() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let customer = rig.customer(registration).await;
    rig.fail(Operation::CreateCustomer, FaultKind::FailAfter, 1)
        .await;
    assert_eq!(rig.customer(registration).await, customer);
}

#[tokio::test]
async fn lose_reply_has_its_effect_and_a_repeat_is_told_the_truth() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let customer = rig.customer(registration).await;
    rig.fail(Operation::StartSubscription, FaultKind::LoseReply, 2)
        .await;
    for _ in 0..2 {
        let trouble = doubt(rig.start_subscription(registration, &customer.id).await);
        assert!(!trouble.replayed);
    }
    done(rig.start_subscription(registration, &customer.id).await);
    assert_eq!(
        rig.holdings(registration).await.charges.len(),
        1,
        "charged once"
    );
}

#[tokio::test]
async fn hang_has_its_effect_and_never_answers() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.fail(Operation::CreateCustomer, FaultKind::Hang, 1)
        .await;
    let hanging = rig.create_customer(registration, Some("pm_card_visa"));
    timeout(PATIENCE, hanging).await.unwrap_err();
    assert_eq!(customers(&rig).await, 1);
    rig.customer(registration).await;
    assert_eq!(customers(&rig).await, 1);
}

#[tokio::test]
async fn a_call_that_is_dropped_as_soon_as_it_was_sent_takes_effect() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let call = rig.create_customer(registration, Some("pm_card_visa"));
    timeout(Duration::ZERO, call).await.ok();
    assert_eq!(customers(&rig).await, 1);
    rig.customer(registration).await;
    assert_eq!(customers(&rig).await, 1);
}

#[tokio::test]
async fn refuse_and_rate_limit_did_not_happen_and_say_so() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    for (kind, retry_after) in [
        (FaultKind::Refuse, None),
        (FaultKind::RateLimit, Some(Duration::from_secs(1))),
    ] {
        rig.fail(Operation::CreateCustomer, kind, 1).await;
        let outcome = rig.create_customer(registration, Some("tok_visa")).await;
        let Outcome::Retryable(trouble) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(trouble.retry_after, retry_after);
        assert_eq!(customers(&rig).await, 0);
    }
    done(rig.create_customer(registration, Some("tok_visa")).await);
}

#[tokio::test]
async fn operations_without_a_key_take_effect_and_fail_too() {
    for kind in [FaultKind::FailAfter, FaultKind::LoseReply] {
        let rig = Rig::fresh().await;
        let registration = rig.registration();
        let (customer, subscription) = rig.subscriber(registration).await;
        for step in [
            Operation::RetrieveSubscription,
            Operation::ListHoldings,
            Operation::CancelSubscription,
            Operation::DeleteCustomer,
        ] {
            rig.fail(step, kind, 1).await;
        }
        doubt(rig.sandbox.retrieve_subscription(&subscription.id).await);
        doubt(rig.search(registration, None).await);
        doubt(rig.sandbox.cancel_subscription(&subscription.id).await);
        doubt(
            rig.sandbox
                .delete_customer(&customer.id, registration)
                .await,
        );
        let ledger = rig.sandbox.ledger().await.unwrap();
        assert!(!ledger.customers[0].live && !ledger.subscriptions[0].live);
        done(
            rig.sandbox
                .delete_customer(&customer.id, registration)
                .await,
        );
    }
}

#[tokio::test]
async fn faults_and_latency_can_come_with_the_configuration() {
    let fault = Fault::times(Operation::CreateCustomer, FaultKind::Refuse, 1);
    let configure = async |sandbox: Sandbox| {
        sandbox
            .with_faults([fault])
            .await
            .unwrap()
            .with_latency(Duration::from_millis(30))
    };
    let rig = Rig::fresh_but(configure).await;
    let registration = rig.registration();
    let refused = rig
        .create_customer(registration, Some("pm_card_visa"))
        .await;
    assert!(matches!(refused, Outcome::Retryable(_)));
    let call = rig.create_customer(registration, Some("pm_card_visa"));
    timeout(Duration::from_millis(10), call).await.unwrap_err();
    assert_eq!(
        customers(&rig).await,
        1,
        "the answer is late, the effect is not"
    );
    rig.customer(registration).await;
}
