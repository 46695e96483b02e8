//! The timeline. No event is lost to another of the same number: it moves up behind the last. The
//! number comes from the journal row, which is locked by being counted up: no two writers get one.

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use tokio_postgres::Row;

use super::Database;
use super::fault::Fault;
use super::parameters::{Moment, parameters};
use super::rows::count;
use crate::values::{kind_of, step_of};

/// Events as the arrays that a statement unnests.
pub(super) struct Columns<'a> {
    /// What the first of them would like to be numbered.
    pub(super) first_seq: i64,
    pub(super) number: i64,
    pub(super) generations: Vec<i64>,
    pub(super) times: Vec<Moment>,
    pub(super) steps: Vec<Option<&'a str>>,
    pub(super) kinds: Vec<&'a str>,
    pub(super) details: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    /// `next_seq`: the next number as the driver knows it.
    pub(super) fn new(next_seq: u32, events: &'a [Event]) -> Self {
        let first_seq = events.first().map_or(next_seq, |event| event.seq);
        Self {
            first_seq: i64::from(first_seq).max(1),
            number: events.len() as i64,
            generations: events.iter().map(|event| event.generation.0).collect(),
            times: events.iter().map(|event| Moment(event.at)).collect(),
            steps: events
                .iter()
                .map(|event| event.step.map(StepName::as_str))
                .collect(),
            kinds: events.iter().map(|event| event.kind.as_str()).collect(),
            details: events.iter().map(|event| event.detail.as_deref()).collect(),
        }
    }
}

/// See [`Store::note`](enlist_registration::ports::Store::note).
pub(super) async fn note(store: &Database, id: RegistrationId, event: &Event) -> Result<(), Fault> {
    const NOTE: &str = "
        WITH journal AS (
            UPDATE registrations SET next_seq = greatest(next_seq, $2) + 1
            WHERE id = $1 RETURNING id, next_seq
        )
        INSERT INTO registration_events (registration_id, seq, generation, at, step, kind, detail)
        SELECT id, next_seq - 1, $3, $4, $5, $6, $7 FROM journal
        RETURNING seq";
    let seq = i64::from(event.seq).max(1);
    let (step, kind) = (event.step.map(StepName::as_str), event.kind.as_str());
    let detail = event.detail.as_deref();
    let generation = event.generation.0;
    let written = store
        .write(
            NOTE,
            &parameters![id.0, seq, generation, Moment(event.at), step, kind, detail],
        )
        .await?;
    match written.rows.len() {
        1 => Ok(()),
        _ => Err(Fault::Missing("the registration")),
    }
}

/// See [`Store::events`](enlist_registration::ports::Store::events).
pub(super) async fn events(
    store: &Database,
    id: RegistrationId,
    after: u32,
) -> Result<Vec<Event>, Fault> {
    const EVENTS: &str = "
        SELECT seq, generation, at, step, kind, detail FROM registration_events
        WHERE registration_id = $1 AND seq > $2 ORDER BY seq";
    let rows = store
        .read(EVENTS, &parameters![id.0, i64::from(after)])
        .await?;
    rows.iter().map(event).collect()
}

/// Whether an event is in the timeline: whether the write that it was part of was made.
pub(super) async fn has(
    store: &Database,
    id: RegistrationId,
    event: &Event,
) -> Result<bool, Fault> {
    const HAS: &str = "
        SELECT 1 FROM registration_events
        WHERE registration_id = $1 AND generation = $2 AND at = $3 AND kind = $4
            AND step IS NOT DISTINCT FROM $5 AND detail IS NOT DISTINCT FROM $6";
    let (step, detail) = (event.step.map(StepName::as_str), event.detail.as_deref());
    let (generation, kind) = (event.generation.0, event.kind.as_str());
    let rows = store
        .read(
            HAS,
            &parameters![id.0, generation, Moment(event.at), kind, step, detail],
        )
        .await?;
    Ok(!rows.is_empty())
}

fn event(row: &Row) -> Result<Event, Fault> {
    let step: Option<String> = row.try_get("step")?;
    let kind: &str = row.try_get("kind")?;
    Ok(Event {
        seq: count(row, "seq")?,
        at: row.try_get::<_, Moment>("at")?.0,
        generation: Generation(row.try_get("generation")?),
        step: step.map(step_of).transpose()?,
        kind: kind_of(kind)?,
        detail: row.try_get("detail")?,
    })
}
