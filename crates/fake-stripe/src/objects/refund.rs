//! Refunds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::seconds;
use crate::books::{Books, Entry, Table};

/// `status` of a refund of a card's payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The money is on its way, and may yet come back.
    Pending,
    /// The money was given back.
    #[default]
    Succeeded,
    /// The bank did not take it: the charge is as it was before.
    Failed,
}

impl RefundStatus {
    /// As Stripe spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) charge: String,
    pub(crate) payment_intent: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) reason: Option<String>,
    pub(crate) status: RefundStatus,
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
            "status": self.status.as_str(),
        })
    }
}
