//! Prices, and the products that they are the prices of.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::seconds;
use crate::books::{Books, Entry, Table};

#[derive(Clone)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) product: String,
    pub(crate) product_name: String,
    /// In minor units.
    pub(crate) unit_amount: i64,
    /// ISO 4217, in lower case.
    pub(crate) currency: String,
    pub(crate) interval: Interval,
    pub(crate) is_active: bool,
}

/// How often a price is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Every month.
    Month,
    /// Every year.
    Year,
}

impl Interval {
    fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The end of the period that begins at `start`.
    pub(crate) fn after(self, start: Timestamp) -> Timestamp {
        let span = match self {
            Self::Month => Span::new().months(1),
            Self::Year => Span::new().years(1),
        };
        // Only the year 9999 has no next one.
        start
            .to_zoned_datetime(TimeZone::UTC)
            .checked_add(span)
            .map_or(Timestamp::MAX, |end| end.timestamp())
    }
}

impl Price {
    pub(crate) fn product_json(&self) -> Value {
        json!({
            "id": self.product,
            "object": "product",
            "active": true,
            "created": seconds(self.created),
            "default_price": self.id,
            "description": null,
            "images": [],
            "livemode": false,
            "metadata": {},
            "name": self.product_name,
            "type": "service",
            "updated": seconds(self.created),
        })
    }
}

impl Entry for Price {
    const NOUN: &'static str = "price";

    fn table(books: &Books) -> &Table<Self> {
        &books.prices
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
            "object": "price",
            "active": self.is_active,
            "billing_scheme": "per_unit",
            "created": seconds(self.created),
            "currency": self.currency,
            "livemode": false,
            "lookup_key": null,
            "metadata": {},
            "nickname": null,
            "product": self.product,
            "recurring": {
                "interval": self.interval.as_str(),
                "interval_count": 1,
                "meter": null,
                "trial_period_days": null,
                "usage_type": "licensed",
            },
            "tax_behavior": "unspecified",
            "tiers_mode": null,
            "transform_quantity": null,
            "type": "recurring",
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.to_string(),
        })
    }
}
