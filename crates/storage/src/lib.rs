//! The journal and the accounts behind [`enlist_registration::ports::Store`]: [`SqliteStore`], one
//! file, one process.
//!
//! Each method of the port is one transaction. Its SQL lies next to it, in the file of its subject:
//! `begin`, `journal`, `accounts`, `claims`, `signals`, `mails`, `jobs`, `timeline`, `reads`,
//! `retention`. `writer` and `group` say how transactions reach the disk, `open` how a file is
//! opened, `rows` how values are spelled.

mod sqlite;

#[cfg(test)]
mod contract;

pub use sqlite::{CommitCounts, Mode, OpenFault, SqliteOptions, SqliteStore, TextRow};
