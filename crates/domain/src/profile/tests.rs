//! Names and addresses: what is accepted, and what is kept of it.

use super::*;
use proptest::prelude::*;

fn address(zip: &str, country: &str) -> Result<PostalAddress, AddressFault> {
    address_of(Some("Springfield"), Some("IL"), Some(zip), country)
}

fn address_of(
    city: Option<&str>,
    state: Option<&str>,
    zip: Option<&str>,
    country: &str,
) -> Result<PostalAddress, AddressFault> {
    PostalAddress::new(
        AddressLine::parse("1 Main Street").expect("valid"),
        None,
        city.map(|city| City::parse(city).expect("valid")),
        state.map(|state| State::parse(state).expect("valid")),
        zip,
        Country::parse(country).expect("valid"),
    )
}

fn profile() -> Profile {
    Profile {
        first_name: PersonName::parse("Jane").expect("valid"),
        last_name: PersonName::parse("O'Neill-Świątek").expect("valid"),
        address: address("62701-1234", "US").expect("valid"),
    }
}

#[test]
fn a_name_is_trimmed_and_composed() {
    assert_eq!(
        PersonName::parse("  Rene\u{301}e\u{a0} ")
            .expect("valid")
            .as_str(),
        "Renée"
    );
}

#[test]
fn names_of_every_script_are_accepted() {
    for name in [
        "Ó",
        "李",
        "X Æ A-12",
        "D'Angelo",
        "می\u{200c}خواهم",
        "Nguyễn Thị",
    ] {
        assert_eq!(PersonName::parse(name).expect(name).as_str(), name);
    }
}

#[test]
fn an_empty_text_is_refused() {
    for raw in ["", " ", "\t\n", "\u{3000}"] {
        assert_eq!(PersonName::parse(raw), Err(TextFault::Empty), "{raw:?}");
    }
}

#[test]
fn a_text_that_would_break_a_line_or_turn_its_direction_is_refused() {
    for raw in [
        "Jane\nBcc: x",
        "Ja\0ne",
        "a\u{2028}b",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{feff}b",
    ] {
        assert_eq!(
            PersonName::parse(raw),
            Err(TextFault::ControlCharacter),
            "{raw:?}"
        );
    }
}

#[test]
fn each_kind_of_text_has_its_limit() {
    fn limit<T>(parse: fn(&str) -> Result<T, TextFault>, max_characters: usize) {
        assert!(parse(&"ä".repeat(max_characters)).is_ok());
        for length in [max_characters + 1, 10 * max_characters] {
            let fault = parse(&"ä".repeat(length)).err();
            assert_eq!(fault, Some(TextFault::TooLong { max_characters }));
        }
    }
    limit(PersonName::parse, MAX_NAME_CHARACTERS);
    limit(AddressLine::parse, MAX_ADDRESS_LINE_CHARACTERS);
    limit(City::parse, MAX_CITY_CHARACTERS);
    limit(State::parse, MAX_STATE_CHARACTERS);
}

#[test]
fn the_limit_counts_composed_characters() {
    let decomposed = "a\u{308}".repeat(MAX_NAME_CHARACTERS);
    assert_eq!(
        PersonName::parse(&decomposed)
            .expect("fits")
            .as_str()
            .chars()
            .count(),
        100
    );
}

#[test]
fn a_zip_code_of_the_united_states_has_five_digits_or_nine() {
    for zip in ["62701", " 62701 ", "62701-1234"] {
        assert_eq!(address(zip, "US").expect(zip).zip(), Some(zip.trim()));
    }
    for zip in [
        "6270",
        "627011",
        "62701-",
        "62701-123",
        "62701 1234",
        "627011234",
        "ABCDE",
        "６２７０１",
    ] {
        assert_eq!(
            address(zip, "US"),
            Err(ZipFault::UnitedStates.into()),
            "{zip}"
        );
    }
}

#[test]
fn a_postal_code_of_another_country_is_checked_loosely() {
    for (zip, country) in [
        ("SW1A 1AA", "GB"),
        ("00-950", "PL"),
        ("1010", "AT"),
        ("D02 AF30", "IE"),
    ] {
        assert_eq!(address(zip, country).expect(zip).zip(), Some(zip));
    }
    for zip in ["-", "12/34", "<b>", "a@b"] {
        assert_eq!(
            address(zip, "DE"),
            Err(ZipFault::Characters.into()),
            "{zip}"
        );
    }
    let too_long = ZipFault::Text(TextFault::TooLong {
        max_characters: MAX_ZIP_CHARACTERS,
    });
    assert_eq!(address(&"1".repeat(17), "DE"), Err(too_long.into()));
    assert_eq!(
        address(" ", "US"),
        Err(ZipFault::Text(TextFault::Empty).into())
    );
}

#[test]
fn what_a_country_cannot_do_without_is_asked_for() {
    use AddressPart as P;
    let missing = |city, state, zip, country| match address_of(city, state, zip, country) {
        Err(AddressFault::Missing(part)) => Some(part),
        Ok(_) => None,
        Err(other) => panic!("{other:?}"),
    };
    let springfield = Some("Springfield");
    assert_eq!(
        missing(None, Some("IL"), Some("62701"), "US"),
        Some(P::City(CityName::City))
    );
    assert_eq!(
        missing(springfield, None, Some("62701"), "US"),
        Some(P::State(StateName::State))
    );
    assert_eq!(
        missing(springfield, Some("IL"), None, "US"),
        Some(P::Zip(ZipName::ZipCode))
    );
    assert_eq!(
        missing(None, None, None, "HK"),
        Some(P::State(StateName::Area))
    );
    assert_eq!(missing(springfield, None, None, "IE"), None);
    assert_eq!(missing(None, None, Some("018956"), "SG"), None);
}

#[test]
fn every_country_has_one_form() {
    let listed = || AddressForm::all().flat_map(|(_, countries)| countries.split(' '));
    for country in Country::all() {
        let times = listed().filter(|code| *code == country.as_str()).count();
        assert_eq!(times, 1, "{country}");
    }
}

#[test]
fn what_a_country_has_not_may_be_given_all_the_same() {
    let german = address_of(Some("Berlin"), Some("Berlin"), Some("10115"), "DE");
    assert_eq!(german.expect("an address").state(), Some("Berlin"));
    let of_hong_kong = address_of(None, Some("Kowloon"), Some("00000"), "HK");
    assert_eq!(of_hong_kong.expect("an address").zip(), Some("00000"));
}

/// A journal outlives the table of what countries need.
#[test]
fn an_address_that_was_taken_is_read_back_whatever_its_country_needs_now() {
    let irish = address_of(Some("Cork"), None, None, "IE").expect("an address");
    let json = serde_json::to_string(&irish).expect("serialises");
    assert_eq!(
        json,
        r#"{"address":"1 Main Street","city":"Cork","country":"IE"}"#
    );
    let read = |json: &str| serde_json::from_str::<PostalAddress>(json).expect("deserialises");
    assert_eq!(read(&json), irish);
    assert_eq!(read(&json.replace("IE", "US")).state(), None);
}

#[test]
fn a_profile_is_read_back_as_it_was_written() {
    let json = serde_json::to_string(&profile()).expect("serialises");
    let expected = concat!(
        r#"{"first_name":"Jane","last_name":"O'Neill-Świątek","address":{"address":"1 Main Street","#,
        r#""city":"Springfield","state":"IL","zip":"62701-1234","country":"US"}}"#,
    );
    assert_eq!(json, expected);
    assert_eq!(
        serde_json::from_str::<Profile>(&json).expect("deserialises"),
        profile()
    );
}

#[test]
fn reading_back_checks_again() {
    let json = serde_json::to_string(&profile()).expect("serialises");
    for (valid, invalid) in [
        ("62701-1234", "62701-"),
        ("\"Jane\"", "\" \""),
        ("\"US\"", "\"XX\""),
    ] {
        let changed = json.replace(valid, invalid);
        assert_ne!(changed, json);
        assert!(
            serde_json::from_str::<Profile>(&changed).is_err(),
            "{changed}"
        );
    }
}

#[test]
fn the_full_name_is_first_and_last() {
    assert_eq!(profile().full_name(), "Jane O'Neill-Świątek");
}

#[test]
fn each_part_of_an_address_is_what_was_given_as_that_part() {
    let line = |raw| AddressLine::parse(raw).expect("valid");
    let whole = PostalAddress::new(
        line("1 Main Street"),
        Some(line("Flat 2")),
        City::parse("Springfield").ok(),
        State::parse("IL").ok(),
        Some("62701"),
        Country::UNITED_STATES,
    )
    .expect("an address");
    assert_eq!(whole.address(), "1 Main Street");
    assert_eq!(whole.address_line2(), Some("Flat 2"));
    assert_eq!(whole.city(), Some("Springfield"));
    assert_eq!(whole.state(), Some("IL"));
    assert_eq!(whole.zip(), Some("62701"));
    assert_eq!(whole.country(), Country::UNITED_STATES);
    let short = address_of(None, None, Some("018956"), "SG").expect("an address");
    let absent = (short.address_line2(), short.city(), short.state());
    assert_eq!(absent, (None, None, None));
}

#[test]
fn debug_shows_no_personal_data() {
    let shown = format!("{:?}", profile());
    for personal in ["Jane", "Neill", "Main", "Springfield", "62701"] {
        assert!(!shown.contains(personal), "{shown}");
    }
    let masked = format!("{:?}", address("62701", "US").expect("valid").zip);
    assert_eq!(masked, "Some(6•••)");
}

proptest! {
    #[test]
    fn an_accepted_text_is_a_fixed_point(raw in "\\PC{0,120}") {
        if let Ok(name) = PersonName::parse(&raw) {
            prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
            prop_assert!(name.as_str().chars().count() <= MAX_NAME_CHARACTERS);
            prop_assert_eq!(name.as_str().trim(), name.as_str());
        }
    }

    #[test]
    fn no_text_makes_the_postal_code_panic(raw in any::<String>()) {
        for country in [Country::UNITED_STATES, Country::parse("DE").expect("exists")] {
            let _ = Zip::parse(&raw, country);
        }
    }
}
