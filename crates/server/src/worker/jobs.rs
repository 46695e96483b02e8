//! Jobs: mails are sent, the gateway is looked at again after a doubt, and accounts are brought in line
//! with what it tells. Each is done at least once, and tried again with growing pauses.

mod mail;
mod recheck;
mod reflect;

use std::sync::Arc;
use std::time::Duration;

use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::limits::later;
use enlist_registration::ports::WriteFault;
use jiff::Timestamp;
use metrics::counter;
use tokio::sync::watch;

use super::pause;
use crate::app::App;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// Where a job stands after it was tried.
enum Done {
    /// It is done, or there is nothing to do any more.
    Finished,
    /// It cannot be done, ever.
    GivenUp(String),
    /// It failed: later.
    Again(String),
    /// It fails until whoever runs this service puts something right: later.
    Hindered(String),
    /// Nothing failed, and its time has not come: later.
    Early(String),
}

/// What a claim may have left for the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Queue {
    /// There may be more that is due.
    MayHoldMore,
    /// Nothing else was due.
    Empty,
}

/// Does the jobs of one kind until told to stop.
pub(super) async fn of_kind(app: Arc<App>, kind: JobKind, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if work(&app, kind, &stopped).await == Queue::MayHoldMore {
            continue;
        }
        // Whoever queues what somebody waits for rings; polling finds what waited for its time.
        tokio::select! {
            biased;
            more = pause(&app, &mut stopped, app.settings.sweep_interval) => if !more { return },
            () = app.watch.queued(kind) => {}
        }
    }
}

/// Jobs claimed at once.
fn batch(app: &App, kind: JobKind) -> u32 {
    match kind {
        // A mail server may take nearly as long as the lease for one; others may be waiting for it.
        JobKind::VerificationMail | JobKind::JourneyMail if app.mailbox.is_none() => 1,
        JobKind::VerificationMail | JobKind::JourneyMail => 32,
        // Each asks the gateway, which may take nearly as long as the lease.
        JobKind::Recheck | JobKind::Reflect => 4,
    }
}

/// Claims one batch and does it, or as much of it as there is time for. The rest is claimed again once
/// its lease has expired.
async fn work(app: &App, kind: JobKind, stopped: &watch::Receiver<bool>) -> Queue {
    let limit = batch(app, kind);
    // Taken before the claim, so that the lease ends no earlier than reckoned from here.
    let asked_at = app.clock.now();
    let claimed = match app.store.claim_jobs(kind, app.engine.owner(), limit).await {
        Ok(claimed) => claimed,
        Err(fault) => {
            tracing::error!(
                error = &fault as &dyn std::error::Error,
                "jobs could not be claimed"
            );
            return Queue::Empty;
        }
    };
    for (done, job) in claimed.iter().enumerate() {
        if *stopped.borrow() || !has_time(app, kind, asked_at) {
            let left = claimed.len() - done;
            tracing::info!(left, kind = kind.as_str(), "jobs are left to a later claim");
            break;
        }
        match settle(app, job).await {
            Ok(()) => {}
            Err(WriteFault::Superseded) => {
                tracing::info!(job = %job.id, "another worker has it");
            }
            Err(fault) => {
                // The claim expires and the job is done again: at least once.
                let error = &fault as &dyn std::error::Error;
                tracing::error!(job = %job.id, error, "a job's outcome could not be recorded");
            }
        }
    }
    if claimed.len() < limit as usize {
        Queue::Empty
    } else {
        Queue::MayHoldMore
    }
}

/// Whether what was claimed then can still be done before others may claim it: there is time for a
/// call.
fn has_time(app: &App, kind: JobKind, asked_at: Timestamp) -> bool {
    let limits = &app.settings.limits;
    let call_timeout = match kind {
        JobKind::VerificationMail | JobKind::JourneyMail => app.settings.mail.timeout,
        JobKind::Recheck | JobKind::Reflect => limits.call_timeout,
    };
    let last_start = later(asked_at, limits.lease.saturating_sub(call_timeout));
    app.clock.now() <= last_start
}

async fn settle(app: &App, job: &Job) -> Result<(), WriteFault> {
    let done = match job.kind {
        JobKind::VerificationMail => mail::send_verification(app, job).await?,
        JobKind::JourneyMail => mail::send_journey_mail(app, job).await?,
        JobKind::Recheck => recheck::recheck(app, job).await?,
        JobKind::Reflect => reflect::reflect(app, job).await?,
    };
    let kind = job.kind.as_str();
    match done {
        Done::Finished => {
            counter!("enlist_jobs_total", "kind" => kind, "outcome" => "done").increment(1);
            app.store.finish_job(job, None).await
        }
        Done::GivenUp(reason) => {
            counter!("enlist_jobs_total", "kind" => kind, "outcome" => "given_up").increment(1);
            tracing::warn!(job = %job.id, kind, reason, "a job was given up");
            app.store.finish_job(job, Some(&reason)).await
        }
        Done::Again(reason) => {
            counter!("enlist_jobs_total", "kind" => kind, "outcome" => "again").increment(1);
            tracing::warn!(job = %job.id, kind, reason, "a job is tried again later");
            put_off(app, job, &reason).await
        }
        Done::Hindered(reason) => {
            counter!("enlist_jobs_total", "kind" => kind, "outcome" => "hindered").increment(1);
            tracing::error!(job = %job.id, kind, reason, "a job cannot be done as this is set up; it is tried again later");
            put_off(app, job, &reason).await
        }
        Done::Early(reason) => {
            counter!("enlist_jobs_total", "kind" => kind, "outcome" => "early").increment(1);
            tracing::debug!(job = %job.id, kind, reason, "a job is looked at again later");
            put_off(app, job, &reason).await
        }
    }
}

/// The pause grows with the attempts.
async fn put_off(app: &App, job: &Job, reason: &str) -> Result<(), WriteFault> {
    let pause = FIRST_PAUSE
        .saturating_mul(1 << job.attempts.min(16))
        .min(LONGEST_PAUSE);
    app.store.retry_job(job, pause, reason).await
}

#[cfg(test)]
mod tests;
