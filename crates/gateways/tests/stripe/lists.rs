//! Finding by lists what belongs to one registration, among what belongs to others.

use std::time::Duration;

use enlist_fake_stripe::{Operation, Options, SubscriptionChange};
use enlist_gateways::contract::{done, email};
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{HeldSubscriptionState, Holdings, Search, Sought};

use crate::support::Rig;

/// More than Stripe gives on one page.
const MANY: usize = 101;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What is found of a registration that is said to have begun so long after the rig was made, and of which
/// nothing was made for so long.
async fn found(
    rig: &Rig,
    registration: RegistrationId,
    begun_after: Duration,
    quiet_for: Duration,
) -> Holdings {
    let search = Search {
        registration,
        email: &email("jane@example.com"),
        begun_at: rig.begun_at + begun_after,
        quiet_for,
        customer: None,
        sought: Sought::Everything,
    };
    done(rig.gateway.holdings(&search).await)
}

/// A registration whose customer has paid and was deleted, so that only its subscription leads there.
async fn deleted_subscriber(rig: &Rig) -> RegistrationId {
    let registration = rig.registration();
    let (customer, _) = rig.subscriber(registration).await;
    let deleted = rig.gateway.delete_customer(&customer.id, registration);
    done(deleted.await);
    registration
}

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
    let registration = deleted_subscriber(&rig).await;
    rig.clock.advance(HOUR * 2);
    let held = found(&rig, registration, Duration::ZERO, HOUR * 2).await;
    assert_eq!((held.subscriptions.len(), held.charges.len()), (1, 1));
    let seen = rig.control.requests_seen();
    assert!(
        seen.iter()
            .any(|it| it.call == "GET /v1/subscriptions/search")
    );
}

/// As in India: Stripe refuses to search, each time anew.
#[tokio::test]
async fn where_there_is_no_search_the_list_is_gone_through() {
    let rig = Rig::fresh().await;
    rig.control.set_options(Options {
        refuses_search: true,
        ..Options::default()
    });
    let registration = deleted_subscriber(&rig).await;
    rig.subscriber(rig.registration()).await;
    rig.clock.advance(HOUR * 2);
    // Said to have begun a day later than it did: nothing but this list is left to find it.
    for begun_after in [Duration::ZERO, HOUR, DAY] {
        let held = found(&rig, registration, begun_after, HOUR * 2).await;
        assert!(held.customers.is_empty());
        assert_eq!((held.subscriptions.len(), held.charges.len()), (1, 1));
    }
}

/// What others bought may be of any kind, and is read no further than to see that it is theirs.
#[tokio::test]
async fn of_what_others_bought_nothing_is_asked_but_whose_it_is() {
    let rig = Rig::fresh().await;
    let registration = deleted_subscriber(&rig).await;
    let held = found(&rig, registration, Duration::ZERO, Duration::ZERO).await;
    assert_eq!(held.subscriptions.len(), 1);
    let seen = rig.control.requests_seen();
    let mut everybodys = seen
        .iter()
        .filter(|it| it.call == "GET /v1/subscriptions" && it.parameters.contains("created[gte]"));
    let request = everybodys.next().expect("the list is gone through");
    let parameters: Vec<&str> = request.parameters.iter().map(String::as_str).collect();
    assert_eq!(parameters, ["created[gte]", "limit", "status"]);
    assert_eq!(everybodys.next(), None);
}

/// The clock by which it began was ahead of Stripe's: by as much as clocks may differ, or by a day.
#[tokio::test]
async fn a_customer_is_found_that_was_made_before_its_registration_began() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let customer = done(rig.create_customer(registration, None).await);
    for begun_after in [HOUR, DAY] {
        let held = found(&rig, registration, begun_after, Duration::ZERO).await;
        let ids: Vec<_> = held.customers.iter().map(|customer| &customer.id).collect();
        assert_eq!(ids, [&customer.id], "{begun_after:?}");
    }
}

/// In the list, by as much as clocks may differ: by a day the list would be too long. A search, later,
/// asks for no time at all.
#[tokio::test]
async fn what_a_deleted_customer_paid_is_found_that_was_made_before_its_registration_began() {
    let rig = Rig::fresh().await;
    let registration = deleted_subscriber(&rig).await;
    let held = found(&rig, registration, HOUR, Duration::ZERO).await;
    assert_eq!((held.subscriptions.len(), held.charges.len()), (1, 1));
    rig.clock.advance(HOUR * 2);
    let held = found(&rig, registration, DAY, HOUR * 2).await;
    assert_eq!((held.subscriptions.len(), held.charges.len()), (1, 1));
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
