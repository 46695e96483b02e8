//! What opens doors: access tokens, verification links and codes, and the hashes by which requests
//! are recognised. All are derived from the service's key, so none needs to be stored, neither in
//! the clear nor hashed, and a mail that is sent again after a crash says the same as the first.
//! Whether one still opens its door is decided by the registration's state.

use std::fmt;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::ids::RegistrationId;

/// How many digits a verification code has.
pub const CODE_DIGITS: usize = 6;

/// Derives and checks tokens. Holds the service's key; printing it shows nothing.
pub struct Tokens {
    key: Zeroizing<[u8; 32]>,
}

/// HMAC-SHA256 of something under the service's key: cannot be undone by trying, even for short
/// inputs, without the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyedHash(pub [u8; 32]);

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash(…)")
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// What a token is for. The label goes into the derivation, so that no token opens another's door.
#[derive(Clone, Copy)]
enum Purpose {
    Access,
    Link,
    Code,
    RequestKey,
    Fingerprint,
    KeyCheck,
    JourneyLink,
    JourneyAccess,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Access => b"enlist/access/1",
            Self::Link => b"enlist/link/1",
            Self::Code => b"enlist/code/1",
            Self::RequestKey => b"enlist/request-key/1",
            Self::Fingerprint => b"enlist/fingerprint/1",
            Self::KeyCheck => b"enlist/key-check/1",
            Self::JourneyLink => b"enlist/journey-link/1",
            Self::JourneyAccess => b"enlist/journey-access/1",
        }
    }
}

impl Tokens {
    /// From the service's key (`secret_key`): 32 random bytes.
    pub fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self { key }
    }

    /// Lets its bearer follow the registration. 256 bits, as 64 hexadecimal digits.
    pub fn access_token(&self, registration: RegistrationId) -> SecretString {
        SecretString::from(to_hex(
            &self.derive(Purpose::Access, &[registration.0.as_bytes()]),
        ))
    }

    /// Whether `presented` is the registration's access token. Takes the same time for any guess.
    pub fn access_token_is_right(&self, registration: RegistrationId, presented: &str) -> bool {
        is_same(self.access_token(registration).expose_secret(), presented)
    }

    /// What the mailed link carries: the registration's id and 256 bits, as 96 hexadecimal digits.
    /// The same in every mail of a registration, so that the mail that arrives last is not the only
    /// one that works.
    pub fn link_token(&self, registration: RegistrationId) -> SecretString {
        let proof = self.derive(Purpose::Link, &[registration.0.as_bytes()]);
        SecretString::from(format!("{}{}", registration.0.simple(), to_hex(&proof)))
    }

    /// The registration that a link token proves the address of, if it is genuine.
    pub fn registration_of_link(&self, presented: &str) -> Option<RegistrationId> {
        let id = presented
            .get(..32)
            .and_then(|id| Uuid::try_parse(id).ok())?;
        let registration = RegistrationId(id);
        let right = self.link_token(registration);
        is_same(right.expose_secret(), presented).then_some(registration)
    }

    /// What the link in mail number `serial` of a journey carries: id, serial and 256 bits, as 104
    /// hexadecimal digits. One for each mail, since each works once.
    pub fn journey_link(&self, journey: RegistrationId, serial: u32) -> SecretString {
        let parts: [&[u8]; 2] = [journey.0.as_bytes(), &serial.to_be_bytes()];
        let proof = to_hex(&self.derive(Purpose::JourneyLink, &parts));
        SecretString::from(format!("{}{serial:08x}{proof}", journey.0.simple()))
    }

    /// The journey, and the mail's number, that a link belongs to, if it is genuine.
    pub fn journey_of_link(&self, presented: &str) -> Option<(RegistrationId, u32)> {
        let id = presented
            .get(..32)
            .and_then(|id| Uuid::try_parse(id).ok())?;
        let serial = u32::from_str_radix(presented.get(32..40)?, 16).ok()?;
        let journey = RegistrationId(id);
        let right = self.journey_link(journey, serial);
        is_same(right.expose_secret(), presented).then_some((journey, serial))
    }

    /// Lets whoever used the link of mail number `serial` go on with the journey. 256 bits, as 64
    /// hexadecimal digits.
    pub fn journey_access(&self, journey: RegistrationId, serial: u32) -> SecretString {
        let parts: [&[u8]; 2] = [journey.0.as_bytes(), &serial.to_be_bytes()];
        SecretString::from(to_hex(&self.derive(Purpose::JourneyAccess, &parts)))
    }

    /// Whether `presented` is what the link of one of the first `mails` mails of a journey was exchanged
    /// for.
    pub fn journey_access_is_right(
        &self,
        journey: RegistrationId,
        mails: u32,
        presented: &str,
    ) -> bool {
        let right = (1..=mails).map(|serial| {
            is_same(
                self.journey_access(journey, serial).expose_secret(),
                presented,
            )
        });
        right.fold(false, |found, is_right| found | is_right)
    }

    /// The code in the mail number `serial` of a registration: six digits.
    pub fn code(&self, registration: RegistrationId, serial: u32) -> SecretString {
        let hash = self.derive(
            Purpose::Code,
            &[registration.0.as_bytes(), &serial.to_be_bytes()],
        );
        let [a, b, c, d, e, f, g, h, ..] = *hash;
        // 2^64 is so much larger than 10^6 that no digit is noticeably likelier than another.
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000;
        SecretString::from(format!("{number:0width$}", width = CODE_DIGITS))
    }

    /// Whether `presented` is the code of mail number `serial`. Spaces and dashes are forgiven.
    pub fn code_is_right(
        &self,
        registration: RegistrationId,
        serial: u32,
        presented: &str,
    ) -> bool {
        let right = self.code(registration, serial);
        code_digits(presented).is_some_and(|digits| is_same(right.expose_secret(), &digits))
    }

    /// By which an `Idempotency-Key` is recognised.
    pub fn request_key(&self, key: &str) -> KeyedHash {
        KeyedHash(*self.derive(Purpose::RequestKey, &[key.as_bytes()]))
    }

    /// By which the request that came with it is recognised. The parts are told apart by their
    /// lengths. Neither password, card number nor security code may be among them.
    pub fn fingerprint(&self, parts: &[&str]) -> KeyedHash {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        KeyedHash(*self.derive(Purpose::Fingerprint, &parts))
    }

    /// By which the key itself is recognised: what is kept to notice that it was exchanged. Tells
    /// nothing of the key.
    pub fn key_check(&self) -> KeyedHash {
        KeyedHash(*self.derive(Purpose::KeyCheck, &[]))
    }

    fn derive(&self, purpose: Purpose, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        // HMAC takes a key of any length, so this arm is never taken; a key of zeros would be worse
        // than a panic, but there is nothing to decide here.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_slice()) else {
            unreachable!("HMAC accepts keys of any length (RFC 2104)")
        };
        mac.update(purpose.label());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// The digits of a code as it was typed, with spaces and dashes or without; none where that cannot be a
/// code.
pub fn code_digits(typed: &str) -> Option<Zeroizing<String>> {
    const DASHES: [char; 5] = ['-', '\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}'];
    let is_said = |c: &char| !c.is_whitespace() && !DASHES.contains(c);
    // One more than there are, so that a text of any length is read no further.
    let said: Zeroizing<String> = Zeroizing::new(
        typed
            .chars()
            .filter(is_said)
            .take(CODE_DIGITS + 1)
            .collect(),
    );
    let is_code = said.len() == CODE_DIGITS && said.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some(said)
}

fn is_same(right: &str, presented: &str) -> bool {
    right.as_bytes().ct_eq(presented.as_bytes()).into()
}

fn to_hex(bytes: &[u8; 32]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(byte: u8) -> Tokens {
        Tokens::new(Zeroizing::new([byte; 32]))
    }

    fn registration(number: u128) -> RegistrationId {
        RegistrationId(Uuid::from_u128(number))
    }

    #[test]
    fn a_link_names_its_registration_and_no_other() {
        let link = tokens(1).link_token(registration(7));
        assert_eq!(
            tokens(1).registration_of_link(link.expose_secret()),
            Some(registration(7))
        );
        assert_eq!(tokens(2).registration_of_link(link.expose_secret()), None);
        let forged = link.expose_secret().replacen("07", "08", 1);
        assert_eq!(tokens(1).registration_of_link(&forged), None);
    }

    /// They are in mails and browsers, and hashes of them in tables: a new version derives the same.
    #[test]
    fn what_is_derived_stays_the_same_for_ever() {
        let (tokens, seven) = (tokens(1), registration(7));
        let text = |secret: SecretString| secret.expose_secret().to_owned();
        let hash = |KeyedHash(hash): KeyedHash| to_hex(&hash);
        // Computed with Python's `hmac`.
        for (derived, expected) in [
            (
                text(tokens.access_token(seven)),
                "76afbdecb4deebb1965e488fe3e3ae10597326bc6d100fbd4f5894cd89ccb4a3",
            ),
            (
                text(tokens.link_token(seven)),
                "00000000000000000000000000000007\
                 a31b05e0dc686ed5777c09ee6cb0d7a374fdc695c7344ce8e60a78d91e30327a",
            ),
            (
                text(tokens.journey_link(seven, 2)),
                "0000000000000000000000000000000700000002\
                 a7d76eedc939590fe2a1a9c8bd85df4014b12ea2431ef76f4e793f3edc7b5dca",
            ),
            (
                text(tokens.journey_access(seven, 2)),
                "31763f821d396cb3270784b329e9490aa4a3e610ef13a51516df5b579ff290d9",
            ),
            (text(tokens.code(seven, 1)), "538718"),
            (text(tokens.code(seven, 2)), "719992"),
            (
                hash(tokens.request_key("key")),
                "1a3bec33842d05e3bfd26fd0002b29b8f503b8943b69ab343c5bab079acc419a",
            ),
            (
                hash(tokens.fingerprint(&["ab", "c"])),
                "ea29d3e8a47e450790f30c0789c786a58107e2e50750e0a7dc30462906e2695b",
            ),
            (
                hash(tokens.key_check()),
                "5e6a630f8d43b4bde8c97b8bd17fb63f999f1e81d44e7c6aebe048777c74dc3b",
            ),
        ] {
            assert_eq!(derived, expected);
        }
    }

    #[test]
    fn debug_shows_neither_the_key_nor_a_hash() {
        assert_eq!(format!("{:?}", tokens(1)), "Tokens(…)");
        assert_eq!(format!("{:?}", tokens(1).key_check()), "KeyedHash(…)");
    }

    #[test]
    fn what_opens_one_door_opens_no_other() {
        let tokens = tokens(1);
        let access = tokens.access_token(registration(7));
        assert!(tokens.access_token_is_right(registration(7), access.expose_secret()));
        assert!(!tokens.access_token_is_right(registration(8), access.expose_secret()));
        let link = tokens.link_token(registration(7));
        assert!(!tokens.access_token_is_right(registration(7), &link.expose_secret()[32..]));
    }

    #[test]
    fn the_link_of_a_journey_names_its_mail_and_opens_nothing_by_itself() {
        let tokens = tokens(1);
        let link = tokens.journey_link(registration(7), 2);
        let link = link.expose_secret();
        assert_eq!(tokens.journey_of_link(link), Some((registration(7), 2)));
        assert_eq!(tokens.registration_of_link(link), None);
        let of_another_mail = link.replacen("00000002", "00000003", 1);
        assert_eq!(tokens.journey_of_link(&of_another_mail), None);
        assert!(!tokens.journey_access_is_right(registration(7), 5, &link[40..]));
    }

    #[test]
    fn what_a_link_was_exchanged_for_opens_its_own_journey_only() {
        let tokens = tokens(1);
        let access = tokens.journey_access(registration(7), 2);
        let access = access.expose_secret();
        assert!(tokens.journey_access_is_right(registration(7), 2, access));
        assert!(!tokens.journey_access_is_right(registration(7), 1, access));
        assert!(!tokens.journey_access_is_right(registration(8), 2, access));
        assert!(!tokens.access_token_is_right(registration(7), access));
    }

    #[test]
    fn each_mail_has_its_own_code_of_six_digits() {
        let tokens = tokens(1);
        let code = tokens.code(registration(7), 1);
        assert_eq!(code.expose_secret().len(), CODE_DIGITS);
        let spaced = format!(
            " {} {}",
            &code.expose_secret()[..3],
            &code.expose_secret()[3..]
        );
        assert!(tokens.code_is_right(registration(7), 1, &spaced));
        assert!(!tokens.code_is_right(registration(7), 2, code.expose_secret()));
    }

    #[test]
    fn a_code_is_read_with_spaces_and_dashes_and_nothing_else_is_one() {
        for typed in ["123456", " 123 456\t", "123-456", "12–34‑56"] {
            let digits = code_digits(typed).map(|digits| digits.to_string());
            assert_eq!(digits.as_deref(), Some("123456"), "{typed}");
        }
        for typed in ["", " - ", "12345", "1234567", "12345a", "１２３４５６"] {
            assert!(code_digits(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_key_is_recognised_and_taken_for_no_other() {
        assert_eq!(tokens(1).key_check(), tokens(1).key_check());
        assert_ne!(tokens(1).key_check(), tokens(2).key_check());
        assert_ne!(tokens(1).key_check(), tokens(1).fingerprint(&[]));
    }

    #[test]
    fn a_fingerprint_tells_where_one_part_ends_and_the_next_begins() {
        let tokens = tokens(1);
        assert_ne!(
            tokens.fingerprint(&["ab", "c"]),
            tokens.fingerprint(&["a", "bc"])
        );
        assert_eq!(
            tokens.fingerprint(&["ab", "c"]),
            tokens.fingerprint(&["ab", "c"])
        );
    }
}
