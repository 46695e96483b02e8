//! The fields of the form and their names.

use std::fmt;

use serde::{Serialize, Serializer};

/// A field of the sign-up form, in the order of the form; faults are listed in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// `email`
    Email,
    /// `password`
    Password,
    /// `first_name`
    FirstName,
    /// `last_name`
    LastName,
    /// `country`
    Country,
    /// `address`
    Address,
    /// `address_line2`
    AddressLine2,
    /// `city`
    City,
    /// `state`
    State,
    /// `zip`
    Zip,
    /// `plan`
    Plan,
    /// `payment_method`
    PaymentMethod,
    /// `card_number`
    CardNumber,
    /// `expiry_month`
    ExpiryMonth,
    /// `expiry_year`
    ExpiryYear,
    /// `cvv`
    Cvv,
}

impl Field {
    /// Every field, in order.
    pub const ALL: [Self; 16] = [
        Self::Email,
        Self::Password,
        Self::FirstName,
        Self::LastName,
        Self::Country,
        Self::Address,
        Self::AddressLine2,
        Self::City,
        Self::State,
        Self::Zip,
        Self::Plan,
        Self::PaymentMethod,
        Self::CardNumber,
        Self::ExpiryMonth,
        Self::ExpiryYear,
        Self::Cvv,
    ];

    /// The fields that together are a raw card.
    pub const RAW_CARD: [Self; 4] = [
        Self::CardNumber,
        Self::ExpiryMonth,
        Self::ExpiryYear,
        Self::Cvv,
    ];

    /// The name in snake_case, as the API documents it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.spellings().0
    }

    /// The field of that name, in snake_case or camelCase.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| {
            let (snake_case, camel_case) = field.spellings();
            name == snake_case || name == camel_case
        })
    }

    /// Whether its value must never be shown, logged or sent back.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(
            self,
            Self::Password | Self::PaymentMethod | Self::CardNumber | Self::Cvv
        )
    }

    fn spellings(self) -> (&'static str, &'static str) {
        match self {
            Self::Email => ("email", "email"),
            Self::Password => ("password", "password"),
            Self::FirstName => ("first_name", "firstName"),
            Self::LastName => ("last_name", "lastName"),
            Self::Address => ("address", "address"),
            Self::AddressLine2 => ("address_line2", "addressLine2"),
            Self::City => ("city", "city"),
            Self::State => ("state", "state"),
            Self::Zip => ("zip", "zip"),
            Self::Country => ("country", "country"),
            Self::Plan => ("plan", "plan"),
            Self::PaymentMethod => ("payment_method", "paymentMethod"),
            Self::CardNumber => ("card_number", "cardNumber"),
            Self::ExpiryMonth => ("expiry_month", "expiryMonth"),
            Self::ExpiryYear => ("expiry_year", "expiryYear"),
            Self::Cvv => ("cvv", "cvv"),
        }
    }
}

/// The name in snake_case.
impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_both_spellings() {
        for field in Field::ALL {
            let (snake_case, camel_case) = field.spellings();
            assert_eq!(Field::from_name(snake_case), Some(field));
            assert_eq!(Field::from_name(camel_case), Some(field));
        }
    }

    #[test]
    fn the_camel_case_spelling_follows_from_the_other() {
        for field in Field::ALL {
            let (snake_case, camel_case) = field.spellings();
            let mut words = snake_case.split('_');
            let mut expected = words.next().expect("has a word").to_owned();
            for word in words {
                let (first, rest) = word.split_at(1);
                expected.push_str(&first.to_uppercase());
                expected.push_str(rest);
            }
            assert_eq!(camel_case, expected);
        }
    }

    #[test]
    fn what_opens_an_account_or_pays_is_secret_and_nothing_else_is() {
        let secret: Vec<&str> = Field::ALL
            .into_iter()
            .filter(|field| field.is_secret())
            .map(Field::as_str)
            .collect();
        assert_eq!(secret, ["password", "payment_method", "card_number", "cvv"]);
    }

    #[test]
    fn a_name_that_is_no_field_is_not_guessed() {
        for name in [
            "",
            "Email",
            "FIRST_NAME",
            "first-name",
            "card",
            "cardnumber",
            "cvc",
        ] {
            assert_eq!(Field::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn the_list_is_complete_and_in_order() {
        assert!(Field::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        // The last variant's place tells how many there are.
        assert_eq!(Field::ALL.len(), Field::Cvv as usize + 1);
    }
}
