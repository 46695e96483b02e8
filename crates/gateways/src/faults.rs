//! Failures on demand, for whatever plays a gateway: the [`sandbox`](crate::sandbox), and fakes of other
//! gateways. A fault is switched on for an operation, strikes its calls a number of times or at a rate, and
//! stays in the list, with what it did, until the list is cleared. What the kinds of failure are is for each
//! gateway to say.

mod list;

use serde::{Deserialize, Serialize};

pub use list::FaultList;

/// How many faults may be on at once: far more than a demonstration needs, and few enough that
/// every call can look at them all.
pub const MAX_FAULTS: usize = 64;

/// What the `step` of a fault says to strike every operation.
pub const EVERY_STEP: &str = "*";

/// Which calls a fault strikes: an operation by its name, or [`EVERY_STEP`]. Any text until
/// [`Fault::validated`] has looked at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultTarget(pub String);

impl FaultTarget {
    /// Strikes every operation.
    pub fn every() -> Self {
        Self(EVERY_STEP.to_owned())
    }

    fn matches(&self, operation: &str) -> bool {
        self.0 == EVERY_STEP || self.0 == operation
    }
}

/// A fault as it is asked for: `{"step": "create_customer", "kind": "lose_reply", "count": 3}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault<Kind> {
    /// Which calls.
    pub step: FaultTarget,
    /// In which way they fail.
    pub kind: Kind,
    /// How many calls, counted as they come. Without a count and a rate: one.
    #[serde(default)]
    pub count: Option<u32>,
    /// What share of the calls, from 0 to 1, until cleared; instead of a count.
    #[serde(default)]
    pub rate: Option<f64>,
}

impl<Kind> Fault<Kind> {
    /// A fault that strikes `count` calls.
    pub fn times(step: impl Into<FaultTarget>, kind: Kind, count: u32) -> Self {
        Self {
            step: step.into(),
            kind,
            count: Some(count),
            rate: None,
        }
    }

    /// A fault that strikes a share of the calls, from 0 to 1, until it is cleared.
    pub fn at_rate(step: impl Into<FaultTarget>, kind: Kind, rate: f64) -> Self {
        Self {
            step: step.into(),
            kind,
            count: None,
            rate: Some(rate),
        }
    }

    /// The fault, switched on, if it makes sense at a gateway with these operations.
    pub fn validated(self, operations: &[&str]) -> Result<ActiveFault<Kind>, InvalidFault> {
        let Self {
            step,
            kind,
            count,
            rate,
        } = self;
        if !operations.iter().any(|operation| step.matches(operation)) {
            let known = operations.iter().map(|name| format!("`{name}`"));
            let known = known.collect::<Vec<_>>().join(", ");
            let FaultTarget(step) = step;
            return Err(InvalidFault::UnknownStep { step, known });
        }
        let (remaining, rate) = match (count, rate) {
            (Some(_), Some(_)) => return Err(InvalidFault::CountAndRate),
            (Some(0), None) => return Err(InvalidFault::CountIsZero),
            (None, Some(rate)) if !(0.0..=1.0).contains(&rate) => {
                return Err(InvalidFault::RateOutOfRange { rate });
            }
            (None, None) => (Some(1), None),
            (count, rate) => (count, rate),
        };
        Ok(ActiveFault {
            step,
            kind,
            remaining,
            rate,
            hits: 0,
        })
    }
}

/// A fault that is on, or was and is used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveFault<Kind> {
    /// Which calls.
    pub step: FaultTarget,
    /// In which way they fail.
    pub kind: Kind,
    /// How many calls it has still to strike; none where it strikes at a rate.
    pub remaining: Option<u32>,
    /// What share of the calls it strikes; none where it counts.
    pub rate: Option<f64>,
    /// How many calls it struck.
    pub hits: u64,
}

/// Why a fault was not switched on.
#[derive(Debug, thiserror::Error)]
pub enum InvalidFault {
    /// `step` names nothing that the gateway does.
    #[error("there is no step `{step}`; there is {known} and `{EVERY_STEP}`")]
    UnknownStep {
        /// What was asked for.
        step: String,
        /// What can be asked for, besides every step.
        known: String,
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
