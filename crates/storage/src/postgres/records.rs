//! What is recorded without waiting for the disk (D4). A record waits a moment for company: most are
//! joined by the write that follows them, and cost nothing of their own; the others go together in
//! one transaction that does not wait for the disk. What is lost with a crash is at most as old as
//! that moment and the server's own delay.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::state::Registration;
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use tokio::sync::Notify;

use super::Database;
use super::fault::Fault;
use super::parameters::{JsonText, Moment, moment, parameters};
use crate::values::to_json;

/// Most records in one statement.
const MOST_AT_ONCE: usize = 256;

/// Records that wait.
#[derive(Default)]
pub(super) struct Records {
    waiting: Mutex<HashMap<(RegistrationId, Generation), Record>>,
    /// Rung when one comes to wait, and when the store is closed.
    pub(super) bell: Notify,
}

/// The newest progress of a registration, and the events since the last write.
pub(super) struct Record {
    registration: Registration,
    events: Vec<Event>,
}

impl Records {
    /// Lets a record wait, in place of an older one of the same driver.
    pub(super) fn add(&self, registration: &Registration, events: &[Event]) {
        let key = (registration.id, registration.lease.generation);
        let mut waiting = self.lock();
        match waiting.get_mut(&key) {
            Some(record) => {
                record.registration.clone_from(registration);
                record.events.extend_from_slice(events);
            }
            None => {
                let record = Record {
                    registration: registration.clone(),
                    events: events.to_vec(),
                };
                waiting.insert(key, record);
            }
        }
        drop(waiting);
        self.bell.notify_one();
    }

    /// The events that wait, to go with the next write of this driver.
    pub(super) fn of(&self, registration: &Registration) -> Vec<Event> {
        let key = (registration.id, registration.lease.generation);
        self.lock().remove(&key).map_or(Vec::new(), |it| it.events)
    }

    pub(super) fn lose(&self) {
        self.lock().clear();
    }

    fn take(&self) -> Vec<Record> {
        let mut waiting = self.lock();
        let keys: Vec<_> = waiting.keys().take(MOST_AT_ONCE).copied().collect();
        keys.iter().filter_map(|key| waiting.remove(key)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(RegistrationId, Generation), Record>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The status is not written: what changes it waits for the disk. A record of a driver that was
/// superseded changes nothing.
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
        RETURNING id, next_seq - number AS first
    )
    INSERT INTO registration_events (registration_id, seq, generation, at, step, kind, detail)
    SELECT id, first + event.position, event.generation, event.at, event.step, event.kind,
        event.detail
    FROM journal, unnest($9::uuid[], $10::bigint[], $11::bigint[], $12::timestamptz[], $13::text[],
            $14::text[], $15::text[])
        AS event (registration, position, generation, at, step, kind, detail)
    WHERE event.registration = id
    RETURNING registration_id";

/// Writes what waits.
pub(super) async fn flush(store: &Database) {
    loop {
        let records = store.records.take();
        if records.is_empty() {
            return;
        }
        if let Err(fault) = write(store, &records).await {
            // Nobody waits for a record, so this is where its failure is handled: by going on
            // without it.
            let error = &fault as &dyn std::error::Error;
            tracing::warn!(records = records.len(), error, "records were lost");
        }
    }
}

async fn write(store: &Database, records: &[Record]) -> Result<(), Fault> {
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
    let first_seqs = records.iter().map(|record| {
        let first = record.events.first();
        i64::from(first.map_or(record.registration.next_seq, |event| event.seq)).max(1)
    });
    let events = || {
        records.iter().flat_map(|record| {
            let id = record.registration.id.0;
            (0i64..)
                .zip(&record.events)
                .map(move |(position, event)| (id, position, event))
        })
    };
    store
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
                events().map(|(id, _, _)| id).collect::<Vec<_>>(),
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
            ],
        )
        .await?;
    Ok(())
}
