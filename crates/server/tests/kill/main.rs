//! The real binary under load, killed with `kill -9` again and again, sometimes paused, often with a
//! gateway that fails. At the end the gateway's ledger, the tables, the mails and what the clients
//! were told must agree.
//!
//! `ENLIST_TEST_KILLS` says how often it is killed, `ENLIST_TEST_SEED` with which seed. A seed repeats
//! the load and the moments that were aimed at; how far the service has come by then is the machine's.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

mod accounts;
mod chance;
mod checks;
mod client;
mod figures;
mod journeys;
mod ledger;
mod load;
mod planted;
mod promises;
mod service;
mod telling;
mod world;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use chance::Chance;
use client::Client;
use figures::Figures;
use load::Load;
use service::{Service, Settings};
use telling::Told;
use world::World;

/// Kills in an ordinary run of the tests: enough to see each kind of round.
const KILLS: u32 = 6;

/// How long a service without faults may take to bring everything to rest. It is far longer than any
/// deadline that a round gives, and longer than the longest pause between two tries of an undo.
const SETTLING_LIMIT: Duration = Duration::from_secs(150);

#[test]
fn after_every_kill_ledger_and_tables_agree() {
    let seed = from_environment("ENLIST_TEST_SEED").unwrap_or_else(chance::any_seed);
    let kills = from_environment("ENLIST_TEST_KILLS").map_or(KILLS, |kills| kills as u32);
    println!("seed {seed}, {kills} kills");
    let folder = tempfile::tempdir().unwrap();
    let mut load = Load::new(Chance::new(seed), folder.path());
    let mut chance = Chance::new(seed ^ 1);
    let mut figures = Figures::default();
    for number in 0..kills {
        figures.kills += 1;
        let settings = Settings::for_a_round(&mut chance);
        round(
            folder.path(),
            number,
            &settings,
            &mut load,
            &mut chance,
            &mut figures,
        );
    }
    let (world, told) = settle(folder.path(), load, &mut figures);
    figures.count(&world, &told);
    println!("{figures}");
    let broken = checks::broken(&world, &told);
    if !broken.is_empty() {
        let kept = folder.keep();
        panic!("seed {seed}, data in {}\n{broken}", kept.display());
    }
}

/// Starts the service, loads it, and kills it at some moment.
fn round(
    folder: &Path,
    number: u32,
    settings: &Settings,
    load: &mut Load,
    chance: &mut Chance,
    figures: &mut Figures,
) {
    let mut starting = Service::start(folder, settings);
    if chance.one_in(10) {
        // While it opens its files, or takes over what the last kill left.
        thread::sleep(chance.milliseconds(0, 40));
        figures.kills_at_start += 1;
        return starting.kill();
    }
    let port = starting.port();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        load.run(scope, port, number, &over);
        thread::sleep(chance.milliseconds(5, 450));
        if chance.one_in(8) {
            figures.pauses += 1;
            let past_the_lease = chance.one_in(2);
            let (shortest, longest) = if past_the_lease {
                (1_100, 1_500)
            } else {
                (20, 400)
            };
            starting.pause();
            thread::sleep(chance.milliseconds(shortest, longest));
            starting.resume();
            thread::sleep(chance.milliseconds(0, 150));
        }
        starting.kill();
        over.store(true, Ordering::Relaxed);
    });
    load.harvest();
}

/// Starts the service once more, without faults; lets the clients repeat what they had no answer to;
/// waits until everything rests or waits for a person; and takes stock.
fn settle(folder: &Path, mut load: Load, figures: &mut Figures) -> (World, Told) {
    let mut service = Service::start(folder, &Settings::without_faults());
    let client = Client::new(service.port());
    load.ask_again(&client);
    figures.settled_after = world::wait_until_settled(folder, SETTLING_LIMIT);
    load.repeat_keys(&client);
    world::wait_until_settled(folder, SETTLING_LIMIT);
    let ledger = client.ledger();
    service.stop();
    load.harvest();
    (World::read(folder, ledger), load.into_told())
}

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {value}")),
    )
}
