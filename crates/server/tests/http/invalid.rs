//! `422`: every fault at once, by field, without an echo of what must not be repeated.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::Person;
use crate::service::Service;

/// Field and code of each error, in order.
fn errors(problem: &Value) -> Vec<(String, String)> {
    let errors = problem["errors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            let message = error["message"].as_str().unwrap();
            assert!(message.ends_with('.'), "a sentence: {message}");
            let text = |member: &str| error[member].as_str().unwrap().to_owned();
            (text("field"), text("code"))
        })
        .collect()
}

async fn refused(service: &Service, person: &Person) -> (Answer, Vec<(String, String)>) {
    let answer = service.sign_up(person).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(service.tables().count("registrations"), 0);
    (answer, errors(&problem))
}

fn fields(errors: &[(String, String)]) -> Vec<&str> {
    errors.iter().map(|(field, _)| field.as_str()).collect()
}

#[tokio::test]
async fn an_empty_form_is_told_of_every_field_at_once() {
    let service = Service::start().await;
    let answer = service.post("/api/users", &json!({}), &[]).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    let errors = errors(&problem);
    let expected = [
        "email",
        "password",
        "first_name",
        "last_name",
        "address",
        "city",
        "state",
        "zip",
        "card_number",
        "expiry_month",
        "expiry_year",
        "cvv",
    ];
    assert_eq!(fields(&errors), expected);
    assert!(
        errors.iter().all(|(_, code)| code == "required"),
        "{errors:?}"
    );
}

#[tokio::test]
async fn each_field_has_its_own_fault() {
    let service = Service::start().await;
    let person = Person::new("ada@localhost")
        .with("password", "short")
        .with("first_name", " ")
        .with("state", "x".repeat(101))
        .with("zip", "x".repeat(40))
        .with("plan", "platinum")
        .with("card_number", "4242424242424241")
        .with("expiry_month", 13)
        .with("expiry_year", "soon")
        .with("cvv", "12");
    let (_, errors) = refused(&service, &person).await;
    let expected = [
        "email",
        "password",
        "first_name",
        "state",
        "zip",
        "plan",
        "card_number",
        "expiry_month",
        "expiry_year",
        "cvv",
    ];
    let mut found = fields(&errors);
    found.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_the_country_needs_is_asked_for_by_its_name_there() {
    let service = Service::start().await;
    for (country, expected) in [
        (
            "US",
            &["Enter a city.", "Enter a state.", "Enter a ZIP code."][..],
        ),
        ("DE", &["Enter a city.", "Enter a postal code."]),
        ("GB", &["Enter a town or city.", "Enter a postal code."]),
        ("HK", &["Enter an area."]),
        ("JP", &["Enter a prefecture.", "Enter a postal code."]),
    ] {
        let person = Person::new("ada@example.com")
            .with("country", country)
            .without(&["city", "state", "zip"]);
        let answer = service.sign_up(&person).await;
        let problem = service.problem(&answer, 422, "invalid-input").await;
        let errors = problem["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| error["code"] == "required"));
        let told: Vec<&str> = errors
            .iter()
            .map(|error| error["message"].as_str().unwrap())
            .collect();
        assert_eq!(told, expected, "{country}");
    }
}

#[tokio::test]
async fn a_country_that_there_is_not_is_refused() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").with("country", "ZZ");
    let (_, errors) = refused(&service, &person).await;
    assert_eq!(fields(&errors), ["country"]);
}

#[tokio::test]
async fn an_unknown_field_is_named_beside_the_other_faults() {
    let service = Service::start().await;
    let person = Person::new("not an address")
        .with("nickname", "Countess")
        .with("isAdmin", true);
    let (_, errors) = refused(&service, &person).await;
    let unknown = |field: &str| (field.to_owned(), "unknown_field".to_owned());
    assert!(errors.contains(&unknown("nickname")), "{errors:?}");
    assert!(errors.contains(&unknown("isAdmin")), "{errors:?}");
    assert!(fields(&errors).contains(&"email"), "{errors:?}");
}

#[tokio::test]
async fn a_field_in_both_spellings_is_refused() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").with("firstName", "Augusta");
    let (_, errors) = refused(&service, &person).await;
    assert_eq!(errors, [("first_name".to_owned(), "duplicate".to_owned())]);
}

#[tokio::test]
async fn a_token_beside_a_card_is_refused() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").with("payment_method", "tok_visa");
    let (_, errors) = refused(&service, &person).await;
    assert_eq!(
        errors,
        [("payment_method".to_owned(), "conflict".to_owned())]
    );
}

#[tokio::test]
async fn no_secret_is_repeated_whatever_is_wrong_with_it() {
    let service = Service::start().await;
    let wrong = [
        ("card_number", json!("4242424242424241")),
        ("card_number", json!(4242424242424241_u64)),
        ("card_number", json!("4242-4242-4242-4242-4242-4242")),
        ("cvv", json!("98765")),
        ("cvv", json!("canary-cvv")),
        ("password", json!("lovelac")),
        ("password", json!("canary\u{7}password in a sentence")),
        ("payment_method", json!("canary token with spaces")),
        ("expiry_month", json!("canary-month")),
        ("email", json!("canary-address")),
    ];
    for (field, value) in wrong {
        let (answer, errors) = refused(
            &service,
            &Person::new("ada@example.com").with(field, value.clone()),
        )
        .await;
        assert!(fields(&errors).contains(&field), "{errors:?}");
        let sent = value.as_str().map_or(value.to_string(), ToOwned::to_owned);
        assert!(!answer.text().contains(&sent), "{}", answer.text());
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_card_number_in_the_place_of_a_name_is_not_repeated() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").with("4000056655665556", "x");
    let (answer, errors) = refused(&service, &person).await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(!answer.text().contains("4000056655665556"));
}

#[tokio::test]
async fn a_password_that_holds_the_name_or_is_common_is_refused() {
    let service = Service::start().await;
    for password in [
        "password1234567",
        "Lovelace is my name",
        "aaaaaaaaaaaaaaaaaaaa",
    ] {
        let person = Person::new("ada@example.com").with("password", password);
        let (_, errors) = refused(&service, &person).await;
        assert_eq!(fields(&errors), ["password"], "{password}");
    }
}

#[tokio::test]
async fn raw_cards_are_refused_where_the_operator_switched_them_off() {
    let service = Service::with(&[("gateway.accept_raw_cards", "false")]).await;
    let (_, errors) = refused(&service, &Person::new("ada@example.com")).await;
    assert_eq!(
        errors,
        [("card_number".to_owned(), "not_accepted".to_owned())]
    );
    let with_token = Person::new("ada@example.com").with_token("tok_visa");
    assert_eq!(service.sign_up(&with_token).await.status, 201);
}
