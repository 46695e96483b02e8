//! From the card form's SetupIntent to an account, or to nothing.

use axum::body::Body;
use axum::http::Request;
use enlist_fake_stripe::{Fault, FaultKind, Operation};
use serde_json::{Value, json};

use super::scene::Scene;
use crate::answer::Answer;
use crate::person::{PRO_AMOUNT_MINOR, Person};

async fn setup_intent(scene: &Scene) -> Answer {
    let request = Request::post("/api/setup-intents").body(Body::empty());
    scene.service.send(request.unwrap()).await
}

#[tokio::test]
async fn a_token_of_the_browser_becomes_customer_subscription_charge_and_account() {
    let scene = Scene::start().await;
    let answer = scene.sign_up("pm_card_visa").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["billing"]["brand"], "visa");
    assert_eq!(body["billing"]["last4"], "4242");
    assert_eq!(body["subscription"]["status"], "active");
    scene.assert_one_paid_account();
    let ledger = scene.ledger();
    assert_eq!(ledger["charges"][0]["amount_minor"], PRO_AMOUNT_MINOR);
    for kind in ["customers", "subscriptions", "charges"] {
        assert_eq!(
            ledger[kind][0]["registration_id"], body["registration"]["id"],
            "{kind}"
        );
    }
    let tables = scene.tables();
    let gateway = tables.text("SELECT payment_gateway FROM billing_info");
    assert_eq!(gateway.as_deref(), Some("stripe"));
    let customer = tables.text("SELECT payment_gateway_customer_id FROM billing_info");
    assert_eq!(customer.as_deref(), ledger["customers"][0]["id"].as_str());
}

#[tokio::test]
async fn a_free_plan_is_a_customer_and_no_subscription() {
    let scene = Scene::with(&[("billing.card", "paid_plans")]).await;
    let person = Person::new("ada@example.com")
        .with("plan", "free")
        .without_card();
    let answer = scene.service.sign_up(&person).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["subscription"], Value::Null);
    let live = scene.live();
    assert_eq!(
        (live.customers, live.subscriptions, live.charges),
        (1, 0, 0)
    );
}

#[tokio::test]
async fn a_card_that_is_declined_leaves_nothing_behind() {
    for (card, code) in [
        ("pm_card_chargeDeclined", "generic_decline"),
        (
            "pm_card_chargeDeclinedInsufficientFunds",
            "insufficient_funds",
        ),
        ("pm_card_chargeCustomerFail", "generic_decline"),
        ("pm_unknown", "invalid_payment_method"),
    ] {
        let scene = Scene::start().await;
        let answer = scene.sign_up(card).await;
        let problem = scene.service.problem(&answer, 402, "card-declined").await;
        assert_eq!(problem["decline_code"], code, "{card}");
        let words = problem.to_string();
        assert!(!words.to_lowercase().contains("sandbox"), "{words}");
        scene.assert_nothing_is_left();
        let again = scene.sign_up("pm_card_visa").await;
        assert_eq!(again.status, 201, "the address is free: {}", again.text());
    }
}

#[tokio::test]
async fn card_numbers_are_not_accepted_unless_somebody_says_so() {
    let scene = Scene::start().await;
    let answer = scene.service.sign_up(&Person::new("ada@example.com")).await;
    let problem = scene.service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(problem["errors"][0]["field"], "card_number");
    assert_eq!(problem["errors"][0]["code"], "not_accepted");
    assert_eq!(
        scene.fake.control().calls().total(),
        0,
        "nothing was sent on"
    );

    let without = Person::new("ada@example.com").without_card();
    let answer = scene.service.sign_up(&without).await;
    let problem = scene.service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(problem["errors"][0]["field"], "payment_method");

    let scene = Scene::with(&[("gateway.accept_raw_cards", "true")]).await;
    let answer = scene.service.sign_up(&Person::new("ada@example.com")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    scene.assert_one_paid_account();
}

#[tokio::test]
async fn a_page_gets_what_the_card_form_is_opened_with() {
    let scene = Scene::start().await;
    let answer = setup_intent(&scene).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let body = answer.json();
    assert!(body["client_secret"].as_str().unwrap().starts_with("seti_"));
    assert_eq!(body["publishable_key"], enlist_fake_stripe::PUBLISHABLE_KEY);
    assert_eq!(body.as_object().unwrap().len(), 2);
    assert_eq!(answer.header("cache-control"), "no-store");
    let other = setup_intent(&scene).await.json();
    assert_ne!(other["client_secret"], body["client_secret"]);
    scene.assert_nothing_is_left();
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_card_form() {
    let scene = Scene::start().await;
    let ask_from = async |site: &str| {
        let request = Request::post("/api/setup-intents").header("sec-fetch-site", site);
        let request = request.body(Body::empty()).unwrap();
        scene.service.send(request).await
    };
    let answer = ask_from("cross-site").await;
    scene.service.problem(&answer, 403, "cross-site").await;
    assert_eq!(scene.fake.control().calls().total(), 0);
    assert_eq!(ask_from("same-origin").await.status, 201);
}

#[tokio::test]
async fn a_stripe_that_is_away_or_refuses_is_told_apart() {
    let scene = Scene::start().await;
    let fault = Fault::times(Operation::CreateSetupIntent, FaultKind::FailBefore, 1);
    scene.fake.control().faults().switch_on(fault).unwrap();
    let answer = setup_intent(&scene).await;
    scene
        .service
        .problem(&answer, 503, "gateway-unavailable")
        .await;
    assert!(answer.retry_after() > 0);
    assert_eq!(setup_intent(&scene).await.status, 201, "the next goes well");

    scene.fake.stop().await;
    let answer = setup_intent(&scene).await;
    scene
        .service
        .problem(&answer, 503, "gateway-unavailable")
        .await;

    let scene = Scene::with(&[("gateway.stripe.secret_key", "sk_test_another")]).await;
    let answer = setup_intent(&scene).await;
    let problem = scene
        .service
        .problem(&answer, 502, "gateway-rejected")
        .await;
    assert!(!problem.to_string().contains("sk_test"), "{problem}");
}

#[tokio::test]
async fn card_forms_are_counted_like_sign_ups() {
    let keys = [
        ("limits.enabled", "true"),
        ("limits.sign_up_burst", "2"),
        ("limits.sign_ups_per_minute", "1"),
    ];
    let scene = Scene::with(&keys).await;
    assert_eq!(setup_intent(&scene).await.status, 201);
    assert_eq!(scene.sign_up("pm_card_visa").await.status, 201);
    let answer = setup_intent(&scene).await;
    scene.service.problem(&answer, 429, "rate-limited").await;
    let calls = scene.fake.control().calls();
    assert_eq!(calls.of(Operation::CreateSetupIntent), 1);
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer_and_costs_nothing() {
    let scene = Scene::start().await;
    let person = Person::new("ada@example.com").with_token("pm_card_visa");
    let first = scene.service.sign_up_under("a-key", &person).await;
    let calls = scene.fake.control().calls();
    let second = scene.service.sign_up_under("a-key", &person).await;
    assert_eq!(first.json(), second.json());
    assert_eq!(scene.fake.control().calls(), calls);
    let other = person.with("payment_method", "pm_card_mastercard");
    let refused = scene.service.sign_up_under("a-key", &other).await;
    scene
        .service
        .problem(&refused, 422, "idempotency-key-reused")
        .await;
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_charges_once() {
    let scene = Scene::start().await;
    for step in [Operation::CreateCustomer, Operation::StartSubscription] {
        let fault = Fault::times(step, FaultKind::LoseReply, 1);
        scene.fake.control().faults().switch_on(fault).unwrap();
    }
    let answer = scene.sign_up("pm_card_visa").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    scene.assert_one_paid_account();
    assert_eq!(scene.ledger()["charges"].as_array().unwrap().len(), 1);
    let refunds = scene.ledger()["refunds"].clone();
    assert_eq!(refunds, json!([]));
}
