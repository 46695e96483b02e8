//! The journal row: the claim on the e-mail and on the idempotency key.

use std::sync::LazyLock;

use enlist_registration::ports::{Begun, NewRegistration};

use super::Database;
use super::fault::Fault;
use super::parameters::{Bytes, JsonText, Moment, moment, parameters};
use super::timeline::Columns;
use super::{journeys, reads};
use crate::values::{IS_OPEN, to_json};

/// How often a claim is tried that was refused because of one which is gone when we look for it.
const ATTEMPTS: u32 = 5;

/// One statement, one round trip, one commit. Whether the address has an account is seen as of the
/// statement's beginning: an account that is opened after that is held back by its own registration's
/// claim, and one whose registration has also come to rest since is noticed when this one opens its
/// account (`one_user_per_email`).
///
/// The first mail is due at once: a clock that is ahead of the database's must not hold it back.
///
/// A journey's row is locked before anything is written, and points to the registration only if that is
/// written: of two last steps at once, the second finds it closed.
static BEGIN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH journey AS (
            SELECT id FROM pending_registrations
            WHERE id = $31 AND expires_at > now() AND verified_at IS NOT NULL AND {IS_OPEN}
            FOR UPDATE
        ), journal AS (
            INSERT INTO registrations (
                id, user_id, status, email, email_normalised, intent, progress, failure, begun_at,
                deadline_at, act_by, verified_at, attempts, not_before, owner, lease_expires_at,
                due_at, generation, next_seq, mail_serial, last_mail_at, code_attempts,
                idempotency_key, request_fingerprint)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                CASE WHEN $32::timestamptz IS NULL THEN $15 END,
                CASE WHEN $32::timestamptz IS NULL
                    THEN now() + $16 * interval '1 microsecond' END,
                $32, $17, greatest($18, $24 + $25), $19, $20, $21, $22, $23
            WHERE NOT EXISTS (SELECT 1 FROM users WHERE email_normalised = $5)
                AND ($31::uuid IS NULL OR EXISTS (SELECT 1 FROM journey))
            ON CONFLICT DO NOTHING
            RETURNING id
        ), timeline AS (
            INSERT INTO registration_events (registration_id, seq, generation, at, step, kind, detail)
            SELECT journal.id, $24 + event.position - 1, event.generation, event.at, event.step,
                event.kind, event.detail
            FROM journal,
                unnest($26::bigint[], $27::timestamptz[], $28::text[], $29::text[], $30::text[])
                    WITH ORDINALITY AS event (generation, at, step, kind, detail, position)
        ), closed AS (
            UPDATE pending_registrations SET registration_id = journal.id
            FROM journal WHERE pending_registrations.id = $31
        ), mail AS (
            INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                              queued_at)
            SELECT $33, $34, id, $35, least($36, now()), 0, 'queued', 0, now() FROM journal
            WHERE $33::uuid IS NOT NULL
        )
        SELECT id FROM journal"
    )
});

/// Writes the journal row, or says what is in its way. Beginning the same registration again, after
/// an answer that was lost, is a beginning.
pub(super) async fn begin(store: &Database, new: &NewRegistration<'_>) -> Result<Begun, Fault> {
    for _ in 0..ATTEMPTS {
        if insert(store, new).await? {
            return Ok(Begun::Begun);
        }
        if let Some(conflict) = conflict(store, new).await? {
            return Ok(conflict);
        }
    }
    Err(Fault::Outrun(ATTEMPTS))
}

async fn insert(store: &Database, new: &NewRegistration<'_>) -> Result<bool, Fault> {
    let (registration, request) = (new.registration, new.request);
    let intent = &registration.intent;
    let failure = registration
        .failure
        .as_ref()
        .map(|failure| to_json("a failure", failure).map(JsonText));
    let key = request.map(|request| Bytes(&request.key.0));
    let fingerprint = request.map(|request| Bytes(&request.fingerprint.0));
    let columns = Columns::new(registration.next_seq, new.events);
    let inserted = store
        .write(
            &BEGIN,
            &parameters![
                registration.id.0,
                intent.user.0,
                registration.status.as_str(),
                intent.email.as_typed(),
                intent.email.normalised(),
                JsonText(to_json("an intent", intent)?),
                JsonText(to_json("progress", &registration.progress)?),
                failure.transpose()?,
                Moment(registration.begun_at),
                Moment(registration.deadline_at),
                moment(registration.act_by),
                moment(registration.verified_at),
                i64::from(registration.attempts),
                moment(registration.not_before),
                new.owner.0,
                store.lease_us(),
                registration.lease.generation.0,
                i64::from(registration.next_seq),
                i64::from(registration.mail_serial),
                moment(registration.last_mail_at),
                i64::from(registration.code_attempts),
                key,
                fingerprint,
                columns.first_seq,
                columns.number,
                columns.generations,
                columns.times,
                columns.steps,
                columns.kinds,
                columns.details,
                new.journey.map(|journey| journey.0),
                moment(new.waits_until()),
                new.mail.map(|mail| mail.id.0),
                new.mail.map(|mail| mail.kind.as_str()),
                new.mail.map(|mail| i64::from(mail.serial)),
                new.mail.map(|mail| Moment(mail.due_at)),
            ],
        )
        .await?;
    Ok(!inserted.rows.is_empty())
}

/// What is in the way. The key goes first: the same request again is a replay, whatever became of its
/// e-mail. None: it is gone by now.
async fn conflict(store: &Database, new: &NewRegistration<'_>) -> Result<Option<Begun>, Fault> {
    if is_begun(store, new).await? {
        return Ok(Some(Begun::Begun));
    }
    if let Some(request) = new.request
        && let Some(earlier) = reads::request(store, &request.key).await?
    {
        return Ok(Some(Begun::KeyIsUsed(Box::new(earlier))));
    }
    if let Some(journey) = new.journey
        && (!journeys::is_open(store, journey).await? || exists(store, new).await?)
    {
        return Ok(Some(Begun::JourneyIsClosed));
    }
    let email = &new.registration.intent.email;
    Ok(match reads::taken_by(store, email).await? {
        Some(reads::Taken::ByAccount) => Some(Begun::EmailHasAccount),
        Some(reads::Taken::ByRegistration) => Some(Begun::EmailIsHeld),
        None => None,
    })
}

/// By another last step: both were to have the journey's id, as the first that leads to a registration
/// has.
async fn exists(store: &Database, new: &NewRegistration<'_>) -> Result<bool, Fault> {
    const EXISTS: &str = "SELECT 1 FROM registrations WHERE id = $1";
    let found = store
        .read(EXISTS, &parameters![new.registration.id.0])
        .await?;
    Ok(!found.is_empty())
}

/// By an earlier try of the same beginning, whose answer was lost: another has another user, even of the
/// same journey and in the same process.
async fn is_begun(store: &Database, new: &NewRegistration<'_>) -> Result<bool, Fault> {
    const SAME: &str = "
        SELECT 1 FROM registrations
        WHERE id = $1 AND user_id = $2 AND owner IS NOT DISTINCT FROM $3 AND generation = $4";
    let registration = new.registration;
    let owner = new.waits_until().is_none().then_some(new.owner.0);
    let generation = registration.lease.generation.0;
    let rows = store
        .read(
            SAME,
            &parameters![
                registration.id.0,
                registration.intent.user.0,
                owner,
                generation
            ],
        )
        .await?;
    Ok(!rows.is_empty())
}
