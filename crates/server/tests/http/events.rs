//! `GET /api/registrations/{id}/events`: the steps as they happen, then how it ended.

use serde_json::Value;

use crate::person::{BANK_ASKS_CARD, Person};
use crate::service::Service;

/// The steps that reached a state, in the order in which they were told.
fn steps_in<'a>(events: &'a [(String, Value)], state: &str) -> Vec<&'a str> {
    let steps = events
        .iter()
        .filter(|(name, data)| name == "step" && data["state"] == state);
    steps
        .map(|(_, data)| data["step"].as_str().unwrap())
        .collect()
}

/// A stream ends with one event `end`.
fn end(events: &[(String, Value)]) -> &Value {
    let ends = events.iter().filter(|(name, _)| name == "end").count();
    assert_eq!(ends, 1, "{events:?}");
    let (name, data) = events.last().unwrap();
    assert_eq!(name, "end");
    data
}

/// Follows a registration that is held at a step until the stream has begun.
async fn follow_from(step: &str, service: &Service, person: &Person) -> Vec<(String, Value)> {
    service.hold_at(step).await;
    let answer = service.sign_up_preferring("respond-async", person).await;
    let let_go = async || service.clear_faults().await;
    service.events_while(&answer.begun(), let_go).await
}

#[tokio::test]
async fn the_steps_light_up_in_order_and_the_stream_ends() {
    let service = Service::start().await;
    let events = follow_from("create_customer", &service, &Person::new("ada@example.com")).await;
    let in_order = [
        "tokenize_card",
        "hold_email",
        "create_customer",
        "start_subscription",
        "open_account",
    ];
    let mut done = steps_in(&events, "done");
    // What was done before the journal row was written is told at once, in the order of the table.
    done[..2].sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(done, in_order);
    assert_eq!(
        steps_in(&events, "doing"),
        [
            "create_customer",
            "start_subscription",
            "open_account",
            "verify_email"
        ]
    );
    assert!(steps_in(&events, "failed").is_empty());
    assert_eq!(end(&events)["status"], "awaiting_verification");
}

#[tokio::test]
async fn a_failed_step_is_told_and_each_one_that_is_taken_back() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with("4000000000000341");
    let events = follow_from("start_subscription", &service, &person).await;
    assert_eq!(steps_in(&events, "failed"), ["start_subscription"]);
    assert!(steps_in(&events, "undone").contains(&"create_customer"));
    let place = |state: &str, step: &str| {
        events
            .iter()
            .position(|(_, data)| data["step"] == step && data["state"] == state)
            .unwrap()
    };
    let failed = place("failed", "start_subscription");
    assert!(failed < place("undone", "create_customer"));
    assert_eq!(end(&events)["status"], "undone");
    assert_eq!(end(&events)["failure"]["reason"], "declined");
}

#[tokio::test]
async fn the_stream_of_one_that_waits_tells_every_step_and_ends_at_once() {
    let service = Service::start().await;
    let begun = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    let events = service.events(&begun).await;
    assert_eq!(events.len(), 8, "seven steps and the end");
    assert_eq!(steps_in(&events, "done").len(), 5);
    assert_eq!(end(&events)["status"], "awaiting_verification");
}

#[tokio::test]
async fn the_stream_ends_with_what_the_bank_needs() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with(BANK_ASKS_CARD);
    let events = follow_from("create_customer", &service, &person).await;
    let end = end(&events);
    assert_eq!(end["status"], "awaiting_action");
    assert!(end["action_url"].is_string() && end["client_secret"].is_string());
}
