//! Everything there is in one run, and how processes come and go in it.

use std::collections::BTreeMap;
use std::future::pending;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use enlist_domain::{Password, PasswordHash};
use enlist_registration::engine::{Engine, Ports};
use enlist_registration::ids::RegistrationId;
use enlist_registration::limits::{Limits, later};
use enlist_registration::ports::{
    Clock, Direction, HashingFault, Observer, PasswordHasher, Random, Store,
};
use enlist_registration::steps::{Order, StepName};
use enlist_registration::timeline::Event;
use enlist_registration::tokens::Tokens;
use enlist_storage::SqliteStore;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::bugs::Bug;
use crate::chance::Chance;
use crate::checks::Checks;
use crate::executor::{Executor, GiveWay, Machine, locked};
use crate::faults::{Fault, Weather};
use crate::gateway::{Books, SimGateway};
use crate::http::{LOOKS_EVERY, Service};
use crate::mail::Post;
use crate::memory::MemoryStore;
use crate::process;
use crate::stock::Stock;
use crate::store::SimStore;
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

/// How long a process takes to come back after it died.
const RESTART_TAKES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(40)];

/// How long workers look every few seconds after they were rung for: longer than any of them is busy with
/// what it holds, so that none misses what it was rung for.
const STAYS_AWAKE: Duration = Duration::from_secs(60);

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

    /// A process starts, again or for the first time.
    pub fn start(self: &Arc<Self>, process: usize) {
        let skew_s = match () {
            () if self.weather.strikes(Fault::ClockAhead) => 86_400,
            () if self.weather.strikes(Fault::ClockBehind) => -86_400,
            () => 0,
        };
        let it = &self.processes[process];
        it.skew_s.store(skew_s, Ordering::Relaxed);
        it.is_paused.store(0, Ordering::Relaxed);
        self.executor.resume(machine(process));
        let ports = Ports {
            store: Arc::new(SimStore::new(self, process)),
            gateway: Arc::new(SimGateway {
                world: Arc::clone(self),
                process,
            }),
            hasher: Arc::new(Hasher(Arc::clone(self), process)),
            clock: Arc::new(ProcessClock(Arc::clone(self), process)),
            random: Arc::clone(&self.random) as Arc<dyn Random>,
            observer: Arc::new(Nobody),
        };
        self.note(1, || {
            format!("process {process} starts, its clock {skew_s} s ahead")
        });
        match self.wire {
            Wire::Engine => self.start_engine(process, ports),
            Wire::Http => self.start_service(process, ports),
        }
        self.ring_for(process, duty::ALL);
    }

    fn start_engine(self: &Arc<Self>, process: usize, ports: Ports) {
        let engine = Engine::new(ports, self.limits.clone(), tokens());
        let engine = Arc::new(engine);
        *locked(&self.processes[process].engine) = Some(Arc::clone(&engine));
        let serve = process::serve(Arc::clone(self), process, engine);
        self.executor.spawn(machine(process), serve);
    }

    fn start_service(self: &Arc<Self>, process: usize, ports: Ports) {
        let started = Service::start(self, process, ports);
        let it = &self.processes[process];
        match started {
            Ok(service) => {
                *locked(&it.engine) = Some(service.engine());
                *locked(&it.service) = Some(service);
            }
            Err(fault) => self.checks.check("every_process_starts", false, || {
                format!("process {process}: {fault:#}")
            }),
        }
    }

    /// What answers requests to a process, if it runs.
    pub fn router(&self, process: usize) -> Option<Router> {
        let service = locked(&self.processes[process].service);
        service.as_ref().map(Service::router)
    }

    /// A process dies where it stands, and comes back after a while.
    pub fn crash(self: &Arc<Self>, process: usize, why: Fault) {
        self.note(2, || format!("process {process} dies: {}", why.text()));
        self.end(process);
        let world = Arc::clone(self);
        let flying = self.begin_flight();
        self.executor.spawn(Machine::OUTSIDE, async move {
            let takes = world.fate.between(RESTART_TAKES[0], RESTART_TAKES[1]);
            world.executor.sleep(takes).await;
            world.start_if_dead(process);
            drop(flying);
        });
    }

    /// All processes die, what is not on disk is lost, and for so long nobody is back.
    pub fn power_fails(self: &Arc<Self>, down_for: Duration) {
        self.note(3, || format!("the power fails for {down_for:?}"));
        for process in 0..self.processes() {
            self.end(process);
        }
        self.memory.crash();
        if let Some(sqlite) = self.sqlite.clone() {
            crate::pair::at_once(async move { drop(sqlite.crash().await) });
        }
        let world = Arc::clone(self);
        let flying = self.begin_flight();
        self.executor.spawn(Machine::OUTSIDE, async move {
            world.executor.sleep(down_for).await;
            for process in 0..world.processes() {
                world.start_if_dead(process);
            }
            drop(flying);
        });
    }

    /// A process stands still for so long.
    pub fn pause(self: &Arc<Self>, process: usize, pause: Duration) {
        if !self.answers(process) {
            return;
        }
        self.note(4, || {
            format!("process {process} stands still for {pause:?}")
        });
        let it = &self.processes[process];
        it.is_paused.store(1, Ordering::Relaxed);
        self.executor.pause(machine(process));
        self.alarm_at_lease_end();
        let (world, engine) = (Arc::clone(self), self.engine(process));
        let flying = self.begin_flight();
        self.executor.spawn(Machine::OUTSIDE, async move {
            world.executor.sleep(pause).await;
            // It may have died meanwhile, and started again.
            let is_same =
                |now: &Arc<Engine>| engine.as_ref().is_some_and(|it| Arc::ptr_eq(it, now));
            if world.engine(process).as_ref().is_some_and(is_same) {
                world.note(5, || format!("process {process} goes on"));
                world.processes[process]
                    .is_paused
                    .store(0, Ordering::Relaxed);
                world.executor.resume(machine(process));
                world.ring_for(process, duty::ALL);
            }
            drop(flying);
        });
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

    /// At `moment` there may be something to do. Processes look once a second.
    pub fn alarm(self: &Arc<Self>, moment: Timestamp, duties: u8) {
        let second = later(moment.max(self.executor.now()), Duration::from_secs(1));
        let second = Timestamp::from_second(second.as_second()).unwrap_or(second);
        let is_new = {
            let mut alarms = locked(&self.alarms);
            let known = alarms.insert(second, duties);
            if let (Some(known), Some(both)) = (known, alarms.get_mut(&second)) {
                *both |= known;
            }
            known.is_none()
        };
        if !is_new {
            return;
        }
        let world = Arc::clone(self);
        self.executor.spawn(Machine::OUTSIDE, async move {
            world.executor.sleep_until(second).await;
            let duties = locked(&world.alarms).remove(&second).unwrap_or(duty::ALL);
            world.ring(duties);
        });
    }

    /// Somebody fell silent, or nobody knows: once a lease has ended others see to it.
    pub fn alarm_at_lease_end(self: &Arc<Self>) {
        let end = later(self.executor.now(), self.limits.lease);
        self.alarm(later(end, Duration::from_secs(1)), duty::ALL);
    }

    /// Until a process is rung for, or `longest` has passed: what for.
    pub async fn wait_for_bell(&self, process: usize, longest: Duration) -> u8 {
        let bell = Listening(&self.processes[process].bell);
        tokio::select! {
            biased;
            duties = bell => duties,
            () = self.executor.sleep(longest) => duty::ALL,
        }
    }

    /// Everything is let go of: worlds are circles.
    pub fn dissolve(&self) {
        for process in &self.processes {
            drop(locked(&process.engine).take());
            drop(locked(&process.service).take());
        }
        self.executor.clear();
    }

    fn ring(self: &Arc<Self>, duties: u8) {
        let running: Vec<usize> = (0..self.processes())
            .filter(|it| self.answers(*it))
            .collect();
        if running.is_empty() {
            // Whoever starts looks at everything.
            return;
        }
        // All of them look in the service; mostly one of them is the first.
        if running.len() == 1 || self.fate.strikes(0.7) {
            let first = self.fate.one_of(&running);
            return self.ring_for(first, duties);
        }
        for process in running {
            self.ring_for(process, duties);
        }
    }

    fn ring_for(&self, process: usize, duties: u8) {
        let it = &self.processes[process];
        match self.wire {
            Wire::Engine => it.bell.ring(duties),
            Wire::Http => {
                *locked(&it.rung_at) = self.executor.now();
                it.rung.notify_waiters();
            }
        }
    }

    /// Workers look every few seconds. While nothing happens they would look in vain, which takes longer than
    /// everything else that is simulated: they are woken once there may be something.
    async fn until_next_look(&self, process: usize, pause: Duration) {
        let it = &self.processes[process];
        if self.executor.now() < later(*locked(&it.rung_at), STAYS_AWAKE) {
            return self.executor.sleep(pause).await;
        }
        tokio::select! {
            biased;
            () = it.rung.notified() => {}
            () = self.executor.sleep(process::LONGEST_REST) => {}
        }
    }

    fn answers(&self, process: usize) -> bool {
        let it = &self.processes[process];
        it.is_paused.load(Ordering::Relaxed) == 0 && locked(&it.engine).is_some()
    }

    fn end(self: &Arc<Self>, process: usize) {
        drop(locked(&self.processes[process].engine).take());
        self.executor.kill(machine(process));
        drop(locked(&self.processes[process].service).take());
        self.alarm_at_lease_end();
    }

    fn start_if_dead(self: &Arc<Self>, process: usize) {
        if self.engine(process).is_none() {
            self.start(process);
        }
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

#[derive(Default)]
struct Bell(Mutex<(u8, Option<Waker>)>);

impl Bell {
    fn ring(&self, duties: u8) {
        let waker = {
            let mut bell = locked(&self.0);
            bell.0 |= duties;
            bell.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

struct Listening<'b>(&'b Bell);

impl Future for Listening<'_> {
    type Output = u8;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u8> {
        let mut bell = locked(&self.0.0);
        match std::mem::take(&mut bell.0) {
            0 => {
                bell.1 = Some(context.waker().clone());
                Poll::Pending
            }
            duties => Poll::Ready(duties),
        }
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

/// A process's clock.
struct ProcessClock(Arc<World>, usize);

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        let skew_s = self.0.processes[self.1].skew_s.load(Ordering::Relaxed);
        let now = self.0.executor.now();
        now.checked_add(SignedDuration::from_secs(skew_s))
            .unwrap_or(now)
    }

    async fn sleep(&self, duration: Duration) {
        match self.0.wire {
            Wire::Http if duration == LOOKS_EVERY => {
                self.0.until_next_look(self.1, duration).await;
            }
            _ => self.0.executor.sleep(duration).await,
        }
    }
}

struct Hasher(Arc<World>, usize);

#[async_trait]
impl PasswordHasher for Hasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashingFault> {
        self.0.pass(self.1).await;
        self.0.stock.take_back(password);
        Ok(self.0.stock.hash())
    }
}

struct Nobody;

impl Observer for Nobody {
    fn working(&self, _: RegistrationId, _: StepName, _: Direction) {}
    fn event(&self, _: RegistrationId, _: &Event) {}
}
