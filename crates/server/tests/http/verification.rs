//! Proving the address: by the code, by the link, too late, or not at all.

use crate::answer::{Begun, Mail};
use crate::person::Person;
use crate::service::Service;

async fn signed_up(service: &Service) -> (Begun, Mail) {
    let answer = service.sign_up(&Person::new("ada@example.com")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let mail = service.mail_to("ada@example.com", 1).await;
    (answer.begun(), mail)
}

/// A code that is not the right one.
fn wrong(mail: &Mail) -> &'static str {
    if mail.code == "000000" {
        "000001"
    } else {
        "000000"
    }
}

#[tokio::test]
async fn the_code_of_the_mail_verifies() {
    let service = Service::start().await;
    let (begun, mail) = signed_up(&service).await;
    let answer = service.type_code(&begun, &mail.code).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let registration = &answer.json()["registration"];
    assert_eq!(registration["status"], "registered");
    let steps = registration["steps"].as_array().unwrap();
    assert!(
        steps.iter().all(|step| step["state"] == "done"),
        "{steps:?}"
    );
    let verified = "SELECT count(*) FROM users WHERE email_verified_at IS NOT NULL";
    assert_eq!(service.tables().number(verified), 1);
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn a_code_is_read_with_spaces_and_twice_is_no_fault() {
    let service = Service::start().await;
    let (begun, mail) = signed_up(&service).await;
    let spaced = format!(" {} {} ", &mail.code[..3], &mail.code[3..]);
    for _ in 0..2 {
        let answer = service.type_code(&begun, &spaced).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["registration"]["status"], "registered");
    }
}

#[tokio::test]
async fn five_wrong_codes_close_the_door_for_the_right_one_but_not_for_the_link() {
    let service = Service::start().await;
    let (begun, mail) = signed_up(&service).await;
    for tries_left in (1..=4).rev() {
        let answer = service.type_code(&begun, wrong(&mail)).await;
        let problem = service.problem(&answer, 422, "wrong-code").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(&tries_left.to_string()), "{detail}");
    }
    let fifth = service.type_code(&begun, wrong(&mail)).await;
    service.problem(&fifth, 429, "code-exhausted").await;
    let right = service.type_code(&begun, &mail.code).await;
    service.problem(&right, 429, "code-exhausted").await;
    assert_eq!(
        service.follow(&begun).await["status"],
        "awaiting_verification"
    );

    assert_eq!(service.confirm_link(&mail).await.status, 200);
    assert_eq!(service.follow(&begun).await["status"], "registered");
}

#[tokio::test]
async fn wrong_codes_at_once_are_not_more_than_were_allowed() {
    let service = Service::start().await;
    let (begun, mail) = signed_up(&service).await;
    let wrong = wrong(&mail);
    let at_once = (0..20).map(|_| service.type_code(&begun, wrong));
    let answers = futures_util::future::join_all(at_once).await;
    let judged = answers.iter().filter(|answer| answer.status == 422);
    assert_eq!(judged.count(), 4, "the fifth is told that it was the last");
    let right = service.type_code(&begun, &mail.code).await;
    service.problem(&right, 429, "code-exhausted").await;
}

#[tokio::test]
async fn what_is_no_code_is_refused_without_costing_a_try() {
    let service = Service::start().await;
    let (begun, mail) = signed_up(&service).await;
    let path = format!("/api/registrations/{}/verification", begun.id);
    let bearer = format!("Bearer {}", begun.token);
    let headers = [("authorization", bearer.as_str())];
    for body in [
        serde_json::json!({}),
        serde_json::json!({"code": 123_456}),
        serde_json::json!({"code": mail.code, "admin": true}),
        serde_json::json!([]),
    ] {
        let answer = service.post(&path, &body, &headers).await;
        service.problem(&answer, 400, "malformed-request").await;
    }
    for code in ["", " ", "12345", "1234567", "12345a", "the code"] {
        let answer = service.type_code(&begun, code).await;
        let problem = service.problem(&answer, 422, "wrong-code").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("A code is 6 digits long."), "{detail}");
    }
    assert_eq!(
        service
            .tables()
            .number("SELECT code_attempts FROM registrations"),
        0
    );
    let (first, second) = mail.code.split_at(3);
    let dashed = format!("{first}-{second}");
    assert_eq!(service.type_code(&begun, &dashed).await.status, 200);
}

#[tokio::test]
async fn opening_the_link_changes_nothing_and_the_button_confirms_once() {
    let service = Service::start().await;
    let (begun, mail) = signed_up(&service).await;
    // A mail scanner opens every link, more than once.
    for _ in 0..3 {
        let page = service.open(&mail.link).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("ada@example.com"));
        assert!(page.text().contains("method=\"post\""));
    }
    assert_eq!(
        service.follow(&begun).await["status"],
        "awaiting_verification"
    );

    let confirmed = service.confirm_link(&mail).await;
    assert_eq!(confirmed.status, 200);
    assert!(confirmed.text().contains("Your address is confirmed"));
    assert_eq!(service.follow(&begun).await["status"], "registered");

    let again = service.confirm_link(&mail).await;
    assert_eq!(again.status, 200);
    assert!(again.text().contains("This address was confirmed before"));
    let opened = service.open(&mail.link).await;
    assert!(opened.text().contains("This address was confirmed before"));
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn a_link_that_was_not_mailed_is_not_valid() {
    let service = Service::start().await;
    let (begun, mail) = signed_up(&service).await;
    let (start, last) = mail.link.split_at(mail.link.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    let of_the_access_token = format!("/verify/{}{}", begun.id.replace('-', ""), begun.token);
    for link in [
        format!("{start}{other}"),
        of_the_access_token,
        "/verify/x".to_owned(),
    ] {
        let page = service.open(&link).await;
        assert_eq!(page.status, 404, "{link}");
        assert!(page.text().contains("This link is not valid"));
        let pressed = service.submit::<&str>(&link, &[], &[]).await;
        assert_eq!(pressed.status, 404, "{link}");
    }
    assert_eq!(
        service.follow(&begun).await["status"],
        "awaiting_verification"
    );
}

#[tokio::test]
async fn an_address_that_nobody_confirms_is_free_again_and_the_money_is_given_back() {
    let service = Service::with(&[("verification.deadline", "5s")]).await;
    let (begun, mail) = signed_up(&service).await;
    let registration = service.follow_until(&begun, "undone").await;
    assert_eq!(registration["failure"]["reason"], "not_verified");
    assert_eq!(
        registration["closing"],
        "The account was removed and what was charged was given back."
    );
    service.assert_nothing_is_left().await;
    let refund = service.only("refunds").await;
    let charge = service.only("charges").await;
    assert_eq!(refund["amount_minor"], charge["amount_minor"]);
    assert_eq!(refund["charge_id"], charge["id"]);

    let late = service.type_code(&begun, &mail.code).await;
    service.problem(&late, 410, "verification-expired").await;
    let link = service.confirm_link(&mail).await;
    assert_eq!(link.status, 410);
    assert!(link.text().contains("This link has expired"));
    assert_eq!(service.open(&mail.link).await.status, 410);

    let again = service.sign_up(&Person::new("ada@example.com")).await;
    assert_eq!(again.status, 201, "{}", again.text());
}

#[tokio::test]
async fn a_verified_address_is_not_touched_by_the_deadline() {
    let service = Service::with(&[("verification.deadline", "5s")]).await;
    let (verified, mail) = signed_up(&service).await;
    assert_eq!(service.type_code(&verified, &mail.code).await.status, 200);
    // Whoever came later is undone: the deadline of the first is past by then.
    let other = service.sign_up(&Person::new("eve@example.com")).await;
    service.follow_until(&other.begun(), "undone").await;
    assert_eq!(service.follow(&verified).await["status"], "registered");
    assert_eq!(service.tables().count("users"), 1);
}

#[tokio::test]
async fn there_is_nothing_to_verify_before_the_account_is_open() {
    let service = Service::start().await;
    let hang = serde_json::json!({"step": "create_customer", "kind": "hang", "count": 1});
    service.switch_on(hang).await;
    let person = Person::new("ada@example.com");
    let begun = service.sign_up_preferring("wait=0", &person).await.begun();
    let code = service.type_code(&begun, "123456").await;
    service.problem(&code, 409, "nothing-to-verify").await;
    let mail = service.ask_for_mail(&begun).await;
    service.problem(&mail, 409, "nothing-to-verify").await;
}

#[tokio::test]
async fn a_program_that_uses_the_link_is_answered_in_json() {
    let service = Service::start().await;
    let (_, mail) = signed_up(&service).await;
    for _ in 0..2 {
        let answer = service.post(&mail.link, &serde_json::json!({}), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        assert_eq!(body["registration"]["status"], "registered");
        assert_eq!(body.get("access_token"), None, "it opens no other door");
    }
    let forged = service.post("/verify/x", &serde_json::json!({}), &[]).await;
    service.problem(&forged, 404, "not-found").await;
}
