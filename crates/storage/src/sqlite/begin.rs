//! The journal row: the claim on the e-mail and on the idempotency key.

use enlist_domain::EmailAddress;
use enlist_registration::ids::OwnerId;
use enlist_registration::ports::{Begun, RequestRecord};
use enlist_registration::state::Registration;
use enlist_registration::timeline::Event;
use rusqlite::named_params;

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::rows::{Hash, Key, Moment};
use super::{reads, timeline};
use crate::values::to_json;

/// Writes the journal row, or says what is in its way. Beginning the same registration again, after
/// an answer that was lost, is a beginning.
pub(super) fn begin(
    tx: &Tx<'_>,
    registration: &Registration,
    owner: OwnerId,
    request: Option<&RequestRecord>,
    events: &[Event],
) -> Result<Verdict<Begun>, Fault> {
    match insert(tx, registration, owner, request) {
        Ok(()) => {}
        Err(fault) if fault.violates_uniqueness() => {
            return conflict(tx, registration, owner, request, fault).map(Verdict::Discard);
        }
        Err(fault) => return Err(fault),
    }
    if has_account(tx, &registration.intent.email)? {
        return Ok(Verdict::Discard(Begun::EmailHasAccount));
    }
    timeline::append(tx, registration.id, events)?;
    Ok(Verdict::Keep(Begun::Begun))
}

/// What a unique index refused. The key goes first: the same request again is a replay, whatever
/// became of its e-mail.
fn conflict(
    tx: &Tx<'_>,
    registration: &Registration,
    owner: OwnerId,
    request: Option<&RequestRecord>,
    fault: Fault,
) -> Result<Begun, Fault> {
    if is_begun(tx, registration, owner)? {
        return Ok(Begun::Begun);
    }
    if let Some(request) = request
        && let Some(earlier) = reads::request(tx.connection, &request.key)?
    {
        return Ok(Begun::KeyIsUsed(Box::new(earlier)));
    }
    if fault.violates("registrations.email_normalised") {
        return Ok(Begun::EmailIsHeld);
    }
    Err(fault)
}

fn insert(
    tx: &Tx<'_>,
    registration: &Registration,
    owner: OwnerId,
    request: Option<&RequestRecord>,
) -> Result<(), Fault> {
    let failure = registration
        .failure
        .as_ref()
        .map(|failure| to_json("a failure", failure));
    let email = &registration.intent.email;
    tx.execute_on_one(
        "INSERT INTO registrations (
             id, user_id, status, email, email_normalised, intent, progress, failure, begun_at,
             deadline_at, act_by, verified_at, attempts, not_before, owner, lease_expires_at,
             generation, next_seq, mail_serial, last_mail_at, code_attempts, idempotency_key,
             request_fingerprint)
         VALUES (
             :id, :user_id, :status, :email, :email_normalised, :intent, :progress, :failure,
             :begun_at, :deadline_at, :act_by, :verified_at, :attempts, :not_before, :owner,
             :lease_expires_at, :generation, :next_seq, :mail_serial, :last_mail_at, :code_attempts,
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
            ":owner": Key(owner.0),
            ":lease_expires_at": Moment(tx.lease_end()),
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

fn is_begun(tx: &Tx<'_>, registration: &Registration, owner: OwnerId) -> Result<bool, Fault> {
    let same = "SELECT 1 FROM registrations WHERE id = ?1 AND owner = ?2 AND generation = ?3";
    let generation = registration.lease.generation.0;
    let parameters = (Key::from(registration.id), Key(owner.0), generation);
    Ok(tx.connection.prepare_cached(same)?.exists(parameters)?)
}

fn has_account(tx: &Tx<'_>, email: &EmailAddress) -> Result<bool, Fault> {
    let user = "SELECT 1 FROM users WHERE email_normalised = ?1";
    Ok(tx
        .connection
        .prepare_cached(user)?
        .exists([email.normalised()])?)
}
