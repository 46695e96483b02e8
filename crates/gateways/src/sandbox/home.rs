//! Where the books are kept: in a SQLite file, or in a PostgreSQL database that replicas share.

use rusqlite::Connection;

use super::error::SandboxError;
use super::postgres::Postgres;
use super::sql::Sql;
use super::sqlite;

/// The books as the thread that owns them has them.
pub(super) enum Home {
    Sqlite(Connection),
    Postgres(Box<Postgres>),
}

impl Home {
    /// Whether closing the books takes no longer than a local file does.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Makes the tables that are missing, where that was not done when it was opened.
    pub(super) fn make_tables(&mut self) -> Result<(), SandboxError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(postgres) => postgres.make_tables(),
        }
    }

    /// Does `work` in a transaction that commits if it succeeds. It may be done again after a
    /// transaction that was rolled back.
    pub(super) fn in_transaction<T>(
        &mut self,
        work: impl Fn(&dyn Sql) -> Result<T, SandboxError>,
    ) -> Result<T, SandboxError> {
        match self {
            Self::Sqlite(connection) => sqlite::in_transaction(connection, work),
            Self::Postgres(postgres) => postgres.in_transaction(work),
        }
    }
}
