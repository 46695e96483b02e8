//! Names and address: from raw fields to a [`Profile`].

use crate::profile::{
    AddressLine, City, Country, PersonName, PostalAddress, Profile, State, TextFault, Zip,
};
use crate::sign_up::{Field, FieldFaults, RawSignUp, SignUpRules};

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
        let address = self.text(Field::Address, AddressLine::parse, &mut faults);
        let address_line2 = match self.value(Field::AddressLine2) {
            Some(_) => self.text(Field::AddressLine2, AddressLine::parse, &mut faults),
            None => None,
        };
        let city = self.text(Field::City, City::parse, &mut faults);
        let state = self.text(Field::State, State::parse, &mut faults);
        let country = match self.value(Field::Country).map(Country::parse) {
            None => Some(rules.default_country),
            Some(Ok(country)) => Some(country),
            Some(Err(fault)) => {
                faults.add(Field::Country, fault);
                None
            }
        };
        let zip = self.required(Field::Zip, &mut faults);
        // Checked even if another part is at fault, so that all faults come at once.
        if let (Some(zip), Some(country)) = (zip, country)
            && let Err(fault) = Zip::parse(zip, country)
        {
            faults.add(Field::Zip, fault);
        }
        let profile = (|| {
            let address =
                PostalAddress::new(address?, address_line2, city?, state?, zip?, country?).ok()?;
            Some(Profile {
                first_name: first_name?,
                last_name: last_name?,
                address,
            })
        })();
        faults.unless_empty(profile)
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
