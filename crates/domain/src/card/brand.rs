//! The payment brands, told apart by a number's first digits.

use serde::{Deserialize, Serialize};

/// A payment brand, spelled as Stripe spells it (`amex`, `diners`, …).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardBrand {
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// American Express.
    #[serde(rename = "amex")]
    AmericanExpress,
    /// Discover.
    Discover,
    /// Diners Club.
    #[serde(rename = "diners")]
    DinersClub,
    /// JCB.
    Jcb,
    /// UnionPay.
    #[serde(rename = "unionpay")]
    UnionPay,
    /// Any other, including one that a gateway names and this list does not.
    #[serde(other)]
    Unknown,
}

impl CardBrand {
    /// Every brand, `Unknown` last.
    pub const ALL: [Self; 8] = [
        Self::Visa,
        Self::Mastercard,
        Self::AmericanExpress,
        Self::Discover,
        Self::DinersClub,
        Self::Jcb,
        Self::UnionPay,
        Self::Unknown,
    ];

    /// The brand of a number, given as ASCII digits, by the ranges that the brands publish. Numbers
    /// beginning with 62 count as UnionPay although Discover carries some of them.
    #[must_use]
    pub fn from_digits(digits: &str) -> Self {
        // The first four digits decide; a shorter text, or one that is no number, has no brand.
        let Some(prefix) = digits
            .get(..4)
            .and_then(|prefix| prefix.parse::<u16>().ok())
        else {
            return Self::Unknown;
        };
        match prefix {
            4000..=4999 => Self::Visa,
            5100..=5599 | 2221..=2720 => Self::Mastercard,
            3400..=3499 | 3700..=3799 => Self::AmericanExpress,
            6011 | 6440..=6499 | 6500..=6599 => Self::Discover,
            3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => Self::DinersClub,
            3528..=3589 => Self::Jcb,
            6200..=6299 | 8100..=8171 => Self::UnionPay,
            _ => Self::Unknown,
        }
    }

    /// The brand that a gateway or a database column names; `Unknown` for any other text.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|brand| brand.as_str() == name)
            .unwrap_or(Self::Unknown)
    }

    /// The name for programs, as Stripe has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visa => "visa",
            Self::Mastercard => "mastercard",
            Self::AmericanExpress => "amex",
            Self::Discover => "discover",
            Self::DinersClub => "diners",
            Self::Jcb => "jcb",
            Self::UnionPay => "unionpay",
            Self::Unknown => "unknown",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Visa => "Visa",
            Self::Mastercard => "Mastercard",
            Self::AmericanExpress => "American Express",
            Self::Discover => "Discover",
            Self::DinersClub => "Diners Club",
            Self::Jcb => "JCB",
            Self::UnionPay => "UnionPay",
            Self::Unknown => "Card",
        }
    }

    /// How many digits the brand's security code has: four for American Express, else three.
    #[must_use]
    pub fn security_code_length(self) -> usize {
        match self {
            Self::AmericanExpress => 4,
            _ => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_digits_tell_the_brand() {
        // Test numbers of the gateways, and the edges of each range.
        for (digits, brand) in [
            ("4242424242424242", CardBrand::Visa),
            ("4000002500003155", CardBrand::Visa),
            ("5555555555554444", CardBrand::Mastercard),
            ("2223003122003222", CardBrand::Mastercard),
            ("2221000000000000", CardBrand::Mastercard),
            ("2720990000000000", CardBrand::Mastercard),
            ("2220990000000000", CardBrand::Unknown),
            ("2721000000000000", CardBrand::Unknown),
            ("5000000000000000", CardBrand::Unknown),
            ("5600000000000000", CardBrand::Unknown),
            ("378282246310005", CardBrand::AmericanExpress),
            ("340000000000000", CardBrand::AmericanExpress),
            ("350000000000000", CardBrand::Unknown),
            ("6011111111111117", CardBrand::Discover),
            ("6440000000000000", CardBrand::Discover),
            ("6555900000604105", CardBrand::Discover),
            ("6430000000000000", CardBrand::Unknown),
            ("3056930009020004", CardBrand::DinersClub),
            ("36227206271667", CardBrand::DinersClub),
            ("30600000000000", CardBrand::Unknown),
            ("3566002020360505", CardBrand::Jcb),
            ("3528000000000000", CardBrand::Jcb),
            ("3527000000000000", CardBrand::Unknown),
            ("3590000000000000", CardBrand::Unknown),
            ("6200000000000005", CardBrand::UnionPay),
            ("6205500000000000004", CardBrand::UnionPay),
            ("424", CardBrand::Unknown),
            ("", CardBrand::Unknown),
            ("+424", CardBrand::Unknown),
        ] {
            assert_eq!(CardBrand::from_digits(digits), brand, "{digits}");
        }
    }

    #[test]
    fn serde_and_as_str_spell_a_brand_alike() {
        for brand in CardBrand::ALL {
            let json = serde_json::to_string(&brand).expect("serialises");
            assert_eq!(json, format!("\"{}\"", brand.as_str()));
            assert_eq!(
                serde_json::from_str::<CardBrand>(&json).expect("deserialises"),
                brand
            );
            assert_eq!(CardBrand::from_name(brand.as_str()), brand);
        }
    }

    #[test]
    fn a_brand_is_called_what_its_cards_are_called() {
        let titles = CardBrand::ALL.map(CardBrand::title);
        let expected = [
            "Visa",
            "Mastercard",
            "American Express",
            "Discover",
            "Diners Club",
            "JCB",
            "UnionPay",
            "Card",
        ];
        assert_eq!(titles, expected);
    }

    #[test]
    fn a_brand_that_only_the_gateway_knows_is_unknown() {
        let brand: CardBrand = serde_json::from_str("\"eftpos_au\"").expect("deserialises");
        assert_eq!(brand, CardBrand::Unknown);
        assert_eq!(CardBrand::from_name("eftpos_au"), CardBrand::Unknown);
    }
}
