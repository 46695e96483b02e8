//! Idempotency keys as Stripe has them (docs.stripe.com/api/idempotent_requests): the first status and body
//! are stored once a request was carried out, a 500 included, and are what every repeat is told. Other
//! parameters, or the same at the same moment, are refused. Keys are forgotten after a day.

use std::collections::{HashMap, HashSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::error::StripeError;

/// How long a key is remembered (Stripe: at least 24 hours).
pub const KEY_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The longest key (Stripe's number).
const LONGEST_KEY: usize = 255;

/// The keys that were used, and those that are being used.
#[derive(Default)]
pub(crate) struct Keys {
    stored: HashMap<String, Stored>,
    /// In the order they were stored, so that old ones are found without looking at all.
    ages: VecDeque<(Timestamp, String)>,
    under_way: HashSet<String>,
}

/// What every repeat is told.
#[derive(Clone)]
pub(crate) struct Stored {
    /// A hash of the parameters, which are not kept.
    pub(crate) fingerprint: [u8; 32],
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// Of the request that was carried out.
    pub(crate) request_id: String,
}

impl Keys {
    /// What the key stands for, if it was used; an error if it may not be used for this.
    pub(crate) fn look_up(
        &mut self,
        key: &str,
        fingerprint: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Stored>, StripeError> {
        self.forget_old_ones(now);
        if key.is_empty() || key.len() > LONGEST_KEY {
            let message = format!("Idempotency keys have 1 to {LONGEST_KEY} characters.");
            return Err(StripeError::idempotency(message));
        }
        if self.under_way.contains(key) {
            return Err(StripeError::key_in_use(key));
        }
        match self.stored.get(key) {
            Some(stored) if stored.fingerprint != fingerprint => {
                Err(StripeError::idempotency(format!(
                    "Keys for idempotent requests can only be used with the same parameters they were first \
                     used with. Try using a key other than '{key}' if you meant to execute a different \
                     request."
                )))
            }
            stored => Ok(stored.cloned()),
        }
    }

    pub(crate) fn store(&mut self, key: &str, stored: Stored, now: Timestamp) {
        self.ages.push_back((now, key.to_owned()));
        self.stored.insert(key.to_owned(), stored);
    }

    /// The key is in use until it is released.
    pub(crate) fn hold(&mut self, key: &str) {
        self.under_way.insert(key.to_owned());
    }

    pub(crate) fn release(&mut self, key: &str) {
        self.under_way.remove(key);
    }

    fn forget_old_ones(&mut self, now: Timestamp) {
        while let Some((stored_at, _)) = self.ages.front()
            && now.duration_since(*stored_at) >= KEY_KEPT_FOR
        {
            if let Some((_, key)) = self.ages.pop_front() {
                self.stored.remove(&key);
            }
        }
    }
}
