//! The fields of an address (`_address-fields.html`), which are called and asked for as the chosen country has
//! them: by the server for the country that a form comes with, by the page's script for another.

use std::collections::BTreeMap;

use enlist_domain::profile::{AddressPart, CityName, Part, StateName, ZipName};
use enlist_domain::{AddressForm, Country};
use serde::Serialize;

use crate::language::{Language, Message};
use crate::msg;
use crate::words;

/// City, state and postal code in one country, and in all others for the script.
#[derive(Debug, Clone)]
pub(crate) struct AddressView {
    pub(crate) city: PartView,
    pub(crate) state: PartView,
    pub(crate) zip: PartView,
    /// What `fields/address.js` goes by: JSON that can stand in HTML.
    pub(crate) forms: String,
}

/// One part of an address in one country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartView {
    /// What it is called; where it may be left out, with a remark that it may. Empty where there is none.
    pub(crate) label: String,
    /// What it is called where nobody can know the country: in a browser without scripts it may be changed.
    pub(crate) label_anywhere: String,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// Whether addresses there have none.
    pub(crate) absent: bool,
}

impl AddressView {
    /// For a form that comes with `country`, by its code. One that there is not has every part.
    pub(crate) fn new(language: Language, country: &str) -> Self {
        let form = Country::parse(country).unwrap_or(Country::UNITED_STATES);
        let form = form.address_form();
        let part = |part: Part<AddressPart>, anywhere: Message| PartView {
            label: label(language, part),
            label_anywhere: language.tell(anywhere),
            required: part.required().is_some(),
            absent: part == Part::Absent,
        };
        Self {
            city: part(form.city.map(AddressPart::City), msg!("address-city")),
            state: part(
                form.state.map(AddressPart::State),
                msg!("field-state-anywhere"),
            ),
            zip: part(form.zip.map(AddressPart::Zip), msg!("field-zip-anywhere")),
            forms: forms(language),
        }
    }
}

fn label(language: Language, part: Part<AddressPart>) -> String {
    match part {
        Part::Absent => String::new(),
        Part::Required(part) => language.tell(words::address::label(part)),
        Part::Optional(part) => {
            let label = language.tell(words::address::label(part));
            language.tell(msg!("field-optional", label = label))
        }
    }
}

/// The forms of all countries. A part is written as the name of its kind and its own, `state-county`, with a `!`
/// where it must be given, and as nothing where there is none.
#[derive(Serialize)]
struct Forms {
    /// Countries, city, state, postal code.
    forms: Vec<[String; 4]>,
    names: BTreeMap<String, Words>,
}

#[derive(Serialize)]
struct Words {
    label: String,
    missing: String,
}

fn forms(language: Language) -> String {
    let forms = AddressForm::all().map(|(form, countries)| {
        [
            countries.to_owned(),
            written(form.city.map(AddressPart::City)),
            written(form.state.map(AddressPart::State)),
            written(form.zip.map(AddressPart::Zip)),
        ]
    });
    let names = parts().map(|part| {
        let words = Words {
            label: language.tell(words::address::label(part)),
            missing: language.tell(words::address::missing(part)),
        };
        (name(part), words)
    });
    let forms = Forms {
        forms: forms.collect(),
        names: names.collect(),
    };
    // Text always serialises. In HTML, `<` could end the element that the JSON stands in.
    serde_json::to_string(&forms)
        .unwrap_or_default()
        .replace('<', "\\u003c")
}

/// Every part by each of its names.
fn parts() -> impl Iterator<Item = AddressPart> {
    let cities = CityName::ALL.iter().copied().map(AddressPart::City);
    let states = StateName::ALL.iter().copied().map(AddressPart::State);
    let zips = ZipName::ALL.iter().copied().map(AddressPart::Zip);
    cities.chain(states).chain(zips)
}

fn written(part: Part<AddressPart>) -> String {
    match part {
        Part::Absent => String::new(),
        Part::Optional(part) => name(part),
        Part::Required(part) => format!("{}!", name(part)),
    }
}

fn name(part: AddressPart) -> String {
    match part {
        AddressPart::City(name) => format!("city-{}", name.as_str()),
        AddressPart::State(name) => format!("state-{}", name.as_str()),
        AddressPart::Zip(name) => format!("zip-{}", name.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labels_are_those_of_the_country() {
        let view = |country| AddressView::new(Language::english(), country);
        let american = view("US");
        assert_eq!(
            (american.state.label.as_str(), american.state.required),
            ("State", true)
        );
        assert_eq!(american.zip.label, "ZIP code");
        let irish = view("IE");
        assert_eq!(
            (irish.state.label.as_str(), irish.state.required),
            ("County (optional)", false)
        );
        assert!(view("DE").state.absent);
        assert!(!view("nowhere").state.absent);
    }

    #[test]
    fn scripts_are_told_of_every_country_in_every_language() {
        for language in Language::all() {
            let forms: serde_json::Value = serde_json::from_str(&forms(language)).unwrap();
            for form in forms["forms"].as_array().unwrap() {
                for part in &form.as_array().unwrap()[1..] {
                    let name = part.as_str().unwrap().trim_end_matches('!');
                    assert!(
                        name.is_empty() || forms["names"][name]["label"].is_string(),
                        "{name}"
                    );
                }
            }
        }
    }
}
