//! What goes on without a request: registrations that are due are claimed and driven, jobs are done,
//! old data is forgotten. Polling is the floor; nothing here is needed for an answer.

mod jobs;
mod sweep;

use std::sync::Arc;

use enlist_registration::jobs::JobKind;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;

/// The workers of one process.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Workers {
    /// Starts them all. The first sweep is due at once: it is the recovery.
    pub fn start(app: &Arc<App>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(sweep::registrations(Arc::clone(app), stopped.clone()));
        tasks.spawn(sweep::old_data(Arc::clone(app), stopped.clone()));
        for kind in JobKind::ALL {
            for _ in 0..at_once(app, kind) {
                tasks.spawn(jobs::of_kind(Arc::clone(app), kind, stopped.clone()));
            }
        }
        Self { stop, tasks }
    }

    /// Lets each finish what it has in hand, and ends them. Whoever stops waiting cuts them off: what
    /// they held is claimed again once its lease has expired.
    pub async fn finish(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
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
    tokio::select! {
        () = app.clock.sleep(duration) => true,
        _ = stopped.changed() => false,
    }
}
