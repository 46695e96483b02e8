//! Looking at registrations without touching them.

use enlist_domain::EmailAddress;
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{RegistrationFilter, RequestRecord, UnderWay};
use enlist_registration::state::{Registration, Status};
use enlist_registration::tokens::KeyedHash;
use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};

use super::fault::Fault;
use super::rows::{self, Hash, Key, Moment};
use crate::values::REGISTRATION;

/// See [`Store::registration`](enlist_registration::ports::Store::registration).
pub(super) fn registration(
    connection: &Connection,
    id: RegistrationId,
) -> Result<Option<Registration>, Fault> {
    let sql = format!("SELECT {REGISTRATION} FROM registrations WHERE id = ?1");
    one(connection, &sql, [Key::from(id)], rows::registration)
}

/// See [`Store::request`](enlist_registration::ports::Store::request).
pub(super) fn request(
    connection: &Connection,
    key: &KeyedHash,
) -> Result<Option<(RequestRecord, Registration)>, Fault> {
    let sql = format!(
        "SELECT {REGISTRATION}, request_fingerprint FROM registrations WHERE idempotency_key = ?1"
    );
    one(connection, &sql, [Hash(*key)], |row| {
        let fingerprint = row.get::<_, Hash>("request_fingerprint")?.0;
        Ok((
            RequestRecord {
                key: *key,
                fingerprint,
            },
            rows::registration(row)?,
        ))
    })
}

/// See [`Store::email_is_taken`](enlist_registration::ports::Store::email_is_taken).
pub(super) fn email_is_taken(connection: &Connection, email: &EmailAddress) -> Result<bool, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM users WHERE email_normalised = ?1
         UNION ALL
         SELECT 1 FROM registrations
         WHERE email_normalised = ?1 AND status NOT IN ('registered', 'undone')",
    )?;
    Ok(statement.exists([email.normalised()])?)
}

/// See [`Store::registrations`](enlist_registration::ports::Store::registrations).
pub(super) fn registrations(
    connection: &Connection,
    filter: &RegistrationFilter,
) -> Result<Vec<Registration>, Fault> {
    // Two questions rather than one with "or null", which would use no index.
    let by_email = match filter.email {
        Some(_) => "email_normalised = :email",
        None => ":email IS NULL",
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {REGISTRATION} FROM registrations
         WHERE {by_email} AND (:status IS NULL OR status = :status)
         ORDER BY begun_at DESC, id DESC LIMIT :limit"
    ))?;
    let mut rows = statement.query(named_params! {
        ":email": filter.email.as_ref().map(EmailAddress::normalised),
        ":status": filter.status.map(Status::as_str),
        ":limit": filter.limit,
    })?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(rows::registration(row)?);
    }
    Ok(found)
}

/// See [`Store::under_way_elsewhere`](enlist_registration::ports::Store::under_way_elsewhere).
pub(super) fn under_way_elsewhere(
    connection: &Connection,
    gateway: &str,
    now: Timestamp,
) -> Result<Vec<UnderWay>, Fault> {
    let mut statement = connection.prepare_cached(UNDER_WAY_ELSEWHERE)?;
    let mut rows = statement.query((gateway, Moment(now)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(UnderWay {
            gateway: row.get("gateway")?,
            held: row.get("held")?,
            unverified: row.get("unverified")?,
        });
    }
    Ok(found)
}

const UNDER_WAY_ELSEWHERE: &str = "
    SELECT gateway, sum(NOT has_time) AS held, sum(has_time) AS unverified
    FROM (
        SELECT intent->>'gateway' AS gateway,
            coalesce(status = 'awaiting_verification' AND act_by > ?2, 0) AS has_time
        FROM registrations WHERE status NOT IN ('registered', 'undone'))
    WHERE gateway <> ?1 GROUP BY gateway ORDER BY gateway";

/// The only row that a query can have, read by `read`.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    rows.next()?.map(read).transpose()
}
