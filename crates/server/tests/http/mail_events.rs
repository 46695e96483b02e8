//! Bounces that come later: believed if they are signed, and acted on where somebody waits for the mail.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::answer::{Answer, Begun};
use crate::person::Person;
use crate::service::{Service, until};
use crate::signing::signature;
use crate::tables::Tables;

const PATH: &str = "/api/mail-events";
const SECRET: &str = "canary-canary-canary-canary-canary";
const ADA: &str = "ada@example.com";

async fn service() -> Service {
    Service::with(&[("mail.events_secret", SECRET)]).await
}

/// Signs up, and waits for the mail; its `Message-ID`.
async fn signed_up(service: &Service, email: &str) -> (Begun, String) {
    let answer = service.sign_up(&Person::new(email)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    service.mail_to(email, 1).await;
    let mails = service.get("/mailbox/messages").await.json();
    let mut mails = mails.as_array().unwrap().iter();
    let mail = mails.find(|mail| mail["to"] == email).unwrap();
    (
        answer.begun(),
        mail["message_id"].as_str().unwrap().to_owned(),
    )
}

fn bounce(message_id: &str, email: &str) -> Value {
    json!({"message_id": message_id, "email": email, "event": "bounced", "permanent": true})
}

async fn send(service: &Service, body: &str, signature: Option<&str>) -> Answer {
    let mut request = Request::post(PATH).header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header("enlist-signature", signature);
    }
    service
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

async fn tell(service: &Service, events: &Value) -> Answer {
    let body = events.to_string();
    let now = service.app.clock.now().as_second();
    send(service, &body, Some(&signature(SECRET, now, &body))).await
}

#[tokio::test]
async fn a_mail_that_bounced_for_good_undoes_the_sign_up() {
    let service = service().await;
    let (begun, id) = signed_up(&service, ADA).await;
    let events = json!([bounce(&id, "ADA@example.com")]);
    let answer = tell(&service, &events).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    service.follow_until(&begun, "undone").await;
    service.assert_nothing_is_left().await;
    let failure = "SELECT failure FROM registrations";
    let failure = service.tables().text(failure).unwrap();
    assert!(failure.contains("mail_refused"), "{failure}");

    // Repeats do no harm, and the address is free for another try, which that bounce is not about.
    assert_eq!(tell(&service, &events).await.status, 200);
    let again = service.sign_up(&Person::new(ADA)).await;
    assert_eq!(again.status, 201, "{}", again.text());
    assert_eq!(tell(&service, &events).await.status, 200);
    let status = &service.follow(&again.begun()).await["status"];
    assert_eq!(status, "awaiting_verification");
}

#[tokio::test]
async fn the_id_counts_with_its_brackets_or_without() {
    let service = service().await;
    let (begun, id) = signed_up(&service, ADA).await;
    let bare = id.trim_matches(['<', '>']);
    assert_eq!(
        tell(&service, &json!([bounce(bare, ADA)])).await.status,
        200
    );
    service.follow_until(&begun, "undone").await;
}

#[tokio::test]
async fn anything_else_is_passed_over() {
    let service = service().await;
    let (begun, id) = signed_up(&service, ADA).await;
    let mut delivered = bounce(&id, ADA);
    delivered["event"] = json!("delivered");
    let mut passing = bounce(&id, ADA);
    passing["permanent"] = json!(false);
    let mut unsaid = bounce(&id, ADA);
    unsaid.as_object_mut().unwrap().remove("permanent");
    unsaid["provider"] = json!("somebody");
    let another_host = id.replace("enlist.test", "another.test");
    let unknown = another_host.replace(&begun.id, "01990000-0000-7000-8000-000000000002");
    let events = json!([
        delivered,
        passing,
        unsaid,
        bounce(&id, "eve@example.com"),
        bounce(&id, "no address"),
        bounce(&unknown, ADA),
        bounce("<strange@example.com>", ADA),
    ]);
    assert_eq!(tell(&service, &events).await.status, 200);
    assert_eq!(tell(&service, &json!([])).await.status, 200);
    assert_eq!(
        service.follow(&begun).await["status"],
        "awaiting_verification"
    );
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn an_address_that_was_verified_stays() {
    let service = service().await;
    let (begun, id) = signed_up(&service, ADA).await;
    let mail = service.mail_to(ADA, 1).await;
    assert_eq!(service.confirm_link(&mail).await.status, 200);
    assert_eq!(tell(&service, &json!([bounce(&id, ADA)])).await.status, 200);
    assert_eq!(service.follow(&begun).await["status"], "registered");
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn only_what_is_signed_is_believed() {
    let service = service().await;
    let (begun, id) = signed_up(&service, ADA).await;
    let body = json!([bounce(&id, ADA)]).to_string();
    let now = service.app.clock.now().as_second();
    let right = signature(SECRET, now, &body);
    for wrong in [
        Some(signature("another-another-another-another-", now, &body)),
        Some(signature(SECRET, now, "[]")),
        Some(signature(SECRET, now - 301, &body)),
        Some(signature(SECRET, now + 302, &body)),
        Some(right.replace("v1=", "v0=")),
        None,
    ] {
        let answer = send(&service, &body, wrong.as_deref()).await;
        let problem = service.problem(&answer, 400, "invalid-signature").await;
        assert!(!problem.to_string().contains(SECRET), "{problem}");
    }
    assert_eq!(
        service.follow(&begun).await["status"],
        "awaiting_verification"
    );
    for nonsense in [json!({}), json!([{"event": "bounced"}])] {
        let answer = tell(&service, &nonsense).await;
        service.problem(&answer, 400, "malformed-request").await;
    }
    assert_eq!(send(&service, &body, Some(&right)).await.status, 200);
    service.follow_until(&begun, "undone").await;
}

#[tokio::test]
async fn how_old_a_signature_may_be_and_which_secrets_hold_is_configured() {
    let another = "another-another-another-another-";
    let service = Service::with(&[
        ("mail.events_secret", &format!("{another}, {SECRET}")),
        ("mail.events_tolerance", "10m"),
    ])
    .await;
    let then = service.app.clock.now().as_second() - 500;
    for secret in [SECRET, another] {
        let signed = signature(secret, then, "[]");
        assert_eq!(send(&service, "[]", Some(&signed)).await.status, 200);
    }
}

#[tokio::test]
async fn what_cannot_be_acted_on_is_to_be_sent_again() {
    let service = service().await;
    let (begun, id) = signed_up(&service, ADA).await;
    let events = json!([bounce(&id, ADA)]);
    let hide = "ALTER TABLE registrations RENAME TO hidden";
    Tables::tamper(service.data_dir(), hide);
    let answer = tell(&service, &events).await;
    service.problem(&answer, 503, "database-unavailable").await;
    assert!(answer.retry_after() > 0);
    Tables::tamper(
        service.data_dir(),
        "ALTER TABLE hidden RENAME TO registrations",
    );
    until("it is acted on", async || {
        let answer = tell(&service, &events).await;
        (answer.status == 200).then_some(())
    })
    .await;
    service.follow_until(&begun, "undone").await;
}

#[tokio::test]
async fn events_have_room_and_no_more() {
    let service = service().await;
    let padded = |length: usize| format!("[{}]", " ".repeat(length - 2));
    let now = service.app.clock.now().as_second();
    for (length, status) in [(64 * 1024, 200), (64 * 1024 + 1, 413)] {
        let body = padded(length);
        let answer = send(&service, &body, Some(&signature(SECRET, now, &body))).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[tokio::test]
async fn without_a_secret_nobody_may_tell_anything() {
    let service = Service::start().await;
    let answer = tell(&service, &json!([])).await;
    service.problem(&answer, 404, "not-found").await;
    let described = service.get("/openapi.json").await.json();
    assert!(described["paths"].get(PATH).is_none());
}
