//! The only thread: tasks of several machines, one after the other in an order that the seed decides,
//! on a clock that moves on when everybody waits. A machine can die at any await, or stand still.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use enlist_registration::limits::later;
use jiff::Timestamp;

use crate::chance::Chance;

/// A machine that tasks run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Machine(pub usize);

impl Machine {
    /// Where what is not a process of ours lives: people, networks, the gateway. It never dies.
    pub const OUTSIDE: Self = Self(0);
}

/// What a task does.
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks.
pub struct Executor {
    state: Mutex<State>,
    woken: Arc<Woken>,
    order: Chance,
}

struct State {
    now: Timestamp,
    tasks: Vec<Slot>,
    free: Vec<usize>,
    ready: Vec<usize>,
    machines: Vec<Standing>,
    timers: BTreeMap<(Timestamp, u64), Waker>,
    next_timer: u64,
    polls: u64,
}

#[derive(Clone, Default)]
struct Standing {
    /// How often it has died: a task of an earlier life is dropped.
    life: u32,
    is_paused: bool,
    /// Tasks that were woken while it stood still.
    held: Vec<usize>,
}

struct Slot {
    work: Option<Work>,
    machine: Machine,
    life: u32,
    alarm: Arc<Alarm>,
    waker: Waker,
    is_used: bool,
}

#[derive(Default)]
struct Woken(Mutex<Vec<usize>>);

struct Alarm {
    task: usize,
    is_queued: AtomicBool,
    woken: Arc<Woken>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            locked(&self.woken.0).push(self.task);
        }
    }
}

/// Why running ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nobody waits for anything that could still come.
    Idle,
    /// The time given was used up.
    TimeIsUp,
    /// Whoever was asked said that it is enough.
    Enough,
    /// It ran for too long without time moving on far enough: it goes in circles.
    InCircles,
}

impl Executor {
    /// With so many machines beside [`Machine::OUTSIDE`].
    pub fn new(start: Timestamp, machines: usize, order: Chance) -> Self {
        Self {
            state: Mutex::new(State {
                now: start,
                tasks: Vec::new(),
                free: Vec::new(),
                ready: Vec::new(),
                machines: vec![Standing::default(); machines + 1],
                timers: BTreeMap::new(),
                next_timer: 0,
                polls: 0,
            }),
            woken: Arc::default(),
            order,
        }
    }

    /// The present moment, on no machine's clock in particular.
    pub fn now(&self) -> Timestamp {
        self.state().now
    }

    /// How often a task was looked at.
    pub fn polls(&self) -> u64 {
        self.state().polls
    }

    /// Starts a task on a machine.
    pub fn spawn(&self, machine: Machine, work: impl Future<Output = ()> + Send + 'static) {
        let mut state = self.state();
        let task = state.free.pop().unwrap_or(state.tasks.len());
        let life = state.machines[machine.0].life;
        if task == state.tasks.len() {
            let alarm = Arc::new(Alarm {
                task,
                is_queued: AtomicBool::new(true),
                woken: Arc::clone(&self.woken),
            });
            state.tasks.push(Slot {
                work: Some(Box::pin(work)),
                machine,
                life,
                waker: Waker::from(Arc::clone(&alarm)),
                alarm,
                is_used: true,
            });
        } else {
            let slot = &mut state.tasks[task];
            slot.work = Some(Box::pin(work));
            (slot.machine, slot.life, slot.is_used) = (machine, life, true);
            slot.alarm.is_queued.store(true, Ordering::Relaxed);
        }
        state.ready.push(task);
    }

    /// A machine dies: everything that it had in memory is gone, at whatever await it was.
    pub fn kill(&self, machine: Machine) {
        let dropped: Vec<Work> = {
            let mut state = self.state();
            let standing = &mut state.machines[machine.0];
            standing.life += 1;
            standing.is_paused = false;
            let held = std::mem::take(&mut standing.held);
            state.ready.extend(held);
            let of_it = state.tasks.iter_mut();
            let of_it = of_it.filter(|slot| slot.is_used && slot.machine == machine);
            of_it.filter_map(|slot| slot.work.take()).collect()
        };
        // What is dropped may look at the clock.
        drop(dropped);
        let mut state = self.state();
        for task in 0..state.tasks.len() {
            let slot = &state.tasks[task];
            let is_dead = slot.is_used && slot.machine == machine && slot.work.is_none();
            // One that is queued is freed when its turn comes, and so is one that is just running.
            if is_dead && !slot.alarm.is_queued.swap(true, Ordering::Relaxed) {
                state.ready.push(task);
            }
        }
    }

    /// A machine stands still, and so do its tasks.
    pub fn pause(&self, machine: Machine) {
        self.state().machines[machine.0].is_paused = true;
    }

    /// A machine goes on.
    pub fn resume(&self, machine: Machine) {
        let mut state = self.state();
        let standing = &mut state.machines[machine.0];
        standing.is_paused = false;
        let held = std::mem::take(&mut standing.held);
        state.ready.extend(held);
    }

    /// Everything is dropped, whoever it belongs to.
    pub fn clear(&self) {
        let slots = std::mem::take(&mut self.state().tasks);
        drop(slots);
        let timers = std::mem::take(&mut self.state().timers);
        drop(timers);
        let mut state = self.state();
        state.ready.clear();
        state.free.clear();
        locked(&self.woken.0).clear();
    }

    /// Runs until `until`, or until nothing can come any more, or until `is_enough` says so, which is
    /// asked before time moves on.
    pub fn run(
        &self,
        until: Timestamp,
        most_polls: u64,
        mut is_enough: impl FnMut() -> bool,
    ) -> Ended {
        let last_poll = self.polls() + most_polls;
        loop {
            while let Some(task) = self.next_task() {
                self.poll(task);
                if self.polls() > last_poll {
                    return Ended::InCircles;
                }
            }
            if is_enough() {
                return Ended::Enough;
            }
            match self.move_on(until) {
                Moved::On => {}
                Moved::Nowhere => return Ended::Idle,
                Moved::TooFar => return Ended::TimeIsUp,
            }
        }
    }

    /// Returns at `moment`; times are told apart by microseconds, as databases do.
    pub fn sleep_until(self: &Arc<Self>, moment: Timestamp) -> Sleep {
        let up = moment.as_nanosecond().div_euclid(1_000) + 1;
        let wakes_at = match moment.subsec_nanosecond() % 1_000 {
            0 => moment,
            _ => i64::try_from(up)
                .ok()
                .and_then(|up| Timestamp::from_microsecond(up).ok())
                .unwrap_or(moment),
        };
        Sleep {
            executor: Arc::clone(self),
            wakes_at,
            timer: None,
        }
    }

    /// Returns after `duration`.
    pub fn sleep(self: &Arc<Self>, duration: Duration) -> Sleep {
        self.sleep_until(later(self.now(), duration))
    }

    /// One of those that are ready.
    fn next_task(&self) -> Option<usize> {
        let mut state = self.state();
        state.ready.append(&mut locked(&self.woken.0));
        let chosen = match state.ready.len() {
            0 => return None,
            1 => 0,
            several => self.order.below(several),
        };
        Some(state.ready.swap_remove(chosen))
    }

    fn poll(&self, task: usize) {
        let (mut work, waker) = {
            let mut state = self.state();
            state.polls += 1;
            let State {
                tasks, machines, ..
            } = &mut *state;
            let slot = &mut tasks[task];
            let standing = &mut machines[slot.machine.0];
            if standing.is_paused && slot.life == standing.life {
                standing.held.push(task);
                return;
            }
            slot.alarm.is_queued.store(false, Ordering::Relaxed);
            match slot.work.take() {
                Some(work) if slot.life == standing.life => (work, slot.waker.clone()),
                dead => {
                    slot.is_used = false;
                    slot.alarm.is_queued.store(true, Ordering::Relaxed);
                    state.free.push(task);
                    drop(state);
                    drop(dead);
                    return;
                }
            }
        };
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        let mut state = self.state();
        let life = state.machines[state.tasks[task].machine.0].life;
        let slot = &mut state.tasks[task];
        if polled.is_pending() && slot.life == life {
            slot.work = Some(work);
            return;
        }
        slot.is_used = false;
        // Whoever still has its waker wakes nobody.
        let was_queued = slot.alarm.is_queued.swap(true, Ordering::Relaxed);
        if was_queued {
            // It is among those that were woken; it is freed when its turn comes.
            slot.is_used = true;
            slot.life = u32::MAX;
        } else {
            state.free.push(task);
        }
        drop(state);
        drop(work);
    }

    /// Moves time on to the next moment that somebody waits for.
    fn move_on(&self, until: Timestamp) -> Moved {
        let wakers: Vec<Waker> = {
            let mut state = self.state();
            let Some((moment, _)) = state.timers.first_key_value().map(|(key, _)| *key) else {
                return Moved::Nowhere;
            };
            if moment > until {
                return Moved::TooFar;
            }
            state.now = state.now.max(moment);
            let now = state.now;
            let later = state.timers.split_off(&(now, u64::MAX));
            let due = std::mem::replace(&mut state.timers, later);
            due.into_values().collect()
        };
        for waker in wakers {
            waker.wake();
        }
        Moved::On
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

enum Moved {
    On,
    Nowhere,
    TooFar,
}

/// See [`Executor::sleep_until`].
pub struct Sleep {
    executor: Arc<Executor>,
    wakes_at: Timestamp,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let wakes_at = self.wakes_at;
        let timer = {
            let mut state = self.executor.state();
            if state.now >= wakes_at {
                return Poll::Ready(());
            }
            let timer = self.timer.unwrap_or(state.next_timer);
            if timer == state.next_timer {
                state.next_timer += 1;
            }
            let waker = context.waker().clone();
            state.timers.insert((wakes_at, timer), waker);
            timer
        };
        self.timer = Some(timer);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            let removed = self.executor.state().timers.remove(&(self.wakes_at, timer));
            drop(removed);
        }
    }
}

/// Lets others go first, once.
#[derive(Default)]
pub struct GiveWay(bool);

impl Future for GiveWay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Nobody panics here while holding a lock; if so, the run is over anyway.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
