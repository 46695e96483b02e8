//! What happens to a subscription in the course of months, on demand: it is renewed, payment fails, it is to
//! end with its period.

use serde::Deserialize;
use serde_json::Value;

use crate::api::subscriptions::new_invoice;
use crate::books::{Desk, Entry as _};
use crate::error::StripeError;
use crate::objects::{PaymentMethod, Price, Subscription, SubscriptionStatus};
use crate::payments;

/// A change to a subscription, as Stripe or the dashboard would make it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SubscriptionChange {
    /// Its status from here on, by Stripe's name: `active`, `past_due`, `unpaid`, `paused`, `trialing`, ….
    pub status: Option<String>,
    /// Whether it is to end with its period.
    pub cancel_at_period_end: Option<bool>,
    /// Its period is over: a new invoice is made and the card is charged.
    pub renew: bool,
}

pub(super) fn change(
    desk: &mut Desk<'_>,
    id: &str,
    change: &SubscriptionChange,
) -> Result<Value, StripeError> {
    let status = change.status.as_deref().map(read_status).transpose()?;
    let subscription = desk
        .books
        .subscriptions
        .get_mut(id)
        .ok_or_else(|| StripeError::not_found(Subscription::NOUN, id))?;
    if let Some(status) = status {
        subscription.status = status;
        subscription.ended_at = status.is_ended().then_some(desk.now);
    }
    if let Some(at_period_end) = change.cancel_at_period_end {
        subscription.cancel_at_period_end = at_period_end;
    }
    let kind = match status {
        Some(SubscriptionStatus::Canceled) => "customer.subscription.deleted",
        _ => "customer.subscription.updated",
    };
    desk.tell::<Subscription>(kind, id);
    if change.renew {
        renew(desk, id)?;
    }
    Ok(desk.show::<Subscription>(id))
}

fn read_status(name: &str) -> Result<SubscriptionStatus, StripeError> {
    SubscriptionStatus::from_name(name)
        .ok_or_else(|| StripeError::invalid_parameter("status", format!("Invalid status: {name}")))
}

/// The next period begins. Where it cannot be paid for, the subscription is past due.
fn renew(desk: &mut Desk<'_>, id: &str) -> Result<(), StripeError> {
    let not_found = || StripeError::not_found(Subscription::NOUN, id);
    let subscription = desk.books.subscriptions.get(id).ok_or_else(not_found)?;
    let interval = desk
        .books
        .prices
        .get(&subscription.price)
        .map(|price: &Price| price.interval);
    let card = card_of(desk, subscription);
    let subscription = desk.books.subscriptions.get_mut(id).ok_or_else(not_found)?;
    if let Some(interval) = interval {
        subscription.current_period_start = subscription.current_period_end;
        subscription.current_period_end = interval.after(subscription.current_period_end);
    }
    if subscription.amount > 0 {
        subscription.status = SubscriptionStatus::PastDue;
    }
    if let Some(payment) = new_invoice(desk, id, card.as_ref(), "subscription_cycle") {
        payments::confirm(desk, &payment)?;
    }
    desk.tell::<Subscription>("customer.subscription.updated", id);
    Ok(())
}

fn card_of(desk: &Desk<'_>, subscription: &Subscription) -> Option<PaymentMethod> {
    let customer = desk.books.customers.get(&subscription.customer)?;
    let card = subscription
        .default_payment_method
        .as_ref()
        .or(customer.default_payment_method.as_ref())?;
    desk.books.payment_methods.get(card).cloned()
}
