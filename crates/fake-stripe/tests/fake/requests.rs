//! Who may ask, in which version, for what; and what is remembered of it.

use crate::support::{Call, World};

#[test]
fn only_who_has_the_secret_key_may_ask() {
    let world = World::new();
    let with = |authorization| Call {
        authorization: Some(authorization),
        ..Call::default()
    };
    // `sk_test_fake:` in base64.
    for right in ["Bearer sk_test_fake", "Basic c2tfdGVzdF9mYWtlOg=="] {
        world.try_get("/v1/account", with(right)).unwrap().done();
    }
    for wrong in ["Bearer sk_test_other", "Bearer pk_test_fake", "Basic ???"] {
        let refused = world.try_get("/v1/account", with(wrong)).unwrap();
        assert_eq!(refused.error().0, 401, "{wrong}");
        assert!(refused.header("request-id").unwrap().starts_with("req_"));
    }
}

#[test]
fn only_the_pinned_version_is_spoken() {
    let world = World::new();
    let call = Call {
        version: Some("2024-06-20"),
        ..Call::default()
    };
    assert_eq!(world.try_get("/v1/account", call).unwrap().status, 400);
    let right = world.get("/v1/account").done();
    assert_eq!(
        right.header("stripe-version"),
        Some(enlist_fake_stripe::API_VERSION)
    );
}

#[test]
fn what_is_not_pretended_is_not_there() {
    let world = World::new();
    for path in ["/v1/coupons", "/v1/customers/a/b", "/v2/customers", "/"] {
        let refused = world.get(path);
        assert_eq!(
            refused.error(),
            (404, "invalid_request_error", ""),
            "{path}"
        );
        let says = refused.body["error"]["message"].as_str().unwrap();
        assert!(says.starts_with("Unrecognized request URL"), "{says}");
    }
}

#[test]
fn unknown_parameters_are_refused() {
    let world = World::new();
    for form in [
        "emial=a",
        "address[line3]=a",
        "metadata=a",
        "email[0]=a",
        "expand=a",
    ] {
        let refused = world.post("/v1/customers", form);
        assert_eq!(
            refused.error(),
            (400, "invalid_request_error", "parameter_unknown"),
            "{form}"
        );
    }
    let twice = world.post("/v1/customers", "email=a&email=b");
    assert_eq!(twice.status, 400);
    let in_the_address = world.post("/v1/customers?email=a", "");
    assert_eq!(in_the_address.status, 400);
}

#[test]
fn requests_are_remembered_by_name_and_never_by_value() {
    let world = World::new();
    let typed = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2040&card[cvc]=987";
    world.post("/v1/payment_methods", typed).done();
    world.post(
        "/v1/customers",
        "email=jane@example.com&metadata[a]=b&expand[]=x",
    );
    let seen = world.get("/_fake/requests").body;
    assert_eq!(seen[0]["call"], "POST /v1/customers");
    assert_eq!(
        seen[0]["parameters"],
        serde_json::json!(["email", "expand[]", "metadata[*]"])
    );
    let everything = format!("{seen}{}", world.get("/_fake/ledger").body);
    for secret in ["4242424242424242", "987", "jane"] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
}

#[test]
fn the_account_shows_what_a_configuration_is_checked_by() {
    let world = World::new();
    assert_eq!(
        world.get("/v1/account").done().body["charges_enabled"],
        true
    );
    assert_eq!(world.get("/v1/balance").done().body["livemode"], false);
    let price = world
        .get("/v1/prices/price_pro_month?expand[]=product")
        .done();
    assert_eq!(price.body["unit_amount"], 2900);
    assert_eq!(price.body["product"]["object"], "product");
    let id = world
        .control
        .create_webhook_endpoint("https://example.com/hook", &["*"]);
    assert_eq!(
        world.get("/v1/webhook_endpoints?limit=5").done().body["data"][0]["id"],
        id
    );
}

#[test]
fn a_fake_that_was_stopped_refuses_connections() {
    let world = World::new();
    world.get("/v1/account").done();
    let address = world.fake.address();
    let hang = serde_json::json!({ "step": "*", "kind": "hang" });
    world.post_json("/_fake/faults", &hang);
    std::thread::scope(|scope| {
        let hung = scope.spawn(|| world.try_get("/v1/account", Call::default()));
        while world.control.faults().list()[0].hits == 0 {
            std::thread::yield_now();
        }
        world.stop();
        assert!(hung.join().unwrap().is_err());
    });
    let refused = std::net::TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}
