//! Making the tables, once, however many replicas start at the same moment.

use super::super::error::SandboxError;
use super::super::sql::{Sql, params};
use super::SCHEMA;
use super::link::Link;

/// One script per version; `schema_version` says how many a database has seen.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// Runs the scripts that a database has not seen; most often none, and then nothing is written. It is in
/// a transaction, so another replica waits.
pub(super) fn make(link: &Link) -> Result<(), SandboxError> {
    let found = found(link)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let Some(missing) = usize::try_from(found)
        .ok()
        .and_then(|found| MIGRATIONS.get(found..))
    else {
        return Err(SandboxError::NewerSchema { found, known });
    };
    if missing.is_empty() {
        return Ok(());
    }
    // Whoever may not make a schema may have been given one.
    if !is_there(link, "to_regnamespace", SCHEMA)? {
        link.batch(&format!("CREATE SCHEMA {SCHEMA}"))?;
    }
    for script in missing {
        link.batch(script)?;
    }
    let note = "UPDATE schema_version SET version = ?1";
    link.execute(&[(note, &params![known])])?;
    Ok(())
}

/// How many scripts the database has seen.
fn found(link: &Link) -> Result<i64, SandboxError> {
    if !is_there(link, "to_regclass", &format!("{SCHEMA}.schema_version"))? {
        return Ok(0);
    }
    let version = link.query("SELECT version FROM schema_version", &[])?;
    version.first().map_or(Ok(0), |row| row.get("version"))
}

fn is_there(link: &Link, lookup: &str, name: &str) -> Result<bool, SandboxError> {
    let query = format!("SELECT {lookup}(?1) IS NOT NULL AS is_there");
    let rows = link.query(&query, &params![name])?;
    rows.first().map_or(Ok(false), |row| row.get("is_there"))
}
