//! Work that keeps a core busy, on threads of its own and as much at a time as there are permits.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Runs work away from the threads that serve requests.
#[derive(Clone, Debug)]
pub struct Bounded {
    permits: Arc<Semaphore>,
}

impl Bounded {
    /// At most `permits` at a time; others wait their turn.
    pub fn new(permits: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
        }
    }

    /// Runs `work` if it need not wait its turn; none where it would have to.
    pub async fn run_if_free<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(run_with(permit, work).await)
    }

    /// Runs `work` to its end, even if nobody waits for it any more. A panic in it goes on here.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        run_with(permit, work).await
    }
}

/// The permit comes back when the work is done, whether or not somebody waits for it.
async fn run_with<P: Send + 'static, T: Send + 'static>(
    permit: P,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    });
    outcome(done).await
}

/// What came of a task that nobody aborts. A panic in it goes on here.
pub async fn outcome<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down: nobody will see an answer.
            Err(_) => std::future::pending().await,
        },
    }
}
