//! A day later: what is forgotten, and what is still found.

use super::traveller::{ADDRESS, Traveller, expire, read_elsewhere, use_link};
use crate::answer::Begun;
use crate::person::{DECLINED_CARD, GOOD_CARD};
use crate::service::{Service, until};

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
