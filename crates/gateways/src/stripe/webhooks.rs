//! What Stripe tells by itself: an event is believed if one of the endpoint's secrets has signed it a
//! moment ago (docs.stripe.com/webhooks/signature). Of its content only ids are read: what they name
//! is fetched anew by whoever acts on it, so that order and repeats do not matter.

use std::fmt;
use std::time::Duration;

use enlist_registration::ids::{CustomerId, RegistrationId};
use enlist_registration::ports::MAX_EVENT_CHARACTERS;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use super::objects::{Expandable, Metadata};
use crate::signatures::{SignatureFault, SigningSecrets};

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

/// The secrets of an endpoint, `whsec_…`: several while they are being exchanged.
#[derive(Clone)]
pub struct WebhookSecrets(SigningSecrets);

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

impl From<SignatureFault> for WebhookFault {
    fn from(fault: SignatureFault) -> Self {
        match fault {
            SignatureFault::NoSignature => Self::NoSignature,
            SignatureFault::NotSigned => Self::NotSigned,
            SignatureFault::TooOld => Self::TooOld,
        }
    }
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
        let secrets = secrets.collect::<Result<_, _>>()?;
        Ok(Self(SigningSecrets::new(secrets)))
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
        self.0.verify(signature, body, now, tolerance)?;
        Event::parse(body).ok_or(WebhookFault::Unreadable)
    }
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
