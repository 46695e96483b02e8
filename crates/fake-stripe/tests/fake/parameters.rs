//! With the official SDK's list of parameters the fake refuses what Stripe would refuse.

use enlist_fake_stripe::{Form, ParameterProblem, Parameters, Settings};
use enlist_test_servers::stripe_parameters;

use crate::support::World;

fn parameters() -> Parameters {
    Parameters::read(&stripe_parameters()).unwrap()
}

#[test]
fn what_the_service_asks_for_is_what_the_sdk_would_ask_for() {
    let world = World::with(Settings {
        parameters: Some(parameters()),
        ..Settings::default()
    });
    let customer = world.customer("pm_card_visa");
    let subscription = world
        .subscribe(&customer, "error_if_incomplete")
        .done()
        .id();
    world
        .get(&format!(
            "/v1/subscriptions?customer={customer}&status=all&created[gte]=0"
        ))
        .done();
    let charge = world.charges(&customer)[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let form = format!("charge={charge}&amount=900&reason=requested_by_customer&metadata[a]=b");
    world.post("/v1/refunds", &form).done();
    world
        .post(
            "/v1/setup_intents",
            "usage=off_session&allowed_payment_method_types[0]=card",
        )
        .done();
    world
        .delete(&format!("/v1/subscriptions/{subscription}?prorate=false"))
        .done();
    world.delete(&format!("/v1/customers/{customer}")).done();
}

#[test]
fn what_the_sdk_would_not_send_is_refused() {
    let world = World::with(Settings {
        parameters: Some(parameters()),
        ..Settings::default()
    });
    let customer = world.customer("pm_card_visa");
    let refused = |form: &str| {
        let form = format!("customer={customer}&items[0][price]=price_pro_month&{form}");
        let answer = world.post("/v1/subscriptions", &form);
        assert_eq!(answer.status, 400, "{form}: {}", answer.body);
        answer.error().2.to_owned()
    };
    assert_eq!(refused("off_session=yes"), "");
    assert_eq!(refused("payment_behavior=error_if_unpaid"), "");
    assert_eq!(
        refused("items[0][quantity]=one"),
        "parameter_invalid_integer"
    );
    assert_eq!(refused("metadata=a"), "");
    // The SDK has it, and the fake does not pretend it.
    assert_eq!(refused("cancel_at_period_end=true"), "parameter_unknown");
    assert!(world.control.ledger().subscriptions.is_empty());
}

#[test]
fn a_request_can_be_checked_without_being_sent() {
    let parameters = parameters();
    let check = |method: &str, path: &str, form: &str| {
        let checked = parameters.check(method, path, &Form::parse(form));
        checked.map_err(|fault| fault.problem)
    };
    assert_eq!(
        check("POST", "/v1/invoices/in_1/void", "expand[]=customer"),
        Ok(())
    );
    let nothing = ParameterProblem::Unknown;
    assert_eq!(
        check("DELETE", "/v1/customers/cus_1", "expand[]=a"),
        Err(nothing)
    );
    assert_eq!(check("POST", "/v1/unheard_of", "a=b"), Err(nothing));
}
