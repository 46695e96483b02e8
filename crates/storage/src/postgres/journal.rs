//! What a driver writes of a registration that it holds. Each write is one statement, which names the
//! generation and the status that it expects and changes one row or none; so there is no moment at
//! which a process that is paused could hold a transaction open.

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::jobs::NewJob;
use enlist_registration::limits::later;
use enlist_registration::state::{Registration, Status};
use enlist_registration::timeline::Event;
use jiff::Timestamp;

use super::Database;
use super::fault::Fault;
use super::parameters::{JsonText, Moment, Parameter, moment, parameter, parameters};
use super::timeline::{self, Columns};
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

/// The journal row and its timeline, as the beginning of a statement: parameters $1 to $24. What
/// persons change at any time (`mail_serial`, `last_mail_at`, `code_attempts`) is left alone, but for
/// `$and`.
macro_rules! journal_and_timeline {
    ($and:literal) => {
        concat!(
            "WITH journal AS (
                UPDATE registrations
                SET status = $2, progress = $3, failure = $4, deadline_at = $5, act_by = $6,
                    verified_at = $7, opened_at = $8, rested_at = $9, undoing_since = $10,
                    attempts = $11, not_before = $12,
                    next_seq = greatest(next_seq, $13) + $14,
                    owner = CASE WHEN $15 THEN owner END,
                    lease_expires_at = CASE WHEN $15 THEN lease_expires_at END,
                    due_at = $16",
            $and,
            " WHERE id = $1 AND generation = $17 AND status = $18 AND owner IS NOT NULL
                RETURNING id, next_seq
            ), timeline AS (
                INSERT INTO registration_events
                    (registration_id, seq, generation, at, step, kind, detail)
                SELECT journal.id, journal.next_seq - $14 + event.position - 1, event.generation,
                    event.at, event.step, event.kind, event.detail
                FROM journal, unnest($19::bigint[], $20::timestamptz[], $21::text[], $22::text[],
                        $23::text[])
                    WITH ORDINALITY AS event (generation, at, step, kind, detail, position)
            )"
        )
    };
}
pub(super) use journal_and_timeline;

/// The number of the first parameter that a statement has beside those of [`journal_and_timeline`].
pub(super) const OWN_PARAMETERS: usize = 24;

const UPDATE: &str = concat!(journal_and_timeline!(""), " SELECT id FROM journal");

/// Also queues jobs, each as one that is there already or as a new one.
const UPDATE_AND_QUEUE: &str = concat!(
    journal_and_timeline!(""),
    ", job AS (
        INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                          queued_at)
        SELECT job.id, job.kind, journal.id, job.serial, job.due_at, 0, 'queued', 0, now()
        FROM journal, unnest($24::uuid[], $25::text[], $26::bigint[], $27::timestamptz[])
            AS job (id, kind, serial, due_at)
        ON CONFLICT (id) DO NOTHING
    )
    SELECT id FROM journal"
);

/// A write of a registration that is held, in the form that statements take.
pub(super) struct Update<'a> {
    registration: &'a Registration,
    hands: Hands,
    events: &'a [Event],
    progress: JsonText,
    failure: Option<JsonText>,
    columns: Columns<'a>,
    status: &'static str,
    expected_name: &'static str,
    is_kept: bool,
    times: [Option<Moment>; 7],
    deadline_at: Moment,
    attempts: i64,
}

impl<'a> Update<'a> {
    pub(super) fn new(
        registration: &'a Registration,
        expected: Status,
        hands: Hands,
        events: &'a [Event],
    ) -> Result<Self, Fault> {
        let (is_kept, due_at) = match hands {
            Hands::Kept => (true, None),
            Hands::LetGoUntil(moment) => (false, Some(moment)),
            Hands::Resting => (false, None),
        };
        let failure = registration
            .failure
            .as_ref()
            .map(|failure| to_json("a failure", failure).map(JsonText));
        Ok(Self {
            progress: JsonText(to_json("progress", &registration.progress)?),
            failure: failure.transpose()?,
            columns: Columns::new(registration.next_seq, events),
            status: registration.status.as_str(),
            expected_name: expected.as_str(),
            is_kept,
            times: [
                registration.act_by,
                registration.verified_at,
                registration.opened_at,
                registration.rested_at,
                registration.undoing_since,
                registration.not_before,
                due_at,
            ]
            .map(moment),
            deadline_at: Moment(registration.deadline_at),
            attempts: i64::from(registration.attempts),
            registration,
            hands,
            events,
        })
    }

    /// $1 to $23, in the order of [`journal_and_timeline`].
    fn parameters(&self) -> Vec<Parameter<'_>> {
        let [
            act_by,
            verified_at,
            opened_at,
            rested_at,
            undoing_since,
            not_before,
            due_at,
        ] = &self.times;
        let columns = &self.columns;
        vec![
            parameter(&self.registration.id.0),
            parameter(&self.status),
            parameter(&self.progress),
            parameter(&self.failure),
            parameter(&self.deadline_at),
            parameter(act_by),
            parameter(verified_at),
            parameter(opened_at),
            parameter(rested_at),
            parameter(undoing_since),
            parameter(&self.attempts),
            parameter(not_before),
            parameter(&columns.first_seq),
            parameter(&columns.number),
            parameter(&self.is_kept),
            parameter(due_at),
            parameter(&self.registration.lease.generation.0),
            parameter(&self.expected_name),
            parameter(&columns.generations),
            parameter(&columns.times),
            parameter(&columns.steps),
            parameter(&columns.kinds),
            parameter(&columns.details),
        ]
    }

    /// Makes the write, and finds out what became of it where the answer was lost. `own`: parameters
    /// from [`OWN_PARAMETERS`] on.
    pub(super) async fn write(
        &self,
        store: &Database,
        statement: &str,
        own: &[Parameter<'_>],
    ) -> Result<(), Fault> {
        let mut parameters = self.parameters();
        debug_assert_eq!(parameters.len() + 1, OWN_PARAMETERS);
        parameters.extend_from_slice(own);
        let written = store.write(statement, &parameters).await?;
        if !written.rows.is_empty() || self.was_made(store, written.was_in_doubt).await? {
            Ok(())
        } else {
            Err(Fault::Superseded)
        }
    }

    /// Whether this very write was made before: by an earlier try whose answer was lost. Its events
    /// tell, which are written with it. Without any, the journal row does: only the holder of a
    /// generation can have let go under it.
    async fn was_made(&self, store: &Database, was_in_doubt: bool) -> Result<bool, Fault> {
        let id = self.registration.id;
        if let Some(event) = self.events.last() {
            return timeline::has(store, id, event).await;
        }
        if !was_in_doubt || matches!(self.hands, Hands::Kept) {
            return Ok(false);
        }
        const LET_GO: &str = "
            SELECT 1 FROM registrations
            WHERE id = $1 AND generation = $2 AND status = $3 AND owner IS NULL";
        let generation = self.registration.lease.generation.0;
        let found = store
            .read(LET_GO, &parameters![id.0, generation, self.status])
            .await?;
        Ok(!found.is_empty())
    }
}

/// Writes the journal row and nothing else. See [`Store::save`] and [`Store::park`].
///
/// [`Store::save`]: enlist_registration::ports::Store::save
/// [`Store::park`]: enlist_registration::ports::Store::park
pub(super) async fn update(
    store: &Database,
    registration: &Registration,
    expected: Status,
    hands: Hands,
    events: &[Event],
) -> Result<(), Fault> {
    Update::new(registration, expected, hands, events)?
        .write(store, UPDATE, &[])
        .await
}

/// See [`Store::rest`](enlist_registration::ports::Store::rest).
pub(super) async fn rest(
    store: &Database,
    registration: &Registration,
    expected: Status,
    follow_up: &[NewJob],
    events: &[Event],
) -> Result<(), Fault> {
    let update = Update::new(registration, expected, Hands::Resting, events)?;
    let ids: Vec<_> = follow_up.iter().map(|job| job.id.0).collect();
    let kinds: Vec<_> = follow_up.iter().map(|job| job.kind.as_str()).collect();
    let serials: Vec<_> = follow_up.iter().map(|job| i64::from(job.serial)).collect();
    let due: Vec<_> = follow_up.iter().map(|job| Moment(job.due_at)).collect();
    update
        .write(
            store,
            UPDATE_AND_QUEUE,
            &parameters![ids, kinds, serials, due],
        )
        .await
}

/// See [`Store::renew_lease`](enlist_registration::ports::Store::renew_lease). The end is told by our
/// own clock, as of before the database was asked: the lease lasts at least as long.
pub(super) async fn renew_lease(
    store: &Database,
    id: RegistrationId,
    generation: Generation,
) -> Result<Timestamp, Fault> {
    const RENEW: &str = "
        UPDATE registrations SET lease_expires_at = now() + $3 * interval '1 microsecond'
        WHERE id = $1 AND generation = $2 AND owner IS NOT NULL
        RETURNING id";
    let written = store
        .write(RENEW, &parameters![id.0, generation.0, store.lease_us()])
        .await?;
    match written.rows.len() {
        1 => Ok(later(written.asked_at, store.options.lease)),
        _ => Err(Fault::Superseded),
    }
}
