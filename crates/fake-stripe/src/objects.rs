//! The objects of the API: what is kept of each, and how Stripe shows it.

mod charge;
mod customer;
mod invoice;
mod payment_intent;
mod payment_method;
mod price;
mod refund;
mod setup_intent;
mod subscription;
mod webhook_endpoint;

use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use charge::Charge;
pub(crate) use customer::Customer;
pub(crate) use invoice::{Invoice, InvoiceStatus};
pub(crate) use payment_intent::{PaymentIntent, PaymentIntentStatus};
pub(crate) use payment_method::{Attachment, PaymentMethod};
pub use price::Interval;
pub(crate) use price::Price;
pub(crate) use refund::Refund;
pub use refund::RefundStatus;
pub(crate) use setup_intent::{SetupIntent, SetupIntentStatus};
pub(crate) use subscription::{Subscription, SubscriptionStatus};
pub(crate) use webhook_endpoint::WebhookEndpoint;

/// The version of the API whose shapes these are.
pub const API_VERSION: &str = "2026-10-28.endive";

/// A moment as Stripe has it: whole seconds since 1970.
fn seconds(moment: Timestamp) -> i64 {
    moment.as_second()
}

fn maybe_seconds(moment: Option<Timestamp>) -> Value {
    moment.map_or(Value::Null, |moment| seconds(moment).into())
}

/// A list that is shown inside another object.
fn inner_list(url: &str, data: Vec<Value>) -> Value {
    json!({
        "object": "list",
        "data": data,
        "has_more": false,
        "url": url,
    })
}
