//! What happened to a registration, one line per event, as a person reads it. The engine writes it;
//! `registration_events`, the event stream, the pages and `enlist registrations show` show it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::Generation;
use crate::steps::StepName;

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Counts from 1 within the registration; a takeover may leave gaps or repeat what was lost.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// Under which driver.
    pub generation: Generation,
    /// Concerning which step, if one in particular.
    pub step: Option<StepName>,
    /// What happened.
    pub kind: EventKind,
    /// More, for the operator: a reason, an amount, a gateway's id. Never card data, a password or a
    /// token.
    pub detail: Option<String>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A step is done.
    Done,
    /// A step's call failed or stayed unanswered and is made again.
    Retrying,
    /// A step waits for the person.
    Waiting,
    /// A step failed for good.
    Failed,
    /// It was decided to undo everything.
    UndoDecided,
    /// A step is undone.
    Undone,
    /// An undo failed or stayed unanswered and is made again.
    UndoRetrying,
    /// Another driver took over.
    TakenOver,
    /// The person asked for the mail again.
    MailRequested,
    /// The gateway was looked at again after a doubt.
    Rechecked,
    /// An operator acted; the detail names the reason.
    Operator,
    /// At rest: everything exists.
    Registered,
    /// At rest: nothing was left behind.
    Cleared,
}

impl EventKind {
    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retrying => "retrying",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::UndoDecided => "undo_decided",
            Self::Undone => "undone",
            Self::UndoRetrying => "undo_retrying",
            Self::TakenOver => "taken_over",
            Self::MailRequested => "mail_requested",
            Self::Rechecked => "rechecked",
            Self::Operator => "operator",
            Self::Registered => "registered",
            Self::Cleared => "cleared",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_stored_under_its_name() {
        use EventKind::*;
        for (kind, name) in [
            (Done, "done"),
            (Retrying, "retrying"),
            (Waiting, "waiting"),
            (Failed, "failed"),
            (UndoDecided, "undo_decided"),
            (Undone, "undone"),
            (UndoRetrying, "undo_retrying"),
            (TakenOver, "taken_over"),
            (MailRequested, "mail_requested"),
            (Rechecked, "rechecked"),
            (Operator, "operator"),
            (Registered, "registered"),
            (Cleared, "cleared"),
        ] {
            assert_eq!(kind.as_str(), name);
        }
    }
}
