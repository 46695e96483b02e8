//! Signatures of what is sent to us, in the manner of Stripe's (docs.stripe.com/webhooks/signature): a header
//! `t=1492774577,v1=…` with a time and the HMAC-SHA-256, in hexadecimal, of `time.body` under a secret that
//! both sides know.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// Signatures in one header that are looked at: one for each secret that is not yet retired.
const MOST_SIGNATURES: usize = 8;

/// The secrets of one place that is sent to: several while they are being exchanged.
#[derive(Clone)]
pub struct SigningSecrets(Vec<SecretString>);

/// Shows how many.
impl fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningSecrets({})", self.len())
    }
}

/// Why something is not taken for signed. Never repeats a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// No header, or one that cannot be read.
    #[error("there is no signature that can be read")]
    NoSignature,
    /// None of the secrets has signed this body.
    #[error("no secret of this endpoint has signed it")]
    NotSigned,
    /// Somebody may have kept it.
    #[error("it was signed too long ago, or the clocks are too far apart")]
    TooOld,
}

impl SigningSecrets {
    /// Any of these may sign.
    pub fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody can sign.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes sure that the body of a request, byte for byte as it came, was signed by one of the secrets, and not
    /// longer ago than `tolerance` (nor as far in the future).
    ///
    /// # Errors
    ///
    /// Why it is not believed.
    pub fn verify(
        &self,
        header: Option<&str>,
        body: &[u8],
        now: Timestamp,
        tolerance: Duration,
    ) -> Result<(), SignatureFault> {
        let header = header.and_then(Signature::parse);
        let header = header.ok_or(SignatureFault::NoSignature)?;
        if !self.have_signed(&header, body) {
            return Err(SignatureFault::NotSigned);
        }
        let seconds = now.as_second().abs_diff(header.signed_at);
        if seconds > tolerance.as_secs() {
            return Err(SignatureFault::TooOld);
        }
        Ok(())
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
pub(crate) fn sign(secret: &SecretString, time: &str, body: &[u8]) -> [u8; 32] {
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
