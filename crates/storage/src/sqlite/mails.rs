//! Verification mails and the codes in them: what a person may cause, counted where it cannot be
//! got round.

use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::jobs::{JobKind, NewJob};
use enlist_registration::limits::later;
use enlist_registration::ports::{MailAsked, MailRation};

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::jobs;
use super::reads::one;
use super::rows::{Key, Moment};

/// See [`Store::count_code_attempt`](enlist_registration::ports::Store::count_code_attempt). Of a
/// registration that does not exist: one.
pub(super) fn count_code_attempt(tx: &Tx<'_>, id: RegistrationId) -> Result<Verdict<u32>, Fault> {
    let sql = "UPDATE registrations SET code_attempts = min(code_attempts + 1, 4294967295)
               WHERE id = ?1 RETURNING code_attempts";
    let tried = one(tx.connection, sql, [Key::from(id)], |row| Ok(row.get(0)?))?;
    Ok(Verdict::Keep(tried.unwrap_or(1)))
}

/// See [`Store::ask_for_mail`](enlist_registration::ports::Store::ask_for_mail).
pub(super) fn ask_for_mail(
    tx: &Tx<'_>,
    id: RegistrationId,
    job: JobId,
    ration: MailRation,
) -> Result<Verdict<MailAsked>, Fault> {
    let sql = "SELECT mail_serial, last_mail_at FROM registrations
               WHERE id = ?1 AND status = 'awaiting_verification' AND act_by > ?2
                   AND failure IS NULL";
    let waiting = one(tx.connection, sql, (Key::from(id), Moment(tx.now)), |row| {
        Ok((row.get::<_, u32>(0)?, row.get::<_, Option<Moment>>(1)?))
    })?;
    let Some((sent, last_mail_at)) = waiting else {
        return Ok(Verdict::Discard(MailAsked::NotWaiting));
    };
    if sent >= ration.mails {
        return Ok(Verdict::Discard(MailAsked::Exhausted));
    }
    let not_before = last_mail_at.map(|Moment(last)| later(last, ration.apart));
    if let Some(moment) = not_before.filter(|moment| *moment > tx.now) {
        return Ok(Verdict::Discard(MailAsked::TooSoon(moment)));
    }
    let serial = sent.saturating_add(1);
    let kind = JobKind::VerificationMail;
    jobs::queue(
        tx,
        &NewJob {
            id: job,
            kind,
            registration: id,
            serial,
            due_at: tx.now,
        },
    )?;
    note_mail(tx, id, serial)?;
    Ok(Verdict::Keep(MailAsked::Queued))
}

/// Makes mail number `serial` the newest, with its tries.
pub(super) fn note_mail(tx: &Tx<'_>, id: RegistrationId, serial: u32) -> Result<(), Fault> {
    tx.execute_on_one(
        "UPDATE registrations SET mail_serial = ?1, last_mail_at = ?2, code_attempts = 0
         WHERE id = ?3",
        (serial, Moment(tx.now), Key::from(id)),
    )
}
