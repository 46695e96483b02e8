//! The least that PostgreSQL can be asked to do for a registration: its rows in one transaction, by
//! the store's driver, from a pool of the same size, prepared, and sent without waiting in between.

use std::time::{Duration, SystemTime};

use deadpool_postgres::{Manager, Pool};
use enlist_registration::steps::StepName;
use jiff::Timestamp;
use tokio_postgres::types::{Json, ToSql};
use tokio_postgres::{Client, Error, NoTls, Statement};

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
        // Before the transaction, because preparing one for the first time waits for an answer.
        let [
            user,
            profile,
            billing,
            subscription,
            registration,
            events,
            job,
        ] = [
            client.prepare_cached(USER).await?,
            client.prepare_cached(PROFILE).await?,
            client.prepare_cached(BILLING).await?,
            client.prepare_cached(SUBSCRIPTION).await?,
            client.prepare_cached(REGISTRATION).await?,
            client.prepare_cached(EVENTS).await?,
            client.prepare_cached(JOB).await?,
        ];
        tokio::try_join!(
            client.batch_execute("BEGIN"),
            insert_user(&client, &user, rows),
            insert_profile(&client, &profile, rows),
            insert_billing(&client, &billing, rows),
            insert_subscription(&client, &subscription, rows),
            insert_registration(&client, &registration, rows),
            insert_events(&client, &events, rows),
            insert_job(&client, &job, rows),
            client.batch_execute("COMMIT"),
        )?;
        Ok(())
    }
}

type Written = Result<u64, Error>;

async fn insert_user(client: &Client, statement: &Statement, rows: &Rows) -> Written {
    let intent = &rows.registration.intent;
    let values: [&(dyn ToSql + Sync); 5] = [
        &intent.user.0,
        &intent.email.as_typed(),
        &intent.email.normalised(),
        &intent.password_hash.as_phc(),
        &system_time(rows.opened_at),
    ];
    client.execute(statement, &values).await
}

async fn insert_profile(client: &Client, statement: &Statement, rows: &Rows) -> Written {
    let intent = &rows.registration.intent;
    let (profile, address) = (&intent.profile, &intent.profile.address);
    let values: [&(dyn ToSql + Sync); 10] = [
        &intent.user.0,
        &profile.first_name.as_str(),
        &profile.last_name.as_str(),
        &address.address(),
        &address.address_line2(),
        &address.city(),
        &address.state(),
        &address.zip(),
        &address.country().as_str(),
        &system_time(rows.opened_at),
    ];
    client.execute(statement, &values).await
}

async fn insert_billing(client: &Client, statement: &Statement, rows: &Rows) -> Written {
    let intent = &rows.registration.intent;
    let method = &rows.method;
    let values: [&(dyn ToSql + Sync); 10] = [
        &intent.user.0,
        &method.card.masked(),
        &method.card.brand.as_str(),
        &i32::from(method.card.expiry.month()),
        &i32::from(method.card.expiry.year()),
        &method.cvc_check.as_str(),
        &intent.gateway,
        &rows.customer.as_str(),
        &method.id.as_str(),
        &system_time(rows.opened_at),
    ];
    client.execute(statement, &values).await
}

async fn insert_subscription(client: &Client, statement: &Statement, rows: &Rows) -> Written {
    let intent = &rows.registration.intent;
    let values: [&(dyn ToSql + Sync); 9] = [
        &intent.subscription_row,
        &intent.user.0,
        &rows.customer.as_str(),
        &rows.subscription.as_str(),
        &rows.plan.name,
        &rows.plan.price.amount_minor(),
        &rows.plan.price.currency().code(),
        &system_time(rows.period_end),
        &system_time(rows.opened_at),
    ];
    client.execute(statement, &values).await
}

async fn insert_registration(client: &Client, statement: &Statement, rows: &Rows) -> Written {
    let it = &rows.registration;
    let values: [&(dyn ToSql + Sync); 12] = [
        &it.id.0,
        &it.intent.user.0,
        &it.status.as_str(),
        &it.intent.email.as_typed(),
        &it.intent.email.normalised(),
        &Json(&it.intent),
        &Json(&it.progress),
        &system_time(it.begun_at),
        &system_time(it.deadline_at),
        &system_time(rows.act_by),
        &system_time(rows.opened_at),
        &i64::from(it.next_seq),
    ];
    client.execute(statement, &values).await
}

async fn insert_events(client: &Client, statement: &Statement, rows: &Rows) -> Written {
    let events = || rows.events.iter();
    let values: [&(dyn ToSql + Sync); 7] = [
        &rows.registration.id.0,
        &events().map(|it| i64::from(it.seq)).collect::<Vec<_>>(),
        &events().map(|it| it.generation.0).collect::<Vec<_>>(),
        &events().map(|it| system_time(it.at)).collect::<Vec<_>>(),
        &events()
            .map(|it| it.step.map(StepName::as_str))
            .collect::<Vec<_>>(),
        &events().map(|it| it.kind.as_str()).collect::<Vec<_>>(),
        &events().map(|it| it.detail.as_deref()).collect::<Vec<_>>(),
    ];
    client.execute(statement, &values).await
}

async fn insert_job(client: &Client, statement: &Statement, rows: &Rows) -> Written {
    let (id, opened_at) = (rows.registration.id.0, system_time(rows.opened_at));
    client
        .execute(statement, &[&rows.job.0, &id, &opened_at])
        .await
}

/// As the driver takes times.
fn system_time(moment: Timestamp) -> SystemTime {
    let since_1970_us = u64::try_from(moment.as_microsecond()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_micros(since_1970_us)
}
