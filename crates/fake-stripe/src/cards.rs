//! What test cards do at Stripe: which numbers exist, and what is said where one is declined.

use enlist_gateways::sandbox::{NOT_A_TEST_CARD, TEST_CARDS, TestCard};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::StripeError;

/// A card as it was typed in. Never kept, never printed.
pub(crate) struct TypedCard<'a> {
    pub(crate) number: &'a str,
    pub(crate) exp_month: i64,
    pub(crate) exp_year: i64,
    pub(crate) cvc: Option<&'a str>,
}

impl TypedCard<'_> {
    /// The test card that it is.
    pub(crate) fn check(&self, now: Timestamp) -> Result<&'static TestCard, StripeError> {
        let digits: String = self.number.split([' ', '-']).collect();
        if !passes_luhn(&digits) {
            return Err(mistyped("incorrect_number", "number is incorrect").about("number"));
        }
        let today = now.to_zoned_datetime(TimeZone::UTC);
        if !(1..=12).contains(&self.exp_month) {
            let error = mistyped("invalid_expiry_month", "expiration month is invalid");
            return Err(error.about("exp_month"));
        }
        let this_month = (i64::from(today.year()), i64::from(today.month()));
        if (self.exp_year, self.exp_month) < this_month || self.exp_year > this_month.0 + 50 {
            let error = mistyped("invalid_expiry_year", "expiration year is invalid");
            return Err(error.about("exp_year"));
        }
        if !self.cvc.is_none_or(is_security_code) {
            return Err(mistyped("invalid_cvc", "security code is invalid").about("cvc"));
        }
        // A number that may be a real one must not be known here, as in Stripe's test mode.
        TEST_CARDS
            .iter()
            .find(|card| card.number == digits)
            .ok_or_else(|| declined(NOT_A_TEST_CARD))
    }
}

/// The card behind a token of Stripe's for tests: `pm_card_visa`, `tok_visa`, ….
pub(crate) fn test_token(token: &str) -> Option<&'static TestCard> {
    let name = token
        .strip_prefix("pm_card_")
        .or_else(|| token.strip_prefix("tok_"))?;
    TEST_CARDS.iter().find(|card| card.name == name)
}

/// What is said to a card whose behaviour names this code.
pub(crate) fn declined(code: &str) -> StripeError {
    match code {
        "expired_card" => StripeError::card(code, None, "Your card has expired."),
        "incorrect_cvc" => StripeError::card(code, None, "Your card's security code is incorrect."),
        "processing_error" => StripeError::card(
            code,
            None,
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        "insufficient_funds" => StripeError::card(
            "card_declined",
            Some(code),
            "Your card has insufficient funds.",
        ),
        // The bank gives no reason.
        "card_declined" => declined("generic_decline"),
        reason => StripeError::card("card_declined", Some(reason), "Your card was declined."),
    }
}

/// What is said where the person did not pass 3-D Secure.
pub(crate) fn not_authenticated(code: &str) -> StripeError {
    StripeError::card(
        code,
        None,
        "We are unable to authenticate your payment method. Please choose a different payment method and \
         try again.",
    )
}

fn mistyped(code: &str, what: &str) -> StripeError {
    StripeError::card(code, None, &format!("Your card's {what}."))
}

fn is_security_code(text: &str) -> bool {
    matches!(text.len(), 3 | 4) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the check digit fits (ISO/IEC 7812-1, annex B).
fn passes_luhn(digits: &str) -> bool {
    if !(12..=19).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}
