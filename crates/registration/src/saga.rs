//! The decision: given one registration and the time, what next? And its counterpart: given what
//! came of it, where does the registration stand? Both are pure; the engine acts between them.

mod applying;
mod waiting;

use jiff::Timestamp;

use crate::ids::SubscriptionId;
use crate::limits::Limits;
use crate::ports::{Customer, Subscription, Trouble};
use crate::state::{Failure, Registration, Status, StepState};
use crate::steps::{Kind, Step, StepName, Undo};
use crate::timeline::EventKind;

/// What to do next with a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Do the step.
    Do(StepName),
    /// The gateway burnt the step's key: find out by listing whether the step happened.
    Resolve(StepName),
    /// Take the step back.
    Undo(StepName),
    /// Do nothing before this moment.
    PauseUntil(Timestamp),
    /// Commit the decision to undo, for this reason.
    GiveUp(Failure),
    /// Let go of it until the person acts, or until this moment.
    AwaitPerson(Timestamp),
    /// Everything is taken back: close the journal.
    Clear,
    /// Nothing, ever.
    Rest,
}

/// What is next for `registration` at `now`?
pub fn decide(registration: &Registration, now: Timestamp) -> Decision {
    match registration.status {
        Status::Registered | Status::Undone => Decision::Rest,
        Status::Undoing => decide_backward(registration, now),
        Status::Running | Status::AwaitingAction | Status::AwaitingVerification => {
            match &registration.failure {
                Some(failure) => Decision::GiveUp(failure.clone()),
                None => decide_forward(registration, now),
            }
        }
    }
}

fn decide_forward(registration: &Registration, now: Timestamp) -> Decision {
    let Some(step) = registration
        .steps()
        .find(|step| !is_satisfied(registration, step))
    else {
        return Decision::Rest;
    };
    // Whoever waits for a person has said until when. If not, it is not for ever.
    let act_by = registration.act_by.unwrap_or(registration.deadline_at);
    let state = registration.progress.of(step.name);
    match (step.kind, state) {
        // The person has acted; it is noted.
        (Kind::Wait, _) if registration.verified_at.is_some() => Decision::Do(step.name),
        (Kind::Wait, _) if now < act_by => Decision::AwaitPerson(act_by),
        (Kind::Wait, _) => Decision::GiveUp(Failure::NotVerified),
        // Whoever has it in hand before the next look has just looked. Then, and when the time is up, a
        // look: the person may have answered, and the notice of it may be lost.
        (_, StepState::NeedsPerson)
            if registration.status == Status::AwaitingAction && now < act_by =>
        {
            match registration.not_before.filter(|moment| now < *moment) {
                Some(next_look) => Decision::AwaitPerson(next_look),
                None => Decision::Do(step.name),
            }
        }
        _ if registration.not_before.is_some_and(|moment| now < moment) => {
            Decision::PauseUntil(registration.not_before.unwrap_or(now))
        }
        // Local steps go forward however late it is: whatever costs has been done.
        (Kind::Remote, StepState::Open | StepState::InDoubt { .. })
            if now >= registration.deadline_at =>
        {
            Decision::GiveUp(Failure::OutOfTime)
        }
        (
            _,
            StepState::InDoubt {
                key_burnt: true, ..
            },
        ) => Decision::Resolve(step.name),
        _ => Decision::Do(step.name),
    }
}

fn decide_backward(registration: &Registration, now: Timestamp) -> Decision {
    if let Some(moment) = registration.not_before.filter(|moment| now < *moment) {
        return Decision::PauseUntil(moment);
    }
    let next = registration.steps().rev().find(|step| {
        let state = registration.progress.of(step.name);
        match step.undo {
            // The claim on the e-mail ends with `Clear`.
            Undo::Nothing(_) | Undo::ReleaseEmail => false,
            Undo::CloseAccount => state == StepState::Done,
            // What may have happened is undone too.
            Undo::DeleteCustomer | Undo::CancelAndRefund => {
                !matches!(state, StepState::NotHappened | StepState::Undone)
            }
        }
    });
    next.map_or(Decision::Clear, |step| Decision::Undo(step.name))
}

fn is_satisfied(registration: &Registration, step: &Step) -> bool {
    registration.progress.of(step.name) == StepState::Done
}

/// What a remote step yields.
#[derive(Clone, Debug)]
pub enum Gain {
    /// Of `create_customer`.
    Customer(Customer),
    /// Of `start_subscription`.
    Subscription(Subscription),
}

/// What a list said about a step whose key is burnt.
#[derive(Debug)]
pub enum Resolution {
    /// It happened.
    Happened(Gain),
    /// It waits for the person.
    NeedsPerson(SubscriptionId),
    /// It happened and was not paid: it is to be ended.
    Unpaid,
    /// The gateway holds nothing of it.
    Absent,
    /// The list failed.
    Unknown(Trouble),
}

/// What came of an undo.
#[derive(Debug)]
pub enum Reversal {
    /// Nothing of the step is left. A sentence says what was there.
    Complete(String),
    /// Not yet: to be tried again, not before the given time has passed, if one is given.
    NotYet(Trouble),
}

/// The circumstances that something came to pass under.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// When.
    pub now: Timestamp,
    /// The numbers that hold.
    pub limits: &'a Limits,
    /// Chance, 0 to 1, for the length of pauses.
    pub jitter: f64,
}

/// An event to be: the engine gives it its number, time and generation.
#[derive(Debug)]
pub struct Draft {
    /// Which step.
    pub step: Option<StepName>,
    /// What happened.
    pub kind: EventKind,
    /// More, for the operator.
    pub detail: Option<String>,
}

impl Draft {
    /// Something that happened with a step.
    pub fn step(step: StepName, kind: EventKind, detail: impl Into<Option<String>>) -> Self {
        Self {
            step: Some(step),
            kind,
            detail: detail.into(),
        }
    }

    /// Something that happened with the registration as a whole.
    pub fn whole(kind: EventKind, detail: impl Into<Option<String>>) -> Self {
        Self {
            step: None,
            kind,
            detail: detail.into(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
