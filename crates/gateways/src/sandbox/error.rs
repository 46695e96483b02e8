//! What can go wrong with the sandbox itself, as opposed to the failures it plays.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// The sandbox could not do what a working gateway can always do.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The file cannot be opened or created.
    #[error("the sandbox's file {} cannot be opened", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A newer program wrote the books.
    #[error("the sandbox's books have schema version {found}, this program knows up to {known}")]
    NewerSchema {
        /// What the books say.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The thread that owns the books, or its runtime, cannot be started.
    #[error("the sandbox's thread cannot be started")]
    Thread(#[source] io::Error),
    /// The thread that owns the books is gone.
    #[error("the sandbox's thread has ended")]
    Stopped,
    /// SQLite failed.
    #[error("the sandbox's database failed")]
    Database(#[from] rusqlite::Error),
    /// PostgreSQL failed, or cannot be reached.
    #[error("the sandbox's database failed: {reason}")]
    Postgres {
        /// What it said, without the values that a statement had.
        reason: String,
        /// Whether it may be gone at the next try: a lost connection, another transaction in the way.
        is_passing: bool,
    },
    /// PostgreSQL said nothing. What it was asked may yet be done.
    #[error("the sandbox's database did not answer within {} ms", .0.as_millis())]
    NoAnswer(Duration),
    /// Something in the books cannot be read, or cannot be written as JSON.
    #[error("the sandbox's books hold something unreadable")]
    Json(#[from] serde_json::Error),
    /// A column is missing, or of another type than this program gave it.
    #[error("the sandbox's books cannot be read: the column `{column}` is not what it should be")]
    Column {
        /// Which column.
        column: &'static str,
    },
    /// A row was not as the statement before it had found it.
    #[error("the sandbox's books changed under a transaction: {changed} rows instead of one")]
    NotOneRow {
        /// How many rows a statement changed.
        changed: u64,
    },
    /// A value in the books is none that this program would have written.
    #[error("the sandbox's books hold {value:?}, which is no {what}")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
}

impl SandboxError {
    /// Whether a transaction that met this and was rolled back is worth another try.
    pub(super) fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Postgres {
                is_passing: true,
                ..
            }
        )
    }
}
