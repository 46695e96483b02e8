//! A failed run made small: fewer people, and only the faults without which it would not fail; then told
//! as a story.

use std::sync::Arc;

use crate::run::{Report, Settings, run};
use crate::stock::Stock;

/// How many runs looking for a smaller story may take.
const MOST_RUNS: u32 = 600;

/// The smallest run found that fails in the same way.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// What it is made from.
    pub settings: Settings,
    /// What came of it, told.
    pub report: Report,
    /// How many runs it took to find it.
    pub runs: u32,
}

/// Shrinks a failed run.
pub fn shrink(failed: &Report, settings: &Settings, stock: &Arc<Stock>) -> anyhow::Result<Shrunk> {
    let check = failed.violations.first().map(|violation| violation.check);
    let mut search = Search {
        seed: failed.seed,
        check,
        stock,
        runs: 0,
    };
    let mut best = settings.clone();
    let mut struck = failed.struck;
    // Fewer people first: each takes many faults along.
    for people in 1..failed.people {
        let fewer = Settings {
            people: Some(people),
            ..best.clone()
        };
        if let Some(report) = search.fails(&fewer)? {
            (best, struck) = (fewer, report.struck);
            break;
        }
    }
    // Then fewer faults: half of them, a quarter, down to one after the other.
    let mut chunk = struck.div_ceil(2).max(1);
    loop {
        let mut first = 0;
        while first < struck {
            let mut fewer = best.clone();
            let candidates = first..(first + chunk).min(struck);
            fewer
                .spared
                .extend(candidates.filter(|strike| !best.spared.contains(strike)));
            let is_fewer = fewer.spared.len() > best.spared.len();
            if is_fewer && search.fails(&fewer)?.is_some() {
                best = fewer;
            }
            first += chunk;
        }
        if chunk == 1 || search.runs >= MOST_RUNS {
            break;
        }
        chunk = chunk.div_ceil(2);
    }
    best.is_told = true;
    let report = run(failed.seed, &best, stock)?;
    Ok(Shrunk {
        settings: best,
        report,
        runs: search.runs,
    })
}

struct Search<'s> {
    seed: u64,
    check: Option<&'static str>,
    stock: &'s Arc<Stock>,
    runs: u32,
}

impl Search<'_> {
    /// The run, if it fails in the same way.
    fn fails(&mut self, settings: &Settings) -> anyhow::Result<Option<Report>> {
        if self.runs >= MOST_RUNS {
            return Ok(None);
        }
        self.runs += 1;
        let report = run(self.seed, settings, self.stock)?;
        let fails = report.violations.first().map(|violation| violation.check) == self.check;
        Ok(fails.then_some(report))
    }
}
