//! Refunds.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::seconds;
use crate::books::{Books, Entry, Table};

pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) charge: String,
    pub(crate) payment_intent: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Value,
}

impl Entry for Refund {
    const NOUN: &'static str = "refund";

    fn table(books: &Books) -> &Table<Self> {
        &books.refunds
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
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": null,
            "charge": self.charge,
            "created": seconds(self.created),
            "currency": self.currency,
            "metadata": self.metadata,
            "payment_intent": self.payment_intent,
            "reason": self.reason,
            "receipt_number": null,
            "status": "succeeded",
        })
    }
}
