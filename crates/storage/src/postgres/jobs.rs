//! Deferred work: handed to one worker at a time, again if that one falls silent.

use std::time::Duration;

use enlist_registration::ids::{Generation, JobId, OwnerId, RegistrationId};
use enlist_registration::jobs::{Job, JobKind};
use tokio_postgres::Row;

use super::fault::Fault;
use super::parameters::{Moment, Parameter, parameters};
use super::rows::count;
use super::{Database, microseconds};
use crate::values::shortened;

/// The attempt is counted when it begins, so that work that kills its worker is noticed too.
const CLAIM: &str = "
    WITH due AS MATERIALIZED (
        SELECT id AS due_id, coalesce(lease_expires_at, due_at) AS due_since
        FROM jobs
        WHERE status = 'queued' AND kind = $1 AND coalesce(lease_expires_at, due_at) <= now()
        ORDER BY coalesce(lease_expires_at, due_at) LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs
    SET owner = $3, lease_expires_at = now() + $4 * interval '1 microsecond',
        generation = generation + 1, attempts = attempts + 1
    FROM due WHERE id = due_id
    RETURNING due_since, id, registration_id, serial, attempts - 1 AS attempts, queued_at,
        generation";

const FINISH: &str = "
    UPDATE jobs
    SET status = $3, last_error = coalesce($4, last_error), finished_at = now(), owner = NULL,
        lease_expires_at = NULL
    WHERE id = $1 AND generation = $2 AND status = 'queued' AND owner IS NOT NULL
    RETURNING id";

const RETRY: &str = "
    UPDATE jobs
    SET due_at = now() + $3 * interval '1 microsecond', last_error = $4, owner = NULL, lease_expires_at = NULL
    WHERE id = $1 AND generation = $2 AND status = 'queued' AND owner IS NOT NULL
    RETURNING id";

/// See [`Store::claim_jobs`](enlist_registration::ports::Store::claim_jobs).
pub(super) async fn claim_jobs(
    store: &Database,
    kind: JobKind,
    owner: OwnerId,
    limit: u32,
) -> Result<Vec<Job>, Fault> {
    let mut claimed = store
        .write(
            CLAIM,
            &parameters![kind.as_str(), i64::from(limit), owner.0, store.lease_us()],
        )
        .await?;
    claimed.rows.sort_by_key(|row| {
        let since: Option<Moment> = row.try_get("due_since").ok();
        since.map(|moment| moment.0)
    });
    claimed.rows.iter().map(|row| job(row, kind)).collect()
}

/// See [`Store::finish_job`](enlist_registration::ports::Store::finish_job).
pub(super) async fn finish_job(
    store: &Database,
    job: &Job,
    error: Option<&str>,
) -> Result<(), Fault> {
    let status = if error.is_some() { "given_up" } else { "done" };
    let error = error.map(shortened);
    settle(
        store,
        job,
        FINISH,
        &parameters![job.id.0, job.generation.0, status, error],
    )
    .await
}

/// See [`Store::retry_job`](enlist_registration::ports::Store::retry_job).
pub(super) async fn retry_job(
    store: &Database,
    job: &Job,
    after: Duration,
    error: &str,
) -> Result<(), Fault> {
    settle(
        store,
        job,
        RETRY,
        &parameters![
            job.id.0,
            job.generation.0,
            microseconds(after),
            shortened(error)
        ],
    )
    .await
}

async fn settle(
    store: &Database,
    job: &Job,
    statement: &str,
    parameters: &[Parameter<'_>],
) -> Result<(), Fault> {
    let written = store.write(statement, parameters).await?;
    let is_settled =
        !written.rows.is_empty() || (written.was_in_doubt && was_let_go_of(store, job).await?);
    if is_settled {
        Ok(())
    } else {
        Err(Fault::Superseded)
    }
}

/// Only the holder of a generation can have let go under it: so it was an earlier try of this write,
/// whose answer was lost.
async fn was_let_go_of(store: &Database, job: &Job) -> Result<bool, Fault> {
    const LET_GO: &str = "SELECT 1 FROM jobs WHERE id = $1 AND generation = $2 AND owner IS NULL";
    let found = store
        .read(LET_GO, &parameters![job.id.0, job.generation.0])
        .await?;
    Ok(!found.is_empty())
}

fn job(row: &Row, kind: JobKind) -> Result<Job, Fault> {
    Ok(Job {
        id: JobId(row.try_get("id")?),
        kind,
        registration: RegistrationId(row.try_get("registration_id")?),
        serial: count(row, "serial")?,
        attempts: count(row, "attempts")?,
        queued_at: row.try_get::<_, Moment>("queued_at")?.0,
        generation: Generation(row.try_get("generation")?),
    })
}
