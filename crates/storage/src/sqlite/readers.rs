//! A few connections that read what is committed, side by side with the writer.

use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::fault::Fault;
use super::{OpenFault, locked, open};

/// The connections, and how many are free. Reading happens on tokio's threads for blocking work.
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(path: &Path, count: usize) -> Result<Self, OpenFault> {
        let count = count.max(1);
        let connections = (0..count)
            .map(|_| open::reader(path))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            idle: Arc::new(Mutex::new(connections)),
            free: Arc::new(Semaphore::new(count)),
        })
    }

    /// Waits for a connection and does `work` on it.
    pub(super) async fn run<T, W>(&self, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let permit = self
            .free
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Fault::Closed)?;
        let idle = self.idle.clone();
        let read = tokio::task::spawn_blocking(move || {
            // Dropped last, when the connection is back.
            let _permit = permit;
            let borrowed = Borrowed::take(&idle)?;
            work(borrowed.connection.as_ref().ok_or(Fault::Closed)?)
        });
        read.await
            .map_err(|gone| Fault::Panicked(gone.to_string()))?
    }
}

/// A connection that goes back even if the work panics.
struct Borrowed<'p> {
    idle: &'p Mutex<Vec<Connection>>,
    connection: Option<Connection>,
}

impl<'p> Borrowed<'p> {
    fn take(idle: &'p Mutex<Vec<Connection>>) -> Result<Self, Fault> {
        let connection = Some(locked(idle).pop().ok_or(Fault::Closed)?);
        Ok(Self { idle, connection })
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        locked(self.idle).extend(self.connection.take());
    }
}
