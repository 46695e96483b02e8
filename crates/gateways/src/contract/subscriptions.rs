//! Subscriptions: with their first charge or not at all, ended at once, ended with their customer.

use enlist_registration::ids::SubscriptionId;
use enlist_registration::ports::{HeldSubscriptionState, Holdings};

use super::{Bench, declined, done, rejected};

/// The price of the plan is taken once, and the next is due later.
pub async fn a_subscription_takes_the_first_charge(bench: &Bench) {
    let registration = bench.registration();
    let (_, subscription) = bench.subscriber(registration).await;
    assert!(subscription.current_period_end > bench.clock.now());
    let charge = bench.only_charge(registration).await;
    assert_eq!(charge.amount, bench.plan.price);
    assert_eq!(charge.refunded_minor, 0);
    assert_eq!(charge.outstanding(), bench.plan.price);
    let retrieved = done(bench.gateway.retrieve_subscription(&subscription.id).await);
    assert_eq!(retrieved, subscription);
}

/// Nothing to cancel and nothing to refund.
pub async fn a_declined_first_charge_leaves_nothing_live(bench: &Bench) {
    let registration = bench.registration();
    let token = Some(bench.tokens.declined_when_charged);
    let customer = done(bench.create_customer(registration, token).await);
    declined(bench.start_subscription(registration, &customer.id).await);
    let holdings = bench.holdings(registration).await;
    assert!(holdings.charges.is_empty(), "{holdings:?}");
    assert_all_ended(&holdings);
}

/// No period is waited for, nothing is given back by itself, and a subscription that never was is as
/// good as ended.
pub async fn cancelling_is_at_once_and_may_be_repeated(bench: &Bench) {
    let registration = bench.registration();
    let (_, subscription) = bench.subscriber(registration).await;
    for _ in 0..3 {
        done(bench.gateway.cancel_subscription(&subscription.id).await);
        assert_all_ended(&bench.holdings(registration).await);
    }
    declined(bench.gateway.retrieve_subscription(&subscription.id).await);
    assert_eq!(bench.only_charge(registration).await.refunded_minor, 0);
    let nothing = SubscriptionId("sub_of_nobody".to_owned());
    done(bench.gateway.cancel_subscription(&nothing).await);
}

/// Deleting the customer closes the door on a subscription that is still under way.
pub async fn a_deleted_customer_can_never_be_charged_again(bench: &Bench) {
    let registration = bench.registration();
    let customer = bench.customer(registration).await;
    done(
        bench
            .gateway
            .delete_customer(&customer.id, registration)
            .await,
    );
    for _ in 0..2 {
        rejected(bench.start_subscription(registration, &customer.id).await);
    }
    let holdings = bench.holdings_with(registration, Some(&customer.id)).await;
    assert!(
        holdings.subscriptions.is_empty() && holdings.charges.is_empty(),
        "{holdings:?}"
    );
}

/// What was taken stays listed, by the registration and by the customer, so that it can be refunded.
pub async fn deleting_the_customer_ends_its_subscriptions_and_refunds_nothing(bench: &Bench) {
    let registration = bench.registration();
    let (customer, subscription) = bench.subscriber(registration).await;
    done(
        bench
            .gateway
            .delete_customer(&customer.id, registration)
            .await,
    );
    declined(bench.gateway.retrieve_subscription(&subscription.id).await);
    for customer in [None, Some(&customer.id)] {
        let holdings = bench.holdings_with(registration, customer).await;
        assert_all_ended(&holdings);
        assert_eq!(holdings.charges.len(), 1, "{holdings:?}");
        assert_eq!(holdings.charges[0].outstanding(), bench.plan.price);
    }
}

#[track_caller]
fn assert_all_ended(holdings: &Holdings) {
    let ended = |state| state == HeldSubscriptionState::Ended;
    assert!(
        holdings.subscriptions.iter().all(|held| ended(held.state)),
        "{holdings:?}"
    );
}
