//! Names and address: from raw fields to a [`Profile`].

use crate::profile::{
    AddressLine, AddressPart, City, Country, PersonName, PostalAddress, Profile, State, TextFault,
    Zip,
};
use crate::sign_up::{Fault, Field, FieldFaults, RawSignUp, SignUpRules};

impl RawSignUp {
    /// Checks names and address alone.
    ///
    /// # Errors
    ///
    /// Every fault of these fields.
    pub fn parse_profile(&self, rules: &SignUpRules<'_>) -> Result<Profile, FieldFaults> {
        let mut faults = FieldFaults::default();
        let first_name = self.text(Field::FirstName, PersonName::parse, &mut faults);
        let last_name = self.text(Field::LastName, PersonName::parse, &mut faults);
        let country = match self.value(Field::Country).map(Country::parse) {
            None => Some(rules.default_country),
            Some(Ok(country)) => Some(country),
            Some(Err(fault)) => {
                faults.add(Field::Country, fault);
                None
            }
        };
        let address = self.text(Field::Address, AddressLine::parse, &mut faults);
        let address_line2 = match self.value(Field::AddressLine2) {
            Some(_) => self.text(Field::AddressLine2, AddressLine::parse, &mut faults),
            None => None,
        };
        // Of a country that there is not, nobody can say what its addresses need.
        let form = country.map(Country::address_form);
        let needed = form.and_then(|form| form.city.required());
        let city = self.part(
            Field::City,
            needed.map(AddressPart::City),
            City::parse,
            &mut faults,
        );
        let needed = form.and_then(|form| form.state.required());
        let state = self.part(
            Field::State,
            needed.map(AddressPart::State),
            State::parse,
            &mut faults,
        );
        let needed = form.and_then(|form| form.zip.required());
        let zip = |raw: &str| match country {
            Some(country) => Zip::parse(raw, country).map(|_| raw.to_owned()),
            None => Ok(raw.to_owned()),
        };
        let zip = self.part(Field::Zip, needed.map(AddressPart::Zip), zip, &mut faults);
        let profile = (|| {
            let (address, city, state, zip) = (address?, city?, state?, zip?);
            let fitting = PostalAddress::new(
                address,
                address_line2,
                city,
                state,
                zip.as_deref(),
                country?,
            );
            Some(Profile {
                first_name: first_name?,
                last_name: last_name?,
                address: fitting.ok()?,
            })
        })();
        faults.unless_empty(profile)
    }

    /// A part that not every country needs; the outer none: a fault was noted.
    fn part<T, F: Into<Fault>>(
        &self,
        field: Field,
        needed: Option<AddressPart>,
        parse: impl Fn(&str) -> Result<T, F>,
        faults: &mut FieldFaults,
    ) -> Option<Option<T>> {
        match (self.value(field), needed) {
            (Some(raw), _) => parse(raw)
                .map(Some)
                .map_err(|fault| faults.add(field, fault))
                .ok(),
            (None, Some(part)) => {
                faults.add(field, Fault::MissingPart(part));
                None
            }
            (None, None) => Some(None),
        }
    }

    fn text<T>(
        &self,
        field: Field,
        parse: fn(&str) -> Result<T, TextFault>,
        faults: &mut FieldFaults,
    ) -> Option<T> {
        let raw = self.required(field, faults)?;
        parse(raw).map_err(|fault| faults.add(field, fault)).ok()
    }
}
