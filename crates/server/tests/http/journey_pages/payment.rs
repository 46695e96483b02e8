//! The last step: declined cards, banks that ask, gateways that are away, and that nothing is charged twice.

use serde_json::json;

use super::browser::{
    ADDRESS, Browser, FAILS_LATER, NAMES_AND_ADDRESS, assert_shows, error_beside, password,
    payment, step,
};
use crate::person::{BANK_ASKS_CARD, DECLINED_CARD, GOOD_CARD, PASSWORD, Person};
use crate::service::{Service, until};

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
