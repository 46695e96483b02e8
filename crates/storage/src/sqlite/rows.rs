//! How values are spelled in the database, and how a registration is read from its row.

use enlist_registration::ids::{Generation, RegistrationId, UserId};
use enlist_registration::state::{Lease, Registration};
use enlist_registration::tokens::KeyedHash;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use uuid::Uuid;

use super::fault::Fault;
use crate::values::{from_json, status_of};

/// RFC 3339 in UTC with six digits of microseconds, so that it sorts as text.
const TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// A time in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) Timestamp);

impl ToSql for Moment {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(TIME.timestamp_to_string(&self.0).into())
    }
}

impl FromSql for Moment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_str()?
            .parse()
            .map(Self)
            .map_err(FromSqlError::other)
    }
}

/// An id in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(pub(super) Uuid);

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.hyphenated().to_string().into())
    }
}

impl FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Uuid::parse_str(value.as_str()?)
            .map(Self)
            .map_err(FromSqlError::other)
    }
}

/// A keyed hash in a column: 32 bytes.
pub(super) struct Hash(pub(super) KeyedHash);

impl ToSql for Hash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.0.as_slice().into())
    }
}

impl FromSql for Hash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(|bytes| Self(KeyedHash(bytes)))
    }
}

/// A registration from the columns [`REGISTRATION`]. One that nobody holds has a lease that expired
/// in 1970.
pub(super) fn registration(row: &Row<'_>) -> Result<Registration, Fault> {
    let moment = |column: &str| -> Result<Option<Timestamp>, Fault> {
        Ok(row.get::<_, Option<Moment>>(column)?.map(|moment| moment.0))
    };
    let status: String = row.get("status")?;
    let intent: String = row.get("intent")?;
    let progress: String = row.get("progress")?;
    let failure: Option<String> = row.get("failure")?;
    Ok(Registration {
        id: RegistrationId(row.get::<_, Key>("id")?.0),
        intent: from_json("a registration's intent", &intent)?,
        status: status_of(status)?,
        progress: from_json("a registration's progress", &progress)?,
        failure: failure
            .map(|json| from_json("a registration's failure", &json))
            .transpose()?,
        begun_at: row.get::<_, Moment>("begun_at")?.0,
        deadline_at: row.get::<_, Moment>("deadline_at")?.0,
        act_by: moment("act_by")?,
        verified_at: moment("verified_at")?,
        opened_at: moment("opened_at")?,
        rested_at: moment("rested_at")?,
        undoing_since: moment("undoing_since")?,
        attempts: row.get("attempts")?,
        not_before: moment("not_before")?,
        lease: Lease {
            generation: Generation(row.get("generation")?),
            expires_at: moment("lease_expires_at")?.unwrap_or(Timestamp::UNIX_EPOCH),
            given_at: Timestamp::UNIX_EPOCH,
        },
        next_seq: row.get("next_seq")?,
        mail_serial: row.get("mail_serial")?,
        last_mail_at: moment("last_mail_at")?,
        code_attempts: row.get("code_attempts")?,
    })
}

impl From<RegistrationId> for Key {
    fn from(id: RegistrationId) -> Self {
        Self(id.0)
    }
}

impl From<UserId> for Key {
    fn from(id: UserId) -> Self {
        Self(id.0)
    }
}
