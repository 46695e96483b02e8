//! Each step: what it keeps, what is missing, which fields are named.

use serde_json::{Value, json};

use super::traveller::{ADDRESS, Traveller, begin};
use crate::person::{GOOD_CARD, PASSWORD};
use crate::service::Service;

#[tokio::test]
async fn whoever_walks_the_journey_has_an_account_at_its_end_and_nothing_before() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let stands = ada.looks().await;
    assert_eq!(stands["registration"]["status"], "pending");
    assert_eq!(stands["registration"]["next"], "verification");
    let mail = service.mail_to(ADDRESS, 1).await;
    let verified = service.type_code(&ada.begun, &mail.code).await;
    assert_eq!(verified.json()["registration"]["next"], "profile");
    let told = ada.gives_profile("Ada").await;
    assert_eq!(told.json()["registration"]["next"], "payment_method");
    let paid = ada.gives_card(GOOD_CARD).await;
    assert_eq!(paid.json()["registration"]["next"], "completion");
    assert_eq!(paid.json()["journey"]["billing"]["last4"], "4242");
    let users = "SELECT count(*) FROM users";
    assert_eq!(service.tables().number(users), 0);
    assert_eq!(service.ledger().await["customers"], json!([]));

    let done = ada.completes("pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    let body = done.json();
    assert_eq!(body["message"], "User registered successfully!");
    assert_eq!(body["registration"]["status"], "registered");
    assert_eq!(body["registration"]["id"], ada.begun.id.as_str());
    assert_eq!(body["access_token"], ada.begun.token.as_str());
    assert_eq!(body["profile"]["first_name"], "Ada");
    assert_eq!(body["subscription"]["plan"], "pro");
    assert!(body["user"]["email_verified_at"].is_string());
    let location = format!("/api/registrations/{}", ada.begun.id);
    assert_eq!(done.header("location"), location);
    service.assert_one_paid_account_of_a_journey().await;
    let mails = service.get("/mailbox/messages").await.json();
    assert_eq!(
        mails.as_array().unwrap().len(),
        1,
        "nothing is left to be verified"
    );
}

#[tokio::test]
async fn each_step_can_be_repeated_and_corrected_until_the_last() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let corrected = ada.gives_profile("Augusta").await;
    assert_eq!(
        corrected.json()["journey"]["profile"]["first_name"],
        "Augusta"
    );
    let another = ada.gives_card("5555555555554444").await;
    assert_eq!(another.json()["journey"]["billing"]["brand"], "mastercard");
    let done = ada.completes("pro").await;
    assert_eq!(done.json()["profile"]["first_name"], "Augusta");
    assert_eq!(done.json()["billing"]["last4"], "4444");
    let late = ada.gives_profile("Ada").await;
    service.problem(&late, 409, "registration-begun").await;
}

#[tokio::test]
async fn what_is_missing_is_named_in_order_and_nothing_is_done() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    for answer in [
        ada.gives_profile("Ada").await,
        ada.gives_card(GOOD_CARD).await,
        ada.completes("pro").await,
    ] {
        let problem = service
            .problem(&answer, 409, "registration-incomplete")
            .await;
        assert_eq!(problem["next"], "verification");
    }
    let mail = service.mail_to(ADDRESS, 1).await;
    service.type_code(&ada.begun, &mail.code).await;
    let problem = ada.completes("pro").await.json();
    assert_eq!(problem["next"], "profile");
    ada.gives_profile("Ada").await;
    let problem = ada.completes("pro").await.json();
    assert_eq!(problem["next"], "payment_method");
    assert_eq!(service.ledger().await["customers"], json!([]));
}

#[tokio::test]
async fn fields_that_are_not_in_order_or_belong_elsewhere_are_named_at_once() {
    let service = Service::start().await;
    let refused = begin(&service, "no address").await;
    service.problem(&refused, 422, "invalid-input").await;
    let ada = Traveller::proved(&service, ADDRESS, 1).await;
    let misplaced = json!({ "first_name": "Ada", "password": PASSWORD, "admin": true });
    let answer = ada.sends("PUT", "/profile", &misplaced).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(fields(&problem), ["admin", "password"]);
    let answer = ada
        .sends("PUT", "/profile", &json!({ "first_name": "Ada" }))
        .await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(
        fields(&problem),
        ["last_name", "address", "city", "state", "zip"]
    );
    let wrong = json!({ "card_number": "4242424242424241", "plan": "gold" });
    let answer = ada.sends("PUT", "/payment-method", &wrong).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert!(fields(&problem).contains(&"plan".to_owned()), "{problem}");
    assert!(
        fields(&problem).contains(&"card_number".to_owned()),
        "{problem}"
    );
    assert!(!answer.text().contains("4242"), "no card is repeated");
    ada.gives_profile("Ada").await;
    ada.gives_card(GOOD_CARD).await;
    let weak = json!({ "password": "ada lovelace", "plan": "gold" });
    let answer = ada.sends("POST", "/completion", &weak).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(fields(&problem), ["password", "plan"]);
}

fn fields(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().unwrap();
    let names = errors.iter().map(|error| error["field"].as_str().unwrap());
    names.map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn a_free_plan_needs_no_card_where_none_is_asked_for() {
    let service = Service::with(&[("billing.card", "paid_plans")]).await;
    let ada = Traveller::proved(&service, ADDRESS, 1).await;
    ada.gives_profile("Ada").await;
    assert_eq!(ada.looks().await["registration"]["next"], "completion");
    let refused = ada.completes("pro").await.json();
    assert_eq!(refused["next"], "payment_method");
    let done = ada.completes("free").await;
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.json()["billing"], Value::Null);
}
