//! Errors as Stripe says them (docs.stripe.com/api/errors): a status, a type, and as much of code,
//! decline code, parameter and message as there is.

use serde_json::{Map, Value, json};

/// What a request that fails is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StripeError {
    pub(crate) status: u16,
    kind: &'static str,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    message: String,
}

const INVALID_REQUEST: &str = "invalid_request_error";

impl StripeError {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code: None,
            decline_code: None,
            param: None,
            message: message.into(),
        }
    }

    /// The request makes no sense, or cannot be carried out.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, INVALID_REQUEST, message)
    }

    /// A parameter has a value that does not do.
    pub(crate) fn invalid_parameter(param: &str, message: impl Into<String>) -> Self {
        Self::invalid(message).about(param)
    }

    /// A parameter names something that is not there.
    pub(crate) fn missing(noun: &str, id: &str, param: &str) -> Self {
        Self::invalid(format!("No such {noun}: '{id}'"))
            .coded("resource_missing")
            .about(param)
    }

    /// The path names something that is not there.
    pub(crate) fn not_found(noun: &str, id: &str) -> Self {
        let error = Self::missing(noun, id, "id");
        Self {
            status: 404,
            ..error
        }
    }

    /// A parameter is not there.
    pub(crate) fn parameter_missing(param: &str) -> Self {
        Self::invalid(format!("Missing required param: {param}."))
            .coded("parameter_missing")
            .about(param)
    }

    /// A parameter that the operation does not have.
    pub(crate) fn parameter_unknown(param: &str) -> Self {
        Self::invalid(format!("Received unknown parameter: {param}"))
            .coded("parameter_unknown")
            .about(param)
    }

    /// A number that is none, or out of range.
    pub(crate) fn invalid_integer(param: &str, message: impl Into<String>) -> Self {
        Self::invalid_parameter(param, message).coded("parameter_invalid_integer")
    }

    /// A path that is not among those that are pretended.
    pub(crate) fn unrecognized(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(404, INVALID_REQUEST, message)
    }

    /// No key, or another account's.
    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(401, INVALID_REQUEST, message)
    }

    /// The card, or its bank, says no.
    pub(crate) fn card(code: &str, decline_code: Option<&str>, message: &str) -> Self {
        let error = Self::new(402, "card_error", message).coded(code);
        Self {
            decline_code: decline_code.map(str::to_owned),
            ..error
        }
    }

    /// A key that was used for another request.
    pub(crate) fn idempotency(message: impl Into<String>) -> Self {
        Self::new(400, "idempotency_error", message)
    }

    /// A key whose request is still being worked on.
    pub(crate) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotency-Key ({key})."
        );
        Self::new(409, "idempotency_error", message).coded("idempotency_key_in_use")
    }

    /// Stripe's own fault.
    pub(crate) fn server() -> Self {
        let message = "An unknown error occurred on our end.";
        Self::new(500, "api_error", message)
    }

    /// Too many requests.
    pub(crate) fn rate_limited() -> Self {
        let message = "Request rate limit exceeded.";
        Self::new(429, INVALID_REQUEST, message).coded("rate_limit")
    }

    /// A card's error that was told before, from its [`fields`](Self::fields).
    pub(crate) fn told(fields: &Value) -> Self {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let message = text("message").unwrap_or_default();
        Self::card(
            text("code").unwrap_or_default(),
            text("decline_code"),
            message,
        )
    }

    /// The same error with a code.
    pub(crate) fn coded(self, code: &str) -> Self {
        Self {
            code: Some(code.to_owned()),
            ..self
        }
    }

    /// The same error about a parameter.
    pub(crate) fn about(self, param: &str) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..self
        }
    }

    /// The word for it that programs compare, if there is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The error itself, as it also stands in a PaymentIntent and at Stripe.js.
    pub(crate) fn fields(&self) -> Value {
        let mut fields = Map::new();
        let texts = [
            ("code", self.code.as_deref()),
            ("decline_code", self.decline_code.as_deref()),
            ("message", Some(self.message.as_str())),
            ("param", self.param.as_deref()),
            ("type", Some(self.kind)),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                fields.insert(name.to_owned(), text.into());
            }
        }
        Value::Object(fields)
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": self.fields() })
    }
}
