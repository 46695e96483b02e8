//! The fault matrix: cells are generated from the table of steps, and from the calls that the engine
//! is seen to make, so that a new step is covered without anyone opting in.

pub(crate) mod cell;
mod crashes;
mod faults;
mod journeys;
mod late;
mod outages;
mod run;
pub(crate) mod share;
pub(crate) mod steps;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cell::Cell;

use crate::checks::Violation;
use crate::world::database::Ground;
use crate::world::lies::Lie;
use crate::world::provider::stripe::Lost;

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

/// What came of running cells.
#[derive(Default)]
pub(crate) struct Outcome {
    /// How many were run.
    pub(crate) ran: usize,
    /// Those in which something was violated.
    pub(crate) violated: Vec<(String, Vec<Violation>)>,
}

/// Runs cells on all cores, each core on a ground of its own, in a world with a bug planted in it if
/// there is to be one.
pub(crate) fn run_all(
    cells: &[Cell],
    ground: impl Fn() -> Ground + Sync,
    lie: Option<Lie>,
) -> Outcome {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut outcome = Outcome::default();
        let ground = ground();
        while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            outcome.ran += 1;
            let violations = cell.run(&ground, lie);
            if !violations.is_empty() {
                outcome.violated.push((cell.to_string(), violations));
            }
        }
        outcome
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = Outcome::default();
        for worker in running {
            let outcome = worker.join().unwrap();
            all.ran += outcome.ran;
            all.violated.extend(outcome.violated);
        }
        all
    })
}

/// Runs cells of every family, and tells what came of them.
fn run_families(
    families: impl Iterator<Item = (&'static str, Vec<Cell>)>,
    ground: impl Fn() -> Ground + Sync,
) {
    let (mut ran, mut generated) = (0, 0);
    let mut violated = Vec::new();
    for (family, cells) in families {
        let outcome = run_all(&cells, &ground, None);
        let bad = outcome.violated.len();
        eprintln!(
            "{:5} cells, {bad} violated: {family} ({})",
            outcome.ran,
            by_kind_of_way(&cells)
        );
        ran += outcome.ran;
        generated += cells.len();
        violated.extend(outcome.violated);
    }
    eprintln!("{ran:5} cells in all");
    assert_eq!(ran, generated);
    for (cell, violations) in violated.iter().take(20) {
        eprintln!("\n{cell}");
        for Violation { check, what } in violations {
            eprintln!("    {check}: {what}");
        }
    }
    let bad = violated.len();
    assert_eq!(bad, 0, "cells are violated, the first of which are above");
}

/// How many cells there are for each list of steps and each way to go through it.
fn by_kind_of_way(cells: &[Cell]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in cells {
        *counts.entry(cell.journey.way.kind()).or_default() += 1;
    }
    let counts = counts.iter().map(|(kind, count)| format!("{count} {kind}"));
    counts.collect::<Vec<_>>().join(", ")
}

#[test]
fn whatever_fails_everything_or_nothing_is_left() {
    run_families(families(), Ground::memory);
}

#[test]
fn whatever_fails_everything_or_nothing_is_left_on_postgresql() {
    run_families(share::families_here(), Ground::postgres);
}

/// Through Stripe's adapter and HTTP, before a fake of Stripe.
#[test]
fn whatever_fails_everything_or_nothing_is_left_at_stripe() {
    run_families(share::families_here(), || Ground::stripe(Lost::Closed));
}

/// An answer can be lost in other ways than the sandbox knows.
#[test]
fn in_whatever_way_an_answer_is_lost_everything_or_nothing_is_left_at_stripe() {
    for lost in Lost::ALL.into_iter().filter(|lost| *lost != Lost::Closed) {
        eprintln!("\nlost as {lost:?}");
        let families = families().map(|(name, mut cells)| {
            cells.retain(Cell::loses_an_answer);
            (name, cells)
        });
        run_families(families, || Ground::stripe(lost));
    }
}

/// Each list of steps, and the journey in three steps, is struck in every way.
#[test]
fn every_family_has_cells_for_every_kind_of_way() {
    for (family, cells) in families() {
        for way in steps::WAYS {
            let kind = way.kind();
            let has_some = cells.iter().any(|cell| cell.journey.way.kind() == kind);
            assert!(has_some, "{family} has no cells for {kind}");
        }
    }
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
