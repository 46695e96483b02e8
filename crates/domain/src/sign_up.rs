//! The sign-up form: raw fields in, one checked [`SignUp`] or every fault of every field out.

use std::fmt;

use jiff::civil::Date;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use faults::{Fault, FieldFault, FieldFaults};
pub use field::Field;
pub use payment::{MAX_TOKEN_CHARACTERS, Payment, PaymentToken, PaymentTokenFault};

use crate::email::EmailAddress;
use crate::password::Password;
use crate::plan::{Plan, PlanCatalogue};
use crate::profile::{Country, Profile};

mod faults;
mod field;
mod parse;
mod payment;

/// A registration that can begin: every part of it was checked.
#[derive(Debug)]
pub struct SignUp {
    /// Who signs up.
    pub email: EmailAddress,
    /// The password to hash.
    pub password: Password,
    /// Name and address.
    pub profile: Profile,
    /// How to pay; none where the rules ask for none and none was given.
    pub payment: Option<Payment>,
    /// The chosen plan, paid or not.
    pub plan: Option<Plan>,
}

/// What the service's configuration, and the calendar, ask of a sign-up.
#[derive(Clone, Copy, Debug)]
pub struct SignUpRules<'a> {
    /// The plans that exist.
    pub plans: &'a PlanCatalogue,
    /// Whether a sign-up without a paid plan needs a card.
    pub card: CardRequirement,
    /// Whether card numbers are accepted at all, or tokens only (`gateway.accept_raw_cards`).
    pub accept_raw_cards: bool,
    /// The country of an address that names none.
    pub default_country: Country,
    /// The date that a card's expiry is compared with.
    pub today: Date,
}

/// Who needs a card (`billing.card`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardRequirement {
    /// Every sign-up.
    #[default]
    Required,
    /// Only one with a paid plan.
    PaidPlans,
}

/// The form as it arrived: anything may be missing, nothing was checked. A text of nothing but
/// white space counts as missing.
///
/// Debug shows the names of the fields that were given, and no value.
#[derive(Default)]
pub struct RawSignUp {
    /// See [`EmailAddress`].
    pub email: Option<String>,
    /// See [`Password`].
    pub password: Option<SecretString>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// First line of the address.
    pub address: Option<String>,
    /// Second line of the address; optional.
    pub address_line2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State, province or region.
    pub state: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// ISO 3166-1 alpha-2; optional.
    pub country: Option<String>,
    /// Name of a plan; optional.
    pub plan: Option<String>,
    /// A gateway's token for a card; see [`PaymentToken`].
    pub payment_method: Option<SecretString>,
    /// A card's number, in place of a token.
    pub card_number: Option<SecretString>,
    /// The month of the card's expiry.
    pub expiry_month: Option<String>,
    /// The year of the card's expiry.
    pub expiry_year: Option<String>,
    /// The card's security code.
    pub cvv: Option<SecretString>,
}

impl RawSignUp {
    /// Sets a field; the last value of a field given twice counts. Secrets are wrapped here.
    pub fn set(&mut self, field: Field, value: String) {
        match field {
            Field::Email => self.email = Some(value),
            Field::Password => self.password = Some(value.into()),
            Field::FirstName => self.first_name = Some(value),
            Field::LastName => self.last_name = Some(value),
            Field::Address => self.address = Some(value),
            Field::AddressLine2 => self.address_line2 = Some(value),
            Field::City => self.city = Some(value),
            Field::State => self.state = Some(value),
            Field::Zip => self.zip = Some(value),
            Field::Country => self.country = Some(value),
            Field::Plan => self.plan = Some(value),
            Field::PaymentMethod => self.payment_method = Some(value.into()),
            Field::CardNumber => self.card_number = Some(value.into()),
            Field::ExpiryMonth => self.expiry_month = Some(value),
            Field::ExpiryYear => self.expiry_year = Some(value),
            Field::Cvv => self.cvv = Some(value.into()),
        }
    }

    /// Whether a field has something other than white space in it.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.value(field).is_some()
    }

    /// A field's text, trimmed; none when there is nothing but white space. Private: the secrets
    /// are among them.
    fn value(&self, field: Field) -> Option<&str> {
        let text = match field {
            Field::Email => self.email.as_deref(),
            Field::Password => self.password.as_ref().map(ExposeSecret::expose_secret),
            Field::FirstName => self.first_name.as_deref(),
            Field::LastName => self.last_name.as_deref(),
            Field::Address => self.address.as_deref(),
            Field::AddressLine2 => self.address_line2.as_deref(),
            Field::City => self.city.as_deref(),
            Field::State => self.state.as_deref(),
            Field::Zip => self.zip.as_deref(),
            Field::Country => self.country.as_deref(),
            Field::Plan => self.plan.as_deref(),
            Field::PaymentMethod => self
                .payment_method
                .as_ref()
                .map(ExposeSecret::expose_secret),
            Field::CardNumber => self.card_number.as_ref().map(ExposeSecret::expose_secret),
            Field::ExpiryMonth => self.expiry_month.as_deref(),
            Field::ExpiryYear => self.expiry_year.as_deref(),
            Field::Cvv => self.cvv.as_ref().map(ExposeSecret::expose_secret),
        };
        text.map(str::trim).filter(|text| !text.is_empty())
    }
}

/// The names of the fields that have a value.
impl fmt::Debug for RawSignUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = Field::ALL
            .into_iter()
            .filter(|field| self.has(*field))
            .map(Field::as_str);
        formatter.write_str("RawSignUp")?;
        formatter.debug_set().entries(given).finish()
    }
}

#[cfg(test)]
mod tests;
