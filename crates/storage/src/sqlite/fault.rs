//! What can go wrong inside, before it becomes one of the port's two faults.

use std::sync::Arc;

use enlist_registration::ports::{StoreFault, WriteFault};
use rusqlite::ffi;

use super::group::GroupFault;
use crate::values::ValueFault;

/// Why a piece of work was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The row is not as the writer expects it: somebody else has it.
    #[error("the row is in other hands")]
    Superseded,
    /// This very write was made by an earlier try.
    #[error("it was written before")]
    MadeBefore,
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Value(#[from] ValueFault),
    /// What was to be written is not complete.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The work panicked; it was rolled back.
    #[error("the work panicked: {0}")]
    Panicked(String),
    /// The commit that the work was part of failed, and with it everything in it.
    #[error("the commit failed")]
    Group(#[source] Arc<GroupFault>),
    #[error("the database is open for reading only")]
    ReadOnly,
    #[error("the database is closed")]
    Closed,
}

impl Fault {
    /// Whether a unique index refused the write. `column` is `table.column`, as SQLite names it.
    pub(super) fn violates(&self, column: &str) -> bool {
        self.message_of_unique_violation()
            .is_some_and(|message| message.contains(column))
    }

    /// Whether any unique index refused the write.
    pub(super) fn violates_uniqueness(&self) -> bool {
        self.message_of_unique_violation().is_some()
    }

    fn message_of_unique_violation(&self) -> Option<&str> {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, Some(message)))
                if matches!(
                    error.extended_code,
                    ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                ) =>
            {
                Some(message)
            }
            _ => None,
        }
    }

    /// A write that was made before is as good as made now.
    pub(super) fn unless_made_before<T>(self, made: T) -> Result<T, Self> {
        match self {
            Self::MadeBefore => Ok(made),
            other => Err(other),
        }
    }

    /// As the port has it. `attempted` follows "failed to".
    pub(super) fn into_store(self, attempted: &'static str) -> StoreFault {
        StoreFault {
            attempted,
            source: Box::new(self),
        }
    }

    /// As the port has it, for a write under a generation.
    pub(super) fn into_write(self, attempted: &'static str) -> WriteFault {
        match self {
            Self::Superseded => WriteFault::Superseded,
            other => WriteFault::Store(other.into_store(attempted)),
        }
    }
}
