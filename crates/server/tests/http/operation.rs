//! What operators and robots ask for: health, figures, where to report a weakness.

use jiff::{Timestamp, ToSpan};

use crate::answer::PUBLIC_URL;
use crate::service::Service;

#[tokio::test]
async fn a_service_that_runs_is_alive_and_ready() {
    let service = Service::start().await;
    for (path, words) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, words));
        assert!(answer.header("content-type").starts_with("text/plain"));
    }
}

#[tokio::test]
async fn figures_are_answered_where_they_are_gathered_or_not() {
    let service = Service::start().await;
    assert_eq!(service.get("/metrics").await.status, 200);
}

#[tokio::test]
async fn a_weakness_can_be_reported_where_a_contact_is_configured() {
    let nowhere = Service::start()
        .await
        .get("/.well-known/security.txt")
        .await;
    assert_eq!(nowhere.status, 404);
    let contact = "mailto:security@example.com";
    let service = Service::with(&[("server.security_contact", contact)]).await;
    let answer = service.get("/.well-known/security.txt").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let text = answer.text();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().to_owned()
    };
    assert_eq!(
        field("Canonical:"),
        format!("{PUBLIC_URL}/.well-known/security.txt")
    );
    let expires: Timestamp = field("Expires:").parse().unwrap();
    let now = service.app.clock.now();
    // RFC 9116 recommends less than a year.
    assert!(
        expires > now && expires < now + (365 * 24).hours(),
        "{expires}"
    );
    assert_eq!(field("Contact:"), contact);
}

#[tokio::test]
async fn every_answer_is_told_not_to_be_kept_or_sniffed() {
    let service = Service::start().await;
    for path in [
        "/",
        "/healthz",
        "/api/nothing",
        "/sandbox/ledger",
        "/openapi.json",
    ] {
        let answer = service.get(path).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
    }
}
