//! Pages that cannot go on: without the cookie, expired, too many, no database, another site.

use axum::body::Body;
use axum::http::{Request, header};

use super::browser::{ADDRESS, Browser, NAMES_AND_ADDRESS, assert_shows, password, payment};
use crate::person::{GOOD_CARD, Person};
use crate::service::{Service, until};
use crate::tables::Tables;

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

#[tokio::test]
async fn a_database_that_fails_takes_neither_what_was_typed_into_the_one_form_nor_its_key() {
    let service = Service::start().await;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON registrations
         BEGIN SELECT RAISE(FAIL, 'the disk is full'); END";
    Tables::tamper(service.data_dir(), refuse);
    let ada = Person::new(ADDRESS);
    let refused = service.sign_up_on_page("the-key-of-this-form", &ada).await;
    let kept = [
        "The database cannot be reached",
        "press the button again in a moment",
        "<title>Error: ",
        "value=\"ada@example.com\"",
        "value=\"the-key-of-this-form\"",
    ];
    assert_shows(&refused, 503, &kept);
    assert!(refused.retry_after() > 0);
    Tables::tamper(service.data_dir(), "DROP TRIGGER refuse");
    let done = service.sign_up_on_page("the-key-of-this-form", &ada).await;
    assert_eq!(done.status, 303, "{}", done.text());
}

/// As with a proxy that asks for a password, and passes what was typed on.
#[tokio::test]
async fn a_browser_is_known_by_its_cookie_whatever_else_it_sends() {
    let service = Service::start().await;
    let ada = Browser::new(&service);
    let path = ada.proved(ADDRESS, 1).await;
    let cookie = ada.cookie.borrow().clone().unwrap();
    let profile = Request::get(format!("{path}/profile"))
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, cookie)
        .header(header::AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl");
    let page = service.send(profile.body(Body::empty()).unwrap()).await;
    assert_shows(&page, 200, &["name=\"first_name\""]);
}

#[tokio::test]
async fn what_was_typed_into_an_address_stays_one_part_of_it() {
    let service = Service::start().await;
    for (typed, leads_to) in [
        ("/registrations/%0A/verification", "/registrations/%0A"),
        ("/registrations/a%2Fb/resend", "/registrations/a%2Fb"),
        ("/verify/%0Dx/mail", "/verify/%0Dx"),
    ] {
        let answer = service.open(typed).await;
        assert_eq!((answer.status, answer.header("location")), (303, leads_to));
    }
}
