//! Everything there is in one run.

mod bells;
mod lives;

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use enlist_registration::engine::Engine;
use enlist_registration::limits::Limits;
use enlist_registration::ports::{Clock, Store};
use enlist_registration::steps::Order;
use enlist_registration::tokens::Tokens;
use enlist_storage::SqliteStore;
use jiff::Timestamp;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use bells::Bell;

use crate::bugs::Bug;
use crate::chance::Chance;
use crate::checks::Checks;
use crate::executor::{Executor, GiveWay, Machine, locked};
use crate::faults::{Fault, Weather};
use crate::gateway::Books;
use crate::http::Service;
use crate::mail::Post;
use crate::memory::MemoryStore;
use crate::stock::Stock;
use crate::trace::Trace;

/// What a process may have to look after, each a bit.
pub mod duty {
    use enlist_registration::jobs::JobKind;

    /// Registrations that are due.
    pub const REGISTRATIONS: u8 = 1;
    /// Whatever there is.
    pub const ALL: u8 = u8::MAX;

    /// Jobs of a kind.
    pub const fn of(kind: JobKind) -> u8 {
        match kind {
            JobKind::VerificationMail => 2,
            JobKind::JourneyMail => 4,
            JobKind::Recheck => 8,
            JobKind::Reflect => 16,
        }
    }
}

/// One run's world.
pub struct World {
    pub executor: Arc<Executor>,
    pub trace: Trace,
    pub weather: Weather,
    pub bug: Option<Bug>,
    pub checks: Checks,
    pub books: Mutex<Books>,
    /// What the tables hold, also where a database holds them too.
    pub memory: Arc<MemoryStore>,
    /// What processes write to.
    pub ground: Arc<dyn Store>,
    pub sqlite: Option<Arc<SqliteStore>>,
    pub limits: Limits,
    pub stock: Arc<Stock>,
    pub post: Post,
    pub network: Chance,
    pub people: Chance,
    pub fate: Chance,
    pub random: Arc<Chance>,
    /// What people reach.
    pub wire: Wire,
    /// In which order sign-ups in one request take their steps, where processes are whole.
    pub order: Order,
    processes: Vec<Process>,
    alarms: Mutex<BTreeMap<Timestamp, u8>>,
    /// What is under way on a network, and people who are not done.
    flights: Arc<AtomicUsize>,
    numbers: AtomicU64,
}

/// One process of the service, in its lives.
struct Process {
    engine: Mutex<Option<Arc<Engine>>>,
    /// The rest of it, where processes are whole.
    service: Mutex<Option<Service>>,
    /// When it was last rung for.
    rung_at: Mutex<Timestamp>,
    rung: Notify,
    /// How far its clock is from the others', in seconds.
    skew_s: AtomicI64,
    bell: Bell,
    is_paused: AtomicUsize,
}

/// What a world is made of, beside what it makes itself.
pub struct Parts {
    pub executor: Arc<Executor>,
    pub trace: Trace,
    pub weather: Weather,
    pub bug: Option<Bug>,
    pub memory: Arc<MemoryStore>,
    pub ground: Arc<dyn Store>,
    pub sqlite: Option<Arc<SqliteStore>>,
    pub stock: Arc<Stock>,
    pub seed: u64,
    pub processes: usize,
    pub wire: Wire,
    pub order: Order,
}

/// What people reach of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Its engine. What handlers and workers do is done beside it, in the same way.
    Engine,
    /// Its router; and its workers are its own.
    Http,
}

impl World {
    pub fn new(parts: Parts) -> Arc<Self> {
        let chance = |stream| Chance::of(parts.seed, stream);
        let process = || Process {
            engine: Mutex::default(),
            service: Mutex::default(),
            rung_at: Mutex::new(Timestamp::MIN),
            rung: Notify::new(),
            skew_s: AtomicI64::new(0),
            bell: Bell::default(),
            is_paused: AtomicUsize::new(0),
        };
        Arc::new(Self {
            executor: parts.executor,
            trace: parts.trace,
            weather: parts.weather,
            bug: parts.bug,
            checks: Checks::default(),
            books: Mutex::default(),
            memory: parts.memory,
            ground: parts.ground,
            sqlite: parts.sqlite,
            limits: Limits::default(),
            stock: parts.stock,
            post: Post::default(),
            network: chance(11),
            people: chance(12),
            fate: chance(13),
            random: Arc::new(chance(14)),
            wire: parts.wire,
            order: parts.order,
            processes: (0..parts.processes).map(|_| process()).collect(),
            alarms: Mutex::default(),
            flights: Arc::default(),
            numbers: AtomicU64::new(0),
        })
    }

    /// Something happened.
    pub fn note(&self, what: u64, words: impl FnOnce() -> String) {
        self.trace.note(self.executor.now(), what, words);
    }

    /// A number that nothing else has.
    pub fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How many processes there are, dead or alive.
    pub fn processes(&self) -> usize {
        self.processes.len()
    }

    /// Something is under way until what is returned is dropped.
    pub fn begin_flight(&self) -> Flight {
        self.flights.fetch_add(1, Ordering::Relaxed);
        Flight(Arc::clone(&self.flights))
    }

    /// Whether anything is under way.
    pub fn is_anything_under_way(&self) -> bool {
        self.flights.load(Ordering::Relaxed) > 0
    }

    /// An await of a process: others may go first, and it may die here.
    pub async fn pass(self: &Arc<Self>, process: usize) {
        if self.weather.strikes(Fault::Crash) {
            self.crash(process, Fault::Crash);
            pending::<()>().await;
        }
        match self.network.below(8) {
            0..=3 => {}
            4..=6 => GiveWay::default().await,
            _ => {
                let longest = Duration::from_millis(4);
                let delay = self.network.between(Duration::from_micros(50), longest);
                self.executor.sleep(delay).await;
            }
        }
    }

    /// What answers requests to a process, if it runs.
    pub fn router(&self, process: usize) -> Option<Router> {
        let service = locked(&self.processes[process].service);
        service.as_ref().map(Service::router)
    }

    /// Nothing goes wrong any more: clocks are set, and whoever is dead is started.
    pub fn faults_stop(self: &Arc<Self>) {
        self.note(6, || "faults stop".to_owned());
        self.weather.clear();
        for process in &self.processes {
            process.skew_s.store(0, Ordering::Relaxed);
        }
        self.alarm_at_lease_end();
    }

    /// A process that runs and does not stand still, if there is one.
    pub fn any_process(&self) -> Option<usize> {
        let running: Vec<usize> = (0..self.processes())
            .filter(|it| self.answers(*it))
            .collect();
        (!running.is_empty()).then(|| self.people.one_of(&running))
    }

    /// The engine of a process, if it runs.
    pub fn engine(&self, process: usize) -> Option<Arc<Engine>> {
        locked(&self.processes[process].engine).clone()
    }

    /// Asks a process something and waits for the answer: none if the process died, or if there is none.
    pub async fn ask<T, A>(
        self: &Arc<Self>,
        ask: impl FnOnce(Arc<Self>, usize, Arc<Engine>) -> A,
    ) -> Option<T>
    where
        T: Send + 'static,
        A: Future<Output = T> + Send + 'static,
    {
        let process = self.any_process()?;
        let engine = self.engine(process)?;
        let asked = ask(Arc::clone(self), process, engine);
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.executor.spawn(machine(process), async move {
            // Whoever asked may be gone.
            let _ = answer.send(asked.await);
        });
        answered.await.ok()
    }

    /// Everything is let go of: worlds are circles.
    pub fn dissolve(&self) {
        for process in &self.processes {
            drop(locked(&process.engine).take());
            drop(locked(&process.service).take());
        }
        self.executor.clear();
    }

    fn answers(&self, process: usize) -> bool {
        let it = &self.processes[process];
        it.is_paused.load(Ordering::Relaxed) == 0 && locked(&it.engine).is_some()
    }
}

/// Every process has the same key.
pub fn tokens() -> Tokens {
    Tokens::new(Zeroizing::new([7; 32]))
}

/// What a process runs on.
pub fn machine(process: usize) -> Machine {
    Machine(process + 1)
}

/// See [`World::begin_flight`].
pub struct Flight(Arc<AtomicUsize>);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The database's clock, and everybody's whose clock is right.
pub struct TrueClock(pub Arc<Executor>);

#[async_trait]
impl Clock for TrueClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}
