//! The fault matrix: cells are generated from the table of steps, and from the calls that the engine
//! is seen to make, so that a new step is covered without anyone opting in.

pub(crate) mod cell;
mod crashes;
mod faults;
mod journeys;
mod late;
mod outages;
mod run;
pub(crate) mod steps;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cell::Cell;

use crate::checks::Violation;
use crate::world::lies::Lie;

/// A family of cells: its name, and how it is generated.
type Family = (&'static str, fn() -> Vec<Cell>);

const FAMILIES: &[Family] = &[
    ("journeys", journeys::cells),
    ("the gateway fails going forward", faults::going_forward),
    ("the gateway fails going back", faults::going_back),
    (
        "the gateway fails to say what the bank said",
        faults::looking_again,
    ),
    ("a doubt, and no way to look", faults::doubt_without_sight),
    ("a call is made twice", faults::made_twice),
    ("the store fails", outages::cells),
    ("a call arrives late", late::cells),
    ("crash", crashes::cells),
    ("crash after crash", crashes::in_a_row),
    ("a paused driver wakes", crashes::paused),
    ("two drivers at once", crashes::overlapping),
];

/// Every family, by name.
pub(crate) fn families() -> impl Iterator<Item = (&'static str, Vec<Cell>)> {
    FAMILIES.iter().map(|(name, cells)| (*name, cells()))
}

/// Runs cells on all cores; what was violated in which cell.
pub(crate) fn run_all(cells: &[Cell], lie: Option<Lie>) -> Vec<(String, Vec<Violation>)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut violated = Vec::new();
        while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            let violations = cell.run(lie);
            if !violations.is_empty() {
                violated.push((cell.to_string(), violations));
            }
        }
        violated
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let finished = running.into_iter().map(|worker| worker.join().unwrap());
        finished.flatten().collect()
    })
}

#[test]
fn whatever_fails_everything_or_nothing_is_left() {
    let mut total = 0;
    let mut violated = Vec::new();
    for (family, cells) in families() {
        let found = run_all(&cells, None);
        eprintln!(
            "{:5} cells, {} violated: {family}",
            cells.len(),
            found.len()
        );
        total += cells.len();
        violated.extend(found);
    }
    eprintln!("{total:5} cells");
    for (cell, violations) in violated.iter().take(20) {
        eprintln!("\n{cell}");
        for Violation { check, what } in violations {
            eprintln!("    {check}: {what}");
        }
    }
    assert!(
        violated.is_empty(),
        "{} cells of {total} are violated",
        violated.len()
    );
}

#[test]
fn no_two_cells_are_the_same() {
    let mut names: Vec<String> = families()
        .flat_map(|(family, cells)| {
            cells
                .into_iter()
                .map(move |cell| format!("{family}: {cell}"))
        })
        .collect();
    let generated = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), generated);
}
