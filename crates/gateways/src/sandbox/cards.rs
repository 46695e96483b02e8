//! The cards that the sandbox knows: Stripe's test list (docs.stripe.com/testing), by number and by
//! the name that a browser's token would have. What is kept of a card is how it behaves, never its
//! number.

use std::borrow::Cow;

use enlist_domain::{CardBrand, RawCard};
use enlist_registration::ports::{CvcCheck, Decline};
use serde::{Deserialize, Serialize};

/// Every test card, those that succeed first.
pub const TEST_CARDS: &[TestCard] = &[
    card(
        "4242424242424242",
        "visa",
        CardBrand::Visa,
        Behaviour::Succeeds,
    ),
    card(
        "4000056655665556",
        "visa_debit",
        CardBrand::Visa,
        Behaviour::Succeeds,
    ),
    card(
        "5555555555554444",
        "mastercard",
        CardBrand::Mastercard,
        Behaviour::Succeeds,
    ),
    card(
        "378282246310005",
        "amex",
        CardBrand::AmericanExpress,
        Behaviour::Succeeds,
    ),
    card(
        "6011111111111117",
        "discover",
        CardBrand::Discover,
        Behaviour::Succeeds,
    ),
    card(
        "3056930009020004",
        "diners",
        CardBrand::DinersClub,
        Behaviour::Succeeds,
    ),
    card(
        "3566002020360505",
        "jcb",
        CardBrand::Jcb,
        Behaviour::Succeeds,
    ),
    card(
        "6200000000000005",
        "unionpay",
        CardBrand::UnionPay,
        Behaviour::Succeeds,
    ),
    TestCard {
        number: "4000000000000101",
        name: "cvcCheckFail",
        brand: CardBrand::Visa,
        behaviour: Behaviour::Succeeds,
        cvc_check: CvcCheck::Fail,
    },
    refused("4000000000000002", "chargeDeclined", "generic_decline"),
    refused(
        "4000000000009995",
        "chargeDeclinedInsufficientFunds",
        "insufficient_funds",
    ),
    refused("4000000000009987", "chargeDeclinedLostCard", "lost_card"),
    refused(
        "4000000000009979",
        "chargeDeclinedStolenCard",
        "stolen_card",
    ),
    refused(
        "4000000000000069",
        "chargeDeclinedExpiredCard",
        "expired_card",
    ),
    refused(
        "4000000000000127",
        "chargeDeclinedIncorrectCvc",
        "incorrect_cvc",
    ),
    refused(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        "processing_error",
    ),
    card(
        "4000000000000341",
        "chargeCustomerFail",
        CardBrand::Visa,
        Behaviour::DeclinesWhenCharged {
            code: Cow::Borrowed("card_declined"),
        },
    ),
    card(
        "4000002500003155",
        "threeDSecure2Required",
        CardBrand::Visa,
        Behaviour::AsksBeforeTheCharge {
            then_declines: None,
        },
    ),
    card(
        "4000008260003178",
        "threeDSecureRequiredInsufficientFunds",
        CardBrand::Visa,
        Behaviour::AsksBeforeTheCharge {
            then_declines: Some(Cow::Borrowed("insufficient_funds")),
        },
    ),
];

/// What Stripe's test mode says to a card that is not on the list, and so may be a real one.
pub const NOT_A_TEST_CARD: &str = "test_mode_live_card";

/// See [`Decline::INVALID_PAYMENT_METHOD`]; Stripe answers 400 `resource_missing`.
pub const INVALID_PAYMENT_METHOD: &str = Decline::INVALID_PAYMENT_METHOD;

/// One card of the list.
#[derive(Clone, Debug)]
pub struct TestCard {
    /// The number that Stripe publishes.
    pub number: &'static str,
    /// Its token is `tok_` or `pm_card_` with this name, as a browser would bring it.
    pub name: &'static str,
    /// The payment brand.
    pub brand: CardBrand,
    /// What becomes of it.
    pub behaviour: Behaviour,
    /// What comes of its security code once it is attached.
    pub cvc_check: CvcCheck,
}

impl TestCard {
    /// The card that a raw one is.
    pub(super) fn of(raw: &RawCard) -> Option<&'static Self> {
        TEST_CARDS
            .iter()
            .find(|card| card.number == raw.number.expose())
    }

    /// The card behind a token that a browser brings: `tok_visa`, `pm_card_visa`, ….
    pub(super) fn named(token: &str) -> Option<&'static Self> {
        let name = token
            .strip_prefix("pm_card_")
            .or_else(|| token.strip_prefix("tok_"))?;
        TEST_CARDS.iter().find(|card| card.name == name)
    }

    /// The last four digits, which may be kept and shown (PCI DSS 3.4.1).
    pub fn last4(&self) -> &'static str {
        self.number
            .get(self.number.len().saturating_sub(4)..)
            .unwrap_or_default()
    }
}

/// How a card behaves: all that the sandbox remembers of its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Behaviour {
    /// Attaches and pays.
    Succeeds,
    /// Is declined when it is attached, so that no customer comes of it.
    DeclinesWhenAttached {
        /// The decline's code.
        code: Cow<'static, str>,
    },
    /// Attaches, and is declined at the first charge.
    DeclinesWhenCharged {
        /// The decline's code.
        code: Cow<'static, str>,
    },
    /// Attaches, and asks for 3-D Secure at the first charge.
    AsksBeforeTheCharge {
        /// The code of the decline that follows although the person confirmed, if one does.
        then_declines: Option<Cow<'static, str>>,
    },
}

const fn card(
    number: &'static str,
    name: &'static str,
    brand: CardBrand,
    behaviour: Behaviour,
) -> TestCard {
    TestCard {
        number,
        name,
        brand,
        behaviour,
        cvc_check: CvcCheck::Pass,
    }
}

const fn refused(number: &'static str, name: &'static str, code: &'static str) -> TestCard {
    let behaviour = Behaviour::DeclinesWhenAttached {
        code: Cow::Borrowed(code),
    };
    card(number, name, CardBrand::Visa, behaviour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_has_a_number_and_a_name_of_its_own() {
        for (index, card) in TEST_CARDS.iter().enumerate() {
            for other in &TEST_CARDS[index + 1..] {
                assert_ne!(card.number, other.number);
                assert_ne!(card.name, other.name);
            }
            assert_eq!(
                CardBrand::from_digits(card.number),
                card.brand,
                "{}",
                card.name
            );
            assert_eq!(card.last4().len(), 4);
        }
    }

    #[test]
    fn a_token_has_two_spellings() {
        for token in ["tok_visa", "pm_card_visa"] {
            assert_eq!(TestCard::named(token).map(TestCard::last4), Some("4242"));
        }
        for token in ["visa", "tok_", "tok_unheard_of", "pm_visa"] {
            assert!(TestCard::named(token).is_none());
        }
    }
}
