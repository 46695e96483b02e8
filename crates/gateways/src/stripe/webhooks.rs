//! What Stripe tells by itself: an event is believed if one of the endpoint's secrets has signed it a
//! moment ago (docs.stripe.com/webhooks/signature). Of its content only ids are read: what they name
//! is fetched anew by whoever acts on it, so that order and repeats do not matter.

use std::fmt;
use std::time::Duration;

use enlist_registration::ids::{CustomerId, RegistrationId};
use enlist_registration::ports::MAX_EVENT_CHARACTERS;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::objects::{Expandable, Metadata};

/// The events that tell of something which is reflected: what to choose in Stripe's dashboard. More do
/// no harm.
pub const EVENTS: &[&str] = &[
    "charge.refunded",
    "customer.deleted",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.paid",
    "invoice.payment_failed",
];

/// How old a signature may be, unless configured otherwise: as Stripe's own libraries have it.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Signatures in one header that are looked at: one for each secret that is not yet retired.
const MOST_SIGNATURES: usize = 8;

/// The secrets of an endpoint, `whsec_…`: several while they are being exchanged.
#[derive(Clone)]
pub struct WebhookSecrets(Vec<SecretString>);

/// Shows how many.
impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecrets({})", self.0.len())
    }
}

/// An event that Stripe has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`: the same however often it is sent.
    pub id: String,
    /// `customer.subscription.updated`.
    pub kind: String,
    /// Whose object it tells of.
    pub customer: Option<CustomerId>,
    /// For which registration the object was made, if it says so.
    pub registration: Option<RegistrationId>,
}

/// Why an event is not believed. Never repeats a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookFault {
    /// No `Stripe-Signature`, or one that cannot be read.
    #[error("there is no Stripe-Signature that can be read")]
    NoSignature,
    /// None of the secrets has signed this body.
    #[error("no secret of this endpoint has signed it")]
    NotSigned,
    /// Somebody may have kept it.
    #[error("it was signed too long ago, or the clocks are too far apart")]
    TooOld,
    /// It was signed, and is no event.
    #[error("it is signed, and no event")]
    Unreadable,
}

/// A secret that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint's secret begins with whsec_; separate several by commas")]
pub struct NotASecret;

impl WebhookSecrets {
    /// Reads one secret, or several separated by commas.
    ///
    /// # Errors
    ///
    /// [`NotASecret`], which does not repeat it.
    pub fn parse(text: &str) -> Result<Self, NotASecret> {
        let secrets = text.split(',').map(str::trim);
        let secrets = secrets.map(|secret| match secret.strip_prefix("whsec_") {
            Some(rest) if !rest.is_empty() && secret.is_ascii() => Ok(SecretString::from(secret)),
            _ => Err(NotASecret),
        });
        Ok(Self(secrets.collect::<Result<_, _>>()?))
    }

    /// Reads an event from the body of a request, byte for byte as it came, if its `Stripe-Signature` is
    /// right and not older than `tolerance` (nor as far in the future).
    ///
    /// # Errors
    ///
    /// Why it is not believed.
    pub fn read(
        &self,
        signature: Option<&str>,
        body: &[u8],
        now: Timestamp,
        tolerance: Duration,
    ) -> Result<Event, WebhookFault> {
        let header = signature.and_then(Signature::parse);
        let header = header.ok_or(WebhookFault::NoSignature)?;
        if !self.have_signed(&header, body) {
            return Err(WebhookFault::NotSigned);
        }
        let seconds = now.as_second().abs_diff(header.signed_at);
        if seconds > tolerance.as_secs() {
            return Err(WebhookFault::TooOld);
        }
        Event::parse(body).ok_or(WebhookFault::Unreadable)
    }

    /// Every secret is tried against every signature, so that the time tells nothing.
    fn have_signed(&self, header: &Signature<'_>, body: &[u8]) -> bool {
        let mut found = Choice::from(0);
        for secret in &self.0 {
            let right = sign(secret, header.signed_at_as_sent, body);
            for signature in &header.signatures {
                found |= signature.ct_eq(&right);
            }
        }
        found.into()
    }
}

/// HMAC-SHA-256 of `time.body`.
fn sign(secret: &SecretString, time: &str, body: &[u8]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        unreachable!("HMAC accepts keys of any length (RFC 2104)")
    };
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

/// `t=1492774577,v1=…,v1=…`. Other schemes are passed over: `v0` is for tests and proves nothing.
struct Signature<'a> {
    signed_at: i64,
    signed_at_as_sent: &'a str,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Signature<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let mut signed_at = None;
        let mut signatures = Vec::new();
        for part in header.split(',') {
            match part.trim().split_once('=')? {
                ("t", value) => signed_at = Some(value),
                ("v1", value) if signatures.len() < MOST_SIGNATURES => {
                    signatures.extend(from_hex(value));
                }
                _ => {}
            }
        }
        let signed_at_as_sent = signed_at?;
        Some(Self {
            signed_at: signed_at_as_sent.parse().ok()?,
            signed_at_as_sent,
            signatures,
        })
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Subject,
}

/// What an event tells of: any object of Stripe's.
#[derive(Deserialize)]
struct Subject {
    id: Option<String>,
    object: Option<String>,
    customer: Option<Expandable<Named>>,
    metadata: Option<Metadata>,
    parent: Option<Parent>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Of an invoice: the subscription that it is for, with its metadata.
#[derive(Deserialize)]
struct Parent {
    subscription_details: Option<SubscriptionDetails>,
}

#[derive(Deserialize)]
struct SubscriptionDetails {
    metadata: Option<Metadata>,
}

impl Event {
    fn parse(body: &[u8]) -> Option<Self> {
        let Envelope { id, kind, data } = serde_json::from_slice(body).ok()?;
        let fits = |name: &str| (1..=MAX_EVENT_CHARACTERS).contains(&name.chars().count());
        if !fits(&id) || !fits(&kind) {
            return None;
        }
        let subject = data.object;
        let registration = subject.registration();
        Some(Self {
            id,
            kind,
            registration,
            customer: subject.into_customer().map(CustomerId),
        })
    }
}

impl Subject {
    fn registration(&self) -> Option<RegistrationId> {
        let own = self.metadata.as_ref().and_then(Metadata::registration);
        own.or_else(|| {
            let details = self.parent.as_ref()?.subscription_details.as_ref()?;
            details.metadata.as_ref()?.registration()
        })
    }

    fn into_customer(self) -> Option<String> {
        if self.object.as_deref() == Some("customer") {
            return self.id;
        }
        self.customer.map(|customer| match customer {
            Expandable::Id(id) => id,
            Expandable::Object(named) => named.id,
        })
    }
}

#[cfg(test)]
mod tests;
