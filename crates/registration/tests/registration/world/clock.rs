//! Simulated time, and the loop that runs futures on it: when everybody waits, time moves on to the
//! moment that somebody waits for.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use async_trait::async_trait;
use enlist_registration::limits::{earlier, later};
use enlist_registration::ports::Clock;
use jiff::Timestamp;

/// Noon, somewhen.
const START: &str = "2026-11-23T12:00:00.000001Z";

/// A clock that is moved by whoever runs the futures that sleep on it.
pub(crate) struct SimClock(Mutex<Time>);

struct Time {
    now: Timestamp,
    sleepers: BTreeMap<u64, Timestamp>,
    next_sleeper: u64,
}

impl SimClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Time {
            now: START.parse().unwrap(),
            sleepers: BTreeMap::new(),
            next_sleeper: 0,
        })))
    }

    /// It is noon again, for another run on the same database.
    pub(crate) fn start_again(&self) {
        let mut time = self.lock();
        assert!(time.sleepers.is_empty(), "somebody still waits for time");
        time.now = START.parse().unwrap();
    }

    /// Time passes while nobody is looked after: a process is dead, or paused.
    pub(crate) fn pass(&self, duration: Duration) {
        let mut time = self.lock();
        time.now = later(time.now, duration);
    }

    /// Moves on to the next moment that somebody sleeps until. False: nobody does.
    pub(crate) fn advance(&self) -> bool {
        let mut time = self.lock();
        let now = time.now;
        let next = time.sleepers.values().filter(|wakes| **wakes > now).min();
        let Some(next) = next.copied() else {
            return false;
        };
        time.now = next;
        true
    }

    fn lock(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    async fn sleep(&self, duration: Duration) {
        let sleeper = {
            let mut time = self.lock();
            let (id, wakes_at) = (time.next_sleeper, later(time.now, duration));
            time.next_sleeper += 1;
            time.sleepers.insert(id, wakes_at);
            Sleeper {
                clock: self,
                id,
                wakes_at,
            }
        };
        sleeper.await;
    }
}

/// A process's clock, which may be behind.
pub(crate) struct Behind {
    clock: Arc<SimClock>,
    by: Mutex<Duration>,
}

impl Behind {
    pub(crate) fn new(clock: Arc<SimClock>, by: Duration) -> Arc<Self> {
        let by = Mutex::new(by);
        Arc::new(Self { clock, by })
    }

    pub(crate) fn set(&self, by: Duration) {
        *self.by.lock().unwrap() = by;
    }
}

#[async_trait]
impl Clock for Behind {
    fn now(&self) -> Timestamp {
        earlier(self.clock.now(), *self.by.lock().unwrap())
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

struct Sleeper<'a> {
    clock: &'a SimClock,
    id: u64,
    wakes_at: Timestamp,
}

impl Future for Sleeper<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.clock.now() < self.wakes_at {
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.clock.lock().sleepers.remove(&self.id);
    }
}

/// Looks at a future once, whatever it waits for.
pub(crate) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Waits for a future that another thread will complete (the sandbox's). Simulated time stands still.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
