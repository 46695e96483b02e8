//! Every way in which a call can fail.

use std::io::Write as _;
use std::net::TcpStream;

use enlist_fake_stripe::{Fault, FaultKind, Operation};
use serde_json::json;

use crate::support::{Call, World};

const KEYED: Call<'_> = Call {
    key: Some("k"),
    authorization: None,
    version: None,
};

fn strike(world: &World, kind: FaultKind) {
    let fault = Fault::times(Operation::CreateCustomer, kind, 1);
    world.control.faults().switch_on(fault).unwrap();
}

#[test]
fn an_answer_that_is_lost_is_there_for_a_repeat() {
    for kind in [FaultKind::LoseReply, FaultKind::Reset, FaultKind::Truncate] {
        let world = World::new();
        strike(&world, kind);
        let lost = world.try_post("/v1/customers", "email=a@example.com", KEYED);
        assert!(lost.is_err(), "{kind:?}: {lost:?}");
        assert_eq!(world.control.ledger().customers.len(), 1, "{kind:?}");
        let again = world
            .post_with_key("/v1/customers", "email=a@example.com", "k")
            .done();
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(world.control.ledger().customers.len(), 1, "{kind:?}");
        assert_eq!(world.control.faults().list()[0].hits, 1);
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_there_for_a_repeat() {
    for (kind, status) in [(FaultKind::Garble, 200), (FaultKind::BadGateway, 502)] {
        let world = World::new();
        strike(&world, kind);
        let garbled = world.post_with_key("/v1/customers", "email=a@example.com", "k");
        assert_eq!(garbled.status, status);
        assert!(garbled.body.is_string());
        world
            .post_with_key("/v1/customers", "email=a@example.com", "k")
            .done();
        assert_eq!(world.control.ledger().customers.len(), 1);
    }
}

#[test]
fn a_500_after_the_effect_is_repeated_for_ever() {
    let world = World::new();
    strike(&world, FaultKind::FailAfter);
    for _ in 0..3 {
        let failed = world.post_with_key("/v1/customers", "email=a@example.com", "k");
        assert_eq!((failed.status, failed.error().1), (500, "api_error"));
        assert_eq!(failed.header("stripe-should-retry"), Some("false"));
    }
    let burnt = world.post_with_key("/v1/customers", "email=a@example.com", "k");
    assert_eq!(burnt.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.control.ledger().customers.len(), 1);
}

#[test]
fn what_is_turned_away_has_no_effect() {
    for kind in [
        FaultKind::FailBefore,
        FaultKind::Refuse,
        FaultKind::RateLimit,
    ] {
        let world = World::new();
        strike(&world, kind);
        let turned_away = world.try_post("/v1/customers", "email=a@example.com", KEYED);
        match kind {
            FaultKind::FailBefore => assert_eq!(turned_away.unwrap().status, 500),
            FaultKind::RateLimit => assert_eq!(turned_away.unwrap().status, 429),
            _ => assert!(turned_away.is_err()),
        }
        assert!(world.control.ledger().customers.is_empty(), "{kind:?}");
        world
            .post_with_key("/v1/customers", "email=a@example.com", "k")
            .done();
    }
}

#[test]
fn a_call_that_hangs_has_taken_effect_and_ends_with_its_client() {
    let world = World::new();
    strike(&world, FaultKind::Hang);
    let mut client = TcpStream::connect(world.fake.address()).unwrap();
    let version = enlist_fake_stripe::API_VERSION;
    write!(
        client,
        "POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_fake\r\n\
         Stripe-Version: {version}\r\nIdempotency-Key: k\r\nContent-Length: 19\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=a@example.com"
    )
    .unwrap();
    while world.control.faults().list()[0].hits == 0 {
        std::thread::yield_now();
    }
    drop(client);
    let again = world
        .post_with_key("/v1/customers", "email=a@example.com", "k")
        .done();
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[test]
fn deletions_fail_after_their_effect_too() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let fault = Fault::times(Operation::DeleteCustomer, FaultKind::LoseReply, 1);
    world.control.faults().switch_on(fault).unwrap();
    assert!(
        world
            .try_delete(&format!("/v1/customers/{customer}"))
            .is_err()
    );
    assert_eq!(
        world.delete(&format!("/v1/customers/{customer}")).status,
        404
    );
}

#[test]
fn faults_are_switched_over_http_too() {
    let world = World::new();
    let ask = json!({ "step": "*", "kind": "rate_limit", "rate": 1.0 });
    assert_eq!(world.post_json("/_fake/faults", &ask).status, 201);
    assert_eq!(world.get("/v1/account").status, 429);
    assert_eq!(world.get("/_fake/faults").body[0]["hits"], 1);
    assert_eq!(world.delete("/_fake/faults").status, 204);
    world.get("/v1/account").done();
    for wrong in [
        json!({ "step": "unheard_of", "kind": "hang" }),
        json!({ "step": "*", "kind": "hang", "count": 1, "rate": 0.5 }),
        json!({ "step": "*", "kind": "hang", "count": 0 }),
        json!({ "step": "*", "kind": "hang", "rate": 2.0 }),
    ] {
        assert_eq!(
            world.post_json("/_fake/faults", &wrong).status,
            400,
            "{wrong}"
        );
    }
    assert_eq!(world.control.calls().of(Operation::RetrieveOther), 2);
}
