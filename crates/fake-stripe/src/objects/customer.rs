//! Customers.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::seconds;
use crate::books::{Books, Entry, Table};

pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    /// All of its fields or null.
    pub(crate) address: Value,
    pub(crate) metadata: Value,
    pub(crate) default_payment_method: Option<String>,
    /// What was personal is forgotten then; the metadata is not.
    pub(crate) is_deleted: bool,
}

impl Entry for Customer {
    const NOUN: &'static str = "customer";

    fn table(books: &Books) -> &Table<Self> {
        &books.customers
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn to_json(&self, _: &Books) -> Value {
        if self.is_deleted {
            return json!({ "id": self.id, "object": "customer", "deleted": true });
        }
        json!({
            "id": self.id,
            "object": "customer",
            "address": self.address,
            "balance": 0,
            "created": seconds(self.created),
            "currency": null,
            "default_source": null,
            "delinquent": false,
            "description": null,
            "email": self.email,
            "invoice_settings": {
                "custom_fields": null,
                "default_payment_method": self.default_payment_method,
                "footer": null,
                "rendering_options": null,
            },
            "livemode": false,
            "metadata": self.metadata,
            "name": self.name,
            "phone": self.phone,
            "preferred_locales": [],
            "shipping": null,
            "tax_exempt": "none",
            "test_clock": null,
        })
    }
}
