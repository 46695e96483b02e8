//! What persons, gateways and operators do to a registration that waits. The first to commit wins:
//! a registration in somebody's hands, or about to be undone, takes no signal. But for one that waits
//! for a person at their bank: whoever has it in hand only looks what became of it, so the signal, which
//! knows more, takes it away.

use std::sync::LazyLock;

use enlist_registration::ids::{OwnerId, RegistrationId};
use enlist_registration::ports::{Signal, Signalled};
use enlist_registration::state::{Failure, Registration};
use jiff::Timestamp;

use super::Database;
use super::claims::claimed_row;
use super::fault::Fault;
use super::parameters::{JsonText, Moment, parameters};
use super::reads;
use super::session::Written;
use crate::values::{REGISTRATION, to_json};

/// $1 is the registration, $2 the new owner, $3 the length of a lease.
const CLAIM: &str = "owner = $2, lease_expires_at = now() + $3 * interval '1 microsecond', \
     due_at = NULL, generation = generation + 1";
/// In nobody's hands: the deadline, or an earlier signal, may have put it into somebody's.
const IN_NOBODYS_HANDS: &str = "(owner IS NULL OR lease_expires_at <= now())";

static VERIFIED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH claimed AS (
            UPDATE registrations
            SET status = 'running', verified_at = now(), deadline_at = $4, {CLAIM}
            WHERE id = $1 AND status = 'awaiting_verification' AND act_by > now()
                AND failure IS NULL AND {IN_NOBODYS_HANDS}
            RETURNING user_id, {REGISTRATION}
        ), account AS (
            UPDATE users SET email_verified_at = now(), updated_at = now()
            WHERE id = (SELECT user_id FROM claimed) AND email_verified_at IS NULL
        )
        SELECT {REGISTRATION} FROM claimed"
    )
});

static ACTION_TAKEN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE registrations
         SET status = 'running', deadline_at = $4, not_before = NULL, {CLAIM}
         WHERE id = $1 AND status = 'awaiting_action' AND failure IS NULL
         RETURNING {REGISTRATION}"
    )
});

/// Keeps the status and notes why it is to be undone, which makes the decision for whoever drives it.
static DOOMED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE registrations
         SET failure = coalesce(failure, $4), {CLAIM}
         WHERE id = $1 AND status IN ('awaiting_verification', 'awaiting_action')
             AND ((status = 'awaiting_action' AND failure IS NULL) OR {IN_NOBODYS_HANDS})
         RETURNING {REGISTRATION}"
    )
});

/// See [`Store::signal`](enlist_registration::ports::Store::signal). Where the answer to a claim is
/// lost, the registration is found in our own hands and nobody drives it: it is told as not waiting,
/// and goes on when the lease has expired.
pub(super) async fn signal(
    store: &Database,
    id: RegistrationId,
    signal: Signal,
    owner: OwnerId,
    next_deadline: Timestamp,
) -> Result<Signalled, Fault> {
    let written = match signal {
        Signal::Verified => going_on(store, &VERIFIED, id, owner, next_deadline).await?,
        Signal::ActionTaken => going_on(store, &ACTION_TAKEN, id, owner, next_deadline).await?,
        Signal::MailRefused => doomed(store, id, owner, &Failure::MailRefused).await?,
        Signal::Undo => doomed(store, id, owner, &Failure::ByOperator).await?,
    };
    if let Some(registration) = claimed(store, &written)? {
        return Ok(Signalled::Claimed(Box::new(registration)));
    }
    Ok(match reads::registration(store, id).await? {
        Some(registration) => Signalled::NotWaiting(Box::new(registration)),
        None => Signalled::Unknown,
    })
}

async fn going_on(
    store: &Database,
    statement: &str,
    id: RegistrationId,
    owner: OwnerId,
    next_deadline: Timestamp,
) -> Result<Written, Fault> {
    let deadline = Moment(next_deadline);
    store
        .write(
            statement,
            &parameters![id.0, owner.0, store.lease_us(), deadline],
        )
        .await
}

async fn doomed(
    store: &Database,
    id: RegistrationId,
    owner: OwnerId,
    failure: &Failure,
) -> Result<Written, Fault> {
    let failure = JsonText(to_json("a failure", failure)?);
    store
        .write(
            &DOOMED,
            &parameters![id.0, owner.0, store.lease_us(), failure],
        )
        .await
}

fn claimed(store: &Database, written: &Written) -> Result<Option<Registration>, Fault> {
    let Some(row) = written.rows.first() else {
        return Ok(None);
    };
    claimed_row(store, written.asked_at, row).map(Some)
}
