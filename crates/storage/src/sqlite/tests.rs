//! What only SQLite promises, and the contract on each of its modes.

mod durability;
mod files;
mod schema;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::contract::{LEASE, TestClock, World, contract_suite};
use crate::{Mode, SqliteOptions, SqliteStore};

contract_suite!(threaded_file, super::super::super::super::threaded_file);

/// Options for `mode`.
fn options(mode: Mode) -> SqliteOptions {
    SqliteOptions { mode, lease: LEASE, ..SqliteOptions::default() }
}
