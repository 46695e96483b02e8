//! Requests that are no requests: every error is `application/problem+json`, with a type that can be
//! read up.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::answer::Answer;
use crate::service::Service;

async fn post_raw(service: &Service, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    let request = Request::post(path).header("content-type", kind);
    service.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn what_is_not_json_is_415() {
    let service = Service::start().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let answer = post_raw(&service, "/api/users", kind, b"{}".to_vec()).await;
        service
            .problem(&answer, 415, "unsupported-media-type")
            .await;
    }
}

#[tokio::test]
async fn what_is_no_object_is_400_and_not_repeated() {
    let service = Service::start().await;
    for body in [
        "",
        "[]",
        "{\"cvv\": \"987\"",
        "\"canary\"",
        "{\"canary\"}",
        "\u{0}",
    ] {
        let answer = post_raw(&service, "/api/users", "application/json", body.into()).await;
        let problem = service.problem(&answer, 400, "malformed-request").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            !detail.contains("canary") && !detail.contains("987"),
            "{detail}"
        );
    }
    let not_text = post_raw(&service, "/api/users", "application/json", vec![b'"', 0xff]).await;
    service.problem(&not_text, 400, "malformed-request").await;
}

#[tokio::test]
async fn a_body_of_more_than_64_kib_is_413_wherever_it_is_sent() {
    let service = Service::start().await;
    let large = json!({ "email": "x".repeat(65 * 1024) }).to_string();
    for path in ["/api/users", "/sandbox/faults"] {
        let answer = post_raw(&service, path, "application/json", large.clone().into()).await;
        service.problem(&answer, 413, "body-too-large").await;
    }
    let form = format!("email={}", "x".repeat(65 * 1024)).into_bytes();
    let kind = "application/x-www-form-urlencoded";
    let answer = post_raw(&service, "/", kind, form).await;
    service.problem(&answer, 413, "body-too-large").await;
}

#[tokio::test]
async fn a_method_that_is_not_allowed_is_405_and_says_which_are() {
    let service = Service::start().await;
    for path in ["/api/users", "/sandbox/faults", "/"] {
        let request = Request::patch(path).body(Body::empty()).unwrap();
        let answer = service.send(request).await;
        service.problem(&answer, 405, "method-not-allowed").await;
        assert!(answer.header("allow").contains("POST"), "{path}");
    }
}

#[tokio::test]
async fn what_is_nowhere_is_404_for_a_program_and_a_page_for_a_person() {
    let service = Service::start().await;
    let nowhere = [
        "/api/nothing",
        "/nothing",
        "/problems/nothing",
        "/mailbox/7",
        "/mailbox/none",
        "/assets/nothing.js",
        "/assets/../Cargo.toml",
        "/sandbox/authenticate/nothing",
    ];
    for path in nowhere {
        let answer = service.get(path).await;
        service.problem(&answer, 404, "not-found").await;
    }
    let page = service.open("/nothing").await;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"));
    let program = service.open("/api/nothing").await;
    service.problem(&program, 404, "not-found").await;
}

#[tokio::test]
async fn what_a_form_cannot_be_read_from_is_a_problem_too() {
    let service = Service::start().await;
    let json = "application/json";
    let answer = post_raw(&service, "/", json, b"{}".to_vec()).await;
    service
        .problem(&answer, 415, "unsupported-media-type")
        .await;
    let form = "application/x-www-form-urlencoded";
    let path = "/sandbox/authenticate/nothing";
    let answer = post_raw(&service, path, form, b"answer=perhaps".to_vec()).await;
    service.problem(&answer, 400, "malformed-request").await;
    let not_text = service.get("/problems/%ff").await;
    service.problem(&not_text, 400, "malformed-request").await;
}

#[tokio::test]
async fn what_is_no_idempotency_key_is_400() {
    let service = Service::start().await;
    let long = "x".repeat(256);
    for key in ["", "two words", "\"\"", &long] {
        let headers = [("idempotency-key", key)];
        let answer = service.post("/api/users", &json!({}), &headers).await;
        service
            .problem(&answer, 400, "invalid-idempotency-key")
            .await;
    }
    let twice = [("idempotency-key", "a"), ("idempotency-key", "b")];
    let answer = service.post("/api/users", &json!({}), &twice).await;
    service
        .problem(&answer, 400, "invalid-idempotency-key")
        .await;
}
