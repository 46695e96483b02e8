//! What is recorded without waiting for the disk (D4). A record waits a moment for company: most are
//! joined by the write that follows them, and cost nothing of their own; the others go together in
//! one transaction that does not wait for the disk. What is lost with a crash is at most as old as
//! that moment and the server's own delay.

mod writing;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::state::Registration;
use enlist_registration::timeline::Event;
use tokio::sync::Notify;

pub(super) use writing::flush;

/// Most records in one statement.
const MOST_AT_ONCE: usize = 256;

/// A driver: a registration under one generation.
type Driver = (RegistrationId, Generation);

/// Records that wait, and who writes them.
#[derive(Default)]
pub(super) struct Records {
    state: Mutex<State>,
    /// Held while records are written, by one at a time: of two records of a driver the older goes
    /// first.
    turn: tokio::sync::Mutex<()>,
    /// Rung when one comes to wait, and when the store is closed.
    pub(super) bell: Notify,
}

#[derive(Default)]
struct State {
    waiting: HashMap<Driver, Record>,
    /// Whose records are being written.
    under_way: HashSet<Driver>,
}

/// The newest progress of a registration, and the events since the last write.
#[derive(Clone)]
pub(super) struct Record {
    registration: Registration,
    events: Vec<Event>,
}

impl Record {
    /// In their order.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    fn driver(&self) -> Driver {
        (self.registration.id, self.registration.lease.generation)
    }
}

impl Records {
    /// Lets a record wait, in place of an older one of the same driver.
    pub(super) fn add(&self, registration: &Registration, events: &[Event]) {
        let key = (registration.id, registration.lease.generation);
        let mut state = self.lock();
        match state.waiting.get_mut(&key) {
            Some(record) => {
                record.registration.clone_from(registration);
                record.events.extend_from_slice(events);
            }
            None => {
                let record = Record {
                    registration: registration.clone(),
                    events: events.to_vec(),
                };
                state.waiting.insert(key, record);
            }
        }
        drop(state);
        self.bell.notify_one();
    }

    /// What waits, to go with the next write of this driver. An older record that is being written is
    /// waited for: what it says of the progress must not come after that write.
    pub(super) async fn of(&self, registration: &Registration) -> Option<Record> {
        let key = (registration.id, registration.lease.generation);
        loop {
            if let Some(record) = self.take_unless_under_way(&key) {
                return record;
            }
            drop(self.turn.lock().await);
        }
    }

    /// Lets a record wait again that was taken with [`Records::of`], and was not written. The driver
    /// has been waiting for that, so there is none that is newer.
    pub(super) fn put_back(&self, record: Record) {
        self.lock().waiting.insert(record.driver(), record);
        self.bell.notify_one();
    }

    fn take_unless_under_way(&self, key: &Driver) -> Option<Option<Record>> {
        let mut state = self.lock();
        (!state.under_way.contains(key)).then(|| state.waiting.remove(key))
    }

    /// Forgets those that wait, as a crash would.
    pub(super) fn lose(&self) {
        self.lock().waiting.clear();
    }

    /// Some of those that wait; they are under way until [`UnderWay`] is dropped.
    fn take(&self) -> UnderWay<'_> {
        let mut state = self.lock();
        let keys: Vec<_> = state.waiting.keys().take(MOST_AT_ONCE).copied().collect();
        state.under_way.extend(&keys);
        let taken = keys.iter().filter_map(|key| state.waiting.remove(key));
        let taken = taken.collect();
        drop(state);
        UnderWay {
            records: self,
            taken,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records that are being written, for as long as this lives.
struct UnderWay<'a> {
    records: &'a Records,
    taken: Vec<Record>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.records.lock();
        for record in &self.taken {
            state.under_way.remove(&record.driver());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::contract::{TestClock, World, no_flush, registration};
    use crate::{SqliteOptions, SqliteStore};

    #[test]
    fn a_driver_that_has_a_record_under_way_waits_for_it_and_no_other_does() {
        let records = Records::default();
        let mut context = Context::from_waker(Waker::noop());
        let world = world();
        let [one, other] = [1, 2].map(|number| registration(&world, number));
        records.add(&one, &[]);
        let turn = records.turn.try_lock().unwrap();
        let under_way = records.take();
        let mut of_one = pin!(records.of(&one));
        assert!(of_one.as_mut().poll(&mut context).is_pending());
        assert!(pin!(records.of(&other)).poll(&mut context).is_ready());
        drop(under_way);
        drop(turn);
        let found = of_one.as_mut().poll(&mut context);
        assert!(matches!(found, Poll::Ready(None)));
    }

    /// To make samples in.
    fn world() -> World {
        let clock = TestClock::new();
        let store = SqliteStore::in_memory(SqliteOptions::default(), clock.clone()).unwrap();
        World {
            store: std::sync::Arc::new(store),
            clock,
            flush: no_flush(),
            table: Box::new(|_| Box::pin(std::future::ready(Vec::new()))),
            _keep: Box::new(()),
        }
    }
}
