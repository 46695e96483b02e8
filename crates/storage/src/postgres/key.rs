//! Which secret key the database is used with.

use enlist_registration::tokens::KeyedHash;

use super::Database;
use super::fault::Fault;
use super::parameters::{Bytes, parameters};
use crate::KeyCheck;

/// Of two that come first at the same moment, one is.
pub(super) async fn adopt(store: &Database, value: &KeyedHash) -> Result<KeyCheck, Fault> {
    const ADOPT: &str = "
        INSERT INTO secret_key_check (value, adopted_at) VALUES ($1, now())
        ON CONFLICT DO NOTHING RETURNING value";
    const KNOWN: &str = "SELECT 1 FROM secret_key_check WHERE value = $1";
    let known = store.read(KNOWN, &parameters![Bytes(&value.0)]).await?;
    if !known.is_empty() {
        return Ok(KeyCheck::Known);
    }
    let adopted = store.write(ADOPT, &parameters![Bytes(&value.0)]).await?;
    if !adopted.rows.is_empty() {
        return Ok(KeyCheck::First);
    }
    // Adopted meanwhile, by another process or by a try whose answer was lost; or it is another.
    let known = store.read(KNOWN, &parameters![Bytes(&value.0)]).await?;
    Ok(match known.is_empty() {
        true => KeyCheck::Differs,
        false => KeyCheck::Known,
    })
}

pub(super) async fn replace(store: &Database, value: &KeyedHash) -> Result<(), Fault> {
    const REPLACE: &str = "
        INSERT INTO secret_key_check (value, adopted_at) VALUES ($1, now())
        ON CONFLICT (is_only_row) DO UPDATE SET value = $1, adopted_at = now()
        RETURNING value";
    store.write(REPLACE, &parameters![Bytes(&value.0)]).await?;
    Ok(())
}
