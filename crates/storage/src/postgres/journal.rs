//! What a driver writes of a registration that it holds. Each write is one statement, which names the
//! generation and the status that it expects and changes one row or none; so there is no moment at
//! which a process that is paused could hold a transaction open.

mod update;

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::jobs::NewJob;
use enlist_registration::state::{Lease, Registration, Status};
use enlist_registration::steps::StepName;

use super::Database;
use super::accounts::Subscribed;
use super::claims::lease_until;
use super::fault::Fault;
use super::parameters::{Moment, parameters};
use super::timeline::Together;

pub(super) use update::{Hands, Update, journal_and_timeline};

const UPDATE: &str = concat!(journal_and_timeline!(""), " SELECT id FROM journal");

/// Also queues jobs, each as one that is there already or as a new one, and writes the subscription where
/// it began after its account was opened.
const UPDATE_AND_QUEUE: &str = concat!(
    journal_and_timeline!(""),
    ", job AS (
        INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                          queued_at)
        SELECT job.id, job.kind, journal.id, job.serial, job.due_at, 0, 'queued', 0, now()
        FROM journal, unnest($24::uuid[], $25::text[], $26::bigint[], $27::timestamptz[])
            AS job (id, kind, serial, due_at)
        ON CONFLICT (id) DO NOTHING
    ), subscription AS (
        INSERT INTO subscriptions (
            id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan, status,
            amount_minor, currency, current_period_end, created_at, updated_at)
        SELECT $28, $29, $30, $31, $32, 'active', $33, $34, $35, now(), now() FROM journal
        WHERE $31::text IS NOT NULL
    )
    SELECT id FROM journal"
);

/// Writes the journal row and nothing else. See [`Store::save`] and [`Store::park`].
///
/// [`Store::save`]: enlist_registration::ports::Store::save
/// [`Store::park`]: enlist_registration::ports::Store::park
pub(super) async fn update(
    store: &Database,
    registration: &Registration,
    expected: Status,
    hands: Hands,
    events: &Together,
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
    events: &Together,
) -> Result<(), Fault> {
    let update = Update::new(registration, expected, Hands::Resting, events)?;
    let late = match registration.has_subscription_at(StepName::Finish) {
        true => Subscribed::by(registration)?,
        false => Subscribed::default(),
    };
    let ids: Vec<_> = follow_up.iter().map(|job| job.id.0).collect();
    let kinds: Vec<_> = follow_up.iter().map(|job| job.kind.as_str()).collect();
    let serials: Vec<_> = follow_up.iter().map(|job| i64::from(job.serial)).collect();
    let due: Vec<_> = follow_up.iter().map(|job| Moment(job.due_at)).collect();
    update
        .write(
            store,
            UPDATE_AND_QUEUE,
            &parameters![
                ids,
                kinds,
                serials,
                due,
                registration.intent.subscription_row,
                registration.intent.user.0,
                late.customer,
                late.id,
                late.plan,
                late.amount_minor,
                late.currency,
                late.current_period_end,
            ],
        )
        .await
}

/// See [`Store::renew_lease`](enlist_registration::ports::Store::renew_lease).
pub(super) async fn renew_lease(
    store: &Database,
    id: RegistrationId,
    generation: Generation,
) -> Result<Lease, Fault> {
    const RENEW: &str = "
        UPDATE registrations SET lease_expires_at = now() + $3 * interval '1 microsecond'
        WHERE id = $1 AND generation = $2 AND owner IS NOT NULL
        RETURNING lease_expires_at";
    let written = store
        .write(RENEW, &parameters![id.0, generation.0, store.lease_us()])
        .await?;
    let row = written.rows.first().ok_or(Fault::Superseded)?;
    let end: Moment = row.try_get("lease_expires_at")?;
    Ok(lease_until(store, written.asked_at, generation, end.0))
}
