//! What an error of the database means for who asked: connect again, try again, tell somebody.
//!
//! SQLSTATEs: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

mod words;

pub use words::in_words;

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// The connection is of no use any more (or never came about).
///
/// What was asked last either was not done, or nobody knows: a commit whose answer was lost may have happened. Connect
/// again, then look, and only then repeat.
///
/// - the client says that the connection is closed;
/// - an I/O error, TLS and a time-out of connecting included;
/// - class 08, `connection_exception`; PgBouncer's own errors have 08P01;
/// - 57P01 `admin_shutdown`: the server stops, or `pg_terminate_backend`;
/// - 57P02 `crash_shutdown`: another process of the server crashed;
/// - 57P03 `cannot_connect_now`: the server starts, stops or recovers;
/// - 57P04 `database_dropped`, 57P05 `idle_session_timeout`, 25P03 `idle_in_transaction_session_timeout`: the server ended
///   the session;
/// - 25006 `read_only_sql_transaction`: this was the primary and is a standby now; the next connection may find the new one.
#[must_use]
pub fn is_connection_lost(error: &Error) -> bool {
    const ENDED: [&str; 7] = [
        "57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25006",
    ];
    if let Some(code) = error.code() {
        return code.code().starts_with("08") || ENDED.contains(&code.code());
    }
    error.is_closed() || is_io(error)
}

/// The encoder calls a value that it cannot send `InvalidInput`; that is not the connection's fault.
fn is_io(error: &Error) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|source| source.kind() != io::ErrorKind::InvalidInput)
}

/// The transaction met another one and was rolled back: 40001 `serialization_failure`, 40P01 `deadlock_detected`. The same
/// transaction may be tried again at once, on the same connection.
#[must_use]
pub fn is_serialization_failure(error: &Error) -> bool {
    has_code(
        error,
        &[
            &SqlState::T_R_SERIALIZATION_FAILURE,
            &SqlState::T_R_DEADLOCK_DETECTED,
        ],
    )
}

/// The name of the unique constraint or index that refused a row (23505 `unique_violation`).
#[must_use]
pub fn constraint(error: &Error) -> Option<&str> {
    error
        .as_db_error()
        .filter(|refusal| *refusal.code() == SqlState::UNIQUE_VIOLATION)
        .and_then(DbError::constraint)
}

/// The server does not know a prepared statement as we do; prepare it anew and try again.
///
/// - 26000 `invalid_sql_statement_name`: behind a pooler that pools transactions, another session answered than the one
///   where it was prepared; or somebody said `DISCARD ALL`;
/// - 42P05 `duplicate_prepared_statement`: the same, while preparing;
/// - 0A000 `feature_not_supported` from `RevalidateCachedQuery`, "cached plan must not change result type": a migration
///   changed the table.
#[must_use]
pub fn is_stale_statement(error: &Error) -> bool {
    let changed = error.as_db_error().is_some_and(|refusal| {
        *refusal.code() == SqlState::FEATURE_NOT_SUPPORTED
            && refusal.routine() == Some("RevalidateCachedQuery")
    });
    changed
        || has_code(
            error,
            &[
                &SqlState::INVALID_SQL_STATEMENT_NAME,
                &SqlState::DUPLICATE_PSTATEMENT,
            ],
        )
}

/// The server's disk is full (53100 `disk_full`). Nothing was written.
#[must_use]
pub fn is_out_of_space(error: &Error) -> bool {
    has_code(error, &[&SqlState::DISK_FULL])
}

/// The server, the database or the role has as many connections as it may have (53300 `too_many_connections`).
#[must_use]
pub fn is_out_of_connections(error: &Error) -> bool {
    has_code(error, &[&SqlState::TOO_MANY_CONNECTIONS])
}

fn has_code(error: &Error, codes: &[&SqlState]) -> bool {
    error.code().is_some_and(|code| codes.contains(&code))
}
