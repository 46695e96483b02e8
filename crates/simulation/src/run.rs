//! One run: a world from a seed, a time in which everything goes wrong, and a time in which nothing does
//! and everything must come to rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use enlist_registration::limits::{Limits, later};
use enlist_registration::ports::{Clock, Store};
use enlist_registration::state::Status;
use enlist_registration::steps::Order;
use jiff::Timestamp;

use crate::bugs::Bug;
use crate::chance::Chance;
use crate::checks::Violation;
use crate::executor::{Ended, Executor, Machine, locked};
use crate::faults::{Fault, Tally, Weather};
use crate::memory::MemoryStore;
use crate::pair::{Pair, at_once};
use crate::stock::Stock;
use crate::trace::Trace;
use crate::world::{Parts, TrueClock, Wire, World};

/// When every run begins.
const START: Timestamp = Timestamp::constant(1_795_435_200, 1_000);

/// How long everything may take to come to rest once faults have stopped: two days for what waits a day
/// for a person, and then a day for its last second look; and what clocks that were wrong have put off.
pub const RESTS_WITHIN: Duration = Duration::from_hours(24 * 6);

/// How many people come at most.
const MOST_PEOPLE: usize = 24;

/// How often tasks are looked at before they are taken to go in circles.
const MOST_POLLS: u64 = 3_000_000;

/// What the tables are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// In memory.
    Pure,
    /// In SQLite in memory, with the service's own code, and the tables in memory beside it.
    Sqlite,
    /// The same, and people reach the service's own router, whose workers do what there is to do.
    Http,
}

/// What a run is made from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the tables are in.
    pub tier: Tier,
    /// A bug that is to be noticed.
    pub bug: Option<Bug>,
    /// Whether a story is wanted.
    pub is_told: bool,
    /// How many people come; else the seed says.
    pub people: Option<usize>,
    /// Which strikes of faults are left out.
    pub spared: Vec<u64>,
}

impl Settings {
    /// Of a tier, with nothing special.
    pub fn of(tier: Tier) -> Self {
        Self {
            tier,
            bug: None,
            is_told: false,
            people: None,
            spared: Vec::new(),
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// By which it is compared with another of the same seed.
    pub hash: u64,
    /// How many people came.
    pub people: usize,
    /// Registrations that were begun, in the journal.
    pub registrations: u64,
    /// Those that rest as registered.
    pub registered: u64,
    /// Those that rest as undone.
    pub undone: u64,
    /// What struck, and how often it could have.
    pub tally: Tally,
    /// How often faults struck, spared ones included.
    pub struck: u64,
    /// How often a check was made.
    pub looks: u64,
    /// How much time passed in the world.
    pub simulated: Duration,
    /// What must not be.
    pub violations: Vec<Violation>,
    /// What happened, if it was to be told.
    pub story: Vec<String>,
}

/// Runs a seed.
pub fn run(seed: u64, settings: &Settings, stock: &Arc<Stock>) -> anyhow::Result<Report> {
    let _runtime = stock.runtime();
    let setting = Chance::of(seed, 1);
    let processes = [1, 1, 2, 2, 3][setting.below(5)];
    let people = settings.people.unwrap_or(1 + setting.below(MOST_PEOPLE));
    let executor = Arc::new(Executor::new(START, processes, Chance::of(seed, 2)));
    let clock: Arc<dyn Clock> = Arc::new(TrueClock(Arc::clone(&executor)));
    let lease = Limits::default().lease;
    let memory = Arc::new(MemoryStore::new(Arc::clone(&clock), lease, settings.bug));
    let (mut differences, mut used) = (None, None);
    let (ground, sqlite): (Arc<dyn Store>, _) = match settings.tier {
        Tier::Pure => (Arc::clone(&memory) as _, None),
        Tier::Sqlite | Tier::Http => {
            let database = stock.database(&executor)?;
            let sqlite = Arc::clone(&database.store);
            used = Some(database);
            let pair = Pair::new(Arc::clone(&sqlite), Arc::clone(&memory));
            differences = Some(pair.differences());
            (Arc::new(pair), Some(sqlite))
        }
    };
    let world = World::new(Parts {
        executor,
        trace: Trace::new(settings.is_told),
        weather: Weather::of(Chance::of(seed, 3), settings.spared.clone()),
        bug: settings.bug,
        memory,
        ground,
        sqlite,
        stock: Arc::clone(stock),
        seed,
        processes,
        wire: match settings.tier {
            Tier::Pure | Tier::Sqlite => Wire::Engine,
            Tier::Http => Wire::Http,
        },
        order: Order::ALL[(seed % 3) as usize],
    });
    for process in 0..processes {
        world.start(process);
    }
    world.people_come(people);
    live(&world, &setting);
    if let Some(differences) = differences {
        let differences = locked(&differences);
        world.checks.check(
            "the_database_says_what_memory_says",
            differences.is_empty(),
            || differences.first().cloned().unwrap_or_default(),
        );
        check_tables(&world);
        if world.wire == Wire::Http {
            world.check_secrets();
        }
    }
    let report = report(&world, seed, people);
    world.dissolve();
    if let Some(database) = used {
        stock.take_database_back(database);
    }
    Ok(report)
}

/// The rows of an account in the database are as many as there are accounts in memory.
fn check_tables(world: &World) {
    let Some(sqlite) = &world.sqlite else {
        return;
    };
    let (accounts, subscriptions, journals) = world.memory.look(|tables| {
        let subscribed = tables.accounts.values();
        let subscribed = subscribed.filter(|account| account.subscription.is_some());
        (tables.accounts.len(), subscribed.count(), tables.rows.len())
    });
    let expected = [
        ("users", accounts),
        ("profiles", accounts),
        ("billing_info", accounts),
        ("subscriptions", subscriptions),
        ("registrations", journals),
    ];
    for (table, count) in expected {
        let rows = at_once(sqlite.rows_of(table)).map(|rows| rows.len());
        let is_so = rows.as_ref().is_ok_and(|rows| *rows == count);
        world
            .checks
            .check("the_tables_are_as_long_as_they_must_be", is_so, || {
                format!("{table}: {rows:?} rows, and {count} in memory")
            });
    }
}

/// First everything goes wrong, then nothing.
fn live(world: &Arc<World>, setting: &Chance) {
    let (soon, late) = (Duration::from_mins(2), Duration::from_mins(40));
    let mut storm = setting.between(soon, late);
    storm += incidents(world, storm);
    let clears_at = later(START, storm);
    let failed = || world.checks.has_failed();
    let ended = world.executor.run(clears_at, MOST_POLLS, failed);
    if ended == Ended::Enough || !check_end(world, ended, "in the storm") {
        return;
    }
    world.faults_stop();
    let rests_by = later(clears_at, RESTS_WITHIN);
    let is_enough = || world.checks.has_failed() || world.rests();
    let ended = world.executor.run(rests_by, MOST_POLLS, is_enough);
    if world.checks.has_failed() || !check_end(world, ended, "afterwards") {
        return;
    }
    world.check_at_rest();
    let has_journeys = world.memory.look(|tables| !tables.journeys.is_empty());
    if has_journeys && !world.checks.has_failed() {
        forget(world);
    }
}

/// Journeys that nobody finished are over after a day.
fn forget(world: &Arc<World>) {
    let over = later(world.executor.now(), Duration::from_hours(50));
    let (executor, ends) = (
        Arc::clone(&world.executor),
        Arc::new(AtomicBool::new(false)),
    );
    let ended = Arc::clone(&ends);
    world.executor.spawn(Machine::OUTSIDE, async move {
        executor.sleep_until(over).await;
        ended.store(true, Ordering::Relaxed);
    });
    let is_over = || ends.load(Ordering::Relaxed);
    world
        .executor
        .run(later(over, Duration::from_secs(1)), MOST_POLLS, is_over);
    let long_ago = Timestamp::UNIX_EPOCH;
    let forgotten = at_once(world.ground.forget(long_ago, long_ago, 1_000));
    world
        .checks
        .check("what_is_old_is_forgotten", forgotten.is_ok(), || {
            format!("{forgotten:?}")
        });
    world.check_forgotten();
}

fn check_end(world: &World, ended: Ended, when: &str) -> bool {
    let goes_in_circles = ended == Ended::InCircles;
    world
        .checks
        .check("nothing_goes_in_circles", !goes_in_circles, || {
            when.to_owned()
        });
    !goes_in_circles
}

/// What happens to processes and to the gateway's memory in the storm; how much longer it lasts for it.
fn incidents(world: &Arc<World>, storm: Duration) -> Duration {
    let mut longer = Duration::ZERO;
    let at = || world.fate.between(Duration::from_secs(1), storm);
    if world.weather.strikes(Fault::LongOutage) {
        let outage = world
            .fate
            .between(Duration::from_hours(23), Duration::from_hours(26));
        longer += outage;
        happen(world, at(), move |world| world.power_fails(outage));
    }
    for _ in 0..2 {
        if world.weather.strikes(Fault::PowerFailure) {
            let down_for = world
                .fate
                .between(Duration::from_millis(300), Duration::from_mins(3));
            happen(world, at(), move |world| world.power_fails(down_for));
        }
        for process in 0..world.processes() {
            let pauses = [
                (
                    Fault::Pause,
                    Duration::from_millis(100),
                    Duration::from_secs(8),
                ),
                (
                    Fault::PausePastLease,
                    Duration::from_secs(11),
                    Duration::from_mins(10),
                ),
            ];
            for (fault, shortest, longest) in pauses {
                if world.weather.strikes(fault) {
                    let pause = world.fate.between(shortest, longest);
                    happen(world, at(), move |world| world.pause(process, pause));
                }
            }
        }
    }
    forget_keys(world, longer);
    longer
}

fn happen(world: &Arc<World>, after: Duration, what: impl FnOnce(&Arc<World>) + Send + 'static) {
    let world = Arc::clone(world);
    Arc::clone(&world.executor).spawn(Machine::OUTSIDE, async move {
        world.executor.sleep(after).await;
        if !world.weather.has_cleared() {
            what(&world);
        }
    });
}

/// The gateway forgets its keys once they are a day old: every hour of a long outage, and after the storm.
fn forget_keys(world: &Arc<World>, outage: Duration) {
    let forgets = outage > Duration::ZERO || world.weather.strikes(Fault::KeysForgotten);
    if !forgets {
        return;
    }
    let world = Arc::clone(world);
    Arc::clone(&world.executor).spawn(Machine::OUTSIDE, async move {
        for _ in 0..72 {
            world.executor.sleep(Duration::from_hours(1)).await;
            let forgotten = locked(&world.books).forget_keys(world.executor.now());
            if forgotten > 0 {
                world.note(15, || format!("  gateway: {forgotten} keys are forgotten"));
            }
        }
    });
}

fn report(world: &Arc<World>, seed: u64, people: usize) -> Report {
    let count = |status: Status| {
        world.memory.look(|tables| {
            let rows = tables.rows.values();
            rows.filter(|row| row.registration.status == status).count() as u64
        })
    };
    let passed = world.executor.now().duration_since(START);
    world.note(0, || "the end".to_owned());
    Report {
        seed,
        hash: world.trace.hash(),
        people,
        registrations: world.memory.look(|tables| tables.rows.len() as u64),
        registered: count(Status::Registered),
        undone: count(Status::Undone),
        tally: world.weather.tally(),
        struck: world.weather.struck(),
        looks: world.checks.looks(),
        simulated: passed.try_into().unwrap_or_default(),
        violations: world.checks.violations(),
        story: world.trace.story(),
    }
}
