//! Deferred work: handed to one worker at a time, again if that one falls silent.

use std::time::Duration;

use enlist_registration::ids::{Generation, JobId, OwnerId, RegistrationId};
use enlist_registration::jobs::{Job, JobKind, NewJob};
use enlist_registration::limits::later;
use jiff::Timestamp;
use rusqlite::Row;

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::reads::one;
use super::rows::{Key, Moment};
use crate::values::shortened;

/// Queues a job. One that is there already, by its id, is left as it is.
pub(super) fn queue(tx: &Tx<'_>, job: &NewJob) -> Result<(), Fault> {
    queue_at(tx, job, tx.now)
}

/// The same, as of another moment.
pub(super) fn queue_at(tx: &Tx<'_>, job: &NewJob, queued_at: Timestamp) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                           queued_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, 'queued', 0, ?6)
         ON CONFLICT (id) DO NOTHING",
        (
            Key(job.id.0),
            job.kind.as_str(),
            Key::from(job.registration),
            job.serial,
            Moment(job.due_at),
            Moment(queued_at),
        ),
    )?;
    Ok(())
}

/// See [`Store::claim_jobs`](enlist_registration::ports::Store::claim_jobs).
pub(super) fn claim_jobs(
    tx: &Tx<'_>,
    kind: JobKind,
    owner: OwnerId,
    limit: u32,
) -> Result<Verdict<Vec<Job>>, Fault> {
    let mut claimed = Vec::new();
    for id in due(tx, kind, limit)? {
        claimed.extend(claim(tx, id, kind, owner)?);
    }
    Ok(Verdict::Keep(claimed))
}

/// See [`Store::finish_job`](enlist_registration::ports::Store::finish_job).
pub(super) fn finish_job(
    tx: &Tx<'_>,
    job: &Job,
    error: Option<&str>,
) -> Result<Verdict<()>, Fault> {
    let status = if error.is_some() { "given_up" } else { "done" };
    tx.execute_on_one(
        "UPDATE jobs
         SET status = ?1, last_error = coalesce(?2, last_error), finished_at = ?3,
             owner = NULL, lease_expires_at = NULL
         WHERE id = ?4 AND generation = ?5 AND status = 'queued' AND owner IS NOT NULL",
        (
            status,
            error.map(shortened),
            Moment(tx.now),
            Key(job.id.0),
            job.generation.0,
        ),
    )?;
    Ok(Verdict::Keep(()))
}

/// See [`Store::retry_job`](enlist_registration::ports::Store::retry_job).
pub(super) fn retry_job(
    tx: &Tx<'_>,
    job: &Job,
    after: Duration,
    error: &str,
) -> Result<Verdict<()>, Fault> {
    tx.execute_on_one(
        "UPDATE jobs
         SET due_at = ?1, last_error = ?2, owner = NULL, lease_expires_at = NULL
         WHERE id = ?3 AND generation = ?4 AND status = 'queued' AND owner IS NOT NULL",
        (
            Moment(later(tx.now, after)),
            shortened(error),
            Key(job.id.0),
            job.generation.0,
        ),
    )?;
    Ok(Verdict::Keep(()))
}

fn due(tx: &Tx<'_>, kind: JobKind, limit: u32) -> Result<Vec<Key>, Fault> {
    let mut statement = tx.connection.prepare_cached(
        "SELECT id FROM jobs
         WHERE status = 'queued' AND kind = ?1 AND coalesce(lease_expires_at, due_at) <= ?2
         ORDER BY coalesce(lease_expires_at, due_at) LIMIT ?3",
    )?;
    let parameters = (kind.as_str(), Moment(tx.now), limit);
    let ids = statement.query_map(parameters, |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The attempt is counted when it begins, so that work that kills its worker is noticed too.
fn claim(tx: &Tx<'_>, id: Key, kind: JobKind, owner: OwnerId) -> Result<Option<Job>, Fault> {
    let sql = "UPDATE jobs
         SET owner = ?1, lease_expires_at = ?2, generation = generation + 1,
             attempts = attempts + 1
         WHERE id = ?3
         RETURNING registration_id, serial, attempts - 1 AS attempts, queued_at, generation";
    let read = |row: &Row<'_>| {
        Ok(Job {
            id: JobId(id.0),
            kind,
            registration: RegistrationId(row.get::<_, Key>("registration_id")?.0),
            serial: row.get("serial")?,
            attempts: row.get("attempts")?,
            queued_at: row.get::<_, Moment>("queued_at")?.0,
            generation: Generation(row.get("generation")?),
        })
    };
    one(
        tx.connection,
        sql,
        (Key(owner.0), Moment(tx.lease_end()), id),
        read,
    )
}
