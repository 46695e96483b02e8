//! What is wrong with a form: one entry per field, all of them at once.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;

use super::{Field, PaymentTokenFault};
use crate::card::{CardNumberFault, ExpiryFault, SecurityCodeFault};
use crate::email::EmailFault;
use crate::password::PasswordFault;
use crate::profile::{AddressPart, CountryFault, TextFault, ZipFault};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldFault {
    /// Where.
    pub field: Field,
    /// What.
    pub fault: Fault,
}

/// What can be wrong with a field, with all that a sentence about it needs in any language. Never
/// holds a value that was sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Nothing was given, and something is needed.
    #[error("nothing was given")]
    Missing,
    /// Nothing was given of a part of the address that the country cannot do without.
    #[error("a part is missing that addresses of this country have")]
    MissingPart(AddressPart),
    /// Of `email`.
    #[error(transparent)]
    Email(#[from] EmailFault),
    /// Of `password`.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// Of a name or a line of the address.
    #[error(transparent)]
    Text(#[from] TextFault),
    /// Of `zip`.
    #[error(transparent)]
    Zip(#[from] ZipFault),
    /// Of `country`.
    #[error(transparent)]
    Country(#[from] CountryFault),
    /// `plan` names none.
    #[error("there is no such plan")]
    UnknownPlan {
        /// The names that there are, in the order of the configuration.
        known: Vec<String>,
    },
    /// Of `payment_method`.
    #[error(transparent)]
    PaymentToken(#[from] PaymentTokenFault),
    /// Both a token and a card were sent.
    #[error("both a payment_method and a card were sent")]
    TokenAndCard,
    /// A card was sent where only tokens are taken.
    #[error("card data is not accepted")]
    CardNotAccepted,
    /// Of `card_number`.
    #[error(transparent)]
    CardNumber(#[from] CardNumberFault),
    /// Of `expiry_month` or `expiry_year`.
    #[error(transparent)]
    Expiry(#[from] ExpiryFault),
    /// Of `cvv`.
    #[error(transparent)]
    SecurityCode(#[from] SecurityCodeFault),
}

impl Fault {
    /// What, for programs: snake_case, stable (`required`, `too_short`, `luhn`, …).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing | Self::MissingPart(_) => "required",
            Self::Email(fault) => fault.code(),
            Self::Password(fault) => fault.code(),
            Self::Text(fault) => fault.code(),
            Self::Zip(fault) => fault.code(),
            Self::Country(_) => "invalid",
            Self::UnknownPlan { .. } => "unknown",
            Self::PaymentToken(fault) => fault.code(),
            Self::TokenAndCard => "conflict",
            Self::CardNotAccepted => "not_accepted",
            Self::CardNumber(fault) => fault.code(),
            Self::Expiry(fault) => fault.code(),
            Self::SecurityCode(fault) => fault.code(),
        }
    }
}

/// The faults of a form in the order of its fields, one per field at most: the first that was
/// found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldFaults(BTreeMap<Field, FieldFault>);

impl FieldFaults {
    /// Adds a fault, unless its field has one already.
    pub fn push(&mut self, fault: FieldFault) {
        self.0.entry(fault.field).or_insert(fault);
    }

    /// Adds each of `faults` whose field has none yet.
    pub fn append(&mut self, faults: Self) {
        for (_, fault) in faults.0 {
            self.push(fault);
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields have a fault.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The fault of a field.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&FieldFault> {
        self.0.get(&field)
    }

    /// The faults in the order of the form.
    pub fn iter(&self) -> btree_map::Values<'_, Field, FieldFault> {
        self.0.values()
    }

    /// Adds a fault by its parts.
    pub(super) fn add(&mut self, field: Field, fault: impl Into<Fault>) {
        let fault = fault.into();
        self.push(FieldFault { field, fault });
    }

    /// The value if nothing is wrong; these faults otherwise.
    ///
    /// `value` is none exactly when a fault was pushed for what it lacks.
    pub(super) fn unless_empty<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl From<FieldFault> for FieldFaults {
    fn from(fault: FieldFault) -> Self {
        Self(BTreeMap::from([(fault.field, fault)]))
    }
}

impl<'a> IntoIterator for &'a FieldFaults {
    type Item = &'a FieldFault;
    type IntoIter = btree_map::Values<'a, Field, FieldFault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The fields at fault: `invalid: email, zip`.
impl fmt::Display for FieldFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<&str> = self.0.keys().map(|field| field.as_str()).collect();
        write!(formatter, "invalid: {}", fields.join(", "))
    }
}

impl std::error::Error for FieldFaults {}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults() -> FieldFaults {
        let mut faults = FieldFaults::default();
        faults.add(Field::Zip, Fault::Missing);
        faults.add(Field::Email, EmailFault::NoAtSign);
        faults
    }

    #[test]
    fn faults_come_in_the_order_of_the_form() {
        let fields: Vec<Field> = faults().iter().map(|fault| fault.field).collect();
        assert_eq!(fields, [Field::Email, Field::Zip]);
        assert_eq!(faults().to_string(), "invalid: email, zip");
        assert_eq!(faults().len(), 2);
        assert!(!faults().is_empty());
    }

    #[test]
    fn one_fault_is_faults_too() {
        let fault = FieldFault {
            field: Field::Plan,
            fault: Fault::Missing,
        };
        let faults = FieldFaults::from(fault.clone());
        assert_eq!(faults.len(), 1);
        for found in &faults {
            assert_eq!(*found, fault);
        }
        assert_eq!((&faults).into_iter().count(), 1);
    }

    #[test]
    fn the_first_fault_of_a_field_counts() {
        let mut faults = faults();
        faults.add(Field::Zip, ZipFault::Characters);
        let mut others = FieldFaults::default();
        others.add(Field::Email, EmailFault::TooLong);
        others.add(Field::City, Fault::Missing);
        faults.append(others);
        let code = |field| faults.get(field).map(|found| found.fault.code());
        assert_eq!(code(Field::Zip), Some("required"));
        assert_eq!(code(Field::Email), Some("invalid"));
        assert_eq!(code(Field::City), Some("required"));
        assert_eq!(code(Field::State), None);
    }
}
