//! How records are written: together, in one transaction that does not wait for the disk.

use std::collections::HashSet;

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::state::Registration;
use enlist_registration::steps::StepName;

use super::{Driver, Record};
use crate::postgres::Database;
use crate::postgres::fault::{Again, Fault};
use crate::postgres::parameters::{JsonText, Moment, moment, parameters};
use crate::postgres::rows::count;
use crate::postgres::timeline::{self, ATTEMPTS_AT_NUMBERING};
use crate::values::to_json;

/// The status is not written: what changes it waits for the disk. A record of a driver that was
/// superseded changes nothing; nor does one whose events' numbers are taken, see [`numbered_anew`].
const WRITE: &str = "
    WITH record AS (
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::jsonb[], $4::jsonb[], $5::bigint[],
                $6::timestamptz[], $7::bigint[], $8::bigint[])
            AS record (record_id, of_generation, new_progress, new_failure, new_attempts,
                new_not_before, first_seq, number),
            (SELECT set_config('synchronous_commit', 'off', true)) AS without_waiting
    ), journal AS (
        UPDATE registrations
        SET progress = new_progress, failure = new_failure, attempts = new_attempts,
            not_before = new_not_before, next_seq = greatest(next_seq, first_seq) + number
        FROM record
        WHERE id = record_id AND generation = of_generation AND owner IS NOT NULL
            AND (number = 0 OR next_seq <= first_seq)
        RETURNING id, next_seq - number AS first, generation AS of_driver
    ), timeline AS (
        INSERT INTO registration_events (registration_id, seq, generation, at, step, kind, detail)
        SELECT id, first + event.position, event.generation, event.at, event.step, event.kind,
            event.detail
        FROM journal, unnest($9::uuid[], $10::bigint[], $11::bigint[], $12::timestamptz[],
                $13::text[], $14::text[], $15::text[], $16::bigint[])
            AS event (registration, position, generation, at, step, kind, detail, driver)
        WHERE event.registration = id AND event.driver = of_driver
    )
    SELECT id, of_driver FROM journal";

/// Writes what waits, and waits for what is being written.
pub(in crate::postgres) async fn flush(store: &Database) {
    loop {
        let turn = store.records.turn.lock().await;
        let under_way = store.records.take();
        let records = &under_way.taken;
        if records.is_empty() {
            return;
        }
        match write_all(store, records).await {
            Ok(()) => {}
            // One of them is refused, or waits for a lock: the others need not be lost with it.
            Err(fault) if fault.again() == Again::No && records.len() > 1 => {
                for record in records {
                    let alone = write_all(store, std::slice::from_ref(record));
                    alone.await.unwrap_or_else(|fault| log_lost(1, &fault));
                }
            }
            Err(fault) => log_lost(records.len(), &fault),
        }
        drop(under_way);
        drop(turn);
    }
}

/// Nobody waits for a record, so this is where its failure is handled: by going on without it.
fn log_lost(records: usize, fault: &Fault) {
    let error = fault as &dyn std::error::Error;
    tracing::warn!(records, error, "records were lost");
}

async fn write_all(store: &Database, records: &[Record]) -> Result<(), Fault> {
    let written = write(store, records).await?;
    for record in records {
        if !written.contains(&record.driver()) {
            numbered_anew(store, record).await?;
        }
    }
    Ok(())
}

/// A record that was not written: its driver was superseded, or a number that it wants is taken, by
/// somebody's note or by a try of this very record whose answer was lost.
async fn numbered_anew(store: &Database, record: &Record) -> Result<(), Fault> {
    const NEXT: &str = "
        SELECT next_seq FROM registrations
        WHERE id = $1 AND generation = $2 AND owner IS NOT NULL";
    let (id, generation) = record.driver();
    let mut record = record.clone();
    for _ in 0..ATTEMPTS_AT_NUMBERING {
        let next = store.read(NEXT, &parameters![id.0, generation.0]).await?;
        let Some(next) = next.first() else {
            return Ok(());
        };
        let next_seq = count(next, "next_seq")?;
        record.events = timeline::missing(store, id, &record.events).await?;
        if let Some(first) = record.events.first_mut() {
            first.seq = first.seq.max(next_seq);
        }
        if !write(store, std::slice::from_ref(&record))
            .await?
            .is_empty()
        {
            return Ok(());
        }
    }
    Err(Fault::Outrun(ATTEMPTS_AT_NUMBERING))
}

/// Returns whose records were written.
async fn write(store: &Database, records: &[Record]) -> Result<HashSet<Driver>, Fault> {
    let registrations = || records.iter().map(|record| &record.registration);
    let progress: Result<Vec<_>, _> = registrations()
        .map(|it| to_json("progress", &it.progress).map(JsonText))
        .collect();
    let failure = |it: &Registration| {
        let failure = it.failure.as_ref();
        failure
            .map(|failure| to_json("a failure", failure).map(JsonText))
            .transpose()
    };
    let failures: Result<Vec<_>, _> = registrations().map(failure).collect();
    let first_seqs = records
        .iter()
        .map(|record| timeline::first_seq(record.registration.next_seq, &record.events));
    let events = || {
        records.iter().flat_map(|record| {
            (0i64..)
                .zip(&record.events)
                .map(move |(position, event)| (record.driver(), position, event))
        })
    };
    let written = store
        .write(
            WRITE,
            &parameters![
                registrations().map(|it| it.id.0).collect::<Vec<_>>(),
                registrations()
                    .map(|it| it.lease.generation.0)
                    .collect::<Vec<_>>(),
                progress?,
                failures?,
                registrations()
                    .map(|it| i64::from(it.attempts))
                    .collect::<Vec<_>>(),
                registrations()
                    .map(|it| moment(it.not_before))
                    .collect::<Vec<_>>(),
                first_seqs.collect::<Vec<_>>(),
                records
                    .iter()
                    .map(|record| record.events.len() as i64)
                    .collect::<Vec<_>>(),
                events().map(|((id, _), _, _)| id.0).collect::<Vec<_>>(),
                events()
                    .map(|(_, position, _)| position)
                    .collect::<Vec<_>>(),
                events()
                    .map(|(_, _, event)| event.generation.0)
                    .collect::<Vec<_>>(),
                events()
                    .map(|(_, _, event)| Moment(event.at))
                    .collect::<Vec<_>>(),
                events()
                    .map(|(_, _, event)| event.step.map(StepName::as_str))
                    .collect::<Vec<_>>(),
                events()
                    .map(|(_, _, event)| event.kind.as_str())
                    .collect::<Vec<_>>(),
                events()
                    .map(|(_, _, event)| event.detail.as_deref())
                    .collect::<Vec<_>>(),
                events()
                    .map(|((_, generation), _, _)| generation.0)
                    .collect::<Vec<_>>(),
            ],
        )
        .await?;
    let rows = written.rows.iter();
    rows.map(|row| {
        let id = RegistrationId(row.try_get("id")?);
        Ok((id, Generation(row.try_get("of_driver")?)))
    })
    .collect()
}
