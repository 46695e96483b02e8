//! 3-D Secure: the registration waits for the person, and goes either way.

use serde_json::Value;

use crate::answer::{Answer, Begun, PUBLIC_URL};
use crate::person::{BANK_ASKS_CARD, PRO_AMOUNT_MINOR, Person};
use crate::service::Service;

async fn asked(service: &Service) -> (Begun, Value) {
    let answer = sign_up(service).await;
    let registration = answer.json()["registration"].clone();
    (answer.begun(), registration)
}

async fn sign_up(service: &Service) -> Answer {
    let person = Person::new("ada@example.com").paying_with(BANK_ASKS_CARD);
    let answer = service.sign_up_under("a-key", &person).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer
}

fn action_url(registration: &Value) -> &str {
    registration["action_url"].as_str().unwrap()
}

#[tokio::test]
async fn the_answer_has_what_the_page_needs_and_nothing_is_charged_yet() {
    let service = Service::start().await;
    let (begun, registration) = asked(&service).await;
    assert_eq!(registration["status"], "awaiting_action");
    let secret = registration["client_secret"].as_str().unwrap();
    assert_eq!(
        action_url(&registration),
        format!("{PUBLIC_URL}/sandbox/authenticate/{secret}")
    );
    assert_eq!(service.follow(&begun).await["client_secret"], secret);
    assert_eq!(service.live().await.charges, 0);
    assert_eq!(service.tables().count("users"), 0);
    let page = service
        .open(&format!("/sandbox/authenticate/{secret}"))
        .await;
    assert_eq!(page.status, 200);
    for words in ["Is this you?", "$29.00", "3155"] {
        assert!(page.text().contains(words), "{words}");
    }
}

#[tokio::test]
async fn while_the_bank_cannot_be_asked_for_the_page_says_so_and_waits() {
    let service = Service::start().await;
    service.hold_at("retrieve_subscription").await;
    let (begun, _) = asked(&service).await;
    let page = service.registration_page(&begun).await;
    assert!(page.contains("data-status=\"awaiting_action\""), "{page}");
    assert!(page.contains("It cannot be asked right now."), "{page}");
    service.clear_faults().await;
    let page = service.registration_page(&begun).await;
    assert!(page.contains("Confirm with your bank"), "{page}");
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_question() {
    let service = Service::start().await;
    let first = sign_up(&service).await;
    assert_eq!(sign_up(&service).await.body, first.body);
}

#[tokio::test]
async fn a_person_who_confirms_is_signed_up() {
    let service = Service::start().await;
    let (begun, registration) = asked(&service).await;
    let answer = service
        .answer_bank(action_url(&registration), "confirm")
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        format!("/registrations/{}", begun.id)
    );
    let registration = service.follow(&begun).await;
    assert_eq!(registration["status"], "awaiting_verification");
    assert!(registration.get("client_secret").is_none());
    service.assert_one_paid_account().await;
    assert_eq!(
        service.only("charges").await["amount_minor"],
        PRO_AMOUNT_MINOR
    );

    let person = Person::new("ada@example.com").paying_with(BANK_ASKS_CARD);
    let replay = service.sign_up_under("a-key", &person).await;
    assert_eq!(replay.status, 201, "{}", replay.text());
    let mail = service.mail_to("ada@example.com", 1).await;
    assert_eq!(service.type_code(&begun, &mail.code).await.status, 200);
}

#[tokio::test]
async fn a_person_who_refuses_is_not_charged_and_nothing_is_left() {
    let service = Service::start().await;
    let (begun, registration) = asked(&service).await;
    let answer = service
        .answer_bank(action_url(&registration), "refuse")
        .await;
    assert_eq!(answer.status, 303);
    let registration = service.follow_until(&begun, "undone").await;
    assert_eq!(registration["failure"]["reason"], "declined");
    service.assert_nothing_is_left().await;
    let ledger = service.ledger().await;
    let taken = ledger["charges"].as_array().unwrap().iter();
    assert_eq!(
        taken
            .filter(|charge| charge["status"] == "succeeded")
            .count(),
        0
    );
    let again = service.sign_up(&Person::new("ada@example.com")).await;
    assert_eq!(again.status, 201, "{}", again.text());
}

#[tokio::test]
async fn a_question_is_answered_once() {
    let service = Service::start().await;
    let (begun, registration) = asked(&service).await;
    let url = action_url(&registration);
    assert_eq!(service.answer_bank(url, "confirm").await.status, 303);
    let late = service.answer_bank(url, "refuse").await;
    assert_eq!(late.status, 303, "the person is led to how it stands");
    assert_eq!(
        late.header("location"),
        format!("/registrations/{}", begun.id)
    );
    assert_eq!(
        service.follow(&begun).await["status"],
        "awaiting_verification"
    );
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn a_person_who_never_answers_leaves_nothing_behind() {
    let service = Service::with(&[("registration.action_deadline", "1s")]).await;
    let (begun, _) = asked(&service).await;
    let registration = service.follow_until(&begun, "undone").await;
    assert_eq!(registration["failure"]["reason"], "action_abandoned");
    service.assert_nothing_is_left().await;
    let person = Person::new("ada@example.com").paying_with(BANK_ASKS_CARD);
    let replay = service.sign_up_under("a-key", &person).await;
    service.problem(&replay, 402, "action-abandoned").await;
}

#[tokio::test]
async fn a_card_without_money_is_declined_although_the_person_confirmed() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with("4000008260003178");
    let answer = service.sign_up(&person).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let registration = &answer.json()["registration"];
    service
        .answer_bank(action_url(registration), "confirm")
        .await;
    let registration = service.follow_until(&answer.begun(), "undone").await;
    assert_eq!(
        registration["failure"]["decline_code"],
        "insufficient_funds"
    );
    service.assert_nothing_is_left().await;
}

#[tokio::test]
async fn a_question_outlives_a_restart() {
    let service = Service::start().await;
    let (begun, registration) = asked(&service).await;
    let service = service.restart().await;
    assert_eq!(service.follow(&begun).await, registration);
    service
        .answer_bank(action_url(&registration), "confirm")
        .await;
    service.assert_one_paid_account().await;
}
