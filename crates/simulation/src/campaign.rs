//! Many runs: seed after seed, on as many threads as there are cores, each run on one of them.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::executor::locked;
use crate::faults::Tally;
use crate::run::{Report, Settings, run};
use crate::stock::Stock;

/// Which seeds, and on how many threads.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first seed.
    pub from: u64,
    /// How many seeds.
    pub seeds: u64,
    /// At most so many runs at once.
    pub threads: usize,
}

/// What came of many runs.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Runs.
    pub runs: u64,
    /// People who came.
    pub people: u64,
    /// Registrations in the journals.
    pub registrations: u64,
    /// Those that rest as registered.
    pub registered: u64,
    /// Those that rest as undone.
    pub undone: u64,
    /// Checks made.
    pub looks: u64,
    /// Time that passed in all worlds.
    pub simulated: Duration,
    /// What struck.
    pub tally: Tally,
    /// All traces in one number, whatever the order in which they came in.
    pub hash: u64,
    /// The first runs in which something was not as it must be.
    pub failed: Vec<Report>,
}

/// Failed runs that are kept.
const MOST_FAILED: usize = 8;

/// Runs every seed of a campaign, or those before the first few that fail. `progress` hears of each run.
pub fn campaign(
    campaign: Campaign,
    settings: &Settings,
    progress: &(dyn Fn(&Report) + Sync),
) -> anyhow::Result<Summary> {
    let next = AtomicU64::new(campaign.from);
    let end = campaign.from.saturating_add(campaign.seeds);
    let is_over = AtomicBool::new(false);
    let summary = Mutex::new(Summary::default());
    let work = || -> anyhow::Result<()> {
        let stock = Arc::new(Stock::new()?);
        while !is_over.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            let report = run(seed, settings, &stock)?;
            progress(&report);
            let mut summary = locked(&summary);
            summary.add(report);
            if summary.failed.len() >= MOST_FAILED {
                is_over.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..campaign.threads.max(1))
            .map(|_| scope.spawn(work))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(done) => done,
                Err(_) => Err(anyhow::anyhow!(
                    "a run panicked; its seed is in the message above"
                )),
            })
    })?;
    Ok(summary
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner()))
}

impl Summary {
    fn add(&mut self, report: Report) {
        self.runs += 1;
        self.people += report.people as u64;
        self.registrations += report.registrations;
        self.registered += report.registered;
        self.undone += report.undone;
        self.looks += report.looks;
        self.simulated += report.simulated;
        self.tally.add(&report.tally);
        self.hash ^= report.hash.rotate_left((report.seed % 64) as u32);
        if !report.violations.is_empty() && self.failed.len() < MOST_FAILED {
            self.failed.push(report);
        }
    }
}
