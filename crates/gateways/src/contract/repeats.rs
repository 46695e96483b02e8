//! Idempotency: a key has one effect and one answer, whoever sends it and however often.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::Outcome;
use tokio::task::JoinSet;

use super::{Bench, declined, done, rejected};

/// How many send the same call at the same moment.
const AT_ONCE: usize = 8;

/// How often a call that is told to wait asks again; far more than any gateway needs.
const ATTEMPTS: usize = 1_000;

/// How long it waits before it asks again.
const PAUSE: Duration = Duration::from_millis(5);

/// After a lost answer the call is made again, perhaps by another process.
pub async fn a_repeated_call_has_one_effect_and_one_answer(bench: &Bench) {
    let registration = bench.registration();
    let (customer, subscription) = bench.subscriber(registration).await;
    for _ in 0..3 {
        let (same_customer, same_subscription) = bench.subscriber(registration).await;
        assert_eq!(
            (&same_customer, &same_subscription),
            (&customer, &subscription)
        );
    }
    let holdings = bench.holdings(registration).await;
    assert_eq!(holdings.customers.len(), 1);
    assert_eq!(holdings.subscriptions.len(), 1);
    assert_eq!(holdings.charges.len(), 1);
}

/// Another card is a new registration with new keys.
pub async fn a_decline_is_repeated_too(bench: &Bench) {
    let registration = bench.registration();
    let token = Some(bench.tokens.declined_when_attached);
    let first = declined(bench.create_customer(registration, token).await);
    let second = declined(bench.create_customer(registration, token).await);
    assert_eq!(first, second);
}

/// A second request that is not the first, byte for byte, must not be taken for it.
pub async fn other_parameters_under_the_same_key_are_rejected(bench: &Bench) {
    let registration = bench.registration();
    let customer = bench.customer(registration).await;
    let token = Some(bench.tokens.succeeds_too);
    rejected(bench.create_customer(registration, token).await);
    let holdings = bench.holdings(registration).await;
    assert_eq!(holdings.customers.len(), 1);
    assert_eq!(holdings.customers[0], customer);
}

/// Two drivers that both believe in their lease: some are told to wait (`Retryable`), or that nobody knows
/// yet (`InDoubt`), and all end with the same answer.
pub async fn calls_at_the_same_moment_have_one_effect(bench: &Bench) {
    let registration = bench.registration();
    let bench = Arc::new(bench.clone());
    let mut drivers = JoinSet::new();
    for _ in 0..AT_ONCE {
        drivers.spawn(drive(Arc::clone(&bench), registration));
    }
    let ends = drivers.join_all().await;
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
    let holdings = bench.holdings(registration).await;
    assert_eq!(holdings.customers.len(), 1);
    assert_eq!(holdings.subscriptions.len(), 1);
    assert_eq!(holdings.charges.len(), 1);
    assert_eq!(
        holdings.charges[0].refunded_minor,
        bench.plan.price.amount_minor()
    );
}

/// A doubt about a customer that was deleted meanwhile is settled without making another.
pub async fn a_key_outlives_what_it_made(bench: &Bench) {
    let registration = bench.registration();
    let customer = bench.customer(registration).await;
    done(
        bench
            .gateway
            .delete_customer(&customer.id, registration)
            .await,
    );
    let again = bench.customer(registration).await;
    assert_eq!(again.id, customer.id);
    let holdings = bench.holdings(registration).await;
    assert!(holdings.customers.is_empty(), "{holdings:?}");
}

/// A whole registration and the refund of its charge; answers what it was told on the way.
async fn drive(bench: Arc<Bench>, registration: RegistrationId) -> impl PartialEq + Debug + Send {
    let mut patience = Patience {
        bench: &bench,
        left: ATTEMPTS,
    };
    let token = Some(bench.tokens.succeeds);
    let customer = loop {
        let outcome = bench.create_customer(registration, token).await;
        if let Some(customer) = patience.unless_told_to_wait(outcome).await {
            break customer;
        }
    };
    let subscription = loop {
        let outcome = bench.start_subscription(registration, &customer.id).await;
        if let Some(subscription) = patience.unless_told_to_wait(outcome).await {
            break subscription;
        }
    };
    let charge = bench.only_charge(registration).await;
    let all = charge.amount.amount_minor();
    loop {
        let outcome = bench.refund(registration, &charge, all, 1).await;
        if patience.unless_told_to_wait(outcome).await.is_some() {
            break;
        }
    }
    (customer, subscription, charge.id)
}

/// Waits as often as it is told to, within reason.
struct Patience<'a> {
    bench: &'a Bench,
    left: usize,
}

impl Patience<'_> {
    async fn unless_told_to_wait<T: Debug>(&mut self, outcome: Outcome<T>) -> Option<T> {
        match outcome {
            Outcome::Retryable(_) => {}
            // The other driver's request is under way; a stored failure would never go away.
            Outcome::InDoubt(trouble) if !trouble.replayed => {}
            outcome => return Some(done(outcome)),
        }
        assert!(self.left > 0, "told to wait {ATTEMPTS} times");
        self.left -= 1;
        self.bench.clock.sleep(PAUSE).await;
        None
    }
}
