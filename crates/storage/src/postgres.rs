//! [`PostgresStore`]: any number of processes on one database, which is the only engine they share.

mod accounts;
mod begin;
mod claims;
mod connect;
mod fault;
mod jobs;
mod journal;
mod journeys;
mod key;
mod mails;
mod migrate;
mod news;
mod parameters;
mod port;
mod reads;
mod records;
mod retention;
mod rows;
mod session;
mod signals;
mod tables;
mod timeline;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};
use std::time::Duration;

use deadpool_postgres::Pool;
use enlist_postgres::PostgresUrl;
use enlist_registration::ports::{Clock, Random, StoreFault};
use enlist_registration::tokens::KeyedHash;
use jiff::SignedDuration;

use crate::KeyCheck;
use migrate::Schema;
use records::Records;

pub use migrate::{PostgresOpenFault, migrate_postgres};

/// The isolation of the store's transactions. The protocol is right under each: every write is one
/// statement that names what it expects. The higher ones make the server refuse more often
/// (`40001`), which is tried again here and never shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what is committed when it begins.
    #[default]
    ReadCommitted,
    /// Each transaction sees what was committed when it began, and nothing that others commit.
    RepeatableRead,
    /// As if one transaction ran after the other.
    Serializable,
}

/// The numbers that a store works by.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// `database.isolation`.
    pub isolation: Isolation,
    /// `registration.lease`: how long whoever claims a registration or a job keeps others out.
    pub lease: Duration,
    /// `database.connections`: most connections at once.
    pub connections: usize,
    /// `database.timeout`: how long a statement may take, and a connection be waited for. At most as
    /// long as the lease: what a paused process has begun must end before others take over.
    pub timeout: Duration,
    /// `database.migrate`: whether opening brings the schema up to date.
    pub migrate: bool,
    /// How long a record that nobody waits for (D4) waits for company.
    pub record_delay: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            isolation: Isolation::default(),
            lease: Duration::from_secs(10),
            connections: 16,
            timeout: Duration::from_secs(5),
            migrate: true,
            record_delay: Duration::from_millis(20),
        }
    }
}

/// The journal and the accounts in a PostgreSQL database.
///
/// Leases are given, and expire, by the database's clock. Their ends as they are returned are by the
/// [`Clock`] given here, as of before the database was asked: on the safe side whatever the two
/// clocks say. [`PostgresStore::close`] writes what nobody waited for; a store that is dropped
/// without it may lose that, as in a crash. Needs a tokio runtime.
pub struct PostgresStore {
    database: Arc<Database>,
}

/// How many connections there are, and who waits for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// In use or idle.
    pub open: usize,
    /// Not in use.
    pub idle: usize,
    /// Statements that wait for a connection.
    pub waiting: usize,
}

/// What a store was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Serving,
    /// Every write is refused.
    Reading,
}

/// What every statement needs.
struct Database {
    pool: Pool,
    options: PostgresOptions,
    purpose: Use,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    records: Arc<Records>,
    /// Whether connections are handed out to us by the transaction, so that sessions have no
    /// settings and no prepared statements.
    is_pooled: Arc<AtomicBool>,
    /// How a transaction begins then.
    begin: String,
}

impl Database {
    fn lease_us(&self) -> i64 {
        microseconds(self.options.lease)
    }
}

/// As statements take a duration.
fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl PostgresStore {
    /// Opens a database, and brings its schema up to date if that is wanted.
    pub async fn open(
        url: &PostgresUrl,
        options: PostgresOptions,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, PostgresOpenFault> {
        Self::start(url, options, Use::Serving, clock, random).await
    }

    async fn start(
        url: &PostgresUrl,
        options: PostgresOptions,
        purpose: Use,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, PostgresOpenFault> {
        let schema = Schema::of(url)?;
        if options.migrate {
            schema.migrate().await?;
        } else {
            schema.check().await?;
        }
        if purpose == Use::Serving {
            warn_of_lost_commits(&schema).await?;
        }
        let (pool, is_pooled) = connect::pool(schema.connector(), &options)
            .map_err(|source| PostgresOpenFault::Pool(Box::new(source)))?;
        let database = Arc::new(Database {
            pool,
            begin: connect::begin(&options),
            options,
            purpose,
            clock,
            random,
            records: Arc::default(),
            is_pooled,
        });
        tokio::spawn(write_records(
            Arc::clone(&database.records),
            Arc::downgrade(&database),
        ));
        Ok(Self { database })
    }

    /// Opens a database in order to read, beside the services that are writing it: two connections at
    /// most, no migration, and every write is refused.
    pub async fn for_reading(
        url: &PostgresUrl,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, PostgresOpenFault> {
        let options = PostgresOptions {
            connections: 2,
            migrate: false,
            ..PostgresOptions::default()
        };
        Self::start(url, options, Use::Reading, clock, random).await
    }

    /// Writes the records that wait.
    pub async fn flush(&self) {
        records::flush(&self.database).await;
    }

    /// Writes the records that wait and closes every connection. Afterwards every call fails.
    pub async fn close(&self) {
        self.flush().await;
        self.database.pool.close();
    }

    /// What a kill would do to this process's records, for simulations: what nobody waited for and is
    /// not written yet is lost. Leases are not released: they expire.
    pub async fn crash(&self) {
        self.database.records.lose();
    }

    /// Remembers which secret key the database is used with, or compares.
    pub async fn adopt_key(&self, check: &KeyedHash) -> Result<KeyCheck, StoreFault> {
        key::adopt(&self.database, check)
            .await
            .map_err(|fault| fault.into_store("look at the secret key's check"))
    }

    /// From now on the database is used with this key.
    pub async fn replace_key(&self, check: &KeyedHash) -> Result<(), StoreFault> {
        key::replace(&self.database, check)
            .await
            .map_err(|fault| fault.into_store("replace the secret key's check"))
    }

    /// Whether the database takes writes: a standby, or one that was set to read only, does not.
    pub async fn accepts_writes(&self) -> Result<bool, StoreFault> {
        self.database
            .accepts_writes()
            .await
            .map_err(|fault| fault.into_store("say whether it takes writes"))
    }

    /// How far the clock that this store was given is ahead of the database's; negative where it is behind.
    pub async fn clock_ahead(&self) -> Result<SignedDuration, StoreFault> {
        self.database
            .clock_ahead()
            .await
            .map_err(|fault| fault.into_store("say what time it is"))
    }

    /// How the connections are used at this moment.
    pub fn connections(&self) -> Connections {
        let status = self.database.pool.status();
        Connections {
            open: status.size,
            idle: status.available,
            waiting: status.waiting,
        }
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        // So that whoever writes records notices that there is no store any more.
        self.database.records.bell.notify_one();
    }
}

/// Writes records a moment after the first of them came to wait, until the store is gone.
async fn write_records(records: Arc<Records>, database: Weak<Database>) {
    loop {
        records.bell.notified().await;
        let Some(delay) = database.upgrade().map(|it| it.options.record_delay) else {
            return;
        };
        session::wait(delay).await;
        let Some(database) = database.upgrade() else {
            return;
        };
        records::flush(&database).await;
    }
}

/// A server that answers before a commit is on disk breaks our promise, not its own: worth a word.
async fn warn_of_lost_commits(schema: &Schema) -> Result<(), PostgresOpenFault> {
    let client = schema.connect().await?;
    let settings = "SELECT name, setting FROM pg_settings
        WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off'";
    let found = client
        .query_typed(settings, &[])
        .await
        .map_err(|error| schema.unreachable(&error))?;
    for row in found {
        let name: String = row
            .try_get("name")
            .map_err(|error| schema.unreachable(&error))?;
        tracing::warn!(
            setting = name,
            "the database is set to lose commits that it has acknowledged: a crash of its machine \
             can leave charges without accounts"
        );
    }
    Ok(())
}
