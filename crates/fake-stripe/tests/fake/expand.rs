//! Objects in place of ids.

use serde_json::Value;

use crate::support::World;

#[test]
fn paths_lead_through_objects_and_lists() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let subscription = world
        .subscribe(&customer, "error_if_incomplete")
        .done()
        .id();
    let get = |path: &str| world.get(path).done().body;
    let one = get(&format!(
        "/v1/subscriptions/{subscription}?expand[]=customer.invoice_settings.default_payment_method\
         &expand[]=items.data.price.product&expand[]=latest_invoice"
    ));
    let card = &one["customer"]["invoice_settings"]["default_payment_method"];
    assert_eq!(card["card"]["brand"], "visa");
    assert_eq!(
        one["items"]["data"][0]["price"]["product"]["object"],
        "product"
    );
    assert_eq!(one["latest_invoice"]["payments"], Value::Null);
    let invoice = one["latest_invoice"]["id"].as_str().unwrap();
    let invoice = get(&format!(
        "/v1/invoices/{invoice}?expand[]=payments.data.payment.payment_intent\
         &expand[]=parent.subscription_details.subscription"
    ));
    let payment = &invoice["payments"]["data"][0]["payment"];
    assert_eq!(payment["payment_intent"]["status"], "succeeded");
    let of = &invoice["parent"]["subscription_details"]["subscription"];
    assert_eq!(of["id"], subscription);
    let list = get("/v1/subscriptions?expand[]=data.latest_invoice");
    assert_eq!(list["data"][0]["latest_invoice"]["object"], "invoice");
}

#[test]
fn a_path_that_leads_nowhere_is_refused_before_anything_is_done() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    for path in [
        "nothing",
        "items",
        "latest_invoice.payment_intent",
        "latest_invoice.charge",
    ] {
        let form =
            format!("customer={customer}&items[0][price]=price_starter_month&expand[]={path}");
        let refused = world.post("/v1/subscriptions", &form);
        assert_eq!(refused.error(), (400, "invalid_request_error", ""));
        let says = refused.body["error"]["message"].as_str().unwrap();
        assert_eq!(says, format!("This property cannot be expanded ({path})."));
    }
    let deep = "latest_invoice.payments.data.payment.payment_intent";
    let form = format!("customer={customer}&items[0][price]=price_starter_month&expand[]={deep}");
    let refused = world.post("/v1/subscriptions", &form);
    assert!(
        refused.body.to_string().contains("more than 4 levels"),
        "{}",
        refused.body
    );
    assert!(world.control.ledger().subscriptions.is_empty());
}
