//! Money is given back once.

use enlist_fake_stripe::{Options, RefundStatus};
use serde_json::json;

use crate::support::World;

fn charge_of(world: &World, customer: &str) -> String {
    world.charges(customer)[0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_charge_is_given_back_once() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    world.subscribe(&customer, "error_if_incomplete").done();
    world.delete(&format!("/v1/customers/{customer}")).done();
    let charge = charge_of(&world, &customer);
    let refund = world
        .post("/v1/refunds", &format!("charge={charge}"))
        .done();
    assert_eq!(
        (&refund.body["amount"], &refund.body["status"]),
        (&json!(900), &json!("succeeded"))
    );
    assert_eq!(
        world.get(&format!("/v1/charges/{charge}")).done().body["refunded"],
        true
    );
    let again = world.post("/v1/refunds", &format!("charge={charge}"));
    assert_eq!(
        again.error(),
        (400, "invalid_request_error", "charge_already_refunded")
    );
    assert!(!world.control.ledger().charges[0].live);
}

#[test]
fn parts_add_up_to_what_was_taken_and_no_more() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    world.subscribe(&customer, "error_if_incomplete").done();
    let charge = charge_of(&world, &customer);
    let refund =
        |amount: i64| world.post("/v1/refunds", &format!("charge={charge}&amount={amount}"));
    refund(400).done();
    let too_much = refund(501);
    assert_eq!(
        (too_much.status, &too_much.body["error"]["param"]),
        (400, &json!("amount"))
    );
    assert_eq!(refund(0).error().2, "parameter_invalid_integer");
    refund(500).done();
    assert_eq!(refund(1).error().2, "charge_already_refunded");
    assert_eq!(world.control.ledger().charges[0].refunded_minor, 900);
}

#[test]
fn a_refund_that_fails_leaves_the_charge_as_it_was() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    world.subscribe(&customer, "error_if_incomplete").done();
    let form = format!("charge={}", charge_of(&world, &customer));
    let given_back = || world.control.ledger().charges[0].refunded_minor;
    let refunds = [
        (RefundStatus::Pending, "pending", 900),
        (RefundStatus::Failed, "failed", 0),
        (RefundStatus::Succeeded, "succeeded", 900),
    ];
    for (refunds, status, refunded) in refunds {
        world.control.set_options(Options {
            refunds,
            ..Options::default()
        });
        let made = world.post_with_key("/v1/refunds", &form, status).done();
        assert_eq!(made.body["status"], status);
        assert_eq!(given_back(), refunded);
        let failed = world.control.fail_refund(&made.id());
        assert_eq!(failed.is_ok(), refunds != RefundStatus::Failed);
        assert_eq!(given_back(), 0);
        // The stored answer is as it was; the refund is not.
        let again = world.post_with_key("/v1/refunds", &form, status).done();
        assert_eq!(again.body["status"], status);
        let path = format!("/v1/refunds/{}", made.id());
        assert_eq!(world.get(&path).done().body["status"], "failed");
        assert_eq!(world.control.ledger().refunds, []);
    }
}

#[test]
fn a_disputed_charge_cannot_be_given_back() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    world.subscribe(&customer, "error_if_incomplete").done();
    let charge = charge_of(&world, &customer);
    let path = format!("/_fake/charges/{charge}/dispute");
    let disputed = world.post_json(&path, &json!({})).done();
    assert_eq!(disputed.body["disputed"], true);
    let refused = world.post("/v1/refunds", &format!("charge={charge}"));
    assert_eq!(
        refused.error(),
        (400, "invalid_request_error", "charge_disputed")
    );
    let ledger = world.control.ledger();
    assert_eq!(ledger.refunds, []);
    assert!(!ledger.charges[0].live, "the bank has it");
    assert_eq!(world.post_json(&path, &json!({})).status, 400);
    assert_eq!(
        world
            .post_json("/_fake/charges/ch_x/dispute", &json!({}))
            .status,
        400
    );
}

#[test]
fn there_is_nothing_to_give_back_of_a_failed_charge_or_of_none() {
    let world = World::new();
    let customer = world.customer("pm_card_chargeCustomerFail");
    world.subscribe(&customer, "error_if_incomplete");
    let charge = charge_of(&world, &customer);
    assert_eq!(
        world
            .post("/v1/refunds", &format!("charge={charge}"))
            .status,
        400
    );
    assert_eq!(
        world.post("/v1/refunds", "charge=ch_x").error().2,
        "resource_missing"
    );
}
