//! Subscriptions from their first charge to their end.

use std::time::Duration;

use enlist_fake_stripe::{Decision, Interval, NewPrice, Options};
use serde_json::{Value, json};

use crate::support::{Reply, World};

const HOUR: Duration = Duration::from_secs(3600);

fn secret_of(subscription: &Reply) -> String {
    let secret = &subscription.body["latest_invoice"]["confirmation_secret"]["client_secret"];
    secret.as_str().unwrap().to_owned()
}

fn status_of(world: &World, path: &str) -> Value {
    world.get(path).done().body["status"].clone()
}

/// A customer, and their subscription whose first payment is still to be confirmed.
fn prepared(world: &World) -> (String, Reply) {
    let customer = world.customer("pm_card_visa");
    let prepared = world.subscribe(&customer, "default_incomplete").done();
    (customer, prepared)
}

/// Whether a browser that has the client secret gets the payment confirmed.
fn is_confirmed(world: &World, prepared: &Reply) -> bool {
    let confirmed = world.control.confirm_payment(&secret_of(prepared));
    confirmed.is_ok()
}

#[test]
fn a_subscription_takes_the_first_charge() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let subscription = world.subscribe(&customer, "error_if_incomplete").done();
    let body = &subscription.body;
    assert_eq!(body["status"], "active");
    assert_eq!(body["billing_mode"]["type"], "flexible");
    assert_eq!(body["current_period_end"], Value::Null);
    let item = &body["items"]["data"][0];
    assert!(item["current_period_end"].as_i64() > item["current_period_start"].as_i64());
    assert_eq!(item["price"]["id"], "price_starter_month");
    let invoice = &body["latest_invoice"];
    assert_eq!(invoice["status"], "paid");
    let payment = &invoice["payments"]["data"][0]["payment"]["payment_intent"];
    let payment = payment.as_str().unwrap();
    let payment = world.get(&format!(
        "/v1/payment_intents/{payment}?expand[]=latest_charge"
    ));
    let payment = payment.done().body;
    assert_eq!(payment["status"], "succeeded");
    assert_eq!(payment["latest_charge"]["amount"], 900);
    assert_eq!(world.charges(&customer), [payment["latest_charge"].clone()]);
}

#[test]
fn a_declined_first_charge_leaves_its_record_and_nothing_else() {
    let world = World::new();
    let customer = world.customer("pm_card_chargeCustomerFail");
    let declined = world.subscribe(&customer, "error_if_incomplete");
    assert_eq!(declined.error(), (402, "card_error", "card_declined"));
    assert_eq!(declined.body["error"]["decline_code"], "generic_decline");
    let charges = world.charges(&customer);
    assert_eq!(charges[0]["status"], "failed");
    assert_eq!(charges[0]["payment_intent"], Value::Null);
    let all = format!("/v1/subscriptions?customer={customer}&status=all");
    assert_eq!(world.get(&all).done().body["data"], json!([]));
    assert_eq!(world.get("/v1/invoices").done().body["data"], json!([]));
}

#[test]
fn with_error_if_incomplete_a_card_that_asks_leaves_nothing() {
    let world = World::new();
    let customer = world.customer("pm_card_threeDSecure2Required");
    let refused = world.subscribe(&customer, "error_if_incomplete");
    let code = "subscription_payment_intent_requires_action";
    assert_eq!(refused.error(), (402, "card_error", code));
    assert_eq!(refused.body["error"]["decline_code"], Value::Null);
    assert!(world.control.ledger().subscriptions.is_empty());
    assert!(world.charges(&customer).is_empty());
}

#[test]
fn with_allow_incomplete_a_decline_is_a_success_that_was_not_paid() {
    let world = World::new();
    let customer = world.customer("pm_card_chargeCustomerFail");
    let unpaid = world.subscribe(&customer, "allow_incomplete").done();
    assert_eq!(unpaid.body["status"], "incomplete");
    assert_eq!(unpaid.body["latest_invoice"]["status"], "open");
    assert_eq!(world.charges(&customer)[0]["status"], "failed");
}

#[test]
fn what_was_only_prepared_is_charged_when_it_is_confirmed() {
    let world = World::new();
    let (customer, prepared) = prepared(&world);
    assert_eq!(prepared.body["status"], "incomplete");
    assert!(world.charges(&customer).is_empty());
    let confirmed = world
        .control
        .confirm_payment(&secret_of(&prepared))
        .unwrap();
    assert_eq!(confirmed, "succeeded");
    let path = format!("/v1/subscriptions/{}", prepared.id());
    assert_eq!(status_of(&world, &path), "active");
    assert!(!is_confirmed(&world, &prepared));
    assert_eq!(world.charges(&customer).len(), 1);
}

#[test]
fn a_card_that_asks_waits_for_the_person() {
    let world = World::new();
    for (card, decision, subscription, charges) in [
        (
            "threeDSecure2Required",
            Decision::Succeed,
            "active",
            vec!["succeeded"],
        ),
        (
            "threeDSecure2Required",
            Decision::Fail,
            "incomplete",
            vec![],
        ),
        (
            "threeDSecureRequiredInsufficientFunds",
            Decision::Succeed,
            "incomplete",
            vec!["failed"],
        ),
    ] {
        let customer = world.customer(&format!("pm_card_{card}"));
        let waiting = world.subscribe(&customer, "default_incomplete").done();
        let payment = &waiting.body["latest_invoice"]["payments"]["data"][0]["payment"];
        let payment = format!(
            "/v1/payment_intents/{}",
            payment["payment_intent"].as_str().unwrap()
        );
        assert_eq!(status_of(&world, &payment), "requires_action");
        let answered = world.control.authenticate(&secret_of(&waiting), decision);
        assert_eq!(answered.is_ok(), subscription == "active");
        let path = format!("/v1/subscriptions/{}", waiting.id());
        assert_eq!(status_of(&world, &path), subscription);
        let taken = world.charges(&customer);
        let taken: Vec<&str> = taken
            .iter()
            .map(|charge| charge["status"].as_str().unwrap())
            .collect();
        assert_eq!(taken, charges);
        let error = &world.get(&payment).done().body["last_payment_error"];
        match (decision, subscription) {
            (Decision::Fail, _) => {
                assert_eq!(error["code"], "payment_intent_authentication_failure")
            }
            (_, "active") => assert_eq!(error, &Value::Null),
            _ => assert_eq!(error["decline_code"], "insufficient_funds"),
        }
    }
}

#[test]
fn an_incomplete_subscription_expires_after_23_hours() {
    let world = World::new();
    let (_, prepared) = prepared(&world);
    let path = format!("/v1/subscriptions/{}", prepared.id());
    world.control.advance(22 * HOUR);
    assert_eq!(status_of(&world, &path), "incomplete");
    world.control.advance(HOUR);
    assert_eq!(status_of(&world, &path), "incomplete_expired");
    let invoice = prepared.body["latest_invoice"]["id"].as_str().unwrap();
    assert_eq!(
        status_of(&world, &format!("/v1/invoices/{invoice}")),
        "void"
    );
    assert!(!is_confirmed(&world, &prepared));
}

#[test]
fn what_was_cancelled_while_incomplete_can_still_be_paid_unless_told_otherwise() {
    let world = World::new();
    for voids_invoice_on_cancel in [false, true] {
        world.control.set_options(Options {
            voids_invoice_on_cancel,
            ..Options::default()
        });
        let (customer, prepared) = prepared(&world);
        let path = format!("/v1/subscriptions/{}", prepared.id());
        let canceled = world.delete(&path).done();
        assert_eq!(canceled.body["status"], "incomplete_expired");
        assert_eq!(is_confirmed(&world, &prepared), !voids_invoice_on_cancel);
        assert_eq!(
            world.charges(&customer).len(),
            usize::from(!voids_invoice_on_cancel)
        );
        assert_eq!(status_of(&world, &path), "incomplete_expired");
    }
}

#[test]
fn voiding_an_open_invoice_cancels_its_payment() {
    let world = World::new();
    let (_, prepared) = prepared(&world);
    let invoice = prepared.body["latest_invoice"]["id"].as_str().unwrap();
    let path = format!("/v1/invoices/{invoice}/void");
    assert_eq!(world.post(&path, "").done().body["status"], "void");
    assert_eq!(
        world.post(&path, "").error(),
        (400, "invalid_request_error", "invoice_not_editable")
    );
    assert!(!is_confirmed(&world, &prepared));
}

#[test]
fn a_deleted_customer_can_never_be_charged_again() {
    let world = World::new();
    let (customer, prepared) = prepared(&world);
    world.delete(&format!("/v1/customers/{customer}")).done();
    assert!(!is_confirmed(&world, &prepared));
    let refused = world.subscribe(&customer, "error_if_incomplete");
    assert_eq!(
        refused.error(),
        (400, "invalid_request_error", "resource_missing")
    );
    assert!(world.charges(&customer).is_empty());
}

#[test]
fn what_cannot_be_begun_is_refused() {
    let world = World::new();
    let without_card = world
        .post("/v1/customers", "email=a@example.com")
        .done()
        .id();
    assert_eq!(
        world.subscribe(&without_card, "error_if_incomplete").status,
        400
    );
    let attached = world
        .post("/v1/customers", "payment_method=pm_card_visa")
        .done()
        .id();
    assert_eq!(
        world.subscribe(&attached, "error_if_incomplete").status,
        400
    );
    let customer = world.customer("pm_card_visa");
    for (form, param) in [
        (
            format!("customer={customer}&items[0][price]=price_x"),
            "items[0][price]",
        ),
        (format!("customer={customer}"), "items[0][price]"),
        (
            "customer=cus_x&items[0][price]=price_starter_month".to_owned(),
            "customer",
        ),
    ] {
        let refused = world.post("/v1/subscriptions", &form);
        assert_eq!(
            (refused.status, &refused.body["error"]["param"]),
            (400, &json!(param))
        );
    }
}

#[test]
fn a_price_of_nothing_needs_no_card() {
    let world = World::new();
    world.control.create_price(NewPrice {
        id: "price_free".to_owned(),
        unit_amount: 0,
        currency: "usd".to_owned(),
        interval: Interval::Year,
        active: true,
    });
    let customer = world
        .post("/v1/customers", "email=a@example.com")
        .done()
        .id();
    let form = format!(
        "customer={customer}&items[0][price]=price_free&payment_behavior=error_if_incomplete"
    );
    let free = world.post("/v1/subscriptions", &form).done();
    assert_eq!(free.body["status"], "active");
    assert!(world.charges(&customer).is_empty());
}

#[test]
fn what_has_ended_is_shown_and_cannot_be_ended_again() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let subscription = world
        .subscribe(&customer, "error_if_incomplete")
        .done()
        .id();
    let path = format!("/v1/subscriptions/{subscription}");
    assert_eq!(world.delete(&path).done().body["status"], "canceled");
    assert_eq!(
        world.delete(&path).error(),
        (404, "invalid_request_error", "resource_missing")
    );
    assert_eq!(status_of(&world, &path), "canceled");
    let count = |query: &str| {
        let list = world
            .get(&format!("/v1/subscriptions?customer={customer}{query}"))
            .done();
        list.body["data"].as_array().unwrap().len()
    };
    assert_eq!(
        [count(""), count("&status=all"), count("&status=canceled")],
        [0, 1, 1]
    );
    assert_eq!(
        world.control.ledger().subscriptions[0].end_code.as_deref(),
        Some("subscription_canceled")
    );
}

#[test]
fn an_invoice_is_open_until_it_is_paid_or_voided() {
    let world = World::new();
    let customer = world.customer("pm_card_threeDSecure2Required");
    let waiting = world.subscribe(&customer, "default_incomplete").done();
    let invoice = waiting.body["latest_invoice"]["id"].as_str().unwrap();
    let open = || world.get("/_fake/open_invoices").done().body;
    assert_eq!(open()[0]["id"], invoice);
    assert_eq!(open()[0]["payment_status"], "requires_action");
    world
        .delete(&format!("/v1/subscriptions/{}", waiting.id()))
        .done();
    assert_eq!(open()[0]["id"], invoice, "it outlives its subscription");
    world
        .post(&format!("/v1/invoices/{invoice}/void"), "")
        .done();
    assert_eq!(open(), json!([]));
}

#[test]
fn a_search_by_metadata_lags_behind() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let form = format!(
        "customer={customer}&items[0][price]=price_starter_month&metadata[registration_id]=one"
    );
    world.post("/v1/subscriptions", &form).done();
    let query = "metadata['registration_id']:'one'";
    let found = || {
        let found = world.get(&format!("/v1/subscriptions/search?query={query}"));
        found.done().body["data"].as_array().unwrap().len()
    };
    assert_eq!(found(), 0);
    world.control.advance(Duration::from_secs(60));
    assert_eq!(found(), 1);
    let odd = world.get("/v1/subscriptions/search?query=status:'active'");
    assert_eq!(odd.error().0, 400);
}

#[test]
fn an_account_without_a_search_refuses_it() {
    let world = World::new();
    let options = json!({ "refuses_search": true });
    world.post_json("/_fake/options", &options).done();
    let query = "metadata['registration_id']:'one'";
    let refused = world.get(&format!("/v1/subscriptions/search?query={query}"));
    assert_eq!(refused.error(), (400, "invalid_request_error", ""));
    world.get("/v1/subscriptions?status=all").done();
}
