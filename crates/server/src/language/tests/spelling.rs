//! Dates, money, countries, and which language is chosen.

use axum::http::HeaderMap;
use enlist_domain::Money;
use iso_currency::Currency;
use jiff::civil::date;

use super::*;

fn german() -> Language {
    Language::with_code("de").unwrap()
}

#[test]
fn a_moment_and_a_day_are_written_for_a_person() {
    let noon = "2026-11-04T12:09:59Z".parse().unwrap();
    assert_eq!(
        Language::english().moment(noon),
        "4 November 2026, 12:09 UTC"
    );
    assert_eq!(german().moment(noon), "4. November 2026, 12:09 Uhr UTC");
    let day = date(2027, 3, 31);
    assert_eq!(Language::english().date(day), "31 Mar 2027");
    assert_eq!(german().date(day), "31. März 2027");
}

#[test]
fn money_is_written_as_the_language_writes_it() {
    for (amount_minor, currency, english, in_german) in [
        (2900, Currency::USD, "$29.00", "29,00\u{a0}$"),
        (5, Currency::USD, "$0.05", "0,05\u{a0}$"),
        (500, Currency::JPY, "¥500", "500\u{a0}¥"),
        (1_234_567, Currency::GBP, "£12,345.67", "12.345,67\u{a0}£"),
        (1_500, Currency::KWD, "KWD 1.500", "1,500\u{a0}KWD"),
        (500, Currency::CHF, "CHF 5.00", "5,00\u{a0}CHF"),
        (-500, Currency::EUR, "-€5.00", "-5,00\u{a0}€"),
        (0, Currency::EUR, "€0.00", "0,00\u{a0}€"),
    ] {
        let money = Money::new(amount_minor, currency);
        assert_eq!(Language::english().money(money), english);
        assert_eq!(german().money(money), in_german);
    }
}

/// The domain writes money too, for logs and the command line.
#[test]
fn english_money_is_what_the_domain_writes() {
    for currency in [
        Currency::USD,
        Currency::JPY,
        Currency::KWD,
        Currency::XAU,
        Currency::CHF,
    ] {
        for amount_minor in [
            0,
            1,
            99,
            100,
            999,
            1_000,
            99_999,
            1_000_000,
            i64::MAX,
            i64::MIN,
            -1,
        ] {
            let money = Money::new(amount_minor, currency);
            assert_eq!(Language::english().money(money), money.to_string());
        }
    }
}

#[test]
fn countries_stand_in_the_order_of_their_names() {
    for language in Language::all() {
        assert_eq!(language.countries().len(), Country::all().count());
    }
    let names: Vec<&str> = german()
        .countries()
        .iter()
        .map(|(_, name)| &**name)
        .collect();
    let place = |name: &str| names.iter().position(|it| *it == name).unwrap();
    assert_eq!(names[0], "Afghanistan");
    assert!(place("Ägypten") < place("Belgien") && place("Afghanistan") < place("Ägypten"));
    assert!(place("Österreich") < place("Polen") && place("Oman") < place("Österreich"));
}

fn accepted(value: &str) -> Option<&'static str> {
    let mut headers = HeaderMap::new();
    headers.insert("accept-language", value.parse().unwrap());
    negotiation::accepted(&headers).map(Language::code)
}

#[test]
fn the_language_that_a_browser_likes_best_is_chosen() {
    for (header, expected) in [
        ("de", Some("de")),
        ("de-AT", Some("de")),
        ("DE-ch", Some("de")),
        ("en-US,en;q=0.9,de;q=0.8", Some("en")),
        ("fr-FR, fr;q=0.9, de;q=0.8, en;q=0.7", Some("de")),
        ("en;q=0.5, de;q=0.9", Some("de")),
        ("de;q=0, en;q=0.1", Some("en")),
        ("de;q=0", None),
        ("fr", None),
        ("*", None),
        ("", None),
        (";;,=,q=1", None),
        ("de;q=x, en;q=0.1", Some("en")),
    ] {
        assert_eq!(accepted(header), expected, "{header}");
    }
}
