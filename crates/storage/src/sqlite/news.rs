//! What gateways tell by themselves: recorded once, and what of it accounts say.

use enlist_registration::ids::{CustomerId, JobId, RegistrationId, SubscriptionId, UserId};
use enlist_registration::jobs::{Job, JobKind, NewJob};
use enlist_registration::limits::later;
use enlist_registration::ports::{
    AccountAtGateway, CustomerStanding, News, Noted, PaymentMethod, Reflected, Standing,
    SubscriptionStanding, SubscriptionStatus,
};
use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::rows::{Key, Moment};
use super::{jobs, reads};
use crate::values::TICK;

/// See [`Store::account_at_gateway`](enlist_registration::ports::Store::account_at_gateway).
pub(super) fn account_at_gateway(
    connection: &Connection,
    id: UserId,
) -> Result<Option<AccountAtGateway>, Fault> {
    let sql = "
        SELECT payment_gateway, payment_gateway_customer_id,
            (SELECT payment_gateway_subscription_id FROM subscriptions
             WHERE subscriptions.user_id = billing_info.user_id ORDER BY id DESC LIMIT 1)
                AS subscription
        FROM billing_info WHERE user_id = ?1";
    reads::one(connection, sql, [Key::from(id)], |row| {
        let subscription: Option<String> = row.get("subscription")?;
        Ok(AccountAtGateway {
            gateway: row.get("payment_gateway")?,
            customer: CustomerId(row.get("payment_gateway_customer_id")?),
            subscription: subscription.map(SubscriptionId),
        })
    })
}

/// See [`Store::take_news`](enlist_registration::ports::Store::take_news).
pub(super) fn take_news(tx: &Tx<'_>, news: &News, job: JobId) -> Result<Verdict<Noted>, Fault> {
    let registration = registration_of(tx, news)?;
    let recorded = tx.execute(
        "INSERT INTO gateway_events (gateway, event_id, kind, registration_id, received_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (gateway, event_id) DO NOTHING",
        (
            news.gateway,
            &news.event,
            &news.kind,
            registration.map(Key::from),
            Moment(tx.now),
        ),
    )?;
    if recorded == 0 {
        return Ok(Verdict::Keep(Noted::Known));
    }
    let Some(registration) = registration else {
        return Ok(Verdict::Keep(Noted::Foreign));
    };
    let job = NewJob {
        id: job,
        kind: JobKind::Reflect,
        registration,
        serial: 0,
        due_at: tx.now,
    };
    let queued_at = match reflected_at(tx, registration)? {
        Some(reflected_at) => later(reflected_at, TICK).max(tx.now),
        None => tx.now,
    };
    jobs::queue_at(tx, &job, queued_at)?;
    Ok(Verdict::Keep(Noted::Queued(registration)))
}

/// The registration that the metadata names, or else the one whose account has the customer.
fn registration_of(tx: &Tx<'_>, news: &News) -> Result<Option<RegistrationId>, Fault> {
    let read = |row: &rusqlite::Row<'_>| Ok(RegistrationId(row.get::<_, Key>(0)?.0));
    if let Some(named) = news.registration {
        let sql = "SELECT id FROM registrations WHERE id = ?1";
        let found = reads::one(tx.connection, sql, [Key::from(named)], read)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    let Some(customer) = &news.customer else {
        return Ok(None);
    };
    let sql = "
        SELECT registrations.id FROM billing_info JOIN registrations USING (user_id)
        WHERE payment_gateway_customer_id = ?1 AND payment_gateway = ?2";
    let parameters = (customer.as_str(), news.gateway);
    reads::one(tx.connection, sql, parameters, read)
}

/// The newest news that the registration's account was brought in line with.
fn reflected_at(tx: &Tx<'_>, registration: RegistrationId) -> Result<Option<Timestamp>, Fault> {
    let sql = "
        SELECT reflected_at FROM registrations JOIN billing_info USING (user_id) WHERE id = ?1";
    let found = reads::one(tx.connection, sql, [Key::from(registration)], |row| {
        Ok(row.get::<_, Option<Moment>>(0)?)
    })?;
    Ok(found.flatten().map(|moment| moment.0))
}

/// See [`Store::reflect`](enlist_registration::ports::Store::reflect).
pub(super) fn reflect(
    tx: &Tx<'_>,
    job: &Job,
    standing: &Standing,
) -> Result<Verdict<Reflected>, Fault> {
    let sql = "
        SELECT billing_info.user_id, reflected_at
        FROM registrations JOIN billing_info USING (user_id) WHERE id = ?1";
    let id = Key::from(job.registration);
    let found: Option<(Key, Option<Moment>)> = reads::one(tx.connection, sql, [id], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let Some((user, reflected_at)) = found else {
        return Ok(Verdict::Discard(Reflected::NoAccount));
    };
    if reflected_at.is_some_and(|moment| moment.0 > job.queued_at) {
        return Ok(Verdict::Discard(Reflected::Outdated));
    }
    tx.execute_on_one(
        "UPDATE billing_info SET reflected_at = ?1, updated_at = ?2 WHERE user_id = ?3",
        (Moment(job.queued_at), Moment(tx.now), user),
    )?;
    match &standing.customer {
        CustomerStanding::Live(card) => reflect_card(tx, user, card.as_ref())?,
        CustomerStanding::Gone => {
            tx.execute(
                "UPDATE billing_info SET customer_deleted_at = ?1
                 WHERE user_id = ?2 AND customer_deleted_at IS NULL",
                (Moment(tx.now), user),
            )?;
        }
    }
    if let Some(subscription) = &standing.subscription {
        reflect_subscription(tx, user, subscription)?;
    }
    Ok(Verdict::Keep(Reflected::Written))
}

fn reflect_card(tx: &Tx<'_>, user: Key, method: Option<&PaymentMethod>) -> Result<(), Fault> {
    let card = method.map(|method| &method.card);
    tx.execute_on_one(
        "UPDATE billing_info
         SET card_number = :card_number, card_brand = :card_brand, expiry_month = :expiry_month,
             expiry_year = :expiry_year, cvc_check = :cvc_check,
             payment_method_id = :payment_method_id, customer_deleted_at = NULL
         WHERE user_id = :user_id",
        named_params! {
            ":user_id": user,
            ":card_number": card.map(|card| card.masked()),
            ":card_brand": card.map(|card| card.brand.as_str()),
            ":expiry_month": card.map(|card| card.expiry.month()),
            ":expiry_year": card.map(|card| card.expiry.year()),
            ":cvc_check": method.map(|method| method.cvc_check.as_str()),
            ":payment_method_id": method.map(|method| method.id.as_str()),
        },
    )
}

fn reflect_subscription(
    tx: &Tx<'_>,
    user: Key,
    standing: &SubscriptionStanding,
) -> Result<(), Fault> {
    tx.execute(
        "UPDATE subscriptions
         SET status = :status, cancel_at = :cancel_at, refunded_minor = :refunded_minor,
             current_period_end = coalesce(:current_period_end, current_period_end),
             ended_at = CASE WHEN NOT :has_ended THEN NULL
                             WHEN status = 'ended' THEN ended_at
                             ELSE :now END,
             updated_at = :now
         WHERE id = (SELECT id FROM subscriptions WHERE user_id = :user_id
                     ORDER BY id DESC LIMIT 1)",
        named_params! {
            ":user_id": user,
            ":status": standing.status.as_str(),
            ":has_ended": standing.status == SubscriptionStatus::Ended,
            ":cancel_at": standing.cancel_at.map(Moment),
            ":refunded_minor": standing.refunded_minor,
            ":current_period_end": standing.current_period_end.map(Moment),
            ":now": Moment(tx.now),
        },
    )?;
    Ok(())
}
