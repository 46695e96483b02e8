//! The list itself: which fault strikes, and what may be in it.

use enlist_registration::ports::Random;
use serde::{Deserialize, Serialize};

use super::super::operation::Operation;
use super::{ActiveFault, Fault, FaultFault, MAX_FAULTS};

/// Faults in the order they were switched on. A call is struck by the first that matches it, has
/// strikes left and, with a rate, wins its throw of the dice.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(in super::super) struct FaultList(Vec<ActiveFault>);

impl FaultList {
    pub(super) fn switch_on(&mut self, fault: ActiveFault) -> Result<(), FaultFault> {
        if self.0.len() >= MAX_FAULTS {
            self.0.retain(|fault| fault.remaining != Some(0));
        }
        if self.0.len() >= MAX_FAULTS {
            return Err(FaultFault::TooMany);
        }
        self.0.push(fault);
        Ok(())
    }

    /// Switches on those that are not there, as another replica with the same configuration, or this
    /// one before its restart, may have done. One that has struck meanwhile is there.
    pub(super) fn complete_with(&mut self, faults: &[ActiveFault]) -> Result<(), FaultFault> {
        let mut there: Vec<ActiveFault> = self.0.iter().map(ActiveFault::as_switched_on).collect();
        for fault in faults {
            match there.iter().position(|other| other == fault) {
                Some(index) => drop(there.swap_remove(index)),
                None => self.switch_on(fault.clone())?,
            }
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn entries(&self) -> Vec<ActiveFault> {
        self.0.clone()
    }

    /// What the call that has just arrived is struck by.
    pub(super) fn strike(
        &mut self,
        operation: Operation,
        random: &dyn Random,
    ) -> Option<super::FaultKind> {
        for fault in self
            .0
            .iter_mut()
            .filter(|fault| fault.step.matches(operation))
        {
            let strikes = match (fault.remaining, fault.rate) {
                (Some(remaining), _) => remaining > 0,
                (None, Some(rate)) => share(random) < rate,
                (None, None) => false,
            };
            if strikes {
                fault.remaining = fault.remaining.map(|remaining| remaining - 1);
                fault.hits += 1;
                return Some(fault.kind);
            }
        }
        None
    }
}

impl ActiveFault {
    /// As it was before it struck.
    fn as_switched_on(&self) -> Self {
        let hits = u32::try_from(self.hits).unwrap_or(u32::MAX);
        Self {
            remaining: self
                .remaining
                .map(|remaining| remaining.saturating_add(hits)),
            hits: 0,
            ..self.clone()
        }
    }
}

pub(super) fn validated(fault: Fault) -> Result<ActiveFault, FaultFault> {
    let Fault {
        step,
        kind,
        count,
        rate,
    } = fault;
    if !step.names_something() {
        return Err(FaultFault::UnknownStep { step: step.0 });
    }
    let (remaining, rate) = match (count, rate) {
        (Some(_), Some(_)) => return Err(FaultFault::CountAndRate),
        (Some(0), None) => return Err(FaultFault::CountIsZero),
        (None, Some(rate)) if !(0.0..=1.0).contains(&rate) => {
            return Err(FaultFault::RateOutOfRange { rate });
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

/// A number from 0 up to, not including, 1: 53 random bits, as many as an `f64` holds exactly.
fn share(random: &dyn Random) -> f64 {
    let mut bytes = [0u8; 8];
    random.fill(&mut bytes);
    let bits = (u64::from_le_bytes(bytes) >> 11) as f64;
    bits / (1u64 << 53) as f64
}
