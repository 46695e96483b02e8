//! When there may be something to do, and who is woken for it. In the service every process looks every second.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use enlist_registration::limits::later;
use jiff::Timestamp;

use super::{Wire, World, duty};
use crate::executor::{Machine, locked};
use crate::process;

/// How long workers look every few seconds after they were rung for: longer than any of them is busy with
/// what it holds, so that none misses what it was rung for.
const STAYS_AWAKE: Duration = Duration::from_secs(60);

impl World {
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

    pub(super) fn ring_for(&self, process: usize, duties: u8) {
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
    pub(super) async fn until_next_look(&self, process: usize, pause: Duration) {
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
}

#[derive(Default)]
pub(super) struct Bell(Mutex<(u8, Option<Waker>)>);

impl Bell {
    pub(super) fn ring(&self, duties: u8) {
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
