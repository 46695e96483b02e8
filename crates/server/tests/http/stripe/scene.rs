//! A service and the fake of Stripe that it signs people up at.

use enlist_fake_stripe::{Decision, FakeStripe, Settings};
use serde_json::Value;

use crate::answer::{Answer, Begun};
use crate::person::Person;
use crate::service::Service;
use crate::tables::{self, Live, Tables};

/// The secret that events are signed with.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_canary";

pub(crate) struct Scene {
    pub(crate) service: Service,
    pub(crate) fake: FakeStripe,
}

/// What a service needs in order to use a fake.
pub(crate) fn keys_for(fake: &FakeStripe) -> Vec<(&'static str, String)> {
    vec![
        ("gateway.kind", "stripe".to_owned()),
        (
            "gateway.stripe.secret_key",
            enlist_fake_stripe::SECRET_KEY.to_owned(),
        ),
        (
            "gateway.stripe.publishable_key",
            enlist_fake_stripe::PUBLISHABLE_KEY.to_owned(),
        ),
        ("gateway.stripe.api_base", fake.url()),
        (
            "gateway.stripe.script_url",
            format!("{}/endive/stripe.js", fake.url()),
        ),
    ]
}

impl Scene {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these keys set.
    pub(crate) async fn with(keys: &[(&str, &str)]) -> Self {
        let fake = FakeStripe::start(Settings::default()).await.unwrap();
        Self::at(fake, keys).await
    }

    /// Where Stripe tells of events, signed with one secret.
    pub(crate) async fn with_events(keys: &[(&str, &str)]) -> Self {
        let secret = [("gateway.stripe.webhook_secret", WEBHOOK_SECRET)];
        let scene = Self::with(&[&secret, keys].concat()).await;
        scene.deliver_with(&[WEBHOOK_SECRET]).await;
        scene
    }

    pub(crate) async fn at(fake: FakeStripe, keys: &[(&str, &str)]) -> Self {
        let own = keys_for(&fake);
        let own: Vec<(&str, &str)> = own
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let service = Service::with(&[&own, keys].concat()).await;
        Self { service, fake }
    }

    /// Has events delivered, signed with these secrets.
    pub(crate) async fn deliver_with(&self, secrets: &[&str]) {
        let url = self.service.listen().await;
        let url = format!("{url}/api/gateway-webhooks/stripe");
        self.fake.control().set_webhook(&url, secrets);
    }

    pub(crate) fn ledger(&self) -> Value {
        serde_json::to_value(self.fake.control().ledger()).unwrap()
    }

    pub(crate) fn live(&self) -> Live {
        Live::of(&self.ledger())
    }

    pub(crate) fn tables(&self) -> Tables {
        self.service.tables()
    }

    pub(crate) fn assert_nothing_is_left(&self) {
        tables::assert_nothing_is_left(&self.ledger(), &self.tables());
    }

    pub(crate) fn assert_one_paid_account(&self) {
        tables::assert_one_paid_account(&self.ledger(), &self.tables());
    }

    /// Signs up with a test card by its name.
    pub(crate) async fn sign_up(&self, card: &str) -> Answer {
        let person = Person::new("ada@example.com").with_token(card);
        self.service.sign_up(&person).await
    }

    /// Signs up with a card whose bank asks: the registration waits for the person.
    pub(crate) async fn up_to_the_bank(&self) -> (Begun, Value) {
        let answer = self.sign_up("pm_card_threeDSecure2Required").await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let registration = answer.json()["registration"].clone();
        assert_eq!(registration["status"], "awaiting_action");
        (answer.begun(), registration)
    }

    /// What Stripe's script does in the page, with the person who answers their bank.
    pub(crate) fn answer_bank(&self, registration: &Value, decision: Decision) -> String {
        let control = self.fake.control();
        let secret = registration["client_secret"].as_str().unwrap();
        assert_eq!(control.confirm_payment(secret).unwrap(), "requires_action");
        match control.authenticate(secret, decision) {
            Ok(status) => status,
            Err(_) => "requires_payment_method".to_owned(),
        }
    }
}
