//! A registration in plain words: its steps, line by line, and why it failed. The API, the event
//! stream, the pages and the command line all say the same.

pub mod address;
mod declines;
mod faults;

pub use faults::of_field;

use enlist_domain::Interval;
use enlist_registration::ports::Direction;
use enlist_registration::state::{Failure, Registration, Status, StepState};
use enlist_registration::steps::{Step, StepName};
use enlist_registration::timeline::EventKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::brand::Brand;
use crate::language::{Language, Message};
use crate::msg;

/// One step of a registration, as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// The step's name, such as `create_customer`.
    pub step: &'static str,
    /// How far it is.
    pub state: LineState,
    /// The step in plain words: what is to be done, and once it was, what was done.
    pub title: String,
    /// A figure, or what was done to undo it. May be empty.
    pub detail: String,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Its turn has not come, or will not come any more.
    Waiting,
    /// Under way.
    Doing,
    /// Done.
    Done,
    /// It failed; what was done before it is taken back.
    Failed,
    /// Being taken back.
    Undoing,
    /// Taken back.
    Undone,
}

impl LineState {
    /// As the API and the style sheet spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Doing => "doing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// For those who do not see the mark.
    pub fn words(self) -> Message {
        match self {
            Self::Waiting => msg!("state-waiting"),
            Self::Doing => msg!("state-doing"),
            Self::Done => msg!("state-done"),
            Self::Failed => msg!("state-failed"),
            Self::Undoing => msg!("state-undoing"),
            Self::Undone => msg!("state-undone"),
        }
    }
}

/// The steps of a registration, in order.
pub fn lines(language: Language, registration: &Registration) -> Vec<Line> {
    let steps: Vec<&Step> = registration.steps().collect();
    let failed = registration.progress.failed_at;
    let turn = steps
        .iter()
        .find(|step| registration.progress.of(step.name) != StepState::Done)
        .map(|step| step.name);
    let backwards = matches!(registration.status, Status::Undoing | Status::Undone);
    steps
        .into_iter()
        .map(|step| {
            let state = if backwards {
                backward_state(registration, step.name, failed)
            } else {
                forward_state(registration, step.name, turn)
            };
            line(language, registration, step.name, state)
        })
        .collect()
}

/// One line in a given state.
pub fn line(
    language: Language,
    registration: &Registration,
    step: StepName,
    state: LineState,
) -> Line {
    let detail = match state {
        LineState::Undone => undo_words(registration, step)
            .map(|message| language.tell(&message))
            .unwrap_or_default(),
        LineState::Done => detail(language, registration, step),
        _ => String::new(),
    };
    Line {
        step: step.as_str(),
        state,
        title: language.tell(title(registration, step, state)),
        detail,
    }
}

/// What an event says of its step, if it changes how the step's line looks.
pub fn state_after(kind: EventKind) -> Option<LineState> {
    match kind {
        EventKind::Done => Some(LineState::Done),
        EventKind::Waiting | EventKind::Retrying => Some(LineState::Doing),
        EventKind::Failed => Some(LineState::Failed),
        EventKind::Undone => Some(LineState::Undone),
        EventKind::UndoRetrying => Some(LineState::Undoing),
        _ => None,
    }
}

/// What it looks like when a step is being worked on.
pub fn state_while(direction: Direction) -> LineState {
    match direction {
        Direction::Forward => LineState::Doing,
        Direction::Backward => LineState::Undoing,
    }
}

/// The sentence under the lines of a registration that was taken back.
pub fn closing(registration: &Registration) -> Option<Message> {
    (registration.status == Status::Undone).then(|| leftovers(registration))
}

/// What is left of a sign-up that failed and had opened no account.
pub fn nothing_is_left() -> Message {
    msg!("nothing-is-left")
}

/// What is left of a registration that fails.
pub fn leftovers(registration: &Registration) -> Message {
    let was_charged = registration.opened_at.is_some() && registration.intent.paid_plan().is_some();
    match (registration.status, was_charged) {
        (Status::Undone, false) => nothing_is_left(),
        (Status::Undone, true) => msg!("account-was-removed"),
        (_, false) => msg!("nothing-will-be-left"),
        (_, true) => msg!("account-is-being-removed"),
    }
}

/// Why a registration failed, in one sentence.
pub fn reason(failure: &Failure) -> Message {
    match failure {
        Failure::Declined(decline) => declines::sentence(&decline.code),
        Failure::GatewayUnavailable => msg!("reason-gateway-unavailable"),
        Failure::GatewayRejected => msg!("reason-gateway-rejected"),
        Failure::OutOfTime => msg!("reason-out-of-time"),
        Failure::ActionAbandoned => msg!("reason-action-abandoned"),
        Failure::NotVerified => msg!("reason-not-verified"),
        Failure::MailRefused => msg!("reason-mail-refused"),
        Failure::EmailTaken => msg!("reason-email-taken"),
        Failure::ByOperator => msg!("reason-by-operator"),
    }
}

/// What to do about it, in one sentence; where that is to turn to somebody, to whom.
pub fn remedy(failure: &Failure, brand: &Brand) -> Message {
    match failure {
        Failure::Declined(decline) => declines::remedy(&decline.code),
        Failure::GatewayUnavailable | Failure::OutOfTime => msg!("remedy-try-again"),
        Failure::GatewayRejected => msg!("remedy-tell-us", support = brand.support_words()),
        Failure::ActionAbandoned | Failure::NotVerified => msg!("remedy-at-any-time"),
        Failure::MailRefused => msg!("remedy-other-address"),
        Failure::EmailTaken => msg!("remedy-sign-in"),
        Failure::ByOperator => msg!("remedy-contact-us", support = brand.support_words()),
    }
}

fn forward_state(registration: &Registration, step: StepName, turn: Option<StepName>) -> LineState {
    if registration.progress.of(step) == StepState::Done {
        LineState::Done
    } else if turn == Some(step) {
        LineState::Doing
    } else {
        LineState::Waiting
    }
}

fn backward_state(
    registration: &Registration,
    step: StepName,
    failed: Option<StepName>,
) -> LineState {
    let undone = registration.status == Status::Undone;
    if failed == Some(step) {
        return LineState::Failed;
    }
    match registration.progress.of(step) {
        StepState::Undone => LineState::Undone,
        StepState::Done if undone => LineState::Undone,
        StepState::Done => LineState::Done,
        StepState::NotHappened | StepState::Open => LineState::Waiting,
        StepState::InDoubt { .. } | StepState::NeedsPerson => LineState::Undoing,
    }
}

/// What is to be done, before it is; what was done, after.
fn title(registration: &Registration, step: StepName, state: LineState) -> Message {
    let was_done = matches!(
        state,
        LineState::Done | LineState::Undoing | LineState::Undone
    );
    let (before, after) = match step {
        StepName::TokenizeCard => (msg!("step-check-card"), msg!("step-card-checked")),
        StepName::HoldEmail => (msg!("step-hold-email"), msg!("step-email-held")),
        StepName::CreateCustomer => (msg!("step-create-customer"), msg!("step-customer-created")),
        StepName::StartSubscription => match registration.intent.plan.as_ref() {
            Some(plan) if plan.interval == Interval::Year => {
                (msg!("step-charge-year"), msg!("step-year-charged"))
            }
            _ => (msg!("step-charge-month"), msg!("step-month-charged")),
        },
        StepName::OpenAccount => (msg!("step-open-account"), msg!("step-account-opened")),
        StepName::VerifyEmail => (msg!("step-verify-email"), msg!("step-email-verified")),
        StepName::Finish => (msg!("step-welcome"), msg!("step-welcome")),
    };
    if was_done { after } else { before }
}

fn detail(language: Language, registration: &Registration, step: StepName) -> String {
    match step {
        StepName::TokenizeCard | StepName::CreateCustomer => {
            let raw = registration.intent.card_was_raw;
            let method = registration.payment_method();
            method
                .filter(|_| (step == StepName::TokenizeCard) == raw)
                .map(|method| language.card(&method.card))
                .unwrap_or_default()
        }
        StepName::StartSubscription => registration
            .intent
            .paid_plan()
            .map(|plan| language.money(plan.price))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn undo_words(registration: &Registration, step: StepName) -> Option<Message> {
    Some(match step {
        StepName::TokenizeCard => msg!("step-card-undone"),
        StepName::HoldEmail => msg!("step-email-undone"),
        StepName::CreateCustomer => msg!("step-customer-undone"),
        StepName::StartSubscription => match registration.intent.paid_plan() {
            Some(plan) => msg!("step-charge-undone", amount = plan.price),
            None => msg!("step-nothing-charged-undone"),
        },
        StepName::OpenAccount => msg!("step-account-undone"),
        StepName::VerifyEmail | StepName::Finish => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::http::brand;

    #[test]
    fn whoever_is_to_turn_to_us_is_told_where() {
        let told = |support: Option<&str>, failure: &Failure| {
            let key = "ENLIST_BRAND__SUPPORT".to_owned();
            let keys = support.map(|address| (key, address.to_owned())).into_iter();
            let settings = Settings::from_sources(None, keys.collect()).unwrap();
            Language::english().tell(remedy(failure, &brand(settings.brand)))
        };
        let mail = Some("mailto:help@acme.example");
        assert_eq!(
            told(mail, &Failure::ByOperator),
            "Please contact us: help@acme.example."
        );
        assert_eq!(told(None, &Failure::ByOperator), "Please contact us.");
        assert!(told(mail, &Failure::GatewayRejected).contains("(help@acme.example)"));
        let page = Some("https://acme.example/help");
        assert!(told(page, &Failure::GatewayRejected).contains("(https://acme.example/help)"));
        assert!(
            told(None, &Failure::GatewayRejected)
                .starts_with("This is our fault; please tell us, or")
        );
    }
}
