//! Who signs up and where the bill goes.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use address_form::{AddressForm, AddressPart, CityName, Part, StateName, ZipName};
pub use country::{Country, CountryFault};

pub use crate::text::TextFault;
use crate::text::{line, masked, text_type};

mod address_form;
mod country;

/// Most characters of a first or last name.
pub const MAX_NAME_CHARACTERS: usize = 100;
/// Most characters of a line of an address.
pub const MAX_ADDRESS_LINE_CHARACTERS: usize = 200;
/// Most characters of a city's name.
pub const MAX_CITY_CHARACTERS: usize = 100;
/// Most characters of a state, province or region.
pub const MAX_STATE_CHARACTERS: usize = 100;
/// Most characters of a postal code; the longest in use have ten.
pub const MAX_ZIP_CHARACTERS: usize = 16;

/// Name and postal address of the person who signs up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// First name, or whatever the person goes by.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// Where the person lives, or the bill goes.
    pub address: PostalAddress,
}

impl Profile {
    /// First and last name, as a gateway's customer record wants them.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

text_type! {
    /// A first or last name: one line of 1 to [`MAX_NAME_CHARACTERS`] characters. Nothing else is
    /// asked of it; names do not follow rules.
    PersonName, MAX_NAME_CHARACTERS
}

text_type! {
    /// A line of an address: 1 to [`MAX_ADDRESS_LINE_CHARACTERS`] characters.
    AddressLine, MAX_ADDRESS_LINE_CHARACTERS
}

text_type! {
    /// A city, town or village: one line of 1 to [`MAX_CITY_CHARACTERS`] characters.
    City, MAX_CITY_CHARACTERS
}

text_type! {
    /// A state, province or region, by name or abbreviation: one line of 1 to
    /// [`MAX_STATE_CHARACTERS`] characters.
    State, MAX_STATE_CHARACTERS
}

/// A postal address. Its fields are read-only, because they were checked for the country: what it cannot
/// do without is there ([`AddressForm`]), and the postal code is one of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PostalAddressParts")]
pub struct PostalAddress {
    address: AddressLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line2: Option<AddressLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<City>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip: Option<Zip>,
    country: Country,
}

impl PostalAddress {
    /// An address that fits its country.
    ///
    /// # Errors
    ///
    /// [`AddressFault`] when it does not.
    pub fn new(
        address: AddressLine,
        address_line2: Option<AddressLine>,
        city: Option<City>,
        state: Option<State>,
        zip: Option<&str>,
        country: Country,
    ) -> Result<Self, AddressFault> {
        let form = country.address_form();
        let missing = [
            form.city
                .required()
                .filter(|_| city.is_none())
                .map(AddressPart::City),
            form.state
                .required()
                .filter(|_| state.is_none())
                .map(AddressPart::State),
            form.zip
                .required()
                .filter(|_| zip.is_none())
                .map(AddressPart::Zip),
        ];
        if let Some(part) = missing.into_iter().flatten().next() {
            return Err(AddressFault::Missing(part));
        }
        let zip = zip.map(|zip| Zip::parse(zip, country)).transpose()?;
        Ok(Self {
            address,
            address_line2,
            city,
            state,
            zip,
            country,
        })
    }

    /// The first line: street and number.
    #[must_use]
    pub fn address(&self) -> &str {
        self.address.as_str()
    }

    /// The second line: flat, building, care of.
    #[must_use]
    pub fn address_line2(&self) -> Option<&str> {
        self.address_line2.as_ref().map(AddressLine::as_str)
    }

    /// The city.
    #[must_use]
    pub fn city(&self) -> Option<&str> {
        self.city.as_ref().map(City::as_str)
    }

    /// The state, province or region.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_ref().map(State::as_str)
    }

    /// The postal code.
    #[must_use]
    pub fn zip(&self) -> Option<&str> {
        self.zip.as_ref().map(Zip::as_str)
    }

    /// The country.
    #[must_use]
    pub fn country(&self) -> Country {
        self.country
    }
}

/// Why parts do not make an address of their country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// The country cannot do without it.
    #[error("a part is missing that addresses of this country have")]
    Missing(AddressPart),
    /// The postal code is none of the country's.
    #[error(transparent)]
    Zip(#[from] ZipFault),
}

/// A postal code. Of the United States: five digits, or five and four (`12345-6789`). Of any other
/// country: letters, digits, spaces and dashes; the rules of two hundred posts change too often to
/// refuse a person by them.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Zip(String);

impl Zip {
    /// Reads a postal code of `country`; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// [`ZipFault`].
    pub fn parse(raw: &str, country: Country) -> Result<Self, ZipFault> {
        let zip = line(raw, MAX_ZIP_CHARACTERS)?;
        if country == Country::UNITED_STATES {
            return if is_us_zip(&zip) {
                Ok(Self(zip))
            } else {
                Err(ZipFault::UnitedStates)
            };
        }
        let allowed =
            |character: char| character.is_alphanumeric() || matches!(character, ' ' | '-');
        if zip.chars().all(allowed) && zip.chars().any(char::is_alphanumeric) {
            Ok(Self(zip))
        } else {
            Err(ZipFault::Characters)
        }
    }

    /// The postal code as typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Zip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&masked(&self.0))
    }
}

/// Why a text is not a postal code of its country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZipFault {
    /// Empty, too long, or with control characters.
    #[error(transparent)]
    Text(#[from] TextFault),
    /// Not a ZIP or ZIP+4 code.
    #[error("not a ZIP code of the United States")]
    UnitedStates,
    /// Something other than letters, digits, spaces and dashes.
    #[error("a character that no postal code has")]
    Characters,
}

impl ZipFault {
    /// The fault's stable name for programs, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Text(fault) => fault.code(),
            Self::UnitedStates | Self::Characters => "invalid",
        }
    }
}

/// `12345` or `12345-6789` (USPS Publication 28, section 213).
fn is_us_zip(zip: &str) -> bool {
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    match zip.split_once('-') {
        None => digits(zip, 5),
        Some((area, addition)) => digits(area, 5) && digits(addition, 4),
    }
}

/// The serialised form, before the postal code is checked for the country. Whether a part is missing is not
/// asked again: what a country needs may have changed since the address was taken.
#[derive(Deserialize)]
struct PostalAddressParts {
    address: AddressLine,
    #[serde(default)]
    address_line2: Option<AddressLine>,
    #[serde(default)]
    city: Option<City>,
    #[serde(default)]
    state: Option<State>,
    #[serde(default)]
    zip: Option<String>,
    country: Country,
}

impl TryFrom<PostalAddressParts> for PostalAddress {
    type Error = ZipFault;

    fn try_from(parts: PostalAddressParts) -> Result<Self, ZipFault> {
        let zip = parts.zip.map(|zip| Zip::parse(&zip, parts.country));
        Ok(Self {
            address: parts.address,
            address_line2: parts.address_line2,
            city: parts.city,
            state: parts.state,
            zip: zip.transpose()?,
            country: parts.country,
        })
    }
}

#[cfg(test)]
mod tests;
