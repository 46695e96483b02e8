//! What can go wrong with the sandbox itself, as opposed to the failures it plays.

use std::io;
use std::path::PathBuf;

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
    /// A newer program wrote the file.
    #[error("the sandbox's file has schema version {found}, this program knows up to {known}")]
    NewerSchema {
        /// What the file says.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The thread that owns the file cannot be started.
    #[error("the sandbox's thread cannot be started")]
    Thread(#[source] io::Error),
    /// The thread that owns the file is gone.
    #[error("the sandbox's thread has ended")]
    Stopped,
    /// SQLite failed.
    #[error("the sandbox's database failed")]
    Database(#[from] rusqlite::Error),
    /// Something in the file cannot be read, or cannot be written as JSON.
    #[error("the sandbox's file holds something unreadable")]
    Json(#[from] serde_json::Error),
    /// A row was not as the statement before it had found it.
    #[error("the sandbox's file changed under a transaction: {changed} rows instead of one")]
    NotOneRow {
        /// How many rows a statement changed.
        changed: usize,
    },
    /// A value in the file is none that this program would have written.
    #[error("the sandbox's file holds {value:?}, which is no {what}")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
}
