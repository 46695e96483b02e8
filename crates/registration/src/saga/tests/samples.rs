//! Registrations, outcomes and moments to test with.

use std::time::Duration;

use enlist_domain::profile::{AddressLine, City, PersonName, State};
use enlist_domain::{
    Country, EmailAddress, PasswordHash, PlanCatalogue, PostalAddress, Profile as Person,
};
use jiff::Timestamp;
use secrecy::SecretString;
use uuid::Uuid;

use super::super::{Gain, Moment};
use crate::ids::{CustomerId, Generation, RegistrationId, SubscriptionId, UserId};
use crate::limits::{Limits, later};
use crate::ports::{Customer, Outcome, RequiredAction, Subscription, Trouble};
use crate::state::{Intent, Lease, Progress, Registration, Status, StepState};
use crate::steps::{Order, StepName};

/// A moment long after the epoch.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlIHNhbA\
                    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    Paid,
    Free,
}

/// A registration that has just begun, at [`NOW`], by its first driver.
pub(crate) fn registration(plan: Plan) -> Registration {
    let mut progress = Progress::default();
    progress.set(StepName::TokenizeCard, StepState::Done);
    progress.set(StepName::HoldEmail, StepState::Done);
    let limits = Limits::default();
    Registration {
        id: RegistrationId(Uuid::from_u128(1)),
        intent: intent(plan),
        status: Status::Running,
        progress,
        failure: None,
        begun_at: NOW,
        deadline_at: later(NOW, limits.deadline),
        act_by: None,
        verified_at: None,
        opened_at: None,
        rested_at: None,
        undoing_since: None,
        attempts: 0,
        not_before: None,
        lease: Lease {
            generation: Generation::FIRST,
            expires_at: later(NOW, limits.lease),
            given_at: NOW,
        },
        next_seq: 1,
        mail_serial: 1,
        last_mail_at: None,
        code_attempts: 0,
    }
}

/// A registration whose account is open.
pub(crate) fn opened(plan: Plan) -> Registration {
    let limits = Limits::default();
    let mut registration = registration(plan);
    registration
        .progress
        .set(StepName::CreateCustomer, StepState::Done);
    if matches!(plan, Plan::Paid) {
        registration
            .progress
            .set(StepName::StartSubscription, StepState::Done);
    }
    registration.open(at(NOW, &limits));
    registration
}

fn intent(plan: Plan) -> Intent {
    let line = AddressLine::parse("1 Main Street").unwrap();
    let (city, state) = (
        City::parse("Springfield").unwrap(),
        State::parse("IL").unwrap(),
    );
    let country = Country::UNITED_STATES;
    let plan = match plan {
        Plan::Paid => "pro",
        Plan::Free => "free",
    };
    Intent {
        order: Order::VerifyAfter,
        language: None,
        user: UserId(Uuid::from_u128(2)),
        subscription_row: Uuid::from_u128(3),
        email: EmailAddress::parse("jane@example.com").unwrap(),
        password_hash: PasswordHash::parse(HASH).unwrap(),
        profile: Person {
            first_name: PersonName::parse("Jane").unwrap(),
            last_name: PersonName::parse("Doe").unwrap(),
            address: PostalAddress::new(
                line,
                None,
                Some(city),
                Some(state),
                Some("62701"),
                country,
            )
            .unwrap(),
        },
        payment_method: None,
        tokenized: None,
        card_was_raw: true,
        plan: PlanCatalogue::default().get(plan).cloned(),
        gateway: "sandbox".to_owned(),
    }
}

/// A moment without chance in it.
pub(crate) fn at(now: Timestamp, limits: &Limits) -> Moment<'_> {
    Moment {
        now,
        limits,
        jitter: 0.0,
    }
}

pub(crate) fn doubt(last_sent_at: Timestamp, key_burnt: bool) -> StepState {
    StepState::InDoubt {
        last_sent_at,
        key_burnt,
    }
}

pub(crate) fn customer() -> Gain {
    Gain::Customer(Customer {
        id: CustomerId("cus_1".to_owned()),
        payment_method: None,
    })
}

pub(crate) fn subscription() -> Gain {
    Gain::Subscription(Subscription {
        id: SubscriptionId("sub_1".to_owned()),
        current_period_end: NOW,
    })
}

pub(crate) fn requires_action() -> Outcome<Gain> {
    Outcome::RequiresAction(RequiredAction {
        subscription: SubscriptionId("sub_1".to_owned()),
        client_secret: SecretString::from("secret"),
    })
}

pub(crate) fn retryable(retry_after: Option<Duration>) -> Outcome<Gain> {
    Outcome::Retryable(Trouble {
        retry_after,
        ..Trouble::new("429")
    })
}

pub(crate) fn in_doubt(replayed: bool) -> Outcome<Gain> {
    Outcome::InDoubt(Trouble {
        replayed,
        ..Trouble::new("500")
    })
}

pub(crate) fn rejected() -> Outcome<Gain> {
    Outcome::Rejected(Trouble::new("400"))
}
