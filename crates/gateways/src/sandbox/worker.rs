//! One thread that owns the SQLite file. Work is done in the order it arrives, each piece in one
//! transaction, whether or not the one who asked still waits for the answer.

use std::sync::mpsc;
use std::thread;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::error::SandboxError;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The thread; it ends, and the file is closed, when this is dropped.
pub(super) struct Worker {
    /// Taken when dropped, which is what ends the thread.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(connection: Connection) -> Result<Self, SandboxError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = thread::Builder::new()
            .name("sandbox-gateway".to_owned())
            .spawn(move || {
                let mut connection = connection;
                for job in queue {
                    job(&mut connection);
                }
            })
            .map_err(SandboxError::Thread)?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Does `work` in a transaction that commits if it succeeds. The work is queued before this
    /// future first waits: dropping the future afterwards neither undoes nor splits it.
    pub(super) async fn run<T, W>(&self, work: W) -> Result<T, SandboxError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, SandboxError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody may be waiting any more, as after a hang: the work is done all the same.
            let _ = answer.send(in_transaction(connection, work));
        });
        let jobs = self.jobs.as_ref().ok_or(SandboxError::Stopped)?;
        jobs.send(job).map_err(|_| SandboxError::Stopped)?;
        answered.await.map_err(|_| SandboxError::Stopped)?
    }
}

fn in_transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, SandboxError>,
) -> Result<T, SandboxError> {
    // Immediate, so that a second process on the same file waits here and not in the middle.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // What it was doing is at most one transaction on a local file.
            let _ = thread.join();
        }
    }
}
