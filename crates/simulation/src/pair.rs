//! A database, and beside it the store in memory: each call is made to both, and both must say the same.

mod port;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use enlist_storage::SqliteStore;

use crate::executor::locked;
use crate::memory::MemoryStore;

/// Two stores.
pub struct Pair {
    database: Arc<SqliteStore>,
    memory: Arc<MemoryStore>,
    differences: Arc<Mutex<Vec<String>>>,
}

impl Pair {
    pub fn new(database: Arc<SqliteStore>, memory: Arc<MemoryStore>) -> Self {
        Self {
            database,
            memory,
            differences: Arc::default(),
        }
    }

    /// Where they did not say the same.
    pub fn differences(&self) -> Arc<Mutex<Vec<String>>> {
        Arc::clone(&self.differences)
    }

    fn compare(&self, call: &'static str, database: &str, memory: &str) {
        if database != memory {
            let what = format!("{call}: the database said {database}\nand memory said {memory}");
            locked(&self.differences).push(what);
        }
    }
}

/// A call that never waits: the database works on the thread that asks it.
pub fn at_once<T>(call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a database in memory answers at once"),
    }
}

/// As both must say it; of a fault only that there was one.
fn said<T: std::fmt::Debug, E>(
    answer: &Result<T, E>,
    is_superseded: impl Fn(&E) -> bool,
) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(fault) if is_superseded(fault) => "superseded".to_owned(),
        Err(_) => "a fault".to_owned(),
    }
}
