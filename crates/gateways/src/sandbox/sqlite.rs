//! The books in a SQLite file, which several processes may share: opening it, and its side of
//! [`Sql`].

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql, Transaction, TransactionBehavior, params_from_iter};

use super::error::SandboxError;
use super::sql::{Row, Sql, Value};

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

/// Does `work` in a transaction that commits if it succeeds.
pub(super) fn in_transaction<T>(
    connection: &mut Connection,
    work: impl Fn(&dyn Sql) -> Result<T, SandboxError>,
) -> Result<T, SandboxError> {
    // Immediate, so that a second process on the same file waits here and not in the middle.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

impl Sql for Transaction<'_> {
    fn query(&self, query: &str, parameters: &[Value]) -> Result<Vec<Row>, SandboxError> {
        let mut statement = self.prepare_cached(query)?;
        let columns = columns(&statement);
        let mut found = statement.query(params_from_iter(parameters))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = (0..columns.len()).map(|index| read(row.get_ref(index)?));
            rows.push(Row::new(&columns, values.collect::<Result<_, _>>()?));
        }
        Ok(rows)
    }

    fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, SandboxError> {
        let changed = statements.iter().map(|(statement, parameters)| {
            let changed = self
                .prepare_cached(statement)?
                .execute(params_from_iter(*parameters))?;
            Ok(u64::try_from(changed).unwrap_or(u64::MAX))
        });
        changed.collect()
    }
}

fn columns(statement: &Statement<'_>) -> Arc<[String]> {
    let names = statement.column_names();
    names.into_iter().map(str::to_owned).collect()
}

fn read(value: ValueRef<'_>) -> Result<Value, SandboxError> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(integer) => Ok(Value::Integer(integer)),
        ValueRef::Text(text) => Ok(Value::Text(String::from_utf8_lossy(text).into_owned())),
        ValueRef::Real(_) | ValueRef::Blob(_) => Err(SandboxError::Unreadable {
            what: "value of these books",
            value: value.data_type().to_string(),
        }),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Boolean(boolean) => ValueRef::Integer(i64::from(*boolean)),
        }))
    }
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
