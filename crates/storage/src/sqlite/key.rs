//! Which secret key the database is used with.

use enlist_registration::tokens::KeyedHash;

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::rows::{Hash, Moment};
use crate::KeyCheck;

pub(super) fn adopt(tx: &Tx<'_>, value: KeyedHash) -> Result<Verdict<KeyCheck>, Fault> {
    let known = "SELECT value FROM secret_key_check";
    let mut statement = tx.connection.prepare_cached(known)?;
    let mut rows = statement.query([])?;
    if let Some(row) = rows.next()? {
        let known: Hash = row.get(0)?;
        return Ok(Verdict::Discard(match known.0 == value {
            true => KeyCheck::Known,
            false => KeyCheck::Differs,
        }));
    }
    replace(tx, value)?;
    Ok(Verdict::Keep(KeyCheck::First))
}

pub(super) fn replace(tx: &Tx<'_>, value: KeyedHash) -> Result<Verdict<()>, Fault> {
    tx.execute_on_one(
        "INSERT INTO secret_key_check (is_only_row, value, adopted_at) VALUES (1, ?1, ?2)
         ON CONFLICT (is_only_row) DO UPDATE SET value = ?1, adopted_at = ?2",
        (Hash(value), Moment(tx.now)),
    )?;
    Ok(Verdict::Keep(()))
}
