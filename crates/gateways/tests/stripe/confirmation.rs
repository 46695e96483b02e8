//! 3-D Secure at Stripe: what the person's answer becomes, and what is left for a page that is open.

use std::time::Duration;

use enlist_fake_stripe::Decision;
use enlist_gateways::contract::{declined, done};
use enlist_registration::ids::{RegistrationId, SubscriptionId};
use enlist_registration::ports::{HeldSubscriptionState, PaymentGateway};

use crate::support::{Rig, asked};

const ASKS: &str = "pm_card_threeDSecure2Required";
const ASKS_AND_DECLINES: &str = "pm_card_threeDSecureRequiredInsufficientFunds";

/// A registration whose first payment waits to be confirmed.
struct Waiting {
    rig: Rig,
    registration: RegistrationId,
    subscription: SubscriptionId,
    client_secret: String,
}

async fn waiting(card: &str) -> Waiting {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let customer = done(rig.create_customer(registration, Some(card)).await);
    let outcome = rig.start_subscription(registration, &customer.id).await;
    let (subscription, client_secret) = asked(outcome);
    Waiting {
        rig,
        registration,
        subscription,
        client_secret,
    }
}

impl Waiting {
    /// Whether the bank took the answer. A refusal it takes as an error of the payment.
    fn answer(&self, decision: Decision) -> bool {
        let control = &self.rig.control;
        let confirmed = control.confirm_payment(&self.client_secret);
        let answered = control.authenticate(&self.client_secret, decision);
        confirmed.is_ok() && (answered.is_ok() || decision == Decision::Fail)
    }
}

#[tokio::test]
async fn until_the_person_answers_there_is_one_subscription_and_no_charge() {
    let it = waiting(ASKS).await;
    let ledger = it.rig.control.ledger();
    assert_eq!(ledger.subscriptions.len(), 1);
    assert!(ledger.charges.iter().all(|charge| !charge.live));
}

#[tokio::test]
async fn a_confirmation_takes_the_first_charge_and_a_repeat_tells_of_it() {
    let it = waiting(ASKS).await;
    assert!(it.answer(Decision::Succeed));
    let retrieved = done(it.rig.stripe.retrieve_subscription(&it.subscription).await);
    assert_eq!(retrieved.id, it.subscription);
    assert_eq!(
        it.rig.only_charge(it.registration).await.amount,
        it.rig.plan.price
    );
    // A driver that lost its record asks again under the key: the stored answer is old.
    let customer = it.rig.control.ledger().customers[0].id.clone();
    let again = it.rig.start_subscription(it.registration, &customer).await;
    assert_eq!(done(again), retrieved);
}

#[tokio::test]
async fn a_refusal_is_a_decline_and_can_be_undone() {
    let it = waiting(ASKS).await;
    assert!(it.answer(Decision::Fail));
    let code = declined(it.rig.stripe.retrieve_subscription(&it.subscription).await);
    assert_eq!(code, "payment_intent_authentication_failure");
    done(it.rig.stripe.cancel_subscription(&it.subscription).await);
    let held = it.rig.holdings(it.registration).await;
    assert_eq!(held.subscriptions[0].state, HeldSubscriptionState::Ended);
    assert!(held.charges.is_empty());
}

#[tokio::test]
async fn a_confirmed_card_can_still_be_declined() {
    let it = waiting(ASKS_AND_DECLINES).await;
    it.answer(Decision::Succeed);
    let code = declined(it.rig.stripe.retrieve_subscription(&it.subscription).await);
    assert_eq!(code, "insufficient_funds");
}

/// The page may still be open, and Stripe does not void the invoice by itself.
#[tokio::test]
async fn what_was_cancelled_cannot_be_confirmed_any_more() {
    let it = waiting(ASKS).await;
    done(it.rig.stripe.cancel_subscription(&it.subscription).await);
    assert!(!it.answer(Decision::Succeed));
    assert!(it.rig.holdings(it.registration).await.charges.is_empty());
}

/// Cancelled, and then the voiding fails: the next try finds the subscription gone, and voids.
#[tokio::test]
async fn a_cancellation_that_broke_off_is_completed_by_the_next() {
    use enlist_fake_stripe::{FaultKind, Operation};
    let it = waiting(ASKS).await;
    it.rig
        .fail(Operation::CancelSubscription, FaultKind::LoseReply, 1);
    let outcome = it.rig.stripe.cancel_subscription(&it.subscription).await;
    assert!(!matches!(
        outcome,
        enlist_registration::ports::Outcome::Done(())
    ));
    done(it.rig.stripe.cancel_subscription(&it.subscription).await);
    assert!(!it.answer(Decision::Succeed));
}

/// Cancelled, and then the process dies: whoever lists what is held must see that something is left.
#[tokio::test]
async fn a_cancellation_that_broke_off_is_not_listed_as_ended() {
    use enlist_fake_stripe::{FaultKind, Operation};
    let it = waiting(ASKS).await;
    it.rig
        .fail(Operation::CancelSubscription, FaultKind::LoseReply, 1);
    drop(it.rig.stripe.cancel_subscription(&it.subscription).await);
    let state = async || it.rig.holdings(it.registration).await.subscriptions[0].state;
    assert_eq!(state().await, HeldSubscriptionState::Incomplete);
    done(it.rig.stripe.cancel_subscription(&it.subscription).await);
    assert_eq!(state().await, HeldSubscriptionState::Ended);
    assert!(it.rig.control.open_invoices().is_empty());
}

#[tokio::test]
async fn nobody_can_confirm_after_a_day() {
    let it = waiting(ASKS).await;
    it.rig.clock.advance(Duration::from_hours(24));
    declined(it.rig.stripe.retrieve_subscription(&it.subscription).await);
    assert!(!it.answer(Decision::Succeed));
    done(it.rig.stripe.cancel_subscription(&it.subscription).await);
}
