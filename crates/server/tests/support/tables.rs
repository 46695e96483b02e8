//! The service's tables, in whichever database.

use std::path::PathBuf;

use enlist_test_servers::Rows;
use uuid::Uuid;

/// A line of [`Rows`].
pub type Line = Vec<Option<String>>;

/// What a test reads of the tables. Queries are worded so that both databases understand them.
pub trait Tables: Send + Sync {
    /// What a query gives.
    fn rows(&self, sql: &str) -> Rows;

    /// As a condition: less than a minute is left until the moment in `column`.
    fn is_near(&self, column: &str) -> String;

    /// As a condition: the moment in `column` has passed.
    fn is_over(&self, column: &str) -> String;

    /// Id, message id and text of the mails for which `condition` holds; None while the mailbox is not
    /// there or cannot be reached.
    fn mails(&self, condition: &str) -> Option<Rows>;

    /// Texts beside the files in the service's folder that no secret must be in, each with a name.
    fn texts(&self) -> Vec<(PathBuf, Vec<u8>)>;
}

/// The text in a column that is never null.
pub fn text(line: &Line, column: usize) -> String {
    let value = line[column].clone();
    value.unwrap_or_else(|| panic!("column {column} is null in {line:?}"))
}

/// The id in a column.
pub fn id(line: &Line, column: usize) -> Uuid {
    text(line, column).parse().expect("ids are UUIDs")
}

/// The number in a column, if there is one.
pub fn number(line: &Line, column: usize) -> Option<i64> {
    let value = line[column].as_ref()?;
    Some(value.parse().expect("numbers are whole"))
}

/// Whether a column holds 1.
pub fn is_one(line: &Line, column: usize) -> bool {
    number(line, column) == Some(1)
}
