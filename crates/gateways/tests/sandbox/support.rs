//! A sandbox on a clock that stands still, with one call per thing to do.

use std::ops::Deref;
use std::sync::Arc;

use enlist_domain::card::Expiry;
use enlist_domain::{CardNumber, PlanCatalogue, RawCard, SecurityCode};
use enlist_gateways::contract::{Bench, Tokens};
use enlist_gateways::sandbox::{Fault, FaultKind, Operation, Sandbox};
use enlist_registration::ids::{CustomerId, RegistrationId};
use enlist_registration::ports::{CallKey, Clock, Outcome, PaymentGateway, PaymentMethod};
use enlist_registration::steps::StepName;
use secrecy::SecretString;

use crate::home::Home;
use crate::time_and_chance::{TestClock, TestRandom};

/// Noon, somewhen.
const START: &str = "2026-11-20T12:00:00.123456Z";

/// A sandbox and the bench it lies on.
pub(crate) struct Rig {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) clock: Arc<TestClock>,
    bench: Bench,
    /// Dropped last: the books may go with it.
    _home: Home,
}

impl Deref for Rig {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.bench
    }
}

impl Rig {
    /// On books of its own.
    pub(crate) async fn fresh() -> Self {
        Self::at(Home::fresh()).await
    }

    /// On books of its own, and changed before it is used.
    pub(crate) async fn fresh_but(change: impl AsyncFnOnce(Sandbox) -> Sandbox) -> Self {
        Self::with(Home::fresh(), change).await
    }

    /// On the books that are there already, as another process would be.
    pub(crate) async fn at(home: Home) -> Self {
        Self::with(home, async |sandbox| sandbox).await
    }

    /// On the books that are there already, and changed before it is used.
    pub(crate) async fn with(home: Home, change: impl AsyncFnOnce(Sandbox) -> Sandbox) -> Self {
        let clock = TestClock::at(START);
        let random = Arc::new(TestRandom::new());
        let sandbox = home.open(clock.clone(), random.clone()).await;
        let sandbox = Arc::new(change(sandbox.expect("the sandbox opens")).await);
        let bench = Bench {
            gateway: sandbox.clone(),
            clock: clock.clone(),
            random,
            tokens: Tokens {
                succeeds: "pm_card_visa",
                succeeds_too: "tok_mastercard",
                declined_when_attached: "tok_chargeDeclined",
                declined_when_charged: "tok_chargeCustomerFail",
                asks_before_the_charge: Some("pm_card_threeDSecure2Required"),
            },
            raw_card: Some(|| raw_card("4242 4242 4242 4242")),
            plan: PlanCatalogue::default()
                .get("pro")
                .expect("the default plans")
                .clone(),
            begun_at: clock.now(),
        };
        Self {
            sandbox,
            clock,
            bench,
            _home: home,
        }
    }

    /// Switches a fault on for so many calls.
    pub(crate) async fn fail(&self, step: Operation, kind: FaultKind, count: u32) {
        self.sandbox
            .faults()
            .switch_on(Fault::times(step, kind, count))
            .await
            .expect("a fault");
    }

    /// Sells another of the default plans from now on.
    pub(crate) fn sell(&mut self, plan: &str) {
        self.bench.plan = PlanCatalogue::default()
            .get(plan)
            .expect("a default plan")
            .clone();
    }

    pub(crate) async fn only_customer(&self, registration: RegistrationId) -> CustomerId {
        let customers = self.holdings(registration).await.customers;
        assert_eq!(customers.len(), 1, "{customers:?}");
        customers[0].id.clone()
    }

    pub(crate) async fn tokenize(
        &self,
        registration: RegistrationId,
        number: &str,
    ) -> Outcome<PaymentMethod> {
        let key = CallKey::of_step(registration, StepName::TokenizeCard);
        self.sandbox.tokenize_card(&key, &raw_card(number)).await
    }
}

/// A card that is valid for a while, by the test's clock.
pub(crate) fn raw_card(number: &str) -> RawCard {
    let number = CardNumber::parse(SecretString::from(number)).expect("a card number");
    let code = "987654"
        .get(..number.brand().security_code_length())
        .expect("digits");
    RawCard {
        security_code: SecurityCode::parse(SecretString::from(code), number.brand())
            .expect("a security code"),
        expiry: Expiry::new(11, 2026).expect("an expiry"),
        number,
    }
}
