//! One commit for many pieces of work: each in a savepoint of its own, so that a bad one is rolled
//! back alone; answered once all are on disk.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use enlist_registration::ids::Generation;
use enlist_registration::limits::later;
use enlist_registration::ports::Clock;
use enlist_registration::state::Lease;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode};

use super::fault::Fault;

/// How often a transaction that finds the file busy is tried. Each try waits for the busy time-out
/// (see `open`), so a rival has half a minute: longer than a backup takes to copy what it locks.
const BUSY_ATTEMPTS: u32 = 6;

/// The connection that writes, and what its transactions need.
pub(super) struct Core {
    connection: Connection,
    clock: Arc<dyn Clock>,
    lease: Duration,
    counters: Arc<Counters>,
}

/// What a piece of work sees.
pub(super) struct Tx<'c> {
    /// Inside a savepoint.
    pub(super) connection: &'c Connection,
    /// The database's clock.
    pub(super) now: Timestamp,
    lease: Duration,
}

impl Tx<'_> {
    /// When a lease ends that is given now.
    pub(super) fn lease_end(&self) -> Timestamp {
        later(self.now, self.lease)
    }

    /// A lease that was just given.
    pub(super) fn lease_until(&self, generation: Generation, end: Timestamp) -> Lease {
        Lease::given(generation, end, self.lease)
    }

    /// Runs one statement; how many rows it changed.
    pub(super) fn execute(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<usize, Fault> {
        Ok(self.connection.prepare_cached(sql)?.execute(parameters)?)
    }

    /// Runs a statement that must change exactly one row.
    pub(super) fn execute_on_one(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<(), Fault> {
        match self.execute(sql, parameters)? {
            1 => Ok(()),
            _ => Err(Fault::Superseded),
        }
    }
}

/// Whether what was done is to stay.
pub(super) enum Verdict<T> {
    Keep(T),
    Discard(T),
}

/// A piece of work in a group.
pub(super) trait Item: Send {
    /// Somebody waits for it to be on disk.
    fn is_awaited(&self) -> bool;
    /// Does it, once; says whether what it did is to stay.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// Tells whoever asked what became of it. `lost`: the commit failed.
    fn answer(self: Box<Self>, lost: Option<Arc<GroupFault>>);
}

/// A piece of work, its outcome, and how to tell it.
pub(super) struct Task<T, W, A> {
    work: Option<W>,
    outcome: Result<T, Fault>,
    tell: A,
    awaited: bool,
}

impl<T, W, A> Task<T, W, A>
where
    W: FnOnce(&Tx<'_>) -> Result<Verdict<T>, Fault> + Send,
    A: FnOnce(Result<T, Fault>) + Send,
{
    pub(super) fn new(work: W, tell: A) -> Self {
        Self {
            work: Some(work),
            outcome: Err(Fault::Closed),
            tell,
            awaited: false,
        }
    }

    /// Somebody waits for it to be on disk.
    pub(super) fn awaited(self) -> Self {
        Self {
            awaited: true,
            ..self
        }
    }
}

impl<T, W, A> Item for Task<T, W, A>
where
    T: Send,
    W: FnOnce(&Tx<'_>) -> Result<Verdict<T>, Fault> + Send,
    A: FnOnce(Result<T, Fault>) + Send,
{
    fn is_awaited(&self) -> bool {
        self.awaited
    }

    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let verdict = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|panic| Err(Fault::Panicked(message_of(panic.as_ref()))));
        let (keep, outcome) = match verdict {
            Ok(Verdict::Keep(value)) => (true, Ok(value)),
            Ok(Verdict::Discard(value)) => (false, Ok(value)),
            Err(fault) => (false, Err(fault)),
        };
        self.outcome = outcome;
        keep
    }

    fn answer(self: Box<Self>, lost: Option<Arc<GroupFault>>) {
        let Self { outcome, tell, .. } = *self;
        match lost {
            Some(fault) => tell(Err(Fault::Group(fault))),
            None => tell(outcome),
        }
    }
}

/// Why a commit failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum GroupFault {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The disk is full, or failed: SQLite then ends the whole transaction.
    #[error("SQLite rolled the transaction back")]
    RolledBack,
}

impl Core {
    pub(super) fn new(connection: Connection, clock: Arc<dyn Clock>, lease: Duration) -> Self {
        Self {
            connection,
            clock,
            lease,
            counters: Arc::default(),
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Does all of `items` in one transaction, in order, and answers each.
    pub(super) fn commit(&self, mut items: Vec<Box<dyn Item>>) {
        if items.is_empty() {
            return;
        }
        let done = self.try_commit(&mut items);
        if done.is_err() && !self.connection.is_autocommit() {
            // It cannot fail in a way that matters: the next transaction would find out.
            let _ = self.statement("ROLLBACK");
        }
        let lost = done.err().map(Arc::new);
        for item in items {
            item.answer(lost.clone());
        }
    }

    fn try_commit(&self, items: &mut [Box<dyn Item>]) -> Result<(), GroupFault> {
        self.patiently("BEGIN IMMEDIATE")?;
        let (mut changed, mut awaited) = (false, false);
        for item in items {
            if self.run(item.as_mut())? {
                changed = true;
                awaited |= item.is_awaited();
            }
        }
        self.patiently("COMMIT")?;
        // A transaction that changed nothing does not touch the disk.
        if changed {
            self.counters.count(awaited);
        }
        Ok(())
    }

    /// Runs one item; says whether it changed anything that stays.
    fn run(&self, item: &mut dyn Item) -> Result<bool, GroupFault> {
        self.statement("SAVEPOINT item")?;
        let changes_before = self.connection.total_changes();
        let tx = Tx {
            connection: &self.connection,
            now: self.clock.now(),
            lease: self.lease,
        };
        let keep = item.run(&tx);
        if self.connection.is_autocommit() {
            return Err(GroupFault::RolledBack);
        }
        let changed = keep && self.connection.total_changes() > changes_before;
        if !keep {
            self.statement("ROLLBACK TO item")?;
        }
        self.statement("RELEASE item")?;
        Ok(changed)
    }

    fn statement(&self, sql: &str) -> Result<(), rusqlite::Error> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    /// Runs a statement again while another process has the file, a bounded number of times.
    fn patiently(&self, sql: &str) -> Result<(), rusqlite::Error> {
        let mut attempt = 1;
        loop {
            match self.statement(sql) {
                Err(error)
                    if attempt < BUSY_ATTEMPTS
                        && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) =>
                {
                    attempt += 1;
                }
                other => return other,
            }
        }
    }
}

/// How many commits reached the disk. One that changed nothing is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitCounts {
    /// Those that somebody waited for.
    pub durable_waits: u64,
    /// All.
    pub total: u64,
}

/// [`CommitCounts`] while they grow.
#[derive(Default)]
pub(super) struct Counters {
    durable_waits: AtomicU64,
    total: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self) -> CommitCounts {
        CommitCounts {
            durable_waits: self.durable_waits.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
        }
    }

    fn count(&self, awaited: bool) {
        self.total.fetch_add(1, Ordering::Relaxed);
        if awaited {
            self.durable_waits.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What a panic said, as far as it said it in words.
fn message_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
