//! Subscriptions: started with their first charge, waiting for 3-D Secure, confirmed, refused, ended.
//! The sandbox never renews: it stands in for a gateway during a sign-up.

use enlist_domain::{Interval, Money, Plan};
use enlist_registration::ids::{CustomerId, RegistrationId, SubscriptionId};
use enlist_registration::ports::Subscription;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::books::{Books, money, registration, time, unreadable};
use super::cards::Behaviour;
use super::charges::{self, Taking};
use super::customers;
use super::error::SandboxError;
use super::idempotency::{Answer, Effect};
use super::payment_methods::{self, declined};
use super::sql::{Row, params};

/// Why a subscription ended that was cancelled, by itself or with its customer.
pub(super) const CANCELLED: &str = "subscription_canceled";

/// What a subscription is made from.
pub(super) struct SubscriptionRequest {
    pub(super) registration: RegistrationId,
    pub(super) customer: CustomerId,
    pub(super) plan: Plan,
}

/// A subscription in the books.
pub(super) struct Entry {
    pub(super) subscription: Subscription,
    pub(super) registration: RegistrationId,
    pub(super) customer: CustomerId,
    pub(super) price: Money,
    pub(super) status: Status,
}

/// Where a subscription stands.
pub(super) enum Status {
    Incomplete { client_secret: String },
    Active,
    Ended { code: String },
}

/// Starts a subscription and takes the first charge, if the plan has a price. A declined charge
/// leaves no subscription (Stripe: `error_if_incomplete`), only its own failed record.
pub(super) fn start(
    books: &Books<'_>,
    request: &SubscriptionRequest,
) -> Result<Effect<Subscription>, SandboxError> {
    let SubscriptionRequest { customer, plan, .. } = request;
    if !customers::is_live(books, customer)? {
        return Ok(Effect::Refused(format!(
            "resource_missing: no such customer: {customer}"
        )));
    }
    if plan.price.amount_minor() < 0 {
        return Ok(Effect::Refused(format!(
            "the plan {} has a negative price",
            plan.name
        )));
    }
    if !plan.is_paid() {
        let subscription = insert(books, request, None)?;
        return Ok(Effect::Answer(Answer::Done(subscription)));
    }
    let Some(card) = payment_methods::of_customer(books, customer)? else {
        return Ok(Effect::Refused(format!(
            "the customer {customer} has no payment method"
        )));
    };
    match card.behaviour {
        Behaviour::Succeeds => {
            let subscription = insert(books, request, None)?;
            charges::take(books, &taking(request, Some(&subscription.id)), None)?;
            Ok(Effect::Answer(Answer::Done(subscription)))
        }
        Behaviour::DeclinesWhenAttached { code } | Behaviour::DeclinesWhenCharged { code } => {
            charges::take(books, &taking(request, None), Some(&code))?;
            Ok(declined(&code))
        }
        Behaviour::AsksBeforeTheCharge { .. } => {
            let client_secret = books.new_client_secret();
            let subscription = insert(books, request, Some(&client_secret))?.id;
            Ok(Effect::Answer(Answer::RequiresAction {
                subscription,
                client_secret,
            }))
        }
    }
}

/// How a subscription stands.
pub(super) fn retrieve(
    books: &Books<'_>,
    id: &SubscriptionId,
) -> Result<Effect<Subscription>, SandboxError> {
    let Some(entry) = find(books, id.as_str())? else {
        return Ok(Effect::Refused(format!(
            "resource_missing: no such subscription: {id}"
        )));
    };
    Ok(match entry.status {
        Status::Active => Effect::Answer(Answer::Done(entry.subscription)),
        Status::Ended { code } => declined(&code),
        Status::Incomplete { client_secret } => {
            let subscription = entry.subscription.id;
            Effect::Answer(Answer::RequiresAction {
                subscription,
                client_secret,
            })
        }
    })
}

/// Ends a subscription at once; one that has ended, or never was, is no fault.
pub(super) fn cancel(books: &Books<'_>, id: &SubscriptionId) -> Result<Effect<()>, SandboxError> {
    end(books, id, CANCELLED)?;
    Ok(Effect::Answer(Answer::Done(())))
}

/// Ends a subscription unless it has ended.
pub(super) fn end(books: &Books<'_>, id: &SubscriptionId, code: &str) -> Result<(), SandboxError> {
    books.execute(
        "UPDATE subscriptions SET status = 'ended', end_code = ?2
         WHERE id = ?1 AND status <> 'ended'",
        params![id.as_str(), code],
    )?;
    Ok(())
}

/// Ends all that a customer has.
pub(super) fn end_all(books: &Books<'_>, customer: &CustomerId) -> Result<(), SandboxError> {
    books.execute(
        "UPDATE subscriptions SET status = 'ended', end_code = ?2
         WHERE customer_id = ?1 AND status <> 'ended'",
        params![customer.as_str(), CANCELLED],
    )?;
    Ok(())
}

/// Takes the first charge of a subscription that was waiting for it.
pub(super) fn activate(books: &Books<'_>, entry: &Entry) -> Result<(), SandboxError> {
    let id = &entry.subscription.id;
    books.execute_one(
        "UPDATE subscriptions SET status = 'active' WHERE id = ?1 AND status = 'incomplete'",
        params![id.as_str()],
    )?;
    charges::take(books, &entry.taking(), None)
}

/// A subscription by its id or by its client secret.
pub(super) fn find(books: &Books<'_>, name: &str) -> Result<Option<Entry>, SandboxError> {
    books.find(
        "SELECT * FROM subscriptions WHERE id = ?1 OR client_secret = ?1",
        params![name],
        read_entry,
    )
}

impl Entry {
    /// The first charge of this subscription.
    pub(super) fn taking(&self) -> Taking<'_> {
        Taking {
            registration: self.registration,
            customer: &self.customer,
            subscription: Some(&self.subscription.id),
            amount: self.price,
        }
    }
}

fn taking<'a>(
    request: &'a SubscriptionRequest,
    subscription: Option<&'a SubscriptionId>,
) -> Taking<'a> {
    Taking {
        registration: request.registration,
        customer: &request.customer,
        subscription,
        amount: request.plan.price,
    }
}

/// Active, or waiting for a confirmation where there is a secret to confirm it with.
fn insert(
    books: &Books<'_>,
    request: &SubscriptionRequest,
    client_secret: Option<&str>,
) -> Result<Subscription, SandboxError> {
    let id = SubscriptionId(books.new_id("sub"));
    let current_period_end = one_interval_after(books.now, request.plan.interval);
    books.execute_one(
        "INSERT INTO subscriptions (id, registration_id, customer_id, plan, amount_minor, currency,
             status, client_secret, current_period_end_ms, created_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            id.as_str(),
            request.registration.to_string(),
            request.customer.as_str(),
            request.plan.name.as_str(),
            request.plan.price.amount_minor(),
            request.plan.price.currency().code(),
            if client_secret.is_some() {
                "incomplete"
            } else {
                "active"
            },
            client_secret,
            current_period_end.as_millisecond(),
            books.now_ms()
        ],
    )?;
    Ok(Subscription {
        id,
        current_period_end,
    })
}

fn one_interval_after(now: Timestamp, interval: Interval) -> Timestamp {
    let span = match interval {
        Interval::Month => Span::new().months(1),
        Interval::Year => Span::new().years(1),
    };
    // Only the year 9999 has no next one.
    now.to_zoned_datetime(TimeZone::UTC)
        .checked_add(span)
        .map_or(Timestamp::MAX, |end| end.timestamp())
}

pub(super) fn read_entry(row: &Row) -> Result<Entry, SandboxError> {
    Ok(Entry {
        subscription: Subscription {
            id: SubscriptionId(row.get("id")?),
            current_period_end: time(row, "current_period_end_ms")?,
        },
        registration: registration(row)?,
        customer: CustomerId(row.get("customer_id")?),
        price: money(row)?,
        status: read_status(row)?,
    })
}

fn read_status(row: &Row) -> Result<Status, SandboxError> {
    let status: String = row.get("status")?;
    Ok(match status.as_str() {
        "active" => Status::Active,
        "ended" => Status::Ended {
            code: row.get("end_code")?,
        },
        "incomplete" => Status::Incomplete {
            client_secret: row.get("client_secret")?,
        },
        _ => return Err(unreadable("status of a subscription", status)),
    })
}
