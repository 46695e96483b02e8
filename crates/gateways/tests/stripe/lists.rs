//! Finding by lists what belongs to one registration, among what belongs to others.

use std::time::Duration;

use enlist_fake_stripe::{Operation, SubscriptionChange};
use enlist_gateways::contract::{done, email};
use enlist_registration::ports::{HeldSubscriptionState, Search, Sought};

use crate::support::Rig;

/// More than Stripe gives on one page.
const MANY: usize = 101;

/// The same person, over and over: the address alone does not tell them apart.
#[tokio::test]
async fn a_customer_is_found_on_whichever_page_it_is() {
    let rig = Rig::fresh().await;
    let first = rig.registration();
    let customer = done(rig.create_customer(first, None).await);
    for _ in 0..MANY {
        done(rig.create_customer(rig.registration(), None).await);
    }
    let held = rig.holdings(first).await;
    assert_eq!(held.customers.len(), 1);
    assert_eq!(held.customers[0].id, customer.id);
}

/// Nobody knows its id, and it is in no list of customers: its subscription keeps the metadata.
#[tokio::test]
async fn what_a_deleted_customer_paid_is_found_without_its_id() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let (customer, _) = rig.subscriber(registration).await;
    for _ in 0..3 {
        rig.subscriber(rig.registration()).await;
    }
    done(
        rig.gateway
            .delete_customer(&customer.id, registration)
            .await,
    );
    let held = rig.holdings(registration).await;
    assert!(held.customers.is_empty());
    assert_eq!(held.subscriptions.len(), 1);
    assert_eq!(held.charges.len(), 1);
}

/// By then the list has become long, and a search sees it.
#[tokio::test]
async fn long_after_it_is_found_by_a_search() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let (customer, _) = rig.subscriber(registration).await;
    done(
        rig.gateway
            .delete_customer(&customer.id, registration)
            .await,
    );
    rig.clock.advance(Duration::from_hours(2));
    let search = Search {
        registration,
        email: &email("jane@example.com"),
        begun_at: rig.begun_at,
        quiet_for: Duration::from_hours(2),
        customer: None,
        sought: Sought::Everything,
    };
    let held = done(rig.gateway.holdings(&search).await);
    assert_eq!(held.subscriptions.len(), 1);
    assert_eq!(held.charges.len(), 1);
    let seen = rig.control.requests_seen();
    assert!(
        seen.iter()
            .any(|it| it.call == "GET /v1/subscriptions/search")
    );
}

/// However much others bought meanwhile.
#[tokio::test]
async fn whether_there_is_a_customer_is_one_question() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let asked = || rig.control.calls().of(Operation::ListHoldings);
    assert!(rig.customers(registration).await.is_empty());
    assert_eq!(asked(), 1);
    rig.holdings(registration).await;
    assert_eq!(asked(), 3, "customers again, and then subscriptions");
}

/// Not by a first charge, but by an operator or a later one.
#[tokio::test]
async fn what_runs_and_is_not_paid_is_told_from_what_is() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let (_, subscription) = rig.subscriber(registration).await;
    for (status, state) in [
        ("active", HeldSubscriptionState::Active),
        ("trialing", HeldSubscriptionState::Active),
        ("past_due", HeldSubscriptionState::Unpaid),
        ("unpaid", HeldSubscriptionState::Unpaid),
        ("paused", HeldSubscriptionState::Unpaid),
        ("canceled", HeldSubscriptionState::Ended),
    ] {
        let change = SubscriptionChange {
            status: Some(status.to_owned()),
            ..SubscriptionChange::default()
        };
        let changed = rig
            .control
            .change_subscription(subscription.id.as_str(), &change);
        changed.expect("it is changed");
        let held = rig.holdings(registration).await;
        assert_eq!(held.subscriptions[0].state, state, "{status}");
    }
}

/// An operator's customer that happens to have the address is none of ours.
#[tokio::test]
async fn what_names_no_registration_is_left_alone() {
    let rig = Rig::fresh().await;
    let another = rig.registration();
    let customer = done(rig.create_customer(another, None).await);
    let registration = rig.registration();
    let held = rig.holdings_with(registration, Some(&customer.id)).await;
    assert!(held.customers.is_empty(), "{held:?}");
}
