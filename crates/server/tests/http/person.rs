//! Who signs up: a whole form that passes, and the changes that a test makes to it.

use enlist::system::SystemClock;
use enlist_registration::ports::Clock;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

/// A card of the sandbox that succeeds.
pub(crate) const GOOD_CARD: &str = "4242424242424242";
/// A card that is declined when it is attached.
pub(crate) const DECLINED_CARD: &str = "4000000000000002";
/// A card that attaches and asks for 3-D Secure.
pub(crate) const BANK_ASKS_CARD: &str = "4000002500003155";
/// A password that passes.
pub(crate) const PASSWORD: &str = "correct horse battery staple 7";
/// What the plan `pro` costs, in minor units.
pub(crate) const PRO_AMOUNT_MINOR: i64 = 2900;

/// A form, field by field.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) fields: Map<String, Value>,
}

impl Person {
    /// Everybody at this address, with a card that succeeds and the plan `pro`.
    pub(crate) fn new(email: &str) -> Self {
        let fields = json!({
            "email": email,
            "password": PASSWORD,
            "first_name": "Ada",
            "last_name": "Lovelace",
            "address": "12 St James's Square",
            "city": "Springfield",
            "state": "IL",
            "zip": "62701",
            "plan": "pro",
            "card_number": GOOD_CARD,
            "expiry_month": 12,
            "expiry_year": expiry_year(),
            "cvv": "123",
        });
        let Value::Object(fields) = fields else {
            unreachable!("an object was written")
        };
        Self { fields }
    }

    /// The same with another value.
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    /// The same without these fields.
    pub(crate) fn without(mut self, fields: &[&str]) -> Self {
        for field in fields {
            self.fields.remove(*field).expect("the field was there");
        }
        self
    }

    /// The same with another card.
    pub(crate) fn paying_with(self, card_number: &str) -> Self {
        self.with("card_number", card_number)
    }

    /// The same without any card.
    pub(crate) fn without_card(self) -> Self {
        self.without(&["card_number", "expiry_month", "expiry_year", "cvv"])
    }

    /// The same with a token in place of the card.
    pub(crate) fn with_token(self, token: &str) -> Self {
        self.without_card().with("payment_method", token)
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// As the page's form sends it: the expiry in one field, a hidden key beside.
    pub(crate) fn form(&self, idempotency_key: &str) -> Vec<(String, String)> {
        let mut pairs = vec![("idempotency_key".to_owned(), idempotency_key.to_owned())];
        for (name, value) in &self.fields {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            match name.as_str() {
                "expiry_month" => {
                    pairs.push(("expiry".to_owned(), format!("{text} / {}", expiry_year())));
                }
                "expiry_year" => {}
                _ => pairs.push((name.clone(), text)),
            }
        }
        pairs
    }
}

/// A year that is never past.
pub(crate) fn expiry_year() -> i16 {
    SystemClock.now().to_zoned_datetime(TimeZone::UTC).year() + 3
}
