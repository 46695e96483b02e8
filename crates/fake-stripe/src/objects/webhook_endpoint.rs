//! Webhook endpoints, as the dashboard knows them. They are only listed; what is delivered, and where to, is
//! said in [`Webhooks`](crate::Webhooks).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{API_VERSION, seconds};
use crate::books::{Books, Entry, Table};

pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) url: String,
    pub(crate) enabled_events: Vec<String>,
    pub(crate) is_enabled: bool,
    /// None where the endpoint takes the account's own version.
    pub(crate) api_version: Option<String>,
}

impl WebhookEndpoint {
    /// One that gets these events, in the version that is pinned.
    pub(crate) fn new(
        id: String,
        created: Timestamp,
        url: String,
        enabled_events: Vec<String>,
    ) -> Self {
        Self {
            id,
            created,
            url,
            enabled_events,
            is_enabled: true,
            api_version: Some(API_VERSION.to_owned()),
        }
    }
}

impl Entry for WebhookEndpoint {
    const NOUN: &'static str = "webhook_endpoint";

    fn table(books: &Books) -> &Table<Self> {
        &books.webhook_endpoints
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
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": seconds(self.created),
            "description": null,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": {},
            "status": if self.is_enabled { "enabled" } else { "disabled" },
            "url": self.url,
        })
    }
}
