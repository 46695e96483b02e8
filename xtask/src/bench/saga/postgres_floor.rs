//! The least that PostgreSQL can be asked to do for a registration: its rows in one transaction, by
//! the store's driver, from a pool of the same size, prepared, and sent without waiting in between.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use deadpool_postgres::{Manager, Pool};
use enlist_registration::steps::StepName;
use jiff::Timestamp;
use tokio_postgres::NoTls;
use tokio_postgres::types::Json;

use super::rows::Rows;

pub struct PostgresFloor {
    pool: Pool,
}

const USER: &str = "
    INSERT INTO users (id, email, email_normalised, password_hash, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $5)";
const PROFILE: &str = "
    INSERT INTO profiles (user_id, first_name, last_name, address, address_line2, city, state, zip,
                          country, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
const BILLING: &str = "
    INSERT INTO billing_info (
        user_id, card_number, card_brand, expiry_month, expiry_year, cvc_check, payment_gateway,
        payment_gateway_customer_id, payment_method_id, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
const SUBSCRIPTION: &str = "
    INSERT INTO subscriptions (
        id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan, status,
        amount_minor, currency, current_period_end, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $9, $9)";
const REGISTRATION: &str = "
    INSERT INTO registrations (
        id, user_id, status, email, email_normalised, intent, progress, begun_at, deadline_at, act_by,
        opened_at, attempts, due_at, generation, next_seq, mail_serial, last_mail_at, code_attempts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $10, 1, $12, 1, $11, 0)";
const EVENTS: &str = "
    INSERT INTO registration_events (registration_id, seq, generation, at, step, kind, detail)
    SELECT $1, event.*
    FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
        AS event";
const JOB: &str = "
    INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                      queued_at)
    VALUES ($1, 'verification_mail', $2, 1, $3, 0, 'queued', 0, $3)";

impl PostgresFloor {
    pub fn open(url: &str, connections: usize) -> anyhow::Result<Self> {
        let manager = Manager::new(url.parse()?, NoTls);
        let pool = Pool::builder(manager).max_size(connections).build()?;
        Ok(Self { pool })
    }

    /// Writes everything in one transaction and one round trip.
    pub async fn write(&self, rows: &Rows) -> anyhow::Result<()> {
        let client = self.pool.get().await?;
        let [user, profile, billing, subscription, registration, events, job] = [
            client.prepare_cached(USER).await?,
            client.prepare_cached(PROFILE).await?,
            client.prepare_cached(BILLING).await?,
            client.prepare_cached(SUBSCRIPTION).await?,
            client.prepare_cached(REGISTRATION).await?,
            client.prepare_cached(EVENTS).await?,
            client.prepare_cached(JOB).await?,
        ];
        let it = &rows.registration;
        let (intent, id, user_id) = (&it.intent, it.id.0, it.intent.user.0);
        let (person, address) = (&intent.profile, &intent.profile.address);
        let (email, normalised) = (intent.email.as_typed(), intent.email.normalised());
        let [opened_at, act_by, begun_at, deadline_at, period_end] = [
            rows.opened_at,
            rows.act_by,
            it.begun_at,
            it.deadline_at,
            rows.period_end,
        ]
        .map(system_time);
        let method = it.payment_method().context("no card")?;
        let card = &method.card;
        let (month, year) = (i32::from(card.expiry.month()), i32::from(card.expiry.year()));
        let plan = intent.paid_plan().context("no plan")?;
        let (customer, subscribed) = (rows.customer.as_str(), rows.subscription.as_str());
        let timeline = Timeline::of(rows);
        tokio::try_join!(
            client.batch_execute("BEGIN"),
            client.execute(&user, &[
                &user_id, &email, &normalised, &intent.password_hash.as_phc(), &opened_at,
            ]),
            client.execute(&profile, &[
                &user_id, &person.first_name.as_str(), &person.last_name.as_str(),
                &address.address(), &address.address_line2(), &address.city(), &address.state(),
                &address.zip(), &address.country().as_str(), &opened_at,
            ]),
            client.execute(&billing, &[
                &user_id, &card.masked(), &card.brand.as_str(), &month, &year,
                &method.cvc_check.as_str(), &intent.gateway, &customer, &method.id.as_str(),
                &opened_at,
            ]),
            client.execute(&subscription, &[
                &intent.subscription_row, &user_id, &customer, &subscribed, &plan.name,
                &plan.price.amount_minor(), &plan.price.currency().code(), &period_end, &opened_at,
            ]),
            client.execute(&registration, &[
                &id, &user_id, &it.status.as_str(), &email, &normalised, &Json(intent),
                &Json(&it.progress), &begun_at, &deadline_at, &act_by, &opened_at,
                &i64::from(it.next_seq),
            ]),
            client.execute(&events, &[
                &id, &timeline.seqs, &timeline.generations, &timeline.times, &timeline.steps,
                &timeline.kinds, &timeline.details,
            ]),
            client.execute(&job, &[&rows.job.0, &id, &opened_at]),
            client.batch_execute("COMMIT"),
        )?;
        Ok(())
    }
}

/// The events as arrays.
struct Timeline<'a> {
    seqs: Vec<i64>,
    generations: Vec<i64>,
    times: Vec<SystemTime>,
    steps: Vec<Option<&'static str>>,
    kinds: Vec<&'static str>,
    details: Vec<Option<&'a str>>,
}

impl<'a> Timeline<'a> {
    fn of(rows: &'a Rows) -> Self {
        let events = || rows.events.iter();
        Self {
            seqs: events().map(|event| i64::from(event.seq)).collect(),
            generations: events().map(|event| event.generation.0).collect(),
            times: events().map(|event| system_time(event.at)).collect(),
            steps: events().map(|event| event.step.map(StepName::as_str)).collect(),
            kinds: events().map(|event| event.kind.as_str()).collect(),
            details: events().map(|event| event.detail.as_deref()).collect(),
        }
    }
}

/// As the driver takes times.
fn system_time(moment: Timestamp) -> SystemTime {
    let since_1970_us = u64::try_from(moment.as_microsecond()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_micros(since_1970_us)
}
