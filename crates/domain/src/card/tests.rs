//! Card numbers and security codes: which are accepted, and that none of them is ever shown.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

fn number(raw: &str) -> Result<CardNumber, CardNumberFault> {
    CardNumber::parse(SecretString::from(raw))
}

fn code(raw: &str, brand: CardBrand) -> Result<SecurityCode, SecurityCodeFault> {
    SecurityCode::parse(SecretString::from(raw), brand)
}

fn raw_card() -> RawCard {
    RawCard {
        number: number("4242 4242 4242 4242").expect("valid"),
        expiry: Expiry::parse("4", "2030", date(2026, 11, 1)).expect("valid"),
        security_code: code("987", CardBrand::Visa).expect("valid"),
    }
}

#[test]
fn spaces_and_dashes_in_a_card_number_are_ignored() {
    for raw in [
        "4242424242424242",
        " 4242 4242 4242 4242 ",
        "4242-4242-4242-4242",
        "4242\u{a0}4242\u{2013}4242\t4242",
    ] {
        assert_eq!(
            number(raw).expect(raw).expose(),
            "4242424242424242",
            "{raw}"
        );
    }
}

#[test]
fn a_card_number_with_other_characters_is_refused() {
    for raw in [
        "4242 4242 4242 424x",
        "4242.4242.4242.4242",
        "４２４２424242424242",
    ] {
        assert_eq!(
            number(raw).expect_err(raw),
            CardNumberFault::NotDigits,
            "{raw}"
        );
    }
}

#[test]
fn a_card_number_of_the_wrong_length_is_refused() {
    // All of them pass Luhn's check, so that only the length can be the reason.
    for raw in [
        "",
        "0",
        "424242424242",
        "42424242424242424242",
        &"0".repeat(1000),
    ] {
        assert_eq!(
            number(raw).expect_err(raw),
            CardNumberFault::WrongLength,
            "{raw}"
        );
    }
    assert!(number("4222222222222").is_ok(), "13 digits");
    assert!(number("6205500000000000004").is_ok(), "19 digits");
}

#[test]
fn a_card_number_hidden_in_much_white_space_is_not_looked_for() {
    let raw = format!("{}4242424242424242", " ".repeat(MAX_TYPED_BYTES));
    assert_eq!(
        number(&raw).expect_err("too long"),
        CardNumberFault::WrongLength
    );
}

#[test]
fn the_longest_number_may_have_the_longest_separator_at_each_digit() {
    let digits = "6205500000000000004";
    let raw: String = digits
        .chars()
        .flat_map(|digit| ['\u{2013}', digit])
        .collect();
    assert_eq!(raw.len(), MAX_TYPED_BYTES);
    assert_eq!(number(&raw).expect("not too long").expose(), digits);
}

#[test]
fn a_card_number_with_a_wrong_check_digit_is_refused() {
    assert_eq!(
        number("4242424242424241").expect_err("wrong"),
        CardNumberFault::Luhn
    );
}

#[test]
fn the_last_four_digits_and_the_brand_are_known() {
    let number = number("3782 822463 10005").expect("valid");
    assert_eq!(number.last4(), "0005");
    assert_eq!(number.brand(), CardBrand::AmericanExpress);
}

#[test]
fn a_security_code_is_as_long_as_its_brand_has_it() {
    assert_eq!(
        code(" 123 ", CardBrand::Visa).expect("valid").expose(),
        "123"
    );
    assert_eq!(
        code("1234", CardBrand::AmericanExpress)
            .expect("valid")
            .expose(),
        "1234"
    );
    assert!(code("123", CardBrand::Unknown).is_ok());
    assert!(code("1234", CardBrand::Unknown).is_ok());
    for (raw, brand, expected) in [
        ("1234", CardBrand::Visa, 3),
        ("12", CardBrand::Visa, 3),
        ("", CardBrand::Visa, 3),
        ("123", CardBrand::AmericanExpress, 4),
        ("12345", CardBrand::Unknown, 3),
    ] {
        let fault = SecurityCodeFault::WrongLength { expected };
        assert_eq!(code(raw, brand).expect_err(raw), fault, "{raw} {brand:?}");
    }
}

#[test]
fn a_security_code_with_other_characters_is_refused() {
    for raw in ["12a", "1 2", "１２３", "-12"] {
        assert_eq!(
            code(raw, CardBrand::Visa).expect_err(raw),
            SecurityCodeFault::NotDigits,
            "{raw}"
        );
    }
}

#[test]
fn debug_of_a_card_shows_brand_and_last_four_digits_only() {
    let card = raw_card();
    assert_eq!(
        format!("{card:?}"),
        "RawCard { number: CardNumber(visa •••• 4242), .. }"
    );
    assert_eq!(format!("{:?}", card.security_code), "SecurityCode(•••)");
}

#[test]
fn a_summary_keeps_what_may_be_kept() {
    let summary = raw_card().summary();
    assert_eq!(summary.masked(), "•••• 4242");
    let json = serde_json::to_string(&summary).expect("serialises");
    let expected = r#"{"brand":"visa","last4":"4242","expiry":{"month":4,"year":2030}}"#;
    assert_eq!(json, expected);
    assert_eq!(
        serde_json::from_str::<CardSummary>(&json).expect("deserialises"),
        summary
    );
}

/// Appends the digit that makes the number pass Luhn's check, computed by trying.
fn with_check_digit(digits: &str) -> String {
    (0..10)
        .map(|check| format!("{digits}{check}"))
        .find(|candidate| passes_luhn(candidate))
        .expect("one of ten digits fits")
}

proptest! {
    #[test]
    fn changing_one_digit_is_always_noticed(
        digits in "[0-9]{12,18}", position in 0_usize..13, shift in 1_u8..10,
    ) {
        let valid = with_check_digit(&digits);
        prop_assert!(number(&valid).is_ok());
        let mut bytes = valid.into_bytes();
        bytes[position] = b'0' + (bytes[position] - b'0' + shift) % 10;
        let mistyped = String::from_utf8(bytes).expect("digits");
        prop_assert_eq!(number(&mistyped).expect_err("mistyped"), CardNumberFault::Luhn);
    }

    #[test]
    fn separators_anywhere_change_nothing(digits in "[0-9]{15}", every in 1_usize..6) {
        let plain = with_check_digit(&digits);
        let spaced = plain.as_bytes().chunks(every).map(|chunk| String::from_utf8_lossy(chunk))
            .collect::<Vec<_>>().join("- ");
        prop_assume!(spaced.len() <= MAX_TYPED_BYTES);
        prop_assert_eq!(number(&spaced).expect("valid").expose().to_owned(), plain);
    }

    #[test]
    fn debug_never_shows_more_than_four_digits_in_a_row(digits in "[0-9]{12,18}") {
        let shown = format!("{:?}", number(&with_check_digit(&digits)).expect("valid"));
        prop_assert_eq!(shown.chars().filter(char::is_ascii_digit).count(), 4);
    }

    #[test]
    fn no_text_makes_the_parsers_panic(raw in "\\PC{0,80}") {
        let _ = number(&raw);
        for brand in CardBrand::ALL {
            let _ = code(&raw, brand);
        }
        let _ = CardBrand::from_digits(&raw);
    }
}
