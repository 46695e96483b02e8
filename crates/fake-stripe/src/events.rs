//! What happened, as webhooks are told.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::objects::API_VERSION;

/// One event, with the object as it was just after.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) created: Timestamp,
    pub(crate) object: Value,
}

impl Event {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.created.as_second(),
            "data": { "object": self.object },
            "livemode": false,
            "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null },
            "type": self.kind,
        })
    }
}
