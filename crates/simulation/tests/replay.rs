//! A seed replays a run, whatever the tables are in; and nothing goes wrong that should not.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

use std::sync::Arc;

use enlist_simulation::{
    Bug, Campaign, Fault, Opportunity, Settings, Stock, Tier, campaign, catch, run, shrink,
};

/// How many seeds there are per test; `ENLIST_TEST_SEEDS` asks for more.
fn seeds(usually: u64) -> u64 {
    let asked = std::env::var("ENLIST_TEST_SEEDS");
    asked
        .ok()
        .and_then(|asked| asked.parse().ok())
        .unwrap_or(usually)
}

fn stock() -> Arc<Stock> {
    Arc::new(Stock::new().unwrap())
}

fn all_hold(tier: Tier, from: u64, seeds: u64) {
    let which = Campaign {
        from,
        seeds,
        threads: 1,
    };
    let summary = campaign(which, &Settings::of(tier), &|_| {}).unwrap();
    assert_eq!(summary.runs, seeds);
    assert!(
        summary.registered > seeds && summary.undone > seeds,
        "{summary:?}"
    );
    for failed in &summary.failed {
        println!("seed {}: {:?}", failed.seed, failed.violations);
    }
    assert!(summary.failed.is_empty());
}

#[test]
fn everything_or_nothing_is_left_in_memory() {
    all_hold(Tier::Pure, 0, seeds(4_000));
}

#[test]
fn everything_or_nothing_is_left_in_sqlite_and_both_say_the_same() {
    all_hold(Tier::Sqlite, 1_000_000, seeds(400));
}

#[test]
fn everything_or_nothing_is_left_by_whoever_comes_by_http() {
    all_hold(Tier::Http, 2_000_000, seeds(60));
}

fn all_strike(tier: Tier, seeds: u64, faults: impl Iterator<Item = Fault>) {
    let which = Campaign {
        from: 0,
        seeds,
        threads: 1,
    };
    let summary = campaign(which, &Settings::of(tier), &|_| {}).unwrap();
    for fault in faults {
        let hits = summary.tally.of(fault);
        assert!(hits > 0, "{} never struck", fault.text());
    }
}

#[test]
fn every_fault_strikes() {
    let of_connections = |fault: &Fault| fault.opportunity() == Opportunity::Connection;
    let all = || Fault::ALL.iter().copied();
    all_strike(Tier::Pure, 1_000, all().filter(|it| !of_connections(it)));
    all_strike(Tier::Http, 30, all().filter(of_connections));
}

#[test]
fn the_same_seed_is_the_same_run_by_http() {
    let (first, second) = (stock(), stock());
    for seed in 0..seeds(15) {
        let settings = Settings::of(Tier::Http);
        let once = run(seed, &settings, &first).unwrap();
        let again = run(seed, &settings, &second).unwrap();
        assert_eq!(once.hash, again.hash, "seed {seed}");
        assert_eq!(once.looks, again.looks, "seed {seed}");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (first, second) = (stock(), stock());
    for seed in 0..seeds(200) {
        let settings = Settings::of(Tier::Pure);
        let once = run(seed, &settings, &first).unwrap();
        let again = run(seed, &settings, &second).unwrap();
        assert_eq!(once.hash, again.hash, "seed {seed}");
        assert_eq!(once.looks, again.looks, "seed {seed}");
    }
}

#[test]
fn another_seed_is_another_run() {
    let stock = stock();
    let settings = Settings::of(Tier::Pure);
    let hashes: Vec<u64> = (0..50)
        .map(|seed| run(seed, &settings, &stock).unwrap().hash)
        .collect();
    let mut distinct = hashes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), hashes.len());
}

#[test]
fn the_tables_do_not_change_the_run() {
    let stock = stock();
    for seed in 0..seeds(60) {
        let pure = run(seed, &Settings::of(Tier::Pure), &stock).unwrap();
        let sqlite = run(seed, &Settings::of(Tier::Sqlite), &stock).unwrap();
        assert_eq!(pure.hash, sqlite.hash, "seed {seed}");
    }
}

#[test]
fn a_failed_run_is_told_as_a_short_story() {
    let stock = stock();
    let bug = Bug::ChargeIsNotRefunded;
    let settings = Settings {
        bug: Some(bug),
        ..Settings::of(Tier::Pure)
    };
    let caught = catch(bug, 100, &stock).unwrap().expect("it is noticed");
    let failed = run(caught.seed, &settings, &stock).unwrap();
    let shrunk = shrink(&failed, &settings, &stock).unwrap();
    assert_eq!(shrunk.report.violations[0].check, caught.check);
    assert!(shrunk.report.people <= failed.people);
    assert!(
        shrunk
            .report
            .story
            .iter()
            .any(|line| line.contains("gateway:"))
    );
    // What is told can be seen again.
    let again = run(caught.seed, &shrunk.settings, &stock).unwrap();
    assert_eq!(again.hash, shrunk.report.hash);
    assert_eq!(again.violations, shrunk.report.violations);
}
