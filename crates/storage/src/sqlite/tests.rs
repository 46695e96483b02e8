//! What only SQLite promises, and the contract in each of its modes.

mod durability;
mod files;
mod migrations;
mod preparing;
mod schema;

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::contract::{LEASE, Table, TestClock, World, contract_suite, no_flush};
use crate::{Mode, SqliteOptions, SqliteStore};

contract_suite!(threaded_on_a_file, crate::sqlite::tests::threaded_on_a_file);
contract_suite!(threaded_in_memory, crate::sqlite::tests::threaded_in_memory);
contract_suite!(inline_on_a_file, crate::sqlite::tests::inline_on_a_file);
contract_suite!(inline_in_memory, crate::sqlite::tests::inline_in_memory);

async fn threaded_on_a_file() -> World {
    OnFile::new(Mode::Threaded).world()
}

async fn threaded_in_memory() -> World {
    in_memory(Mode::Threaded)
}

async fn inline_on_a_file() -> World {
    OnFile::new(Mode::Inline).world()
}

async fn inline_in_memory() -> World {
    in_memory(Mode::Inline)
}

fn in_memory(mode: Mode) -> World {
    let clock = TestClock::new();
    let store = Arc::new(SqliteStore::in_memory(options(mode), clock.clone()).unwrap());
    World {
        store: store.clone(),
        clock,
        flush: no_flush(),
        table: table(store),
        _keep: Box::new(()),
    }
}

fn table(store: Arc<SqliteStore>) -> Table {
    Box::new(move |table| {
        let store = store.clone();
        Box::pin(async move { store.rows_of(table).await.unwrap() })
    })
}

fn options(mode: Mode) -> SqliteOptions {
    SqliteOptions {
        mode,
        lease: LEASE,
        ..SqliteOptions::default()
    }
}

/// A store on a file, by its own type, and where the file is.
struct OnFile {
    store: Arc<SqliteStore>,
    clock: Arc<TestClock>,
    directory: Arc<TempDir>,
}

impl OnFile {
    fn new(mode: Mode) -> Self {
        let directory = Arc::new(TempDir::new().unwrap());
        let clock = TestClock::new();
        let path = directory.path().join("enlist.db");
        let store = SqliteStore::open(&path, options(mode), clock.clone()).unwrap();
        Self {
            store: Arc::new(store),
            clock,
            directory,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("enlist.db")
    }

    fn world(&self) -> World {
        World {
            store: self.store.clone(),
            clock: self.clock.clone(),
            flush: no_flush(),
            table: table(self.store.clone()),
            _keep: Box::new(self.directory.clone()),
        }
    }

    /// Another connection to the file, to look and to meddle.
    fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    /// The file as a kill at this moment would leave it, opened by the next process.
    fn after_a_kill(&self, mode: Mode) -> Self {
        let directory = Arc::new(TempDir::new().unwrap());
        for name in ["enlist.db", "enlist.db-wal"] {
            let from = self.directory.path().join(name);
            std::fs::copy(from, directory.path().join(name)).unwrap();
        }
        let path = directory.path().join("enlist.db");
        let clock = self.clock.clone();
        let store = SqliteStore::open(&path, options(mode), clock.clone()).unwrap();
        Self {
            store: Arc::new(store),
            clock,
            directory,
        }
    }
}
