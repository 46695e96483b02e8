//! The ports of the engine, answered from a script: what has an answer gets it, with the time at which it
//! came; the first question that has none is kept, and its asker waits for ever.

use std::future::pending;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::{EmailAddress, Money, Password, PasswordHash, RawCard};
use enlist_registration::ids::{
    ChargeId, CustomerId, Generation, JobId, OwnerId, RegistrationId, SubscriptionId, UserId,
};
use enlist_registration::jobs::{Job, JobKind, NewJob};
use enlist_registration::journey::Journey;
use enlist_registration::ports::*;
use enlist_registration::state::{Lease, Registration, Status};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use enlist_registration::tokens::KeyedHash;
use jiff::Timestamp;

use crate::facts::{self, Facts, Seconds, TICK, number, since_now};
use crate::gateway::{Call, Charge, Gateway, Said, Standing as Stands};
use crate::script::{Answer, Line, Request, Told, lock};

/// The scripted world.
#[derive(Default)]
pub struct World {
    reel: Mutex<Reel>,
    like: OnceLock<Registration>,
}

/// A script, and how far it was read.
#[derive(Default)]
struct Reel {
    lines: Vec<Line>,
    read: usize,
    now: Seconds,
    asked: Option<Request>,
}

impl World {
    /// From now on every registration is like this one.
    pub fn resemble(&self, like: Registration) {
        self.like.get_or_init(|| like);
    }

    /// From the beginning, with these answers.
    pub fn rewind(&self, lines: &[Line]) {
        let mut reel = lock(&self.reel);
        reel.lines.clear();
        reel.lines.extend_from_slice(lines);
        (reel.read, reel.now, reel.asked) = (0, 0, None);
    }

    /// The question that had no answer.
    pub fn asked(&self) -> Request {
        match lock(&self.reel).asked {
            Some(request) => request,
            None => unreachable!("the engine waits for nothing that the model knows"),
        }
    }

    async fn ask(&self, request: impl FnOnce() -> Request) -> Answer {
        if let Some(answer) = self.answer(request) {
            return answer;
        }
        pending().await
    }

    fn answer(&self, request: impl FnOnce() -> Request) -> Option<Answer> {
        let mut reel = lock(&self.reel);
        match reel.lines.get(reel.read).copied() {
            Some((answer, at)) => {
                reel.read += 1;
                reel.now = at;
                Some(answer)
            }
            None => {
                reel.asked = Some(request());
                None
            }
        }
    }

    async fn write(&self, request: impl FnOnce() -> Request) -> Result<(), WriteFault> {
        match self.ask(request).await {
            Answer::Written => Ok(()),
            Answer::Superseded => Err(WriteFault::Superseded),
            other => unreachable!("{other:?} is no answer to a write"),
        }
    }

    async fn call(&self, call: Call) -> Said {
        match self.ask(|| Request::Call(call)).await {
            Answer::Said(said) => said,
            other => unreachable!("{other:?} is no answer to a call"),
        }
    }

    fn row(&self, facts: Facts) -> Registration {
        facts.registration(self.like())
    }

    fn like(&self) -> &Registration {
        match self.like.get() {
            Some(like) => like,
            None => unreachable!("a row is asked for before one was begun"),
        }
    }
}

impl Random for World {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl Observer for World {
    fn working(&self, _: RegistrationId, _: StepName, _: Direction) {}

    fn event(&self, _: RegistrationId, _: &Event) {}
}

#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        facts::at(lock(&self.reel).now)
    }

    /// What waits beside a call that has no answer: the call ends by an answer of the script, or not at
    /// all. Pauses are none, or too long to be slept through (`Bounds::limits`).
    async fn sleep(&self, duration: Duration) {
        if duration.is_zero() {
            return;
        }
        if lock(&self.reel).asked.is_none() {
            unreachable!("a pause of {duration:?} is slept through");
        }
        pending().await
    }
}

#[async_trait]
impl PasswordHasher for World {
    async fn hash(&self, _: Password) -> Result<PasswordHash, HashingFault> {
        PasswordHash::parse(HASH).map_err(|fault| HashingFault(fault.to_string()))
    }
}

#[async_trait]
impl PaymentGateway for World {
    fn name(&self) -> &'static str {
        "model"
    }

    async fn tokenize_card(&self, _: &CallKey, _: &RawCard) -> Outcome<PaymentMethod> {
        unreachable!("{HERE}")
    }

    async fn create_customer(&self, _: &CallKey, _: &NewCustomer<'_>) -> Outcome<Customer> {
        let said = self.call(Call::Create).await;
        outcome(said).map(facts::customer)
    }

    async fn start_subscription(
        &self,
        _: &CallKey,
        subscription: &NewSubscription<'_>,
    ) -> Outcome<Subscription> {
        let customer = number(subscription.customer.as_str());
        outcome(self.call(Call::Start(customer)).await).map(facts::subscription)
    }

    async fn retrieve_subscription(&self, id: &SubscriptionId) -> Outcome<Subscription> {
        let said = self.call(Call::Retrieve(number(id.as_str()))).await;
        outcome(said).map(facts::subscription)
    }

    async fn holdings(&self, search: &Search<'_>) -> Outcome<Holdings> {
        let everything = search.sought == Sought::Everything;
        match self.call(Call::List { everything }).await {
            Said::Holdings(held) => {
                let plan = self.like().intent.paid_plan();
                Outcome::Done(holdings(&held, everything, plan.map(|plan| plan.price)))
            }
            said => outcome(said).map(|_| Holdings::default()),
        }
    }

    async fn cancel_subscription(&self, id: &SubscriptionId) -> Outcome<()> {
        outcome(self.call(Call::Cancel(number(id.as_str()))).await).map(|_| ())
    }

    async fn refund_charge(&self, _: &CallKey, charge: &ChargeId, _: Money) -> Outcome<()> {
        outcome(self.call(Call::Refund(number(charge.as_str()))).await).map(|_| ())
    }

    async fn delete_customer(&self, id: &CustomerId, _: RegistrationId) -> Outcome<()> {
        outcome(self.call(Call::Delete(number(id.as_str()))).await).map(|_| ())
    }

    async fn standing(
        &self,
        _: &CustomerId,
        _: Option<&SubscriptionId>,
    ) -> Outcome<enlist_registration::ports::Standing> {
        unreachable!("{HERE}")
    }
}

/// What the gateway said, as the port says it; `Done` has the number of what was made.
fn outcome(said: Said) -> Outcome<u8> {
    let trouble = || Trouble::new("trouble");
    match said {
        Said::Customer(number) | Said::Subscription(number) => Outcome::Done(number),
        Said::Done => Outcome::Done(0),
        Said::Waits(number) => Outcome::RequiresAction(RequiredAction {
            subscription: facts::subscription_id(number),
            client_secret: String::new().into(),
        }),
        Said::Declined => Outcome::Declined(Decline {
            code: "card_declined".to_owned(),
        }),
        Said::TokenRefused => Outcome::Declined(Decline {
            code: Decline::INVALID_PAYMENT_METHOD.to_owned(),
        }),
        // Asked to be left alone for as long as a doubt settles: going back, it is let go of.
        Said::Retryable => Outcome::Retryable(Trouble {
            retry_after: Some(Duration::from_secs(2 * u64::from(TICK.unsigned_abs()))),
            ..trouble()
        }),
        Said::InDoubt { replayed } => Outcome::InDoubt(Trouble {
            replayed,
            ..trouble()
        }),
        Said::Rejected => Outcome::Rejected(trouble()),
        Said::Holdings(_) => unreachable!("only a list says what is held"),
    }
}

fn holdings(held: &Gateway, everything: bool, price: Option<Money>) -> Holdings {
    let customers = held.live_customers().map(facts::customer).collect();
    let mut found = Holdings {
        customers,
        ..Holdings::default()
    };
    for (number, state, charge) in held.subscriptions().filter(|_| everything) {
        found.subscriptions.push(HeldSubscription {
            subscription: facts::subscription(number),
            state: match state {
                Stands::Active => HeldSubscriptionState::Active,
                Stands::Incomplete | Stands::Refused => HeldSubscriptionState::Incomplete,
                Stands::Ended | Stands::Never => HeldSubscriptionState::Ended,
            },
        });
        if let (Some(price), true) = (price, charge != Charge::Never) {
            found.charges.push(HeldCharge {
                id: ChargeId(format!("ch_{number}")),
                amount: price,
                refunded_minor: match charge {
                    Charge::Refunded => price.amount_minor(),
                    _ => 0,
                },
            });
        }
    }
    found
}

const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlIHNhbA\
                    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const HERE: &str = "whoever drives a registration does not come here";

#[async_trait]
impl Store for World {
    /// Only the registration that all others are like is begun here.
    async fn begin(&self, _: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        Ok(Begun::Begun)
    }

    async fn record(&self, registration: &Registration, _: &[Event]) {
        self.ask(|| Request::Record(Facts::of(registration))).await;
    }

    async fn save(
        &self,
        registration: &Registration,
        expected: Status,
        _: &[Event],
    ) -> Result<(), WriteFault> {
        self.write(|| Request::Save(Facts::of(registration), expected))
            .await
    }

    async fn park(
        &self,
        registration: &Registration,
        expected: Status,
        due_at: Timestamp,
        _: &[Event],
    ) -> Result<(), WriteFault> {
        self.write(|| Request::Park(Facts::of(registration), expected, since_now(due_at)))
            .await
    }

    async fn open_account(
        &self,
        registration: &Registration,
        expected: Status,
        _: Option<&NewJob>,
        _: &[Event],
    ) -> Result<Opened, WriteFault> {
        match self
            .ask(|| {
                let subscribes = registration.has_subscription_at(StepName::OpenAccount);
                Request::Open(Facts::of(registration), expected, subscribes)
            })
            .await
        {
            Answer::Written => Ok(Opened::Opened),
            Answer::EmailTaken => Ok(Opened::EmailHasAccount),
            Answer::Superseded => Err(WriteFault::Superseded),
            other => unreachable!("{other:?} is no answer to a write"),
        }
    }

    async fn close_account(
        &self,
        registration: &Registration,
        _: &[Event],
    ) -> Result<(), WriteFault> {
        self.write(|| Request::Close(Facts::of(registration))).await
    }

    async fn rest(
        &self,
        registration: &Registration,
        expected: Status,
        follow_up: &[NewJob],
        _: &[Event],
    ) -> Result<(), WriteFault> {
        let looks = follow_up.iter().any(|job| job.kind == JobKind::Recheck);
        let subscribes = registration.has_subscription_at(StepName::Finish);
        self.write(|| Request::Rest(Facts::of(registration), expected, looks, subscribes))
            .await
    }

    async fn renew_lease(
        &self,
        _: RegistrationId,
        generation: Generation,
    ) -> Result<Lease, WriteFault> {
        match self.ask(|| Request::Renew).await {
            Answer::Lease(until) => Ok(facts::lease(generation, until)),
            Answer::Superseded => Err(WriteFault::Superseded),
            other => unreachable!("{other:?} is no answer to a renewal"),
        }
    }

    async fn claim_due(&self, _: OwnerId, _: u32) -> Result<Vec<Registration>, StoreFault> {
        match self.ask(|| Request::Claim).await {
            Answer::Row(facts) => Ok(vec![self.row(facts)]),
            other => unreachable!("{other:?} is no answer to a claim"),
        }
    }

    async fn signal(
        &self,
        _: RegistrationId,
        signal: Signal,
        _: OwnerId,
        _: Timestamp,
    ) -> Result<Signalled, StoreFault> {
        let told = match signal {
            Signal::Verified => Told::Verified,
            Signal::ActionTaken => Told::ActionTaken,
            Signal::MailRefused | Signal::Undo => Told::Undo,
        };
        match self.ask(|| Request::Signal(told)).await {
            Answer::Row(facts) => Ok(Signalled::Claimed(Box::new(self.row(facts)))),
            other => unreachable!("{other:?} is no answer to a signal"),
        }
    }

    async fn registration(&self, _: RegistrationId) -> Result<Option<Registration>, StoreFault> {
        match self.ask(|| Request::Read).await {
            Answer::Row(facts) => Ok(Some(self.row(facts))),
            other => unreachable!("{other:?} is no answer to a read"),
        }
    }

    async fn count_code_attempt(&self, _: RegistrationId) -> Result<u32, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn ask_for_mail(
        &self,
        _: RegistrationId,
        _: JobId,
        _: MailRation,
    ) -> Result<MailAsked, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn note(&self, _: RegistrationId, _: &Event) -> Result<(), StoreFault> {
        unreachable!("{HERE}")
    }

    async fn request(
        &self,
        _: &KeyedHash,
    ) -> Result<Option<(RequestRecord, Registration)>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn email_is_taken(&self, _: &EmailAddress) -> Result<bool, StoreFault> {
        Ok(false)
    }

    async fn events(&self, _: RegistrationId, _: u32) -> Result<Vec<Event>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn registrations(&self, _: &RegistrationFilter) -> Result<Vec<Registration>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn user(&self, _: UserId) -> Result<Option<UserRecord>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn account_at_gateway(&self, _: UserId) -> Result<Option<AccountAtGateway>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn take_news(&self, _: &News, _: JobId) -> Result<Noted, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn reflect(
        &self,
        _: &Job,
        _: &enlist_registration::ports::Standing,
    ) -> Result<Reflected, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn under_way_elsewhere(
        &self,
        _: &str,
        _: Timestamp,
    ) -> Result<Vec<UnderWay>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn claim_jobs(&self, _: JobKind, _: OwnerId, _: u32) -> Result<Vec<Job>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn finish_job(&self, _: &Job, _: Option<&str>) -> Result<(), WriteFault> {
        unreachable!("{HERE}")
    }

    async fn retry_job(&self, _: &Job, _: Duration, _: &str) -> Result<(), WriteFault> {
        unreachable!("{HERE}")
    }

    async fn forget(&self, _: Timestamp, _: Timestamp, _: u32) -> Result<u64, StoreFault> {
        unreachable!("{HERE}")
    }
}

#[async_trait]
impl JourneyStore for World {
    async fn begin_journey(
        &self,
        _: &Journey,
        _: JobId,
        _: AddressRation,
    ) -> Result<(), StoreFault> {
        unreachable!("{HERE}")
    }

    async fn journey(&self, _: RegistrationId) -> Result<Option<Journey>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn count_journey_code(&self, _: RegistrationId) -> Result<u32, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn verify_journey(
        &self,
        _: RegistrationId,
        _: Proof,
        _: Timestamp,
    ) -> Result<JourneyChange, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn refuse_journey_mail(&self, _: RegistrationId) -> Result<JourneyChange, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn journeys(&self, _: &JourneyFilter) -> Result<Vec<Journey>, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn enter(&self, _: RegistrationId, _: &Entry) -> Result<JourneyChange, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn ask_for_journey_mail(
        &self,
        _: RegistrationId,
        _: JobId,
        _: MailRation,
        _: AddressRation,
    ) -> Result<MailAsked, StoreFault> {
        unreachable!("{HERE}")
    }

    async fn has_account(&self, _: &EmailAddress) -> Result<bool, StoreFault> {
        unreachable!("{HERE}")
    }
}
