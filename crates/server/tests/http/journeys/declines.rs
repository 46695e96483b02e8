//! After a decline: another card, a free plan, too late.

use serde_json::{Value, json};

use super::traveller::{ADDRESS, Traveller};
use crate::person::{DECLINED_CARD, GOOD_CARD};
use crate::service::{Service, until};

#[tokio::test]
async fn after_a_decline_another_card_completes_the_same_journey() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    let declined = ada.completes("pro").await;
    let problem = service.problem(&declined, 402, "card-declined").await;
    let undone = service.follow_until(&ada.begun, "undone").await;
    assert_eq!(undone["failure"]["reason"], "declined", "{problem}");
    service.assert_nothing_is_left().await;

    let corrected = ada.gives_card(GOOD_CARD).await;
    assert_eq!(corrected.json()["registration"]["next"], "completion");
    let done = ada.completes("pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    let second = done.begun();
    assert_ne!(
        second.id, ada.begun.id,
        "another registration, with new keys at the gateway"
    );
    assert_eq!(service.follow(&second).await["status"], "registered");
    assert_eq!(ada.looks().await["registration"]["id"], second.id.as_str());
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn a_card_that_was_declined_is_not_used_again_whatever_else_is_corrected() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    assert_eq!(ada.completes("pro").await.status, 402);
    let corrected = ada.gives_profile("Augusta").await.json();
    let looked = ada.looks().await;
    assert_eq!(looked["registration"]["status"], "undone");
    for told in [corrected, looked] {
        assert_eq!(told["registration"]["next"], "payment_method", "{told}");
        assert_eq!(told["journey"]["has_payment_method"], false, "{told}");
    }
    let again = ada.completes("pro").await;
    let problem = service
        .problem(&again, 409, "registration-incomplete")
        .await;
    assert_eq!(problem["next"], "payment_method");
    ada.gives_card(GOOD_CARD).await;
    let done = ada.completes("pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.json()["profile"]["first_name"], "Augusta");
}

#[tokio::test]
async fn after_a_decline_a_free_plan_is_completed_without_the_card_and_however_often() {
    let service = Service::with(&[("billing.card", "paid_plans"), ("gateway.attempts", "1")]).await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    assert_eq!(ada.completes("pro").await.status, 402);
    let away = json!({"step": "create_customer", "kind": "refuse", "rate": 1.0});
    service.switch_on(away).await;
    let failed = ada.completes("free").await;
    assert_eq!(failed.status, 503, "{}", failed.text());
    service.clear_faults().await;
    until("it is taken back", async || {
        let status = ada.looks().await["registration"]["status"].clone();
        (status == "undone").then_some(())
    })
    .await;
    let told = ada.looks().await;
    assert_eq!(told["journey"]["has_payment_method"], false, "{told}");
    let done = ada.completes("free").await;
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.json()["billing"], Value::Null);
}

#[tokio::test]
async fn the_card_of_a_customer_who_was_deleted_is_not_used_again() {
    let service = Service::with(&[("gateway.attempts", "1")]).await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let away = json!({"step": "start_subscription", "kind": "refuse", "rate": 1.0});
    service.switch_on(away).await;
    let failed = ada.completes("pro").await;
    assert_eq!(failed.status, 503, "{}", failed.text());
    service.clear_faults().await;
    service.assert_nothing_is_left().await;
    let next = until("it is taken back", async || {
        let told = ada.looks().await["registration"].clone();
        (told["status"] == "undone").then(|| told["next"].clone())
    });
    assert_eq!(next.await, "payment_method");
    let again = ada.completes("pro").await;
    let problem = service
        .problem(&again, 409, "registration-incomplete")
        .await;
    assert_eq!(problem["next"], "payment_method");
}

#[tokio::test]
async fn a_journey_that_expired_after_a_decline_is_over() {
    let service = Service::with(&[("verification.deadline", "2s")]).await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    assert_eq!(ada.completes("pro").await.status, 402);
    let over = until("the journey has expired", async || {
        let answer = ada.gives_card(GOOD_CARD).await;
        (answer.status != 200 && answer.status != 409).then_some(answer)
    })
    .await;
    service.problem(&over, 410, "verification-expired").await;
    let late = ada.completes("pro").await;
    service.problem(&late, 410, "verification-expired").await;
    // What became of the attempt can still be looked up.
    assert_eq!(ada.looks().await["registration"]["status"], "undone");
}
