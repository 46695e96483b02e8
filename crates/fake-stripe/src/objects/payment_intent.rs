//! PaymentIntents: one attempt, or several, to be paid once.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{maybe_seconds, seconds};
use crate::books::{Books, Entry, Table};

#[derive(Clone)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) client_secret: String,
    pub(crate) customer: String,
    pub(crate) invoice: String,
    pub(crate) payment_method: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) status: PaymentIntentStatus,
    /// As it was told, or null.
    pub(crate) last_payment_error: Value,
    pub(crate) latest_charge: Option<String>,
    pub(crate) canceled_at: Option<Timestamp>,
}

/// Where a PaymentIntent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaymentIntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Succeeded,
    Canceled,
}

impl PaymentIntentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// Whether money can still be taken.
    pub(crate) fn is_open(self) -> bool {
        !matches!(self, Self::Succeeded | Self::Canceled)
    }
}

impl Entry for PaymentIntent {
    const NOUN: &'static str = "payment_intent";

    fn table(books: &Books) -> &Table<Self> {
        &books.payment_intents
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn to_json(&self, _: &Books) -> Value {
        let is_paid = self.status == PaymentIntentStatus::Succeeded;
        let next_action = match self.status {
            PaymentIntentStatus::RequiresAction => json!({
                "type": "use_stripe_sdk",
                "use_stripe_sdk": { "type": "three_d_secure_redirect" },
            }),
            _ => Value::Null,
        };
        json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_received": if is_paid { self.amount } else { 0 },
            "canceled_at": maybe_seconds(self.canceled_at),
            "cancellation_reason": self.canceled_at.map(|_| "void_invoice"),
            "capture_method": "automatic",
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": seconds(self.created),
            "currency": self.currency,
            "customer": self.customer,
            "description": "Subscription creation",
            "last_payment_error": self.last_payment_error,
            "latest_charge": self.latest_charge,
            "livemode": false,
            "metadata": {},
            "next_action": next_action,
            "payment_method": self.payment_method,
            "payment_method_types": ["card"],
            "setup_future_usage": "off_session",
            "status": self.status.as_str(),
        })
    }
}
