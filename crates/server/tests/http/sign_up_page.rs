//! `/` without JavaScript: the form, its errors, and what becomes of it.

use crate::answer::Answer;
use crate::person::{DECLINED_CARD, PASSWORD, Person};
use crate::service::Service;

/// What the page shows beside a field.
fn error_beside<'a>(page: &'a str, field: &str) -> &'a str {
    let id = format!("id=\"{field}-error\"");
    let (_, rest) = page
        .split_once(&id)
        .unwrap_or_else(|| panic!("no place for {field}"));
    let (_, text) = rest.split_once('>').unwrap();
    text.split('<').next().unwrap()
}

/// The cookie that a page sets.
fn cookie(answer: &Answer) -> &str {
    answer.header("set-cookie").split(';').next().unwrap()
}

async fn open_with(service: &Service, path: &str, cookie: &str) -> Answer {
    let request = axum::http::Request::get(path)
        .header("accept", "text/html")
        .header("cookie", cookie)
        .body(axum::body::Body::empty())
        .unwrap();
    service.send(request).await
}

#[tokio::test]
async fn the_form_offers_everything_that_a_sign_up_needs() {
    let service = Service::start().await;
    let page = service.open("/").await;
    assert_eq!(page.status, 200);
    let page = page.text();
    let names = [
        "email",
        "password",
        "first_name",
        "last_name",
        "country",
        "address",
        "address_line2",
        "city",
        "state",
        "zip",
        "plan",
        "card_number",
        "expiry",
        "cvv",
        "idempotency_key",
    ];
    for name in names {
        assert!(page.contains(&format!("name=\"{name}\"")), "{name}");
    }
    for plan in ["Free", "$9.00", "$29.00"] {
        assert!(page.contains(plan), "{plan}");
    }
    assert!(page.contains("method=\"post\""));
}

#[tokio::test]
async fn another_language_changes_nothing_but_the_words() {
    let service = Service::with(&[
        ("limits.enabled", "true"),
        ("limits.sign_up_burst", "1"),
        ("limits.sign_ups_per_minute", "1"),
    ])
    .await;
    let person = Person::new("ada@example.com").with("country", "JP");
    let mut form = person.form("key");
    form.push(("language".to_owned(), "de".to_owned()));
    for _ in 0..3 {
        let answer = service.submit("/?lang=de", &form, &[]).await;
        assert_eq!(answer.status, 200, "it is not counted: {}", answer.text());
        let page = answer.text();
        for kept in [
            "lang=\"de\"",
            "value=\"ada@example.com\"",
            "value=\"JP\" selected",
        ] {
            assert!(page.contains(kept), "{kept}: {page}");
        }
        assert_eq!(error_beside(&page, "email"), "");
        assert!(page.contains("data-label>Präfektur<"), "{page}");
        assert!(!page.contains(PASSWORD), "the password comes back");
    }
    assert_eq!(service.live().await.customers, 0);
    assert_eq!(service.sign_up(&person).await.status, 201);
}

#[tokio::test]
async fn each_form_has_a_key_of_its_own() {
    let service = Service::start().await;
    let key = async || {
        let page = service.open("/").await.text();
        let (_, rest) = page
            .split_once("name=\"idempotency_key\" value=\"")
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (one, other) = (key().await, key().await);
    assert!(one.len() >= 32 && one != other, "{one} {other}");
}

#[tokio::test]
async fn success_leads_to_the_registration_with_a_cookie_that_scripts_cannot_read() {
    let service = Service::start().await;
    let answer = service
        .sign_up_on_page("a-key", &Person::new("ada@example.com"))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let path = answer.header("location").to_owned();
    assert!(path.starts_with("/registrations/"), "{path}");
    let set = answer.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(attribute), "{set}");
    }
    let page = open_with(&service, &path, cookie(&answer)).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("ada@example.com"));
    assert_eq!(service.open(&path).await.status, 401, "without the cookie");
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn the_code_can_be_typed_on_the_page() {
    let service = Service::start().await;
    let answer = service
        .sign_up_on_page("a-key", &Person::new("ada@example.com"))
        .await;
    let path = answer.header("location").to_owned();
    let mail = service.mail_to("ada@example.com", 1).await;
    let headers = [("cookie", cookie(&answer))];
    let wrong = if mail.code == "000000" {
        "000001"
    } else {
        "000000"
    };
    let verification = format!("{path}/verification");
    let refused = service
        .submit(&verification, &[("code", wrong)], &headers)
        .await;
    assert_eq!(refused.status, 422);
    assert!(error_beside(&refused.text(), "code").contains("4 tries left"));

    let accepted = service
        .submit(&verification, &[("code", mail.code.as_str())], &headers)
        .await;
    assert_eq!(accepted.status, 303);
    let page = open_with(&service, &path, cookie(&answer)).await;
    assert!(page.text().contains("Everything below exists."));
}

#[tokio::test]
async fn a_mail_can_be_asked_for_on_the_page() {
    let service = Service::with(&[("verification.resend_after", "0s")]).await;
    let answer = service
        .sign_up_on_page("a-key", &Person::new("ada@example.com"))
        .await;
    let resend = format!("{}/resend", answer.header("location"));
    let headers = [("cookie", cookie(&answer))];
    let sent = service.submit::<&str>(&resend, &[], &headers).await;
    assert_eq!(sent.status, 200);
    assert!(sent.text().contains("A new mail is on its way."));
    service.mail_to("ada@example.com", 2).await;
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_each_field_and_the_rest_is_kept() {
    let service = Service::start().await;
    let person = Person::new("not an address")
        .with("zip", "ABC")
        .with("plan", "starter")
        .with("card_number", "4242424242424241")
        .with("cvv", "98");
    let answer = service.sign_up_on_page("a-key", &person).await;
    assert_eq!(answer.status, 422);
    let page = answer.text();
    for field in ["email", "zip", "card_number", "cvv"] {
        let error = error_beside(&page, field);
        assert!(error.ends_with('.'), "{field}: {error:?}");
        assert!(
            page.contains(&format!("<li><a href=\"#{field}\">")),
            "{field} in the summary"
        );
    }
    assert_eq!(error_beside(&page, "city"), "");
    for kept in [
        "not an address",
        "Lovelace",
        "12 St James&#39;s Square",
        "Springfield",
    ] {
        assert!(
            page.contains(&format!("value=\"{kept}\"")),
            "{kept} is kept"
        );
    }
    let chosen = page.split("value=\"starter\"").nth(1).unwrap();
    assert!(chosen.split('>').next().unwrap().contains("checked"));
}

#[tokio::test]
async fn neither_password_nor_card_comes_back() {
    let service = Service::start().await;
    let wrong = Person::new("not an address").with("cvv", "9876");
    let declined = Person::new("ada@example.com")
        .paying_with(DECLINED_CARD)
        .with("cvv", "987");
    for (key, person) in [("one", wrong), ("other", declined)] {
        let page = service.sign_up_on_page(key, &person).await.text();
        assert!(!page.contains(PASSWORD));
        let number = person.fields["card_number"].as_str().unwrap();
        assert!(!page.contains(number));
        let cvv = person.fields["cvv"].as_str().unwrap();
        assert!(!page.contains(&format!("value=\"{cvv}\"")), "{page}");
    }
}

#[tokio::test]
async fn a_declined_card_is_told_with_what_was_taken_back() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with("4000000000000341");
    let answer = service.sign_up_on_page("a-key", &person).await;
    assert_eq!(answer.status, 402);
    let page = answer.text();
    assert!(page.contains("Your card was declined."));
    assert!(page.contains("No account was created and nothing was charged."));
    let state = |step: &str| {
        let (_, rest) = page
            .split_once(&format!("data-step=\"{step}\" data-state=\""))
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    assert_eq!(state("create_customer"), "undone");
    assert_eq!(state("start_subscription"), "failed");
    assert!(page.contains("value=\"ada@example.com\""), "typed once");
    service.assert_nothing_is_left().await;
    // The page that came back has another key: another card is another registration.
    let again = Person::new("ada@example.com");
    assert_eq!(service.sign_up_on_page("b-key", &again).await.status, 303);
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_registration() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let first = service.sign_up_on_page("a-key", &person).await;
    let second = service.sign_up_on_page("a-key", &person).await;
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(first.header("location"), second.header("location"));
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_on_the_form() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    service.sign_up_on_page("a-key", &person).await;
    let second = service.sign_up_on_page("b-key", &person).await;
    assert_eq!(second.status, 409);
    assert!(second.text().contains("The e-mail address is taken"));
}

#[tokio::test]
async fn a_person_whom_the_bank_asks_is_led_to_its_page() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with(crate::person::BANK_ASKS_CARD);
    let answer = service.sign_up_on_page("a-key", &person).await;
    assert_eq!(answer.status, 303);
    let page = open_with(&service, answer.header("location"), cookie(&answer)).await;
    assert!(page.text().contains("Confirm with your bank"));
    assert!(page.text().contains("/sandbox/authenticate/"));
}

#[tokio::test]
async fn the_script_gets_the_answer_of_the_api() {
    let service = Service::start().await;
    let form = Person::new("ada@example.com").form("a-key");
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form)
        .finish();
    let request = axum::http::Request::post("/")
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(body))
        .unwrap();
    let answer = service.send(request).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(cookie(&answer).contains(&answer.begun().id));
}
