//! Forgetting: personal data of journals at rest, idempotency keys, finished jobs,
//! what gateways told. Journeys go first: one that led to an account is emptied before its journal is
//! stripped.

use jiff::Timestamp;

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::journeys;
use super::rows::{Key, Moment};
use crate::redaction::redacted;
use crate::values::MAY_BE_STRIPPED;

/// See [`Store::forget`](enlist_registration::ports::Store::forget).
pub(super) fn forget(
    tx: &Tx<'_>,
    rested_before: Timestamp,
    begun_before: Timestamp,
    limit: u32,
) -> Result<Verdict<u64>, Fault> {
    let journeys = journeys::forget(tx, limit)?;
    let stripped = strip(tx, rested_before, limit)?;
    let keys = tx.execute(
        "UPDATE registrations SET idempotency_key = NULL, request_fingerprint = NULL
         WHERE id IN (SELECT id FROM registrations
                      WHERE idempotency_key IS NOT NULL AND begun_at < ?1
                      ORDER BY begun_at LIMIT ?2)",
        (Moment(begun_before), limit),
    )?;
    let jobs = tx.execute(
        "DELETE FROM jobs
         WHERE id IN (SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at < ?1
                      ORDER BY finished_at LIMIT ?2)",
        (Moment(rested_before), limit),
    )?;
    let told = tx.execute(
        "DELETE FROM gateway_events
         WHERE (gateway, event_id) IN (SELECT gateway, event_id FROM gateway_events
                                       WHERE received_at < ?1 ORDER BY received_at LIMIT ?2)",
        (Moment(rested_before), limit),
    )?;
    Ok(Verdict::Keep(
        (journeys + stripped + keys + jobs + told) as u64,
    ))
}

fn strip(tx: &Tx<'_>, rested_before: Timestamp, limit: u32) -> Result<usize, Fault> {
    let found = to_strip(tx, rested_before, limit)?;
    for (id, intent, progress) in &found {
        let (intent, progress) = redacted(intent, progress)?;
        tx.execute_on_one(
            "UPDATE registrations
             SET email = NULL, email_normalised = NULL, intent = ?1, progress = ?2, stripped_at = ?3
             WHERE id = ?4 AND rested_at IS NOT NULL",
            (intent, progress, Moment(tx.now), id),
        )?;
        // The one event whose detail tells of the person: the card's last four digits.
        tx.execute(
            "UPDATE registration_events SET detail = NULL
             WHERE registration_id = ?1 AND step = 'tokenize_card'",
            [id],
        )?;
        journeys::forget_with(tx, id)?;
    }
    Ok(found.len())
}

fn to_strip(
    tx: &Tx<'_>,
    rested_before: Timestamp,
    limit: u32,
) -> Result<Vec<(Key, String, String)>, Fault> {
    let mut statement = tx.connection.prepare_cached(&format!(
        "SELECT id, intent, progress FROM registrations
         WHERE {MAY_BE_STRIPPED} AND rested_at < ?1
         ORDER BY rested_at LIMIT ?2"
    ))?;
    let rows = statement.query_map((Moment(rested_before), limit), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
