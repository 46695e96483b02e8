//! What goes on without a request: registrations that are due are claimed and driven, jobs are done,
//! old data is forgotten. Polling is the floor; nothing here is needed for an answer.

mod jobs;
mod sweep;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use enlist_registration::jobs::JobKind;
use futures_util::FutureExt as _;
use metrics::counter;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::tasks::{self, Work};

/// The workers of one process. Dropping them cuts them off.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: TaskTracker,
    _cut_off: DropGuard,
}

impl Workers {
    /// Starts them all. The first sweep is due at once: it is the recovery.
    pub fn start(app: &Arc<App>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (tasks, cut_off) = (TaskTracker::new(), CancellationToken::new());
        let run = |name, worker: Worker| {
            let work = again_after_panics(Arc::clone(app), name, worker, stopped.clone());
            let work = cut_off.clone().run_until_cancelled_owned(work);
            // Nobody waits for one of them.
            drop(tasks::start(app.spawner.as_ref(), tasks.track_future(work)));
        };
        run(
            "sweep",
            Box::new(|app, stopped| Box::pin(sweep::registrations(app, stopped))),
        );
        run(
            "old_data",
            Box::new(|app, stopped| Box::pin(sweep::old_data(app, stopped))),
        );
        for kind in JobKind::ALL {
            for _ in 0..at_once(app, kind) {
                run(
                    kind.as_str(),
                    Box::new(move |app, stopped| Box::pin(jobs::of_kind(app, kind, stopped))),
                );
            }
        }
        tasks.close();
        Self {
            stop,
            tasks,
            _cut_off: cut_off.drop_guard(),
        }
    }

    /// Tells them to take nothing more in hand.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Lets each finish what it has in hand, and ends them. Whoever stops waiting cuts them off: what
    /// they held is claimed again once its lease has expired.
    pub async fn finish(self) {
        self.stop();
        self.tasks.wait().await;
    }
}

/// Does something until told to stop.
type Worker = Box<dyn Fn(Arc<App>, watch::Receiver<bool>) -> Work + Send>;

/// How long a worker that panicked is let alone.
const AFTER_A_PANIC: Duration = Duration::from_secs(1);

/// A panic is a bug of ours. Whatever it was about waits for its lease to expire; everything else is not to wait.
async fn again_after_panics(
    app: Arc<App>,
    name: &'static str,
    worker: Worker,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let work = worker(Arc::clone(&app), stopped.clone());
        if AssertUnwindSafe(work).catch_unwind().await.is_ok() {
            return;
        }
        // What it said is on standard error; it is not repeated, since nobody knows what is in it.
        tracing::error!(worker = name, "a worker panicked, and is started again");
        counter!("enlist_worker_panics_total", "worker" => name).increment(1);
        if !pause(&app, &mut stopped, AFTER_A_PANIC).await {
            return;
        }
    }
}

/// Jobs of a kind that are done at the same time.
fn at_once(app: &App, kind: JobKind) -> u32 {
    match kind {
        JobKind::VerificationMail | JobKind::JourneyMail => {
            let smtp = app.settings.mail.by.smtp();
            smtp.map_or(1, |smtp| smtp.connections)
        }
        JobKind::Recheck | JobKind::Reflect => 1,
    }
}

/// Waits for `duration` or until the workers are to stop, whichever comes first. False: stop.
async fn pause(app: &App, stopped: &mut watch::Receiver<bool>, duration: Duration) -> bool {
    if *stopped.borrow() {
        return false;
    }
    // In this order always: the same run is the same in a simulation.
    tokio::select! {
        biased;
        _ = stopped.changed() => false,
        () = app.clock.sleep(duration) => true,
    }
}
