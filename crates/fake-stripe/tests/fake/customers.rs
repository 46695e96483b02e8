//! Cards, customers and what becomes of both.

use enlist_gateways::sandbox::{Behaviour, TEST_CARDS};
use serde_json::{Value, json};

use crate::support::World;

#[test]
fn a_customer_is_made_with_its_card_in_one_call() {
    let world = World::new();
    let form = "email=jane@example.com&name=Jane&address[line1]=1 Main St&address[country]=US\
        &payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa\
        &metadata[registration_id]=0190a6a0-0000-7000-8000-000000000001\
        &expand[]=invoice_settings.default_payment_method";
    let customer = world.post("/v1/customers", form).done();
    let card = &customer.body["invoice_settings"]["default_payment_method"];
    assert_eq!(card["card"]["last4"], "4242");
    assert_eq!(card["card"]["checks"]["cvc_check"], "pass");
    assert_eq!(card["customer"], customer.id());
    assert_eq!(customer.body["address"]["line1"], "1 Main St");
    assert_eq!(customer.body["address"]["line2"], Value::Null);
    let ledger = world.control.ledger();
    assert_eq!(
        ledger.customers[0].registration_id.to_string(),
        "0190a6a0-0000-7000-8000-000000000001"
    );
    assert!(ledger.payment_methods[0].live);
}

#[test]
fn every_test_card_that_is_declined_at_once_leaves_no_customer() {
    let world = World::new();
    for card in TEST_CARDS {
        let Behaviour::DeclinesWhenAttached { code } = &card.behaviour else {
            continue;
        };
        let typed = format!(
            "type=card&card[number]={}&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123",
            card.number
        );
        let token = world.post("/v1/payment_methods", &typed).done().id();
        let declined = world.post("/v1/customers", &format!("payment_method={token}"));
        assert_eq!((declined.status, declined.error().1), (402, "card_error"));
        let error = &declined.body["error"];
        let code: &str = code;
        match code {
            "expired_card" | "incorrect_cvc" | "processing_error" => {
                assert_eq!(error["code"], code);
            }
            _ => {
                assert_eq!(error["code"], "card_declined");
                assert_eq!(error["decline_code"], code);
            }
        }
    }
    assert!(world.control.ledger().customers.is_empty());
}

#[test]
fn a_number_that_is_not_a_test_card_is_refused_and_not_repeated() {
    let world = World::new();
    for (number, code) in [
        ("4000000000000003", "incorrect_number"),
        ("4111111111111111", "card_declined"),
    ] {
        let typed =
            format!("type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2040");
        let refused = world.post("/v1/payment_methods", &typed);
        assert_eq!(refused.error(), (402, "card_error", code));
        assert!(!refused.body.to_string().contains(number));
    }
    for (card, code) in [
        (
            "card[exp_month]=13&card[exp_year]=2040",
            "invalid_expiry_month",
        ),
        (
            "card[exp_month]=1&card[exp_year]=2020",
            "invalid_expiry_year",
        ),
        (
            "card[exp_month]=1&card[exp_year]=2040&card[cvc]=12",
            "invalid_cvc",
        ),
    ] {
        let typed = format!("type=card&card[number]=4242424242424242&{card}");
        let refused = world.post("/v1/payment_methods", &typed);
        assert_eq!(refused.error(), (402, "card_error", code));
    }
}

#[test]
fn a_card_is_one_customers_for_good() {
    let world = World::new();
    let typed = "type=card&card[number]=5555555555554444&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123";
    let token = world.post("/v1/payment_methods", typed).done();
    assert_eq!(token.body["customer"], Value::Null);
    assert_eq!(token.body["card"]["checks"]["cvc_check"], "unchecked");
    let form = format!("payment_method={}", token.id());
    let customer = world.post("/v1/customers", &form).done().id();
    let again = world.post("/v1/customers", &form);
    assert_eq!(again.error(), (400, "invalid_request_error", ""));
    let says = again.body["error"]["message"].as_str().unwrap();
    assert!(
        says.contains("already been attached to a customer"),
        "{says}"
    );

    world.delete(&format!("/v1/customers/{customer}")).done();
    let after = world.post("/v1/customers", &form);
    let says = after.body["error"]["message"].as_str().unwrap();
    assert!(says.contains("was detached from a Customer"), "{says}");
    let unknown = world.post("/v1/customers", "payment_method=pm_unheard_of");
    assert_eq!(
        unknown.error(),
        (400, "invalid_request_error", "resource_missing")
    );
    assert_eq!(unknown.body["error"]["param"], "payment_method");
}

#[test]
fn the_default_card_must_be_the_one_that_is_attached() {
    let world = World::new();
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_amex";
    let refused = world.post("/v1/customers", form);
    assert_eq!(
        refused.error(),
        (400, "invalid_request_error", "resource_missing")
    );
}

#[test]
fn deleting_ends_everything_once_and_refunds_nothing() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let subscription = world
        .subscribe(&customer, "error_if_incomplete")
        .done()
        .id();
    let deleted = world.delete(&format!("/v1/customers/{customer}")).done();
    let stone = json!({ "id": customer, "object": "customer", "deleted": true });
    assert_eq!(deleted.body, stone);
    assert_eq!(
        world.get(&format!("/v1/customers/{customer}")).done().body,
        stone
    );
    let again = world.delete(&format!("/v1/customers/{customer}"));
    assert_eq!(
        again.error(),
        (404, "invalid_request_error", "resource_missing")
    );
    let ended = world
        .get(&format!("/v1/subscriptions/{subscription}"))
        .done();
    assert_eq!(ended.body["status"], "canceled");
    let charge = &world.charges(&customer)[0];
    assert_eq!(
        (&charge["status"], &charge["refunded"]),
        (&json!("succeeded"), &json!(false))
    );
    let ledger = world.control.ledger();
    assert!(!ledger.customers[0].live && ledger.customers[0].email.is_none());
    assert!(!ledger.payment_methods[0].live && ledger.charges[0].live);
}

#[test]
fn a_list_reads_its_own_writes() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let count = |path: &str| {
        world.get(path).done().body["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count("/v1/customers?email=jane@example.com"), 1);
    assert_eq!(count("/v1/customers?email=Jane@example.com"), 0);
    world.delete(&format!("/v1/customers/{customer}")).done();
    assert_eq!(count("/v1/customers"), 0);
}

#[test]
fn lists_come_newest_first_and_in_pages() {
    let world = World::new();
    let mut made: Vec<String> = (0..5).map(|_| world.customer("pm_card_visa")).collect();
    made.reverse();
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/v1/customers?limit=2{after}")).done();
        let ids = page.body["data"].as_array().unwrap().iter();
        seen.extend(ids.map(|customer| customer["id"].as_str().unwrap().to_owned()));
        if page.body["has_more"] == false {
            break;
        }
        after = format!("&starting_after={}", seen.last().unwrap());
    }
    assert_eq!(seen, made);
    for limit in ["0", "101", "many"] {
        let refused = world.get(&format!("/v1/customers?limit={limit}"));
        assert_eq!(refused.error().2, "parameter_invalid_integer");
    }
    let now = world.get(&format!("/v1/customers/{}", made[0])).done().body["created"].clone();
    let now = now.as_i64().unwrap();
    let later = world
        .get(&format!("/v1/customers?created[gte]={}", now + 1))
        .done();
    assert_eq!(later.body["data"], json!([]));
}
