//! An amount of money in a currency.

use std::fmt;

use iso_currency::Currency;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount in the currency's minor unit (ISO 4217): 2900 is `$29.00`, or `¥2,900`.
///
/// Gateways disagree with ISO 4217 about a few currencies (Stripe counts ISK and UGX in
/// hundredths); translating is the gateway's part.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount_minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount in minor units; negative amounts are possible (a refund).
    #[must_use]
    pub fn new(amount_minor: i64, currency: Currency) -> Self {
        Self {
            amount_minor,
            currency,
        }
    }

    /// The amount in the currency's minor unit.
    #[must_use]
    pub fn amount_minor(self) -> i64 {
        self.amount_minor
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.amount_minor == 0
    }

    /// The symbol where it names one currency to most readers, else the code with a space: `$` of
    /// another country, or `kr`, would be misread.
    fn unit(self) -> String {
        match self.currency {
            Currency::USD
            | Currency::EUR
            | Currency::GBP
            | Currency::JPY
            | Currency::INR
            | Currency::KRW => self.currency.symbol().to_string(),
            other => format!("{} ", other.code()),
        }
    }
}

/// For people, in English: `$29.00`, `€1,234.50`, `¥500`, `CHF 5.00`, `-$5.00`.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A currency without a minor unit (gold, for instance) is counted in whole ones.
        let exponent = self.currency.exponent().unwrap_or(0);
        let minor_per_major = 10_u64.pow(u32::from(exponent));
        let amount = self.amount_minor.unsigned_abs();
        let sign = if self.amount_minor < 0 { "-" } else { "" };
        let major = grouped(amount / minor_per_major);
        write!(formatter, "{sign}{}{major}", self.unit())?;
        if exponent > 0 {
            let width = usize::from(exponent);
            write!(formatter, ".{:0width$}", amount % minor_per_major)?;
        }
        Ok(())
    }
}

/// Minor units and code, as they are stored.
impl fmt::Debug for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Money({} {})",
            self.amount_minor,
            self.currency.code()
        )
    }
}

/// Digits in groups of three, from the right.
fn grouped(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The serialised form: `{"amount_minor": 2900, "currency": "USD"}`.
#[derive(Serialize, Deserialize)]
struct Parts {
    amount_minor: i64,
    currency: String,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let currency = self.currency.code().to_owned();
        Parts {
            amount_minor: self.amount_minor,
            currency,
        }
        .serialize(serializer)
    }
}

/// The currency's code is read in any case, since Stripe writes it in lower case.
impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parts {
            amount_minor,
            currency,
        } = Parts::deserialize(deserializer)?;
        let currency = Currency::from_code(&currency.to_ascii_uppercase())
            .ok_or_else(|| de::Error::custom("the currency is not a code of ISO 4217"))?;
        Ok(Self {
            amount_minor,
            currency,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_is_shown_with_the_decimals_of_its_currency() {
        for (amount_minor, currency, shown) in [
            (2900, Currency::USD, "$29.00"),
            (5, Currency::USD, "$0.05"),
            (0, Currency::USD, "$0.00"),
            (500, Currency::EUR, "€5.00"),
            (500, Currency::JPY, "¥500"),
            (1_234_567, Currency::GBP, "£12,345.67"),
            (1_500, Currency::KWD, "KWD 1.500"),
            (500, Currency::CHF, "CHF 5.00"),
            (500, Currency::CAD, "CAD 5.00"),
            (7, Currency::XAU, "XAU 7"),
            (-500, Currency::USD, "-$5.00"),
            (-5, Currency::USD, "-$0.05"),
            (i64::MIN, Currency::USD, "-$92,233,720,368,547,758.08"),
            (100_000, Currency::JPY, "¥100,000"),
        ] {
            assert_eq!(Money::new(amount_minor, currency).to_string(), shown);
        }
    }

    #[test]
    fn money_is_written_in_minor_units_with_its_code() {
        let json = serde_json::to_string(&Money::new(2900, Currency::USD)).expect("serialises");
        assert_eq!(json, r#"{"amount_minor":2900,"currency":"USD"}"#);
    }

    #[test]
    fn a_code_is_read_in_lower_case_too_and_an_unknown_one_refused() {
        let read = |currency: &str| {
            let json = format!(r#"{{"amount_minor":1,"currency":"{currency}"}}"#);
            serde_json::from_str::<Money>(&json)
        };
        assert_eq!(read("eur").expect("exists"), Money::new(1, Currency::EUR));
        assert!(read("dollar").is_err());
    }

    #[test]
    fn debug_says_what_is_stored() {
        let refund = Money::new(-2900, Currency::USD);
        assert_eq!(format!("{refund:?}"), "Money(-2900 USD)");
    }

    #[test]
    fn only_nothing_is_zero() {
        assert!(Money::new(0, Currency::USD).is_zero());
        assert!(!Money::new(1, Currency::USD).is_zero());
        assert!(!Money::new(-1, Currency::USD).is_zero());
    }

    proptest! {
        #[test]
        fn what_is_shown_has_every_digit_of_the_amount(amount_minor in any::<i64>()) {
            let shown = Money::new(amount_minor, Currency::JPY).to_string();
            let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(digits, amount_minor.unsigned_abs().to_string());
        }

        #[test]
        fn money_is_read_back_as_it_was_written(amount_minor in any::<i64>()) {
            let money = Money::new(amount_minor, Currency::EUR);
            let json = serde_json::to_string(&money).expect("serialises");
            prop_assert_eq!(serde_json::from_str::<Money>(&json).expect("deserialises"), money);
        }
    }
}
