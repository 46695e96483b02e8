//! What each kind of answer, and of no answer, becomes.

use std::sync::Arc;
use std::time::Duration;

use enlist_fake_stripe::{FakeStripe, FaultKind, Operation, Settings};
use enlist_gateways::contract::{declined, done};
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{CallKey, Clock, Outcome, PaymentGateway, Trouble};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Rig, START, adapter, raw_card};

/// Each way of losing an answer whose request took effect.
const LOST: [FaultKind; 5] = [
    FaultKind::LoseReply,
    FaultKind::Reset,
    FaultKind::Truncate,
    FaultKind::Garble,
    FaultKind::BadGateway,
];

#[track_caller]
fn doubt<T: std::fmt::Debug>(outcome: Outcome<T>) -> Trouble {
    match outcome {
        Outcome::InDoubt(trouble) => trouble,
        other => panic!("no doubt: {other:?}"),
    }
}

#[track_caller]
fn retryable<T: std::fmt::Debug>(outcome: Outcome<T>) -> Trouble {
    match outcome {
        Outcome::Retryable(trouble) => trouble,
        other => panic!("not to be tried again: {other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_a_doubt_and_the_repeat_is_told_the_same() {
    for kind in LOST {
        let rig = Rig::fresh().await;
        let registration = rig.registration();
        rig.fail(Operation::CreateCustomer, kind, 1);
        let token = Some("pm_card_visa");
        doubt(rig.create_customer(registration, token).await);
        let customer = done(rig.create_customer(registration, token).await);
        rig.fail(Operation::StartSubscription, kind, 1);
        doubt(rig.start_subscription(registration, &customer.id).await);
        done(rig.start_subscription(registration, &customer.id).await);
        let charge = rig.only_charge(registration).await;
        rig.fail(Operation::RefundCharge, kind, 1);
        doubt(rig.refund(registration, &charge, 2900, 1).await);
        done(rig.refund(registration, &charge, 2900, 1).await);
        let ledger = rig.control.ledger();
        let made = (
            ledger.customers.len(),
            ledger.subscriptions.len(),
            ledger.charges.len(),
            ledger.refunds.len(),
        );
        assert_eq!(made, (1, 1, 1, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_doubt() {
    let rig = Rig::with_timeout(Duration::from_millis(200)).await;
    let registration = rig.registration();
    rig.fail(Operation::CreateCustomer, FaultKind::Hang, 1);
    let token = Some("pm_card_visa");
    let trouble = doubt(rig.create_customer(registration, token).await);
    assert!(!trouble.replayed);
    done(rig.create_customer(registration, token).await);
    assert_eq!(rig.control.ledger().customers.len(), 1);
}

#[tokio::test]
async fn a_stored_failure_burns_the_key_and_says_so() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.fail(Operation::CreateCustomer, FaultKind::FailAfter, 1);
    let token = Some("pm_card_visa");
    doubt(rig.create_customer(registration, token).await);
    for _ in 0..2 {
        let trouble = doubt(rig.create_customer(registration, token).await);
        assert!(trouble.replayed, "{trouble:?}");
    }
    assert_eq!(rig.holdings(registration).await.customers.len(), 1);
}

#[tokio::test]
async fn a_failure_before_anything_happened_is_a_doubt_that_the_repeat_settles() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.fail(Operation::CreateCustomer, FaultKind::FailBefore, 1);
    let token = Some("pm_card_visa");
    let trouble = doubt(rig.create_customer(registration, token).await);
    assert!(!trouble.replayed);
    done(rig.create_customer(registration, token).await);
}

/// A clock on which whoever sleeps is woken by hand.
struct Gate(Semaphore);

#[async_trait::async_trait]
impl Clock for Gate {
    fn now(&self) -> Timestamp {
        START.parse().expect("a time")
    }

    async fn sleep(&self, _: Duration) {
        self.0.acquire().await.expect("it stays open").forget();
    }
}

/// Of two at the same moment the second is told that the first is under way. What it asks for may be about
/// to happen.
#[tokio::test]
async fn while_the_same_is_being_asked_for_nobody_knows() {
    let gate = Arc::new(Gate(Semaphore::new(0)));
    let fake = FakeStripe::start(Settings {
        clock: gate.clone(),
        latency: Duration::from_millis(1),
        ..Settings::default()
    });
    let fake = fake.await.expect("it listens");
    let stripe = Arc::new(adapter(fake.url(), Duration::from_secs(30)));
    let key = CallKey::of_token(RegistrationId(uuid::Uuid::from_u128(7)), 1);
    let tokenize = || {
        let (stripe, key) = (stripe.clone(), key.clone());
        async move {
            stripe
                .tokenize_card(&key, &raw_card("4242424242424242"))
                .await
        }
    };
    let mut both = JoinSet::new();
    both.spawn(tokenize());
    both.spawn(tokenize());
    while fake.control().calls().total() < 2 {
        tokio::task::yield_now().await;
    }
    gate.0.add_permits(3);
    let (mut made, mut doubts) = (Vec::new(), Vec::new());
    for outcome in both.join_all().await {
        match outcome {
            Outcome::Done(method) => made.push(method),
            outcome => doubts.push(doubt(outcome)),
        }
    }
    assert_eq!((made.len(), doubts.len()), (1, 1));
    assert!(!doubts[0].replayed, "{doubts:?}");
    assert!(doubts[0].summary.contains("idempotency_key_in_use"));
    assert_eq!(done(tokenize().await), made[0]);
}

/// The bank has the money and decides whose it is. The undo goes on to its end.
#[tokio::test]
async fn a_disputed_charge_keeps_no_customer() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let (customer, subscription) = rig.subscriber(registration).await;
    let charge = rig.only_charge(registration).await;
    let disputed = rig.control.dispute_charge(charge.id.as_str());
    disputed.expect("it was taken");
    let gateway = &rig.gateway;
    done(gateway.cancel_subscription(&subscription.id).await);
    done(rig.refund(registration, &charge, 2900, 1).await);
    done(gateway.delete_customer(&customer.id, registration).await);
    // Once more, as whoever deletes a customer looks for what was charged late.
    let still_there = rig.only_charge(registration).await;
    done(rig.refund(registration, &still_there, 2900, 1).await);
    let ledger = rig.control.ledger();
    assert_eq!(ledger.refunds, []);
    assert!(ledger.customers.iter().all(|customer| !customer.live));
    assert!(ledger.charges.iter().all(|charge| !charge.live));
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_as_long_as_stripe_asks() {
    let rig = Rig::fresh().await;
    rig.fail(Operation::CreateCustomer, FaultKind::RateLimit, 1);
    let outcome = rig.create_customer(rig.registration(), None).await;
    let trouble = retryable(outcome);
    assert_eq!(trouble.retry_after, Some(Duration::from_secs(1)));
    assert!(rig.control.ledger().customers.is_empty());
}

#[tokio::test]
async fn a_refused_connection_did_nothing() {
    let rig = Rig::fresh().await;
    let stripe = rig.stop().await;
    let trouble = retryable(stripe.create_setup_intent().await);
    assert!(
        trouble.summary.starts_with("Stripe cannot be reached"),
        "{trouble:?}"
    );
}

/// However often it is tried.
#[tokio::test]
async fn a_request_that_cannot_be_made_is_our_fault() {
    let stripe = adapter("no address".to_owned(), Duration::from_secs(30));
    match stripe.create_setup_intent().await {
        Outcome::Rejected(trouble) => assert!(
            trouble.summary.starts_with("a request cannot be made"),
            "{trouble:?}"
        ),
        other => panic!("not rejected: {other:?}"),
    }
}

#[tokio::test]
async fn a_decline_is_told_in_the_banks_words() {
    let rig = Rig::fresh().await;
    for (token, code) in [
        ("pm_card_chargeDeclined", "generic_decline"),
        (
            "pm_card_chargeDeclinedInsufficientFunds",
            "insufficient_funds",
        ),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
    ] {
        let outcome = rig.create_customer(rig.registration(), Some(token)).await;
        assert_eq!(declined(outcome), code, "{token}");
    }
    assert!(rig.control.ledger().customers.is_empty());
}

#[tokio::test]
async fn a_wrong_key_is_our_fault_and_names_the_request() {
    let rig = Rig::fresh().await;
    let settings = enlist_gateways::stripe::StripeSettings {
        secret_key: secrecy::SecretString::from("sk_test_canary"),
        api_base: rig.url(),
        timeout: Duration::from_secs(30),
    };
    let stripe = enlist_gateways::stripe::Stripe::new(settings).unwrap();
    match stripe.account().await {
        Outcome::Rejected(trouble) => {
            assert!(trouble.summary.contains("401"), "{trouble:?}");
            assert!(trouble.summary.contains("(request req_"), "{trouble:?}");
            assert!(!trouble.summary.contains("canary"), "{trouble:?}");
        }
        other => panic!("not rejected: {other:?}"),
    }
}
