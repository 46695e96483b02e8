//! `POST /api/users`: `201` and `202`.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::{PRO_AMOUNT_MINOR, Person, expiry_year};
use crate::service::{Service, until};

#[tokio::test]
async fn everything_exists_after_one_request() {
    let service = Service::start().await;
    let answer = service.sign_up(&Person::new("ada@example.com")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let body = answer.json();
    assert_eq!(
        body["message"],
        "User registered successfully! Please check your email for verification."
    );
    assert_eq!(body["user"]["email"], "ada@example.com");
    assert_eq!(body["user"]["email_verified_at"], Value::Null);
    let profile = json!({
        "first_name": "Ada", "last_name": "Lovelace", "address": "12 St James's Square",
        "address_line2": null, "city": "Springfield", "state": "IL", "zip": "62701", "country": "US",
    });
    assert_eq!(body["profile"], profile);
    let billing = json!({
        "brand": "visa", "last4": "4242", "expiry_month": 12, "expiry_year": expiry_year(),
    });
    assert_eq!(body["billing"], billing);
    let registration = &body["registration"];
    assert_eq!(registration["status"], "awaiting_verification");
    assert!(registration["verify_by"].is_string(), "{registration}");
    let location = format!(
        "/api/registrations/{}",
        registration["id"].as_str().unwrap()
    );
    assert_eq!(answer.header("location"), location);
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn the_answer_the_gateway_and_the_tables_tell_the_same() {
    let service = Service::start().await;
    let body = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .json();
    let subscription = &body["subscription"];
    let held = service.only("subscriptions").await;
    for (member, expected) in [
        ("id", &held["id"]),
        ("plan", &json!("pro")),
        ("status", &json!("active")),
        ("amount_minor", &json!(PRO_AMOUNT_MINOR)),
        ("currency", &json!("USD")),
        ("current_period_end", &held["current_period_end"]),
    ] {
        assert_eq!(&subscription[member], expected, "{member}");
    }
    assert_eq!(
        service.only("charges").await["amount_minor"],
        PRO_AMOUNT_MINOR
    );
    let customer = service.only("customers").await;
    assert_eq!(customer["registration_id"], body["registration"]["id"]);
    let tables = service.tables();
    let text = |sql: &str| tables.text(sql).unwrap();
    assert_eq!(text("SELECT id FROM users"), body["user"]["id"]);
    assert_eq!(
        text("SELECT payment_gateway_customer_id FROM billing_info"),
        customer["id"]
    );
    assert_eq!(text("SELECT card_number FROM billing_info"), "•••• 4242");
    assert_eq!(text("SELECT cvc_check FROM billing_info"), "pass");
    assert_eq!(tables.text("SELECT cvv_hash FROM billing_info"), None);
    assert_eq!(
        text("SELECT payment_gateway_subscription_id FROM subscriptions"),
        subscription["id"]
    );
}

#[tokio::test]
async fn both_spellings_numbers_as_text_and_spaced_card_numbers_are_read() {
    let service = Service::start().await;
    let year = expiry_year().to_string();
    let camel_case = json!({
        "email": "ada@example.com", "password": "correct horse battery staple 7",
        "firstName": "Ada", "lastName": "Lovelace", "address": "12 Main Street",
        "addressLine2": "Flat 3", "city": "Springfield", "state": "IL", "zip": 62701,
        "country": "us", "plan": "starter", "cardNumber": "4242 4242-4242 4242",
        "expiryMonth": "7", "expiryYear": year, "cvv": 123,
    });
    let answer = service.post("/api/users", &camel_case, &[]).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["profile"]["address_line2"], "Flat 3");
    assert_eq!(body["profile"]["zip"], "62701");
    assert_eq!(body["profile"]["country"], "US");
    assert_eq!(body["billing"]["expiry_month"], 7);
    assert_eq!(body["subscription"]["plan"], "starter");
}

#[tokio::test]
async fn what_the_country_has_not_may_be_left_out_and_is_stored_empty() {
    let service = Service::start().await;
    let german = Person::new("german@example.com")
        .with("country", "DE")
        .with("zip", "10115")
        .without(&["state"]);
    let of_macao = Person::new("macao@example.com")
        .with("country", "MO")
        .without(&["city", "state", "zip"]);
    for (person, expected) in [
        (german, ["Springfield", "", "10115"]),
        (of_macao, ["", "", ""]),
    ] {
        let answer = service.sign_up(&person).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let profile = &answer.json()["profile"];
        let told = ["city", "state", "zip"].map(|part| profile[part].clone());
        assert_eq!(told, expected);
    }
    let tables = service.tables();
    let stored = tables.text("SELECT group_concat(state || zip, ' ') FROM profiles");
    assert_eq!(stored.unwrap().trim(), "10115");
    assert_eq!(service.live().await.customers, 2);
}

#[tokio::test]
async fn what_the_country_has_not_is_taken_all_the_same() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com")
        .with("country", "DE")
        .with("state", "Berlin")
        .with("zip", "10115");
    let answer = service.sign_up(&person).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["profile"]["state"], "Berlin");
}

#[tokio::test]
async fn a_free_plan_and_no_plan_make_no_subscription() {
    let service = Service::start().await;
    let free = Person::new("free@example.com").with("plan", "free");
    let none = Person::new("none@example.com").without(&["plan"]);
    for person in [free, none] {
        let answer = service.sign_up(&person).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(answer.json()["subscription"], Value::Null);
        assert_eq!(answer.json()["billing"]["last4"], "4242");
    }
    let live = service.live().await;
    assert_eq!(
        (live.customers, live.subscriptions, live.charges),
        (2, 0, 0)
    );
    assert_eq!(service.tables().count("users"), 2);
    assert_eq!(service.tables().count("subscriptions"), 0);
}

#[tokio::test]
async fn a_free_sign_up_needs_no_card_where_only_paid_plans_do() {
    let service = Service::with(&[("billing.card", "paid_plans")]).await;
    let free = Person::new("free@example.com")
        .with("plan", "free")
        .without_card();
    let answer = service.sign_up(&free).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["billing"], Value::Null);
    assert_eq!(service.live().await.customers, 1);

    let paid = Person::new("paid@example.com").without_card();
    let answer = service.sign_up(&paid).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        ["card_number", "expiry_month", "expiry_year", "cvv"]
    );
}

#[tokio::test]
async fn a_token_of_the_browser_pays_as_a_card_does() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").with_token("tok_visa");
    let answer = service.sign_up(&person).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["billing"]["last4"], "4242");
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn a_client_that_does_not_wait_is_answered_at_once_and_can_follow() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let answer = service.sign_up_preferring("respond-async", &person).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(answer.header("preference-applied"), "respond-async");
    let begun = answer.begun();
    assert_eq!(
        answer.header("location"),
        format!("/api/registrations/{}", begun.id)
    );
    assert_eq!(answer.json()["registration"]["status"], "running");
    service.follow_until(&begun, "awaiting_verification").await;
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn a_client_that_waits_long_enough_gets_the_outcome() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    let answer = service.sign_up_preferring("wait=10", &person).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("preference-applied"), "wait=10");
}

#[tokio::test]
async fn a_registration_that_outlasts_the_wait_is_answered_202_and_goes_on() {
    let service = Service::start().await;
    // The call pends until it times out, which takes longer than this client waits.
    let hang = json!({"step": "create_customer", "kind": "hang", "count": 1});
    service.switch_on(hang).await;
    let person = Person::new("ada@example.com");
    let answer = service.sign_up_preferring("wait=0", &person).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(answer.header("preference-applied"), "wait=0");
    let begun = answer.begun();
    assert_eq!(service.follow(&begun).await["status"], "running");
}

#[tokio::test]
async fn an_address_is_taken_however_it_is_spelled() {
    let service = Service::start().await;
    let first = Person::new("Jane@bücher.example");
    assert_eq!(service.sign_up(&first).await.status, 201);
    let spellings = [
        "Jane@bücher.example",
        "jane@BÜCHER.example",
        "  jane@xn--bcher-kva.example ",
        // Decomposed, and in full-width letters.
        "jane@bu\u{308}cher.example",
        "\u{ff2a}ane@bücher.example",
    ];
    for spelling in spellings {
        let answer = service.sign_up(&Person::new(spelling)).await;
        let problem = service.problem(&answer, 409, "email-taken").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("Nothing was created"), "{detail}");
    }
    service.assert_one_paid_account().await;
}

#[tokio::test]
async fn an_address_with_a_registration_under_way_is_taken() {
    let service = Service::start().await;
    let hang = json!({"step": "create_customer", "kind": "hang", "count": 1});
    service.switch_on(hang).await;
    let person = Person::new("ada@example.com");
    let first = service.sign_up_preferring("wait=0", &person).await;
    assert_eq!(first.status, 202);
    let second = service.sign_up(&person).await;
    service.problem(&second, 409, "email-taken").await;
    assert_eq!(service.tables().count("registrations"), 1);
}

#[tokio::test]
async fn too_many_sign_ups_are_told_when_to_come_back() {
    let service = Service::with(&[
        ("limits.enabled", "true"),
        ("limits.sign_up_burst", "2"),
        ("limits.sign_ups_per_minute", "1"),
    ])
    .await;
    let attempt = |number: u8| {
        let person = Person::new(&format!("ada{number}@example.com"));
        let service = &service;
        async move { service.sign_up(&person).await }
    };
    assert_eq!(attempt(1).await.status, 201);
    assert_eq!(attempt(2).await.status, 201);
    let limited: Answer = attempt(3).await;
    service.problem(&limited, 429, "rate-limited").await;
    assert!((1..=60).contains(&limited.retry_after()));
    assert_eq!(service.tables().count("registrations"), 2);
    let page = service
        .sign_up_on_page("a-key", &Person::new("ada3@example.com"))
        .await;
    assert_eq!(page.status, 429);
    assert!(
        (1..=60).contains(&page.retry_after()),
        "the page says so too"
    );
}

#[tokio::test]
async fn a_mail_is_sent_without_being_waited_for() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com");
    assert_eq!(service.sign_up(&person).await.status, 201);
    let mail = service.mail_to("ada@example.com", 1).await;
    assert!(mail.text.contains("Hello Ada"), "{}", mail.text);
    assert!(mail.text.contains("$29.00"), "{}", mail.text);
    until("the job is done", async || {
        let jobs = "SELECT count(*) FROM jobs WHERE status <> 'done'";
        (service.tables().number(jobs) == 0).then_some(())
    })
    .await;
}
