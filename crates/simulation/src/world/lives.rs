//! How processes come, stand still, die and come back; and what each of them has of the world.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::{Password, PasswordHash};
use enlist_registration::engine::{Engine, Ports};
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{
    Clock, Direction, HashingFault, Observer, PasswordHasher, Random,
};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use jiff::{SignedDuration, Timestamp};

use super::{Wire, World, duty, machine, tokens};
use crate::executor::{Machine, locked};
use crate::faults::Fault;
use crate::gateway::SimGateway;
use crate::http::{LOOKS_EVERY, Service};
use crate::process;
use crate::store::SimStore;

/// How long a process takes to come back after it died.
const RESTART_TAKES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(40)];

impl World {
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

    fn end(self: &Arc<Self>, process: usize) {
        drop(locked(&self.processes[process].engine).take());
        self.executor.kill(machine(process));
        drop(locked(&self.processes[process].service).take());
        self.alarm_at_lease_end();
    }

    /// What a process's clock says at this moment.
    pub fn by_clock_of(&self, process: usize, moment: Timestamp) -> Timestamp {
        let skew_s = self.processes[process].skew_s.load(Ordering::Relaxed);
        moment
            .checked_add(SignedDuration::from_secs(skew_s))
            .unwrap_or(moment)
    }

    fn start_if_dead(self: &Arc<Self>, process: usize) {
        if self.engine(process).is_none() {
            self.start(process);
        }
    }
}

/// A process's clock.
struct ProcessClock(Arc<World>, usize);

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.0.by_clock_of(self.1, self.0.executor.now())
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
