//! Forgetting: personal data of journals at rest, idempotency keys, finished jobs,
//! what gateways told.
//!
//! Each statement is a transaction of its own: a journal at rest changes no more, so what was read
//! of it is still so when it is stripped, and a second replica that strips it too writes the same.
//!
//! Journeys go first. One that led to an account is emptied before its journal is stripped, by
//! whichever replica: each of the two would otherwise go by what the other has not committed yet, and
//! an emptied journey without its journal is deleted by nobody.

use std::sync::LazyLock;

use jiff::Timestamp;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::Database;
use super::fault::Fault;
use super::journeys;
use super::parameters::{JsonText, Moment, parameters};
use crate::redaction::redacted;
use crate::values::MAY_BE_STRIPPED;

const KEYS: &str = "
    UPDATE registrations SET idempotency_key = NULL, request_fingerprint = NULL
    WHERE id IN (SELECT id FROM registrations
                 WHERE idempotency_key IS NOT NULL AND begun_at < $1
                 ORDER BY begun_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id";

const JOBS: &str = "
    DELETE FROM jobs
    WHERE id IN (SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at < $1
                 ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id";

const TOLD: &str = "
    DELETE FROM gateway_events
    WHERE (gateway, event_id) IN (SELECT gateway, event_id FROM gateway_events
                                  WHERE received_at < $1
                                  ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING event_id";

static TO_STRIP: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT id, intent, progress FROM registrations
         WHERE {MAY_BE_STRIPPED} AND rested_at < $1
         ORDER BY rested_at LIMIT $2"
    )
});

/// The one event whose detail tells of the person is the card's: its last four digits. What was left of
/// the journey that led to it goes with it.
const STRIP: &str = "
    WITH journal AS (
        UPDATE registrations
        SET email = NULL, email_normalised = NULL, intent = stripped.new_intent,
            progress = stripped.new_progress, stripped_at = now()
        FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[])
            AS stripped (registration, new_intent, new_progress)
        WHERE id = stripped.registration AND rested_at IS NOT NULL AND stripped_at IS NULL
        RETURNING id
    ), timeline AS (
        UPDATE registration_events SET detail = NULL
        FROM journal WHERE registration_id = journal.id AND step = 'tokenize_card'
    ), journeys AS (
        DELETE FROM pending_registrations USING journal
        WHERE registration_id = journal.id AND profile IS NULL
    )
    SELECT id FROM journal";

/// See [`Store::forget`](enlist_registration::ports::Store::forget).
pub(super) async fn forget(
    store: &Database,
    rested_before: Timestamp,
    begun_before: Timestamp,
    limit: u32,
) -> Result<u64, Fault> {
    let limit = i64::from(limit);
    let journeys = journeys::forget(store, limit).await?;
    let stripped = strip(store, rested_before, limit).await?;
    let keys = store
        .write(KEYS, &parameters![Moment(begun_before), limit])
        .await?;
    let jobs = store
        .write(JOBS, &parameters![Moment(rested_before), limit])
        .await?;
    let told = store
        .write(TOLD, &parameters![Moment(rested_before), limit])
        .await?;
    Ok((journeys + stripped + keys.rows.len() + jobs.rows.len() + told.rows.len()) as u64)
}

async fn strip(store: &Database, rested_before: Timestamp, limit: i64) -> Result<usize, Fault> {
    let found = store
        .read(&TO_STRIP, &parameters![Moment(rested_before), limit])
        .await?;
    if found.is_empty() {
        return Ok(0);
    }
    let (mut ids, mut intents, mut progresses) = (Vec::new(), Vec::new(), Vec::new());
    for row in &found {
        let intent: Json<serde_json::Value> = row.try_get("intent")?;
        let progress: Json<serde_json::Value> = row.try_get("progress")?;
        let (intent, progress) = redacted(&intent.0.to_string(), &progress.0.to_string())?;
        ids.push(row.try_get::<_, Uuid>("id")?);
        intents.push(JsonText(intent));
        progresses.push(JsonText(progress));
    }
    let stripped = store
        .write(STRIP, &parameters![ids, intents, progresses])
        .await?;
    Ok(stripped.rows.len())
}
