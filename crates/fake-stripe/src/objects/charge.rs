//! Charges, taken and declined.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::seconds;
use crate::books::{Books, Entry, Table};

#[derive(Clone)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) customer: String,
    /// None where the decline left no subscription.
    pub(crate) payment_intent: Option<String>,
    /// For which subscription, for the ledger.
    pub(crate) subscription: Option<String>,
    pub(crate) payment_method: String,
    pub(crate) amount: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) currency: String,
    /// Why it was declined, in the words of the sandbox's cards; none where the money was taken.
    pub(crate) decline: Option<String>,
    /// The same as Stripe's code for it.
    pub(crate) failure_code: Option<String>,
    /// What the failure says to a person.
    pub(crate) failure_message: Option<String>,
    /// The bank has the money, until it has decided whose it is.
    pub(crate) is_disputed: bool,
}

impl Charge {
    pub(crate) fn is_taken(&self) -> bool {
        self.decline.is_none()
    }

    pub(crate) fn status(&self) -> &'static str {
        if self.is_taken() {
            "succeeded"
        } else {
            "failed"
        }
    }

    /// What has not been given back.
    pub(crate) fn remaining(&self) -> i64 {
        self.amount - self.amount_refunded
    }

    /// Something of it is still ours.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_taken() && self.remaining() > 0 && !self.is_disputed
    }
}

impl Entry for Charge {
    const NOUN: &'static str = "charge";

    fn table(books: &Books) -> &Table<Self> {
        &books.charges
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn to_json(&self, _: &Books) -> Value {
        json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": if self.is_taken() { self.amount } else { 0 },
            "amount_refunded": self.amount_refunded,
            "captured": self.is_taken(),
            "created": seconds(self.created),
            "currency": self.currency,
            "customer": self.customer,
            "description": "Subscription creation",
            "disputed": self.is_disputed,
            "failure_code": self.failure_code,
            "failure_message": self.failure_message,
            "livemode": false,
            "metadata": {},
            "outcome": {
                "network_status": if self.is_taken() { "approved_by_network" } else { "declined_by_network" },
                "reason": self.decline,
                "type": if self.is_taken() { "authorized" } else { "issuer_declined" },
            },
            "paid": self.is_taken(),
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method,
            "receipt_url": null,
            "refunded": self.is_taken() && self.remaining() == 0,
            "status": self.status(),
        })
    }
}
