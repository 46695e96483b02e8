//! The payment gateway as a process reaches it: over a network on which requests and replies are lost,
//! late, repeated and refused.

mod books;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::{Money, RawCard};
use enlist_registration::ids::{ChargeId, CustomerId, JobId, RegistrationId, SubscriptionId};
use enlist_registration::ports::{
    CallKey, Customer, Decline, Holdings, NewCustomer, NewSubscription, Outcome, PaymentGateway,
    PaymentMethod, RefundAttempt, RequiredAction, Search, Standing, Subscription, Trouble,
};
use enlist_registration::steps::{Order, StepName};
use secrecy::SecretString;
use uuid::Uuid;

use books::{Answer, Carry, Request};
pub use books::{Books, Card, Made, Told};

use crate::bugs::Bug;
use crate::executor::{Machine, locked};
use crate::faults::Fault;
use crate::world::World;

/// What can happen to a call, one thing at a time.
const FAULTS: [Fault; 14] = [
    Fault::Refused,
    Fault::RateLimited,
    Fault::BadGatewayBefore,
    Fault::BadGatewayAfter,
    Fault::ReplyLost,
    Fault::RequestLost,
    Fault::StoredBefore,
    Fault::StoredAfter,
    Fault::Delayed,
    Fault::DelayedPastLease,
    Fault::DelayedVeryLong,
    Fault::Repeated,
    Fault::RepeatedLate,
    Fault::Rejected,
];

/// How long a request, or a reply, is under way.
const TRANSIT: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(150)];

/// How the gateway is named: where processes are whole, their configuration says so too.
pub const NAME: &str = "stripe";

/// The gateway, as one process reaches it.
pub struct SimGateway {
    pub world: Arc<World>,
    pub process: usize,
}

impl SimGateway {
    /// Sends a request; what comes back is what the network lets through.
    async fn send(&self, key: Option<&CallKey>, request: Request) -> Outcome<Answer> {
        let world = &self.world;
        world.pass(self.process).await;
        let sent = Sent {
            key: key.map(|key| key.as_str().to_owned()),
            request,
        };
        world.transit().await;
        self.note_if_superseded(&sent.request);
        let outcome = self.through_the_network(sent).await;
        world.transit().await;
        world.pass(self.process).await;
        outcome
    }

    async fn through_the_network(&self, sent: Sent) -> Outcome<Answer> {
        let world = &self.world;
        let fault = world.weather.first_of(&FAULTS);
        if let Some(fault) = fault {
            world.note(60 + fault as u64, || {
                format!("  network: {}: {}", sent.request.name(), fault.text())
            });
        }
        match fault {
            None => outcome(world.receive(&sent, Carry::Out)),
            Some(Fault::Refused) => Outcome::Retryable(Trouble::new("connection refused")),
            Some(Fault::RateLimited) => {
                let mut trouble = Trouble::new("too many requests");
                let wait = world
                    .network
                    .between(Duration::from_secs(1), Duration::from_secs(20));
                trouble.retry_after = Some(wait);
                Outcome::Retryable(trouble)
            }
            Some(Fault::BadGatewayAfter) => {
                world.receive(&sent, Carry::Out);
                Outcome::InDoubt(Trouble::new("502"))
            }
            Some(Fault::ReplyLost) => {
                world.receive(&sent, Carry::Out);
                pending().await
            }
            Some(Fault::RequestLost) => pending().await,
            Some(Fault::StoredBefore) => outcome(world.receive(&sent, Carry::FailBefore)),
            Some(Fault::StoredAfter) => outcome(world.receive(&sent, Carry::FailAfter)),
            Some(Fault::Delayed) => {
                self.arrives_after(sent, 8, 15);
                pending().await
            }
            Some(Fault::DelayedPastLease) => {
                self.arrives_after(sent, 10, 60);
                pending().await
            }
            // Before the first second look, after which nobody could know of it before the next.
            Some(Fault::DelayedVeryLong) => {
                self.arrives_after(sent, 60, 70 * 60);
                pending().await
            }
            Some(Fault::Repeated) => {
                world.receive(&sent, Carry::Out);
                outcome(world.receive(&sent, Carry::Out))
            }
            Some(Fault::RepeatedLate) => {
                self.arrives_after(sent.clone(), 1, 70 * 60);
                outcome(world.receive(&sent, Carry::Out))
            }
            Some(Fault::Rejected) => Outcome::Rejected(Trouble::new("401: no such key")),
            Some(_) => Outcome::InDoubt(Trouble::new("502")),
        }
    }

    /// The request is on its way, whatever becomes of whoever sent it.
    fn arrives_after(&self, sent: Sent, shortest_s: u64, longest_s: u64) {
        let world = Arc::clone(&self.world);
        let between = Duration::from_secs(shortest_s)..Duration::from_secs(longest_s);
        let delay = world.network.between(between.start, between.end);
        let flying = world.begin_flight();
        self.world.executor.spawn(Machine::OUTSIDE, async move {
            world.executor.sleep(delay).await;
            world.note(80, || {
                format!("  network: {} arrives late", sent.request.name())
            });
            if let Some(registration) = sent.request.registration() {
                world.checks.note_late(registration);
            }
            world.receive(&sent, Carry::Out);
            drop(flying);
        });
    }

    /// A call of somebody who does not know yet that others have the registration comes too late as well:
    /// one whose clock is wrong believes in its lease for longer.
    fn note_if_superseded(&self, request: &Request) {
        let Some(registration) = request.registration() else {
            return;
        };
        let holder = self.world.memory.look(|tables| {
            let row = tables.rows.get(&registration);
            row.map(|row| row.owner)
        });
        let calls = self.world.engine(self.process).map(|engine| engine.owner());
        if holder.is_some_and(|holder| holder != calls) {
            self.world.checks.note_late(registration);
        }
    }

    fn skips(&self, bug: Bug) -> bool {
        self.world.bug == Some(bug)
    }

    /// The key, unless it is to be another one.
    fn key(&self, key: &CallKey, email: &str) -> CallKey {
        let step = match key.as_str().ends_with("create_customer") {
            true => StepName::CreateCustomer,
            false => StepName::StartSubscription,
        };
        match self.world.bug {
            Some(Bug::EachTryHasItsOwnKey) => {
                let attempt = RefundAttempt::OfSecondLook {
                    job: JobId(Uuid::from_u128(self.world.next_number().into())),
                    attempt: 0,
                };
                CallKey::of_refund(
                    RegistrationId(Uuid::nil()),
                    &ChargeId(key.to_string()),
                    attempt,
                )
            }
            Some(Bug::KeysAreShared) if !email.is_empty() => {
                let shared = email
                    .bytes()
                    .fold(0u128, |sum, byte| sum * 31 + u128::from(byte));
                CallKey::of_step(RegistrationId(Uuid::from_u128(shared)), step)
            }
            _ => key.clone(),
        }
    }

    /// The bug of whoever charges too early.
    async fn charge_at_once(&self, registration: RegistrationId, customer: &CustomerId) {
        let plan = self.world.memory.look(|tables| {
            let row = tables.rows.get(&registration)?;
            let intent = &row.registration.intent;
            let plan = intent.paid_plan().cloned();
            plan.filter(|_| intent.order == Order::ChargeAtVerification)
        });
        if let Some(plan) = plan {
            let request = Request::StartSubscription {
                registration,
                customer: customer.clone(),
                plan,
            };
            let key = CallKey::of_step(registration, StepName::StartSubscription);
            drop(self.send(Some(&key), request).await);
        }
    }
}

/// A request on its way.
#[derive(Clone)]
pub struct Sent {
    key: Option<String>,
    request: Request,
}

impl World {
    /// A request arrives.
    fn receive(self: &Arc<Self>, sent: &Sent, carry: Carry) -> (Answer, bool) {
        let now = self.executor.now();
        let key = sent.key.as_deref();
        let (answer, was_replayed, told) = {
            let mut books = locked(&self.books);
            let (answer, was_replayed) = books.receive(now, key, &sent.request, carry);
            (answer, was_replayed, std::mem::take(&mut books.outbox))
        };
        self.note(40 + u64::from(was_replayed), || {
            let repeated = if was_replayed { " (repeated)" } else { "" };
            format!(
                "  gateway: {}{repeated}: {}",
                sent.request.name(),
                in_words(&answer)
            )
        });
        let is_same = !matches!(answer, Answer::KeyMisused);
        self.checks
            .check("requests_are_repeated_as_they_were", is_same, || {
                format!("{key:?}: {:?}", sent.request)
            });
        if let Request::CreateCustomer { registration, .. }
        | Request::StartSubscription { registration, .. }
        | Request::DeleteCustomer { registration, .. } = &sent.request
        {
            self.after_effect(*registration, sent.request.name(), &answer);
        }
        if let (Request::StartSubscription { registration, .. }, Answer::Asks(asked), false) =
            (&sent.request, &answer, was_replayed)
        {
            self.ask_at_the_bank(*registration, asked.clone());
        }
        self.tell(told);
        (answer, was_replayed)
    }

    async fn transit(&self) {
        let delay = self.network.between(TRANSIT[0], TRANSIT[1]);
        self.executor.sleep(delay).await;
    }
}

/// What whoever asked is told.
fn outcome((answer, was_replayed): (Answer, bool)) -> Outcome<Answer> {
    match answer {
        Answer::Declined(code) => Outcome::Declined(Decline {
            code: code.to_owned(),
        }),
        Answer::Asks(subscription) => Outcome::RequiresAction(RequiredAction {
            subscription,
            client_secret: SecretString::from("secret"),
        }),
        Answer::Wrong(what) => Outcome::Rejected(Trouble::new(what)),
        Answer::KeyMisused => Outcome::Rejected(Trouble::new("idempotency_error")),
        Answer::StoredFailure => {
            let mut trouble = Trouble::new("500");
            trouble.replayed = was_replayed;
            Outcome::InDoubt(trouble)
        }
        other => Outcome::Done(other),
    }
}

fn in_words(answer: &Answer) -> String {
    match answer {
        Answer::Token(method) => format!("token {}", method.id),
        Answer::Customer(customer) => format!("customer {}", customer.id),
        Answer::Subscription(subscription) => format!("subscription {} runs", subscription.id),
        Answer::Asks(id) => format!("{id} waits for the bank"),
        Answer::Holdings(held) => format!(
            "{} customers, {} subscriptions, {} charges",
            held.customers.len(),
            held.subscriptions.len(),
            held.charges.len()
        ),
        Answer::Standing(_) => "how it stands".to_owned(),
        Answer::Done => "done".to_owned(),
        Answer::Declined(code) => format!("declined: {code}"),
        Answer::Wrong(what) => format!("wrong: {what}"),
        Answer::KeyMisused => "the key was used with other parameters".to_owned(),
        Answer::StoredFailure => "500".to_owned(),
    }
}

/// What an answer must be.
macro_rules! expect {
    ($outcome:expr, $kind:ident) => {
        match $outcome {
            Outcome::Done(Answer::$kind(value)) => Outcome::Done(value),
            Outcome::Done(other) => unreachable!("another kind of answer: {other:?}"),
            other => other.map(|_| unreachable!("it was not done")),
        }
    };
}

#[async_trait]
impl PaymentGateway for SimGateway {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn tokenize_card(&self, key: &CallKey, card: &RawCard) -> Outcome<PaymentMethod> {
        let cards = Card::ALL.into_iter().map(Card::number);
        let number = cards
            .into_iter()
            .find(|number| *number == card.number.expose());
        let request = Request::TokenizeCard {
            number: number.unwrap_or_default(),
        };
        expect!(self.send(Some(key), request).await, Token)
    }

    async fn create_customer(
        &self,
        key: &CallKey,
        customer: &NewCustomer<'_>,
    ) -> Outcome<Customer> {
        let key = self.key(key, customer.email.normalised());
        let request = Request::CreateCustomer {
            registration: customer.registration,
            email: customer.email.as_typed().to_owned(),
            name: customer.profile.full_name(),
            method: customer.payment_method.cloned(),
        };
        let outcome = expect!(self.send(Some(&key), request).await, Customer);
        if let (Outcome::Done(made), true) = (&outcome, self.skips(Bug::ChargedBeforeVerification))
        {
            self.charge_at_once(customer.registration, &made.id).await;
        }
        self.as_seen(outcome)
    }

    async fn start_subscription(
        &self,
        key: &CallKey,
        subscription: &NewSubscription<'_>,
    ) -> Outcome<Subscription> {
        let key = self.key(key, "");
        let request = Request::StartSubscription {
            registration: subscription.registration,
            customer: subscription.customer.clone(),
            plan: subscription.plan.clone(),
        };
        self.as_seen(expect!(self.send(Some(&key), request).await, Subscription))
    }

    async fn retrieve_subscription(&self, id: &SubscriptionId) -> Outcome<Subscription> {
        let request = Request::RetrieveSubscription(id.clone());
        expect!(self.send(None, request).await, Subscription)
    }

    async fn holdings(&self, search: &Search<'_>) -> Outcome<Holdings> {
        let request = Request::ListHoldings {
            registration: search.registration,
            customer: search.customer.cloned(),
        };
        let outcome = expect!(self.send(None, request).await, Holdings);
        match (outcome, self.skips(Bug::CustomerGoesBeforeTheMoney)) {
            (Outcome::Done(held), true) => Outcome::Done(Holdings {
                customers: held.customers,
                ..Holdings::default()
            }),
            (outcome, _) => outcome,
        }
    }

    async fn cancel_subscription(&self, id: &SubscriptionId) -> Outcome<()> {
        let request = Request::CancelSubscription(id.clone());
        self.send(None, request).await.map(|_| ())
    }

    async fn refund_charge(&self, key: &CallKey, charge: &ChargeId, amount: Money) -> Outcome<()> {
        let amount = match self.world.bug {
            Some(Bug::ChargeIsNotRefunded) => return Outcome::Done(()),
            Some(Bug::HalfIsRefunded) => Money::new(amount.amount_minor() / 2, amount.currency()),
            _ => amount,
        };
        let charge = charge.clone();
        let request = Request::RefundCharge { charge, amount };
        self.send(Some(key), request).await.map(|_| ())
    }

    async fn delete_customer(&self, id: &CustomerId, registration: RegistrationId) -> Outcome<()> {
        if self.skips(Bug::CustomerIsNotDeleted) {
            return Outcome::Done(());
        }
        let id = id.clone();
        let request = Request::DeleteCustomer { id, registration };
        self.send(None, request).await.map(|_| ())
    }

    async fn standing(
        &self,
        customer: &CustomerId,
        subscription: Option<&SubscriptionId>,
    ) -> Outcome<Standing> {
        let request = Request::RetrieveStanding {
            customer: customer.clone(),
            subscription: subscription.cloned(),
        };
        expect!(self.send(None, request).await, Standing)
    }
}

impl SimGateway {
    /// What the engine makes of an answer, with a bug if there is one.
    fn as_seen<T>(&self, outcome: Outcome<T>) -> Outcome<T> {
        match (outcome, self.world.bug) {
            (Outcome::InDoubt(trouble), Some(Bug::DoubtIsFailure)) => Outcome::Declined(Decline {
                code: trouble.summary,
            }),
            (Outcome::InDoubt(trouble), Some(Bug::DoubtIsRefusal)) => Outcome::Rejected(trouble),
            (outcome, _) => outcome,
        }
    }
}
