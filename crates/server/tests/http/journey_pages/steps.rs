//! The pages one after the other: where each leads, what is said beside which field, and that nothing is lost.

use serde_json::json;

use super::browser::{
    ADDRESS, Browser, NAMES_AND_ADDRESS, assert_shows, error_beside, password, payment, step, with,
};
use crate::person::{GOOD_CARD, PASSWORD};
use crate::service::Service;

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
