//! The list itself: which fault strikes, and how many may be in it.

use enlist_registration::ports::Random;
use serde::{Deserialize, Serialize};

use super::{ActiveFault, InvalidFault, MAX_FAULTS};

/// Faults in the order they were switched on. A call is struck by the first that matches it, has
/// strikes left and, with a rate, wins its throw of the dice.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultList<Kind>(Vec<ActiveFault<Kind>>);

impl<Kind> Default for FaultList<Kind> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<Kind: Copy + PartialEq> FaultList<Kind> {
    /// Adds one. Those that are used up make room.
    pub fn switch_on(&mut self, fault: ActiveFault<Kind>) -> Result<(), InvalidFault> {
        if self.0.len() >= MAX_FAULTS {
            self.0.retain(|fault| fault.remaining != Some(0));
        }
        if self.0.len() >= MAX_FAULTS {
            return Err(InvalidFault::TooMany);
        }
        self.0.push(fault);
        Ok(())
    }

    /// Switches on those that are not there, as another replica with the same configuration, or this
    /// one before its restart, may have done. One that has struck meanwhile is there.
    pub fn complete_with(&mut self, faults: &[ActiveFault<Kind>]) -> Result<(), InvalidFault> {
        let mut there: Vec<_> = self.0.iter().map(ActiveFault::as_switched_on).collect();
        for fault in faults {
            match there.iter().position(|other| other == fault) {
                Some(index) => drop(there.swap_remove(index)),
                None => self.switch_on(fault.clone())?,
            }
        }
        Ok(())
    }

    /// Forgets them all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Those that are on or used up, oldest first.
    pub fn entries(&self) -> Vec<ActiveFault<Kind>> {
        self.0.clone()
    }

    /// What the call that has just arrived is struck by.
    pub fn strike(&mut self, operation: &str, random: &dyn Random) -> Option<Kind> {
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

impl<Kind: Clone> ActiveFault<Kind> {
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

/// A number from 0 up to, not including, 1: 53 random bits, as many as an `f64` holds exactly.
fn share(random: &dyn Random) -> f64 {
    let mut bytes = [0u8; 8];
    random.fill(&mut bytes);
    let bits = (u64::from_le_bytes(bytes) >> 11) as f64;
    bits / (1u64 << 53) as f64
}
