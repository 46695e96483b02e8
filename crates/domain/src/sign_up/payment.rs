//! How a person pays: a token that the gateway made in their browser, or a card.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::card::{CardNumber, RawCard};
use crate::secret;

/// Most characters of a payment token; Stripe's and Braintree's have fewer than fifty.
pub const MAX_TOKEN_CHARACTERS: usize = 255;

/// How a person pays.
#[derive(Debug)]
pub enum Payment {
    /// A token of the gateway: the recommended way, card data never reaches the server.
    Token(PaymentToken),
    /// A card, to be turned into a token by the gateway.
    Card(RawCard),
}

/// A gateway's name for a card that it holds: Stripe `pm_…`, a Braintree nonce. Whoever has it, and
/// the gateway's key, can charge the card; so it is not printed and is wiped when dropped.
#[derive(Clone)]
pub struct PaymentToken(SecretString);

impl PaymentToken {
    /// Reads a token: 1 to [`MAX_TOKEN_CHARACTERS`] visible ASCII characters; white space around
    /// them is dropped. A card number in its place is refused: a token is journalled, a number
    /// never.
    ///
    /// # Errors
    ///
    /// [`PaymentTokenFault`], which never repeats the input.
    pub fn parse(raw: SecretString) -> Result<Self, PaymentTokenFault> {
        let token = raw.expose_secret().trim();
        if token.is_empty() {
            return Err(PaymentTokenFault::Empty);
        }
        if token.len() > MAX_TOKEN_CHARACTERS {
            return Err(PaymentTokenFault::TooLong);
        }
        let token = secret::collect(token.chars());
        if CardNumber::parse(token.clone()).is_ok() {
            return Err(PaymentTokenFault::CardNumber);
        }
        if !token
            .expose_secret()
            .bytes()
            .all(|byte| byte.is_ascii_graphic())
        {
            return Err(PaymentTokenFault::Characters);
        }
        Ok(Self(token))
    }

    /// The token. For the call to the gateway.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PaymentToken(•••)")
    }
}

/// Why a text is not a payment token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentTokenFault {
    /// Nothing but white space.
    #[error("the payment_method is empty")]
    Empty,
    /// More than [`MAX_TOKEN_CHARACTERS`] characters.
    #[error("the payment_method is longer than {MAX_TOKEN_CHARACTERS} characters")]
    TooLong,
    /// A space, a control character or something outside ASCII.
    #[error("the payment_method has a character that no token has")]
    Characters,
    /// A card number where a token belongs.
    #[error("the payment_method is a card number")]
    CardNumber,
}

impl PaymentTokenFault {
    /// The fault's stable name for programs, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooLong => "too_long",
            Self::Characters | Self::CardNumber => "invalid",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> Result<PaymentToken, PaymentTokenFault> {
        PaymentToken::parse(SecretString::from(raw))
    }

    #[test]
    fn a_token_is_kept_as_the_gateway_gave_it() {
        for raw in ["pm_card_visa", "tokencc_bh_abc-123", "fake-valid-nonce"] {
            assert_eq!(parse(&format!(" {raw}\n")).expect(raw).expose(), raw);
        }
    }

    #[test]
    fn what_is_not_a_token_is_refused() {
        for (raw, fault) in [
            ("", PaymentTokenFault::Empty),
            (" ", PaymentTokenFault::Empty),
            ("pm card", PaymentTokenFault::Characters),
            ("pm_\u{e9}", PaymentTokenFault::Characters),
            ("pm_\0", PaymentTokenFault::Characters),
        ] {
            assert_eq!(parse(raw).expect_err(raw), fault, "{raw:?}");
        }
        assert!(parse(&"p".repeat(MAX_TOKEN_CHARACTERS)).is_ok());
        let fault = parse(&"p".repeat(MAX_TOKEN_CHARACTERS + 1)).expect_err("too long");
        assert_eq!(fault, PaymentTokenFault::TooLong);
    }

    #[test]
    fn programs_are_told_why_a_token_is_refused() {
        let code = |raw: &str| parse(raw).expect_err(raw).code();
        assert_eq!(code(""), "required");
        assert_eq!(code(&"p".repeat(MAX_TOKEN_CHARACTERS + 1)), "too_long");
        assert_eq!(code("pm card"), "invalid");
        assert_eq!(code("4242424242424242"), "invalid");
    }

    #[test]
    fn a_card_number_in_place_of_a_token_is_refused() {
        for raw in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
        ] {
            assert_eq!(
                parse(raw).expect_err(raw),
                PaymentTokenFault::CardNumber,
                "{raw}"
            );
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_token() {
        let token = parse("pm_card_visa").expect("valid");
        assert_eq!(format!("{:?}", token.clone()), "PaymentToken(•••)");
    }
}
