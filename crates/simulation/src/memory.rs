//! The journal and the accounts in memory: what every store promises, without a database. The fastest
//! tier runs on it; on the others it stands beside the database, and both must say the same.

mod journeys;
mod port;
mod tables;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use enlist_registration::limits::later;
use enlist_registration::ports::{Clock, StoreFault};
use jiff::Timestamp;

use crate::bugs::Bug;
use crate::executor::locked;

use tables::Record;
pub use tables::{Account, JobRow, Row, Tables};

/// As the SQLite store's default: how long what nobody waits for may wait for company.
const RECORD_DELAY: Duration = Duration::from_millis(20);

/// A store in memory. As with a database that several processes share, what one of them wrote is there
/// when it dies; only a power failure takes what nobody waited for.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    lease: Duration,
    state: Mutex<State>,
}

struct State {
    tables: Tables,
    pending: Vec<Record>,
    pending_since: Timestamp,
}

impl MemoryStore {
    /// An empty one, with a bug if there is to be one.
    pub fn new(clock: Arc<dyn Clock>, lease: Duration, bug: Option<Bug>) -> Self {
        let mut tables = Tables::default();
        tables.bug = bug;
        Self {
            clock,
            lease,
            state: Mutex::new(State {
                tables,
                pending: Vec::new(),
                pending_since: Timestamp::UNIX_EPOCH,
            }),
        }
    }

    /// Looks at the tables as they are on disk.
    pub fn look<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        look(&self.state().tables)
    }

    /// All processes die, and what nobody waited for is lost.
    pub fn crash(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        state.pending.clear();
        state.tables.release_leases(now);
    }

    /// One transaction, with what waited for company.
    fn write<T>(&self, work: impl FnOnce(&mut Tables, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let mut state = self.state();
        state.commit();
        work(&mut state.tables, now)
    }

    /// What is committed.
    fn read<T>(&self, work: impl FnOnce(&Tables) -> T) -> T {
        let now = self.clock.now();
        let mut state = self.state();
        state.commit_what_is_old(now);
        work(&state.tables)
    }

    fn write_lazily(&self, record: Record) {
        let now = self.clock.now();
        let mut state = self.state();
        state.commit_what_is_old(now);
        if state.pending.is_empty() {
            state.pending_since = now;
        }
        state.pending.push(record);
    }

    fn lease_end(&self, now: Timestamp) -> Timestamp {
        later(now, self.lease)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl State {
    fn commit(&mut self) {
        for record in std::mem::take(&mut self.pending) {
            self.tables.record(&record);
        }
    }

    fn commit_what_is_old(&mut self, now: Timestamp) {
        if !self.pending.is_empty() && now >= later(self.pending_since, RECORD_DELAY) {
            self.commit();
        }
    }
}

/// What is never the case in memory unless the engine asks for what makes no sense.
fn fault(attempted: &'static str, what: &'static str) -> StoreFault {
    StoreFault {
        attempted,
        source: what.into(),
    }
}

impl MemoryStore {
    /// See [`Bug::AccountsAreHalfWritten`].
    pub fn write_half(&self, registration: &enlist_registration::state::Registration) {
        let mut state = self.state();
        let intent = &registration.intent;
        let account = Account {
            registration: registration.id,
            email: intent.email.normalised().to_owned(),
            typed: intent.email.clone(),
            verified_at: None,
            created_at: registration.begun_at,
            gateway: intent.gateway.clone(),
            customer: None,
            subscription: None,
            reflected_at: None,
            standing: None,
        };
        state.tables.accounts.insert(intent.user, account);
    }
}
