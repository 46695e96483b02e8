//! Requests and answers, without a network: what the server makes of HTTP, and makes HTTP of.

use serde_json::Value;

use crate::faults::FaultKind;

/// A request as it arrived. Not to be printed: a card may be in it.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) content_type: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

/// What comes of a request.
pub(crate) struct Outcome {
    pub(crate) response: Response,
    pub(crate) delivery: Delivery,
}

/// What becomes of an answer on its way.
#[derive(Default)]
pub(crate) struct Delivery {
    /// How it gets lost, if it does.
    pub(crate) lost_by: Option<FaultKind>,
    /// The key that is in use until the answer is on its way.
    pub(crate) held_key: Option<String>,
}

/// What a request came to, before it is known by which headers it is told.
pub(crate) struct Verdict {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// The request that was carried out, if this is its answer once more.
    pub(crate) replay_of: Option<String>,
    /// Whether every repeat under the same key is told the same.
    pub(crate) is_stored: bool,
}

impl Verdict {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            replay_of: None,
            is_stored: false,
        }
    }

    /// As Stripe says it.
    pub(crate) fn into_response(self, request: &Request, request_id: String) -> Response {
        let mut headers = vec![("request-id", request_id)];
        if let Some(version) = &request.version {
            headers.push(("stripe-version", version.clone()));
        }
        if let Some(key) = &request.idempotency_key {
            headers.push(("idempotency-key", key.clone()));
        }
        match self.status {
            409 => headers.push(("stripe-should-retry", "true".to_owned())),
            429 => {
                headers.push(("stripe-should-retry", "true".to_owned()));
                headers.push(("retry-after", "1".to_owned()));
            }
            500 if self.is_stored => {
                headers.push(("stripe-should-retry", "false".to_owned()));
            }
            _ => {}
        }
        if let Some(original) = self.replay_of {
            headers.push(("idempotent-replayed", "true".to_owned()));
            headers.push(("original-request", original));
        }
        Response {
            status: self.status,
            headers,
            body: self.body,
        }
    }
}
