//! A fake Stripe on a clock that stands still, and the adapter before it.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use enlist_domain::card::Expiry;
use enlist_domain::{CardNumber, Plan, PlanCatalogue, RawCard, SecurityCode};
use enlist_fake_stripe::{
    Control, FakeStripe, Fault, FaultKind, Operation, Parameters, SECRET_KEY, Settings,
};
use enlist_gateways::contract::{Bench, Tokens};
use enlist_gateways::stripe::{Stripe, StripeSettings};
use enlist_registration::ids::SubscriptionId;
use enlist_registration::ports::{Clock, Outcome, Subscription};
use secrecy::{ExposeSecret, SecretString};

use crate::time_and_chance::{TestClock, TestRandom};

/// Noon, somewhen.
pub(crate) const START: &str = "2026-11-20T12:00:00Z";

/// How long a request may take here, unless a test is about that.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What the official SDK would send.
pub(crate) static PARAMETERS: LazyLock<Parameters> = LazyLock::new(|| {
    let path = enlist_test_servers::stripe_parameters();
    Parameters::read(&path).expect("the SDK's parameters")
});

/// A fake Stripe, the adapter, and the bench that it lies on.
pub(crate) struct Rig {
    pub(crate) stripe: Arc<Stripe>,
    pub(crate) control: Control,
    pub(crate) clock: Arc<TestClock>,
    bench: Bench,
    fake: FakeStripe,
}

impl Deref for Rig {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.bench
    }
}

impl Rig {
    /// With an account of its own.
    pub(crate) async fn fresh() -> Self {
        Self::with_timeout(TIMEOUT).await
    }

    /// The same, with an adapter that is less patient.
    pub(crate) async fn with_timeout(timeout: Duration) -> Self {
        let clock = TestClock::at(START);
        let random = Arc::new(TestRandom::new());
        let fake = FakeStripe::start(Settings {
            clock: clock.clone(),
            random: random.clone(),
            parameters: Some(PARAMETERS.clone()),
            ..Settings::default()
        });
        let fake = fake.await.expect("it listens");
        let stripe = Arc::new(adapter(fake.url(), timeout));
        let bench = Bench {
            gateway: stripe.clone(),
            begun_at: clock.now(),
            clock: clock.clone(),
            random,
            tokens: Tokens {
                succeeds: "pm_card_visa",
                succeeds_too: "pm_card_mastercard",
                declined_when_attached: "pm_card_chargeDeclined",
                declined_when_charged: "pm_card_chargeCustomerFail",
                asks_before_the_charge: Some("pm_card_threeDSecure2Required"),
            },
            raw_card: Some(|| raw_card("4242 4242 4242 4242")),
            plan: pro(),
        };
        Self {
            stripe,
            control: fake.control(),
            clock,
            bench,
            fake,
        }
    }

    /// Switches a fault on for so many calls.
    pub(crate) fn fail(&self, step: Operation, kind: FaultKind, count: u32) {
        let fault = Fault::times(step, kind, count);
        self.control.faults().switch_on(fault).expect("a fault");
    }

    /// Where Stripe is.
    pub(crate) fn url(&self) -> String {
        self.fake.url()
    }

    /// Stops Stripe, so that connections are refused.
    pub(crate) async fn stop(self) -> Arc<Stripe> {
        self.fake.stop().await;
        self.stripe
    }
}

/// The adapter, before whatever listens there.
pub(crate) fn adapter(api_base: String, timeout: Duration) -> Stripe {
    let settings = StripeSettings {
        secret_key: SecretString::from(SECRET_KEY),
        api_base,
        timeout,
    };
    Stripe::new(settings).expect("a client")
}

/// The default plan `pro`, with the price that the fake has for it.
pub(crate) fn pro() -> Plan {
    let plans = PlanCatalogue::default();
    Plan {
        gateway_price: Some("price_pro_month".to_owned()),
        ..plans.get("pro").expect("a default plan").clone()
    }
}

/// The subscription that waits for the person, and what the page confirms it with.
#[track_caller]
pub(crate) fn asked(outcome: Outcome<Subscription>) -> (SubscriptionId, String) {
    match outcome {
        Outcome::RequiresAction(action) => (
            action.subscription,
            action.client_secret.expose_secret().to_owned(),
        ),
        other => panic!("nothing was asked: {other:?}"),
    }
}

/// A card that is valid for a while, by the test's clock.
pub(crate) fn raw_card(number: &str) -> RawCard {
    let number = CardNumber::parse(SecretString::from(number)).expect("a card number");
    RawCard {
        security_code: SecurityCode::parse(SecretString::from("987"), number.brand())
            .expect("a security code"),
        expiry: Expiry::new(11, 2027).expect("an expiry"),
        number,
    }
}
