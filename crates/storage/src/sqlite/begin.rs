//! The journal row: the claim on the e-mail and on the idempotency key, and what is written with it.

use enlist_registration::ports::{Begun, NewRegistration};
use rusqlite::named_params;

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::rows::{Hash, Key, Moment};
use super::{jobs, journeys, reads, timeline};
use crate::values::to_json;

/// Writes the journal row, or says what is in its way. Beginning the same registration again, after
/// an answer that was lost, is a beginning.
pub(super) fn begin(tx: &Tx<'_>, new: &NewRegistration<'_>) -> Result<Verdict<Begun>, Fault> {
    let registration = new.registration;
    if let Some(journey) = new.journey
        && !journeys::close(tx, journey, registration.id)?
    {
        return Ok(Verdict::Discard(match is_begun(tx, new)? {
            true => Begun::Begun,
            false => Begun::JourneyIsClosed,
        }));
    }
    match insert(tx, new) {
        Ok(()) => {}
        Err(fault) if fault.violates_uniqueness() => {
            return conflict(tx, new, fault).map(Verdict::Discard);
        }
        Err(fault) => return Err(fault),
    }
    if journeys::has_account(tx.connection, &registration.intent.email)? {
        return Ok(Verdict::Discard(Begun::EmailHasAccount));
    }
    if let Some(mail) = new.mail {
        jobs::queue(tx, mail)?;
    }
    timeline::append(tx, registration.id, new.events)?;
    Ok(Verdict::Keep(Begun::Begun))
}

/// What a unique index refused. The key goes first: the same request again is a replay, whatever
/// became of its e-mail.
fn conflict(tx: &Tx<'_>, new: &NewRegistration<'_>, fault: Fault) -> Result<Begun, Fault> {
    if is_begun(tx, new)? {
        return Ok(Begun::Begun);
    }
    if let Some(request) = new.request
        && let Some(earlier) = reads::request(tx.connection, &request.key)?
    {
        return Ok(Begun::KeyIsUsed(Box::new(earlier)));
    }
    if fault.violates("registrations.email_normalised") {
        return Ok(Begun::EmailIsHeld);
    }
    // Both last steps were to have the journey's id, as the first that leads to a registration has.
    if new.journey.is_some() && fault.violates("registrations.id") {
        return Ok(Begun::JourneyIsClosed);
    }
    Err(fault)
}

fn insert(tx: &Tx<'_>, new: &NewRegistration<'_>) -> Result<(), Fault> {
    let (registration, request) = (new.registration, new.request);
    let waits_until = new.waits_until().map(Moment);
    let is_held = waits_until.is_none();
    let failure = registration
        .failure
        .as_ref()
        .map(|failure| to_json("a failure", failure));
    let email = &registration.intent.email;
    tx.execute_on_one(
        "INSERT INTO registrations (
             id, user_id, status, email, email_normalised, intent, progress, failure, begun_at,
             deadline_at, act_by, verified_at, attempts, not_before, owner, lease_expires_at, due_at,
             generation, next_seq, mail_serial, last_mail_at, code_attempts, idempotency_key,
             request_fingerprint)
         VALUES (
             :id, :user_id, :status, :email, :email_normalised, :intent, :progress, :failure,
             :begun_at, :deadline_at, :act_by, :verified_at, :attempts, :not_before, :owner,
             :lease_expires_at, :due_at, :generation, :next_seq, :mail_serial, :last_mail_at, :code_attempts,
             :idempotency_key, :request_fingerprint)",
        named_params! {
            ":id": Key::from(registration.id),
            ":user_id": Key::from(registration.intent.user),
            ":status": registration.status.as_str(),
            ":email": email.as_typed(),
            ":email_normalised": email.normalised(),
            ":intent": to_json("an intent", &registration.intent)?,
            ":progress": to_json("progress", &registration.progress)?,
            ":failure": failure.transpose()?,
            ":begun_at": Moment(registration.begun_at),
            ":deadline_at": Moment(registration.deadline_at),
            ":act_by": registration.act_by.map(Moment),
            ":verified_at": registration.verified_at.map(Moment),
            ":attempts": registration.attempts,
            ":not_before": registration.not_before.map(Moment),
            ":owner": is_held.then_some(Key(new.owner.0)),
            ":lease_expires_at": is_held.then_some(Moment(tx.lease_end())),
            ":due_at": waits_until,
            ":generation": registration.lease.generation.0,
            ":next_seq": registration.next_seq,
            ":mail_serial": registration.mail_serial,
            ":last_mail_at": registration.last_mail_at.map(Moment),
            ":code_attempts": registration.code_attempts,
            ":idempotency_key": request.map(|request| Hash(request.key)),
            ":request_fingerprint": request.map(|request| Hash(request.fingerprint)),
        },
    )
}

/// By an earlier try of the same beginning, whose answer was lost: another has another user, even of the
/// same journey and in the same process.
fn is_begun(tx: &Tx<'_>, new: &NewRegistration<'_>) -> Result<bool, Fault> {
    let same = "SELECT 1 FROM registrations
                WHERE id = ?1 AND user_id = ?2 AND owner IS ?3 AND generation = ?4";
    let owner = new.waits_until().is_none().then_some(Key(new.owner.0));
    let generation = new.registration.lease.generation.0;
    let id = Key::from(new.registration.id);
    let user = Key::from(new.registration.intent.user);
    let parameters = (id, user, owner, generation);
    Ok(tx.connection.prepare_cached(same)?.exists(parameters)?)
}
