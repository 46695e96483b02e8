//! One thread that owns the books. Work is done in the order it arrives, each piece in one
//! transaction, whether or not the one who asked still waits for the answer.

use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use super::error::SandboxError;
use super::home::Home;
use super::sql::Sql;

type Job = Box<dyn FnOnce(&mut Home) + Send>;

/// The thread; it ends, and the books are closed, when this is dropped.
pub(super) struct Worker {
    /// Taken when dropped, which is what ends the thread.
    jobs: Option<mpsc::Sender<Job>>,
    /// None where nobody waits for its end.
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(home: Home) -> Result<Self, SandboxError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let is_local = home.is_local();
        let thread = thread::Builder::new()
            .name("sandbox-gateway".to_owned())
            .spawn(move || {
                let mut home = home;
                for job in queue {
                    job(&mut home);
                }
            })
            .map_err(SandboxError::Thread)?;
        Ok(Self {
            jobs: Some(jobs),
            thread: is_local.then_some(thread),
        })
    }

    /// Does `work` in a transaction that commits if it succeeds; where a transaction failed without a
    /// trace, once more. The work is queued before this future first waits: dropping the future
    /// afterwards neither undoes nor splits it.
    pub(super) async fn run<T, W>(&self, work: W) -> Result<T, SandboxError>
    where
        T: Send + 'static,
        W: Fn(&dyn Sql) -> Result<T, SandboxError> + Send + 'static,
    {
        self.at_home(move |home| home.in_transaction(work)).await
    }

    /// Does something with the books as a whole, such as making them.
    pub(super) async fn at_home<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Home) -> Result<T, SandboxError> + Send + 'static,
    ) -> Result<T, SandboxError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |home| {
            // Nobody may be waiting any more, as after a hang: the work is done all the same.
            let _ = answer.send(work(home));
        });
        let jobs = self.jobs.as_ref().ok_or(SandboxError::Stopped)?;
        jobs.send(job).map_err(|_| SandboxError::Stopped)?;
        answered.await.map_err(|_| SandboxError::Stopped)?
    }
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
