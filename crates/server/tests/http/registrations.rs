//! `GET /api/registrations/{id}`: who may look, and what they see.

use axum::body::Body;
use axum::http::Request;

use crate::person::Person;
use crate::service::Service;

#[tokio::test]
async fn a_registration_is_shown_to_whoever_bears_its_token() {
    let service = Service::start().await;
    let begun = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    let registration = service.follow(&begun).await;
    assert_eq!(registration["id"], begun.id);
    assert_eq!(registration["status"], "awaiting_verification");
    let steps = registration["steps"].as_array().unwrap();
    let names: Vec<&str> = steps
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    let expected = [
        "tokenize_card",
        "hold_email",
        "create_customer",
        "start_subscription",
        "open_account",
        "verify_email",
        "finish",
    ];
    assert_eq!(sorted(&names), sorted(&expected));
    let done = steps.iter().filter(|step| step["state"] == "done");
    assert_eq!(done.count(), 5);
}

fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_missing_wrong_or_foreign_token_opens_nothing() {
    let service = Service::start().await;
    let ada = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    let eve = service
        .sign_up(&Person::new("eve@example.com"))
        .await
        .begun();
    let almost = format!("{}0", &ada.token[..ada.token.len() - 1]);
    let almost = if almost == ada.token {
        "1".repeat(64)
    } else {
        almost
    };
    for token in [
        None,
        Some(""),
        Some("wrong"),
        Some(almost.as_str()),
        Some(&eve.token),
    ] {
        let answer = service.follow_with(&ada.id, token).await;
        service.problem(&answer, 401, "unauthorized").await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn nobody_learns_whether_a_registration_exists() {
    let service = Service::start().await;
    let ada = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    let made_up = "01990000-0000-7000-8000-000000000000";
    let unknown = service.follow_with(made_up, Some(&ada.token)).await;
    let known = service.follow_with(&ada.id, Some("wrong")).await;
    assert_eq!(unknown.status, 401);
    assert_eq!(unknown.body, known.body);
    let no_id = service.follow_with("7", Some(&ada.token)).await;
    service.problem(&no_id, 404, "not-found").await;
}

#[tokio::test]
async fn every_door_of_a_registration_needs_the_token() {
    let service = Service::start().await;
    let ada = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    for (method, end) in [
        ("GET", "/events"),
        ("POST", "/verification"),
        ("POST", "/verification/mail"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/registrations/{}{end}", ada.id))
            .header("content-type", "application/json")
            .body(Body::from("{\"code\": \"123456\"}"))
            .unwrap();
        let answer = service.send(request).await;
        service.problem(&answer, 401, "unauthorized").await;
    }
    assert_eq!(
        service.follow(&ada).await["status"],
        "awaiting_verification"
    );
}

#[tokio::test]
async fn the_cookie_of_the_page_opens_the_api_for_that_registration_alone() {
    let service = Service::start().await;
    let ada = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    let eve = service
        .sign_up(&Person::new("eve@example.com"))
        .await
        .begun();
    let cookie = format!("enlist_registration={}.{}", ada.id, ada.token);
    let ask = async |id: &str| {
        let request = Request::get(format!("/api/registrations/{id}")).header("cookie", &cookie);
        service.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask(&ada.id).await.status, 200);
    assert_eq!(ask(&eve.id).await.status, 401);
}

#[tokio::test]
async fn a_registration_can_be_followed_after_a_restart() {
    let service = Service::start().await;
    let begun = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    let service = service.restart().await;
    assert_eq!(
        service.follow(&begun).await["status"],
        "awaiting_verification"
    );
}
