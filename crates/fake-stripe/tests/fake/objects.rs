//! What the fake shows has no field that Stripe's objects do not have.

use enlist_fake_stripe::Parameters;
use enlist_test_servers::stripe_parameters;
use serde_json::Value;

use crate::support::World;

/// Looks at an object and at every object in it; returns how many there were.
fn check(parameters: &Parameters, value: &Value) -> usize {
    let inner: Vec<&Value> = match value {
        Value::Array(entries) => entries.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => return 0,
    };
    let known = value["object"]
        .as_str()
        .and_then(|kind| parameters.fields_of(kind));
    if let (Some(known), Value::Object(fields)) = (known, value) {
        for name in fields.keys() {
            assert!(known.contains(name), "{} has no {name}", value["object"]);
        }
    }
    let deeper: usize = inner
        .into_iter()
        .map(|value| check(parameters, value))
        .sum();
    deeper + usize::from(known.is_some())
}

#[test]
fn every_object_has_the_fields_that_the_sdk_knows() {
    let parameters = Parameters::read(&stripe_parameters()).unwrap();
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let subscription = world.subscribe(&customer, "error_if_incomplete").done();
    let charge = world.charges(&customer)[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let refund = world.post(
        "/v1/refunds",
        &format!("charge={charge}&expand[]=charge.payment_intent"),
    );
    let setup_intent = world.post(
        "/v1/setup_intents",
        "automatic_payment_methods[enabled]=true",
    );
    world
        .control
        .create_webhook_endpoint("https://example.com/hook", &["*"]);
    let paths = [
        format!("/v1/customers/{customer}?expand[]=invoice_settings.default_payment_method"),
        "/v1/prices/price_pro_month?expand[]=product".to_owned(),
        "/v1/account".to_owned(),
        "/v1/balance".to_owned(),
        "/v1/webhook_endpoints".to_owned(),
    ];
    let shown = paths.iter().map(|path| world.get(path));
    let seen: usize = [subscription, refund, setup_intent]
        .into_iter()
        .chain(shown)
        .map(|reply| check(&parameters, &reply.done().body))
        .sum();
    // subscription, item, price, invoice, its payment; refund, charge, PaymentIntent; SetupIntent; customer,
    // card; price, product; account; balance; endpoint
    assert_eq!(seen, 16);
}
