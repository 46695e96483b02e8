//! A registration, reduced to what any decision depends on: small numbers in the place of ids and
//! timestamps, so that states that nobody can tell apart are one state. Real [`Registration`]s are made
//! from it for the production code and read back afterwards.
//!
//! Timestamps are seconds from the present moment. What no comparison can tell apart is made equal
//! ([`Facts::aged`]): every moment that has passed is the same moment.

use enlist_registration::ids::{CustomerId, Generation, SubscriptionId};
use enlist_registration::limits::{earlier, later};
use enlist_registration::ports::{Customer, Subscription};
use enlist_registration::state::{Failure, Lease, Registration, Status, StepState};
use enlist_registration::steps::StepName;
use jiff::Timestamp;

use std::time::Duration;

use crate::journal::LEASE;

/// Seconds from the present moment, or for the length of something.
pub type Seconds = i32;

/// How much time passes at once where seconds matter: as long as a call may take, so that a lease has
/// run down to less than another call needs after one, has expired after two, and a doubt has settled.
pub const TICK: Seconds = 8;
/// How much passes where a person lets it: everything that is shorter has passed.
pub const HOUR: Seconds = 3_600;
/// How much passes until the gateway has forgotten its keys.
pub const DAY: Seconds = 86_400;
/// What is further away than this passes with an hour, and not before.
const FAR: Seconds = 120;
/// A doubt that is older than this has settled (`Registration::doubt_settles_at`).
const SETTLED: Seconds = -2 * TICK;
/// The generation that the journal has; an older one is one less, however old.
const CURRENT: i64 = Generation::FIRST.0;

/// The moment that is 0.
pub const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

/// The steps whose state is not the same in every registration.
const STEPS: [StepName; 5] = [
    StepName::CreateCustomer,
    StepName::StartSubscription,
    StepName::OpenAccount,
    StepName::VerifyEmail,
    StepName::Finish,
];

/// One registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Where it stands.
    pub status: Status,
    steps: [Step; 5],
    customer: Option<u8>,
    subscription: Option<u8>,
    incomplete: Option<u8>,
    /// A second look will be needed.
    pub doubted: bool,
    /// It is to be undone, for whatever reason.
    pub doomed: bool,
    verified: bool,
    attempts: u8,
    /// Its generation is the one that the journal has.
    pub is_current: bool,
    begun: Seconds,
    deadline: Seconds,
    act_by: Option<Seconds>,
    not_before: Option<Seconds>,
    /// When its lease ends.
    pub lease: Seconds,
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Open,
    Done,
    NeedsPerson,
    InDoubt { sent: Seconds, burnt: bool },
    NotHappened,
    Undone,
}

impl Facts {
    /// What there is to know of `registration`, with its moments counted from [`NOW`].
    pub fn of(registration: &Registration) -> Self {
        let progress = &registration.progress;
        Self {
            status: registration.status,
            steps: STEPS.map(|name| Step::of(progress.of(name))),
            customer: progress.customer.as_ref().map(|c| number(c.id.as_str())),
            subscription: progress
                .subscription
                .as_ref()
                .map(|s| number(s.id.as_str())),
            incomplete: progress
                .incomplete_subscription
                .as_ref()
                .map(|id| number(id.as_str())),
            doubted: progress.doubted,
            doomed: registration.failure.is_some(),
            verified: registration.verified_at.is_some(),
            attempts: u8::try_from(registration.attempts).unwrap_or(u8::MAX),
            is_current: registration.lease.generation == Generation(CURRENT),
            begun: since_now(registration.begun_at),
            deadline: since_now(registration.deadline_at),
            act_by: registration.act_by.map(since_now),
            not_before: registration.not_before.map(since_now),
            lease: since_now(registration.lease.expires_at),
        }
    }

    /// A registration of which this is all there is to know; the rest is `like`'s.
    pub fn registration(&self, like: &Registration) -> Registration {
        let mut made = like.clone();
        made.status = self.status;
        for (name, step) in STEPS.into_iter().zip(self.steps) {
            made.progress.set(name, step.state());
        }
        made.progress.customer = self.customer.map(customer);
        made.progress.subscription = self.subscription.map(subscription);
        made.progress.incomplete_subscription = self.incomplete.map(subscription_id);
        made.progress.doubted = self.doubted;
        made.failure = self.doomed.then_some(Failure::ByOperator);
        made.verified_at = self.verified.then_some(NOW);
        made.undoing_since = (self.status == Status::Undoing).then_some(NOW);
        made.attempts = u32::from(self.attempts);
        made.begun_at = at(self.begun);
        made.deadline_at = at(self.deadline);
        made.act_by = self.act_by.map(at);
        made.not_before = self.not_before.map(at);
        let generation = Generation(CURRENT - i64::from(!self.is_current));
        made.lease = lease(generation, self.lease);
        made
    }

    /// The same, `passed` later, without what no comparison can tell apart any more.
    #[must_use]
    pub fn aged(mut self, passed: Seconds) -> Self {
        let left = |moment: Seconds| match moment - passed {
            ..=0 => 0,
            left @ 1..=FAR => left,
            // Only an hour brings it nearer.
            _ => HOUR,
        };
        for step in &mut self.steps {
            if let Step::InDoubt { sent, .. } = step {
                *sent = (*sent - passed).max(SETTLED);
            }
        }
        self.begun = match self.begun - passed {
            long_ago if long_ago <= -DAY => -DAY,
            _ => 0,
        };
        self.deadline = left(self.deadline);
        self.lease = left(self.lease);
        self.act_by = self.act_by.map(left);
        self.not_before = self.not_before.map(left).filter(|left| *left > 0);
        if matches!(
            self.status,
            Status::Undoing | Status::Undone | Status::Registered
        ) {
            // Going back knows no budget and waits for nobody, and counts its attempts only for the keys
            // of refunds and the length of pauses.
            (self.deadline, self.act_by, self.attempts) = (0, None, 0);
        }
        if self.status.rests() {
            (self.lease, self.not_before) = (0, None);
        }
        self
    }

    /// As [`Store::signal`](enlist_registration::ports::Store::signal) writes that the address was
    /// verified: forward again, with a new budget.
    #[must_use]
    pub fn verified(self, deadline: Seconds) -> Self {
        Self {
            verified: true,
            ..self.told(deadline)
        }
    }

    /// Begun so long ago that no key is remembered.
    #[must_use]
    pub fn begun_long_ago(self) -> Self {
        Self {
            begun: -DAY,
            ..self
        }
    }

    /// As it writes that the person acted.
    #[must_use]
    pub fn told(self, deadline: Seconds) -> Self {
        Self {
            status: Status::Running,
            deadline,
            not_before: None,
            ..self
        }
    }

    /// What [`Store::record`](enlist_registration::ports::Store::record) writes of `newer`.
    #[must_use]
    pub fn recorded(self, newer: Self) -> Self {
        Self {
            status: self.status,
            verified: self.verified,
            is_current: self.is_current,
            begun: self.begun,
            deadline: self.deadline,
            act_by: self.act_by,
            lease: self.lease,
            ..newer
        }
    }

    /// Until when the person may act.
    pub fn act_by(&self) -> Option<Seconds> {
        self.act_by
    }

    /// The customer that it knows.
    pub fn customer(&self) -> Option<u8> {
        self.customer
    }

    /// The subscription that it knows to run.
    pub fn subscription(&self) -> Option<u8> {
        self.subscription
    }
}

impl Step {
    fn of(state: StepState) -> Self {
        match state {
            StepState::Open => Self::Open,
            StepState::Done => Self::Done,
            StepState::NeedsPerson => Self::NeedsPerson,
            StepState::InDoubt {
                last_sent_at,
                key_burnt,
            } => Self::InDoubt {
                sent: since_now(last_sent_at),
                burnt: key_burnt,
            },
            StepState::NotHappened => Self::NotHappened,
            StepState::Undone => Self::Undone,
        }
    }

    fn state(self) -> StepState {
        match self {
            Self::Open => StepState::Open,
            Self::Done => StepState::Done,
            Self::NeedsPerson => StepState::NeedsPerson,
            Self::InDoubt { sent, burnt } => StepState::InDoubt {
                last_sent_at: at(sent),
                key_burnt: burnt,
            },
            Self::NotHappened => StepState::NotHappened,
            Self::Undone => StepState::Undone,
        }
    }
}

/// A lease that ends then; there is one clock.
pub fn lease(generation: Generation, until: Seconds) -> Lease {
    let lasts = Duration::from_secs(LEASE.unsigned_abs().into());
    Lease::given(generation, at(until), lasts)
}

/// The moment that is `seconds` from [`NOW`].
pub fn at(seconds: Seconds) -> Timestamp {
    let distance = Duration::from_secs(u64::from(seconds.unsigned_abs()));
    match seconds < 0 {
        true => earlier(NOW, distance),
        false => later(NOW, distance),
    }
}

/// How far `moment` is from [`NOW`].
pub fn since_now(moment: Timestamp) -> Seconds {
    Seconds::try_from(moment.as_second() - NOW.as_second()).unwrap_or(Seconds::MAX)
}

/// The gateway's customer of that number.
pub fn customer(number: u8) -> Customer {
    Customer {
        id: CustomerId(format!("cus_{number}")),
        payment_method: None,
    }
}

/// The id of the gateway's subscription of that number.
pub fn subscription_id(number: u8) -> SubscriptionId {
    SubscriptionId(format!("sub_{number}"))
}

/// The gateway's subscription of that number.
pub fn subscription(number: u8) -> Subscription {
    Subscription {
        id: subscription_id(number),
        current_period_end: NOW,
    }
}

/// The number in an id that was made here.
pub fn number(id: &str) -> u8 {
    let digits = id.rsplit('_').next().unwrap_or_default();
    match digits.parse() {
        Ok(number) => number,
        Err(_) => unreachable!("{id} was not made by the model"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Bounds;
    use enlist_registration::steps::Order;

    /// What a decision may depend on is not lost on the way to a registration and back.
    #[test]
    fn facts_become_a_registration_and_the_same_facts_again() {
        let theatre = Bounds::small(Order::VerifyAfter).model().theatre;
        let begun = theatre.begun();
        let facts = Facts {
            status: Status::AwaitingAction,
            steps: [
                Step::Done,
                Step::NeedsPerson,
                Step::InDoubt {
                    sent: -TICK,
                    burnt: true,
                },
                Step::NotHappened,
                Step::Undone,
            ],
            customer: Some(0),
            subscription: Some(1),
            incomplete: Some(2),
            doubted: true,
            doomed: true,
            verified: true,
            attempts: 3,
            is_current: false,
            begun: -DAY,
            deadline: TICK,
            act_by: Some(HOUR),
            not_before: Some(2 * TICK),
            lease: 10,
        };
        for facts in [begun, facts] {
            assert_eq!(Facts::of(&facts.registration(theatre.like())), facts);
        }
    }

    #[test]
    fn what_has_passed_has_passed_and_an_hour_is_not_nearer_for_a_few_seconds() {
        let begun = Bounds::small(Order::VerifyFirst).model().theatre.begun();
        let later = begun.aged(TICK);
        assert_eq!(later.act_by, Some(HOUR));
        assert_eq!(later.deadline, begun.deadline - TICK);
        let much_later = later.aged(HOUR);
        assert_eq!((much_later.act_by, much_later.deadline), (Some(0), 0));
        assert_eq!(much_later.aged(TICK), much_later);
        assert_eq!(much_later.begun, 0, "keys are remembered for longer");
    }
}
