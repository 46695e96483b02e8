//! The code and the link: in the browser that began, elsewhere, too late, too often.

use super::browser::{
    ADDRESS, Browser, NAMES_AND_ADDRESS, assert_shows, error_beside, payment, step,
};
use crate::answer::Mail;
use crate::person::GOOD_CARD;
use crate::service::{Service, until};

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
