//! The real binary under load, on SQLite, on PostgreSQL and behind pgbouncer, killed with `kill -9` again and
//! again, sometimes paused, often with a gateway that fails. The clients sign up in one request or in three
//! steps, and go on after a kill where they were. At the end the gateway's ledger, the tables, the mails and
//! what the clients were told must agree; of a journey that was left halfway nothing may be left. The gateway
//! is the sandbox, which dies with the service, or a fake Stripe beside it, which does not.
//!
//! `ENLIST_TEST_KILLS` says how often it is killed, `ENLIST_TEST_SEED` with which seed. A seed repeats
//! the load and the moments that were aimed at; how far the service has come by then is the machine's.

#![expect(
    clippy::print_stdout,
    reason = "what a run amounted to is for whoever started it"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

mod planted;
mod sqlite;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use enlist_test_servers::{Paused, PgBouncer, PostgresServer};

use support::chance::{Chance, any_seed};
use support::client::Client;
use support::figures::Figures;
use support::from_environment;
use support::gateway::TIMEOUT_MS;
use support::load::{Ending, Load, SIGN_UPS};
use support::service::{LEASE_MS, Service, Settings, VERIFY_WITHIN};
use support::site::Site;
use support::stock;

/// Kills in an ordinary run of the tests: enough to see each kind of round.
const KILLS: u64 = 6;

/// Connections of pgbouncer to the server: fewer than the service makes to pgbouncer.
const POOL_SIZE: u32 = 4;

#[test]
fn after_every_kill_ledger_and_tables_agree() {
    kill_again_and_again(sqlite::site());
}

#[test]
fn after_every_kill_ledger_and_tables_agree_on_postgresql() {
    let server = Arc::new(PostgresServer::start());
    kill_again_and_again(Site::on(&server));
}

#[test]
fn after_every_kill_ledger_and_tables_agree_behind_pgbouncer() {
    let server = Arc::new(PostgresServer::start());
    let bouncer = PgBouncer::transaction_mode(&server, POOL_SIZE);
    kill_again_and_again(Site::on(&server).reached_at(|database| bouncer.url_of(database)));
}

#[test]
fn after_every_kill_ledger_and_tables_agree_at_stripe() {
    kill_again_and_again(sqlite::site().with_stripe());
}

#[test]
fn after_every_kill_ledger_and_tables_agree_at_stripe_on_postgresql() {
    let server = Arc::new(PostgresServer::start());
    kill_again_and_again(Site::on(&server).with_stripe());
}

fn kill_again_and_again(site: Site) {
    let seed = from_environment("ENLIST_TEST_SEED").unwrap_or_else(any_seed);
    let kills = from_environment("ENLIST_TEST_KILLS").unwrap_or(KILLS) as u32;
    println!("seed {seed}, {kills} kills");
    let mut load = Load::new(Chance::new(seed), &site);
    let mut chance = Chance::new(seed ^ 1);
    let mut figures = Figures::default();
    figures.is_one_process = true;
    for number in 0..kills {
        figures.kills += 1;
        let mut settings = Settings::for_a_round(&site.gateway, &mut chance);
        if number == 0 {
            // So that every run has journeys that expire.
            settings.variables.push((VERIFY_WITHIN, "2s".to_owned()));
        }
        round(
            &site,
            number,
            &settings,
            &mut load,
            &mut chance,
            &mut figures,
        );
    }
    let mut service = Service::start(&site, &Settings::without_faults());
    let client = Client::new(service.port());
    let ledger = stock::settle(&site, &mut load, &client, &mut figures);
    service.stop();
    stock::take(site, load, ledger, &mut figures, &format!("seed {seed}"));
}

/// Starts the service, loads it, and kills it at some moment.
fn round(
    site: &Site,
    number: u32,
    settings: &Settings,
    load: &mut Load,
    chance: &mut Chance,
    figures: &mut Figures,
) {
    let mut starting = Service::start(site, settings);
    if chance.one_in(10) {
        // While it opens its files, or takes over what the last kill left.
        thread::sleep(chance.milliseconds(0, 40));
        figures.kills_at_start += 1;
        return starting.kill();
    }
    let port = starting.port();
    if !settings.have_faults() {
        site.gateway.clear_faults(&Client::new(port)).unwrap();
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _ending = Ending(&over);
        load.run(scope, port, number, SIGN_UPS, &over);
        thread::sleep(chance.milliseconds(5, 450));
        if chance.one_in(8) {
            figures.pauses += 1;
            let past_the_lease = chance.one_in(2);
            let (shortest, longest) = if past_the_lease {
                (LEASE_MS + 100, LEASE_MS + 500)
            } else {
                (20, 400)
            };
            starting.pause();
            thread::sleep(chance.milliseconds(shortest, longest));
            starting.resume();
            thread::sleep(chance.milliseconds(0, 150));
        }
        let paused = pause_the_gateway(site, chance, figures);
        starting.kill();
        drop(paused);
    });
    load.harvest();
}

/// Sometimes a gateway beside the service is silent for longer than a call may take.
fn pause_the_gateway<'a>(
    site: &'a Site,
    chance: &mut Chance,
    figures: &mut Figures,
) -> Option<Paused<'a>> {
    let stripe = site.gateway.beside()?;
    if !chance.one_in(5) {
        return None;
    }
    figures.gateway_pauses += 1;
    let paused = stripe.pause();
    thread::sleep(chance.milliseconds(TIMEOUT_MS + 50, TIMEOUT_MS + 600));
    // Half of them are over before the kill.
    chance.one_in(2).then_some(paused)
}
