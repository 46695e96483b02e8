//! The tables in files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use enlist_test_servers::Rows;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use crate::support::site::Site;
use crate::support::tables::Tables;

/// The service's data directory.
struct Files(PathBuf);

/// A place where everything is kept in files.
pub fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let files = Files(folder.path().join("data"));
    Site::new(folder, Arc::new(files))
}

impl Tables for Files {
    fn rows(&self, sql: &str) -> Rows {
        read(&self.0.join("enlist.db"), sql).unwrap()
    }

    fn is_near(&self, column: &str) -> String {
        format!("julianday({column}) < julianday('now', '+60 seconds')")
    }

    fn is_over(&self, column: &str) -> String {
        format!("julianday({column}) <= julianday('now')")
    }

    fn mails(&self, condition: &str) -> Option<Rows> {
        let sql = format!("SELECT id, message_id, text FROM mails WHERE {condition} ORDER BY id");
        read(&self.0.join("mailbox.db"), &sql).ok()
    }

    fn texts(&self) -> Vec<(PathBuf, Vec<u8>)> {
        // All of it is in the service's folder.
        Vec::new()
    }
}

fn read(path: &Path, sql: &str) -> rusqlite::Result<Rows> {
    let tables = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    tables.busy_timeout(Duration::from_secs(5))?;
    let mut statement = tables.prepare(sql)?;
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..columns).map(|column| value(row, column)).collect()
    })?;
    rows.collect()
}

fn value(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        other => Some(other.as_str()?.to_owned()),
    })
}
