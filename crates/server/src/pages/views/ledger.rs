//! The ledger: the steps of one registration, a line each, and the sentence that closes it.

use askama::Template;

/// The steps of one registration in order. `{{ ledger|safe }}` writes it.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "_ledger.html")]
pub(crate) struct Ledger {
    /// One line per step, in the order they are done.
    pub(crate) lines: Vec<LedgerLine>,
    /// The sentence under the double rule, such as "Nothing was created. Nothing was charged."
    pub(crate) closing: Option<String>,
}

/// One step as the person sees it.
#[derive(Debug, Clone)]
pub(crate) struct LedgerLine {
    /// The step's name in the engine (`create_customer`): how the script finds the line.
    pub(crate) step: String,
    /// How far it is.
    pub(crate) state: LineState,
    /// The step in plain words, such as "Customer created". Stays the same while it is undone: the
    /// page strikes it through.
    pub(crate) title: String,
    /// On the right: a figure, a reason or, for an undone step, the undo ("Customer deleted").
    pub(crate) detail: String,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineState {
    /// Its turn has not come.
    Waiting,
    /// Under way.
    Doing,
    /// Done.
    Done,
    /// Not part of this registration.
    Skipped,
    /// It failed; what was done before it is taken back.
    Failed,
    /// Being taken back.
    Undoing,
    /// Taken back.
    Undone,
}

impl LineState {
    /// The value of `data-state` and of `state` in the event stream.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Doing => "doing",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// The status in words, for those who do not see the mark.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Doing => "In progress",
            Self::Done => "Done",
            Self::Skipped => "Not needed",
            Self::Failed => "Failed",
            Self::Undoing => "Being undone",
            Self::Undone => "Undone",
        }
    }
}
