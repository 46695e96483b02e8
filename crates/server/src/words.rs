//! A registration in plain words: its steps, line by line, and why it failed. The API, the event
//! stream, the pages and the command line all say the same.

mod declines;

use enlist_domain::{Interval, Language};
use enlist_registration::ports::Direction;
use enlist_registration::state::{Failure, Registration, Status, StepState};
use enlist_registration::steps::{Step, StepName};
use enlist_registration::timeline::EventKind;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What is left of a sign-up that failed and had opened no account.
pub const NOTHING_IS_LEFT: &str = "No account was created and nothing was charged.";

/// A moment, for a person: "24 November 2026, 12:29 UTC".
pub fn moment(moment: Timestamp) -> String {
    moment_in(Language::English, moment)
}

/// The same in a language; in German "24.11.2026, 12:29 Uhr (UTC)".
pub fn moment_in(language: Language, moment: Timestamp) -> String {
    let form = match language {
        Language::English => "%-d %B %Y, %H:%M UTC",
        Language::German => "%-d.%-m.%Y, %H:%M Uhr (UTC)",
    };
    moment.strftime(form).to_string()
}

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
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Doing => "In progress",
            Self::Done => "Done",
            Self::Failed => "Failed",
            Self::Undoing => "Being undone",
            Self::Undone => "Undone",
        }
    }
}

/// The steps of a registration, in order.
pub fn lines(registration: &Registration) -> Vec<Line> {
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
            line(registration, step.name, state)
        })
        .collect()
}

/// One line in a given state.
pub fn line(registration: &Registration, step: StepName, state: LineState) -> Line {
    let detail = match state {
        LineState::Undone => undo_words(registration, step),
        LineState::Done => detail(registration, step),
        _ => String::new(),
    };
    Line {
        step: step.as_str(),
        state,
        title: title(registration, step, state),
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
pub fn closing(registration: &Registration) -> Option<String> {
    (registration.status == Status::Undone).then(|| leftovers(registration).to_owned())
}

/// What is left of a registration that fails.
pub fn leftovers(registration: &Registration) -> &'static str {
    let was_charged = registration.opened_at.is_some() && registration.intent.paid_plan().is_some();
    match (registration.status, was_charged) {
        (Status::Undone, false) => NOTHING_IS_LEFT,
        (Status::Undone, true) => "The account was removed and what was charged was given back.",
        (_, false) => {
            "Everything that was begun is being undone: no account remains, and no charge."
        }
        (_, true) => "The account is being removed and what was charged is being given back.",
    }
}

/// Why a registration failed, in one sentence.
pub fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Declined(decline) => declines::sentence(&decline.code),
        Failure::GatewayUnavailable => "The payment service could not be reached.".to_owned(),
        Failure::GatewayRejected => "The payment service refused our request.".to_owned(),
        Failure::OutOfTime => "Signing up took too long.".to_owned(),
        Failure::ActionAbandoned => "Your bank was not told in time that it is you.".to_owned(),
        Failure::NotVerified => "The e-mail address was not confirmed in time.".to_owned(),
        Failure::MailRefused => "The e-mail address does not accept mail.".to_owned(),
        Failure::EmailTaken => "There is an account with this e-mail address already.".to_owned(),
        Failure::ByOperator => "The sign-up was cancelled by the operator.".to_owned(),
    }
}

/// What to do about it, in one sentence.
pub fn remedy(failure: &Failure) -> &'static str {
    match failure {
        Failure::Declined(decline) => declines::remedy(&decline.code),
        Failure::GatewayUnavailable | Failure::OutOfTime => "Please try again in a moment.",
        Failure::GatewayRejected => "This is our fault; please tell us, or try again later.",
        Failure::ActionAbandoned | Failure::NotVerified => "You can sign up again at any time.",
        Failure::MailRefused => "Sign up again with an address that you can read mail at.",
        Failure::EmailTaken => "Sign in instead, or use another address.",
        Failure::ByOperator => "Please contact us.",
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
fn title(registration: &Registration, step: StepName, state: LineState) -> String {
    let was_done = matches!(
        state,
        LineState::Done | LineState::Undoing | LineState::Undone
    );
    let (before, after) = match step {
        StepName::TokenizeCard => ("Check the card", "Card checked"),
        StepName::HoldEmail => ("Reserve the e-mail address", "E-mail address reserved"),
        StepName::CreateCustomer => ("Create the customer", "Customer created"),
        StepName::StartSubscription => match registration.intent.plan.as_ref() {
            Some(plan) if plan.interval == Interval::Year => {
                ("Charge the first year", "First year charged")
            }
            _ => ("Charge the first month", "First month charged"),
        },
        StepName::OpenAccount => ("Open the account", "Account opened"),
        StepName::VerifyEmail => ("Confirm the e-mail address", "E-mail address confirmed"),
        StepName::Finish => ("Welcome", "Welcome"),
    };
    if was_done { after } else { before }.to_owned()
}

fn detail(registration: &Registration, step: StepName) -> String {
    match step {
        StepName::TokenizeCard | StepName::CreateCustomer => {
            let raw = registration.intent.card_was_raw;
            let method = registration.payment_method();
            method
                .filter(|_| (step == StepName::TokenizeCard) == raw)
                .map(|method| format!("{} {}", method.card.brand.title(), method.card.masked()))
                .unwrap_or_default()
        }
        StepName::StartSubscription => registration
            .intent
            .paid_plan()
            .map(|plan| plan.price.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn undo_words(registration: &Registration, step: StepName) -> String {
    match step {
        StepName::TokenizeCard => "Card not kept".to_owned(),
        StepName::HoldEmail => "Address released".to_owned(),
        StepName::CreateCustomer => "Customer deleted".to_owned(),
        StepName::StartSubscription => match registration.intent.paid_plan() {
            Some(plan) => format!("{} refunded", plan.price),
            None => "Charge refunded".to_owned(),
        },
        StepName::OpenAccount => "Account removed".to_owned(),
        StepName::VerifyEmail | StepName::Finish => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_for_a_person() {
        let noon = "2026-11-04T12:09:59Z".parse().unwrap();
        assert_eq!(moment(noon), "4 November 2026, 12:09 UTC");
        let german = moment_in(Language::German, noon);
        assert_eq!(german, "4.11.2026, 12:09 Uhr (UTC)");
    }
}
