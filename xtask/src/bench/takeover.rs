//! How long registrations are held up by a `kill -9`: 200 under way in a process that dies, until each
//! rests or waits for its person.

mod watch;

use std::sync::Arc;
use std::thread;

use anyhow::bail;

use super::load::{Kind, agent, sign_up};
use super::machine::now;
use super::report::{Line, Section};
use super::service::{Configuration, Service};
use super::{Run, median};
use watch::{Journal, Standing};

const IN_FLIGHT: u32 = 200;

/// `registration.lease`, as shipped, and what may come on top of it.
const LEASE_S: f64 = 10.0;
const ON_TOP_S: f64 = 2.0;

/// One way to go on after a kill, and how it went.
struct Case {
    name: &'static str,
    target: String,
    seconds: Vec<f64>,
    opened: u32,
}

pub fn measure(run: &Run) -> anyhow::Result<Section> {
    let mut cases = [
        Case::new("SQLite, started again", ON_TOP_S),
        Case::new("PostgreSQL, started again", LEASE_S + ON_TOP_S),
        Case::new(
            "PostgreSQL, taken over by the other of two",
            LEASE_S + ON_TOP_S,
        ),
    ];
    for repeat in 1..=run.repeats.min(MOST_REPEATS) {
        println!("kills with {IN_FLIGHT} in flight, {repeat}");
        cases[0].add(restart_on_sqlite()?);
        cases[1].add(on_postgres(run, Successor::Restarted)?);
        cases[2].add(on_postgres(run, Successor::Replica)?);
    }
    Ok(Section {
        title: "After `kill -9`",
        lines: cases.into_iter().map(Case::line).collect(),
        notes: NOTES,
    })
}

/// Each takes the length of a lease, and they differ little.
const MOST_REPEATS: u32 = 3;

/// How long it took, and how many accounts there were then.
type Recovery = (f64, u32);

/// Who goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Successor {
    Restarted,
    Replica,
}

fn restart_on_sqlite() -> anyhow::Result<Recovery> {
    let folder = tempfile::tempdir()?;
    let configuration = Configuration::default().with_cheap_hashing();
    let service = Service::start(folder.path(), &slow_gateway(&configuration))?;
    let journal = Journal::Sqlite(folder.path().join("data/enlist.db"));
    kill_in_flight(service, &journal)?;
    let from = now();
    let _again = Service::start(folder.path(), &configuration)?;
    let standing = journal.wait_until_nothing_moves()?;
    Ok((from.elapsed().as_secs_f64(), standing.opened))
}

fn on_postgres(run: &Run, successor: Successor) -> anyhow::Result<Recovery> {
    let folder = tempfile::tempdir()?;
    let database = run.server.create_database();
    // The books are in the same database, because the other has to find the customers of the first.
    let configuration = Configuration::default().with("ENLIST_DATABASE__URL", &database.url());
    let configuration = configuration.with_cheap_hashing().with_secret_key();
    let service = Service::start(folder.path(), &slow_gateway(&configuration))?;
    let start_successor = || Service::start(folder.path(), &configuration);
    let other = match successor {
        Successor::Restarted => None,
        Successor::Replica => Some(start_successor()?),
    };
    let journal = Journal::Postgres(&database);
    kill_in_flight(service, &journal)?;
    let from = now();
    let _successor = match other {
        Some(other) => other,
        None => start_successor()?,
    };
    let standing = journal.wait_until_nothing_moves()?;
    Ok((from.elapsed().as_secs_f64(), standing.opened))
}

/// For the one that dies: two calls of a second each are left when the journal row is there. For its
/// successor the gateway answers at once, so that what is measured is not the gateway.
fn slow_gateway(configuration: &Configuration) -> Configuration {
    configuration
        .clone()
        .with("ENLIST_GATEWAY__SANDBOX__LATENCY", "1s")
}

/// Kills the service once all are under way.
fn kill_in_flight(service: Service, journal: &Journal<'_>) -> anyhow::Result<()> {
    let (port, agent) = (service.port, Arc::new(agent()));
    let clients: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let agent = Arc::clone(&agent);
            // It gets no answer.
            thread::spawn(move || sign_up(&agent, port, Kind::PaidByCard).is_err())
        })
        .collect();
    journal.wait_until(|it: &Standing| it.moving == IN_FLIGHT)?;
    drop(service);
    let unanswered = clients
        .into_iter()
        .map(|client| client.join().unwrap_or(true));
    let answered = unanswered.filter(|unanswered| !unanswered).count();
    if answered > 0 {
        bail!("{answered} were answered before the kill: not all were in flight");
    }
    Ok(())
}

impl Case {
    fn new(name: &'static str, target_s: f64) -> Self {
        Self {
            name,
            target: format!("≤ {target_s:.0} s"),
            seconds: Vec::new(),
            opened: 0,
        }
    }

    fn add(&mut self, (seconds, opened): Recovery) {
        self.seconds.push(seconds);
        self.opened = opened;
    }

    fn line(self) -> Line {
        [
            format!("{}: until all rest or wait for their person", self.name),
            format!("{:.1} s", median(self.seconds)),
            format!(
                "{IN_FLIGHT} in flight; {} became accounts, {} were undone",
                self.opened,
                IN_FLIGHT - self.opened
            ),
            self.target,
        ]
    }
}

const NOTES: &str = "
200 registrations in one process, all with their journal row and with two calls to the gateway before them;
the sandbox takes 1 s for each call, hashing is turned down. The process is killed, and the time from then
is taken until no registration is `running` or `undoing`; for whoever goes on, the sandbox answers at once, so
that the gateway's time is not in it. On SQLite the lock on the data directory proves at
the next start that the dead process is dead, so nothing is waited for; on PostgreSQL the leases of 10 s have to
expire first, for a process that is started again as for another.
";
