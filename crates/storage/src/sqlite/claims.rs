//! Taking over what nobody drives any more.

use enlist_registration::ids::OwnerId;
use enlist_registration::state::{Lease, Registration};
use rusqlite::Row;

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::reads::one;
use super::rows::{self, Key, Moment};
use crate::values::REGISTRATION;

/// See [`Store::claim_due`](enlist_registration::ports::Store::claim_due). Due is what is held under
/// a lease that has expired, and what nobody holds once its time has come: one or the other is set
/// for every registration under way (`held_or_due_or_resting`).
pub(super) fn claim_due(
    tx: &Tx<'_>,
    owner: OwnerId,
    limit: u32,
) -> Result<Verdict<Vec<Registration>>, Fault> {
    let mut claimed = Vec::new();
    for id in due(tx, limit)? {
        match claim(tx, id, owner) {
            Ok(found) => claimed.extend(found),
            // A row that cannot be read must not keep the others waiting. Its lease holds it back for
            // a while.
            Err(fault @ Fault::Value(_)) => {
                let error = &fault as &dyn std::error::Error;
                tracing::error!(registration = %id.0, error, "a registration cannot be driven");
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(Verdict::Keep(claimed))
}

/// Lets go of everything that is held. Only for when every earlier owner is dead.
pub(super) fn release_leases_of_the_dead(tx: &Tx<'_>) -> Result<Verdict<()>, Fault> {
    tx.execute(
        "UPDATE registrations SET owner = NULL, lease_expires_at = NULL, due_at = ?1
         WHERE owner IS NOT NULL AND status NOT IN ('registered', 'undone')",
        [Moment(tx.now)],
    )?;
    tx.execute(
        "UPDATE jobs SET owner = NULL, lease_expires_at = NULL
         WHERE owner IS NOT NULL AND status = 'queued'",
        [],
    )?;
    Ok(Verdict::Keep(()))
}

fn due(tx: &Tx<'_>, limit: u32) -> Result<Vec<Key>, Fault> {
    let mut statement = tx.connection.prepare_cached(
        "SELECT id FROM registrations
         WHERE status NOT IN ('registered', 'undone')
             AND coalesce(lease_expires_at, due_at) <= ?1
         ORDER BY coalesce(lease_expires_at, due_at) LIMIT ?2",
    )?;
    let ids = statement.query_map((Moment(tx.now), limit), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

fn claim(tx: &Tx<'_>, id: Key, owner: OwnerId) -> Result<Option<Registration>, Fault> {
    let sql = format!(
        "UPDATE registrations
         SET owner = ?1, lease_expires_at = ?2, due_at = NULL, generation = generation + 1
         WHERE id = ?3 RETURNING {REGISTRATION}"
    );
    let parameters = (Key(owner.0), Moment(tx.lease_end()), id);
    one(tx.connection, &sql, parameters, |row| claimed(tx, row))
}

/// A registration that was just claimed, from its row.
pub(super) fn claimed(tx: &Tx<'_>, row: &Row<'_>) -> Result<Registration, Fault> {
    let mut registration = rows::registration(row)?;
    let Lease {
        generation,
        expires_at,
        ..
    } = registration.lease;
    registration.lease = tx.lease_until(generation, expires_at);
    Ok(registration)
}
