//! Drives registrations in tasks of their own, so that a client that goes away changes nothing, and
//! waits for them when the service ends.

use std::sync::Arc;
use std::time::Duration;

use enlist_registration::engine::{Driven, Engine};
use enlist_registration::state::Registration;
use tokio_util::task::TaskTracker;

use crate::tasks::{self, Spawner, Task};

/// Starts drives and keeps count of them.
#[derive(Clone)]
pub struct Drivers {
    engine: Arc<Engine>,
    tasks: TaskTracker,
    spawner: Arc<dyn Spawner>,
}

impl Drivers {
    /// Drives with `engine`, in tasks that `spawner` runs.
    pub fn new(engine: Arc<Engine>, spawner: Arc<dyn Spawner>) -> Self {
        Self {
            engine,
            tasks: TaskTracker::new(),
            spawner,
        }
    }

    /// Drives a registration that the engine holds; the task tells where it ended.
    pub fn start(&self, registration: Registration) -> Task<Driven> {
        let engine = Arc::clone(&self.engine);
        self.run(async move {
            let id = registration.id;
            let driven = engine.drive(registration).await;
            match &driven {
                Driven::LetGo(registration) => {
                    tracing::info!(registration = %id, status = registration.status.as_str(), "let go");
                }
                Driven::Superseded => tracing::warn!(registration = %id, "another driver took over"),
                Driven::Abandoned(fault) => tracing::error!(
                    registration = %id,
                    error = fault as &dyn std::error::Error,
                    "left to whoever claims it next"
                ),
            }
            driven
        })
    }

    /// Does work that must not stop half-way because whoever waits for it goes away.
    pub async fn carry_out<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        self.run(work).await
    }

    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Task<T> {
        tasks::start(self.spawner.as_ref(), self.tasks.track_future(work))
    }

    /// How many are being driven.
    pub fn in_flight(&self) -> usize {
        self.tasks.len()
    }

    /// Waits until all are let go of, at most `grace` long. What is still under way then is taken up
    /// by the next start, or by another process.
    pub async fn finish(&self, grace: Duration) {
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                left = self.in_flight(),
                "registrations are left to the next start"
            );
        }
    }
}
