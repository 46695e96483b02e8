//! Failures on demand, as the sandbox gateway has them, and more ways of losing an answer. A fault is
//! switched on for an operation, strikes its calls a number of times or at a rate, and stays in the list, with
//! what it did, until the list is cleared.

mod list;

use serde::{Deserialize, Serialize};

use crate::operation::Operation;

pub(crate) use list::FaultList;

/// How many faults may be on at once: few enough that every call can look at them all.
pub const MAX_FAULTS: usize = 64;

/// What the `step` of a fault says to strike every operation.
pub const EVERY_STEP: &str = "*";

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

/// A fault as it is asked for: `{"step": "create_customer", "kind": "lose_reply", "count": 3}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which calls: an [`Operation`] by its name, or [`EVERY_STEP`].
    pub step: String,
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
    #[must_use]
    pub fn times(step: Operation, kind: FaultKind, count: u32) -> Self {
        Self {
            step: step.as_str().to_owned(),
            kind,
            count: Some(count),
            rate: None,
        }
    }

    /// A fault that strikes a share of the calls, from 0 to 1, until it is cleared.
    #[must_use]
    pub fn at_rate(step: Operation, kind: FaultKind, rate: f64) -> Self {
        Self {
            step: step.as_str().to_owned(),
            kind,
            count: None,
            rate: Some(rate),
        }
    }

    /// The same fault for every operation.
    #[must_use]
    pub fn everywhere(self) -> Self {
        Self {
            step: EVERY_STEP.to_owned(),
            ..self
        }
    }
}

/// A fault that is on, or was and is used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveFault {
    /// Which calls.
    pub step: String,
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
    /// `step` names nothing that there is.
    #[error("there is no step `{step}`; there is {}", known_steps())]
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
}

fn known_steps() -> String {
    let names = Operation::ALL.map(|operation| format!("`{operation}`"));
    format!("{} and `{EVERY_STEP}`", names.join(", "))
}
