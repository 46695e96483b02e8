//! What a registration does, and how each part of it is undone. This table is the only place that
//! says so; read it first.

use serde::{Deserialize, Serialize};

use crate::state::Intent;

/// One registration in one request: the e-mail is verified after the account was opened.
pub const VERIFY_AFTER: &[Step] = &[
    step(
        StepName::TokenizeCard,
        Kind::Preparation,
        Undo::Nothing("an unattached token expires at the gateway"),
        has_raw_card,
    ),
    step(StepName::HoldEmail, Kind::Local, Undo::ReleaseEmail, always),
    step(
        StepName::CreateCustomer,
        Kind::Remote,
        Undo::DeleteCustomer,
        always,
    ),
    step(
        StepName::StartSubscription,
        Kind::Remote,
        Undo::CancelAndRefund,
        has_paid_plan,
    ),
    step(
        StepName::OpenAccount,
        Kind::Local,
        Undo::CloseAccount,
        always,
    ),
    step(
        StepName::VerifyEmail,
        Kind::Wait,
        Undo::Nothing("a mail that was read leaves nothing"),
        always,
    ),
    step(
        StepName::Finish,
        Kind::Local,
        Undo::Nothing("nothing follows it: from here on it is an account"),
        always,
    ),
];

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Which step.
    pub name: StepName,
    /// Where its effect is, and so how it can fail.
    pub kind: Kind,
    /// What takes its effect back.
    pub undo: Undo,
    /// Whether this registration has it at all.
    pub applies: fn(&Intent) -> bool,
}

/// Where a step has its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call that leaves nothing behind; made before the journal row is written, beside the hashing
    /// of the password.
    Preparation,
    /// One transaction of our own database: it happened or it did not, and we know which.
    Local,
    /// A call to the gateway: it may have happened without our knowing.
    Remote,
    /// A wait for a person, with a deadline. Nobody drives the registration meanwhile.
    Wait,
}

/// What takes a step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// No undo is needed here, because ….
    Nothing(&'static str),
    /// The claim on the e-mail ends with the journal's closing state.
    ReleaseEmail,
    /// Settle whether a customer exists, reverse what hangs on it, delete it.
    DeleteCustomer,
    /// End the subscription at once and give back what was taken.
    CancelAndRefund,
    /// Delete the rows of the account, in one transaction.
    CloseAccount,
}

/// The names of the steps, as the journal, the timeline, the API and the sandbox's faults spell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Raw card to token.
    TokenizeCard,
    /// The journal row, which claims the e-mail.
    HoldEmail,
    /// A customer with its payment method at the gateway.
    CreateCustomer,
    /// The subscription and its first charge.
    StartSubscription,
    /// User, profile, billing details, subscription, the mail's job and the journal, in one
    /// transaction.
    OpenAccount,
    /// The person confirms the address.
    VerifyEmail,
    /// The journal is closed.
    Finish,
}

impl StepName {
    /// Every step, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::TokenizeCard,
        Self::HoldEmail,
        Self::CreateCustomer,
        Self::StartSubscription,
        Self::OpenAccount,
        Self::VerifyEmail,
        Self::Finish,
    ];

    /// As it is spelled everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenizeCard => "tokenize_card",
            Self::HoldEmail => "hold_email",
            Self::CreateCustomer => "create_customer",
            Self::StartSubscription => "start_subscription",
            Self::OpenAccount => "open_account",
            Self::VerifyEmail => "verify_email",
            Self::Finish => "finish",
        }
    }

    /// The step of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }
}

const fn step(name: StepName, kind: Kind, undo: Undo, applies: fn(&Intent) -> bool) -> Step {
    Step {
        name,
        kind,
        undo,
        applies,
    }
}

fn always(_: &Intent) -> bool {
    true
}

fn has_raw_card(intent: &Intent) -> bool {
    intent.card_was_raw
}

fn has_paid_plan(intent: &Intent) -> bool {
    intent.paid_plan().is_some()
}
