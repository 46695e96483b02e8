//! `402`: a card that is declined, at whichever step, leaves nothing behind.

use serde_json::Value;

use crate::person::{DECLINED_CARD, Person};
use crate::service::Service;

/// A declined sign-up: what the answer says, and that nothing is left of it.
async fn decline(card_number: &str) -> (Service, Value) {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with(card_number);
    let answer = service.sign_up(&person).await;
    let problem = service.problem(&answer, 402, "card-declined").await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("No account was created and nothing was charged."),
        "{detail}"
    );
    assert!(!answer.text().contains(card_number), "{}", answer.text());
    service.assert_nothing_is_left().await;
    (service, problem)
}

#[tokio::test]
async fn a_declined_card_leaves_nothing_behind() {
    let (_, problem) = decline(DECLINED_CARD).await;
    assert_eq!(problem["decline_code"], "generic_decline");
    assert_eq!(problem["registration"]["status"], "undone");
    assert_eq!(
        problem["registration"]["closing"],
        "No account was created and nothing was charged."
    );
}

#[tokio::test]
async fn insufficient_funds_are_named() {
    let (_, problem) = decline("4000000000009995").await;
    assert_eq!(problem["decline_code"], "insufficient_funds");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("insufficient funds"), "{detail}");
}

#[tokio::test]
async fn a_card_that_fails_at_the_charge_takes_its_customer_along() {
    let (service, problem) = decline("4000000000000341").await;
    assert_eq!(problem["decline_code"], "card_declined");
    // It had come as far as a customer, which is gone.
    assert_eq!(service.only("customers").await["live"], false);
    let steps = problem["registration"]["steps"].as_array().unwrap();
    let state = |name: &str| {
        let step = steps.iter().find(|step| step["step"] == name).unwrap();
        step["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("create_customer"), "undone");
    assert_eq!(state("start_subscription"), "failed");
    assert_eq!(state("open_account"), "waiting");
}

#[tokio::test]
async fn a_stolen_card_is_not_called_stolen() {
    let (_, problem) = decline("4000000000009979").await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("Your card was declined."), "{detail}");
    assert!(!detail.contains("stolen"), "{detail}");
}

#[tokio::test]
async fn a_card_that_may_be_real_is_refused_by_the_sandbox() {
    // Passes the check digit, and is on no list.
    let (service, problem) = decline("4111111111111111").await;
    assert_eq!(problem["decline_code"], "test_mode_live_card");
    assert_eq!(service.tables().count("registrations"), 0);
}

#[tokio::test]
async fn an_unknown_token_is_declined_with_a_clear_sentence() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").with_token("pm_unheard_of");
    let answer = service.sign_up(&person).await;
    let problem = service.problem(&answer, 402, "card-declined").await;
    assert_eq!(problem["decline_code"], "invalid_payment_method");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("payment method is unknown"), "{detail}");
    service.assert_nothing_is_left().await;
}

#[tokio::test]
async fn the_address_works_at_once_after_a_decline() {
    let (service, _) = decline(DECLINED_CARD).await;
    let answer = service.sign_up(&Person::new("ada@example.com")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn no_mail_is_sent_for_a_sign_up_that_failed() {
    let (service, _) = decline("4000000000000341").await;
    assert_eq!(service.tables().count("jobs"), 0);
    let mails = service.get("/mailbox/messages").await.json();
    assert_eq!(mails.as_array().unwrap().len(), 0);
}
