//! Whether the checks can fail: each planted bug must be noticed, within so many seeds.

use std::sync::Arc;

use crate::bugs::Bug;
use crate::run::{Settings, run};
use crate::stock::Stock;

/// Within how many seeds each bug must be noticed.
pub const WITHIN_SEEDS: u64 = 20_000;

/// How a bug was noticed.
#[derive(Clone, Debug)]
pub struct Caught {
    /// The first seed in which it was.
    pub seed: u64,
    /// How many registrations were begun until then.
    pub registrations: u64,
    /// Which check noticed it.
    pub check: &'static str,
}

/// Looks for a bug, from seed 0 on.
pub fn catch(bug: Bug, within_seeds: u64, stock: &Arc<Stock>) -> anyhow::Result<Option<Caught>> {
    let settings = Settings {
        bug: Some(bug),
        ..Settings::of(bug.tier())
    };
    let mut registrations = 0;
    for seed in 0..within_seeds {
        let report = run(seed, &settings, stock)?;
        registrations += report.registrations;
        if let Some(violation) = report.violations.first() {
            return Ok(Some(Caught {
                seed,
                registrations,
                check: violation.check,
            }));
        }
    }
    Ok(None)
}
