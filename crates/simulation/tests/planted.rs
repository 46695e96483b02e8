//! The checks can fail: each planted bug is noticed.

use std::sync::Arc;

use enlist_simulation::{Bug, Settings, Stock, run};

/// How many seeds are tried of each bug, from the one on in which it is known to be noticed: a change of
/// the world may move it by a few. `cargo xtask simulate --bugs` begins at 0.
const SEEDS: u64 = 300;

fn first_seed(bug: Bug) -> u64 {
    match bug {
        Bug::UndoingTurnsForward => 200,
        Bug::AccountsShareAnAddress => 1_000,
        Bug::SecondLookIsNotQueued | Bug::SecondLookFindsNothing => 10_700,
        _ => 0,
    }
}

#[test]
fn each_bug_is_noticed() {
    let stock = Arc::new(Stock::new().unwrap());
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let settings = Settings {
            bug: Some(*bug),
            ..Settings::of(bug.tier())
        };
        let first = first_seed(*bug);
        let noticed = (first..first + SEEDS)
            .find(|seed| !run(*seed, &settings, &stock).unwrap().violations.is_empty());
        match noticed {
            Some(seed) => println!("{}: seed {seed}", bug.text()),
            None => missed.push(bug.text()),
        }
    }
    assert!(Bug::ALL.len() >= 20);
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
