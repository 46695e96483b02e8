//! 3-D Secure at the sandbox's own page.

use enlist_gateways::contract::{declined, done};
use enlist_gateways::sandbox::{
    AUTHENTICATION_FAILED, Authentication, AuthenticationFault, AuthenticationResult,
    INCOMPLETE_FOR,
};
use enlist_registration::ids::{CustomerId, RegistrationId, SubscriptionId};
use enlist_registration::ports::{Outcome, PaymentGateway};
use secrecy::ExposeSecret;

use crate::support::Rig;

struct Waiting {
    registration: RegistrationId,
    customer: CustomerId,
    subscription: SubscriptionId,
    client_secret: String,
}

async fn waiting(rig: &Rig, number: &str) -> Waiting {
    let registration = rig.registration();
    let token = done(rig.tokenize(registration, number).await);
    let customer = rig
        .create_customer(registration, Some(token.id.as_str()))
        .await;
    let customer = done(customer).id;
    match rig.start_subscription(registration, &customer).await {
        Outcome::RequiresAction(action) => Waiting {
            registration,
            customer,
            subscription: action.subscription,
            client_secret: action.client_secret.expose_secret().to_owned(),
        },
        other => panic!("nothing was asked: {other:?}"),
    }
}

const ASKS: &str = "4000002500003155";
const ASKS_AND_DECLINES: &str = "4000008260003178";

#[tokio::test]
async fn confirming_takes_the_charge_and_starts_the_subscription() {
    for by_secret in [false, true] {
        let rig = Rig::fresh().await;
        let waits = waiting(&rig, ASKS).await;
        let name = if by_secret {
            &waits.client_secret
        } else {
            waits.subscription.as_str()
        };
        let settled = rig
            .sandbox
            .authenticate(name, Authentication::Confirm)
            .await
            .unwrap();
        assert_eq!(settled.registration, waits.registration);
        assert_eq!(settled.subscription, waits.subscription);
        assert_eq!(settled.result, AuthenticationResult::Active);
        done(rig.sandbox.retrieve_subscription(&waits.subscription).await);
        assert_eq!(
            rig.only_charge(waits.registration).await.amount,
            rig.plan.price
        );
    }
}

#[tokio::test]
async fn refusing_takes_nothing_and_ends_the_subscription() {
    let rig = Rig::fresh().await;
    let waits = waiting(&rig, ASKS).await;
    let name = waits.client_secret.as_str();
    let settled = rig
        .sandbox
        .authenticate(name, Authentication::Refuse)
        .await
        .unwrap();
    let code = AUTHENTICATION_FAILED.to_owned();
    assert_eq!(settled.result, AuthenticationResult::Ended { code });
    let retrieved = rig.sandbox.retrieve_subscription(&waits.subscription).await;
    assert_eq!(declined(retrieved), AUTHENTICATION_FAILED);
    let ledger = rig.sandbox.ledger().await.unwrap();
    assert!(ledger.charges.is_empty() && !ledger.subscriptions[0].live);
    // The undo that follows does not change why.
    done(rig.sandbox.cancel_subscription(&waits.subscription).await);
    done(
        rig.sandbox
            .delete_customer(&waits.customer, waits.registration)
            .await,
    );
    let retrieved = rig.sandbox.retrieve_subscription(&waits.subscription).await;
    assert_eq!(declined(retrieved), AUTHENTICATION_FAILED);
}

#[tokio::test]
async fn a_card_can_be_declined_although_the_person_confirmed() {
    let rig = Rig::fresh().await;
    let waits = waiting(&rig, ASKS_AND_DECLINES).await;
    let name = waits.client_secret.as_str();
    let settled = rig
        .sandbox
        .authenticate(name, Authentication::Confirm)
        .await
        .unwrap();
    let code = "insufficient_funds".to_owned();
    assert_eq!(settled.result, AuthenticationResult::Ended { code });
    let retrieved = rig.sandbox.retrieve_subscription(&waits.subscription).await;
    assert_eq!(declined(retrieved), "insufficient_funds");
    let ledger = rig.sandbox.ledger().await.unwrap();
    assert!(!ledger.charges[0].live && !ledger.subscriptions[0].live);
}

#[tokio::test]
async fn a_question_is_answered_once() {
    let rig = Rig::fresh().await;
    let waits = waiting(&rig, ASKS).await;
    let name = waits.client_secret.as_str();
    rig.sandbox
        .authenticate(name, Authentication::Confirm)
        .await
        .unwrap();
    for decision in [Authentication::Confirm, Authentication::Refuse] {
        let again = rig.sandbox.authenticate(name, decision).await;
        assert!(
            matches!(&again, Err(AuthenticationFault::Settled { registration, .. })
                if *registration == waits.registration),
            "{again:?}"
        );
    }
    done(rig.sandbox.retrieve_subscription(&waits.subscription).await);
    rig.only_charge(waits.registration).await;
    let unknown = rig
        .sandbox
        .authenticate("pi_of_nobody", Authentication::Confirm)
        .await;
    assert!(
        matches!(unknown, Err(AuthenticationFault::Unknown)),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn what_was_undone_can_no_longer_be_confirmed() {
    let rig = Rig::fresh().await;
    let waits = waiting(&rig, ASKS).await;
    done(
        rig.sandbox
            .delete_customer(&waits.customer, waits.registration)
            .await,
    );
    let late = rig
        .sandbox
        .authenticate(&waits.client_secret, Authentication::Confirm)
        .await;
    assert!(
        matches!(late, Err(AuthenticationFault::Settled { .. })),
        "{late:?}"
    );
    assert!(rig.sandbox.ledger().await.unwrap().charges.is_empty());
}

#[tokio::test]
async fn a_question_that_nobody_answers_ends_by_itself() {
    let rig = Rig::fresh().await;
    let waits = waiting(&rig, ASKS).await;
    rig.clock.advance(INCOMPLETE_FOR);
    let late = rig
        .sandbox
        .authenticate(&waits.client_secret, Authentication::Confirm)
        .await;
    assert!(
        matches!(late, Err(AuthenticationFault::Settled { .. })),
        "{late:?}"
    );
    let retrieved = rig.sandbox.retrieve_subscription(&waits.subscription).await;
    assert_eq!(declined(retrieved), "authentication_required");
}
