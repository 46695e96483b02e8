//! What an answer that is no success means (docs.stripe.com/api/errors, …/idempotent_requests, and
//! `protocol`, section 3: what happened, what did not, and what nobody knows).

use enlist_registration::ports::{Decline, Outcome, Trouble};
use serde::Deserialize;

use super::client::Told;

/// What is said where the bank gives no reason.
const GENERIC_DECLINE: &str = "generic_decline";

/// Why a request did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not be made of what was to be sent, or where to: our own fault.
    NotMade(String),
    /// It never left, so it did nothing.
    NotSent(String),
    /// It was sent, and no answer came that could be read: nobody knows.
    Unanswered(String),
    /// Stripe answered.
    Answered(Box<ErrorAnswer>),
}

/// An error as Stripe tells it. Its message is left out: it may repeat what was sent. The request's id
/// leads there.
#[derive(Debug)]
pub(super) struct ErrorAnswer {
    status: u16,
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    told: Told,
}

/// `{"error": {…}}`.
#[derive(Deserialize)]
struct Envelope {
    error: ErrorObject,
}

#[derive(Default, Deserialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
}

impl ErrorAnswer {
    /// Reads what there is: a proxy's answer has nothing that could be read.
    pub(super) fn read(status: u16, body: &[u8], told: Told) -> Self {
        let envelope = serde_json::from_slice::<Envelope>(body);
        let error = envelope.map(|it| it.error).unwrap_or_default();
        Self {
            status,
            kind: error.kind,
            code: error.code,
            decline_code: error.decline_code,
            param: error.param,
            told,
        }
    }

    fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// One line for the operator: what, where, and by which id Stripe knows it.
    fn summary(&self) -> String {
        let words = [
            self.kind.as_deref(),
            self.code.as_deref(),
            self.param.as_deref(),
        ];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        let what = format!("Stripe answered {} {}", self.status, words.join(" "));
        self.told.sign(what.trim_end().to_owned())
    }

    fn into_outcome<T>(self) -> Outcome<T> {
        let trouble = Trouble {
            summary: self.summary(),
            retry_after: self.told.retry_after,
            replayed: false,
        };
        // Stripe says of some answers that the same request, sent again, may be carried out.
        let may_retry = self.told.should_retry == Some(true);
        match self.status {
            // Stripe says of each decline what kind of error it is; this is somebody else's, on the way.
            402 if self.kind.is_none() => Outcome::InDoubt(trouble),
            402 => Outcome::Declined(Decline {
                code: self
                    .decline_code
                    .or(self.code)
                    .unwrap_or_else(|| GENERIC_DECLINE.to_owned()),
            }),
            // Comes before the request is looked at, and before its key is.
            429 => Outcome::Retryable(trouble),
            // Another request with this key is being worked on: what is asked for may be about to happen.
            409 if self.has_code("idempotency_key_in_use") => Outcome::InDoubt(trouble),
            // An object is locked.
            409 => Outcome::Retryable(trouble),
            // A time-out on the way, or a service behind Stripe that failed: nobody knows, and that the
            // request may be sent again does not say that it was not carried out.
            408 | 424 => Outcome::InDoubt(trouble),
            400..=499 if may_retry => Outcome::Retryable(trouble),
            400..=499 => Outcome::Rejected(trouble),
            // What a failed request did is not told, and once it had begun, its failure is stored under
            // the key: another answer can never come.
            500..=599 => Outcome::InDoubt(Trouble {
                replayed: self.told.is_replayed || self.told.should_retry == Some(false),
                ..trouble
            }),
            _ => Outcome::InDoubt(trouble),
        }
    }
}

/// An answer, whichever it is, as the saga takes it.
pub(super) fn outcome<T>(answer: Result<T, Failure>) -> Outcome<T> {
    match answer {
        Ok(value) => Outcome::Done(value),
        Err(failure) => failure.into_outcome(),
    }
}

impl Failure {
    /// What it means for the saga.
    pub(super) fn into_outcome<T>(self) -> Outcome<T> {
        match self {
            Self::NotMade(what) => Outcome::Rejected(Trouble::new(what)),
            Self::NotSent(what) => Outcome::Retryable(Trouble::new(what)),
            Self::Unanswered(what) => Outcome::InDoubt(Trouble::new(what)),
            Self::Answered(answer) => answer.into_outcome(),
        }
    }

    /// What was asked for is not there (any more). Stripe says so in words of its own: the 404 of a proxy
    /// that knows nothing of Stripe must not be taken for "deleted".
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Answered(answer)
            if answer.status == 404 && answer.has_code("resource_missing"))
    }

    /// The card's token is unknown, was used before, or is somebody else's. It came from the visitor's
    /// browser, so it is the visitor who can help. Of a token that was used before Stripe says so in
    /// words only, where it names the parameter of every other fault.
    pub(super) fn blames_payment_method(&self) -> bool {
        let Self::Answered(answer) = self else {
            return false;
        };
        let is_refused = answer.status == 400;
        let is_invalid = answer.kind.as_deref() == Some("invalid_request_error");
        let is_token = match (answer.param.as_deref(), answer.code.as_deref()) {
            (Some(param), _) => is_payment_method(param),
            (None, Some(code)) => code == "payment_method_unexpected_state",
            (None, None) => true,
        };
        is_refused && is_invalid && is_token
    }

    /// The bank wants the person to confirm before it pays.
    pub(super) fn asks_for_the_person(&self) -> bool {
        let Self::Answered(answer) = self else {
            return false;
        };
        let words = [answer.code.as_deref(), answer.decline_code.as_deref()];
        answer.status == 402 && words.into_iter().flatten().any(is_question)
    }

    /// Nothing is left of the charge that we could give back: it was given back, or it is disputed, and
    /// then the bank has taken the money and decides whose it is (docs.stripe.com/error-codes, …/disputes).
    pub(super) fn says_nothing_is_left(&self) -> bool {
        let Self::Answered(answer) = self else {
            return false;
        };
        matches!(
            answer.code.as_deref(),
            Some("charge_already_refunded" | "charge_disputed" | "refund_disputed_payment")
        )
    }

    /// Stripe will not do this for this account, however often it is asked. A key that may not (401, 403)
    /// is another matter, which the operator has to hear of, and some answers pass.
    pub(super) fn is_refusal(&self) -> bool {
        let Self::Answered(answer) = self else {
            return false;
        };
        let may_pass = matches!(answer.status, 408 | 409 | 424 | 429)
            || answer.told.should_retry == Some(true);
        let is_of_the_key = matches!(answer.status, 401 | 403);
        matches!(answer.status, 400..=499) && !may_pass && !is_of_the_key
    }
}

fn is_payment_method(param: &str) -> bool {
    matches!(
        param,
        "payment_method" | "invoice_settings[default_payment_method]"
    )
}

/// The codes by which Stripe says that a first payment needs 3-D Secure (docs.stripe.com/error-codes,
/// …/declines/codes).
fn is_question(code: &str) -> bool {
    matches!(
        code,
        "subscription_payment_intent_requires_action"
            | "invoice_payment_intent_requires_action"
            | "authentication_required"
    )
}

#[cfg(test)]
mod tests;
