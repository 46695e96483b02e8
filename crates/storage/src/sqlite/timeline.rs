//! The timeline. No event is lost to another of the same number: it moves up behind the last.

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use rusqlite::{Connection, Row};

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::rows::{Key, Moment};
use crate::values::{kind_of, step_of};

/// Adds events in their order, and sees to it that the journal's next number is free.
pub(super) fn append(tx: &Tx<'_>, id: RegistrationId, events: &[Event]) -> Result<(), Fault> {
    if events.is_empty() {
        return Ok(());
    }
    let mut next = i64::from(last(tx, id)?) + 1;
    for event in events {
        let seq = next.max(i64::from(event.seq));
        insert(tx, id, seq, event)?;
        next = seq + 1;
    }
    let move_on = "UPDATE registrations SET next_seq = ?1 WHERE id = ?2 AND next_seq < ?1";
    tx.execute(move_on, (next, Key::from(id)))?;
    Ok(())
}

/// See [`Store::note`](enlist_registration::ports::Store::note).
pub(super) fn note(tx: &Tx<'_>, id: RegistrationId, event: &Event) -> Result<Verdict<()>, Fault> {
    append(tx, id, std::slice::from_ref(event))?;
    Ok(Verdict::Keep(()))
}

/// See [`Store::events`](enlist_registration::ports::Store::events).
pub(super) fn events(
    connection: &Connection,
    id: RegistrationId,
    after: u32,
) -> Result<Vec<Event>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, generation, at, step, kind, detail FROM registration_events
         WHERE registration_id = ?1 AND seq > ?2 ORDER BY seq",
    )?;
    let mut rows = statement.query((Key::from(id), after))?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(event(row)?);
    }
    Ok(events)
}

/// Whether an event is in the timeline: whether the write that it was part of was made.
pub(super) fn has(tx: &Tx<'_>, id: RegistrationId, event: &Event) -> Result<bool, Fault> {
    let mut statement = tx.connection.prepare_cached(
        "SELECT 1 FROM registration_events
         WHERE registration_id = ?1 AND generation = ?2 AND at = ?3 AND kind = ?4
             AND step IS ?5 AND detail IS ?6",
    )?;
    Ok(statement.exists((
        Key::from(id),
        event.generation.0,
        Moment(event.at),
        event.kind.as_str(),
        event.step.map(StepName::as_str),
        event.detail.as_deref(),
    ))?)
}

/// The number of the last event; 0 if there is none.
fn last(tx: &Tx<'_>, id: RegistrationId) -> Result<u32, Fault> {
    let mut statement = tx.connection.prepare_cached(
        "SELECT coalesce(max(seq), 0) FROM registration_events WHERE registration_id = ?1",
    )?;
    Ok(statement.query_row([Key::from(id)], |row| row.get(0))?)
}

/// A plain `VALUES`: for `SELECT … FROM` the same table, and for `RETURNING`, SQLite would make a
/// temporary table with a page cache of its own, each time.
fn insert(tx: &Tx<'_>, id: RegistrationId, seq: i64, event: &Event) -> Result<(), Fault> {
    let parameters = (
        Key::from(id),
        seq,
        event.generation.0,
        Moment(event.at),
        event.step.map(StepName::as_str),
        event.kind.as_str(),
        event.detail.as_deref(),
    );
    tx.execute(
        "INSERT INTO registration_events (registration_id, seq, generation, at, step, kind, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        parameters,
    )?;
    Ok(())
}

fn event(row: &Row<'_>) -> Result<Event, Fault> {
    let step: Option<String> = row.get("step")?;
    let kind: String = row.get("kind")?;
    Ok(Event {
        seq: row.get("seq")?,
        at: row.get::<_, Moment>("at")?.0,
        generation: Generation(row.get("generation")?),
        step: step.map(step_of).transpose()?,
        kind: kind_of(&kind)?,
        detail: row.get("detail")?,
    })
}
