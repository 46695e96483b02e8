//! What can go wrong inside, before it becomes one of the port's two faults, and what may be tried
//! again.

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{PoolError, TimeoutType};
use enlist_postgres::{
    is_connection_lost, is_out_of_connections, is_serialization_failure, is_stale_statement,
};
use enlist_registration::ports::{StoreFault, WriteFault};

use crate::values::ValueFault;

/// Why a piece of work was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The row is not as the writer expects it: somebody else has it.
    #[error("the row is in other hands")]
    Superseded,
    #[error(transparent)]
    Postgres(#[from] Said),
    #[error("no connection to the database could be had: {0}")]
    NoConnection(NoConnection),
    /// Whether the statement was carried out is unknown.
    #[error("the database did not answer within {} ms", .0.as_millis())]
    NoAnswer(Duration),
    #[error(transparent)]
    Value(#[from] ValueFault),
    /// What was to be written is not complete.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Others kept changing what this piece of work depends on.
    #[error("others were faster {0} times in a row")]
    Outrun(u32),
    #[error("the database is open for reading only")]
    ReadOnly,
}

/// What the server said, or why it said nothing. Its words leave out the server's details, which name
/// values of rows: somebody's address.
#[derive(thiserror::Error)]
#[error("{}", enlist_postgres::in_words(.0))]
pub(super) struct Said(pub(super) tokio_postgres::Error);

impl fmt::Debug for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(Said(error))
    }
}

/// Why the pool gave no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoConnection {
    #[error("all are in use")]
    Exhausted,
    #[error("making one took too long")]
    TooSlow,
    #[error(transparent)]
    Refused(Said),
    #[error("the store is closed")]
    Closed,
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        Self::NoConnection(match error {
            PoolError::Timeout(TimeoutType::Wait) => NoConnection::Exhausted,
            PoolError::Timeout(_) => NoConnection::TooSlow,
            PoolError::Backend(error) => NoConnection::Refused(Said(error)),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                NoConnection::Closed
            }
        })
    }
}

/// What to do after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It will not help.
    No,
    /// Nothing was done, because of what others did at the same time: try again.
    OthersWereFaster,
    /// Nothing was done, because there was no connection to do it on: try again.
    NotReached,
    /// It may have been done: find out, on another connection.
    InDoubt,
    /// Nothing was done, because a statement that was prepared is not there: something between us
    /// and the server hands out its connections by the transaction.
    Unprepared,
}

impl Fault {
    pub(super) fn again(&self) -> Again {
        match self {
            Self::Postgres(Said(error)) if is_serialization_failure(error) => {
                Again::OthersWereFaster
            }
            Self::Postgres(Said(error)) if is_stale_statement(error) => Again::Unprepared,
            Self::Postgres(Said(error)) if is_connection_lost(error) => Again::InDoubt,
            Self::NoAnswer(_) => Again::InDoubt,
            Self::NoConnection(NoConnection::Refused(Said(error)))
                if is_connection_lost(error) || is_out_of_connections(error) =>
            {
                Again::NotReached
            }
            Self::NoConnection(NoConnection::TooSlow) => Again::NotReached,
            _ => Again::No,
        }
    }

    /// Whether what happened to one connection has probably happened to all: not where the server only
    /// had no room for one more.
    pub(super) fn condemns_other_connections(&self) -> bool {
        match self {
            Self::Postgres(Said(error))
            | Self::NoConnection(NoConnection::Refused(Said(error))) => is_connection_lost(error),
            Self::NoAnswer(_) => true,
            _ => false,
        }
    }

    /// Which unique index or constraint refused the write, if one did.
    pub(super) fn violated(&self) -> Option<&str> {
        match self {
            Self::Postgres(Said(error)) => enlist_postgres::constraint(error),
            _ => None,
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
