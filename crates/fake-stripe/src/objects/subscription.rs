//! Subscriptions, each with one item.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{inner_list, maybe_seconds, seconds};
use crate::books::{Books, Entry, Table};

#[derive(Clone)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) customer: String,
    pub(crate) item: String,
    pub(crate) price: String,
    pub(crate) quantity: i64,
    /// Of each period, in minor units.
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) status: SubscriptionStatus,
    pub(crate) metadata: Value,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) save_default_payment_method: String,
    pub(crate) current_period_start: Timestamp,
    pub(crate) current_period_end: Timestamp,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) ended_at: Option<Timestamp>,
    /// Why it ended, for the ledger.
    pub(crate) end_code: Option<&'static str>,
    pub(crate) latest_invoice: Option<String>,
}

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubscriptionStatus {
    Incomplete,
    IncompleteExpired,
    Active,
    PastDue,
    Unpaid,
    Paused,
    Trialing,
    Canceled,
}

impl SubscriptionStatus {
    const ALL: [Self; 8] = [
        Self::Incomplete,
        Self::IncompleteExpired,
        Self::Active,
        Self::PastDue,
        Self::Unpaid,
        Self::Paused,
        Self::Trialing,
        Self::Canceled,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Paused => "paused",
            Self::Trialing => "trialing",
            Self::Canceled => "canceled",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing more can come of it.
    pub(crate) fn is_ended(self) -> bool {
        matches!(self, Self::IncompleteExpired | Self::Canceled)
    }
}

impl Subscription {
    fn item(&self, books: &Books) -> Value {
        let price = books
            .prices
            .get(&self.price)
            .map(|price| price.to_json(books));
        json!({
            "id": self.item,
            "object": "subscription_item",
            "billing_thresholds": null,
            "created": seconds(self.created),
            "current_period_end": seconds(self.current_period_end),
            "current_period_start": seconds(self.current_period_start),
            "discounts": [],
            "metadata": {},
            "price": price,
            "quantity": self.quantity,
            "subscription": self.id,
            "tax_rates": [],
        })
    }
}

impl Entry for Subscription {
    const NOUN: &'static str = "subscription";

    fn table(books: &Books) -> &Table<Self> {
        &books.subscriptions
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn to_json(&self, books: &Books) -> Value {
        let items_url = format!("/v1/subscription_items?subscription={}", self.id);
        json!({
            "id": self.id,
            "object": "subscription",
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_cycle_anchor": seconds(self.created),
            "billing_mode": {
                "flexible": { "proration_discounts": "included" },
                "type": "flexible",
            },
            "cancel_at": null,
            "cancel_at_period_end": self.cancel_at_period_end,
            "canceled_at": maybe_seconds(self.ended_at),
            "cancellation_details": {
                "comment": null,
                "feedback": null,
                "reason": self.end_code.map(|_| "cancellation_requested"),
            },
            "collection_method": "charge_automatically",
            "created": seconds(self.created),
            "currency": self.currency,
            "customer": self.customer,
            "days_until_due": null,
            "default_payment_method": self.default_payment_method,
            "default_source": null,
            "description": null,
            "discounts": [],
            "ended_at": maybe_seconds(self.ended_at),
            "items": inner_list(&items_url, vec![self.item(books)]),
            "latest_invoice": self.latest_invoice,
            "livemode": false,
            "metadata": self.metadata,
            "pause_collection": null,
            "payment_settings": {
                "payment_method_options": null,
                "payment_method_types": (!self.payment_method_types.is_empty())
                    .then_some(&self.payment_method_types),
                "save_default_payment_method": self.save_default_payment_method,
            },
            "pending_setup_intent": null,
            "pending_update": null,
            "start_date": seconds(self.created),
            "status": self.status.as_str(),
            "test_clock": null,
            "trial_end": null,
            "trial_start": null,
        })
    }
}
