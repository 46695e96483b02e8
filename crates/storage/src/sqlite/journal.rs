//! What a driver writes of a registration that it holds. Each statement names the generation and the
//! status that it expects, and changes one row or none.

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::jobs::NewJob;
use enlist_registration::state::{Lease, Registration, Status};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use jiff::Timestamp;
use rusqlite::named_params;

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::rows::{Key, Moment};
use super::{accounts, jobs, timeline};
use crate::values::to_json;

/// In whose hands a registration is after a write.
#[derive(Clone, Copy)]
pub(super) enum Hands {
    /// The driver keeps it.
    Kept,
    /// Nobody's, until then.
    LetGoUntil(Timestamp),
    /// Nobody's, for ever.
    Resting,
}

/// See [`Store::save`](enlist_registration::ports::Store::save).
pub(super) fn save(
    tx: &Tx<'_>,
    registration: &Registration,
    expected: Status,
    events: &[Event],
) -> Result<Verdict<()>, Fault> {
    update(tx, registration, expected, Hands::Kept, events)?;
    Ok(Verdict::Keep(()))
}

/// See [`Store::park`](enlist_registration::ports::Store::park).
pub(super) fn park(
    tx: &Tx<'_>,
    registration: &Registration,
    expected: Status,
    due_at: Timestamp,
    events: &[Event],
) -> Result<Verdict<()>, Fault> {
    update(
        tx,
        registration,
        expected,
        Hands::LetGoUntil(due_at),
        events,
    )?;
    Ok(Verdict::Keep(()))
}

/// See [`Store::rest`](enlist_registration::ports::Store::rest).
pub(super) fn rest(
    tx: &Tx<'_>,
    registration: &Registration,
    expected: Status,
    follow_up: &[NewJob],
    events: &[Event],
) -> Result<Verdict<()>, Fault> {
    update(tx, registration, expected, Hands::Resting, events)?;
    if registration.has_subscription_at(StepName::Finish) {
        accounts::insert_subscription(tx, registration, tx.now)?;
    }
    for job in follow_up {
        jobs::queue(tx, job)?;
    }
    Ok(Verdict::Keep(()))
}

/// See [`Store::record`](enlist_registration::ports::Store::record). The status is not written: what
/// changes it waits for the disk.
pub(super) fn record(
    tx: &Tx<'_>,
    registration: &Registration,
    events: &[Event],
) -> Result<Verdict<()>, Fault> {
    let failure = registration
        .failure
        .as_ref()
        .map(|failure| to_json("a failure", failure));
    tx.execute_on_one(
        "UPDATE registrations
         SET progress = :progress, failure = :failure, attempts = :attempts,
             not_before = :not_before, next_seq = max(next_seq, :next_seq)
         WHERE id = :id AND generation = :generation AND owner IS NOT NULL",
        named_params! {
            ":progress": to_json("progress", &registration.progress)?,
            ":failure": failure.transpose()?,
            ":attempts": registration.attempts,
            ":not_before": registration.not_before.map(Moment),
            ":next_seq": registration.next_seq,
            ":id": Key::from(registration.id),
            ":generation": registration.lease.generation.0,
        },
    )?;
    timeline::append(tx, registration.id, events)?;
    Ok(Verdict::Keep(()))
}

/// See [`Store::renew_lease`](enlist_registration::ports::Store::renew_lease).
pub(super) fn renew_lease(
    tx: &Tx<'_>,
    id: RegistrationId,
    generation: Generation,
) -> Result<Verdict<Lease>, Fault> {
    let expires_at = tx.lease_end();
    tx.execute_on_one(
        "UPDATE registrations SET lease_expires_at = ?1
         WHERE id = ?2 AND generation = ?3 AND owner IS NOT NULL",
        (Moment(expires_at), Key::from(id), generation.0),
    )?;
    Ok(Verdict::Keep(tx.lease_until(generation, expires_at)))
}

/// Writes the journal row of a held registration. A write that was made before, and whose answer was
/// lost, is known by its events ([`Fault::MadeBefore`]). What persons change at any time (`mail_serial`,
/// `last_mail_at`, `code_attempts`) is left alone.
pub(super) fn update(
    tx: &Tx<'_>,
    registration: &Registration,
    expected: Status,
    hands: Hands,
    events: &[Event],
) -> Result<(), Fault> {
    let (is_kept, due_at) = match hands {
        Hands::Kept => (true, None),
        Hands::LetGoUntil(moment) => (false, Some(Moment(moment))),
        Hands::Resting => (false, None),
    };
    let failure = registration
        .failure
        .as_ref()
        .map(|failure| to_json("a failure", failure));
    let updated = tx.execute_on_one(
        "UPDATE registrations
         SET status = :status, progress = :progress, failure = :failure,
             deadline_at = :deadline_at, act_by = :act_by, verified_at = :verified_at,
             opened_at = :opened_at, rested_at = :rested_at, undoing_since = :undoing_since,
             attempts = :attempts, not_before = :not_before,
             next_seq = max(next_seq, :next_seq),
             owner = CASE WHEN :is_kept THEN owner END,
             lease_expires_at = CASE WHEN :is_kept THEN lease_expires_at END,
             due_at = :due_at
         WHERE id = :id AND generation = :generation AND status = :expected
             AND owner IS NOT NULL",
        named_params! {
            ":status": registration.status.as_str(),
            ":progress": to_json("progress", &registration.progress)?,
            ":failure": failure.transpose()?,
            ":deadline_at": Moment(registration.deadline_at),
            ":act_by": registration.act_by.map(Moment),
            ":verified_at": registration.verified_at.map(Moment),
            ":opened_at": registration.opened_at.map(Moment),
            ":rested_at": registration.rested_at.map(Moment),
            ":undoing_since": registration.undoing_since.map(Moment),
            ":attempts": registration.attempts,
            ":not_before": registration.not_before.map(Moment),
            ":next_seq": registration.next_seq,
            ":is_kept": is_kept,
            ":due_at": due_at,
            ":id": Key::from(registration.id),
            ":generation": registration.lease.generation.0,
            ":expected": expected.as_str(),
        },
    );
    if let (Err(Fault::Superseded), Some(event)) = (&updated, events.last())
        && timeline::has(tx, registration.id, event)?
    {
        return Err(Fault::MadeBefore);
    }
    updated?;
    timeline::append(tx, registration.id, events)
}
