//! Another gateway is configured while registrations are under way: each is finished where it was begun.

use enlist::serve::Elsewhere;
use enlist_fake_stripe::{FakeStripe, Settings};
use serde_json::Value;

use super::scene::keys_for;
use crate::person::{BANK_ASKS_CARD, Person};
use crate::service::{Service, until};

#[tokio::test]
async fn a_registration_is_never_continued_at_another_gateway() {
    let service = Service::with(&[("verification.deadline", "3s")]).await;
    let begin = async |email: &str, card: &str| {
        let person = Person::new(email).paying_with(card);
        service.sign_up(&person).await.begun()
    };
    let confirmed = begin("ada@example.com", "4242424242424242").await;
    let abandoned = begin("bob@example.com", "4242424242424242").await;
    let asked = begin("eve@example.com", BANK_ASKS_CARD).await;
    let mail = service.mail_to("ada@example.com", 1).await;

    let fake = FakeStripe::start(Settings::default()).await.unwrap();
    let keys = keys_for(&fake);
    let mut keys: Vec<(&str, &str)> = keys
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let service = service.restart_with(&keys).await;
    // What needs no gateway goes on.
    let answer = service.type_code(&confirmed, &mail.code).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    service.follow_until(&confirmed, "registered").await;
    // What needs one waits for its own, though Stripe would say that there is nothing of it.
    assert_eq!(service.back_from_bank(&asked).await.status, 200);
    let held = "SELECT count(*) FROM registrations
                WHERE status = 'awaiting_verification' AND owner IS NULL AND due_at > act_by";
    until("its time is over, and it was let go of", async || {
        (service.tables().number(held) == 1).then_some(())
    })
    .await;
    assert_eq!(service.follow(&asked).await["status"], "awaiting_action");
    let page = service.registration_page(&asked).await;
    // Whoever has it open waits; a page that is shown as running would be loaded anew for ever.
    assert!(page.contains("data-status=\"awaiting_action\""), "{page}");
    assert!(!page.contains(">Confirm with your bank<"), "{page}");
    assert_eq!(fake.control().calls().total(), 0);

    for key in &mut keys {
        if key.0 == "gateway.kind" {
            key.1 = "sandbox";
        }
    }
    let service = service.restart_with(&keys).await;
    let page = service.registration_page(&asked).await;
    assert!(page.contains(">Confirm with your bank<"), "{page}");
    let waiting = service.follow(&asked).await;
    let action_url = waiting["action_url"].as_str().unwrap();
    service.answer_bank(action_url, "confirm").await;
    service.follow_until(&asked, "awaiting_verification").await;
    assert_eq!(service.follow(&abandoned).await["failure"], Value::Null);
}

#[tokio::test]
async fn how_many_were_begun_at_another_gateway_is_found_at_a_start() {
    let service = Service::start().await;
    let sign_up = async |email: &str, card: &str| {
        let person = Person::new(email).paying_with(card);
        service.sign_up(&person).await
    };
    for email in ["ada@example.com", "bob@example.com"] {
        assert_eq!(sign_up(email, "4242424242424242").await.status, 201);
    }
    for email in ["eve@example.com", "fay@example.com", "gus@example.com"] {
        assert_eq!(sign_up(email, BANK_ASKS_CARD).await.status, 202);
    }
    let none = Elsewhere::look(&service.app).await.unwrap();
    assert_eq!(none.sentences(), [""; 0]);

    let fake = FakeStripe::start(Settings::default()).await.unwrap();
    let keys = keys_for(&fake);
    let keys: Vec<(&str, &str)> = keys
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let service = service.restart_with(&keys).await;
    let all = Elsewhere::look(&service.app).await.unwrap();
    let [told] = all.sentences().try_into().unwrap();
    assert!(
        told.contains("at the gateway sandbox: 3 are left"),
        "{told}"
    );
    assert!(told.contains("2 wait for their address"), "{told}");
}
