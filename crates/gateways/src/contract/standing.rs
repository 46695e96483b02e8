//! How an account stands after its registration: what the tables are brought in line with.

use enlist_registration::ids::{CustomerId, SubscriptionId};
use enlist_registration::ports::{
    CustomerStanding, Standing, SubscriptionStanding, SubscriptionStatus,
};

use super::{Bench, done};

/// As the answers of the steps said.
pub async fn an_account_stands_as_it_was_opened(bench: &Bench) {
    let (customer, subscription) = bench.subscriber(bench.registration()).await;
    let expected = Standing {
        customer: CustomerStanding::Live(customer.payment_method.clone()),
        subscription: Some(SubscriptionStanding {
            status: SubscriptionStatus::Active,
            current_period_end: Some(subscription.current_period_end),
            cancel_at: None,
            refunded_minor: 0,
        }),
    };
    assert_eq!(
        stands(bench, &customer.id, Some(&subscription.id)).await,
        expected
    );
    let without = stands(bench, &customer.id, None).await;
    assert_eq!(without.customer, expected.customer);
    assert_eq!(without.subscription, None);
}

/// By whomever: an operator at the gateway does not ask us.
pub async fn what_was_cancelled_and_given_back_is_told(bench: &Bench) {
    let registration = bench.registration();
    let (customer, subscription) = bench.subscriber(registration).await;
    let charge = bench.only_charge(registration).await;
    done(bench.refund(registration, &charge, 100, 1).await);
    done(bench.gateway.cancel_subscription(&subscription.id).await);
    let standing = stands(bench, &customer.id, Some(&subscription.id)).await;
    assert!(matches!(standing.customer, CustomerStanding::Live(Some(_))));
    let told = standing
        .subscription
        .map(|it| (it.status, it.refunded_minor));
    assert_eq!(told, Some((SubscriptionStatus::Ended, 100)));
}

/// Deleted, and never there: either is an answer, not a fault.
pub async fn what_is_gone_is_told(bench: &Bench) {
    let registration = bench.registration();
    let (customer, subscription) = bench.subscriber(registration).await;
    let deleted = bench.gateway.delete_customer(&customer.id, registration);
    done(deleted.await);
    let nobody = (
        CustomerId("cus_of_nobody".to_owned()),
        SubscriptionId("sub_of_nobody".to_owned()),
    );
    for (customer, subscription) in [(customer.id, subscription.id), nobody] {
        let standing = stands(bench, &customer, Some(&subscription)).await;
        assert_eq!(standing.customer, CustomerStanding::Gone);
        let status = standing.subscription.map(|it| it.status);
        assert_eq!(status, Some(SubscriptionStatus::Ended));
    }
}

async fn stands(
    bench: &Bench,
    customer: &CustomerId,
    subscription: Option<&SubscriptionId>,
) -> Standing {
    done(bench.gateway.standing(customer, subscription).await)
}
