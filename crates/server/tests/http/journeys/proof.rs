//! The link and the code: where each leads on, how often, and for whom.

use secrecy::ExposeSecret;

use super::traveller::{ADDRESS, Traveller, use_link};
use crate::answer::{Begun, Mail};
use crate::person::GOOD_CARD;
use crate::service::Service;

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
