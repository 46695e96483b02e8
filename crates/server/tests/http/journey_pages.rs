//! The journey in three steps on its pages, in a browser without JavaScript.

use std::cell::RefCell;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::answer::{Answer, Mail};
use crate::person::{BANK_ASKS_CARD, DECLINED_CARD, GOOD_CARD, PASSWORD, Person, expiry_year};
use crate::service::{Service, until};
use crate::tables::Tables;

const ADDRESS: &str = "ada@example.com";
/// It attaches, and cannot be charged.
const FAILS_LATER: &str = "4000000000000341";
const NAMES_AND_ADDRESS: [(&str, &str); 8] = [
    ("first_name", "Ada"),
    ("last_name", "Lovelace"),
    ("country", "US"),
    ("address", "12 St James's Square"),
    ("address_line2", "Flat 3"),
    ("city", "Springfield"),
    ("state", "IL"),
    ("zip", "62701"),
];

/// A browser: it keeps cookies, and follows a redirect when told to.
struct Browser<'s> {
    service: &'s Service,
    cookie: RefCell<Option<String>>,
}

impl<'s> Browser<'s> {
    fn new(service: &'s Service) -> Self {
        Self {
            service,
            cookie: RefCell::default(),
        }
    }

    async fn opens(&self, path: &str) -> Answer {
        let mut request = Request::get(path).header(header::ACCEPT, "text/html,*/*");
        if let Some(cookie) = &*self.cookie.borrow() {
            request = request.header(header::COOKIE, cookie);
        }
        let request = request.body(Body::empty()).unwrap();
        self.keeps(self.service.send(request).await)
    }

    async fn sends<V: AsRef<str>>(&self, path: &str, form: &[(V, V)]) -> Answer {
        let cookie = self.cookie.borrow().clone().unwrap_or_default();
        let headers = [("cookie", cookie.as_str())];
        self.keeps(self.service.submit(path, form, &headers).await)
    }

    fn keeps(&self, answer: Answer) -> Answer {
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = set.to_str().unwrap().split(';').next().unwrap();
            // Each request asks for its language itself.
            if !cookie.starts_with("enlist_language=") {
                *self.cookie.borrow_mut() = Some(cookie.to_owned());
            }
        }
        answer
    }

    /// Follows redirects to the page at their end; where that is, and the page.
    async fn arrives(&self, answer: Answer) -> (String, Answer) {
        let mut path = answer.header("location").to_owned();
        assert_eq!(answer.status, 303, "{}", answer.text());
        loop {
            let page = self.opens(&path).await;
            if page.status != 303 {
                return (path, page);
            }
            page.header("location").clone_into(&mut path);
        }
    }

    /// Enters the address; the path of the pending registration.
    async fn joins(&self, address: &str) -> String {
        let answer = self.sends("/join", &[("email", address)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").to_owned()
    }

    /// Has entered the address and typed the code.
    async fn proved(&self, address: &str, mails: usize) -> String {
        let path = self.joins(address).await;
        let mail = self.service.mail_to(address, mails).await;
        let answer = self.types(&path, &mail.code).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        path
    }

    /// Has said everything but the last step.
    async fn ready(&self, address: &str, mails: usize) -> String {
        let path = self.proved(address, mails).await;
        let profile = format!("{path}/profile");
        let (at, _) = self
            .arrives(self.sends(&profile, &NAMES_AND_ADDRESS).await)
            .await;
        assert_eq!(at, format!("{path}/payment"));
        path
    }

    async fn types(&self, path: &str, code: &str) -> Answer {
        self.sends(&format!("{path}/verification"), &[("code", code)])
            .await
    }

    async fn pays(&self, path: &str, form: &[(String, String)]) -> Answer {
        self.sends(&format!("{path}/payment"), form).await
    }
}

fn payment(card: &str, plan: &str) -> Vec<(String, String)> {
    let expiry = format!("12 / {}", expiry_year());
    with(
        &password(plan),
        &[("card_number", card), ("expiry", &expiry), ("cvv", "123")],
    )
}

/// The last step without a card: with the one that was given before, or none.
fn password(plan: &str) -> Vec<(String, String)> {
    with(&[], &[("plan", plan), ("password", PASSWORD)])
}

/// The same form with other values.
fn with(form: &[(String, String)], values: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_replaced = |name: &str| values.iter().any(|(other, _)| *other == name);
    let kept = form.iter().filter(|(name, _)| !is_replaced(name)).cloned();
    let values = values.iter();
    kept.chain(values.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        .collect()
}

/// Which page it is.
fn step(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text
        .split_once("id=\"journey\" data-step=\"")
        .unwrap_or_else(|| panic!("no step: {text}"));
    rest.split('"').next().unwrap().to_owned()
}

fn assert_shows(page: &Answer, status: u16, sentences: &[&str]) {
    assert_eq!(page.status, status, "{}", page.text());
    for sentence in sentences {
        assert!(
            page.text().contains(sentence),
            "{sentence}: {}",
            page.text()
        );
    }
}

fn error_beside(page: &Answer, field: &str) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(&format!("id=\"{field}-error\"")).unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn three_steps_lead_to_an_account_and_nothing_exists_before_the_last() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    assert_eq!(step(&ada.opens("/join").await), "email");
    let path = ada.joins(ADDRESS).await;
    let gate = ada.opens(&path).await;
    assert_eq!(step(&gate), "check-mail");
    assert_shows(
        &gate,
        200,
        &[ADDRESS, "one-time-code", "I have opened the link"],
    );
    let mail = service.mail_to(ADDRESS, 1).await;
    let (at, page) = ada.arrives(ada.types(&path, &mail.code).await).await;
    assert_eq!(
        (at, step(&page).as_str()),
        (format!("{path}/profile"), "profile")
    );
    let told = ada
        .sends(&format!("{path}/profile"), &NAMES_AND_ADDRESS)
        .await;
    let (at, page) = ada.arrives(told).await;
    assert_eq!(
        (at, step(&page).as_str()),
        (format!("{path}/payment"), "payment")
    );
    assert_shows(&page, 200, &["Start Pro for $29.00 / month"]);
    let users = "SELECT count(*) FROM users";
    assert_eq!(service.tables().number(users), 0);
    assert_eq!(service.ledger().await["customers"], json!([]));

    let done = ada.pays(&path, &payment(GOOD_CARD, "pro")).await;
    let (at, page) = ada.arrives(done).await;
    assert_eq!(at, path);
    assert_shows(&page, 200, &["Your account is ready"]);
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn each_page_leads_to_the_first_step_that_is_missing() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.joins(ADDRESS).await;
    let (profile, paying) = (format!("{path}/profile"), format!("{path}/payment"));
    let form = payment(GOOD_CARD, "pro");
    for answer in [
        ada.opens(&profile).await,
        ada.sends(&profile, &NAMES_AND_ADDRESS).await,
        ada.opens(&paying).await,
        ada.pays(&path, &form).await,
    ] {
        let (at, page) = ada.arrives(answer).await;
        assert_eq!((at, step(&page).as_str()), (path.clone(), "check-mail"));
    }
    let mail = service.mail_to(ADDRESS, 1).await;
    ada.types(&path, &mail.code).await;
    for answer in [ada.opens(&paying).await, ada.pays(&path, &form).await] {
        let (at, _) = ada.arrives(answer).await;
        assert_eq!(at, profile);
    }
    assert_eq!(service.ledger().await["payment_methods"], json!([]));
}

#[tokio::test]
async fn back_and_forth_loses_nothing() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let email = ada.opens("/join").await;
    assert_shows(
        &email,
        200,
        &["value=\"ada@example.com\"", "This address is confirmed"],
    );
    let again = ada.sends("/join", &[("email", "ADA@example.com")]).await;
    assert_eq!(again.header("location"), path, "the same journey");
    let profile = ada.opens(&format!("{path}/profile")).await;
    for value in ["Lovelace", "12 St James&#39;s Square", "Flat 3", "62701"] {
        assert_shows(&profile, 200, &[&format!("value=\"{value}\"")]);
    }
    let payment = ada.opens(&format!("{path}/payment")).await;
    for step in ["href=\"/join\"", &format!("href=\"{path}/profile\"")] {
        assert_shows(&payment, 200, &[step]);
    }
    service.mail_to(ADDRESS, 1).await;
}

#[tokio::test]
async fn the_same_address_pressed_twice_is_one_journey_and_another_is_another() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.joins(ADDRESS).await;
    assert_eq!(ada.joins(ADDRESS).await, path);
    service.mail_to(ADDRESS, 1).await;
    assert_shows(
        &ada.opens("/join").await,
        200,
        &["value=\"ada@example.com\""],
    );
    let other = ada.joins("ada@example.org").await;
    assert_ne!(other, path);
    let left = ada.opens(&path).await;
    assert_shows(
        &left,
        401,
        &["This sign-up belongs to another browser", "href=\"/join\""],
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_each_field_and_the_rest_is_kept() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let wrong = ada.sends("/join", &[("email", "not an address")]).await;
    assert_shows(&wrong, 422, &["value=\"not an address\"", "<title>Error: "]);
    assert!(error_beside(&wrong, "email").ends_with('.'));

    let path = ada.proved(ADDRESS, 1).await;
    let form = NAMES_AND_ADDRESS.map(|(name, value)| match name {
        "zip" => (name, "ABC"),
        "city" => (name, " "),
        _ => (name, value),
    });
    let wrong = ada.sends(&format!("{path}/profile"), &form).await;
    assert_shows(
        &wrong,
        422,
        &["value=\"Lovelace\"", "value=\"ABC\"", "<a href=\"#zip\">"],
    );
    for field in ["zip", "city"] {
        assert!(error_beside(&wrong, field).ends_with('.'), "{field}");
    }
    assert_eq!(error_beside(&wrong, "first_name"), "");

    ada.sends(&format!("{path}/profile"), &NAMES_AND_ADDRESS)
        .await;
    let form = payment("4242424242424241", "starter");
    let form = with(&form, &[("password", "short"), ("cvv", "98")]);
    let wrong = ada.pays(&path, &form).await;
    assert_eq!(wrong.status, 422);
    for field in ["card_number", "cvv", "password"] {
        assert!(error_beside(&wrong, field).ends_with('.'), "{field}");
    }
    let text = wrong.text();
    for secret in ["short\"", "4242424242424241", "value=\"98\""] {
        assert!(!text.contains(secret), "{secret} comes back");
    }
    let chosen = text.split("value=\"starter\"").nth(1).unwrap();
    assert!(chosen.split('>').next().unwrap().contains("checked"));
}

#[tokio::test]
async fn a_plan_that_is_not_offered_is_told_at_the_plans() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let tied = "role=\"radiogroup\" aria-describedby=\"plan-error\"";
    let page = ada.opens(&format!("{path}/payment")).await;
    assert_shows(&page, 200, &[&format!("{tied}>")]);
    let wrong = ada.pays(&path, &payment(GOOD_CARD, "gone")).await;
    assert_shows(&wrong, 422, &[&format!("{tied} aria-invalid=\"true\">")]);
    assert!(error_beside(&wrong, "plan").contains("no such plan"));
}

#[tokio::test]
async fn a_password_is_kept_with_the_address_by_what_keeps_passwords() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let steps = ada.opens(&format!("{path}/payment")).await.text();
    let one_form = ada.opens("/").await.text();
    // Before the password: the address, told by its token where nobody is asked for it.
    for (page, address) in [
        (
            &steps,
            "autocomplete=\"username\" value=\"ada@example.com\"",
        ),
        (&one_form, "type=\"email\" autocomplete=\"email\""),
    ] {
        let (before, _) = page.split_once("autocomplete=\"new-password\"").unwrap();
        let (_, between) = before
            .split_once(address)
            .unwrap_or_else(|| panic!("{page}"));
        let others = between.matches("<input").count();
        assert_eq!(others, 1, "only the password's own: {between}");
    }
}

#[tokio::test]
async fn an_address_is_asked_for_as_the_country_that_was_sent_has_it() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.proved(ADDRESS, 1).await;
    let profile = format!("{path}/profile");
    let of = |country, zip| {
        let form = NAMES_AND_ADDRESS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        with(&form, &[("country", country), ("state", ""), ("zip", zip)])
    };
    let wrong = ada.sends(&profile, &of("JP", "")).await;
    assert_shows(
        &wrong,
        422,
        &["Enter a prefecture.", "data-label>Prefecture"],
    );
    assert_eq!(error_beside(&wrong, "zip"), "Enter a postal code.");
    let (at, payment) = ada
        .arrives(ada.sends(&profile, &of("DE", "10115")).await)
        .await;
    assert_eq!(at, format!("{path}/payment"));
    assert_shows(&payment, 200, &["&#34;first_name&#34;:&#34;Ada&#34;"]);
    let given = ada.opens(&profile).await;
    assert_shows(
        &given,
        200,
        &["data-field=\"state\" data-absent", "value=\"10115\""],
    );
    let done = ada.pays(&path, &self::payment(GOOD_CARD, "pro")).await;
    let (_, page) = ada.arrives(done).await;
    assert_shows(&page, 200, &["data-status=\"registered\""]);
    let stored = service
        .tables()
        .text("SELECT state || country FROM profiles");
    assert_eq!(stored.as_deref(), Some("DE"));
}

#[tokio::test]
async fn another_language_changes_nothing_but_the_words_on_each_page() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let german = |form: &[(String, String)]| with(form, &[("language", "de")]);
    let email = [("email".to_owned(), "half@".to_owned())];
    let page = ada.sends("/join?lang=de", &german(&email)).await;
    assert_shows(&page, 200, &["lang=\"de\"", "value=\"half@\"", "Weiter"]);
    assert_eq!(error_beside(&page, "email"), "");

    let path = ada.proved(ADDRESS, 1).await;
    let form = NAMES_AND_ADDRESS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let form = with(&form, &[("country", "IE"), ("state", "Clare"), ("zip", "")]);
    let page = ada
        .sends(&format!("{path}/profile?lang=de"), &german(&form))
        .await;
    let kept = [
        "value=\"Lovelace\"",
        "value=\"IE\" selected",
        "value=\"Clare\"",
        "Vorname",
    ];
    assert_shows(&page, 200, &kept);
    let page = ada.opens(&format!("{path}/profile")).await;
    assert!(!page.text().contains("Lovelace"), "nothing was given yet");

    ada.sends(&format!("{path}/profile"), &NAMES_AND_ADDRESS)
        .await;
    let form = german(&payment(GOOD_CARD, "starter"));
    let page = ada.sends(&format!("{path}/payment?lang=de"), &form).await;
    assert_eq!(step(&page), "payment");
    assert_shows(&page, 200, &["Passwort"]);
    let text = page.text();
    for secret in [PASSWORD, GOOD_CARD, "4242424242424242"] {
        assert!(
            !text.contains(&format!("value=\"{secret}\"")),
            "{secret} comes back"
        );
    }
    let chosen = text.split("value=\"starter\"").nth(1).unwrap();
    assert!(chosen.split('>').next().unwrap().contains("checked"));
    assert!(!text.contains("id=\"kept-card\""), "no card was given");
    assert_eq!(service.live().await.customers, 0);
}

#[tokio::test]
async fn a_card_that_was_given_is_typed_once_whatever_is_wrong_with_the_rest() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let form = with(&payment(GOOD_CARD, "pro"), &[("password", "short")]);
    let wrong = ada.pays(&path, &form).await;
    assert_shows(&wrong, 422, &["Visa •••• 4242", "Use another card"]);
    assert_eq!(error_beside(&wrong, "card_number"), "");
    // Gone back and come again, it is there still.
    let again = ada.opens(&format!("{path}/payment")).await;
    assert_shows(&again, 200, &["Visa •••• 4242"]);
    let done = ada.pays(&path, &password("pro")).await;
    let (_, page) = ada.arrives(done).await;
    assert_shows(&page, 200, &["Your account is ready"]);
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn a_card_that_is_declined_at_once_is_told_and_another_completes() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let declined = ada.pays(&path, &payment(DECLINED_CARD, "pro")).await;
    assert_shows(&declined, 402, &["Your card was declined"]);
    assert!(!declined.text().contains(PASSWORD));
    service.assert_nothing_is_left().await;
    let done = ada.pays(&path, &payment(GOOD_CARD, "pro")).await;
    let (_, page) = ada.arrives(done).await;
    assert_shows(&page, 200, &["Your account is ready"]);
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn what_was_taken_back_is_shown_on_the_payment_step_and_another_card_completes() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let declined = ada.pays(&path, &payment(FAILS_LATER, "pro")).await;
    let told = [
        "Your card was declined.",
        "No account was created and nothing was charged.",
        "data-step=\"create_customer\" data-state=\"undone\"",
        "data-step=\"start_subscription\" data-state=\"failed\"",
    ];
    assert_shows(&declined, 402, &told);
    assert_eq!(step(&declined), "payment");
    service.assert_nothing_is_left().await;
    // The same after a reload, and for whoever comes from the bank or from the running registration.
    let (at, page) = ada.arrives(ada.opens(&path).await).await;
    assert_eq!(at, format!("{path}/payment"));
    assert_shows(&page, 200, &told);
    let chosen = page.text();
    let chosen = chosen.split("value=\"pro\"").nth(1).unwrap();
    assert!(chosen.split('>').next().unwrap().contains("checked"));
    // The card that was declined is not offered again.
    assert!(!page.text().contains("•••• 0341"));
    let refused = ada.pays(&path, &password("pro")).await;
    assert_eq!(refused.status, 422);
    assert!(error_beside(&refused, "card_number").ends_with('.'));
    // Nor after something else is corrected.
    let profile = format!("{path}/profile");
    let corrected = ada.sends(&profile, &NAMES_AND_ADDRESS).await;
    let (_, page) = ada.arrives(corrected).await;
    assert_eq!(step(&page), "payment");
    assert!(!page.text().contains("•••• 0341"));

    let done = ada.pays(&path, &payment(GOOD_CARD, "pro")).await;
    let (at, page) = ada.arrives(done).await;
    assert_eq!(at, path);
    assert_shows(&page, 200, &["Your account is ready"]);
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn a_gateway_that_is_away_is_told_and_the_card_is_kept() {
    let service =
        Service::with(&[("gateway.attempts", "1"), ("registration.deadline", "10s")]).await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    service
        .switch_on(json!({"step": "create_customer", "kind": "refuse", "rate": 1.0}))
        .await;
    let away = ada.pays(&path, &payment(GOOD_CARD, "pro")).await;
    assert_shows(&away, 503, &["could not be reached", "Visa •••• 4242"]);
    assert!(away.retry_after() > 0);
    service.clear_faults().await;
    service.assert_nothing_is_left().await;
    let done = ada.pays(&path, &password("pro")).await;
    let (_, page) = ada.arrives(done).await;
    assert_shows(&page, 200, &["Your account is ready"]);
}

#[tokio::test]
async fn after_the_last_step_no_page_can_charge_again() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let form = payment(GOOD_CARD, "pro");
    let first = ada.pays(&path, &form).await;
    let second = ada.pays(&path, &form).await;
    assert_eq!(first.header("location"), second.header("location"));
    for answer in [
        ada.opens(&format!("{path}/payment")).await,
        ada.opens(&format!("{path}/profile")).await,
        ada.sends(&format!("{path}/profile"), &NAMES_AND_ADDRESS)
            .await,
        ada.types(&path, "000000").await,
    ] {
        let (at, page) = ada.arrives(answer).await;
        assert_eq!(at, path);
        assert_shows(&page, 200, &["Your account is ready"]);
    }
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn the_last_step_sent_twice_at_once_charges_once() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let form = payment(GOOD_CARD, "pro");
    let answers = tokio::join!(ada.pays(&path, &form), ada.pays(&path, &form));
    for answer in [answers.0, answers.1] {
        let (at, _) = ada.arrives(answer).await;
        assert_eq!(at, path);
    }
    until("it is done", async || {
        let page = ada.opens(&path).await.text();
        page.contains("Your account is ready").then_some(())
    })
    .await;
    service.assert_one_paid_account_of_a_journey().await;
}

#[tokio::test]
async fn the_bank_asks_and_leads_back_to_the_journey() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    // A second attempt has an id of its own, which the bank leads back to.
    ada.pays(&path, &payment(FAILS_LATER, "pro")).await;
    let asked = ada.pays(&path, &payment(BANK_ASKS_CARD, "pro")).await;
    let (_, page) = ada.arrives(asked).await;
    assert_shows(&page, 200, &["Confirm with your bank"]);
    let text = page.text();
    let (_, rest) = text.split_once("/sandbox/authenticate/").unwrap();
    let bank = format!("/sandbox/authenticate/{}", rest.split('"').next().unwrap());
    let back = ada.sends(&bank, &[("answer", "refuse")]).await;
    assert_ne!(back.header("location"), path);
    let (at, page) = ada.arrives(back).await;
    assert_eq!(at, format!("{path}/payment"));
    assert_shows(&page, 200, &["you did not confirm the payment"]);
    service.assert_nothing_is_left().await;
}

#[tokio::test]
async fn an_address_that_has_an_account_by_now_is_told_with_what_to_do() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let person = Person::new(ADDRESS).without(&["plan"]);
    assert_eq!(service.sign_up(&person).await.status, 201);
    let taken = ada.pays(&path, &payment(GOOD_CARD, "pro")).await;
    assert_shows(
        &taken,
        409,
        &["This address is in use already", ADDRESS, "href=\"/join\""],
    );
}

#[tokio::test]
async fn a_wrong_code_is_told_and_another_mail_can_be_asked_for() {
    let service = Service::with(&[("verification.resend_after", "0s")]).await;
    let ada = Browser::new(&service);
    let path = ada.joins(ADDRESS).await;
    let first = service.mail_to(ADDRESS, 1).await;
    let wrong = if first.code == "000000" {
        "000001"
    } else {
        "000000"
    };
    let refused = ada.types(&path, wrong).await;
    assert_eq!(
        (refused.status, step(&refused).as_str()),
        (422, "check-mail")
    );
    assert!(error_beside(&refused, "code").contains("4 tries left"));
    let sent = ada.sends::<&str>(&format!("{path}/resend"), &[]).await;
    assert_shows(&sent, 200, &["A new mail is on its way."]);
    let second = service.mail_to(ADDRESS, 2).await;
    let (at, _) = ada.arrives(ada.types(&path, &second.code).await).await;
    assert_eq!(at, format!("{path}/profile"));
}

#[tokio::test]
async fn a_mail_too_soon_after_the_last_is_refused_on_the_page() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.joins(ADDRESS).await;
    let refused = ada.sends::<&str>(&format!("{path}/resend"), &[]).await;
    assert_shows(
        &refused,
        429,
        &[
            "Another mail cannot be sent now",
            "data-step=\"check-mail\"",
        ],
    );
}

#[tokio::test]
async fn the_link_leads_on_in_the_browser_that_began() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.joins(ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let asked = ada.opens(&mail.link).await;
    assert_shows(&asked, 200, &[ADDRESS, "go on with your sign-up"]);
    for _ in 0..2 {
        // Pressed twice, the second finds it used, and used here.
        let (at, _) = ada.arrives(ada.sends::<&str>(&mail.link, &[]).await).await;
        assert_eq!(at, format!("{path}/profile"));
    }
    let (at, _) = ada.arrives(ada.opens(&mail.link).await).await;
    assert_eq!(at, format!("{path}/profile"), "opened once more");
}

/// Somebody has begun with the address, and its owner has opened the link elsewhere.
async fn opened_elsewhere(service: &Service) -> (Browser<'_>, Browser<'_>, String, Mail) {
    let (starter, reader) = (Browser::new(service), Browser::new(service));
    let path = starter.joins(ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let (at, _) = reader
        .arrives(reader.sends::<&str>(&mail.link, &[]).await)
        .await;
    assert_eq!(at, format!("{path}/profile"));
    (starter, reader, path, mail)
}

#[tokio::test]
async fn whoever_only_began_sees_that_the_link_was_opened_elsewhere_and_may_type_the_code() {
    let service = Service::start().await;
    let (starter, reader, path, mail) = opened_elsewhere(&service).await;
    let profile = format!("{path}/profile");
    reader.sends(&profile, &NAMES_AND_ADDRESS).await;
    let told = ["Confirmed in another browser", "id=\"code\"", ADDRESS];
    assert_shows(&starter.opens(&path).await, 403, &told);
    for answer in [
        starter.opens(&profile).await,
        starter.sends(&profile, &[("first_name", "Mallory")]).await,
        starter.pays(&path, &payment(GOOD_CARD, "pro")).await,
    ] {
        let (_, page) = starter.arrives(answer).await;
        assert_shows(&page, 403, &told);
        assert!(!page.text().contains("Lovelace"));
    }
    let (at, page) = starter
        .arrives(starter.types(&path, &mail.code).await)
        .await;
    assert_eq!((at, page.status), (format!("{path}/payment"), 200));
}

#[tokio::test]
async fn whoever_only_began_is_not_shown_what_came_of_it() {
    let service = Service::start().await;
    let (starter, reader, path, _) = opened_elsewhere(&service).await;
    reader
        .sends(&format!("{path}/profile"), &NAMES_AND_ADDRESS)
        .await;
    let done = reader.pays(&path, &payment(GOOD_CARD, "pro")).await;
    let (at, page) = reader.arrives(done).await;
    assert_eq!(at, path);
    assert_shows(&page, 200, &["Your account is ready", "4242"]);
    let page = starter.opens(&path).await;
    assert_shows(&page, 403, &["Confirmed in another browser"]);
    let id = path.strip_prefix("/registrations/").unwrap();
    let cookie = starter.cookie.borrow().clone().unwrap();
    let (_, token) = cookie.split_once('.').unwrap();
    let told = service.follow_with(id, Some(token)).await;
    assert_eq!(told.json()["registration"]["status"], "pending");
    assert!(!told.text().contains("4242"), "{}", told.text());
}

#[tokio::test]
async fn a_link_that_was_used_says_so_with_the_way_on() {
    let service = Service::with(&[("verification.resend_after", "0s")]).await;
    let (starter, _, path, mail) = opened_elsewhere(&service).await;
    let stranger = Browser::new(&service);
    let used = stranger.sends::<&str>(&mail.link, &[]).await;
    let another = format!("{}/mail", mail.link);
    let form = format!("action=\"{another}\"");
    assert_shows(&used, 410, &["This link was used before", &form]);
    let used = starter.sends::<&str>(&mail.link, &[]).await;
    let resend = format!("action=\"{path}/resend\"");
    assert_shows(&used, 410, &["This link was used before", &resend]);
    let sent = starter.sends::<&str>(&format!("{path}/resend"), &[]).await;
    assert_shows(&sent, 200, &["A new mail is on its way."]);
    let second = service.mail_to(ADDRESS, 2).await;
    let (at, _) = starter
        .arrives(starter.sends::<&str>(&second.link, &[]).await)
        .await;
    assert_eq!(at, format!("{path}/profile"));
}

#[tokio::test]
async fn whoever_has_nothing_but_a_used_link_may_have_another_mail_sent_while_the_journey_is_open()
{
    let service = Service::with(&[
        ("verification.resend_after", "0s"),
        ("verification.mails", "3"),
    ])
    .await;
    let (_, reader, path, mail) = opened_elsewhere(&service).await;
    let another = format!("{}/mail", mail.link);
    let stranger = Browser::new(&service);
    let sent = stranger.sends::<&str>(&another, &[]).await;
    assert_shows(&sent, 200, &["A new mail is on its way."]);
    assert!(!sent.text().contains(ADDRESS), "{}", sent.text());
    let second = service.mail_to(ADDRESS, 2).await;
    let (at, _) = stranger
        .arrives(stranger.sends::<&str>(&second.link, &[]).await)
        .await;
    assert_eq!(at, format!("{path}/profile"));
    // Within the same ration.
    assert_eq!(stranger.sends::<&str>(&another, &[]).await.status, 200);
    assert_eq!(stranger.sends::<&str>(&another, &[]).await.status, 429);
    let reloaded = stranger.opens(&another).await;
    assert_eq!(reloaded.header("location"), mail.link);
    let forged = stranger.sends::<&str>("/verify/unknown/mail", &[]).await;
    assert_shows(&forged, 404, &["This link is not valid"]);

    reader
        .sends(&format!("{path}/profile"), &NAMES_AND_ADDRESS)
        .await;
    let done = reader.pays(&path, &payment(GOOD_CARD, "pro")).await;
    reader.arrives(done).await;
    let stranger = Browser::new(&service);
    for late in [
        stranger.sends::<&str>(&mail.link, &[]).await,
        stranger.sends::<&str>(&another, &[]).await,
    ] {
        assert_shows(&late, 410, &["This link was used before"]);
        assert!(!late.text().contains(&another), "{}", late.text());
    }
}

#[tokio::test]
async fn without_the_cookie_a_page_says_how_to_go_on() {
    let service = Service::start().await;
    let path = Browser::new(&service).proved(ADDRESS, 1).await;
    let stranger = Browser::new(&service);
    let told = [
        "This sign-up belongs to another browser",
        "Open the link",
        "href=\"/join\"",
    ];
    for page in [
        stranger.opens(&path).await,
        stranger.opens(&format!("{path}/profile")).await,
        stranger.pays(&path, &password("free")).await,
    ] {
        assert_shows(&page, 401, &told);
    }
}

#[tokio::test]
async fn a_journey_that_has_expired_says_so_and_begins_again() {
    let service = Service::with(&[("verification.deadline", "1s")]).await;
    let ada = Browser::new(&service);
    let path = ada.joins(ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let gone = until("it is over", async || {
        let page = ada.opens(&path).await;
        (page.status != 200).then_some(page)
    })
    .await;
    assert_shows(&gone, 410, &["This sign-up is over", "href=\"/join\""]);
    let late = ada.opens(&mail.link).await;
    assert_shows(
        &late,
        410,
        &[
            "This link has expired",
            "If you have no account, begin again.",
            "href=\"/join\"",
        ],
    );
    let unknown = ada.opens("/verify/unknown").await;
    assert_shows(
        &unknown,
        404,
        &["This link is not valid", "cut it in two. Copy"],
    );
    assert_ne!(ada.joins(ADDRESS).await, path);
}

#[tokio::test]
async fn verified_first_the_first_page_is_the_first_step() {
    let service = Service::with(&[("verification.mode", "first")]).await;
    let ada = Browser::new(&service);
    let page = ada.opens("/").await;
    assert_eq!(step(&page), "email");
    assert!(!page.text().contains("everything in one form"));
    let answer = ada.sends("/", &[("email", ADDRESS)]).await;
    let (_, page) = ada.arrives(answer).await;
    assert_eq!(step(&page), "check-mail");
}

#[tokio::test]
async fn verified_after_each_way_leads_to_the_other() {
    let service = Service::start().await;
    assert!(service.open("/").await.text().contains("href=\"/join\""));
    let join = service.open("/join").await.text();
    assert!(join.contains("<a href=\"/\">Prefer everything in one form?"));
}

#[tokio::test]
async fn a_free_plan_needs_no_card_where_none_is_asked_for() {
    let service = Service::with(&[("billing.card", "paid_plans")]).await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let refused = ada.pays(&path, &password("pro")).await;
    assert_eq!(refused.status, 422);
    assert!(error_beside(&refused, "card_number").ends_with('.'));
    let done = ada.pays(&path, &password("free")).await;
    let (_, page) = ada.arrives(done).await;
    assert_shows(&page, 200, &["Your account is ready"]);
    assert_eq!(service.ledger().await["payment_methods"], json!([]));
}

#[tokio::test]
async fn too_many_are_told_on_the_form_and_nothing_typed_is_lost() {
    let service = Service::with(&[
        ("limits.enabled", "true"),
        ("limits.sign_up_burst", "1"),
        ("limits.sign_ups_per_minute", "1"),
    ])
    .await;
    let ada = Browser::new(&service);
    ada.joins(ADDRESS).await;
    let refused = ada.sends("/join", &[("email", "eve@example.com")]).await;
    assert_shows(
        &refused,
        429,
        &["Too many requests", "value=\"eve@example.com\""],
    );
    assert_shows(&refused, 429, &["Wait a moment, then try again."]);
    assert!(refused.retry_after() > 0);
}

#[tokio::test]
async fn a_database_that_fails_is_told_on_the_form_and_nothing_typed_is_lost() {
    let service = Service::start().await;
    let refuse = |what: &str| {
        let trigger = format!(
            "DROP TRIGGER IF EXISTS refuse; CREATE TRIGGER refuse BEFORE {what}
             BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
        );
        Tables::tamper(service.data_dir(), &trigger);
    };
    let recover = || Tables::tamper(service.data_dir(), "DROP TRIGGER refuse");
    let away = "The database cannot be reached";
    let ada = Browser::new(&service);
    refuse("INSERT ON pending_registrations");
    let refused = ada.sends("/join", &[("email", ADDRESS)]).await;
    assert_shows(&refused, 503, &[away, "value=\"ada@example.com\""]);
    assert!(refused.retry_after() > 0);
    recover();

    let path = ada.proved(ADDRESS, 1).await;
    let profile = format!("{path}/profile");
    refuse("UPDATE ON pending_registrations");
    let refused = ada.sends(&profile, &NAMES_AND_ADDRESS).await;
    let kept = ["value=\"Lovelace\"", "value=\"62701\""];
    assert_shows(
        &refused,
        503,
        &[&[away, "<title>Error: "], &kept[..]].concat(),
    );
    assert!(refused.retry_after() > 0);
    recover();

    ada.sends(&profile, &NAMES_AND_ADDRESS).await;
    let form = payment(GOOD_CARD, "starter");
    refuse("UPDATE ON pending_registrations");
    let refused = ada.pays(&path, &form).await;
    assert_shows(&refused, 503, &[away, "Please try again in a moment."]);
    refuse("INSERT ON registrations");
    let begun = ada.pays(&path, &form).await;
    assert_shows(&begun, 503, &[away, "press the button again in a moment"]);
    for page in [refused, begun] {
        let text = page.text();
        assert!(!text.contains("Idempotency-Key"), "{text}");
        let chosen = text.split("value=\"starter\"").nth(1).unwrap();
        assert!(chosen.split('>').next().unwrap().contains("checked"));
    }
    recover();
    let done = ada.pays(&path, &form).await;
    let (_, page) = ada.arrives(done).await;
    assert_shows(&page, 200, &["Your account is ready"]);
}

#[tokio::test]
async fn the_mail_comes_in_the_language_of_the_page() {
    let service = Service::start().await;
    let headers = [("accept-language", "de")];
    service
        .submit("/join", &[("email", ADDRESS)], &headers)
        .await;
    let mails = until("the mail arrives", async || {
        let mails = service.get("/mailbox/messages").await.json();
        (!mails.as_array().unwrap().is_empty()).then_some(mails)
    })
    .await;
    let text = mails[0]["text"].as_str().unwrap();
    assert!(
        text.contains("Guten Tag") && text.contains("beachten Sie diese E-Mail nicht weiter"),
        "{text}"
    );
}

#[tokio::test]
async fn no_form_of_another_site_gets_anywhere() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.ready(ADDRESS, 1).await;
    let cookie = ada.cookie.borrow().clone().unwrap();
    let headers = [
        ("sec-fetch-site", "cross-site"),
        ("cookie", cookie.as_str()),
    ];
    for part in [
        "/join",
        &format!("{path}/profile"),
        &format!("{path}/payment"),
    ] {
        let form = payment(GOOD_CARD, "pro");
        let answer = service.submit(part, &form, &headers).await;
        assert_eq!(answer.status, 403, "{part}");
    }
    service.assert_nothing_is_left().await;
}
