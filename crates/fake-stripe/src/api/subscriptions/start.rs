//! `POST /v1/subscriptions`: a subscription, its first invoice and the attempt to have it paid.

use jiff::Timestamp;

use super::super::{Answer, Ask};
use crate::api::customers;
use crate::books::{Desk, Entry as _};
use crate::cards;
use crate::error::StripeError;
use crate::form::Form;
use crate::objects::{
    Customer, Invoice, InvoiceStatus, PaymentIntent, PaymentIntentStatus, PaymentMethod, Price,
    Subscription, SubscriptionStatus,
};
use crate::payments::{self, CardAnswer};

const NO_PAYMENT_METHOD: &str = "This customer has no attached payment source or default payment method. \
    Please consider adding a default payment method.";

/// What is done about a first payment (`payment_behavior`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum PaymentBehavior {
    /// `allow_incomplete`, Stripe's default: tried; the subscription stays incomplete where it fails.
    Try,
    /// `default_incomplete`: not tried; a browser confirms it.
    Prepare,
    /// `error_if_incomplete`: tried; nothing is left where it fails.
    TryOrNothing,
}

/// A request that makes sense.
struct Order {
    customer: String,
    price: Price,
    quantity: i64,
    amount: i64,
    /// None where there is nothing to pay.
    card: Option<PaymentMethod>,
    behavior: PaymentBehavior,
}

pub(crate) fn create(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let order = read(desk, ask.form)?;
    if order.behavior == PaymentBehavior::TryOrNothing {
        turn_down_what_cannot_be_paid(desk, &order)?;
    }
    let subscription = new_subscription(desk, &order, ask.form);
    let id = subscription.id.clone();
    desk.books.subscriptions.insert(subscription);
    desk.tell::<Subscription>("customer.subscription.created", &id);
    let payment = new_invoice(desk, &id, order.card.as_ref(), "subscription_create");
    match payment {
        None => payments::activate(desk, &id, None),
        Some(payment) if order.behavior == PaymentBehavior::Prepare => {
            desk.books.waiting.push(id.clone());
            let asks = order
                .card
                .as_ref()
                .map(|card| payments::answer_of(&card.behaviour));
            if matches!(asks, Some(CardAnswer::AsksFirst)) {
                payments::confirm(desk, &payment)?;
            }
        }
        Some(payment) => {
            desk.books.waiting.push(id.clone());
            payments::confirm(desk, &payment)?;
        }
    }
    Ok(desk.show::<Subscription>(&id))
}

/// A first invoice or a later one, finalized, and the PaymentIntent that it is to be paid with, if there is
/// anything to pay.
pub(crate) fn new_invoice(
    desk: &mut Desk<'_>,
    subscription: &str,
    card: Option<&PaymentMethod>,
    billing_reason: &'static str,
) -> Option<String> {
    let subscription = desk.books.subscriptions.get(subscription)?.clone();
    let invoice_id = desk.new_id("in");
    let payment = (subscription.amount > 0).then(|| {
        let id = desk.new_id("pi");
        PaymentIntent {
            client_secret: desk.new_client_secret(&id),
            id,
            created: desk.now,
            customer: subscription.customer.clone(),
            invoice: invoice_id.clone(),
            payment_method: card.map(|card| card.id.clone()),
            amount: subscription.amount,
            currency: subscription.currency.clone(),
            status: PaymentIntentStatus::RequiresConfirmation,
            last_payment_error: serde_json::Value::Null,
            latest_charge: None,
            canceled_at: None,
        }
    });
    let payment_id = payment.as_ref().map(|payment| payment.id.clone());
    let invoice = Invoice {
        number: format!("FAKE-{:04}", desk.books.invoices.len() + 1),
        id: invoice_id.clone(),
        created: desk.now,
        customer: subscription.customer,
        subscription: subscription.id.clone(),
        subscription_metadata: subscription.metadata,
        amount: subscription.amount,
        currency: subscription.currency,
        status: if payment.is_some() {
            InvoiceStatus::Open
        } else {
            InvoiceStatus::Paid
        },
        billing_reason,
        payment_intent: payment_id.clone(),
        payment: desk.new_id("inpay"),
        attempts: 0,
    };
    desk.books.invoices.insert(invoice);
    if let Some(payment) = payment {
        desk.books.payment_intents.insert(payment);
    }
    if let Some(subscription) = desk.books.subscriptions.get_mut(&subscription.id) {
        subscription.latest_invoice = Some(invoice_id.clone());
    }
    desk.tell::<Invoice>("invoice.created", &invoice_id);
    desk.tell::<Invoice>("invoice.finalized", &invoice_id);
    if payment_id.is_none() {
        desk.tell::<Invoice>("invoice.paid", &invoice_id);
    }
    payment_id
}

/// Reads a request and looks at all that it names.
fn read(desk: &Desk<'_>, form: &Form) -> Result<Order, StripeError> {
    let behavior = payment_behavior(form)?;
    let customer = form.required("customer")?;
    let customer = customers::live(desk, customer)
        .ok_or_else(|| StripeError::missing(Customer::NOUN, customer, "customer"))?;
    let price = read_price(desk, form)?;
    let quantity = form.integer("items[][quantity]")?.unwrap_or(1);
    if quantity < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(StripeError::invalid_integer("items[0][quantity]", message));
    }
    let amount = price.unit_amount.saturating_mul(quantity);
    let named = form.text("default_payment_method");
    let card = named
        .or(customer.default_payment_method.as_deref())
        .filter(|_| amount > 0)
        .map(|card| card_of(desk, card, customer))
        .transpose()?;
    if card.is_none() && amount > 0 {
        return Err(StripeError::invalid(NO_PAYMENT_METHOD).coded("resource_missing"));
    }
    Ok(Order {
        customer: customer.id.clone(),
        price,
        quantity,
        amount,
        card,
        behavior,
    })
}

fn payment_behavior(form: &Form) -> Result<PaymentBehavior, StripeError> {
    match form.text("payment_behavior") {
        None | Some("allow_incomplete") => Ok(PaymentBehavior::Try),
        Some("default_incomplete") => Ok(PaymentBehavior::Prepare),
        Some("error_if_incomplete") => Ok(PaymentBehavior::TryOrNothing),
        Some(other) => Err(StripeError::invalid_parameter(
            "payment_behavior",
            format!("Invalid payment_behavior: {other}"),
        )),
    }
}

fn read_price(desk: &Desk<'_>, form: &Form) -> Result<Price, StripeError> {
    const PARAM: &str = "items[0][price]";
    let prices = form.names().filter(|name| name == "items[][price]").count();
    if prices > 1 {
        let message = "This fake has subscriptions with one item only.";
        return Err(StripeError::invalid_parameter("items", message));
    }
    let Some(id) = form.text("items[][price]") else {
        return Err(StripeError::parameter_missing(PARAM));
    };
    let price = desk
        .books
        .prices
        .get(id)
        .ok_or_else(|| StripeError::missing(Price::NOUN, id, PARAM))?;
    if !price.is_active {
        let message = "The price specified is inactive. This field only accepts active prices.";
        return Err(StripeError::invalid_parameter(PARAM, message));
    }
    Ok(price.clone())
}

fn card_of(desk: &Desk<'_>, id: &str, customer: &Customer) -> Result<PaymentMethod, StripeError> {
    desk.books
        .payment_methods
        .get(id)
        .filter(|card| card.customer() == Some(&customer.id))
        .cloned()
        .ok_or_else(|| StripeError::missing(PaymentMethod::NOUN, id, "default_payment_method"))
}

/// With `error_if_incomplete` nothing is left of a payment that fails but the record of a decline.
fn turn_down_what_cannot_be_paid(desk: &mut Desk<'_>, order: &Order) -> Result<(), StripeError> {
    let Some(card) = &order.card else {
        return Ok(());
    };
    match payments::answer_of(&card.behaviour) {
        CardAnswer::Pays => Ok(()),
        CardAnswer::AsksFirst => Err(StripeError::card(
            "subscription_payment_intent_requires_action",
            None,
            "Payment for this subscription requires additional user action before it can be completed \
             successfully. Payment can be completed using the PaymentIntent associated with \
             `subscription.latest_invoice`.",
        )),
        CardAnswer::Declines(code) => {
            let money = (order.amount, order.price.currency.as_str());
            let charge = payments::new_charge(desk, card, money, Some(code));
            payments::record_decline(desk, charge);
            Err(cards::declined(code))
        }
    }
}

fn new_subscription(desk: &Desk<'_>, order: &Order, form: &Form) -> Subscription {
    let start: Timestamp = desk.now;
    Subscription {
        id: desk.new_id("sub"),
        created: start,
        customer: order.customer.clone(),
        item: desk.new_id("si"),
        price: order.price.id.clone(),
        quantity: order.quantity,
        amount: order.amount,
        currency: order.price.currency.clone(),
        status: SubscriptionStatus::Incomplete,
        metadata: form.map("metadata"),
        default_payment_method: form.text("default_payment_method").map(str::to_owned),
        payment_method_types: form
            .texts("payment_settings[payment_method_types][]")
            .map(str::to_owned)
            .collect(),
        save_default_payment_method: form
            .text("payment_settings[save_default_payment_method]")
            .unwrap_or("off")
            .to_owned(),
        current_period_start: start,
        current_period_end: order.price.interval.after(start),
        cancel_at_period_end: false,
        ended_at: None,
        end_code: None,
        latest_invoice: None,
    }
}
