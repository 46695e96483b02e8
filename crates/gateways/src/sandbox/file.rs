//! Opening the sandbox's file and bringing its schema up to date.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::error::SandboxError;

/// One script per version; `PRAGMA user_version` says how many a file has seen.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// How long to wait for another process that has the file: longer than any transaction here takes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept prepared: about as many as there are.
const PREPARED_STATEMENTS: usize = 64;

pub(super) fn open(path: &Path) -> Result<Connection, SandboxError> {
    let connection = Connection::open(path).map_err(|source| SandboxError::Open {
        path: path.to_owned(),
        source,
    })?;
    // Before anything else, since even to switch the journal is to wait for the others.
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // A commit survives the death of the process; only a power failure can lose the latest.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    prepared(connection)
}

pub(super) fn in_memory() -> Result<Connection, SandboxError> {
    prepared(Connection::open_in_memory()?)
}

fn prepared(mut connection: Connection) -> Result<Connection, SandboxError> {
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    migrate(&mut connection)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), SandboxError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let Some(missing) = usize::try_from(found)
        .ok()
        .and_then(|found| MIGRATIONS.get(found..))
    else {
        return Err(SandboxError::NewerSchema { found, known });
    };
    for script in missing {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_refund_can_exceed_its_charge_whatever_the_code_does() {
        let connection = in_memory().unwrap();
        connection
            .execute_batch(
                "INSERT INTO customers VALUES ('cus', 'r', NULL, NULL, 0, NULL);
                 INSERT INTO charges VALUES ('ch', 'r', 'cus', NULL, 900, 'USD', 0, NULL, 0);
                 INSERT INTO refunds VALUES ('re_1', 'r', 'ch', 500, 'USD', 0);",
            )
            .unwrap();
        let too_much = connection
            .execute(
                "INSERT INTO refunds VALUES ('re_2', 'r', 'ch', 401, 'USD', 0)",
                [],
            )
            .unwrap_err();
        assert!(
            too_much
                .to_string()
                .contains("never_more_refunded_than_taken"),
            "{too_much}"
        );
        connection
            .execute(
                "INSERT INTO refunds VALUES ('re_3', 'r', 'ch', 400, 'USD', 0)",
                [],
            )
            .unwrap();
        let refunded: i64 = connection
            .query_row("SELECT refunded_minor FROM charges", [], |row| row.get(0))
            .unwrap();
        assert_eq!(refunded, 900);
    }

    #[test]
    fn a_file_of_a_newer_program_is_refused() {
        let mut connection = in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            migrate(&mut connection),
            Err(SandboxError::NewerSchema {
                found: 99,
                known: 1
            })
        ));
    }
}
