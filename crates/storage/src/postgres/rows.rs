//! How a registration is read from its row.

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::state::{Lease, Registration};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use super::fault::Fault;
use super::parameters::Moment;
use crate::values::{ValueFault, place, status_of};

/// A registration from the columns [`REGISTRATION`](crate::values::REGISTRATION). One that nobody
/// holds has a lease that expired in 1970.
pub(super) fn registration(row: &Row) -> Result<Registration, Fault> {
    let time = |column: &str| -> Result<Option<Timestamp>, Fault> {
        let moment: Option<Moment> = row.try_get(column)?;
        Ok(moment.map(|moment| moment.0))
    };
    let failure: Option<Json<_>> = json(row, "failure", "a registration's failure")?;
    let intent: Json<_> = json(row, "intent", "a registration's intent")?;
    let progress: Json<_> = json(row, "progress", "a registration's progress")?;
    Ok(Registration {
        id: RegistrationId(row.try_get("id")?),
        intent: intent.0,
        status: status_of(row.try_get("status")?)?,
        progress: progress.0,
        failure: failure.map(|failure| failure.0),
        begun_at: row.try_get::<_, Moment>("begun_at")?.0,
        deadline_at: row.try_get::<_, Moment>("deadline_at")?.0,
        act_by: time("act_by")?,
        verified_at: time("verified_at")?,
        opened_at: time("opened_at")?,
        rested_at: time("rested_at")?,
        undoing_since: time("undoing_since")?,
        attempts: count(row, "attempts")?,
        not_before: time("not_before")?,
        lease: Lease {
            generation: Generation(row.try_get("generation")?),
            expires_at: time("lease_expires_at")?.unwrap_or(Timestamp::UNIX_EPOCH),
            given_at: Timestamp::UNIX_EPOCH,
        },
        next_seq: count(row, "next_seq")?,
        mail_serial: count(row, "mail_serial")?,
        last_mail_at: time("last_mail_at")?,
        code_attempts: count(row, "code_attempts")?,
    })
}

/// A column that counts something.
pub(super) fn count(row: &Row, column: &str) -> Result<u32, Fault> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number)
        .map_err(|source| ValueFault::unreadable("a number of a registration", source).into())
}

/// A column of JSON.
pub(super) fn json<'a, T: tokio_postgres::types::FromSql<'a>>(
    row: &'a Row,
    column: &str,
    what: &'static str,
) -> Result<T, Fault> {
    row.try_get(column)
        .map_err(|error| ValueFault::unreadable(what, place_in(&error)).into())
}

/// See [`place`].
fn place_in(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error);
    match cause.and_then(|cause| cause.downcast_ref::<serde_json::Error>()) {
        Some(error) => place(error),
        None => "not JSON at all".to_owned(),
    }
}
