//! What gateways tell by themselves: recorded once, and what of it accounts say.

use enlist_registration::ids::{CustomerId, JobId, RegistrationId, SubscriptionId, UserId};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::ports::{
    AccountAtGateway, CustomerStanding, News, Noted, Reflected, Standing, SubscriptionStatus,
};
use uuid::Uuid;

use super::Database;
use super::fault::Fault;
use super::parameters::{Moment, moment, parameters};

/// See [`Store::account_at_gateway`](enlist_registration::ports::Store::account_at_gateway).
pub(super) async fn account_at_gateway(
    store: &Database,
    id: UserId,
) -> Result<Option<AccountAtGateway>, Fault> {
    const ACCOUNT: &str = "
        SELECT payment_gateway, payment_gateway_customer_id,
            (SELECT payment_gateway_subscription_id FROM subscriptions
             WHERE subscriptions.user_id = billing_info.user_id ORDER BY id DESC LIMIT 1)
                AS subscription
        FROM billing_info WHERE user_id = $1";
    let found = store.read(ACCOUNT, &parameters![id.0]).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let subscription: Option<String> = row.try_get("subscription")?;
    Ok(Some(AccountAtGateway {
        gateway: row.try_get("payment_gateway")?,
        customer: CustomerId(row.try_get("payment_gateway_customer_id")?),
        subscription: subscription.map(SubscriptionId),
    }))
}

/// One row if it is recorded now, none if it was before. What is queued is selected from what is
/// recorded, so that a repeat queues nothing.
///
/// A registration is that which the metadata names, or else the one whose account has the customer.
/// Its job is queued a tick after what its account was brought in line with before, at the earliest.
const TAKE: &str = "
    WITH event AS (
        INSERT INTO gateway_events (gateway, event_id, kind, registration_id, received_at)
        SELECT $1, $2, $3,
            coalesce(
                (SELECT id FROM registrations WHERE id = $4),
                (SELECT registrations.id FROM billing_info JOIN registrations USING (user_id)
                 WHERE payment_gateway_customer_id = $5 AND payment_gateway = $1)),
            now()
        ON CONFLICT (gateway, event_id) DO NOTHING
        RETURNING registration_id
    ), job AS (
        INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                          queued_at)
        SELECT $6, $7, registration_id, 0, now(), 0, 'queued', 0,
            greatest(now(), (
                SELECT reflected_at + interval '1 microsecond'
                FROM registrations JOIN billing_info USING (user_id)
                WHERE registrations.id = event.registration_id))
        FROM event WHERE registration_id IS NOT NULL
        ON CONFLICT (id) DO NOTHING
    )
    SELECT registration_id FROM event";

/// See [`Store::take_news`](enlist_registration::ports::Store::take_news).
pub(super) async fn take_news(store: &Database, news: &News, job: JobId) -> Result<Noted, Fault> {
    let named = news.registration.map(|registration| registration.0);
    let customer = news.customer.as_ref().map(CustomerId::as_str);
    let written = store
        .write(
            TAKE,
            &parameters![
                news.gateway,
                news.event.as_str(),
                news.kind.as_str(),
                named,
                customer,
                job.0,
                JobKind::Reflect.as_str(),
            ],
        )
        .await?;
    if let Some(row) = written.rows.first() {
        let registration: Option<Uuid> = row.try_get("registration_id")?;
        return Ok(registration.map_or(Noted::Foreign, |id| Noted::Queued(RegistrationId(id))));
    }
    if written.was_in_doubt {
        return told_by_an_earlier_try(store, job).await;
    }
    Ok(Noted::Known)
}

/// Whether it was this very write that recorded the news, before its answer was lost: the job tells.
/// News of nothing of ours leaves none, and is known then: nothing follows from either.
async fn told_by_an_earlier_try(store: &Database, job: JobId) -> Result<Noted, Fault> {
    const QUEUED: &str = "SELECT registration_id FROM jobs WHERE id = $1";
    let found = store.read(QUEUED, &parameters![job.0]).await?;
    Ok(match found.first() {
        Some(row) => Noted::Queued(RegistrationId(row.try_get("registration_id")?)),
        None => Noted::Known,
    })
}

/// $1 is the registration, $2 when its job was queued; $3 whether the customer lives; $4 to $9 its
/// card; $10 whether a subscription was asked for; $11 to $15 how it stands.
const REFLECT: &str = "
    WITH account AS (
        SELECT billing_info.user_id FROM registrations JOIN billing_info USING (user_id)
        WHERE registrations.id = $1
    ), billing AS (
        UPDATE billing_info
        SET card_number = CASE WHEN $3 THEN $4 ELSE card_number END,
            card_brand = CASE WHEN $3 THEN $5 ELSE card_brand END,
            expiry_month = CASE WHEN $3 THEN $6 ELSE expiry_month END,
            expiry_year = CASE WHEN $3 THEN $7 ELSE expiry_year END,
            cvc_check = CASE WHEN $3 THEN $8 ELSE cvc_check END,
            payment_method_id = CASE WHEN $3 THEN $9 ELSE payment_method_id END,
            customer_deleted_at = CASE WHEN NOT $3 THEN coalesce(customer_deleted_at, now()) END,
            reflected_at = $2, updated_at = now()
        WHERE user_id = (SELECT user_id FROM account)
            AND (reflected_at IS NULL OR reflected_at <= $2)
        RETURNING user_id
    ), newest AS (
        SELECT id FROM subscriptions WHERE user_id = (SELECT user_id FROM account)
        ORDER BY id DESC LIMIT 1
    ), subscription AS (
        UPDATE subscriptions
        SET status = $11, cancel_at = $13, refunded_minor = $14,
            current_period_end = coalesce($15, current_period_end),
            ended_at = CASE WHEN NOT $12 THEN NULL WHEN status = 'ended' THEN ended_at ELSE now() END,
            updated_at = now()
        FROM billing
        WHERE $10 AND subscriptions.user_id = billing.user_id AND id = (SELECT id FROM newest)
    )
    SELECT EXISTS (SELECT 1 FROM billing) AS is_written";

/// See [`Store::reflect`](enlist_registration::ports::Store::reflect). Carried out twice, where an
/// answer was lost, it writes the same twice.
pub(super) async fn reflect(
    store: &Database,
    job: &Job,
    standing: &Standing,
) -> Result<Reflected, Fault> {
    let (lives, method) = match &standing.customer {
        CustomerStanding::Live(method) => (true, method.as_ref()),
        CustomerStanding::Gone => (false, None),
    };
    let card = method.map(|method| &method.card);
    let subscription = standing.subscription.as_ref();
    let status = subscription.map(|it| it.status);
    let written = store
        .write(
            REFLECT,
            &parameters![
                job.registration.0,
                Moment(job.queued_at),
                lives,
                card.map(|card| card.masked()),
                card.map(|card| card.brand.as_str()),
                card.map(|card| i32::from(card.expiry.month())),
                card.map(|card| i32::from(card.expiry.year())),
                method.map(|method| method.cvc_check.as_str()),
                method.map(|method| method.id.as_str()),
                subscription.is_some(),
                status.map(SubscriptionStatus::as_str),
                status == Some(SubscriptionStatus::Ended),
                moment(subscription.and_then(|it| it.cancel_at)),
                subscription.map_or(0, |it| it.refunded_minor),
                moment(subscription.and_then(|it| it.current_period_end)),
            ],
        )
        .await?;
    let is_written = written.rows.first().map(|row| row.try_get("is_written"));
    if is_written.transpose()?.unwrap_or(false) {
        return Ok(Reflected::Written);
    }
    const EXISTS: &str = "
        SELECT 1 FROM registrations JOIN billing_info USING (user_id) WHERE registrations.id = $1";
    let found = store.read(EXISTS, &parameters![job.registration.0]).await?;
    Ok(match found.is_empty() {
        true => Reflected::NoAccount,
        false => Reflected::Outdated,
    })
}
