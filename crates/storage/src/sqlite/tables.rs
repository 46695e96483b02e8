//! Tables as they are, for tests and simulations that look for what nobody should have left there.

use enlist_registration::ports::StoreFault;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::{Backend, SqliteStore};
use crate::TextRow;

impl SqliteStore {
    /// Every row of `table`, in the order of its primary key.
    pub async fn rows_of(&self, table: &'static str) -> Result<Vec<TextRow>, StoreFault> {
        self.read(move |connection| rows(connection, table))
            .await
            .map_err(|fault| fault.into_store("read a table"))
    }
}

impl SqliteStore {
    /// Takes every row out of every table, and what waits to be written: as new, for the next run of a
    /// simulation. Only with [`Mode::Inline`](super::Mode::Inline), which no service has.
    pub async fn start_again(&self) -> Result<(), StoreFault> {
        let Backend::Inline(inline) = &self.backend else {
            return Err(Fault::ReadOnly.into_store("start again"));
        };
        super::locked(inline).lose_pending();
        self.write(empty)
            .await
            .map_err(|fault| fault.into_store("start again"))
    }
}

fn empty(tx: &Tx<'_>) -> Result<Verdict<()>, Fault> {
    let tables: Vec<String> = tx
        .connection
        .prepare_cached(
            "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'refinery_%'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        tx.execute(&format!("DELETE FROM \"{table}\""), [])?;
    }
    Ok(Verdict::Keep(()))
}

fn rows(connection: &Connection, table: &str) -> Result<Vec<TextRow>, Fault> {
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| text_of(&columns, row))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn text_of(columns: &[String], row: &Row<'_>) -> Result<TextRow, rusqlite::Error> {
    let values = columns.iter().enumerate();
    values
        .map(|(index, column)| Ok((column.clone(), text(row.get_ref(index)?))))
        .collect()
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}
