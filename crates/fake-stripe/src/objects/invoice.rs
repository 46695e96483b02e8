//! Invoices, each with one payment at most.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{inner_list, seconds};
use crate::books::{Books, Entry, Table};

#[derive(Clone)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) number: String,
    pub(crate) customer: String,
    pub(crate) subscription: String,
    /// The subscription's, as it was when the invoice was made.
    pub(crate) subscription_metadata: Value,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) status: InvoiceStatus,
    pub(crate) billing_reason: &'static str,
    /// None where there is nothing to pay.
    pub(crate) payment_intent: Option<String>,
    pub(crate) payment: String,
    pub(crate) attempts: u32,
}

/// Where an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvoiceStatus {
    Open,
    Paid,
    Void,
}

impl InvoiceStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Void => "void",
        }
    }
}

impl Invoice {
    fn amount_paid(&self) -> i64 {
        match self.status {
            InvoiceStatus::Paid => self.amount,
            InvoiceStatus::Open | InvoiceStatus::Void => 0,
        }
    }

    /// What a browser confirms the payment with. Only there where it is asked for.
    pub(crate) fn confirmation_secret(&self, books: &Books) -> Value {
        let payment = self
            .payment_intent
            .as_deref()
            .and_then(|id| books.payment_intents.get(id));
        payment.map_or(
            Value::Null,
            |payment| json!({ "client_secret": payment.client_secret, "type": "payment_intent" }),
        )
    }

    /// How it was or is to be paid. Only there where it is asked for.
    pub(crate) fn payments(&self) -> Value {
        let payments = self.payment_intent.iter().map(|payment_intent| {
            json!({
                "id": self.payment,
                "object": "invoice_payment",
                "amount_paid": (self.amount_paid() > 0).then_some(self.amount_paid()),
                "amount_requested": self.amount,
                "created": seconds(self.created),
                "currency": self.currency,
                "invoice": self.id,
                "is_default": true,
                "livemode": false,
                "payment": { "payment_intent": payment_intent, "type": "payment_intent" },
                "status": match self.status {
                    InvoiceStatus::Open => "open",
                    InvoiceStatus::Paid => "paid",
                    InvoiceStatus::Void => "canceled",
                },
            })
        });
        inner_list("/v1/invoice_payments", payments.collect())
    }
}

impl Entry for Invoice {
    const NOUN: &'static str = "invoice";

    fn table(books: &Books) -> &Table<Self> {
        &books.invoices
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn to_json(&self, _: &Books) -> Value {
        let remaining = match self.status {
            InvoiceStatus::Open => self.amount,
            InvoiceStatus::Paid | InvoiceStatus::Void => 0,
        };
        json!({
            "id": self.id,
            "object": "invoice",
            "amount_due": self.amount,
            "amount_overpaid": 0,
            "amount_paid": self.amount_paid(),
            "amount_remaining": remaining,
            "attempt_count": self.attempts,
            "attempted": self.attempts > 0,
            "auto_advance": false,
            "billing_reason": self.billing_reason,
            "collection_method": "charge_automatically",
            "created": seconds(self.created),
            "currency": self.currency,
            "customer": self.customer,
            "default_payment_method": null,
            "description": null,
            "livemode": false,
            "metadata": {},
            "number": self.number,
            "parent": {
                "quote_details": null,
                "subscription_details": {
                    "metadata": self.subscription_metadata,
                    "subscription": self.subscription,
                },
                "type": "subscription_details",
            },
            "status": self.status.as_str(),
            "subtotal": self.amount,
            "total": self.amount,
        })
    }
}
