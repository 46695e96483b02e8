//! Work that keeps a core busy, where it is in nobody's way and as much at a time as there are permits.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::tasks::{Spawner, start_blocking};

/// Runs work away from the threads that serve requests.
#[derive(Clone)]
pub struct Bounded {
    permits: Arc<Semaphore>,
    spawner: Arc<dyn Spawner>,
}

impl fmt::Debug for Bounded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Bounded");
        shown
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}

impl Bounded {
    /// At most `permits` at a time; others wait their turn.
    pub fn new(permits: usize, spawner: Arc<dyn Spawner>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            spawner,
        }
    }

    /// Runs `work` if it need not wait its turn; none where it would have to.
    pub async fn run_if_free<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(self.run_with(permit, work).await)
    }

    /// Runs `work` to its end, even if nobody waits for it any more. A panic in it goes on here.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        self.run_with(permit, work).await
    }

    /// The permit comes back when the work is done, whether or not somebody waits for it.
    async fn run_with<P: Send + 'static, T: Send + 'static>(
        &self,
        permit: P,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let worked = start_blocking(self.spawner.as_ref(), move || {
            let done = work();
            drop(permit);
            done
        });
        worked.await
    }
}
