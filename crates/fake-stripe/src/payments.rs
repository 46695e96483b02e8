//! Taking money: a PaymentIntent is confirmed, authenticated, paid or declined, and its invoice and
//! subscription follow.

use enlist_gateways::sandbox::Behaviour;

use crate::books::{Desk, Entry as _};
use crate::cards;
use crate::error::StripeError;
use crate::objects::{
    Charge, Invoice, InvoiceStatus, PaymentIntent, PaymentIntentStatus, PaymentMethod,
    Subscription, SubscriptionStatus,
};

/// What a card says to a charge.
pub(crate) enum CardAnswer<'a> {
    Pays,
    AsksFirst,
    Declines(&'a str),
}

/// What a card says to a charge before anybody was asked.
pub(crate) fn answer_of(behaviour: &Behaviour) -> CardAnswer<'_> {
    match behaviour {
        Behaviour::Succeeds => CardAnswer::Pays,
        Behaviour::AsksBeforeTheCharge { .. } => CardAnswer::AsksFirst,
        Behaviour::DeclinesWhenAttached { code } | Behaviour::DeclinesWhenCharged { code } => {
            CardAnswer::Declines(code)
        }
    }
}

/// What a card says to a charge once the person has said that it is they.
fn answer_when_authenticated(behaviour: &Behaviour) -> CardAnswer<'_> {
    match behaviour {
        Behaviour::AsksBeforeTheCharge {
            then_declines: Some(code),
        } => CardAnswer::Declines(code),
        Behaviour::AsksBeforeTheCharge {
            then_declines: None,
        } => CardAnswer::Pays,
        other => answer_of(other),
    }
}

/// Confirms a PaymentIntent that waits for it: it is paid, asks the person, or is declined. Which, is in the
/// PaymentIntent afterwards.
pub(crate) fn confirm(desk: &mut Desk<'_>, id: &str) -> Result<(), StripeError> {
    let (payment, card) = open_payment(desk, id, PaymentIntentStatus::RequiresConfirmation)?;
    match answer_of(&card.behaviour) {
        CardAnswer::Pays => take(desk, &payment, None),
        CardAnswer::Declines(code) => take(desk, &payment, Some(code)),
        CardAnswer::AsksFirst => {
            set_status(desk, id, PaymentIntentStatus::RequiresAction);
            desk.tell::<PaymentIntent>("payment_intent.requires_action", id);
            desk.tell::<Invoice>("invoice.payment_action_required", &payment.invoice);
        }
    }
    Ok(())
}

/// The person has passed 3-D Secure.
pub(crate) fn authenticated(desk: &mut Desk<'_>, id: &str) -> Result<(), StripeError> {
    let (payment, card) = open_payment(desk, id, PaymentIntentStatus::RequiresAction)?;
    match answer_when_authenticated(&card.behaviour) {
        CardAnswer::Declines(code) => take(desk, &payment, Some(code)),
        CardAnswer::Pays | CardAnswer::AsksFirst => take(desk, &payment, None),
    }
    Ok(())
}

/// The person has not passed 3-D Secure, or did not want to. Nothing was charged, so there is no charge.
pub(crate) fn not_authenticated(desk: &mut Desk<'_>, id: &str) -> Result<(), StripeError> {
    let (payment, _) = open_payment(desk, id, PaymentIntentStatus::RequiresAction)?;
    let error = cards::not_authenticated("payment_intent_authentication_failure");
    fail(desk, &payment, &error);
    Ok(())
}

/// Gives a payment up that was not made.
pub(crate) fn cancel(desk: &mut Desk<'_>, id: &str) {
    let now = desk.now;
    let Some(payment) = desk.books.payment_intents.get_mut(id) else {
        return;
    };
    if payment.status.is_open() {
        payment.status = PaymentIntentStatus::Canceled;
        payment.canceled_at = Some(now);
        desk.tell::<PaymentIntent>("payment_intent.canceled", id);
    }
}

/// What is left of a charge that was declined where nothing else may be left.
pub(crate) fn record_decline(desk: &mut Desk<'_>, charge: Charge) {
    let id = charge.id.clone();
    desk.books.charges.insert(charge);
    desk.tell::<Charge>("charge.failed", &id);
}

/// A charge of this card.
pub(crate) fn new_charge(
    desk: &Desk<'_>,
    card: &PaymentMethod,
    (amount, currency): (i64, &str),
    decline: Option<&str>,
) -> Charge {
    let failure = decline.map(|code| cards::declined(code).fields());
    let failure_text = |name: &str| {
        let text = failure.as_ref()?.get(name)?.as_str()?;
        Some(text.to_owned())
    };
    Charge {
        id: desk.new_id("ch"),
        created: desk.now,
        customer: card.customer().unwrap_or_default().to_owned(),
        payment_intent: None,
        subscription: None,
        payment_method: card.id.clone(),
        amount,
        amount_refunded: 0,
        currency: currency.to_owned(),
        decline: decline.map(str::to_owned),
        failure_code: failure_text("code"),
        failure_message: failure_text("message"),
        is_disputed: false,
    }
}

/// Charges the card: taken, or declined with this code.
fn take(desk: &mut Desk<'_>, payment: &PaymentIntent, decline: Option<&str>) {
    let Some(card) = card_of(desk, payment) else {
        return;
    };
    let subscription = desk
        .books
        .invoices
        .get(&payment.invoice)
        .map(|invoice| invoice.subscription.clone());
    let charge = Charge {
        payment_intent: Some(payment.id.clone()),
        subscription,
        ..new_charge(desk, &card, (payment.amount, &payment.currency), decline)
    };
    let charge_id = charge.id.clone();
    desk.books.charges.insert(charge);
    if let Some(payment) = desk.books.payment_intents.get_mut(&payment.id) {
        payment.latest_charge = Some(charge_id.clone());
    }
    if let Some(invoice) = desk.books.invoices.get_mut(&payment.invoice) {
        invoice.attempts += 1;
    }
    match decline {
        Some(code) => {
            desk.tell::<Charge>("charge.failed", &charge_id);
            fail(desk, payment, &cards::declined(code));
        }
        None => {
            desk.tell::<Charge>("charge.succeeded", &charge_id);
            succeed(desk, payment, &card.id);
        }
    }
}

fn succeed(desk: &mut Desk<'_>, payment: &PaymentIntent, card: &str) {
    if let Some(payment) = desk.books.payment_intents.get_mut(&payment.id) {
        payment.status = PaymentIntentStatus::Succeeded;
        payment.last_payment_error = serde_json::Value::Null;
    }
    desk.tell::<PaymentIntent>("payment_intent.succeeded", &payment.id);
    let Some(invoice) = desk.books.invoices.get_mut(&payment.invoice) else {
        return;
    };
    invoice.status = InvoiceStatus::Paid;
    let subscription = invoice.subscription.clone();
    desk.tell::<Invoice>("invoice.paid", &payment.invoice);
    activate(desk, &subscription, Some(card));
}

/// A subscription whose first invoice is paid. One that has ended meanwhile stays ended.
pub(crate) fn activate(desk: &mut Desk<'_>, id: &str, card: Option<&str>) {
    let Some(subscription) = desk.books.subscriptions.get_mut(id) else {
        return;
    };
    let waits = [SubscriptionStatus::Incomplete, SubscriptionStatus::PastDue];
    if !waits.contains(&subscription.status) {
        return;
    }
    subscription.status = SubscriptionStatus::Active;
    if subscription.save_default_payment_method == "on_subscription" {
        subscription.default_payment_method = card.map(str::to_owned);
    }
    desk.tell::<Subscription>("customer.subscription.updated", id);
}

fn fail(desk: &mut Desk<'_>, payment: &PaymentIntent, error: &StripeError) {
    if let Some(payment) = desk.books.payment_intents.get_mut(&payment.id) {
        payment.status = PaymentIntentStatus::RequiresPaymentMethod;
        payment.last_payment_error = error.fields();
    }
    desk.tell::<PaymentIntent>("payment_intent.payment_failed", &payment.id);
    desk.tell::<Invoice>("invoice.payment_failed", &payment.invoice);
}

/// A PaymentIntent where this comes next, and its card. A card that was detached with its customer can never
/// be charged again.
fn open_payment(
    desk: &Desk<'_>,
    id: &str,
    expected: PaymentIntentStatus,
) -> Result<(PaymentIntent, PaymentMethod), StripeError> {
    let payment = desk
        .books
        .payment_intents
        .get(id)
        .ok_or_else(|| StripeError::not_found(PaymentIntent::NOUN, id))?;
    if payment.status != expected {
        let message = format!(
            "You cannot confirm this PaymentIntent because it has a status of {}.",
            payment.status.as_str()
        );
        return Err(StripeError::invalid(message).coded("payment_intent_unexpected_state"));
    }
    let card = card_of(desk, payment);
    match card {
        Some(card) if card.customer().is_some() => Ok((payment.clone(), card)),
        _ => Err(StripeError::invalid(crate::api::DETACHED).about("payment_method")),
    }
}

fn card_of(desk: &Desk<'_>, payment: &PaymentIntent) -> Option<PaymentMethod> {
    let card = payment.payment_method.as_deref()?;
    desk.books.payment_methods.get(card).cloned()
}

fn set_status(desk: &mut Desk<'_>, id: &str, status: PaymentIntentStatus) {
    if let Some(payment) = desk.books.payment_intents.get_mut(id) {
        payment.status = status;
    }
}
