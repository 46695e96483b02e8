//! What goes on without a request: registrations that are due are claimed and driven, jobs are done,
//! old data is forgotten. Polling is the floor; nothing here is needed for an answer.

mod jobs;
mod sweep;

use std::sync::Arc;

use enlist_registration::jobs::JobKind;
use futures_util::future::{AbortHandle, Abortable};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::tasks;

/// The workers of one process. Dropping them cuts them off.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: TaskTracker,
    cut_off: Vec<AbortHandle>,
}

impl Workers {
    /// Starts them all. The first sweep is due at once: it is the recovery.
    pub fn start(app: &Arc<App>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut workers = Self {
            stop,
            tasks: TaskTracker::new(),
            cut_off: Vec::new(),
        };
        workers.run(app, sweep::registrations(Arc::clone(app), stopped.clone()));
        workers.run(app, sweep::old_data(Arc::clone(app), stopped.clone()));
        for kind in JobKind::ALL {
            for _ in 0..at_once(app, kind) {
                let work = jobs::of_kind(Arc::clone(app), kind, stopped.clone());
                workers.run(app, work);
            }
        }
        workers.tasks.close();
        workers
    }

    fn run(&mut self, app: &App, work: impl Future<Output = ()> + Send + 'static) {
        let (cut_off, is_cut_off) = AbortHandle::new_pair();
        self.cut_off.push(cut_off);
        let work = self.tasks.track_future(Abortable::new(work, is_cut_off));
        // Nobody waits for one of them.
        drop(tasks::start(&app.spawner, work));
    }

    /// Lets each finish what it has in hand, and ends them. Whoever stops waiting cuts them off: what
    /// they held is claimed again once its lease has expired.
    pub async fn finish(self) {
        self.stop.send_replace(true);
        self.tasks.wait().await;
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.cut_off.iter().for_each(AbortHandle::abort);
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
