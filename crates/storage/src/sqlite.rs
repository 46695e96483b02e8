//! [`SqliteStore`]: one thread writes and commits for many at once, a few connections read.

mod accounts;
mod begin;
mod claims;
mod fault;
mod group;
mod jobs;
mod journal;
mod journeys;
mod key;
mod mails;
mod news;
mod open;
mod port;
mod readers;
mod reads;
mod retention;
mod rows;
mod signals;
mod tables;
mod timeline;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use enlist_registration::ports::{Clock, StoreFault};
use enlist_registration::tokens::KeyedHash;
use rusqlite::Connection;
use tokio::sync::oneshot;

use fault::Fault;
use group::{Item, Task, Tx, Verdict};
use readers::Readers;
use writer::{Inline, Writer};

use crate::KeyCheck;

pub use group::CommitCounts;
pub use open::{OpenFault, migrate_sqlite};

/// The numbers that a store works by.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Where writing happens.
    pub mode: Mode,
    /// `registration.lease`: how long whoever claims a registration or a job keeps others out.
    pub lease: Duration,
    /// How many writes that somebody waits for share one commit at most. At 64 the wait for the disk
    /// is a small part of the work, and nobody waits long for the others.
    pub group_limit: usize,
    /// How long a write that nobody waits for (D4) may wait for company. What is lost with a crash is
    /// at most as old.
    pub record_delay: Duration,
    /// How many connections read. Only with [`Mode::Threaded`] and a file.
    pub readers: usize,
}

/// Where writing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// On a thread of its own, in groups: for a service. Needs a tokio runtime.
    Threaded,
    /// On the calling thread, one commit per call, reads included; what nobody waits for joins the
    /// next commit. The same calls in the same order do the same: for a simulation.
    Inline,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Threaded,
            lease: Duration::from_secs(10),
            group_limit: 64,
            record_delay: Duration::from_millis(20),
            readers: 4,
        }
    }
}

/// The journal and the accounts in one SQLite file, which this process alone may write.
///
/// "The database's clock" is the [`Clock`] given here. [`SqliteStore::close`] writes what nobody
/// waited for; a store that is dropped without it may lose that, as in a crash.
pub struct SqliteStore {
    backend: Backend,
}

enum Backend {
    Threaded {
        writer: Writer,
        /// None for a database in memory, which only the writer's connection can see.
        readers: Option<Readers>,
    },
    Inline(Mutex<Inline>),
    Reading(Mutex<Connection>),
}

impl SqliteStore {
    /// Opens the file, making it where there is none, and brings its schema up to date.
    ///
    /// The caller holds an exclusive lock on the data directory, so whoever held a lease before is
    /// dead: all leases are released, and [`Store::claim_due`] finds what they held at once.
    ///
    /// [`Store::claim_due`]: enlist_registration::ports::Store::claim_due
    pub fn open(
        path: &Path,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenFault> {
        let connection = open::file(path)?;
        let readers = match options.mode {
            Mode::Threaded => Some(Readers::open(path, options.readers)?),
            Mode::Inline => None,
        };
        Self::start(connection, readers, &options, clock)
    }

    /// A database in memory, gone when the store is. Reads go through the writer's connection.
    pub fn in_memory(options: SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenFault> {
        Self::start(open::memory()?, None, &options, clock)
    }

    /// Opens an existing file in order to read, beside a server that may be writing it. Changes
    /// nothing, needs no lock, and refuses every write.
    pub fn for_reading(path: &Path) -> Result<Self, OpenFault> {
        let connection = Mutex::new(open::for_reading(path)?);
        Ok(Self {
            backend: Backend::Reading(connection),
        })
    }

    fn start(
        connection: Connection,
        readers: Option<Readers>,
        options: &SqliteOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenFault> {
        let mut inline = Inline::new(connection, clock, options);
        inline
            .commit_alone(claims::release_leases_of_the_dead)
            .map_err(|source| OpenFault::Leases {
                source: Box::new(source),
            })?;
        let backend = match options.mode {
            Mode::Threaded => Backend::Threaded {
                writer: Writer::start(inline, options)?,
                readers,
            },
            Mode::Inline => Backend::Inline(Mutex::new(inline)),
        };
        Ok(Self { backend })
    }

    /// Writes what is waiting, empties the write-ahead log into the file and closes it. Afterwards
    /// every call of a threaded store fails.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Threaded { writer, .. } => writer.close().await,
            Backend::Inline(inline) => locked(inline).settle(),
            Backend::Reading(_) => {}
        }
    }

    /// What a kill and a restart would do to a store in memory, for simulations: what nobody waited
    /// for and is not committed yet is lost (only [`Mode::Inline`] keeps it waiting), and all leases
    /// are released.
    pub async fn crash(&self) -> Result<(), StoreFault> {
        if let Backend::Inline(inline) = &self.backend {
            locked(inline).lose_pending();
        }
        self.write(claims::release_leases_of_the_dead)
            .await
            .map_err(|fault| fault.into_store("release the leases of the dead"))
    }

    /// Remembers which secret key the database is used with, or compares.
    pub async fn adopt_key(&self, check: &KeyedHash) -> Result<KeyCheck, StoreFault> {
        let value = *check;
        self.write(move |tx| key::adopt(tx, value))
            .await
            .map_err(|fault| fault.into_store("look at the secret key's check"))
    }

    /// From now on the database is used with this key.
    pub async fn replace_key(&self, check: &KeyedHash) -> Result<(), StoreFault> {
        let value = *check;
        self.write(move |tx| key::replace(tx, value))
            .await
            .map_err(|fault| fault.into_store("replace the secret key's check"))
    }

    /// How many commits there were since the store was opened.
    pub fn commits(&self) -> CommitCounts {
        match &self.backend {
            Backend::Threaded { writer, .. } => writer.counters().read(),
            Backend::Inline(inline) => locked(inline).counters().read(),
            Backend::Reading(_) => CommitCounts::default(),
        }
    }

    /// Does `work` in a transaction and answers once it is on disk.
    async fn write<T, W>(&self, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: FnOnce(&Tx<'_>) -> Result<Verdict<T>, Fault> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let task = Task::new(work, move |outcome| {
            // Whoever asked may be gone: the work is done all the same.
            let _ = answer.send(outcome);
        });
        self.submit(Box::new(task.awaited())).await?;
        answered.await.unwrap_or(Err(Fault::Closed))
    }

    /// Does `work` with the next commit, and tells nobody.
    async fn write_lazily<W>(&self, work: W, tell: impl FnOnce(Result<(), Fault>) + Send + 'static)
    where
        W: FnOnce(&Tx<'_>) -> Result<Verdict<()>, Fault> + Send + 'static,
    {
        if let Err(fault) = self.submit(Box::new(Task::new(work, tell))).await {
            tracing::warn!(
                error = &fault as &dyn std::error::Error,
                "a record could not be queued"
            );
        }
    }

    async fn submit(&self, item: Box<dyn Item>) -> Result<(), Fault> {
        match &self.backend {
            Backend::Threaded { writer, .. } => writer.submit(item).await,
            Backend::Inline(inline) => {
                locked(inline).submit(item);
                Ok(())
            }
            Backend::Reading(_) => Err(Fault::ReadOnly),
        }
    }

    /// Reads what is committed.
    async fn read<T, W>(&self, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        match &self.backend {
            Backend::Threaded {
                readers: Some(readers),
                ..
            } => readers.run(work).await,
            Backend::Threaded {
                writer,
                readers: None,
            } => writer.aside(work).await,
            Backend::Inline(inline) => work(locked(inline).connection()),
            Backend::Reading(connection) => work(&locked(connection)),
        }
    }

    /// Empties the write-ahead log into the file, so that what was deleted is gone from both.
    async fn empty_the_log(&self) -> Result<(), Fault> {
        match &self.backend {
            Backend::Threaded { writer, .. } => writer.aside(open::empty_the_log).await,
            Backend::Inline(inline) => open::empty_the_log(locked(inline).connection()),
            Backend::Reading(_) => Err(Fault::ReadOnly),
        }
    }
}

/// A panic while the lock was held left at worst an open transaction, which the next one ends.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
