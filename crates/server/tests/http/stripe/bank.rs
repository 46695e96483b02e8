//! 3-D Secure at Stripe: the registration waits, and goes either way, whoever tells of it.

use enlist_fake_stripe::{Decision, PUBLISHABLE_KEY};
use serde_json::json;

use super::scene::Scene;
use crate::person::Person;
use crate::service::Service;

#[tokio::test]
async fn the_answer_has_what_the_script_needs_and_no_page_of_the_sandbox() {
    let scene = Scene::start().await;
    let (begun, registration) = scene.up_to_the_bank().await;
    assert!(
        registration["client_secret"]
            .as_str()
            .unwrap()
            .starts_with("pi_")
    );
    assert_eq!(registration["publishable_key"], PUBLISHABLE_KEY);
    assert!(registration.get("action_url").is_none(), "{registration}");
    let shown = scene.service.follow(&begun).await;
    assert_eq!(shown["client_secret"], registration["client_secret"]);
    let (name, end) = scene.service.events(&begun).await.pop().unwrap();
    assert_eq!(name, "end");
    assert_eq!(end["client_secret"], registration["client_secret"]);
    assert_eq!(scene.live().charges, 0);
    assert_eq!(scene.tables().count("users"), 0);
}

#[tokio::test]
async fn a_person_who_is_back_and_has_confirmed_is_signed_up() {
    let scene = Scene::start().await;
    let (begun, registration) = scene.up_to_the_bank().await;
    let status = scene.answer_bank(&registration, Decision::Succeed);
    assert_eq!(status, "succeeded");
    let answer = scene.service.back_from_bank(&begun).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let registration = &answer.json()["registration"];
    assert_eq!(registration["status"], "awaiting_verification");
    for gone in ["client_secret", "publishable_key"] {
        assert!(registration.get(gone).is_none(), "{registration}");
    }
    scene.assert_one_paid_account();
    let again = scene.service.back_from_bank(&begun).await;
    assert_eq!(
        &again.json()["registration"],
        registration,
        "twice is no fault"
    );
}

#[tokio::test]
async fn a_person_who_is_back_and_has_refused_has_nothing() {
    let scene = Scene::start().await;
    let (begun, registration) = scene.up_to_the_bank().await;
    scene.answer_bank(&registration, Decision::Fail);
    let answer = scene.service.back_from_bank(&begun).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let registration = scene.service.follow_until(&begun, "undone").await;
    assert_eq!(registration["failure"]["reason"], "declined");
    let title = registration["failure"]["title"].as_str().unwrap();
    assert!(title.contains("you did not confirm the payment"), "{title}");
    scene.assert_nothing_is_left();
    assert_eq!(scene.sign_up("pm_card_visa").await.status, 201);
}

#[tokio::test]
async fn a_person_who_is_back_too_early_goes_on_waiting() {
    let scene = Scene::start().await;
    let (begun, registration) = scene.up_to_the_bank().await;
    let answer = scene.service.back_from_bank(&begun).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let waiting = &answer.json()["registration"];
    assert_eq!(waiting["status"], "awaiting_action");
    assert_eq!(waiting["client_secret"], registration["client_secret"]);
    scene.answer_bank(&registration, Decision::Succeed);
    let answer = scene.service.back_from_bank(&begun).await;
    assert_eq!(
        answer.json()["registration"]["status"],
        "awaiting_verification"
    );
}

#[tokio::test]
async fn a_person_who_never_answers_leaves_nothing_behind() {
    let scene = Scene::with(&[("registration.action_deadline", "1s")]).await;
    let (begun, _) = scene.up_to_the_bank().await;
    let registration = scene.service.follow_until(&begun, "undone").await;
    assert_eq!(registration["failure"]["reason"], "action_abandoned");
    scene.assert_nothing_is_left();
    let late = scene.service.back_from_bank(&begun).await;
    assert_eq!(late.json()["registration"]["status"], "undone");
}

#[tokio::test]
async fn a_confirmation_of_which_nobody_tells_is_found_all_the_same() {
    let scene = Scene::with(&[("registration.action_deadline", "2s")]).await;
    let (begun, registration) = scene.up_to_the_bank().await;
    scene.answer_bank(&registration, Decision::Succeed);
    scene
        .service
        .follow_until(&begun, "awaiting_verification")
        .await;
    scene.assert_one_paid_account();
}

#[tokio::test]
async fn where_the_bank_asked_nothing_there_is_nothing_to_confirm() {
    let service = Service::start().await;
    service.hold_at("create_customer").await;
    let person = Person::new("ada@example.com");
    let begun = service
        .sign_up_preferring("respond-async", &person)
        .await
        .begun();
    let answer = service.back_from_bank(&begun).await;
    let problem = service.problem(&answer, 409, "nothing-to-confirm").await;
    assert_eq!(problem["registration"]["status"], "running");
    service.clear_faults().await;
    service.follow_until(&begun, "awaiting_verification").await;
    assert_eq!(
        service.back_from_bank(&begun).await.status,
        200,
        "it is beyond"
    );
}

#[tokio::test]
async fn only_who_bears_the_token_is_back() {
    let scene = Scene::start().await;
    let (mut begun, registration) = scene.up_to_the_bank().await;
    scene.answer_bank(&registration, Decision::Succeed);
    begun.token = "another".to_owned();
    let answer = scene.service.back_from_bank(&begun).await;
    scene.service.problem(&answer, 401, "unauthorized").await;
    assert_eq!(scene.tables().count("users"), 0);
}

#[tokio::test]
async fn with_the_sandbox_a_client_can_be_back_as_well() {
    use enlist_gateways::sandbox::Authentication;
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with(crate::person::BANK_ASKS_CARD);
    let answer = service.sign_up(&person).await;
    let secret = answer.json()["registration"]["client_secret"].clone();
    let sandbox = service.app.gateway.sandbox().unwrap();
    let confirmed = sandbox.authenticate(secret.as_str().unwrap(), Authentication::Confirm);
    confirmed.await.unwrap();
    let back = service.back_from_bank(&answer.begun()).await;
    assert_eq!(
        back.json()["registration"]["status"],
        json!("awaiting_verification")
    );
    service.assert_one_paid_account().await;
}
