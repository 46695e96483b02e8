//! The journal and the accounts behind [`enlist_registration::ports::Store`]: [`SqliteStore`], one
//! file, one process; [`PostgresStore`], one database, any number of processes.
//!
//! Each method of the port is one transaction. Its SQL lies next to it, in the file of its subject, in
//! either folder: `begin`, `journal`, `accounts`, `claims`, `signals`, `mails`, `jobs`, `news`,
//! `timeline`, `reads`, `retention`, `key`. For SQLite `writer` and `group` say how transactions reach the disk,
//! `open` how a file is opened; for PostgreSQL `session` how a statement is carried out, `connect` on
//! what, `records` what is written late, `migrate` how a schema comes to be. `rows` and `values` say
//! how values are spelled.

mod postgres;
mod redaction;
mod sqlite;
mod values;

#[cfg(test)]
mod contract;

use std::collections::BTreeMap;

pub use postgres::{
    Connections, Isolation, PostgresOpenFault, PostgresOptions, PostgresStore, migrate_postgres,
};
pub use sqlite::{CommitCounts, Mode, OpenFault, SqliteOptions, SqliteStore, migrate_sqlite};

/// One row of a table: the value of each column as text, blobs in hexadecimal, none for null.
pub type TextRow = BTreeMap<String, Option<String>>;

/// What a database says to the key that the service comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCheck {
    /// It is the one that the database is used with.
    Known,
    /// It is the first: from now on it is the one.
    First,
    /// It is another.
    Differs,
}

/// From which schema to which a database was brought; the same where it was up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The schema before; 0 for an empty database.
    pub from: i32,
    /// The schema now.
    pub to: i32,
}
