//! Stripe: a thin client that speaks the dozen calls a sign-up needs and decodes of each answer only
//! what is used. It retries nothing, logs no card, and turns every answer into one of six outcomes.
//!
//! Parameters, objects and error codes are those of Stripe's API reference (docs.stripe.com/api) in the
//! version [`API_VERSION`]. What the saga relies on of Stripe's behaviour is in
//! `docs/decisions/0021-stripe-calls.md`.

mod charges;
mod client;
mod customers;
mod errors;
mod form;
mod holdings;
mod inspection;
mod lists;
mod objects;
mod payment_methods;
mod port;
mod setup_intents;
mod standing;
mod subscriptions;
pub mod webhooks;

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use client::Client;

pub use inspection::{AccountFacts, EndpointFacts, PriceFacts, Recurring};
pub use port::NAME;
pub use setup_intents::SetupIntent;

/// The version of the API that requests are written for and answers are read by; sent with each
/// request, so that the version which an account defaults to changes nothing.
pub const API_VERSION: &str = "2026-10-28.endive";

/// Where Stripe's API is.
pub const API_BASE: &str = "https://api.stripe.com";

/// Where Stripe.js of the same version is.
pub const SCRIPT_URL: &str = "https://js.stripe.com/endive/stripe.js";

/// The entry of the metadata that names the registration.
const REGISTRATION: &str = "registration_id";

/// Stripe as a payment gateway.
pub struct Stripe {
    client: Client,
}

/// How Stripe is reached.
pub struct StripeSettings {
    /// `sk_…` or `rk_…`.
    pub secret_key: SecretString,
    /// [`API_BASE`], but for tests.
    pub api_base: String,
    /// How long one request may take. A call of the port may make several.
    pub timeout: Duration,
}

/// Whether money is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only test cards, no money.
    Test,
    /// Real cards, real money.
    Live,
}

impl Mode {
    /// What a secret, restricted or publishable key says of itself (docs.stripe.com/keys); none where
    /// it does not have the form of one.
    pub fn of_key(key: &str) -> Option<Self> {
        let (kind, rest) = key.split_once('_')?;
        let (mode, rest) = rest.split_once('_')?;
        if !matches!(kind, "sk" | "rk" | "pk") || rest.is_empty() {
            return None;
        }
        match mode {
            "test" => Some(Self::Test),
            "live" => Some(Self::Live),
            _ => None,
        }
    }

    /// For a person.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// Why Stripe cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StripeOpenFault {
    /// The key has characters that no header may have.
    #[error("the secret key is no key: it has characters that cannot be sent")]
    Key,
    /// The machine's certificates, by which Stripe would be recognised, cannot be read.
    #[error("the system has no root certificates to recognise Stripe by (Debian: ca-certificates)")]
    NoRoots,
    /// TLS, or the client itself.
    #[error("a client for Stripe cannot be made: {0}")]
    Client(String),
}

impl Stripe {
    /// Makes a client. Nothing is asked of Stripe yet.
    pub fn new(settings: StripeSettings) -> Result<Self, StripeOpenFault> {
        Ok(Self {
            client: Client::new(&settings)?,
        })
    }
}

/// Shows neither key nor address.
impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whether_it_moves_money() {
        for (key, mode) in [
            ("sk_test_abc", Some(Mode::Test)),
            ("rk_live_abc", Some(Mode::Live)),
            ("pk_live_abc", Some(Mode::Live)),
            ("sk_test_", None),
            ("whsec_test_abc", None),
            ("sk_demo_abc", None),
            ("", None),
        ] {
            assert_eq!(Mode::of_key(key), mode, "{key}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        let stripe = Stripe::new(StripeSettings {
            secret_key: SecretString::from("sk_test_canary"),
            api_base: "http://127.0.0.1:1".to_owned(),
            timeout: Duration::from_secs(1),
        });
        let shown = format!("{:?}", stripe.expect("a client"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
