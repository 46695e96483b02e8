//! The last step sent again, at once, by many, and while the database is away.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use super::traveller::{ADDRESS, Traveller, card};
use crate::person::{GOOD_CARD, PASSWORD};
use crate::service::{Service, json_request};
use crate::tables::Tables;

#[tokio::test]
async fn the_last_step_sent_again_is_answered_again_and_another_is_not_taken_for_it() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let (one, other) = tokio::join!(ada.completes("pro"), ada.completes("pro"));
    let statuses = [one.status, other.status];
    assert!(statuses.contains(&201), "{statuses:?}");
    assert!(
        statuses.iter().all(|status| [201, 409].contains(status)),
        "{statuses:?}"
    );
    let again = ada.completes("pro").await;
    assert_eq!(again.status, 201);
    assert_eq!(
        again.json()["user"],
        one.json()
            .get("user")
            .or(other.json().get("user"))
            .cloned()
            .unwrap()
    );
    let otherwise = json!({ "password": "quite another sentence of mine", "plan": "pro" });
    for answer in [
        ada.sends("POST", "/completion", &otherwise).await,
        ada.completes("free").await,
    ] {
        service.problem(&answer, 409, "registration-begun").await;
    }
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn white_space_in_the_place_of_a_plan_is_the_plan_that_was_named_with_the_card() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let mut with_plan = card(GOOD_CARD);
    with_plan["plan"] = json!("pro");
    let kept = ada.sends("PUT", "/payment-method", &with_plan).await;
    assert_eq!(kept.status, 200, "{}", kept.text());
    let last = json!({ "password": PASSWORD, "plan": " " });
    let done = ada.sends("POST", "/completion", &last).await;
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.json()["subscription"]["plan"], "pro");
    let again = ada.sends("POST", "/completion", &last).await;
    assert_eq!((again.status, again.text()), (201, done.text()));
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn the_last_step_sent_again_while_it_is_carried_out_is_told_so() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    service.hold_at("create_customer").await;
    let path = format!("/api/registrations/{}/completion", ada.begun.id);
    let bearer = format!("Bearer {}", ada.begun.token);
    let body = json!({ "password": PASSWORD, "plan": "pro" });
    let headers = [
        ("authorization", bearer.as_str()),
        ("prefer", "respond-async"),
    ];
    let begun = service.send(json_request(&path, &body, &headers)).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    assert_eq!(begun.header("preference-applied"), "respond-async");
    let again = ada.completes("pro").await;
    let problem = service.problem(&again, 409, "registration-running").await;
    // Nobody has sent one.
    let detail = problem["detail"].as_str().unwrap();
    assert!(!detail.contains("Idempotency-Key"), "{detail}");
    service.clear_faults().await;
}

#[tokio::test]
async fn a_repeat_of_the_last_step_gets_the_same_bytes_whatever_came_of_it() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    // It attaches, cannot be charged, and is undone.
    ada.gives_card("4000000000000341").await;
    let declined = ada.completes_under("first", "pro").await;
    assert_eq!(declined.status, 402, "{}", declined.text());
    service.follow_until(&ada.begun, "undone").await;
    let told = service.problem(&declined, 402, "card-declined").await;
    for _ in 0..2 {
        let again = ada.completes_under("first", "pro").await;
        let repeated = service.problem(&again, 402, "card-declined").await;
        assert_eq!(told["decline_code"], repeated["decline_code"]);
        assert_eq!(told["registration"]["id"], repeated["registration"]["id"]);
    }
    let registrations = "SELECT count(*) FROM registrations";
    assert_eq!(service.tables().number(registrations), 1, "tried once");

    // With other entries the key is another request's; a new one is another attempt.
    ada.gives_card(GOOD_CARD).await;
    let reused = ada.completes_under("first", "pro").await;
    service
        .problem(&reused, 422, "idempotency-key-reused")
        .await;
    let done = ada.completes_under("second", "pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    for again in [
        ada.completes_under("second", "pro").await,
        ada.completes("pro").await,
    ] {
        assert_eq!(again.status, 201);
        assert_eq!(again.body, done.body, "{}", again.text());
        assert_eq!(again.header("location"), done.header("location"));
    }
    let other = ada.completes_under("second", "free").await;
    service.problem(&other, 422, "idempotency-key-reused").await;
    let none = ada.completes_under("two words", "pro").await;
    service.problem(&none, 400, "invalid-idempotency-key").await;
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn of_one_last_step_sent_twice_at_once_one_is_carried_out() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let (one, other) = tokio::join!(
        ada.completes_under("a-key", "pro"),
        ada.completes_under("a-key", "pro")
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!(matches!(statuses, [201, 201 | 409]), "{statuses:?}");
    assert_eq!(ada.completes_under("a-key", "pro").await.status, 201);
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn journeys_for_one_address_end_with_one_account() {
    let service = Service::start().await;
    let mut travellers = Vec::new();
    for count in 1..=4 {
        travellers.push(Traveller::ready(&service, ADDRESS, count).await);
    }
    let (a, b, c, d) = tokio::join!(
        travellers[0].completes("pro"),
        travellers[1].completes("pro"),
        travellers[2].completes("pro"),
        travellers[3].completes("pro"),
    );
    let mut statuses = [a.status, b.status, c.status, d.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn whoever_follows_waits_while_the_database_is_away() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let request = Request::get(format!("/api/registrations/{}/events", ada.begun.id))
        .header(header::AUTHORIZATION, format!("Bearer {}", ada.begun.token))
        .body(Body::empty())
        .unwrap();
    let events = service.response(request).await.into_body();
    let away = "ALTER TABLE pending_registrations RENAME TO away";
    Tables::tamper(service.data_dir(), away);
    let end = http_body_util::BodyExt::collect(events);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(2), end).await;
    assert!(ended.is_err(), "all looks were made at once, in vain");
}
