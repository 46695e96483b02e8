//! Sending the mail again: rationed, with a new code that replaces the one before.

use crate::answer::Begun;
use crate::person::Person;
use crate::service::Service;

async fn signed_up(service: &Service) -> Begun {
    let answer = service.sign_up(&Person::new("ada@example.com")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.begun()
}

#[tokio::test]
async fn another_mail_has_another_code_and_the_same_link() {
    let service = Service::with(&[("verification.resend_after", "0s")]).await;
    let begun = signed_up(&service).await;
    let first = service.mail_to("ada@example.com", 1).await;
    assert_eq!(service.ask_for_mail(&begun).await.status, 202);
    let second = service.mail_to("ada@example.com", 2).await;
    assert_ne!(first.code, second.code);
    assert_eq!(first.link, second.link);

    let old = service.type_code(&begun, &first.code).await;
    service.problem(&old, 422, "wrong-code").await;
    assert_eq!(service.type_code(&begun, &second.code).await.status, 200);
}

#[tokio::test]
async fn another_mail_gives_new_tries() {
    let service = Service::with(&[
        ("verification.resend_after", "0s"),
        ("verification.code_attempts", "1"),
    ])
    .await;
    let begun = signed_up(&service).await;
    let first = service.mail_to("ada@example.com", 1).await;
    let wrong = if first.code == "000000" {
        "000001"
    } else {
        "000000"
    };
    assert_eq!(service.type_code(&begun, wrong).await.status, 429);
    assert_eq!(service.type_code(&begun, &first.code).await.status, 429);
    assert_eq!(service.ask_for_mail(&begun).await.status, 202);
    let second = service.mail_to("ada@example.com", 2).await;
    assert_eq!(service.type_code(&begun, &second.code).await.status, 200);
}

#[tokio::test]
async fn a_mail_too_soon_is_told_when_to_ask_again() {
    let service = Service::start().await;
    let begun = signed_up(&service).await;
    let answer = service.ask_for_mail(&begun).await;
    service.problem(&answer, 429, "mail-limited").await;
    assert!((1..=60).contains(&answer.retry_after()));
    assert_eq!(service.tables().count("jobs"), 1);
}

#[tokio::test]
async fn a_registration_causes_so_many_mails_and_no_more() {
    let service = Service::with(&[
        ("verification.resend_after", "0s"),
        ("verification.mails", "2"),
    ])
    .await;
    let begun = signed_up(&service).await;
    assert_eq!(service.ask_for_mail(&begun).await.status, 202);
    let answer = service.ask_for_mail(&begun).await;
    service.problem(&answer, 429, "mail-limited").await;
    assert_eq!(service.tables().count("jobs"), 2);
    let mail = service.mail_to("ada@example.com", 2).await;
    assert_eq!(service.type_code(&begun, &mail.code).await.status, 200);
}

#[tokio::test]
async fn no_mail_is_sent_once_the_address_is_verified() {
    let service = Service::with(&[("verification.resend_after", "0s")]).await;
    let begun = signed_up(&service).await;
    let mail = service.mail_to("ada@example.com", 1).await;
    assert_eq!(service.type_code(&begun, &mail.code).await.status, 200);
    let answer = service.ask_for_mail(&begun).await;
    service.problem(&answer, 409, "nothing-to-verify").await;
}
