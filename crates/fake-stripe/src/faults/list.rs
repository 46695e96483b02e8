//! The list itself: which fault strikes, and what may be in it.

use enlist_registration::ports::Random;

use super::{ActiveFault, EVERY_STEP, Fault, FaultFault, FaultKind, MAX_FAULTS};
use crate::operation::Operation;

/// Faults in the order they were switched on. A call is struck by the first that matches it, has
/// strikes left and, with a rate, wins its throw of the dice.
#[derive(Default)]
pub(crate) struct FaultList(Vec<ActiveFault>);

impl FaultList {
    pub(crate) fn switch_on(&mut self, fault: Fault) -> Result<(), FaultFault> {
        let fault = validated(fault)?;
        if self.0.len() >= MAX_FAULTS {
            self.0.retain(|fault| fault.remaining != Some(0));
        }
        if self.0.len() >= MAX_FAULTS {
            return Err(FaultFault::TooMany);
        }
        self.0.push(fault);
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn entries(&self) -> Vec<ActiveFault> {
        self.0.clone()
    }

    /// What the call that has just arrived is struck by.
    pub(crate) fn strike(
        &mut self,
        operation: Operation,
        random: &dyn Random,
    ) -> Option<FaultKind> {
        let matching = self
            .0
            .iter_mut()
            .filter(|fault| fault.step == EVERY_STEP || fault.step == operation.as_str());
        for fault in matching {
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

fn validated(fault: Fault) -> Result<ActiveFault, FaultFault> {
    let Fault {
        step,
        kind,
        count,
        rate,
    } = fault;
    if step != EVERY_STEP && Operation::from_name(&step).is_none() {
        return Err(FaultFault::UnknownStep { step });
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
