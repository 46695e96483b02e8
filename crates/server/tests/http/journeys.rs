//! The journey in three steps: e-mail, link or code, profile, card, done.

use axum::body::Body;
use axum::http::{Request, header};
use enlist::system::SystemClock;
use enlist_registration::ports::Clock;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::answer::{Answer, Begun, Mail};
use crate::person::{DECLINED_CARD, GOOD_CARD, PASSWORD, Person, expiry_year};
use crate::service::{Service, json_request, until};
use crate::tables::Tables;

const ADDRESS: &str = "ada@example.com";

/// Somebody on the journey, with what they may go on with.
struct Traveller<'s> {
    service: &'s Service,
    begun: Begun,
}

impl<'s> Traveller<'s> {
    async fn sets_out(service: &'s Service, address: &str) -> Self {
        let answer = begin(service, address).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let begun = answer.begun();
        Self { service, begun }
    }

    /// Has typed the code of the newest of `mails` mails.
    async fn proved(service: &'s Service, address: &str, mails: usize) -> Self {
        let traveller = Self::sets_out(service, address).await;
        let mail = service.mail_to(address, mails).await;
        let answer = service.type_code(&traveller.begun, &mail.code).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        traveller
    }

    /// Has said everything but the last step.
    async fn ready(service: &'s Service, address: &str, mails: usize) -> Self {
        let traveller = Self::proved(service, address, mails).await;
        for answer in [
            traveller.gives_profile("Ada").await,
            traveller.gives_card(GOOD_CARD).await,
        ] {
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        traveller
    }

    async fn sends(&self, method: &str, part: &str, body: &Value) -> Answer {
        let path = format!("/api/registrations/{}{part}", self.begun.id);
        let bearer = format!("Bearer {}", self.begun.token);
        let mut request = json_request(&path, body, &[("authorization", bearer.as_str())]);
        *request.method_mut() = method.parse().unwrap();
        self.service.send(request).await
    }

    async fn gives_profile(&self, first_name: &str) -> Answer {
        self.sends("PUT", "/profile", &profile(first_name)).await
    }

    async fn gives_card(&self, number: &str) -> Answer {
        self.sends("PUT", "/payment-method", &card(number)).await
    }

    async fn completes(&self, plan: &str) -> Answer {
        let body = json!({ "password": PASSWORD, "plan": plan });
        self.sends("POST", "/completion", &body).await
    }

    async fn completes_under(&self, key: &str, plan: &str) -> Answer {
        let path = format!("/api/registrations/{}/completion", self.begun.id);
        let bearer = format!("Bearer {}", self.begun.token);
        let body = json!({ "password": PASSWORD, "plan": plan });
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
        self.service
            .send(json_request(&path, &body, &headers))
            .await
    }

    async fn looks(&self) -> Value {
        let looked = self
            .service
            .follow_with(&self.begun.id, Some(&self.begun.token));
        let answer = looked.await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

async fn begin(service: &Service, address: &str) -> Answer {
    let body = json!({ "email": address });
    service.post("/api/registrations", &body, &[]).await
}

fn profile(first_name: &str) -> Value {
    json!({
        "first_name": first_name,
        "last_name": "Lovelace",
        "address": "12 St James's Square",
        "city": "Springfield",
        "state": "IL",
        "zip": "62701",
    })
}

fn card(number: &str) -> Value {
    json!({
        "card_number": number,
        "expiry_month": 12,
        "expiry_year": expiry_year(),
        "cvv": "123",
    })
}

/// A program uses the mailed link, in a browser's place: with the cookie, or with none.
async fn use_link(service: &Service, mail: &Mail, cookie: Option<&str>) -> Answer {
    let mut request = Request::post(&mail.link).header(header::ACCEPT, "application/json");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    service.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn whoever_walks_the_journey_has_an_account_at_its_end_and_nothing_before() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let stands = ada.looks().await;
    assert_eq!(stands["registration"]["status"], "pending");
    assert_eq!(stands["registration"]["next"], "verification");
    let mail = service.mail_to(ADDRESS, 1).await;
    let verified = service.type_code(&ada.begun, &mail.code).await;
    assert_eq!(verified.json()["registration"]["next"], "profile");
    let told = ada.gives_profile("Ada").await;
    assert_eq!(told.json()["registration"]["next"], "payment_method");
    let paid = ada.gives_card(GOOD_CARD).await;
    assert_eq!(paid.json()["registration"]["next"], "completion");
    assert_eq!(paid.json()["journey"]["billing"]["last4"], "4242");
    let users = "SELECT count(*) FROM users";
    assert_eq!(service.tables().number(users), 0);
    assert_eq!(service.ledger().await["customers"], json!([]));

    let done = ada.completes("pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    let body = done.json();
    assert_eq!(body["message"], "User registered successfully!");
    assert_eq!(body["registration"]["status"], "registered");
    assert_eq!(body["registration"]["id"], ada.begun.id.as_str());
    assert_eq!(body["access_token"], ada.begun.token.as_str());
    assert_eq!(body["profile"]["first_name"], "Ada");
    assert_eq!(body["subscription"]["plan"], "pro");
    assert!(body["user"]["email_verified_at"].is_string());
    let location = format!("/api/registrations/{}", ada.begun.id);
    assert_eq!(done.header("location"), location);
    service.assert_one_paid_account_of_a_journey().await;
    let mails = service.get("/mailbox/messages").await.json();
    assert_eq!(
        mails.as_array().unwrap().len(),
        1,
        "nothing is left to be verified"
    );
}

#[tokio::test]
async fn each_step_can_be_repeated_and_corrected_until_the_last() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let corrected = ada.gives_profile("Augusta").await;
    assert_eq!(
        corrected.json()["journey"]["profile"]["first_name"],
        "Augusta"
    );
    let another = ada.gives_card("5555555555554444").await;
    assert_eq!(another.json()["journey"]["billing"]["brand"], "mastercard");
    let done = ada.completes("pro").await;
    assert_eq!(done.json()["profile"]["first_name"], "Augusta");
    assert_eq!(done.json()["billing"]["last4"], "4444");
    let late = ada.gives_profile("Ada").await;
    service.problem(&late, 409, "registration-begun").await;
}

#[tokio::test]
async fn what_is_missing_is_named_in_order_and_nothing_is_done() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    for answer in [
        ada.gives_profile("Ada").await,
        ada.gives_card(GOOD_CARD).await,
        ada.completes("pro").await,
    ] {
        let problem = service
            .problem(&answer, 409, "registration-incomplete")
            .await;
        assert_eq!(problem["next"], "verification");
    }
    let mail = service.mail_to(ADDRESS, 1).await;
    service.type_code(&ada.begun, &mail.code).await;
    let problem = ada.completes("pro").await.json();
    assert_eq!(problem["next"], "profile");
    ada.gives_profile("Ada").await;
    let problem = ada.completes("pro").await.json();
    assert_eq!(problem["next"], "payment_method");
    assert_eq!(service.ledger().await["customers"], json!([]));
}

#[tokio::test]
async fn fields_that_are_not_in_order_or_belong_elsewhere_are_named_at_once() {
    let service = Service::start().await;
    let refused = begin(&service, "no address").await;
    service.problem(&refused, 422, "invalid-input").await;
    let ada = Traveller::proved(&service, ADDRESS, 1).await;
    let misplaced = json!({ "first_name": "Ada", "password": PASSWORD, "admin": true });
    let answer = ada.sends("PUT", "/profile", &misplaced).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(fields(&problem), ["admin", "password"]);
    let answer = ada
        .sends("PUT", "/profile", &json!({ "first_name": "Ada" }))
        .await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(
        fields(&problem),
        ["last_name", "address", "city", "state", "zip"]
    );
    let wrong = json!({ "card_number": "4242424242424241", "plan": "gold" });
    let answer = ada.sends("PUT", "/payment-method", &wrong).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert!(fields(&problem).contains(&"plan".to_owned()), "{problem}");
    assert!(
        fields(&problem).contains(&"card_number".to_owned()),
        "{problem}"
    );
    assert!(!answer.text().contains("4242"), "no card is repeated");
    ada.gives_profile("Ada").await;
    ada.gives_card(GOOD_CARD).await;
    let weak = json!({ "password": "ada lovelace", "plan": "gold" });
    let answer = ada.sends("POST", "/completion", &weak).await;
    let problem = service.problem(&answer, 422, "invalid-input").await;
    assert_eq!(fields(&problem), ["password", "plan"]);
}

fn fields(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().unwrap();
    let names = errors.iter().map(|error| error["field"].as_str().unwrap());
    names.map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn after_a_decline_another_card_completes_the_same_journey() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    let declined = ada.completes("pro").await;
    let problem = service.problem(&declined, 402, "card-declined").await;
    let undone = service.follow_until(&ada.begun, "undone").await;
    assert_eq!(undone["failure"]["reason"], "declined", "{problem}");
    service.assert_nothing_is_left().await;

    let corrected = ada.gives_card(GOOD_CARD).await;
    assert_eq!(corrected.json()["registration"]["next"], "completion");
    let done = ada.completes("pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    let second = done.begun();
    assert_ne!(
        second.id, ada.begun.id,
        "another registration, with new keys at the gateway"
    );
    assert_eq!(service.follow(&second).await["status"], "registered");
    assert_eq!(ada.looks().await["registration"]["id"], second.id.as_str());
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn a_card_that_was_declined_is_not_used_again_whatever_else_is_corrected() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    assert_eq!(ada.completes("pro").await.status, 402);
    let corrected = ada.gives_profile("Augusta").await.json();
    let looked = ada.looks().await;
    assert_eq!(looked["registration"]["status"], "undone");
    for told in [corrected, looked] {
        assert_eq!(told["registration"]["next"], "payment_method", "{told}");
        assert_eq!(told["journey"]["has_payment_method"], false, "{told}");
    }
    let again = ada.completes("pro").await;
    let problem = service
        .problem(&again, 409, "registration-incomplete")
        .await;
    assert_eq!(problem["next"], "payment_method");
    ada.gives_card(GOOD_CARD).await;
    let done = ada.completes("pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.json()["profile"]["first_name"], "Augusta");
}

#[tokio::test]
async fn after_a_decline_a_free_plan_is_completed_without_the_card_and_however_often() {
    let service = Service::with(&[("billing.card", "paid_plans"), ("gateway.attempts", "1")]).await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    assert_eq!(ada.completes("pro").await.status, 402);
    let away = json!({"step": "create_customer", "kind": "refuse", "rate": 1.0});
    service.switch_on(away).await;
    let failed = ada.completes("free").await;
    assert_eq!(failed.status, 503, "{}", failed.text());
    service.clear_faults().await;
    until("it is taken back", async || {
        let status = ada.looks().await["registration"]["status"].clone();
        (status == "undone").then_some(())
    })
    .await;
    let told = ada.looks().await;
    assert_eq!(told["journey"]["has_payment_method"], false, "{told}");
    let done = ada.completes("free").await;
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.json()["billing"], Value::Null);
}

#[tokio::test]
async fn the_card_of_a_customer_who_was_deleted_is_not_used_again() {
    let service = Service::with(&[("gateway.attempts", "1")]).await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let away = json!({"step": "start_subscription", "kind": "refuse", "rate": 1.0});
    service.switch_on(away).await;
    let failed = ada.completes("pro").await;
    assert_eq!(failed.status, 503, "{}", failed.text());
    service.clear_faults().await;
    service.assert_nothing_is_left().await;
    let next = until("it is taken back", async || {
        let told = ada.looks().await["registration"].clone();
        (told["status"] == "undone").then(|| told["next"].clone())
    });
    assert_eq!(next.await, "payment_method");
    let again = ada.completes("pro").await;
    let problem = service
        .problem(&again, 409, "registration-incomplete")
        .await;
    assert_eq!(problem["next"], "payment_method");
}

#[tokio::test]
async fn a_journey_that_expired_after_a_decline_is_over() {
    let service = Service::with(&[("verification.deadline", "2s")]).await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    assert_eq!(ada.completes("pro").await.status, 402);
    let over = until("the journey has expired", async || {
        let answer = ada.gives_card(GOOD_CARD).await;
        (answer.status != 200 && answer.status != 409).then_some(answer)
    })
    .await;
    service.problem(&over, 410, "verification-expired").await;
    let late = ada.completes("pro").await;
    service.problem(&late, 410, "verification-expired").await;
    // What became of the attempt can still be looked up.
    assert_eq!(ada.looks().await["registration"]["status"], "undone");
}

#[tokio::test]
async fn the_last_step_sent_again_is_answered_again_and_another_is_not_taken_for_it() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let (one, other) = tokio::join!(ada.completes("pro"), ada.completes("pro"));
    let statuses = [one.status, other.status];
    assert!(statuses.contains(&201), "{statuses:?}");
    assert!(
        statuses.iter().all(|status| [201, 409].contains(status)),
        "{statuses:?}"
    );
    let again = ada.completes("pro").await;
    assert_eq!(again.status, 201);
    assert_eq!(
        again.json()["user"],
        one.json()
            .get("user")
            .or(other.json().get("user"))
            .cloned()
            .unwrap()
    );
    let otherwise = json!({ "password": "quite another sentence of mine", "plan": "pro" });
    for answer in [
        ada.sends("POST", "/completion", &otherwise).await,
        ada.completes("free").await,
    ] {
        service.problem(&answer, 409, "registration-begun").await;
    }
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn the_last_step_sent_again_while_it_is_carried_out_is_told_so() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    service.hold_at("create_customer").await;
    let path = format!("/api/registrations/{}/completion", ada.begun.id);
    let bearer = format!("Bearer {}", ada.begun.token);
    let body = json!({ "password": PASSWORD, "plan": "pro" });
    let headers = [
        ("authorization", bearer.as_str()),
        ("prefer", "respond-async"),
    ];
    let begun = service.send(json_request(&path, &body, &headers)).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let again = ada.completes("pro").await;
    let problem = service.problem(&again, 409, "registration-running").await;
    // Nobody has sent one.
    let detail = problem["detail"].as_str().unwrap();
    assert!(!detail.contains("Idempotency-Key"), "{detail}");
    service.clear_faults().await;
}

#[tokio::test]
async fn a_repeat_of_the_last_step_gets_the_same_bytes_whatever_came_of_it() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    // It attaches, cannot be charged, and is undone.
    ada.gives_card("4000000000000341").await;
    let declined = ada.completes_under("first", "pro").await;
    assert_eq!(declined.status, 402, "{}", declined.text());
    service.follow_until(&ada.begun, "undone").await;
    let told = service.problem(&declined, 402, "card-declined").await;
    for _ in 0..2 {
        let again = ada.completes_under("first", "pro").await;
        let repeated = service.problem(&again, 402, "card-declined").await;
        assert_eq!(told["decline_code"], repeated["decline_code"]);
        assert_eq!(told["registration"]["id"], repeated["registration"]["id"]);
    }
    let registrations = "SELECT count(*) FROM registrations";
    assert_eq!(service.tables().number(registrations), 1, "tried once");

    // With other entries the key is another request's; a new one is another attempt.
    ada.gives_card(GOOD_CARD).await;
    let reused = ada.completes_under("first", "pro").await;
    service
        .problem(&reused, 422, "idempotency-key-reused")
        .await;
    let done = ada.completes_under("second", "pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    for again in [
        ada.completes_under("second", "pro").await,
        ada.completes("pro").await,
    ] {
        assert_eq!(again.status, 201);
        assert_eq!(again.body, done.body, "{}", again.text());
        assert_eq!(again.header("location"), done.header("location"));
    }
    let other = ada.completes_under("second", "free").await;
    service.problem(&other, 422, "idempotency-key-reused").await;
    let none = ada.completes_under("two words", "pro").await;
    service.problem(&none, 400, "invalid-idempotency-key").await;
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn of_one_last_step_sent_twice_at_once_one_is_carried_out() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    let (one, other) = tokio::join!(
        ada.completes_under("a-key", "pro"),
        ada.completes_under("a-key", "pro")
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!(matches!(statuses, [201, 201 | 409]), "{statuses:?}");
    assert_eq!(ada.completes_under("a-key", "pro").await.status, 201);
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn journeys_for_one_address_end_with_one_account() {
    let service = Service::start().await;
    let mut travellers = Vec::new();
    for count in 1..=4 {
        travellers.push(Traveller::ready(&service, ADDRESS, count).await);
    }
    let (a, b, c, d) = tokio::join!(
        travellers[0].completes("pro"),
        travellers[1].completes("pro"),
        travellers[2].completes("pro"),
        travellers[3].completes("pro"),
    );
    let mut statuses = [a.status, b.status, c.status, d.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn an_address_with_an_account_is_answered_alike_and_only_its_owner_is_told() {
    let service = Service::start().await;
    let owner = service.sign_up(&Person::new(ADDRESS)).await;
    assert_eq!(owner.status, 201);
    let _verification = service.mail_to(ADDRESS, 1).await;
    let known = begin(&service, "Ada@Example.com").await;
    let unknown = begin(&service, "grace@example.com").await;
    assert_eq!(blurred(&known), blurred(&unknown));
    let told = until("the owner is told", async || {
        let mails = service.get("/mailbox/messages").await.json();
        let mut mails = mails.as_array().unwrap().clone().into_iter();
        mails.find(|mail| mail["to"] == "Ada@example.com")
    })
    .await;
    assert_eq!(told["subject"], "You have an account already");
    for part in ["text", "html"] {
        let text = told[part].as_str().unwrap();
        assert!(!text.contains("/verify/"), "nobody gets in by it: {text}");
    }
    // Whoever guessed is none the wiser.
    let guess = service.type_code(&known.begun(), "000000").await;
    let other_guess = service.type_code(&unknown.begun(), "000000").await;
    assert_eq!(guess.status, other_guess.status);
}

/// An answer without what differs from one registration to the next.
fn blurred(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.json();
    for member in ["id", "created_at", "expires_at", "verify_by"] {
        assert!(body["registration"][member].take().is_string(), "{member}");
    }
    assert!(body["access_token"].take().is_string());
    let headers = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status, headers, body)
}

/// Not a limit on a time: whether the one kind of answer takes longer than the other more often than chance
/// would have it. Of two kinds that take equally long, one is slower in half of all pairs.
#[tokio::test]
async fn how_long_the_answer_takes_does_not_tell_whether_the_address_is_known() {
    const PAIRS: usize = 150;
    const MOST_UNEVEN: f64 = 0.15;
    let service = Service::with(&[
        ("limits.enabled", "false"),
        ("passwords.memory_kib", "8"),
        ("passwords.passes", "1"),
    ])
    .await;
    for number in 0..PAIRS {
        let person = Person::new(&format!("known{number}@example.com"));
        let person = person.without(&["plan"]);
        let answer = service.sign_up(&person).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..PAIRS {
        // Which goes first changes, so that neither always follows the other.
        for is_known in [number % 2 == 0, number % 2 != 0] {
            let name = if is_known { "known" } else { "other" };
            let asked_at = SystemClock.now();
            let answer = begin(&service, &format!("{name}{number}@example.com")).await;
            let took = SystemClock.now().duration_since(asked_at);
            assert_eq!(answer.status, 202);
            if is_known { &mut known } else { &mut unknown }.push(took);
        }
    }
    let pairs = known
        .iter()
        .flat_map(|one| unknown.iter().map(move |other| (one, other)));
    let slower = pairs.map(|(one, other)| match one.cmp(other) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    });
    let share = slower.sum::<f64>() / (PAIRS * PAIRS) as f64;
    known.sort();
    unknown.sort();
    let medians = (known[PAIRS / 2], unknown[PAIRS / 2]);
    eprintln!("a known address is slower in {share:.3} of all pairs; medians {medians:?}");
    assert!(
        (share - 0.5).abs() < MOST_UNEVEN,
        "{share:.3}, medians {medians:?}"
    );
}

#[tokio::test]
async fn the_link_goes_on_in_another_browser_and_not_in_the_one_that_only_knows_the_address() {
    let service = Service::start().await;
    let starter = Traveller::sets_out(&service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let page = service.open(&mail.link).await;
    assert_eq!(page.status, 200, "looking uses nothing up");
    let used = use_link(&service, &mail, None).await;
    assert_eq!(used.status, 200, "{}", used.text());
    assert_eq!(used.json()["registration"]["next"], "profile");
    let token = used.json()["access_token"].as_str().unwrap().to_owned();
    assert_ne!(token, starter.begun.token);
    let reader = Traveller {
        service: &service,
        begun: Begun {
            id: starter.begun.id.clone(),
            token,
        },
    };
    let told = reader.gives_profile("Ada").await;
    assert_eq!(told.status, 200, "{}", told.text());

    let refused = starter.gives_profile("Mallory").await;
    service.problem(&refused, 403, "confirmed-elsewhere").await;
    assert!(
        starter.looks().await.get("journey").is_none(),
        "nothing is shown to them"
    );
    let refused = starter.completes("free").await;
    service.problem(&refused, 403, "confirmed-elsewhere").await;

    // Unless they read the same mail.
    let proved = service.type_code(&starter.begun, &mail.code).await;
    assert_eq!(proved.json()["journey"]["profile"]["first_name"], "Ada");
    assert_eq!(starter.gives_card(GOOD_CARD).await.status, 200);
    let done = reader.completes("pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
}

#[tokio::test]
async fn in_the_browser_that_began_the_journey_the_link_leads_on() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let cookie = format!("enlist_registration={}.{}", ada.begun.id, ada.begun.token);
    let used = use_link(&service, &mail, Some(&cookie)).await;
    assert_eq!(used.json()["access_token"], ada.begun.token.as_str());
    assert_eq!(ada.gives_profile("Ada").await.status, 200);
}

#[tokio::test]
async fn a_link_works_once_and_another_mail_has_another() {
    let service = Service::with(&[("verification.resend_after", "0s")]).await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let first = service.mail_to(ADDRESS, 1).await;
    assert_eq!(use_link(&service, &first, None).await.status, 200);
    let again = use_link(&service, &first, None).await;
    service.problem(&again, 410, "link-used").await;
    let cookie = format!("enlist_registration={}.{}", ada.begun.id, ada.begun.token);
    let stolen = use_link(&service, &first, Some(&cookie)).await;
    service.problem(&stolen, 410, "link-used").await;
    assert_eq!(service.ask_for_mail(&ada.begun).await.status, 202);
    let second = service.mail_to(ADDRESS, 2).await;
    assert_ne!(second.link, first.link);
    let used = use_link(&service, &second, None).await;
    assert_eq!(used.status, 200, "{}", used.text());
    let forged = Mail {
        link: second
            .link
            .replace(&ada.begun.id.replace('-', ""), &"0".repeat(32)),
        ..second
    };
    let answer = use_link(&service, &forged, None).await;
    service.problem(&answer, 404, "not-found").await;
}

#[tokio::test]
async fn five_wrong_codes_close_the_door_for_the_right_one_but_not_for_the_link() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let wrong = if mail.code == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 1..=4 {
        let answer = service.type_code(&ada.begun, wrong).await;
        service.problem(&answer, 422, "wrong-code").await;
    }
    for code in [wrong, &mail.code] {
        let answer = service.type_code(&ada.begun, code).await;
        service.problem(&answer, 429, "code-exhausted").await;
    }
    assert_eq!(use_link(&service, &mail, None).await.status, 200);
}

#[tokio::test]
async fn what_is_no_code_costs_no_try_and_dashes_are_forgiven() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    for code in ["", " - ", "12345", "1234567", "12345a"] {
        let answer = service.type_code(&ada.begun, code).await;
        let problem = service.problem(&answer, 422, "wrong-code").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("A code is 6 digits long."), "{detail}");
    }
    let tried = "SELECT code_attempts FROM pending_registrations";
    assert_eq!(service.tables().number(tried), 0);
    let (first, second) = mail.code.split_at(3);
    let dashed = format!("{first}-{second}");
    assert_eq!(service.type_code(&ada.begun, &dashed).await.status, 200);
}

#[tokio::test]
async fn a_journey_that_nobody_goes_on_with_is_forgotten() {
    let service = Service::with(&[
        ("verification.deadline", "1s"),
        ("registration.sweep_interval", "100ms"),
    ])
    .await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let gone = until("it is over", async || {
        let answer = service
            .follow_with(&ada.begun.id, Some(&ada.begun.token))
            .await;
        (answer.status == 404).then_some(answer)
    })
    .await;
    service.problem(&gone, 404, "not-found").await;
    let late = use_link(&service, &mail, None).await;
    service.problem(&late, 410, "verification-expired").await;
}

/// The link used elsewhere, and everything said there; with what they go on with.
async fn read_elsewhere(service: &Service) -> (Begun, Mail) {
    let ada = Traveller::sets_out(service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let used = use_link(service, &mail, None).await.json();
    let token = used["access_token"].as_str().unwrap().to_owned();
    let id = ada.begun.id;
    (Begun { id, token }, mail)
}

/// Passes the time of every journey, and has what is too old forgotten.
async fn expire(service: &Service) {
    let expired = "UPDATE pending_registrations SET expires_at = begun_at";
    Tables::tamper(service.data_dir(), expired);
    let never = jiff::Timestamp::UNIX_EPOCH;
    let store = &service.app.store;
    assert_eq!(store.forget(never, never, 100).await.unwrap(), 1);
}

#[tokio::test]
async fn a_day_later_whoever_finished_is_not_told_that_nothing_was_charged() {
    let service = Service::start().await;
    let (begun, mail) = read_elsewhere(&service).await;
    let reader = Traveller {
        service: &service,
        begun,
    };
    reader.gives_profile("Ada").await;
    reader.gives_card(DECLINED_CARD).await;
    assert_eq!(reader.completes("pro").await.status, 402);
    reader.gives_card(GOOD_CARD).await;
    let done = reader.completes("pro").await;
    assert_eq!(done.status, 201, "{}", done.text());
    expire(&service).await;
    let looked = reader.looks().await;
    assert_eq!(looked["registration"]["id"], done.begun().id.as_str());
    assert_eq!(looked["registration"]["status"], "registered");
    let again = use_link(&service, &mail, None).await;
    service.problem(&again, 410, "link-used").await;
    let opened = service.open(&mail.link).await;
    assert!(opened.text().contains("This link was used before"));
    let late = reader.gives_profile("Ada").await;
    service.problem(&late, 409, "registration-begun").await;
}

#[tokio::test]
async fn a_day_later_whoever_only_began_is_still_not_shown_what_came_of_it() {
    let service = Service::start().await;
    let starter = Traveller::sets_out(&service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let used = use_link(&service, &mail, None).await.json();
    let reader = Traveller {
        service: &service,
        begun: Begun {
            id: starter.begun.id.clone(),
            token: used["access_token"].as_str().unwrap().to_owned(),
        },
    };
    reader.gives_profile("Ada").await;
    reader.gives_card(GOOD_CARD).await;
    let told = starter.looks().await;
    assert_eq!(told["registration"]["next"], "verification", "{told}");
    assert_eq!(reader.completes("pro").await.status, 201);
    expire(&service).await;
    let (id, token) = (&starter.begun.id, &starter.begun.token);
    let told = service.follow_with(id, Some(token)).await;
    service.problem(&told, 404, "not-found").await;
}

#[tokio::test]
async fn after_a_decline_the_second_attempt_is_found_a_day_later_too() {
    let service = Service::start().await;
    let ada = Traveller::ready(&service, ADDRESS, 1).await;
    ada.gives_card(DECLINED_CARD).await;
    assert_eq!(ada.completes("pro").await.status, 402);
    ada.gives_card(GOOD_CARD).await;
    let done = ada.completes("pro").await.begun();
    expire(&service).await;
    let looked = ada.looks().await;
    assert_eq!(looked["registration"]["id"], done.id.as_str());
    assert_eq!(looked["registration"]["status"], "registered");
}

#[tokio::test]
async fn whoever_waits_for_the_link_sees_it_opened() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let events = service
        .events_while(&ada.begun, async || {
            let cookie = format!("enlist_registration={}.{}", ada.begun.id, ada.begun.token);
            use_link(&service, &mail, Some(&cookie)).await;
            ada.gives_profile("Ada").await;
            ada.gives_card(GOOD_CARD).await;
            ada.completes("free").await;
        })
        .await;
    assert!(
        events.iter().all(|(name, _)| name == "pending"),
        "{events:?}"
    );
    let (_, first) = &events[0];
    assert_eq!(first["registration"]["next"], "verification");
    let (_, last) = events.last().unwrap();
    assert_ne!(last["registration"]["status"], "pending", "{events:?}");
}

#[tokio::test]
async fn whoever_follows_waits_while_the_database_is_away() {
    let service = Service::start().await;
    let ada = Traveller::sets_out(&service, ADDRESS).await;
    let request = Request::get(format!("/api/registrations/{}/events", ada.begun.id))
        .header(header::AUTHORIZATION, format!("Bearer {}", ada.begun.token))
        .body(Body::empty())
        .unwrap();
    let events = service.response(request).await.into_body();
    let away = "ALTER TABLE pending_registrations RENAME TO away";
    Tables::tamper(service.data_dir(), away);
    let end = http_body_util::BodyExt::collect(events);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(2), end).await;
    assert!(ended.is_err(), "all looks were made at once, in vain");
}

#[tokio::test]
async fn a_free_plan_needs_no_card_where_none_is_asked_for() {
    let service = Service::with(&[("billing.card", "paid_plans")]).await;
    let ada = Traveller::proved(&service, ADDRESS, 1).await;
    ada.gives_profile("Ada").await;
    assert_eq!(ada.looks().await["registration"]["next"], "completion");
    let refused = ada.completes("pro").await.json();
    assert_eq!(refused["next"], "payment_method");
    let done = ada.completes("free").await;
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.json()["billing"], Value::Null);
}

#[tokio::test]
async fn without_the_token_nobody_gets_near() {
    let service = Service::start().await;
    let ada = Traveller::proved(&service, ADDRESS, 1).await;
    let mallory = Traveller {
        service: &service,
        begun: Begun {
            id: ada.begun.id.clone(),
            token: "0".repeat(64),
        },
    };
    for answer in [
        mallory.gives_profile("M").await,
        mallory.gives_card(GOOD_CARD).await,
        mallory.completes("free").await,
    ] {
        service.problem(&answer, 401, "unauthorized").await;
    }
}

#[tokio::test]
async fn a_code_that_was_never_mailed_proves_nothing() {
    let service = Service::with(&[
        ("limits.enabled", "true"),
        ("limits.mails_per_address", "1"),
    ])
    .await;
    let _mailed = Traveller::sets_out(&service, ADDRESS).await;
    let unmailed = Traveller::sets_out(&service, ADDRESS).await;
    let id = unmailed.begun.id.parse().unwrap();
    for serial in [0, 1] {
        let code = service.app.engine.tokens().code(id, serial);
        let answer = service
            .type_code(&unmailed.begun, code.expose_secret())
            .await;
        service.problem(&answer, 422, "wrong-code").await;
    }
    let asked = service.ask_for_mail(&unmailed.begun).await;
    service.problem(&asked, 429, "mail-limited").await;
}
