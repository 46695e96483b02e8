//! A country by its ISO 3166-1 code.

use std::fmt;

use super::AddressForm;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A country of ISO 3166-1, serialised as its two letters (alpha-2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(celes::Country);

impl Country {
    /// `US`, whose postal codes are checked, and which is the default of the default configuration.
    pub const UNITED_STATES: Self = Self(celes::Country::the_united_states_of_america());

    /// Reads a two-letter code in any case; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// [`CountryFault`] when ISO 3166-1 does not have the code.
    pub fn parse(raw: &str) -> Result<Self, CountryFault> {
        celes::Country::from_alpha2(raw.trim())
            .map(Self)
            .map_err(|_| CountryFault)
    }

    /// Every country, by name, as a list to choose from wants them.
    pub fn all() -> impl Iterator<Item = Self> {
        celes::Country::get_countries().into_iter().map(Self)
    }

    /// The two-letter code in capitals: `US`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.alpha2
    }

    /// Which parts an address there has, and what they are called.
    #[must_use]
    pub fn address_form(self) -> AddressForm {
        AddressForm::of(self)
    }

    /// The English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.long_name
    }
}

/// The two-letter code.
impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Country({})", self.as_str())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = String::deserialize(deserializer)?;
        Self::parse(&raw).map_err(de::Error::custom)
    }
}

/// Not the code of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a two-letter code of ISO 3166-1")]
pub struct CountryFault;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_in_any_case() {
        for raw in ["US", "us", " Us "] {
            assert_eq!(Country::parse(raw), Ok(Country::UNITED_STATES), "{raw:?}");
        }
        assert_eq!(Country::parse("de").expect("exists").as_str(), "DE");
        assert_eq!(Country::parse("DE").expect("exists").name(), "Germany");
    }

    #[test]
    fn a_country_is_shown_as_its_code() {
        let germany = Country::parse("de").expect("exists");
        assert_eq!(germany.to_string(), "DE");
        assert_eq!(format!("{germany:?}"), "Country(DE)");
    }

    #[test]
    fn what_is_not_a_code_is_refused() {
        for raw in ["", "U", "USA", "XX", "ZZ", "840", "Germany"] {
            assert_eq!(Country::parse(raw), Err(CountryFault), "{raw:?}");
        }
    }

    #[test]
    fn every_country_of_the_list_is_read_back_by_its_code() {
        assert!(Country::all().count() >= 249);
        for country in Country::all() {
            assert_eq!(Country::parse(country.as_str()), Ok(country));
            let json = serde_json::to_string(&country).expect("serialises");
            assert_eq!(
                serde_json::from_str::<Country>(&json).expect("deserialises"),
                country
            );
        }
    }
}
