//! 3-D Secure: while the person has not confirmed, something waits at the gateway and nothing was
//! taken. Nothing is checked where the gateway cannot be made to ask.

use enlist_registration::ids::{RegistrationId, SubscriptionId};
use enlist_registration::ports::{HeldSubscriptionState, Outcome, Subscription};
use secrecy::ExposeSecret;

use super::{Bench, declined, done};

/// The subscription is listed, so that an undo finds it, and asking again asks the same.
pub async fn a_question_from_the_bank_leaves_the_subscription_incomplete(bench: &Bench) {
    let Some(token) = bench.tokens.asks_before_the_charge else {
        return;
    };
    let registration = bench.registration();
    let customer = done(bench.create_customer(registration, Some(token)).await);
    let (id, secret) = asked(bench.start_subscription(registration, &customer.id).await);
    assert!(!secret.is_empty());
    let (repeated, _) = asked(bench.start_subscription(registration, &customer.id).await);
    let (retrieved, _) = asked(bench.gateway.retrieve_subscription(&id).await);
    assert_eq!((&repeated, &retrieved), (&id, &id));
    assert_waits(bench, registration, HeldSubscriptionState::Incomplete).await;
}

/// Undone while the person hesitates: by cancelling, or by deleting the customer.
pub async fn a_question_can_be_withdrawn(bench: &Bench) {
    let Some(token) = bench.tokens.asks_before_the_charge else {
        return;
    };
    for delete_the_customer in [false, true] {
        let registration = bench.registration();
        let customer = done(bench.create_customer(registration, Some(token)).await);
        let (id, _) = asked(bench.start_subscription(registration, &customer.id).await);
        if delete_the_customer {
            done(
                bench
                    .gateway
                    .delete_customer(&customer.id, registration)
                    .await,
            );
            // It ends with its customer; where more than that is to be done, it is not listed as ended.
            let holdings = bench.holdings(registration).await;
            if holdings.subscriptions[0].state != HeldSubscriptionState::Ended {
                done(bench.gateway.cancel_subscription(&id).await);
            }
        } else {
            done(bench.gateway.cancel_subscription(&id).await);
        }
        declined(bench.gateway.retrieve_subscription(&id).await);
        assert_waits(bench, registration, HeldSubscriptionState::Ended).await;
    }
}

async fn assert_waits(bench: &Bench, registration: RegistrationId, state: HeldSubscriptionState) {
    let holdings = bench.holdings(registration).await;
    assert_eq!(holdings.subscriptions.len(), 1);
    assert_eq!(holdings.subscriptions[0].state, state);
    assert!(holdings.charges.is_empty(), "{holdings:?}");
}

#[track_caller]
fn asked(outcome: Outcome<Subscription>) -> (SubscriptionId, String) {
    match outcome {
        Outcome::RequiresAction(action) => (
            action.subscription,
            action.client_secret.expose_secret().to_owned(),
        ),
        other => panic!("nothing was asked: {other:?}"),
    }
}
