//! A payment card: number and security code while they are needed, and what may be kept of them.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use brand::CardBrand;
pub use expiry::{Expiry, ExpiryFault, MAX_YEARS_AHEAD};

use crate::secret;

mod brand;
pub(crate) mod expiry;

/// Fewest digits of a card number in use (ISO/IEC 7812 allows fewer, no payment brand issues them).
pub const MIN_DIGITS: usize = 13;

/// Most digits of a card number (ISO/IEC 7812-1).
pub const MAX_DIGITS: usize = 19;

/// Most bytes of a card number as typed: its digits, each with a separator of up to three bytes.
const MAX_TYPED_BYTES: usize = 4 * MAX_DIGITS;

/// What is left of a card once the gateway holds it; the only form that is stored, sent or shown.
/// PCI DSS 3.4.1 allows the last four digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSummary {
    /// The payment brand.
    pub brand: CardBrand,
    /// The last four digits, as the gateway or [`CardNumber::last4`] gave them.
    pub last4: String,
    /// The month through which the card is valid.
    pub expiry: Expiry,
}

impl CardSummary {
    /// The number as people are shown it: `•••• 4242`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("•••• {}", self.last4)
    }
}

/// A whole card, as a person typed it. In memory only; not to be cloned, printed or serialised.
pub struct RawCard {
    /// The card number (PAN).
    pub number: CardNumber,
    /// The month through which the card is valid.
    pub expiry: Expiry,
    /// The code on the card (CVV, CVC, CID).
    pub security_code: SecurityCode,
}

impl RawCard {
    /// What may be kept of the card.
    #[must_use]
    pub fn summary(&self) -> CardSummary {
        CardSummary {
            brand: self.number.brand(),
            last4: self.number.last4(),
            expiry: self.expiry,
        }
    }
}

/// Brand and last four digits.
impl fmt::Debug for RawCard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawCard")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// A card number (PAN) whose length and check digit are right. Holds digits only; wiped when
/// dropped.
pub struct CardNumber(SecretString);

impl CardNumber {
    /// Reads a card number; spaces and dashes are ignored wherever they stand.
    ///
    /// # Errors
    ///
    /// [`CardNumberFault`], which never repeats a digit of it.
    pub fn parse(raw: SecretString) -> Result<Self, CardNumberFault> {
        let typed = raw.expose_secret();
        if typed.len() > MAX_TYPED_BYTES {
            return Err(CardNumberFault::WrongLength);
        }
        let kept = typed.chars().filter(|character| !is_separator(*character));
        if !kept.clone().all(|character| character.is_ascii_digit()) {
            return Err(CardNumberFault::NotDigits);
        }
        if !(MIN_DIGITS..=MAX_DIGITS).contains(&kept.clone().count()) {
            return Err(CardNumberFault::WrongLength);
        }
        let digits = secret::collect(kept);
        if !passes_luhn(digits.expose_secret()) {
            return Err(CardNumberFault::Luhn);
        }
        Ok(Self(digits))
    }

    /// The payment brand, by the number's first digits.
    #[must_use]
    pub fn brand(&self) -> CardBrand {
        CardBrand::from_digits(self.0.expose_secret())
    }

    /// The last four digits, which PCI DSS 3.4.1 allows to be shown and kept.
    #[must_use]
    pub fn last4(&self) -> String {
        let digits = self.0.expose_secret();
        digits
            .get(digits.len().saturating_sub(4)..)
            .unwrap_or_default()
            .to_owned()
    }

    /// All digits. For the call to the gateway; nothing else may need it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Brand and last four digits.
impl fmt::Debug for CardNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "CardNumber({} •••• {})",
            self.brand().as_str(),
            self.last4()
        )
    }
}

/// Why a text is not a card number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardNumberFault {
    /// Something other than digits, spaces and dashes.
    #[error("the card number has something other than digits, spaces and dashes")]
    NotDigits,
    /// Fewer than [`MIN_DIGITS`] or more than [`MAX_DIGITS`] digits.
    #[error("the card number does not have {MIN_DIGITS} to {MAX_DIGITS} digits")]
    WrongLength,
    /// The check digit does not fit (Luhn, ISO/IEC 7812-1 annex B).
    #[error("the check digit of the card number does not fit")]
    Luhn,
}

impl CardNumberFault {
    /// The fault's stable name for programs, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotDigits => "invalid",
            Self::WrongLength => "wrong_length",
            Self::Luhn => "luhn",
        }
    }
}

/// The code on the card (CVV2, CVC2, CID). PCI DSS 3.3.1: not kept in any form after authorization.
/// Wiped when dropped.
pub struct SecurityCode(SecretString);

impl SecurityCode {
    /// Reads the code; its length depends on the card's brand. A card of an unknown brand may have
    /// three digits or four.
    ///
    /// # Errors
    ///
    /// [`SecurityCodeFault`], which never repeats the code.
    pub fn parse(raw: SecretString, brand: CardBrand) -> Result<Self, SecurityCodeFault> {
        let code = raw.expose_secret().trim();
        if !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SecurityCodeFault::NotDigits);
        }
        let expected = brand.security_code_length();
        let fits = match brand {
            CardBrand::Unknown => matches!(code.len(), 3 | 4),
            _ => code.len() == expected,
        };
        if !fits {
            return Err(SecurityCodeFault::WrongLength { expected });
        }
        Ok(Self(secret::collect(code.chars())))
    }

    /// The digits. For the call to the gateway; nothing else may need it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecurityCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecurityCode(•••)")
    }
}

/// Why a text is not a security code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecurityCodeFault {
    /// Something other than digits.
    #[error("the security code has something other than digits")]
    NotDigits,
    /// Not as long as the brand's codes are.
    #[error("the security code does not have {expected} digits")]
    WrongLength {
        /// How many digits a card of this brand has.
        expected: usize,
    },
}

impl SecurityCodeFault {
    /// The fault's stable name for programs, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotDigits => "invalid",
            Self::WrongLength { .. } => "wrong_length",
        }
    }
}

/// What people and clipboards put between the digits: white space and the dashes of Unicode.
fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Luhn's check (ISO/IEC 7812-1 annex B): every second digit from the right counts double, and the
/// sum is a multiple of ten.
fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .map(|byte| u32::from(byte.wrapping_sub(b'0')))
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => 2 * digit,
            (_, digit) => 2 * digit - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
