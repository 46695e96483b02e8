//! Every request that the adapter can send, against the parameters of the official SDK.

use std::collections::BTreeSet;
use std::time::Duration;

use enlist_fake_stripe::{Decision, calls};
use enlist_gateways::contract::customers::a_customer_may_have_an_address_without_city_state_and_postal_code;
use enlist_gateways::contract::{declined, done, email};
use enlist_registration::ports::{CallKey, PaymentGateway, Search, Sought};
use enlist_registration::steps::StepName;

use crate::support::{Rig, asked, raw_card};

/// Nothing that is sent is unknown to the SDK's current version, and everything that the fake can be
/// asked for by the service is asked for here: a request that is added and not tried is noticed.
#[tokio::test]
async fn every_request_is_known_to_the_official_sdk() {
    let rig = Rig::fresh().await;
    every_call(&rig).await;
    let seen = rig.control.requests_seen();
    let calls_seen: BTreeSet<&str> = seen.iter().map(|request| request.call.as_str()).collect();
    let parameters: BTreeSet<(&str, &str)> = seen
        .iter()
        .flat_map(|request| {
            let names = request.parameters.iter();
            names.map(|name| (request.call.as_str(), name.as_str()))
        })
        .collect();
    println!(
        "calls {}, parameters {}, unknown 0",
        calls_seen.len(),
        parameters.len()
    );
    let known: BTreeSet<String> = calls().into_iter().collect();
    for call in &calls_seen {
        assert!(known.contains(*call), "{call}");
    }
    assert_eq!(calls_seen, EXPECTED.into_iter().collect());
}

#[tokio::test]
async fn what_an_address_has_not_is_not_sent() {
    let rig = Rig::fresh().await;
    a_customer_may_have_an_address_without_city_state_and_postal_code(&rig).await;
    let seen = rig.control.requests_seen();
    let made = seen
        .iter()
        .find(|request| request.call == "POST /v1/customers");
    let parameters = made.expect("the customer was made").parameters.iter();
    let address: Vec<&str> = parameters
        .map(|name| name.as_str())
        .filter(|name| name.starts_with("address"))
        .collect();
    assert_eq!(address, ["address[country]", "address[line1]"]);
}

/// What the adapter is for.
const EXPECTED: [&str; 19] = [
    "DELETE /v1/customers/{id}",
    "DELETE /v1/subscriptions/{id}",
    "GET /v1/balance",
    "GET /v1/charges",
    "GET /v1/customers",
    "GET /v1/customers/{id}",
    "GET /v1/payment_intents/{id}",
    "GET /v1/prices/{id}",
    "GET /v1/refunds/{id}",
    "GET /v1/subscriptions",
    "GET /v1/subscriptions/search",
    "GET /v1/subscriptions/{id}",
    "GET /v1/webhook_endpoints",
    "POST /v1/customers",
    "POST /v1/invoices/{id}/void",
    "POST /v1/payment_methods",
    "POST /v1/refunds",
    "POST /v1/setup_intents",
    "POST /v1/subscriptions",
];

/// A request with a parameter that the SDK does not know is answered 400, which nothing here survives.
async fn every_call(rig: &Rig) {
    let registration = rig.registration();
    let key = CallKey::of_step(registration, StepName::TokenizeCard);
    let card = raw_card("4242424242424242");
    let method = done(rig.stripe.tokenize_card(&key, &card).await);
    let customer = done(
        rig.create_customer(registration, Some(method.id.as_str()))
            .await,
    );
    let subscription = done(rig.start_subscription(registration, &customer.id).await);
    let standing = rig.stripe.standing(&customer.id, Some(&subscription.id));
    done(standing.await);
    let charge = rig.only_charge(registration).await;
    for _ in 0..2 {
        done(rig.refund(registration, &charge, 2900, 1).await);
    }
    done(rig.stripe.cancel_subscription(&subscription.id).await);
    rig.holdings_with(registration, Some(&customer.id)).await;
    done(rig.stripe.delete_customer(&customer.id, registration).await);
    rig.holdings(registration).await;
    let long_after = Search {
        registration,
        email: &email("jane@example.com"),
        begun_at: rig.begun_at,
        quiet_for: Duration::from_hours(2),
        customer: None,
        sought: Sought::Everything,
    };
    done(rig.stripe.holdings(&long_after).await);

    let another = rig.registration();
    let token = Some("pm_card_threeDSecure2Required");
    let customer = done(rig.create_customer(another, token).await);
    let (waiting, secret) = asked(rig.start_subscription(another, &customer.id).await);
    asked(rig.stripe.retrieve_subscription(&waiting).await);
    let control = &rig.control;
    control.confirm_payment(&secret).expect("it is confirmed");
    let refused = control.authenticate(&secret, Decision::Fail);
    assert!(refused.is_err(), "{refused:?}");
    declined(rig.stripe.retrieve_subscription(&waiting).await);
    done(rig.stripe.cancel_subscription(&waiting).await);

    done(rig.stripe.create_setup_intent().await);
    assert!(!done(rig.stripe.account().await).is_live);
    let price = done(rig.stripe.price("price_pro_month").await).expect("there is such a price");
    assert_eq!(price.unit_amount, Some(2900));
    assert_eq!(done(rig.stripe.price("price_of_nothing").await), None);
    assert_eq!(done(rig.stripe.webhook_endpoints().await), []);
}
