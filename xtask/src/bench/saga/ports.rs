//! The world of an engine that is measured alone: a gateway that answers at once, from nothing, and
//! hashing that is none. What is left is the engine and its store.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use enlist_domain::{Money, Password, PasswordHash, RawCard};
use enlist_registration::engine::{Engine, Ports};
use enlist_registration::ids::{
    ChargeId, CustomerId, PaymentMethodId, RegistrationId, SubscriptionId,
};
use enlist_registration::limits::{Limits, later};
use enlist_registration::ports::{
    CallKey, Clock, Customer, CvcCheck, Direction, HashingFault, Holdings, NewCustomer,
    NewSubscription, Observer, Outcome, PasswordHasher, PaymentGateway, PaymentMethod, Random,
    Search, Standing, Store, Subscription, Trouble,
};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use enlist_registration::tokens::Tokens;
use jiff::Timestamp;

/// What every password becomes: as long as a real one, so that rows are as long as in the service.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlIHNhbA\
                    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// An engine on `store` and nothing else.
pub fn engine(store: Arc<dyn Store>) -> anyhow::Result<Engine> {
    let hash = PasswordHash::parse(HASH).map_err(|fault| anyhow!("{fault}"))?;
    let ports = Ports {
        store,
        gateway: Arc::new(Instant),
        hasher: Arc::new(NoHashing(hash)),
        clock: Arc::new(RealTime),
        random: Arc::new(RealChance),
        observer: Arc::new(Nobody),
    };
    Ok(Engine::new(
        ports,
        Limits::default(),
        Tokens::new([7; 32].into()),
    ))
}

/// The machine's clock, to the microsecond.
pub struct RealTime;

#[async_trait]
#[expect(clippy::disallowed_methods, reason = "measuring is about real time")]
impl Clock for RealTime {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The operating system's chance, as in the service: it costs what it costs.
pub struct RealChance;

impl Random for RealChance {
    #[expect(clippy::disallowed_methods, reason = "this is where chance comes in")]
    #[expect(clippy::panic, reason = "without chance nothing here means anything")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }
}

struct NoHashing(PasswordHash);

#[async_trait]
impl PasswordHasher for NoHashing {
    async fn hash(&self, _: Password) -> Result<PasswordHash, HashingFault> {
        Ok(self.0.clone())
    }
}

struct Nobody;

impl Observer for Nobody {
    fn working(&self, _: RegistrationId, _: StepName, _: Direction) {}
    fn event(&self, _: RegistrationId, _: &Event) {}
}

/// A gateway that says yes. What is never asked of it here is answered with trouble.
struct Instant;

#[async_trait]
impl PaymentGateway for Instant {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn tokenize_card(&self, key: &CallKey, card: &RawCard) -> Outcome<PaymentMethod> {
        Outcome::Done(PaymentMethod {
            id: PaymentMethodId(format!("pm_{key}")),
            card: card.summary(),
            cvc_check: CvcCheck::Pass,
        })
    }

    async fn create_customer(&self, _: &CallKey, customer: &NewCustomer<'_>) -> Outcome<Customer> {
        Outcome::Done(Customer {
            id: CustomerId(format!("cus_{}", customer.registration)),
            payment_method: None,
        })
    }

    async fn start_subscription(
        &self,
        _: &CallKey,
        subscription: &NewSubscription<'_>,
    ) -> Outcome<Subscription> {
        const MONTH: Duration = Duration::from_hours(30 * 24);
        Outcome::Done(Subscription {
            id: SubscriptionId(format!("sub_{}", subscription.registration)),
            current_period_end: later(RealTime.now(), MONTH),
        })
    }

    async fn retrieve_subscription(&self, _: &SubscriptionId) -> Outcome<Subscription> {
        not_asked()
    }

    async fn holdings(&self, _: &Search<'_>) -> Outcome<Holdings> {
        not_asked()
    }

    async fn cancel_subscription(&self, _: &SubscriptionId) -> Outcome<()> {
        not_asked()
    }

    async fn refund_charge(&self, _: &CallKey, _: &ChargeId, _: Money) -> Outcome<()> {
        not_asked()
    }

    async fn delete_customer(&self, _: &CustomerId, _: RegistrationId) -> Outcome<()> {
        not_asked()
    }

    async fn standing(&self, _: &CustomerId, _: Option<&SubscriptionId>) -> Outcome<Standing> {
        not_asked()
    }
}

fn not_asked<T>() -> Outcome<T> {
    Outcome::Rejected(Trouble::new("nobody is to ask this here"))
}
