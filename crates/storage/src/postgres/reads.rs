//! Looking at registrations without touching them.

use enlist_domain::EmailAddress;
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{RegistrationFilter, RequestRecord, UnderWay};
use enlist_registration::state::{Registration, Status};
use enlist_registration::tokens::KeyedHash;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::Database;
use super::fault::Fault;
use super::parameters::{Bytes, Moment, parameters};
use super::rows::{self, count};
use crate::values::{REGISTRATION, ValueFault};

/// What has an address.
pub(super) enum Taken {
    ByAccount,
    ByRegistration,
}

/// See [`Store::registration`](enlist_registration::ports::Store::registration).
pub(super) async fn registration(
    store: &Database,
    id: RegistrationId,
) -> Result<Option<Registration>, Fault> {
    let sql = format!("SELECT {REGISTRATION} FROM registrations WHERE id = $1");
    let found = store.read(&sql, &parameters![id.0]).await?;
    found.first().map(rows::registration).transpose()
}

/// See [`Store::request`](enlist_registration::ports::Store::request).
pub(super) async fn request(
    store: &Database,
    key: &KeyedHash,
) -> Result<Option<(RequestRecord, Registration)>, Fault> {
    let sql = format!(
        "SELECT {REGISTRATION}, request_fingerprint FROM registrations WHERE idempotency_key = $1"
    );
    let found = store.read(&sql, &parameters![Bytes(&key.0)]).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let fingerprint: &[u8] = row.try_get("request_fingerprint")?;
    let fingerprint = fingerprint
        .try_into()
        .map_err(|source| ValueFault::unreadable("a request's fingerprint", source))?;
    let record = RequestRecord {
        key: *key,
        fingerprint: KeyedHash(fingerprint),
    };
    Ok(Some((record, rows::registration(row)?)))
}

/// Whether, and by what, an address is taken.
pub(super) async fn taken_by(
    store: &Database,
    email: &EmailAddress,
) -> Result<Option<Taken>, Fault> {
    const TAKEN: &str = "
        SELECT true AS by_account FROM users WHERE email_normalised = $1
        UNION ALL
        SELECT false FROM registrations
        WHERE email_normalised = $1 AND status NOT IN ('registered', 'undone')
        LIMIT 1";
    let found = store.read(TAKEN, &parameters![email.normalised()]).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    Ok(Some(match row.try_get("by_account")? {
        true => Taken::ByAccount,
        false => Taken::ByRegistration,
    }))
}

/// See [`Store::under_way_elsewhere`](enlist_registration::ports::Store::under_way_elsewhere).
pub(super) async fn under_way_elsewhere(
    store: &Database,
    gateway: &str,
    now: Timestamp,
) -> Result<Vec<UnderWay>, Fault> {
    const UNDER_WAY_ELSEWHERE: &str = "
        SELECT gateway, count(*) FILTER (WHERE NOT has_time) AS held,
            count(*) FILTER (WHERE has_time) AS unverified
        FROM (
            SELECT intent->>'gateway' AS gateway,
                coalesce(status = 'awaiting_verification' AND act_by > $2, false) AS has_time
            FROM registrations WHERE status NOT IN ('registered', 'undone')) AS under_way
        WHERE gateway <> $1 GROUP BY gateway ORDER BY gateway";
    let found = store
        .read(UNDER_WAY_ELSEWHERE, &parameters![gateway, Moment(now)])
        .await?;
    let read = |row: &Row| {
        Ok(UnderWay {
            gateway: row.try_get("gateway")?,
            held: count(row, "held")?,
            unverified: count(row, "unverified")?,
        })
    };
    found.iter().map(read).collect()
}

/// See [`Store::registrations`](enlist_registration::ports::Store::registrations).
pub(super) async fn registrations(
    store: &Database,
    filter: &RegistrationFilter,
) -> Result<Vec<Registration>, Fault> {
    // Two questions rather than one with "or null", which would use no index.
    let by_email = match filter.email {
        Some(_) => "email_normalised = $1",
        None => "$1::text IS NULL",
    };
    let sql = format!(
        "SELECT {REGISTRATION} FROM registrations
         WHERE {by_email} AND ($2::text IS NULL OR status = $2)
         ORDER BY begun_at DESC, id DESC LIMIT $3"
    );
    let email = filter.email.as_ref().map(EmailAddress::normalised);
    let status = filter.status.map(Status::as_str);
    let found = store
        .read(&sql, &parameters![email, status, i64::from(filter.limit)])
        .await?;
    found.iter().map(rows::registration).collect()
}
