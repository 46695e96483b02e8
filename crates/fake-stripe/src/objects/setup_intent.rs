//! SetupIntents: through one, a browser turns a card into a token.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::seconds;
use crate::books::{Books, Entry, Table};

#[derive(Clone)]
pub(crate) struct SetupIntent {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) client_secret: String,
    pub(crate) status: SetupIntentStatus,
    /// `off_session` or `on_session`.
    pub(crate) usage: String,
    /// In this version of the API; `payment_method_types` until then.
    pub(crate) allowed_payment_method_types: Vec<String>,
    pub(crate) automatic_payment_methods: Value,
    pub(crate) metadata: Value,
    pub(crate) payment_method: Option<String>,
    /// As it was told, or null.
    pub(crate) last_setup_error: Value,
}

/// Where a SetupIntent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetupIntentStatus {
    RequiresPaymentMethod,
    RequiresAction,
    Succeeded,
}

impl SetupIntentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
        }
    }
}

impl Entry for SetupIntent {
    const NOUN: &'static str = "setupintent";

    fn table(books: &Books) -> &Table<Self> {
        &books.setup_intents
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn to_json(&self, _: &Books) -> Value {
        let next_action = match self.status {
            SetupIntentStatus::RequiresAction => json!({
                "type": "use_stripe_sdk",
                "use_stripe_sdk": { "type": "three_d_secure_redirect" },
            }),
            SetupIntentStatus::RequiresPaymentMethod | SetupIntentStatus::Succeeded => Value::Null,
        };
        json!({
            "id": self.id,
            "object": "setup_intent",
            "allowed_payment_method_types": (!self.allowed_payment_method_types.is_empty())
                .then_some(&self.allowed_payment_method_types),
            "automatic_payment_methods": self.automatic_payment_methods,
            "cancellation_reason": null,
            "client_secret": self.client_secret,
            "created": seconds(self.created),
            "customer": null,
            "description": null,
            "last_setup_error": self.last_setup_error,
            "livemode": false,
            "metadata": self.metadata,
            "next_action": next_action,
            "payment_method": self.payment_method,
            "payment_method_types": ["card"],
            "status": self.status.as_str(),
            "usage": self.usage,
        })
    }
}
