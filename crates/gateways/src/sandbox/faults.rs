//! Failures on demand. A fault is switched on for an operation, strikes its calls a number of times
//! or at a rate, and stays in the list, with what it did, until the list is cleared. Where the books are
//! in a file, the list is in memory, and a restart clears it, except for what the configuration names.
//! Where they are on PostgreSQL, the list is there too, and strikes the calls of every replica.

mod list;
mod switching;

use serde::{Deserialize, Serialize};

use super::error::SandboxError;
use super::operation::Operation;

pub(super) use list::FaultList;
pub use switching::Faults;
pub(super) use switching::{FaultsHome, Strike};

/// How many faults may be on at once: far more than a demonstration needs, and few enough that
/// every call can look at them all.
pub const MAX_FAULTS: usize = 64;

/// What the `step` of a fault says to strike every operation.
pub const EVERY_STEP: &str = "*";

/// In which way a call fails. Each is what a caller of a real gateway can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A 500 before the request is carried out: no effect, and nothing stored under its key, so a
    /// repeat is carried out. `InDoubt`, because a 500 does not say.
    FailBefore,
    /// The request takes effect, and then a 500 is stored as its answer: `InDoubt`, and under this
    /// key for ever the same 500 (`replayed`). What it did can only be found by listing. Where the key
    /// already had an answer, that answer is replayed instead. Operations without a key store
    /// nothing: their repeat is carried out.
    FailAfter,
    /// The request takes effect, its answer is stored, and the connection breaks before it arrives:
    /// `InDoubt`; a repeat is told the true answer.
    LoseReply,
    /// The request takes effect, its answer is stored and never comes: the call pends until its
    /// caller gives up and drops it. A repeat is told the true answer.
    Hang,
    /// The connection is refused: no effect, `Retryable`.
    Refuse,
    /// A 429, which comes before everything else: no effect, `Retryable` after a second.
    RateLimit,
}

impl FaultKind {
    /// Whether the request is not even looked at.
    pub(super) fn turns_away(self) -> bool {
        matches!(self, Self::FailBefore | Self::Refuse | Self::RateLimit)
    }
}

/// Which calls a fault strikes: an [`Operation`] by its name, or [`EVERY_STEP`]. Any text until
/// [`Faults::switch_on`] has looked at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultTarget(pub String);

impl FaultTarget {
    /// Strikes every operation.
    pub fn every() -> Self {
        Self(EVERY_STEP.to_owned())
    }

    fn names_something(&self) -> bool {
        self.0 == EVERY_STEP || Operation::from_name(&self.0).is_some()
    }

    fn matches(&self, operation: Operation) -> bool {
        self.0 == EVERY_STEP || self.0 == operation.as_str()
    }
}

impl From<Operation> for FaultTarget {
    fn from(operation: Operation) -> Self {
        Self(operation.as_str().to_owned())
    }
}

/// A fault as it is asked for: `{"step": "create_customer", "kind": "lose_reply", "count": 3}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which calls.
    pub step: FaultTarget,
    /// In which way they fail.
    pub kind: FaultKind,
    /// How many calls, counted as they come. Without a count and a rate: one.
    #[serde(default)]
    pub count: Option<u32>,
    /// What share of the calls, from 0 to 1, until cleared; instead of a count.
    #[serde(default)]
    pub rate: Option<f64>,
}

impl Fault {
    /// A fault that strikes `count` calls.
    pub fn times(step: impl Into<FaultTarget>, kind: FaultKind, count: u32) -> Self {
        Self {
            step: step.into(),
            kind,
            count: Some(count),
            rate: None,
        }
    }

    /// A fault that strikes a share of the calls, from 0 to 1, until it is cleared.
    pub fn at_rate(step: impl Into<FaultTarget>, kind: FaultKind, rate: f64) -> Self {
        Self {
            step: step.into(),
            kind,
            count: None,
            rate: Some(rate),
        }
    }
}

/// A fault that is on, or was and is used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveFault {
    /// Which calls.
    pub step: FaultTarget,
    /// In which way they fail.
    pub kind: FaultKind,
    /// How many calls it has still to strike; none where it strikes at a rate.
    pub remaining: Option<u32>,
    /// What share of the calls it strikes; none where it counts.
    pub rate: Option<f64>,
    /// How many calls it struck.
    pub hits: u64,
}

/// Why a fault was not switched on.
#[derive(Debug, thiserror::Error)]
pub enum FaultFault {
    /// `step` names nothing that the sandbox does.
    #[error("the sandbox has no step `{step}`; it knows {}", known_steps())]
    UnknownStep {
        /// What was asked for.
        step: String,
    },
    /// Both a count and a rate.
    #[error("a fault has a count or a rate, not both")]
    CountAndRate,
    /// A count of nothing.
    #[error("a fault's count is at least 1")]
    CountIsZero,
    /// A rate that is not a share.
    #[error("a fault's rate is between 0 and 1, not {rate}")]
    RateOutOfRange {
        /// What was asked for.
        rate: f64,
    },
    /// [`MAX_FAULTS`] are on.
    #[error("{MAX_FAULTS} faults are on already; clear them first")]
    TooMany,
    /// The sandbox itself failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

fn known_steps() -> String {
    let names = Operation::ALL.map(|operation| format!("`{operation}`"));
    format!("{} and `{EVERY_STEP}`", names.join(", "))
}
