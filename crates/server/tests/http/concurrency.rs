//! Many requests at once, and clients that go away.

use axum::body::Body;
use axum::http::Request;
use futures_util::future::join_all;
use serde_json::json;

use crate::answer::Answer;
use crate::person::{DECLINED_CARD, Person};
use crate::service::{Service, json_request, until};

const CLIENTS: usize = 20;

fn count(answers: &[Answer], status: u16) -> usize {
    let with_status = answers.iter().filter(|answer| answer.status == status);
    with_status.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_at_once_for_one_address_exactly_one_is_registered() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let answers = join_all((0..CLIENTS).map(|_| service.sign_up(&person))).await;
    assert_eq!(count(&answers, 201), 1);
    assert_eq!(count(&answers, 409), CLIENTS - 1);
    for answer in answers.iter().filter(|answer| answer.status == 409) {
        service.problem(answer, 409, "email-taken").await;
    }
    service.assert_one_paid_account().await;
    assert_eq!(service.tables().count("registrations"), 1);
    assert_eq!(service.only("charges").await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_with_a_declined_card_leave_nothing_and_the_address_free() {
    let service = Service::start().await;
    for card in [DECLINED_CARD, "4000000000000341"] {
        let person = Person::new("ada@example.com").paying_with(card);
        let answers = join_all((0..CLIENTS).map(|_| service.sign_up(&person))).await;
        let declined = count(&answers, 402);
        assert!(declined >= 1, "somebody was first");
        assert_eq!(declined + count(&answers, 409), CLIENTS);
        service.assert_nothing_is_left().await;
    }
    let person = Person::new("ada@example.com");
    assert_eq!(service.sign_up(&person).await.status, 201);
    service.assert_one_paid_account().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_addresses_at_once_are_twenty_accounts() {
    let service = Service::start().await;
    let people = (0..CLIENTS).map(|number| Person::new(&format!("ada{number}@example.com")));
    let people: Vec<Person> = people.collect();
    let answers = join_all(people.iter().map(|person| service.sign_up(person))).await;
    assert_eq!(count(&answers, 201), CLIENTS);
    let live = service.live().await;
    assert_eq!((live.customers, live.charges), (CLIENTS, CLIENTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_many_times_at_once_is_one_registration() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let at_once = (0..CLIENTS).map(|_| service.sign_up_under("a-key", &person));
    let answers = join_all(at_once).await;
    let created: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .collect();
    assert!(!created.is_empty(), "the first is answered in full");
    for answer in &created {
        assert_eq!(answer.body, created[0].body);
    }
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        service.problem(answer, 409, "registration-running").await;
    }
    assert_eq!(service.tables().count("registrations"), 1);
    service.assert_one_paid_account().await;
    let replay = service.sign_up_under("a-key", &person).await;
    assert_eq!(replay.body, created[0].body);
}

#[tokio::test]
async fn a_registration_ends_although_its_client_went_away() {
    let service = Service::start().await;
    leave_once_begun(&service, &Person::new("ada@example.com")).await;
    until("it waits to be verified", async || {
        let waiting = "SELECT count(*) FROM registrations WHERE status = 'awaiting_verification'";
        (service.tables().number(waiting) == 1).then_some(())
    })
    .await;
    service.assert_one_paid_account().await;
    service.mail_to("ada@example.com", 1).await;
}

#[tokio::test]
async fn a_registration_is_undone_although_its_client_went_away() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with("4000000000000341");
    leave_once_begun(&service, &person).await;
    until("it is undone", async || {
        let undone = "SELECT count(*) FROM registrations WHERE status = 'undone'";
        (service.tables().number(undone) == 1).then_some(())
    })
    .await;
    service.assert_nothing_is_left().await;
}

#[tokio::test]
async fn a_proof_counts_although_its_client_went_away() {
    let service = Service::start().await;
    let begun = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    let mail = service.mail_to("ada@example.com", 1).await;
    let path = format!("/api/registrations/{}/verification", begun.id);
    let bearer = format!("Bearer {}", begun.token);
    let headers = [("authorization", bearer.as_str())];
    let request = json_request(&path, &json!({ "code": mail.code }), &headers);
    let verified = "SELECT count(*) FROM registrations WHERE verified_at IS NOT NULL";
    leave_once(&service, request, verified).await;
    service.follow_until(&begun, "registered").await;
}

/// Signs up and goes away as soon as the journal row is there.
async fn leave_once_begun(service: &Service, person: &Person) {
    service.hold_at("create_customer").await;
    let request = json_request("/api/users", &person.json(), &[]);
    leave_once(service, request, "SELECT count(*) FROM registrations").await;
    let status = service.tables().text("SELECT status FROM registrations");
    assert_eq!(status.as_deref(), Some("running"), "it has not ended yet");
    service.clear_faults().await;
}

/// Sends a request and goes away as soon as a query counts something.
async fn leave_once(service: &Service, request: Request<Body>, sql: &str) {
    let answered = service.send(request);
    let seen = until(sql, async || {
        (service.tables().number(sql) > 0).then_some(())
    });
    // Whichever is first: the request that is not, is dropped, as its connection would be.
    tokio::select! {
        biased;
        () = seen => {}
        _ = answered => {}
    }
}
