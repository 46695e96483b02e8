//! Failures on demand, as the sandbox gateway has them, and more ways of losing an answer.

use enlist_gateways::faults::{self, FaultTarget, InvalidFault};
use serde::{Deserialize, Serialize};

use crate::operation::Operation;

/// In which way a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A 500 before the request is carried out: no effect, and nothing stored under its key.
    FailBefore,
    /// The request takes effect, and then a 500 is stored as its answer and replayed under its key for ever.
    /// Where the key had an answer already, that one is replayed. `GET` and `DELETE` store nothing.
    FailAfter,
    /// The request takes effect, and the connection is closed without a byte.
    LoseReply,
    /// The request takes effect, and the connection is reset.
    Reset,
    /// The request takes effect, and the connection is closed in the middle of the body.
    Truncate,
    /// The request takes effect, and the answer is a 200 whose body is not JSON.
    Garble,
    /// The request takes effect, and the answer is a 502 with HTML, as of a proxy that lost the server.
    BadGateway,
    /// The request takes effect, and no answer comes until the client goes.
    Hang,
    /// The connection is closed before the request is carried out: no effect. A client cannot tell this from
    /// [`FaultKind::LoseReply`], since the connection was open; to have connections refused in a way that a
    /// client can tell, stop the fake.
    Refuse,
    /// A 429, which comes before everything else: no effect.
    RateLimit,
}

impl FaultKind {
    /// Whether the request is not even looked at.
    pub(crate) fn turns_away(self) -> bool {
        matches!(self, Self::FailBefore | Self::Refuse | Self::RateLimit)
    }
}

impl From<Operation> for FaultTarget {
    fn from(operation: Operation) -> Self {
        Self(operation.as_str().to_owned())
    }
}

/// A fault as it is asked for.
pub type Fault = faults::Fault<FaultKind>;

/// A fault that is on, or was and is used up.
pub type ActiveFault = faults::ActiveFault<FaultKind>;

/// The faults of one fake.
pub(crate) type FaultList = faults::FaultList<FaultKind>;

pub(crate) fn validated(fault: Fault) -> Result<ActiveFault, InvalidFault> {
    fault.validated(&Operation::ALL.map(Operation::as_str))
}
