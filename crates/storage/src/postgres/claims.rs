//! Taking over what nobody drives any more.

use std::sync::LazyLock;

use enlist_registration::ids::{Generation, OwnerId};
use enlist_registration::limits::later;
use enlist_registration::state::{Lease, Registration};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::Database;
use super::fault::Fault;
use super::parameters::{Moment, parameters};
use super::rows;
use crate::values::REGISTRATION;

/// Due is what is held under a lease that has expired, and what nobody holds once its time has come:
/// one or the other is set for every registration under way (`held_or_due_or_resting`). What another
/// process is about to claim is passed over, not waited for.
static CLAIM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH due AS MATERIALIZED (
            SELECT id AS due_id, coalesce(lease_expires_at, due_at) AS due_since
            FROM registrations
            WHERE status NOT IN ('registered', 'undone')
                AND coalesce(lease_expires_at, due_at) <= now()
            ORDER BY coalesce(lease_expires_at, due_at) LIMIT $1
            FOR UPDATE SKIP LOCKED
        )
        UPDATE registrations
        SET owner = $2, lease_expires_at = now() + $3 * interval '1 microsecond', due_at = NULL,
            generation = generation + 1
        FROM due WHERE id = due_id
        RETURNING due_since, {REGISTRATION}"
    )
});

/// See [`Store::claim_due`](enlist_registration::ports::Store::claim_due).
pub(super) async fn claim_due(
    store: &Database,
    owner: OwnerId,
    limit: u32,
) -> Result<Vec<Registration>, Fault> {
    let mut written = store
        .write(
            &CLAIM,
            &parameters![i64::from(limit), owner.0, store.lease_us()],
        )
        .await?;
    written.rows.sort_by_key(|row| {
        let since: Option<Moment> = row.try_get("due_since").ok();
        since.map(|moment| moment.0)
    });
    let mut claimed = Vec::with_capacity(written.rows.len());
    for row in &written.rows {
        match claimed_row(store, written.asked_at, row) {
            Ok(registration) => claimed.push(registration),
            // A row that cannot be read must not keep the others waiting. Its lease holds it back for
            // a while.
            Err(fault @ Fault::Value(_)) => {
                let registration: Option<Uuid> = row.try_get("id").ok();
                let error = &fault as &dyn std::error::Error;
                tracing::error!(?registration, error, "a registration cannot be driven");
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(claimed)
}

/// A registration that was just claimed, from its row; `asked_at` by our clock, before the database was asked.
pub(super) fn claimed_row(
    store: &Database,
    asked_at: Timestamp,
    row: &Row,
) -> Result<Registration, Fault> {
    let mut registration = rows::registration(row)?;
    let Lease {
        generation,
        expires_at,
        ..
    } = registration.lease;
    registration.lease = lease_until(store, asked_at, generation, expires_at);
    Ok(registration)
}

/// A lease that was just given, until `end` by the database's clock. Whoever holds it goes by their own, as of before
/// the database was asked: it lasts at least as long.
pub(super) fn lease_until(
    store: &Database,
    asked_at: Timestamp,
    generation: Generation,
    end: Timestamp,
) -> Lease {
    let lasts = store.options.lease;
    Lease {
        expires_at: later(asked_at, lasts),
        ..Lease::given(generation, end, lasts)
    }
}
