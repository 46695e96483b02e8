//! `POST /password-strength`: what pages are told of a password while it is being chosen.

use serde_json::json;

use crate::answer::Answer;
use crate::person::PASSWORD;
use crate::service::Service;

async fn judged(service: &Service, form: &[(&str, &str)]) -> Answer {
    service.submit("/password-strength", form, &[]).await
}

#[tokio::test]
async fn a_password_is_judged_as_a_sign_up_would() {
    let service = Service::start().await;
    for (password, expected) in [
        ("grandmotherclock", json!({"strength": "good"})),
        ("walrus plinth okra tandem", json!({"strength": "strong"})),
    ] {
        let answer = judged(&service, &[("password", password)]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json(), expected, "{password}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for (password, sentence) in [
        ("vT9#q", "too short"),
        ("iloveyou", "most common"),
        ("okra lovelace tandem walrus", "your name"),
    ] {
        let form = [("password", password), ("last_name", "Lovelace")];
        let verdict = judged(&service, &form).await.json();
        assert_eq!(verdict["strength"], "refused", "{password}");
        let message = verdict["message"].as_str().unwrap();
        assert!(message.contains(sentence), "{message}");
        assert!(!message.contains(password), "{message}");
    }
}

#[tokio::test]
async fn the_verdict_is_in_the_language_of_the_page() {
    let service = Service::start().await;
    let headers = [("accept-language", "de")];
    let form = [("password", "iloveyou")];
    let answer = service.submit("/password-strength", &form, &headers).await;
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("häufigsten"), "{message}");
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_back_and_can_still_sign_up() {
    let service = Service::with(&[("limits.enabled", "true")]).await;
    let mut refused = None;
    for _ in 0..40 {
        let answer = judged(&service, &[("password", PASSWORD)]).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("forty at once are too many");
    assert_eq!(refused.status, 429);
    assert!(refused.retry_after() > 0);
    let person = crate::person::Person::new("ada@example.com");
    assert_eq!(service.sign_up(&person).await.status, 201);
}

#[tokio::test]
async fn another_site_is_not_answered() {
    let service = Service::start().await;
    let headers = [("sec-fetch-site", "cross-site")];
    let form = [("password", PASSWORD)];
    let answer = service.submit("/password-strength", &form, &headers).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
}
