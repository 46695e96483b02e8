//! The [faults] of the sandbox. Where its books are in a file, the list is in memory, and a restart clears
//! it, except for what the configuration names. Where they are on PostgreSQL, the list is there too, and
//! strikes the calls of every replica.

mod switching;

use serde::{Deserialize, Serialize};

use super::error::SandboxError;
use super::operation::Operation;
use crate::faults::{self, FaultTarget, InvalidFault};

pub use switching::Faults;
pub(super) use switching::{FaultsHome, Strike};

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

impl From<Operation> for FaultTarget {
    fn from(operation: Operation) -> Self {
        Self(operation.as_str().to_owned())
    }
}

/// A fault of the sandbox, as it is asked for.
pub type Fault = faults::Fault<FaultKind>;

/// A fault of the sandbox that is on, or was and is used up.
pub type ActiveFault = faults::ActiveFault<FaultKind>;

/// The faults of the sandbox.
pub(super) type FaultList = faults::FaultList<FaultKind>;

/// Why a fault was not switched on.
#[derive(Debug, thiserror::Error)]
pub enum FaultFault {
    /// It makes no sense.
    #[error(transparent)]
    Invalid(#[from] InvalidFault),
    /// The sandbox itself failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

fn validated(fault: Fault) -> Result<ActiveFault, InvalidFault> {
    fault.validated(&Operation::ALL.map(Operation::as_str))
}
