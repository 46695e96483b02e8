//! The least that SQLite can be asked to do for a registration: its rows, as they are in the end, by
//! one thread that writes and commits for as many at once as the store's does, each in a savepoint.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use anyhow::Context as _;
use enlist_registration::steps::StepName;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use rusqlite::{Connection, Params, named_params};
use tokio::sync::oneshot;

use super::rows::Rows;

/// As many as the store commits together.
const GROUP_LIMIT: usize = 64;

/// As the store spells times.
const TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

type Answer = oneshot::Sender<anyhow::Result<()>>;

#[derive(Clone)]
pub struct SqliteFloor {
    queue: Sender<(Box<Rows>, Answer)>,
}

impl SqliteFloor {
    /// On a file that has the schema.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        // The store's settings.
        connection.set_prepared_statement_cache_capacity(128);
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        let (queue, waiting) = channel();
        // Ends with the last sender.
        thread::Builder::new().spawn(move || work_through(&connection, &waiting))?;
        Ok(Self { queue })
    }

    /// Writes everything with the next commit, and returns once that is on disk.
    pub async fn write(&self, rows: Rows) -> anyhow::Result<()> {
        let (answer, answered) = oneshot::channel();
        let sent = self.queue.send((Box::new(rows), answer));
        sent.ok().context("the writing thread is gone")?;
        answered.await?
    }
}

fn work_through(connection: &Connection, waiting: &Receiver<(Box<Rows>, Answer)>) {
    while let Ok(first) = waiting.recv() {
        let others = waiting.try_iter().take(GROUP_LIMIT - 1);
        let group: Vec<_> = [first].into_iter().chain(others).collect();
        let done = commit(connection, &group).map_err(|fault| format!("{fault:#}"));
        for (_, answer) in group {
            // Whoever asked may be gone.
            let _ = answer.send(done.clone().map_err(anyhow::Error::msg));
        }
    }
}

fn commit(connection: &Connection, group: &[(Box<Rows>, Answer)]) -> anyhow::Result<()> {
    run(connection, "BEGIN IMMEDIATE", [])?;
    for (rows, _) in group {
        run(connection, "SAVEPOINT item", [])?;
        insert_account(connection, rows)?;
        insert_journal(connection, rows)?;
        run(connection, "RELEASE item", [])?;
    }
    run(connection, "COMMIT", [])
}

fn run(connection: &Connection, sql: &str, parameters: impl Params) -> anyhow::Result<()> {
    connection.prepare_cached(sql)?.execute(parameters)?;
    Ok(())
}

fn time(moment: Timestamp) -> String {
    TIME.timestamp_to_string(&moment)
}

fn insert_account(connection: &Connection, rows: &Rows) -> anyhow::Result<()> {
    let intent = &rows.registration.intent;
    let (user, opened_at) = (intent.user.to_string(), time(rows.opened_at));
    run(
        connection,
        "INSERT INTO users (id, email, email_normalised, password_hash, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        (
            &user,
            intent.email.as_typed(),
            intent.email.normalised(),
            intent.password_hash.as_phc(),
            &opened_at,
        ),
    )?;
    let (profile, address) = (&intent.profile, &intent.profile.address);
    run(
        connection,
        "INSERT INTO profiles (user_id, first_name, last_name, address, address_line2, city, state,
                               zip, country, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
        (
            &user,
            profile.first_name.as_str(),
            profile.last_name.as_str(),
            address.address(),
            address.address_line2(),
            address.city(),
            address.state(),
            address.zip(),
            address.country().as_str(),
            &opened_at,
        ),
    )?;
    let method = &rows.method;
    run(
        connection,
        "INSERT INTO billing_info (
             user_id, card_number, card_brand, expiry_month, expiry_year, cvc_check, payment_gateway,
             payment_gateway_customer_id, payment_method_id, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
        (
            &user,
            method.card.masked(),
            method.card.brand.as_str(),
            method.card.expiry.month(),
            method.card.expiry.year(),
            method.cvc_check.as_str(),
            &intent.gateway,
            rows.customer.as_str(),
            method.id.as_str(),
            &opened_at,
        ),
    )?;
    run(
        connection,
        "INSERT INTO subscriptions (
             id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan, status,
             amount_minor, currency, current_period_end, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'active', ?6, ?7, ?8, ?9, ?9)",
        (
            intent.subscription_row.to_string(),
            &user,
            rows.customer.as_str(),
            rows.subscription.as_str(),
            &rows.plan.name,
            rows.plan.price.amount_minor(),
            rows.plan.price.currency().code(),
            time(rows.period_end),
            &opened_at,
        ),
    )
}

fn insert_journal(connection: &Connection, rows: &Rows) -> anyhow::Result<()> {
    let it = &rows.registration;
    let (id, opened_at) = (it.id.to_string(), time(rows.opened_at));
    run(
        connection,
        "INSERT INTO registrations (
             id, user_id, status, email, email_normalised, intent, progress, begun_at, deadline_at,
             act_by, opened_at, attempts, due_at, generation, next_seq, mail_serial, last_mail_at,
             code_attempts)
         VALUES (:id, :user_id, :status, :email, :normalised, :intent, :progress, :begun_at,
             :deadline_at, :act_by, :opened_at, 0, :act_by, 1, :next_seq, 1, :opened_at, 0)",
        named_params! {
            ":id": id,
            ":user_id": it.intent.user.to_string(),
            ":status": it.status.as_str(),
            ":email": it.intent.email.as_typed(),
            ":normalised": it.intent.email.normalised(),
            ":intent": serde_json::to_string(&it.intent)?,
            ":progress": serde_json::to_string(&it.progress)?,
            ":begun_at": time(it.begun_at),
            ":deadline_at": time(it.deadline_at),
            ":act_by": time(rows.act_by),
            ":opened_at": opened_at,
            ":next_seq": it.next_seq,
        },
    )?;
    for event in &rows.events {
        run(
            connection,
            "INSERT INTO registration_events (registration_id, seq, generation, at, step, kind,
                                              detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                &id,
                event.seq,
                event.generation.0,
                time(event.at),
                event.step.map(StepName::as_str),
                event.kind.as_str(),
                event.detail.as_deref(),
            ),
        )?;
    }
    run(
        connection,
        "INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                           queued_at)
         VALUES (?1, 'verification_mail', ?2, 1, ?3, 0, 'queued', 0, ?3)",
        (rows.job.to_string(), &id, &opened_at),
    )
}
