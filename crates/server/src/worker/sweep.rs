//! Registrations that are due, and data that is too old.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use metrics::gauge;
use tokio::sync::watch;

use super::pause;
use crate::app::App;

/// Registrations claimed at once.
const BATCH: u32 = 64;
/// Registrations driven at once, those of requests included, before claiming pauses: a crash under
/// load must not come back as a stampede on the gateway.
const MOST_IN_FLIGHT: usize = 256;
/// How often old data is looked for.
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// Rows changed at once, so that nobody waits for long.
const FORGET_BATCH: u32 = 500;

/// Claims what is due and drives it, until told to stop.
pub(super) async fn registrations(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        let more = sweep(&app).await;
        let rest = if more {
            Duration::from_millis(10)
        } else {
            app.settings.sweep_interval
        };
        if !pause(&app, &mut stopped, rest).await {
            return;
        }
    }
}

/// Claims one batch. True: there may be more.
async fn sweep(app: &App) -> bool {
    gauge!("enlist_registrations_in_flight").set(app.drivers.in_flight() as f64);
    if app.drivers.in_flight() >= MOST_IN_FLIGHT {
        return true;
    }
    match app.engine.claim_due(BATCH).await {
        Ok(claimed) => {
            let more = claimed.len() == BATCH as usize;
            for registration in claimed {
                // Nobody waits for it: where it ends is in the journal and in the log.
                drop(app.drivers.start(registration));
            }
            more
        }
        Err(fault) => {
            let error = &fault as &dyn std::error::Error;
            tracing::error!(error, "registrations that are due could not be claimed");
            false
        }
    }
}

/// Forgets what is too old, now and every hour.
pub(super) async fn old_data(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        let now = app.clock.now();
        let rested_before = earlier(now, app.settings.retention);
        let begun_before = earlier(now, app.settings.idempotency_retention);
        let rest = match app
            .store
            .forget(rested_before, begun_before, FORGET_BATCH)
            .await
        {
            Ok(rows) if rows >= u64::from(FORGET_BATCH) => Duration::from_millis(100),
            Ok(_) => FORGET_EVERY,
            Err(fault) => {
                tracing::error!(
                    error = &fault as &dyn std::error::Error,
                    "old data was not removed"
                );
                FORGET_EVERY
            }
        };
        if !pause(&app, &mut stopped, rest).await {
            return;
        }
    }
}

fn earlier(moment: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| moment.checked_sub(duration).ok())
        .unwrap_or(Timestamp::MIN)
}
