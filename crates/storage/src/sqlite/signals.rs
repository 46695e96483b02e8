//! What persons, gateways and operators do to a registration that waits. The first to commit wins:
//! a registration in somebody's hands, or about to be undone, takes no signal. But for one that waits
//! for a person at their bank: whoever has it in hand only looks what became of it, so the signal, which
//! knows more, takes it away.

use enlist_registration::ids::{OwnerId, RegistrationId};
use enlist_registration::ports::{Signal, Signalled};
use enlist_registration::state::{Failure, Registration};
use jiff::Timestamp;
use rusqlite::named_params;

use super::claims::claimed;
use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::reads::{self, one};
use super::rows::{Key, Moment};
use crate::values::{REGISTRATION, to_json};

/// See [`Store::signal`](enlist_registration::ports::Store::signal).
pub(super) fn signal(
    tx: &Tx<'_>,
    id: RegistrationId,
    signal: Signal,
    owner: OwnerId,
    next_deadline: Timestamp,
) -> Result<Verdict<Signalled>, Fault> {
    let taken = match signal {
        Signal::Verified => verified(tx, id, owner, next_deadline)?,
        Signal::ActionTaken => action_taken(tx, id, owner, next_deadline)?,
        Signal::MailRefused => doomed(tx, id, owner, &Failure::MailRefused)?,
        Signal::Undo => doomed(tx, id, owner, &Failure::ByOperator)?,
    };
    if let Some(registration) = taken {
        return Ok(Verdict::Keep(Signalled::Claimed(Box::new(registration))));
    }
    let standing = reads::registration(tx.connection, id)?;
    Ok(Verdict::Discard(match standing {
        Some(registration) => Signalled::NotWaiting(Box::new(registration)),
        None => Signalled::Unknown,
    }))
}

/// In nobody's hands: the deadline, or an earlier signal, may have put it into somebody's.
const CLAIM: &str = "owner = :owner, lease_expires_at = :lease_expires_at, due_at = NULL, \
     generation = generation + 1";
const IN_NOBODYS_HANDS: &str = "(owner IS NULL OR lease_expires_at <= :now)";

fn verified(
    tx: &Tx<'_>,
    id: RegistrationId,
    owner: OwnerId,
    next_deadline: Timestamp,
) -> Result<Option<Registration>, Fault> {
    let sql = format!(
        "UPDATE registrations
         SET status = 'running', verified_at = :now, deadline_at = :next_deadline, {CLAIM}
         WHERE id = :id AND status = 'awaiting_verification' AND act_by > :now
             AND failure IS NULL AND {IN_NOBODYS_HANDS}
         RETURNING {REGISTRATION}"
    );
    let parameters = named_params! {
        ":now": Moment(tx.now),
        ":next_deadline": Moment(next_deadline),
        ":owner": Key(owner.0),
        ":lease_expires_at": Moment(tx.lease_end()),
        ":id": Key::from(id),
    };
    let verified = one(tx.connection, &sql, parameters, |row| claimed(tx, row))?;
    if let Some(registration) = &verified {
        tx.execute(
            "UPDATE users SET email_verified_at = ?1, updated_at = ?1
             WHERE id = ?2 AND email_verified_at IS NULL",
            (Moment(tx.now), Key::from(registration.intent.user)),
        )?;
    }
    Ok(verified)
}

fn action_taken(
    tx: &Tx<'_>,
    id: RegistrationId,
    owner: OwnerId,
    next_deadline: Timestamp,
) -> Result<Option<Registration>, Fault> {
    let sql = format!(
        "UPDATE registrations
         SET status = 'running', deadline_at = :next_deadline, not_before = NULL, {CLAIM}
         WHERE id = :id AND status = 'awaiting_action' AND failure IS NULL
         RETURNING {REGISTRATION}"
    );
    let parameters = named_params! {
        ":next_deadline": Moment(next_deadline),
        ":owner": Key(owner.0),
        ":lease_expires_at": Moment(tx.lease_end()),
        ":id": Key::from(id),
    };
    one(tx.connection, &sql, parameters, |row| claimed(tx, row))
}

/// Keeps the status and notes why it is to be undone, which makes the decision for whoever drives it.
fn doomed(
    tx: &Tx<'_>,
    id: RegistrationId,
    owner: OwnerId,
    failure: &Failure,
) -> Result<Option<Registration>, Fault> {
    let sql = format!(
        "UPDATE registrations
         SET failure = coalesce(failure, :failure), {CLAIM}
         WHERE id = :id AND status IN ('awaiting_verification', 'awaiting_action')
             AND ((status = 'awaiting_action' AND failure IS NULL) OR {IN_NOBODYS_HANDS})
         RETURNING {REGISTRATION}"
    );
    let parameters = named_params! {
        ":now": Moment(tx.now),
        ":failure": to_json("a failure", failure)?,
        ":owner": Key(owner.0),
        ":lease_expires_at": Moment(tx.lease_end()),
        ":id": Key::from(id),
    };
    one(tx.connection, &sql, parameters, |row| claimed(tx, row))
}
