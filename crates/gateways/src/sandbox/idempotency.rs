//! Idempotency keys as Stripe has them (docs.stripe.com/api/idempotent_requests): the first answer
//! is stored in the transaction of its effect and is what every repeat is told, a 500 included;
//! other parameters under the same key are refused; keys are forgotten after a day.

use enlist_registration::ids::{RegistrationId, SubscriptionId};
use enlist_registration::ports::CallKey;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::books::{Books, hex};
use super::error::SandboxError;
use super::operation::Operation;
use super::sql::params;

/// How long a key is remembered (Stripe: at least 24 hours).
pub const KEY_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Forgets the keys that are a day old, so that their requests would be carried out again.
pub(super) const FORGET_EXPIRED: &str = "DELETE FROM idempotency_keys WHERE stored_at_ms <= ?1";

/// A request that carries an idempotency key.
pub(super) struct Request {
    pub(super) operation: Operation,
    pub(super) registration: Option<RegistrationId>,
    pub(super) key: CallKey,
    fingerprint: String,
}

impl Request {
    /// `parameters` are everything that makes one request another. They are kept as a hash, since
    /// they outlive the customer that they describe; a card's number and code are never among them.
    pub(super) fn new(
        operation: Operation,
        registration: Option<RegistrationId>,
        key: &CallKey,
        parameters: &impl Serialize,
    ) -> Result<Self, SandboxError> {
        let request = serde_json::to_vec(&(operation, parameters))?;
        let fingerprint = hex(&Sha256::digest(&request));
        Ok(Self {
            operation,
            registration,
            key: key.clone(),
            fingerprint,
        })
    }
}

/// What came of carrying out a request.
pub(super) enum Effect<T> {
    /// An answer that stays the same for ever; what was done is kept.
    Answer(Answer<T>),
    /// A fault of the request, found before anything was done: nothing is stored under its key.
    Refused(String),
}

/// An answer that a key can stand for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer<T> {
    Done(T),
    Declined {
        code: String,
    },
    RequiresAction {
        subscription: SubscriptionId,
        client_secret: String,
    },
    ServerError,
}

/// What the caller is told, and whether it was told before.
pub(super) struct Reply<T> {
    pub(super) effect: Effect<T>,
    pub(super) replayed: bool,
}

impl<T> Reply<T> {
    pub(super) fn first(effect: Effect<T>) -> Self {
        Self {
            effect,
            replayed: false,
        }
    }
}

/// Carries a request out, unless its key has an answer already. `then_fail` stores a 500 in place of
/// the answer.
pub(super) fn once<T: Serialize + DeserializeOwned>(
    books: &Books<'_>,
    request: &Request,
    then_fail: bool,
    effect: impl FnOnce(&Books<'_>) -> Result<Effect<T>, SandboxError>,
) -> Result<Reply<T>, SandboxError> {
    if let Some((fingerprint, answer)) = stored(books, &request.key)? {
        if fingerprint != request.fingerprint {
            return Ok(Reply::first(Effect::Refused(format!(
                "idempotency_error: the key {} was used with other parameters",
                request.key
            ))));
        }
        let answer = serde_json::from_str(&answer)?;
        return Ok(Reply {
            effect: Effect::Answer(answer),
            replayed: true,
        });
    }
    let answer = match effect(books)? {
        Effect::Answer(_) if then_fail => Answer::ServerError,
        Effect::Answer(answer) => answer,
        refused @ Effect::Refused(_) => return Ok(Reply::first(refused)),
    };
    books.execute_one(
        "INSERT INTO idempotency_keys (key, fingerprint, answer, stored_at_ms)
         VALUES (?1, ?2, ?3, ?4)",
        params![
            request.key.as_str(),
            &request.fingerprint,
            serde_json::to_string(&answer)?,
            books.now_ms()
        ],
    )?;
    Ok(Reply::first(Effect::Answer(answer)))
}

fn stored(books: &Books<'_>, key: &CallKey) -> Result<Option<(String, String)>, SandboxError> {
    books.find(
        "SELECT fingerprint, answer FROM idempotency_keys WHERE key = ?1",
        params![key.as_str()],
        |row| Ok((row.get("fingerprint")?, row.get("answer")?)),
    )
}
