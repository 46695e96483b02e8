//! A password that was found strong enough, and the hash that is kept in its place.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::{UnicodeNormalization, is_nfc};
pub use zxcvbn::feedback::Suggestion as PasswordAdvice;
use zxcvbn::feedback::Warning;
use zxcvbn::zxcvbn;

pub use hash::{
    HashFault, HashMemory, HashParameters, MAX_LANES, MAX_MEMORY_KIB, MAX_PASSES, PasswordHash,
};

use crate::secret;

mod hash;

/// Fewest characters (Unicode code points) of a password that is hard to guess: NIST SP 800-63B-4
/// section 3.1.1.2 and OWASP ASVS 5.0, 6.2.1.
pub const MIN_CHARACTERS: usize = 8;

/// From this many characters on, only an obvious password is refused: what NIST SP 800-63B-4 asks
/// of a password that is the only factor, and ASVS 6.2.1 recommends.
pub const LONG_CHARACTERS: usize = 15;

/// Guesses that a password of [`LONG_CHARACTERS`] or more must withstand, by zxcvbn's estimate:
/// where its score 2 begins. Below it lie repetitions, sequences and single words.
pub const MIN_GUESSES_LONG: u64 = 1_000_000;

/// Guesses that a shorter password must withstand: where zxcvbn's score 3, "safely unguessable",
/// begins, and exactly what it estimates for eight random characters.
pub const MIN_GUESSES_SHORT: u64 = 100_000_000;

/// Guesses from which on a password is called strong: where zxcvbn's score 4, "very unguessable", begins.
pub const GUESSES_STRONG: u64 = 10_000_000_000;

/// Most bytes of a password. Far above the 64 characters that must be possible (NIST, ASVS 6.2.9),
/// and small enough that reading one costs nothing.
pub const MAX_BYTES: usize = 1024;

/// How many leading characters have their strength estimated. The estimate takes quadratic time,
/// and more where many characters can stand for letters (`4`, `$`): measured at worst, 0.1 s for 40
/// characters, 0.5 s for 100. Forty decide whether a password is strong enough.
pub const ESTIMATED_CHARACTERS: usize = 40;

/// A personal item shorter than this may occur in a password: `Al` and `Ann` are inside too many
/// words.
pub const MIN_PERSONAL_CHARACTERS: usize = 4;

/// A new password that passed the rule below. Kept in memory only, never cloned, printed or
/// serialised, and wiped when dropped.
///
/// The rule:
///
/// - at most [`MAX_BYTES`] bytes and no control characters (they cannot be typed again; they come
///   from pasting a line end);
/// - at least [`LONG_CHARACTERS`] characters that withstand [`MIN_GUESSES_LONG`] guesses, or at
///   least [`MIN_CHARACTERS`] that withstand [`MIN_GUESSES_SHORT`]. NIST SP 800-63B-4 wants 15
///   characters where the password is the only factor, and common ones blocked by a list; ASVS 5.0
///   (6.2.1, 6.2.4) wants 8 and the list. A shorter password is therefore accepted where it is
///   worth a long one. zxcvbn ranks the 30,000 most common passwords, and names and words, and sees
///   through their variations, which a plain list does not;
/// - it does not contain the person's e-mail address, its local part, or their name (ASVS 6.2.11),
///   where such an item has at least [`MIN_PERSONAL_CHARACTERS`] characters;
/// - no rule about kinds of characters, and spaces count (NIST, ASVS 6.2.5).
///
/// It is held and hashed in Unicode NFC (as RFC 8265 section 4.2 does), so that the same password
/// typed on another system matches; beyond that, not a character is changed or cut.
pub struct Password(SecretString);

impl Password {
    /// Checks a new password. `personal` is what an attacker would try first: the e-mail address
    /// and the names, as typed.
    ///
    /// Takes a millisecond of CPU, and up to a tenth of a second for a password made to be costly:
    /// call it off the async threads, and bound how many run at once.
    ///
    /// # Errors
    ///
    /// [`PasswordFault`], which never repeats the password.
    pub fn parse(raw: SecretString, personal: &[&str]) -> Result<Self, PasswordFault> {
        Self::judged(raw, personal).map(|(password, _)| password)
    }

    /// Checks a password that is still being chosen, by the same rule, and says how strong it is. Takes as
    /// long as [`parse`](Self::parse).
    ///
    /// # Errors
    ///
    /// [`PasswordFault`].
    pub fn judge(raw: SecretString, personal: &[&str]) -> Result<Strength, PasswordFault> {
        Self::judged(raw, personal).map(|(_, strength)| strength)
    }

    fn judged(raw: SecretString, personal: &[&str]) -> Result<(Self, Strength), PasswordFault> {
        // First: nothing below is done for input without a bound.
        if raw.expose_secret().len() > MAX_BYTES {
            return Err(PasswordFault::TooLong {
                max_bytes: MAX_BYTES,
            });
        }
        let password = normalised(raw);
        let text = password.expose_secret();
        if text.chars().any(char::is_control) {
            return Err(PasswordFault::ControlCharacter);
        }
        let characters = text.chars().count();
        if characters < MIN_CHARACTERS {
            return Err(PasswordFault::TooShort {
                minimum: MIN_CHARACTERS,
            });
        }
        let personal = personal_items(personal);
        if contains_any(text, &personal) {
            return Err(PasswordFault::ContainsPersonal);
        }
        let strength = check_strength(text, characters, &personal)?;
        Ok((Self(password), strength))
    }

    /// The password itself, in NFC. For hashing; nothing else should need it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(•••)")
    }
}

/// How strong a password is that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// It will do.
    Good,
    /// It withstands [`GUESSES_STRONG`].
    Strong,
}

/// Why a password is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer characters than [`MIN_CHARACTERS`].
    #[error("the password has fewer than {minimum} characters")]
    TooShort {
        /// Fewest characters.
        minimum: usize,
    },
    /// More bytes than [`MAX_BYTES`].
    #[error("the password has more than {max_bytes} bytes")]
    TooLong {
        /// Most bytes.
        max_bytes: usize,
    },
    /// A tab, a line end or the like.
    #[error("the password contains a control character")]
    ControlCharacter,
    /// Among the most common passwords.
    #[error("the password is one of the most common")]
    TooCommon,
    /// Too few guesses find it.
    #[error("the password is easy to guess")]
    TooWeak {
        /// What would help; may be nothing in particular.
        advice: Vec<PasswordAdvice>,
    },
    /// Contains the e-mail address or a name.
    #[error("the password contains a name or the e-mail address")]
    ContainsPersonal,
}

impl PasswordFault {
    /// The fault's stable name for programs, in snake_case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter => "invalid",
            Self::TooCommon => "too_common",
            Self::TooWeak { .. } => "too_weak",
            Self::ContainsPersonal => "contains_personal",
        }
    }
}

/// The secret in NFC; as it is, without a copy, in the usual case that it already is.
fn normalised(raw: SecretString) -> SecretString {
    if is_nfc(raw.expose_secret()) {
        raw
    } else {
        secret::collect(raw.expose_secret().nfc())
    }
}

/// What must not occur in the password: each item, the local part of an address, each word of a
/// name; folded for comparison.
fn personal_items(personal: &[&str]) -> Vec<String> {
    let mut items = Vec::new();
    for item in personal.iter().map(|item| folded(item.trim())) {
        if let Some((local_part, _)) = item.rsplit_once('@') {
            items.push(local_part.to_owned());
        }
        items.extend(item.split_whitespace().map(str::to_owned));
        items.push(item);
    }
    items.retain(|item| !item.is_empty());
    items
}

fn contains_any(text: &str, personal: &[String]) -> bool {
    // Wiped like the password, of which it is a copy.
    let text = secret::collect(text.nfkc().flat_map(char::to_lowercase));
    personal
        .iter()
        .filter(|item| item.chars().count() >= MIN_PERSONAL_CHARACTERS)
        .any(|item| text.expose_secret().contains(item.as_str()))
}

fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

fn check_strength(
    text: &str,
    characters: usize,
    personal: &[String],
) -> Result<Strength, PasswordFault> {
    let head = secret::collect(text.chars().take(ESTIMATED_CHARACTERS));
    let personal: Vec<&str> = personal.iter().map(String::as_str).collect();
    let estimate = zxcvbn(head.expose_secret(), &personal);
    let minimum = if characters >= LONG_CHARACTERS {
        MIN_GUESSES_LONG
    } else {
        MIN_GUESSES_SHORT
    };
    if estimate.guesses() >= GUESSES_STRONG {
        return Ok(Strength::Strong);
    }
    if estimate.guesses() >= minimum {
        return Ok(Strength::Good);
    }
    let feedback = estimate.feedback();
    match feedback.and_then(zxcvbn::feedback::Feedback::warning) {
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword,
        ) => Err(PasswordFault::TooCommon),
        _ => {
            let advice = feedback.map(|feedback| feedback.suggestions().to_vec());
            let advice = advice.unwrap_or_default();
            Err(PasswordFault::TooWeak { advice })
        }
    }
}

#[cfg(test)]
mod tests;
