//! The books in a PostgreSQL database, in a schema of their own, for replicas to share. Transactions of
//! all replicas wait for one another behind one advisory lock: the books promise no concurrency, but to
//! be right. Nothing outlives a transaction in the session, so a pooler may stand between.

mod link;
mod schema;
mod values;

use std::thread;
use std::time::Duration;

use enlist_postgres::Connector;

use super::error::SandboxError;
use super::sql::Sql;
use link::Link;

/// The schema of the tables.
const SCHEMA: &str = "enlist_sandbox";

/// Which lock every transaction holds: "Enlg". Any other program that uses the same number waits for
/// us, and we for it.
const LOCK: i64 = 0x456e_6c67;

/// How long a statement may take, waiting for the lock included. Longer than `IDLE_MS`, so that who
/// waits for a replica that was stopped in the middle has its turn once that one is thrown out.
const STATEMENT_MS: u32 = 5_000;

/// How long a transaction may do nothing, before the server ends it and lets the others in. Between two
/// statements are microseconds, so who needs longer is stopped.
const IDLE_MS: u32 = 3_000;

/// After what pauses a transaction is tried again that was rolled back, because it met another or the
/// connection was lost. The first is none, since most often the server was merely started again since
/// the last call; in all, short enough for a call.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(500),
];

/// The database, and at most one connection to it.
pub(super) struct Postgres {
    connector: Connector,
    /// None before the first transaction and after one that failed.
    link: Option<Link>,
}

/// How a transaction failed.
enum Failed {
    /// Nothing of it was done, and nothing will be.
    Undone(SandboxError),
    /// The connection was lost when it was to be committed.
    InDoubt(SandboxError),
}

impl Postgres {
    /// Connects with the first transaction.
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            link: None,
        }
    }

    /// Makes the tables, unless they are there.
    pub(super) fn make_tables(&mut self) -> Result<(), SandboxError> {
        self.persist(schema::make)
    }

    /// Does `work` in a transaction that commits if it succeeds.
    pub(super) fn in_transaction<T>(
        &mut self,
        work: impl Fn(&dyn Sql) -> Result<T, SandboxError>,
    ) -> Result<T, SandboxError> {
        self.persist(|link| work(link))
    }

    fn persist<T>(
        &mut self,
        work: impl Fn(&Link) -> Result<T, SandboxError>,
    ) -> Result<T, SandboxError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.attempt(&work) {
                Ok(value) => return Ok(value),
                Err(Failed::InDoubt(error)) => return Err(error),
                Err(Failed::Undone(error)) => error,
            };
            let pause = pauses.next().filter(|_| error.is_passing());
            let Some(pause) = pause else {
                return Err(error);
            };
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a transaction of the sandbox gateway is tried again"
            );
            thread::sleep(pause);
        }
    }

    /// One transaction. A connection on which anything failed is not used again: when it is closed, the
    /// server rolls back.
    fn attempt<T>(&mut self, work: impl Fn(&Link) -> Result<T, SandboxError>) -> Result<T, Failed> {
        let link = match self.link.take() {
            Some(link) => link,
            None => Link::open(&self.connector).map_err(Failed::Undone)?,
        };
        link.batch(&begin()).map_err(Failed::Undone)?;
        let value = work(&link).map_err(Failed::Undone)?;
        // A commit that waits for a standby is not to be cut short: it would count as done.
        let committed = link.batch("SET LOCAL statement_timeout = 0; COMMIT");
        committed.map_err(Failed::InDoubt)?;
        self.link = Some(link);
        Ok(value)
    }
}

/// The beginning of a transaction. Its statements see what was committed before they had the lock.
fn begin() -> String {
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; \
         SET LOCAL statement_timeout = {STATEMENT_MS}; \
         SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS}; \
         SET LOCAL synchronous_commit = on; \
         SET LOCAL search_path = {SCHEMA}, pg_temp; \
         SELECT pg_advisory_xact_lock({LOCK})"
    )
}
