//! What a browser does, call by call.

use serde_json::{Value, json};

use crate::support::{Reply, World};

struct SetupIntent {
    id: String,
    secret: String,
}

fn setup_intent(world: &World, usage: &str) -> SetupIntent {
    let form =
        format!("usage={usage}&allowed_payment_method_types[0]=card&metadata[registration_id]=x");
    let made = world.post("/v1/setup_intents", &form).done();
    assert_eq!(made.body["status"], "requires_payment_method");
    let secret = made.body["client_secret"].as_str().unwrap().to_owned();
    let id = made.id();
    SetupIntent { id, secret }
}

fn type_card(world: &World, intent: &SetupIntent, number: &str) -> Reply {
    let card = json!({
        "client_secret": intent.secret,
        "number": number, "exp_month": 12, "exp_year": "2040", "cvc": "123",
    });
    world.post_json(
        &format!("/_client/setup_intents/{}/confirm", intent.id),
        &card,
    )
}

fn authenticate(world: &World, secret: &str, outcome: &str) -> Reply {
    let answer = json!({ "client_secret": secret, "outcome": outcome });
    world.post_json("/_client/authenticate", &answer)
}

fn token_of(reply: &Reply) -> String {
    let token = &reply.body["setupIntent"]["payment_method"];
    token.as_str().unwrap().to_owned()
}

#[test]
fn a_card_becomes_a_token_without_the_account_seeing_it() {
    let world = World::new();
    let intent = setup_intent(&world, "off_session");
    let confirmed = type_card(&world, &intent, "4242 4242 4242 4242").done();
    assert_eq!(confirmed.header("access-control-allow-origin"), Some("*"));
    assert_eq!(confirmed.body["setupIntent"]["status"], "succeeded");
    assert_eq!(confirmed.body["setupIntent"]["metadata"], Value::Null);
    let token = token_of(&confirmed);
    let path = format!("/v1/setup_intents/{}", intent.id);
    assert_eq!(world.get(&path).done().body["payment_method"], token);
    let customer = world.customer(&token);
    assert_eq!(
        world
            .subscribe(&customer, "error_if_incomplete")
            .done()
            .body["status"],
        "active"
    );
    let again = type_card(&world, &intent, "4242424242424242");
    assert_eq!(again.error().2, "setup_intent_unexpected_state");
}

#[test]
fn a_declined_card_is_told_to_the_person_who_can_try_another() {
    let world = World::new();
    let intent = setup_intent(&world, "off_session");
    let declined = type_card(&world, &intent, "4000000000009995");
    assert_eq!(declined.error(), (402, "card_error", "card_declined"));
    assert_eq!(declined.body["error"]["decline_code"], "insufficient_funds");
    type_card(&world, &intent, "4242424242424242").done();
}

#[test]
fn who_authenticated_for_later_payments_is_not_asked_again() {
    for (usage, asks_again) in [("off_session", false), ("on_session", true)] {
        let world = World::new();
        let intent = setup_intent(&world, usage);
        let asked = type_card(&world, &intent, "4000002500003155").done();
        assert_eq!(asked.body["setupIntent"]["status"], "requires_action");
        let passed = authenticate(&world, &intent.secret, "succeed").done();
        assert_eq!(passed.body["setupIntent"]["status"], "succeeded");
        let customer = world.customer(&token_of(&passed));
        let begun = world.subscribe(&customer, "default_incomplete").done();
        let secret = begun.body["latest_invoice"]["confirmation_secret"]["client_secret"].clone();
        let payment = secret
            .as_str()
            .unwrap()
            .split("_secret_")
            .next()
            .unwrap()
            .to_owned();
        let confirm = format!("/_client/payment_intents/{payment}/confirm");
        let confirmed = world
            .post_json(&confirm, &json!({ "client_secret": secret }))
            .done();
        let status = confirmed.body["paymentIntent"]["status"].clone();
        assert_eq!(status == "requires_action", asks_again, "{usage}: {status}");
    }
}

#[test]
fn who_does_not_authenticate_has_no_token() {
    let world = World::new();
    let intent = setup_intent(&world, "off_session");
    type_card(&world, &intent, "4000002500003155").done();
    let failed = authenticate(&world, &intent.secret, "fail");
    assert_eq!(failed.error().2, "setup_intent_authentication_failure");
    let path = format!("/v1/setup_intents/{}", intent.id);
    assert_eq!(
        world.get(&path).done().body["status"],
        "requires_payment_method"
    );
    type_card(&world, &intent, "4242424242424242").done();
}

#[test]
fn only_who_has_the_client_secret_may_act() {
    let world = World::new();
    let intent = setup_intent(&world, "off_session");
    let other = setup_intent(&world, "off_session");
    let mixed = SetupIntent {
        id: intent.id.clone(),
        secret: other.secret,
    };
    assert_eq!(type_card(&world, &mixed, "4242424242424242").status, 400);
    let guessed = SetupIntent {
        secret: format!("{}_secret_guessed", intent.id),
        id: intent.id.clone(),
    };
    assert_eq!(
        type_card(&world, &guessed, "4242424242424242").error().2,
        "resource_missing"
    );
    let path = format!(
        "/_client/setup_intents/{}?client_secret={}",
        intent.id, intent.secret
    );
    assert_eq!(
        world.get(&path).status,
        401,
        "the secret key does not belong into a browser"
    );
}

#[test]
fn the_script_and_its_frames_are_served_to_any_page() {
    let world = World::new();
    let script = world.get("/endive/stripe.js").done();
    assert!(
        script
            .header("content-type")
            .unwrap()
            .starts_with("text/javascript")
    );
    for frame in ["/_client/element", "/_client/challenge"] {
        let page = world.get(frame).done();
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors *"), "{policy}");
        assert_eq!(page.header("x-frame-options"), None);
    }
}
