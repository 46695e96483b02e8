//! Verification mails and the codes in them: what a person may cause, counted where it cannot be
//! got round.

use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::jobs::JobKind;
use enlist_registration::limits::later;
use enlist_registration::ports::{MailAsked, MailRation};

use super::Database;
use super::fault::Fault;
use super::parameters::{Moment, parameters};
use super::rows::count;

/// See [`Store::count_code_attempt`](enlist_registration::ports::Store::count_code_attempt). Of a
/// registration that does not exist: one.
pub(super) async fn count_code_attempt(store: &Database, id: RegistrationId) -> Result<u32, Fault> {
    const COUNT: &str = "
        UPDATE registrations SET code_attempts = least(code_attempts + 1, 4294967295)
        WHERE id = $1 RETURNING code_attempts";
    let written = store.write(COUNT, &parameters![id.0]).await?;
    let tried = written.rows.first().map(|row| count(row, "code_attempts"));
    Ok(tried.transpose()?.unwrap_or(1))
}

/// Only a registration that waits, and whose ration is not used up, gets another mail.
const QUEUE: &str = "
    WITH journal AS (
        UPDATE registrations
        SET mail_serial = mail_serial + 1, last_mail_at = now(), code_attempts = 0
        WHERE id = $1 AND status = 'awaiting_verification' AND act_by > now() AND failure IS NULL
            AND mail_serial < $2
            AND (last_mail_at IS NULL OR last_mail_at + $3 * interval '1 microsecond' <= now())
        RETURNING id, mail_serial
    )
    INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                      queued_at)
    SELECT $4, $5, id, mail_serial, now(), 0, 'queued', 0, now() FROM journal
    RETURNING id";

/// Why not.
const REFUSED: &str = "
    SELECT mail_serial, last_mail_at,
        status = 'awaiting_verification' AND act_by > now() AND failure IS NULL AS is_waiting,
        EXISTS (SELECT 1 FROM jobs WHERE jobs.id = $2) AS is_queued
    FROM registrations WHERE id = $1";

/// See [`Store::ask_for_mail`](enlist_registration::ports::Store::ask_for_mail).
pub(super) async fn ask_for_mail(
    store: &Database,
    id: RegistrationId,
    job: JobId,
    ration: MailRation,
) -> Result<MailAsked, Fault> {
    let (most, kind) = (i64::from(ration.mails), JobKind::VerificationMail.as_str());
    let apart_us = i64::try_from(ration.apart.as_micros()).unwrap_or(i64::MAX);
    let queued = store
        .write(QUEUE, &parameters![id.0, most, apart_us, job.0, kind])
        .await;
    match queued {
        Ok(queued) if queued.rows.is_empty() => {}
        // By an earlier try whose answer was lost, where the ration allows for two at once.
        Err(fault) if fault.violated() == Some("jobs_pkey") => return Ok(MailAsked::Queued),
        other => return other.map(|_| MailAsked::Queued),
    }
    let found = store.read(REFUSED, &parameters![id.0, job.0]).await?;
    let Some(row) = found.first() else {
        return Ok(MailAsked::NotWaiting);
    };
    let is_waiting: bool = row.try_get("is_waiting")?;
    let last_mail_at: Option<Moment> = row.try_get("last_mail_at")?;
    // By an earlier try whose answer was lost.
    if row.try_get("is_queued")? {
        Ok(MailAsked::Queued)
    } else if !is_waiting {
        Ok(MailAsked::NotWaiting)
    } else if i64::from(count(row, "mail_serial")?) >= most {
        Ok(MailAsked::Exhausted)
    } else {
        let last = last_mail_at.ok_or(Fault::Outrun(1))?;
        Ok(MailAsked::TooSoon(later(last.0, ration.apart)))
    }
}
