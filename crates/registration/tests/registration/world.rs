//! The stage of one run: a store and a gateway behind the gate, time that is moved, chance from a seed,
//! and processes that come and go.

pub(crate) mod clock;
pub(crate) mod database;
pub(crate) mod gate;
mod gateway;
mod journeys;
pub(crate) mod lies;
pub(crate) mod living;
pub(crate) mod people;
pub(crate) mod provider;
pub(crate) mod server;
mod store;
pub(crate) mod walking;

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::{Password, PasswordHash};
use enlist_gateways::sandbox::Ledger;
use enlist_registration::engine::{Engine, Ports, Recheck};
use enlist_registration::ids::{Generation, JobId, RegistrationId};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::limits::Limits;
use enlist_registration::ports::{
    Clock, Direction, HashingFault, Observer, PasswordHasher, PaymentGateway, Random,
    RegistrationFilter, Store,
};
use enlist_registration::state::Registration;
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use enlist_registration::tokens::Tokens;
use enlist_storage::TextRow;
use jiff::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use clock::{Behind, SimClock, poll_once};
use database::{Access, Database, Ground};
use gate::{Gate, Stopped};
use gateway::GatedGateway;
use lies::Lie;
use provider::Provider;
use store::GatedStore;
use walking::Walker;

use crate::checks::{Findings, Violation};

/// Tables whose rows say how things stand.
pub(crate) const TABLES: [&str; 9] = [
    "users",
    "profiles",
    "billing_info",
    "subscriptions",
    "registrations",
    "registration_events",
    "pending_registrations",
    "jobs",
    "gateway_events",
];

/// How often a future may be looked at before it is taken to run in circles.
const MOST_POLLS: u32 = 100_000;

/// What every password becomes: hashing is not what is tested here.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlIHNhbA\
                    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(crate) struct World {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) provider: Provider,
    pub(crate) database: Database,
    pub(crate) limits: Limits,
    /// How many processes have been started.
    processes: AtomicUsize,
    /// The way to the database of whoever looks at it from outside.
    pub(crate) outside: Access,
    random: Arc<Seeded>,
    pub(crate) lie: Option<Lie>,
    /// The process that is driving is to end after what it has in hand.
    retiring: AtomicBool,
    /// What the person who signed up was told at once, if it was an end.
    pub(crate) refusal: Mutex<Option<&'static str>>,
    /// What the person who signs up in three steps was told so far.
    pub(crate) walker: Mutex<Walker>,
    heard: Arc<Heard>,
    /// What was not as it should be on the way.
    pub(crate) findings: Mutex<Findings>,
}

/// How far a future was run.
pub(crate) enum Ran<T> {
    Ended(T),
    /// It stands still at the gate.
    Stopped(Stopped),
}

impl World {
    /// On SQLite in memory.
    pub(crate) fn new() -> Self {
        Self::on(&Ground::memory(), None)
    }

    /// On a database, with a bug planted in it if there is to be one.
    pub(crate) fn on(ground: &Ground, lie: Option<Lie>) -> Self {
        let random = Arc::new(Seeded(AtomicU64::new(0x5EED)));
        let (clock, database) = ground.prepare();
        let provider = ground.provider(&clock, &(random.clone() as Arc<dyn Random>));
        Self {
            clock,
            gate: Arc::default(),
            provider,
            processes: AtomicUsize::new(0),
            outside: database.access(0),
            database,
            limits: Limits::default(),
            random,
            lie,
            retiring: AtomicBool::new(false),
            refusal: Mutex::default(),
            walker: Mutex::default(),
            heard: Arc::default(),
            findings: Mutex::default(),
        }
    }

    /// A process starts.
    pub(crate) fn process(&self) -> Engine {
        self.process_with(Arc::new(StandInHasher))
    }

    /// One whose clock is so far behind everybody else's, the database's too.
    pub(crate) fn process_behind(&self, behind: Duration) -> Engine {
        let clock = Behind::new(self.clock.clone(), behind);
        let engine = self.process_of(Arc::new(StandInHasher), clock, self.gateway());
        let process = self.processes.load(Ordering::Relaxed);
        self.database.put_behind(process, behind);
        engine
    }

    /// One whose gateway has this name.
    pub(crate) fn process_at(&self, gateway: &'static str) -> Engine {
        let gateway = self.gateway_called(gateway);
        self.process_of(Arc::new(StandInHasher), self.clock.clone(), gateway)
    }

    pub(crate) fn process_with(&self, hasher: Arc<dyn PasswordHasher>) -> Engine {
        self.process_of(hasher, self.clock.clone(), self.gateway())
    }

    fn process_of(
        &self,
        hasher: Arc<dyn PasswordHasher>,
        clock: Arc<dyn Clock>,
        gateway: Arc<dyn PaymentGateway>,
    ) -> Engine {
        let ports = Ports {
            store: self.gated_store(),
            gateway,
            hasher,
            clock,
            random: self.random.clone(),
            observer: self.heard.clone(),
        };
        let tokens = Tokens::new(Zeroizing::new([7; 32]));
        Engine::new(ports, self.limits.clone(), tokens)
    }

    /// A job looks at the gateway again, which it has tried so often before.
    pub(crate) fn second_look(&self, id: RegistrationId, job: u128, attempts: u32) -> Recheck {
        self.second_look_by(&self.process(), id, job, attempts)
    }

    pub(crate) fn second_look_by(
        &self,
        engine: &Engine,
        id: RegistrationId,
        job: u128,
        attempts: u32,
    ) -> Recheck {
        let job = Job {
            id: JobId(Uuid::from_u128(job)),
            kind: JobKind::Recheck,
            registration: id,
            serial: 0,
            attempts,
            queued_at: self.clock.now(),
            generation: Generation::FIRST,
        };
        self.run(engine.recheck(&job)).unwrap()
    }

    fn gated_store(&self) -> Arc<dyn Store> {
        let process = self.processes.fetch_add(1, Ordering::Relaxed) + 1;
        Arc::new(GatedStore {
            access: self.database.access(process),
            gate: self.gate.clone(),
            lie: self.lie,
            put_off: Mutex::default(),
        })
    }

    fn gateway(&self) -> Arc<dyn PaymentGateway> {
        self.gateway_called(self.provider.gateway().name())
    }

    fn gateway_called(&self, name: &'static str) -> Arc<dyn PaymentGateway> {
        Arc::new(GatedGateway {
            name,
            provider: self.provider.clone(),
            gate: self.gate.clone(),
            lie: self.lie,
        })
    }

    /// Runs a future to its end; time moves on when it waits.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        match self.run_until_stopped(pin!(future)) {
            Ran::Ended(value) => value,
            Ran::Stopped(_) => panic!("stopped at the gate, and nobody was to be stopped"),
        }
    }

    /// Runs a future until it ends, or stands still at the gate.
    pub(crate) fn run_until_stopped<F>(&self, mut future: Pin<&mut F>) -> Ran<F::Output>
    where
        F: Future + ?Sized,
    {
        for _ in 0..MOST_POLLS {
            if let Poll::Ready(value) = poll_once(future.as_mut()) {
                return Ran::Ended(value);
            }
            if let Some(stopped) = self.gate.newly_stopped() {
                return Ran::Stopped(stopped);
            }
            assert!(self.clock.advance(), "everybody waits, and nobody for time");
        }
        panic!("no end after {MOST_POLLS} looks");
    }

    pub(crate) fn pass(&self, duration: Duration) {
        self.clock.pass(duration);
    }

    pub(crate) fn pass_until(&self, moment: Timestamp) {
        let left = moment.duration_since(self.clock.now());
        self.pass(Duration::try_from(left).unwrap());
    }

    /// All processes die, as in a power failure: what nobody waited for is lost.
    pub(crate) fn crash(&self) {
        self.database.crash();
    }

    /// All processes that there are stand still: what they have in memory stays there.
    pub(crate) fn pause(&self) {
        self.pause_first(self.processes.load(Ordering::Relaxed));
    }

    /// So many of them, the oldest, do.
    pub(crate) fn pause_first(&self, processes: usize) {
        self.database.pause(processes);
    }

    /// Whoever stood still goes on.
    pub(crate) fn resume(&self) {
        self.database.resume();
    }

    /// Whoever drives now is to end after what it has in hand.
    pub(crate) fn retire(&self, whether: bool) {
        self.retiring.store(whether, Ordering::Relaxed);
    }

    pub(crate) fn is_retiring(&self) -> bool {
        self.retiring.load(Ordering::Relaxed)
    }

    /// The newest registration, as the journal has it.
    pub(crate) fn newest(&self) -> Option<Registration> {
        self.registrations(1).pop()
    }

    /// So many registrations at most, the newest first.
    pub(crate) fn registrations(&self, limit: u32) -> Vec<Registration> {
        let filter = RegistrationFilter {
            limit,
            ..RegistrationFilter::default()
        };
        let newest = self.outside.store().registrations(&filter);
        self.run(self.outside.make(newest)).unwrap()
    }

    /// What was not as it should be so far.
    pub(crate) fn take_findings(&self) -> Vec<Violation> {
        std::mem::take(&mut *self.findings.lock().unwrap()).0
    }

    /// Notes that something is not as it should be, unless `holds`.
    pub(crate) fn check(&self, check: &'static str, holds: bool, what: impl std::fmt::Debug) {
        self.findings.lock().unwrap().check(check, holds, what);
    }

    pub(crate) fn events(&self, id: RegistrationId) -> Vec<Event> {
        let events = self.outside.store().events(id, 0);
        self.run(self.outside.make(events)).unwrap()
    }

    /// What observers were told of it.
    pub(crate) fn heard(&self, id: RegistrationId) -> Vec<Event> {
        let heard = self.heard.0.lock().unwrap();
        let of_it = heard.iter().filter(|(whose, _)| *whose == id);
        of_it.map(|(_, event)| event.clone()).collect()
    }

    pub(crate) fn rows(&self, table: &'static str) -> Vec<TextRow> {
        self.run(self.outside.make(self.outside.rows_of(table)))
            .unwrap()
    }

    /// Every row of every table.
    pub(crate) fn tables(&self) -> BTreeMap<&'static str, Vec<TextRow>> {
        TABLES.map(|table| (table, self.rows(table))).into()
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.provider.ledger()
    }
}

struct StandInHasher;

#[async_trait]
impl PasswordHasher for StandInHasher {
    async fn hash(&self, _: Password) -> Result<PasswordHash, HashingFault> {
        Ok(stand_in_hash())
    }
}

pub(crate) fn stand_in_hash() -> PasswordHash {
    PasswordHash::parse(HASH).unwrap()
}

/// What observers were told, by whatever process.
#[derive(Default)]
struct Heard(Mutex<Vec<(RegistrationId, Event)>>);

impl Observer for Heard {
    fn working(&self, _: RegistrationId, _: StepName, _: Direction) {}

    fn event(&self, id: RegistrationId, event: &Event) {
        self.0.lock().unwrap().push((id, event.clone()));
    }
}

/// Chance that is the same every time.
pub(crate) fn seeded(seed: u64) -> Arc<dyn Random> {
    Arc::new(Seeded(AtomicU64::new(seed)))
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Seeded(AtomicU64);

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}
