//! A PostgreSQL server of a test's own, and what can be done to it.

mod building;
mod control;
mod standby;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use tempfile::TempDir;
use tokio_postgres::Error;

pub use building::PostgresServerBuilder;
pub use control::StopMode;

use crate::database::{Address, Database, SharedServer};
use crate::guard::Guard;
use crate::machine::{Port, ServiceUser};
use crate::sql::{Rows, run_once, run_or_panic};

/// The superuser of every server here. There are no passwords: the servers listen on 127.0.0.1 only.
pub(crate) const SUPERUSER: &str = "enlist";

/// The database that is always there.
pub(crate) const FIRST_DATABASE: &str = "postgres";

/// A PostgreSQL server on 127.0.0.1 with data of its own. Ends, with its data, when this is dropped
/// and when the process ends in any way.
pub struct PostgresServer {
    /// `None` while it is stopped. First, so that the server ends before its directory.
    guard: Mutex<Option<Guard>>,
    address: Address,
    port: Port,
    programs: PathBuf,
    user: ServiceUser,
    disk: Disk,
    home: TempDir,
}

/// Where the data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// In the server's directory.
    Ordinary,
    /// The databases are in so many megabytes of memory that only the server's processes see. They are
    /// gone when the server stops.
    Small { megabytes: u32 },
}

impl PostgresServer {
    /// Chooses settings before starting.
    pub fn builder() -> PostgresServerBuilder {
        PostgresServerBuilder::new()
    }

    /// A server that keeps what it has committed, as in production. For tests that kill it.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server that never waits for the disk. For all tests that do not kill it.
    pub fn start_without_fsync() -> Self {
        Self::builder().without_fsync().start()
    }

    /// The server for tests that only need a database: the one that `ENLIST_TEST_POSTGRES_URL` names,
    /// else one of this process, without fsync, started at the first call. Not to be stopped.
    pub fn shared() -> &'static SharedServer {
        SharedServer::get()
    }

    /// `postgres://enlist@127.0.0.1:PORT/postgres`, the superuser's.
    pub fn url(&self) -> String {
        self.url_of(FIRST_DATABASE)
    }

    /// The superuser's URL of a database.
    pub fn url_of(&self, database: &str) -> String {
        self.address.url_of(database)
    }

    /// On 127.0.0.1. Stays the same when the server is started again.
    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// A new, empty database, which is dropped with the value.
    pub fn create_database(&self) -> Database {
        Database::create(&self.address)
    }

    /// Runs statements in the first database, as superuser.
    pub fn execute(&self, sql: &str) {
        run_or_panic(&self.url(), sql);
    }

    /// The same, in another database.
    pub fn execute_in(&self, database: &str, sql: &str) {
        run_or_panic(&self.url_of(database), sql);
    }

    /// What a query in the first database gives.
    pub fn query_text(&self, sql: &str) -> Rows {
        run_or_panic(&self.url(), sql)
    }

    /// The same, where a failure is expected or possible.
    pub fn try_query_text(&self, sql: &str) -> Result<Rows, Error> {
        run_once(&self.url(), sql)
    }

    /// All that the server has logged so far, warnings and worse.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// As whom `pg_dump` and the like have to be run is up to the caller; this is where they are.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    fn log_file(&self) -> PathBuf {
        self.home.path().join("log")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn guard(&self) -> MutexGuard<'_, Option<Guard>> {
        // A panic elsewhere does not make the server any less stoppable.
        self.guard
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
