//! What goes on without a request: registrations that are due are claimed and driven, jobs are done,
//! old data is forgotten. Polling is the floor; nothing here is needed for an answer.

mod jobs;
mod sweep;

use std::sync::Arc;

use enlist_registration::jobs::JobKind;
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
        let run = |work: Work| {
            let work = cut_off.clone().run_until_cancelled_owned(work);
            // Nobody waits for one of them.
            drop(tasks::start(app.spawner.as_ref(), tasks.track_future(work)));
        };
        run(Box::pin(sweep::registrations(
            Arc::clone(app),
            stopped.clone(),
        )));
        run(Box::pin(sweep::old_data(Arc::clone(app), stopped.clone())));
        for kind in JobKind::ALL {
            for _ in 0..at_once(app, kind) {
                run(Box::pin(jobs::of_kind(
                    Arc::clone(app),
                    kind,
                    stopped.clone(),
                )));
            }
        }
        tasks.close();
        Self {
            stop,
            tasks,
            _cut_off: cut_off.drop_guard(),
        }
    }

    /// Lets each finish what it has in hand, and ends them. Whoever stops waiting cuts them off: what
    /// they held is claimed again once its lease has expired.
    pub async fn finish(self) {
        self.stop.send_replace(true);
        self.tasks.wait().await;
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
async fn pause(
    app: &App,
    stopped: &mut watch::Receiver<bool>,
    duration: std::time::Duration,
) -> bool {
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
