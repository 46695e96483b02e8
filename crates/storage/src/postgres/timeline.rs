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

/// How often a write is tried whose numbers others take meanwhile.
pub(super) const ATTEMPTS_AT_NUMBERING: u32 = 5;

/// The events of one write: what was recorded before and still waits, and what the write itself says.
pub(super) struct Together {
    all: Vec<Event>,
    own: usize,
}

impl Together {
    pub(super) fn new(mut earlier: Vec<Event>, own: &[Event]) -> Self {
        earlier.extend_from_slice(own);
        Self {
            all: earlier,
            own: own.len(),
        }
    }

    pub(super) fn all(&self) -> &[Event] {
        &self.all
    }

    /// Whether the write says anything of its own, by which it can be told from others.
    pub(super) fn has_own(&self) -> bool {
        self.own > 0
    }
}

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
        Self::from(first_seq(next_seq, events), events)
    }

    /// As from that number on.
    pub(super) fn from(first_seq: i64, events: &'a [Event]) -> Self {
        Self {
            first_seq,
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

/// What number the first of the events would like to have.
pub(super) fn first_seq(next_seq: u32, events: &[Event]) -> i64 {
    let first = events.first().map_or(next_seq, |event| event.seq);
    i64::from(first).max(1)
}

/// See [`Store::note`](enlist_registration::ports::Store::note).
pub(super) async fn note(store: &Database, id: RegistrationId, event: &Event) -> Result<(), Fault> {
    const NOTE: &str = "
        WITH journal AS (
            UPDATE registrations SET next_seq = $2 + 1
            WHERE id = $1 AND next_seq <= $2 RETURNING id
        )
        INSERT INTO registration_events (registration_id, seq, generation, at, step, kind, detail)
        SELECT id, $2, $3, $4, $5, $6, $7 FROM journal
        RETURNING seq";
    const NEXT: &str = "SELECT next_seq FROM registrations WHERE id = $1";
    let mut seq = i64::from(event.seq).max(1);
    let (step, kind) = (event.step.map(StepName::as_str), event.kind.as_str());
    let detail = event.detail.as_deref();
    let generation = event.generation.0;
    for _ in 0..ATTEMPTS_AT_NUMBERING {
        let written = store
            .write(
                NOTE,
                &parameters![id.0, seq, generation, Moment(event.at), step, kind, detail],
            )
            .await?;
        if !written.rows.is_empty() {
            return Ok(());
        }
        // The number is taken: by another, or by an earlier try whose answer was lost.
        let next = store.read(NEXT, &parameters![id.0]).await?;
        let next = next.first().ok_or(Fault::Missing("the registration"))?;
        if missing(store, id, std::slice::from_ref(event))
            .await?
            .is_empty()
        {
            return Ok(());
        }
        seq = next.try_get::<_, i64>("next_seq")?.max(seq);
    }
    Err(Fault::Outrun(ATTEMPTS_AT_NUMBERING))
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

/// Which of these events the timeline does not have, under their number or a later one.
pub(super) async fn missing(
    store: &Database,
    id: RegistrationId,
    expected: &[Event],
) -> Result<Vec<Event>, Fault> {
    let Some(first) = expected.first() else {
        return Ok(Vec::new());
    };
    let mut written = events(store, id, first.seq.max(1) - 1).await?;
    let is_missing = |event: &&Event| match written.iter().position(|it| is_same(it, event)) {
        Some(position) => {
            written.swap_remove(position);
            false
        }
        None => true,
    };
    Ok(expected.iter().filter(is_missing).cloned().collect())
}

/// The number aside, which another event may have taken.
fn is_same(one: &Event, other: &Event) -> bool {
    one.at.as_microsecond() == other.at.as_microsecond()
        && one.generation == other.generation
        && one.step == other.step
        && one.kind == other.kind
        && one.detail == other.detail
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
