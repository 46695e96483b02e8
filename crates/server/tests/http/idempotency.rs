//! `Idempotency-Key`: the same request gets the same answer, another is refused, one that runs is
//! named.

use serde_json::json;

use crate::answer::Answer;
use crate::person::{DECLINED_CARD, Person};
use crate::service::Service;

fn assert_same(one: &Answer, other: &Answer) {
    assert_eq!(one.status, other.status);
    assert_eq!(one.body, other.body, "{}\n{}", one.text(), other.text());
    assert_eq!(one.header("location"), other.header("location"));
    assert_eq!(one.header("content-type"), other.header("content-type"));
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_bytes_before_and_after_verification() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let first = service.sign_up_under("a-key", &person).await;
    assert_eq!(first.status, 201, "{}", first.text());
    assert_same(&first, &service.sign_up_under("a-key", &person).await);

    let begun = first.begun();
    let mail = service.mail_to("ada@example.com", 1).await;
    assert_eq!(service.type_code(&begun, &mail.code).await.status, 200);
    assert_eq!(service.follow(&begun).await["status"], "registered");
    assert_same(&first, &service.sign_up_under("a-key", &person).await);
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_bytes_after_it_was_undone_too() {
    let service = Service::with(&[("verification.deadline", "1s")]).await;
    let person = Person::new("ada@example.com");
    let first = service.sign_up_under("a-key", &person).await;
    assert_eq!(first.status, 201, "{}", first.text());
    service.follow_until(&first.begun(), "undone").await;
    assert_same(&first, &service.sign_up_under("a-key", &person).await);
    service.assert_nothing_is_left().await;
}

#[tokio::test]
async fn a_repeated_decline_gets_the_same_bytes() {
    let service = Service::start().await;
    for (number, card) in [DECLINED_CARD, "4000000000000341", "4111111111111111"]
        .into_iter()
        .enumerate()
    {
        let person = Person::new("ada@example.com").paying_with(card);
        let key = format!("key-{number}");
        let first = service.sign_up_under(&key, &person).await;
        assert_eq!(first.status, 402, "{}", first.text());
        assert_same(&first, &service.sign_up_under(&key, &person).await);
    }
    service.assert_nothing_is_left().await;
}

#[tokio::test]
async fn a_decline_is_repeated_although_the_address_was_taken_since() {
    let service = Service::start().await;
    let declined = Person::new("ada@example.com").paying_with(DECLINED_CARD);
    let first = service.sign_up_under("first", &declined).await;
    let again = Person::new("ada@example.com");
    assert_eq!(service.sign_up_under("second", &again).await.status, 201);
    assert_same(&first, &service.sign_up_under("first", &declined).await);
}

#[tokio::test]
async fn the_same_key_with_anything_else_is_refused() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    assert_eq!(service.sign_up_under("a-key", &person).await.status, 201);
    let others = [
        ("email", json!("eve@example.com")),
        ("email", json!("Ada@example.com")),
        ("password", json!("another sentence only I know")),
        ("first_name", json!("Augusta")),
        ("address_line2", json!("Flat 3")),
        ("zip", json!("62702")),
        ("plan", json!("starter")),
        ("card_number", json!("5555555555554444")),
        ("expiry_month", json!(11)),
    ];
    for (field, value) in others {
        let other = person.clone().with(field, value);
        let answer = service.sign_up_under("a-key", &other).await;
        let problem = service
            .problem(&answer, 422, "idempotency-key-reused")
            .await;
        assert!(problem.get("registration").is_none(), "{field}: {problem}");
    }
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn a_key_is_the_same_quoted_or_bare() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let first = service.sign_up_under("\"8e03978e\"", &person).await;
    assert_eq!(first.status, 201, "{}", first.text());
    assert_same(&first, &service.sign_up_under("8e03978e", &person).await);
}

#[tokio::test]
async fn the_same_body_written_otherwise_is_the_same_request() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let first = service.sign_up_under("a-key", &person).await;
    let spaced = person
        .with("card_number", "4242 4242 4242 4242")
        .with("expiry_month", "12");
    assert_same(&first, &service.sign_up_under("a-key", &spaced).await);
}

#[tokio::test]
async fn a_key_that_was_not_begun_with_can_be_used_again() {
    let service = Service::start().await;
    let wrong = Person::new("ada@example.com").with("zip", "");
    assert_eq!(service.sign_up_under("a-key", &wrong).await.status, 422);
    let right = Person::new("ada@example.com");
    assert_eq!(service.sign_up_under("a-key", &right).await.status, 201);
}

#[tokio::test]
async fn a_request_that_is_still_carried_out_is_named_with_a_time_to_ask_again() {
    let service = Service::start().await;
    let hang = json!({"step": "create_customer", "kind": "hang", "count": 1});
    service.switch_on(hang).await;
    let person = Person::new("ada@example.com");
    let headers = [("idempotency-key", "a-key"), ("prefer", "respond-async")];
    let first = service.post("/api/users", &person.json(), &headers).await;
    assert_eq!(first.status, 202, "{}", first.text());

    let second = service.sign_up_under("a-key", &person).await;
    let problem = service.problem(&second, 409, "registration-running").await;
    assert!(second.retry_after() >= 1);
    assert_eq!(problem["registration"]["id"], first.begun().id);
}

#[tokio::test]
async fn an_answer_outlives_a_restart() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let declined = Person::new("eve@example.com").paying_with(DECLINED_CARD);
    let created = service.sign_up_under("created", &person).await;
    let refused = service.sign_up_under("refused", &declined).await;
    let service = service.restart().await;
    assert_same(&created, &service.sign_up_under("created", &person).await);
    assert_same(&refused, &service.sign_up_under("refused", &declined).await);
    let other = service.sign_up_under("created", &declined).await;
    service.problem(&other, 422, "idempotency-key-reused").await;
    service.assert_one_paid_account().await;
}
