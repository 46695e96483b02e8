//! The update of a journal row together with its timeline, of which each write of a driver is made.

use std::borrow::Cow;

use enlist_registration::state::{Registration, Status};
use enlist_registration::timeline::Event;
use jiff::Timestamp;

use crate::postgres::Database;
use crate::postgres::fault::Fault;
use crate::postgres::parameters::{JsonText, Moment, Parameter, moment, parameter, parameters};
use crate::postgres::timeline::{self, ATTEMPTS_AT_NUMBERING, Columns, Together};
use crate::values::to_json;

/// In whose hands a registration is after a write.
#[derive(Clone, Copy)]
pub(in crate::postgres) enum Hands {
    /// The driver keeps it.
    Kept,
    /// Nobody's, until then.
    LetGoUntil(Timestamp),
    /// Nobody's, for ever.
    Resting,
}

/// The journal row and its timeline, as the beginning of a statement: parameters $1 to $23. What
/// persons change at any time (`mail_serial`, `last_mail_at`, `code_attempts`) is left alone, but for
/// `$and`.
///
/// Events are written only while their number is free. It is not where another event has it, or
/// where an earlier try was made whose answer was lost, which may still be under way: the row's own
/// lock tells, as what the statement sees of the timeline is as old as its beginning.
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
                    AND ($14 = 0 OR next_seq <= $13)
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
pub(in crate::postgres) use journal_and_timeline;

/// The number of the first parameter that a statement has beside those of [`journal_and_timeline`].
const OWN_PARAMETERS: usize = 24;

/// A write of a registration that is held, in the form that statements take.
pub(in crate::postgres) struct Update<'a> {
    registration: &'a Registration,
    hands: Hands,
    events: &'a Together,
    progress: JsonText,
    failure: Option<JsonText>,
    status: &'static str,
    expected_name: &'static str,
    is_kept: bool,
    times: [Option<Moment>; 7],
    deadline_at: Moment,
    attempts: i64,
}

impl<'a> Update<'a> {
    pub(in crate::postgres) fn new(
        registration: &'a Registration,
        expected: Status,
        hands: Hands,
        events: &'a Together,
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
    fn parameters<'p>(&'p self, columns: &'p Columns<'_>) -> Vec<Parameter<'p>> {
        let [
            act_by,
            verified_at,
            opened_at,
            rested_at,
            undoing_since,
            not_before,
            due_at,
        ] = &self.times;
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
    pub(in crate::postgres) async fn write(
        &self,
        store: &Database,
        statement: &str,
        own: &[Parameter<'_>],
    ) -> Result<(), Fault> {
        let mut events = Cow::Borrowed(self.events.all());
        let mut first_seq = timeline::first_seq(self.registration.next_seq, &events);
        let mut was_in_doubt = false;
        for _ in 0..ATTEMPTS_AT_NUMBERING {
            let columns = Columns::from(first_seq, &events);
            let mut parameters = self.parameters(&columns);
            debug_assert_eq!(parameters.len() + 1, OWN_PARAMETERS);
            parameters.extend_from_slice(own);
            let written = store.write(statement, &parameters).await?;
            if !written.rows.is_empty() {
                return Ok(());
            }
            was_in_doubt |= written.was_in_doubt;
            // In this order: a try that is still under way is found by the one or by the other.
            let next_seq = self.next_seq(store).await?;
            let missing = timeline::missing(store, self.registration.id, &events).await?;
            if self.was_made(store, &missing, was_in_doubt).await? {
                return Ok(());
            }
            first_seq = next_seq.ok_or(Fault::Superseded)?.max(first_seq);
            events = Cow::Owned(missing);
        }
        Err(Fault::Outrun(ATTEMPTS_AT_NUMBERING))
    }

    /// Which number is free, while the registration is in our hands as expected.
    async fn next_seq(&self, store: &Database) -> Result<Option<i64>, Fault> {
        const NEXT: &str = "
            SELECT next_seq FROM registrations
            WHERE id = $1 AND generation = $2 AND status = $3 AND owner IS NOT NULL";
        let (id, generation) = (self.registration.id.0, self.registration.lease.generation.0);
        let found = store
            .read(NEXT, &parameters![id, generation, self.expected_name])
            .await?;
        let next_seq = found.first().map(|row| row.try_get("next_seq"));
        Ok(next_seq.transpose()?)
    }

    /// Whether this very write was made before: by an earlier try whose answer was lost. Its own
    /// events tell, which are written with it. Without any, the journal row does: only the holder of
    /// a generation can have let go under it.
    async fn was_made(
        &self,
        store: &Database,
        missing: &[Event],
        was_in_doubt: bool,
    ) -> Result<bool, Fault> {
        if self.events.has_own() {
            return Ok(missing.last() != self.events.all().last());
        }
        if !was_in_doubt || matches!(self.hands, Hands::Kept) {
            return Ok(false);
        }
        const LET_GO: &str = "
            SELECT 1 FROM registrations
            WHERE id = $1 AND generation = $2 AND status = $3 AND owner IS NULL";
        let (id, generation) = (self.registration.id.0, self.registration.lease.generation.0);
        let found = store
            .read(LET_GO, &parameters![id, generation, self.status])
            .await?;
        Ok(!found.is_empty())
    }
}
