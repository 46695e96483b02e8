//! Replicas that are killed and started again, and paused past their lease, while people sign up.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use enlist_test_servers::PostgresServer;

use crate::audit::Audit;
use crate::cluster::{Cluster, with_books_elsewhere};
use crate::support::chance::{Chance, any_seed};
use crate::support::figures::Figures;
use crate::support::from_environment;
use crate::support::gateway::TIMEOUT_MS;
use crate::support::load::{Ending, Load, SIGN_UPS};
use crate::support::service::{LEASE_MS, Settings};
use crate::support::site::Site;
use crate::support::stock;

/// What a driver says that wakes and finds its registration in other hands.
const SUPERSEDED: &str = "another driver took over";

/// So many pauses surely meet a replica with registrations in hand.
const PAUSES_THAT_TELL: u64 = 20;

/// Kills and pauses that are left to do.
struct Plan {
    kills: u64,
    pauses: u64,
}

#[test]
fn after_kills_and_pauses_of_two_replicas_ledger_and_tables_agree() {
    churn(with_the_sandbox(), 2, 8, 4);
}

#[test]
fn after_kills_and_pauses_of_four_replicas_ledger_and_tables_agree() {
    churn(with_the_sandbox(), 4, 4, 2);
}

/// Webhooks come to any of them, several times and out of order.
#[test]
fn after_kills_and_pauses_of_two_replicas_ledger_and_tables_agree_at_stripe() {
    let server = Arc::new(PostgresServer::start());
    churn(Site::on(&server).with_stripe(), 2, 6, 3);
}

fn churn(site: Site, replicas: usize, kills: u64, pauses: u64) {
    let seed = from_environment("ENLIST_TEST_SEED").unwrap_or_else(any_seed);
    let kills = from_environment("ENLIST_TEST_KILLS").unwrap_or(kills);
    let pauses = from_environment("ENLIST_TEST_PAUSES").unwrap_or(pauses);
    println!("seed {seed}, {replicas} replicas, {kills} kills, {pauses} pauses");
    let mut chance = Chance::new(seed ^ 1);
    let settings = Settings::for_a_round(&site.gateway, &mut chance);
    let mut cluster = Cluster::start(replicas, site, &settings);
    let mut load = Load::new(Chance::new(seed), &cluster.site);
    let mut figures = Figures::default();
    let mut left = Plan { kills, pauses };
    for number in 0.. {
        let over = AtomicBool::new(false);
        let Some(disturb) = left.next(&mut chance) else {
            break;
        };
        thread::scope(|scope| {
            let _ending = Ending(&over);
            load.run(scope, cluster.proxy_port(), number, SIGN_UPS, &over);
            thread::sleep(chance.milliseconds(5, 450));
            disturb(&mut cluster, &mut chance, &mut figures);
            thread::sleep(chance.milliseconds(0, 400));
        });
        load.harvest();
    }
    // All new, and nothing fails any more.
    cluster.stop();
    cluster.start_all(&Settings::without_faults());
    cluster.wait_until_ready();
    let ledger = stock::settle(&cluster.site, &mut load, &cluster.client(), &mut figures);
    cluster.stop();
    let rivals = tell_rivalry(&cluster, pauses);
    let what = format!("seed {seed}");
    stock::take(cluster.site, load, ledger, &mut figures, &what);
    assert!(rivals.is_empty(), "seed {seed}: two drivers: {rivals:#?}");
}

fn with_the_sandbox() -> Site {
    let server = Arc::new(PostgresServer::start());
    with_books_elsewhere(&[Arc::clone(&server)], |name| server.url_of(name))
}

/// Prints who took from whom, and returns whatever two drivers wrote under one generation.
fn tell_rivalry(cluster: &Cluster, pauses: u64) -> Vec<String> {
    let audit = Audit::read(&*cluster.site.tables);
    let log = std::fs::read_to_string(cluster.site.path().join("log")).unwrap();
    let superseded = log.matches(SUPERSEDED).count();
    let Audit {
        writes,
        takeovers,
        rivals,
    } = audit;
    println!("{writes} writes of drivers, {takeovers} takeovers, {superseded} superseded drivers");
    println!("{} generations with two drivers", rivals.len());
    if pauses >= PAUSES_THAT_TELL {
        assert!(takeovers > 0, "nobody took anything over");
        assert!(superseded > 0, "no driver woke to find itself superseded");
    }
    rivals
}

/// Something that is done to the replicas.
type Disturbance = fn(&mut Cluster, &mut Chance, &mut Figures);

impl Plan {
    fn next(&mut self, chance: &mut Chance) -> Option<Disturbance> {
        let left = self.kills + self.pauses;
        if left == 0 {
            None
        } else if chance.next() % left < self.kills {
            self.kills -= 1;
            Some(kill_one)
        } else {
            self.pauses -= 1;
            Some(pause_one)
        }
    }
}

/// Kills one, and starts it again at once or a while later; sometimes kills that too while it starts.
fn kill_one(cluster: &mut Cluster, chance: &mut Chance, figures: &mut Figures) {
    let settings = Settings::for_a_round(&cluster.site.gateway, chance);
    let victim = pick(cluster, chance);
    let gateway = Arc::clone(&cluster.site.gateway);
    let paused = gateway.beside().filter(|_| chance.one_in(4)).map(|stripe| {
        figures.gateway_pauses += 1;
        let paused = stripe.pause();
        thread::sleep(chance.milliseconds(TIMEOUT_MS + 50, TIMEOUT_MS + 600));
        paused
    });
    cluster.replicas[victim].kill();
    figures.kills += 1;
    if chance.one_in(2) {
        thread::sleep(chance.milliseconds(0, 300));
    }
    drop(paused);
    if chance.one_in(10) {
        cluster.replicas[victim].start(&cluster.site, &settings);
        thread::sleep(chance.milliseconds(0, 40));
        cluster.replicas[victim].kill();
        figures.kills_at_start += 1;
    }
    go_on(cluster, &settings);
}

/// Pauses one until its leases have expired and others have had time to take over. Sometimes another
/// is killed meanwhile.
fn pause_one(cluster: &mut Cluster, chance: &mut Chance, figures: &mut Figures) {
    let settings = Settings::for_a_round(&cluster.site.gateway, chance);
    let paused = pick(cluster, chance);
    cluster.replicas[paused].service().pause();
    figures.pauses += 1;
    let other = (paused + 1) % cluster.replicas.len();
    if chance.one_in(4) {
        cluster.replicas[other].kill();
        figures.kills += 1;
    }
    thread::sleep(PAST_THE_LEASE + chance.milliseconds(0, 1_500));
    cluster.replicas[paused].service().resume();
    go_on(cluster, &settings);
}

/// Starts what does not run.
fn go_on(cluster: &mut Cluster, settings: &Settings) {
    cluster.start_all(settings);
    if !settings.have_faults() {
        // Where this fails, they stay on for another while.
        let gateway = &cluster.site.gateway;
        let _ = gateway.clear_faults(&cluster.client());
    }
}

const PAST_THE_LEASE: Duration = Duration::from_millis(LEASE_MS + 100);

fn pick(cluster: &Cluster, chance: &mut Chance) -> usize {
    let count = cluster.replicas.len() as u64;
    (chance.next() % count) as usize
}
