//! The database goes away under load: for ever, with a standby in its place; for a while; connection by
//! connection. The replicas live on and recover by themselves.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use enlist_test_servers::{PostgresServer, StopMode};

use crate::audit::Audit;
use crate::cluster::{Cluster, with_books_elsewhere};
use crate::support::chance::{Chance, any_seed};
use crate::support::figures::Figures;
use crate::support::from_environment;
use crate::support::journeys::Journey;
use crate::support::load::{Ending, Load};
use crate::support::person::send;
use crate::support::promises;
use crate::support::service::Settings;
use crate::support::stock;
use crate::support::telling::Told;
use crate::support::world::World;

/// More sign-ups than a client makes while an outage lasts.
const ANY_NUMBER: usize = 100_000;

/// Accounts opened before something happens, and after it: people are signing up.
const SOME_ACCOUNTS: usize = 30;

/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// How often all connections are ended, and how long they live in between.
const ENDINGS: u32 = 20;
const BETWEEN_ENDINGS: Duration = Duration::from_millis(120);

/// Two replicas under load.
struct Run {
    cluster: Cluster,
    load: Load,
    seed: u64,
}

#[test]
fn nothing_that_was_answered_is_lost_when_the_standby_takes_over() {
    let primary = Arc::new(PostgresServer::start());
    let standby = Arc::new(PostgresServer::synchronous_standby_of(&primary));
    // The standby's programs and its log are there to the end.
    let servers = [Arc::clone(&primary), Arc::clone(&standby)];
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
    let mut run = Run::start(&servers, |database| {
        format!("postgres://enlist@{hosts}/{database}?target_session_attrs=read-write")
    });
    let mut before = Told::default();
    run.under_load(|cluster, load| {
        wait_for_accounts(load);
        primary.kill();
        before.opened = load.with_told(|told| told.opened.clone());
        standby.promote();
        cluster.wait_until_ready();
        wait_for_accounts(load);
    });
    let world = run.end();
    let missing = promises::opened_and_gone(&world, &before).len();
    let answered = before.opened.len();
    println!("{answered} answered 201 before the failover, {missing} of them missing after it");
    assert!(answered >= SOME_ACCOUNTS && missing == 0);
}

#[test]
fn a_database_that_is_restarted_costs_nothing_but_time() {
    let server = Arc::new(PostgresServer::start());
    let mut run = Run::start(&[Arc::clone(&server)], |name| server.url_of(name));
    run.under_load(|cluster, load| {
        for outage in 0..2 {
            wait_for_accounts(load);
            server.stop(StopMode::Immediate);
            everybody_is_told_that_the_database_is_away(cluster, load, outage);
            server.start_again();
            cluster.wait_until_ready();
        }
        wait_for_accounts(load);
    });
    run.end();
}

#[test]
fn connections_that_are_ended_again_and_again_cost_nothing_but_time() {
    let server = Arc::new(PostgresServer::start());
    let mut run = Run::start(&[Arc::clone(&server)], |name| server.url_of(name));
    let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE application_name LIKE 'replica-%'";
    run.under_load(|_, load| {
        wait_for_accounts(load);
        let mut ended = 0;
        for _ in 0..ENDINGS {
            ended += server.query_text(end_all).len();
            thread::sleep(BETWEEN_ENDINGS);
        }
        println!("{ended} connections ended");
        assert!(ended > ENDINGS as usize, "hardly any connection was ended");
        wait_for_accounts(load);
    });
    run.end();
}

impl Run {
    fn start(servers: &[Arc<PostgresServer>], url_of: impl FnOnce(&str) -> String) -> Self {
        let seed = from_environment("ENLIST_TEST_SEED").unwrap_or_else(any_seed);
        println!("seed {seed}");
        let site = with_books_elsewhere(servers, url_of);
        let latency = "ENLIST_GATEWAY__SANDBOX__LATENCY";
        let settings = Settings::with(vec![(latency, "4ms".to_owned())]);
        let cluster = Cluster::start(2, site, &settings);
        let load = Load::new(Chance::new(seed), &cluster.site);
        Self {
            cluster,
            load,
            seed,
        }
    }

    /// Does something while people sign up.
    fn under_load(&mut self, disturb: impl FnOnce(&Cluster, &Load)) {
        let over = AtomicBool::new(false);
        let Self { cluster, load, .. } = self;
        thread::scope(|scope| {
            let _ending = Ending(&over);
            load.run(scope, cluster.proxy_port(), 0, ANY_NUMBER, &over);
            disturb(cluster, load);
        });
        load.harvest();
    }

    /// The same processes bring everything to rest; then everything is compared.
    fn end(self) -> World {
        let Self {
            mut cluster,
            mut load,
            seed,
        } = self;
        let mut figures = Figures::default();
        let ledger = stock::settle(&cluster.site, &mut load, &cluster.client(), &mut figures);
        // Each must end well, so none of them ended before.
        cluster.stop();
        let rivals = Audit::read(&*cluster.site.tables).rivals;
        let what = format!("seed {seed}");
        let world = stock::take(cluster.site, load, ledger, &mut figures, &what);
        assert!(rivals.is_empty(), "two drivers: {rivals:#?}");
        world
    }
}

/// Waits until some more accounts were opened.
fn wait_for_accounts(load: &Load) {
    let opened = || load.with_told(|told| told.opened.len());
    let (at_first, mut waited) = (opened(), Duration::ZERO);
    while opened() < at_first + SOME_ACCOUNTS {
        assert!(waited < PATIENCE, "only {} accounts opened", opened());
        thread::sleep(BETWEEN_LOOKS);
        waited += BETWEEN_LOOKS;
    }
}

/// Asks each replica while there is no database.
fn everybody_is_told_that_the_database_is_away(cluster: &Cluster, load: &Load, outage: u64) {
    for (number, replica) in cluster.replicas.iter().enumerate() {
        let client = replica.client();
        let alive = client.get("/healthz").unwrap();
        assert_eq!(alive.status, 200);
        let ready = client.get("/readyz").unwrap();
        let journey = Journey {
            email: format!("nobody-{outage}-{number}@example.com"),
            ..Journey::new(&mut Chance::new(outage), 0)
        };
        let answer = send(&client, &journey).unwrap();
        for answer in [&ready, &answer] {
            assert_eq!(answer.status, 503, "{}", answer.body);
            let problem = answer.body["type"].as_str().unwrap_or_default();
            assert!(problem.ends_with("/problems/database-unavailable"));
        }
        load.with_told(|told| told.hear(&journey, &answer));
    }
}
