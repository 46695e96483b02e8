//! E-mail addresses: which are accepted, which are one, and what is printed of them.

use super::*;
use proptest::prelude::*;

fn email(raw: &str) -> EmailAddress {
    EmailAddress::parse(raw).expect(raw)
}

#[test]
fn white_space_around_an_address_is_dropped() {
    assert_eq!(email("  jane@example.com\n").as_typed(), "jane@example.com");
}

#[test]
fn an_address_is_shown_as_it_was_typed() {
    assert_eq!(
        email("Jane.Doe@Example.COM").as_typed(),
        "Jane.Doe@Example.COM"
    );
}

#[test]
fn capitals_and_punycode_do_not_make_another_account() {
    let ascii = email("jane@xn--bcher-kva.example");
    assert_eq!(email("Jane@BÜCHER.example"), ascii);
    assert_eq!(
        email("JANE@bu\u{308}cher.EXAMPLE").normalised(),
        "jane@xn--bcher-kva.example"
    );
    assert_eq!(ascii.normalised(), ascii.as_typed());
}

#[test]
fn composed_and_decomposed_letters_are_the_same_account() {
    assert_eq!(email("rene\u{301}@example.com"), email("RENÉ@example.com"));
    assert_eq!(
        email("rene\u{301}@example.com").as_typed(),
        "rené@example.com"
    );
}

#[test]
fn a_tag_or_a_dot_makes_another_account() {
    assert_ne!(email("jane+shop@example.com"), email("jane@example.com"));
    assert_ne!(email("jane.doe@example.com"), email("janedoe@example.com"));
}

#[test]
fn equal_addresses_have_equal_hashes() {
    let set = std::collections::HashSet::from([email("jane@example.com")]);
    assert!(set.contains(&email("JANE@example.com")));
}

#[test]
fn other_addresses_have_other_hashes() {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let [jane, john] =
        ["jane@example.com", "john@example.com"].map(|raw| hasher.hash_one(email(raw)));
    assert_ne!(jane, john);
}

#[test]
fn a_mail_server_gets_the_local_part_as_typed_and_the_domain_in_ascii() {
    assert_eq!(
        email("Jane@BÜCHER.example").deliverable(),
        "Jane@xn--bcher-kva.example"
    );
}

#[test]
fn what_is_not_an_address_is_refused_with_its_reason() {
    for (raw, fault) in [
        ("", EmailFault::Empty),
        (" \t ", EmailFault::Empty),
        ("jane", EmailFault::NoAtSign),
        ("@example.com", EmailFault::LocalPart),
        ("jane doe@example.com", EmailFault::LocalPart),
        ("jane..doe@example.com", EmailFault::LocalPart),
        (".jane@example.com", EmailFault::LocalPart),
        ("jane@doe@example.com", EmailFault::LocalPart),
        ("\"jane doe\"@example.com", EmailFault::LocalPart),
        ("jane(work)@example.com", EmailFault::LocalPart),
        ("jane\r\nBcc:all@example.com", EmailFault::LocalPart),
        ("İsmail@example.com", EmailFault::LocalPart),
        ("jane@", EmailFault::Domain),
        ("jane@example..com", EmailFault::Domain),
        ("jane@example.com.", EmailFault::Domain),
        ("jane@-example.com", EmailFault::Domain),
        ("jane@exam_ple.com", EmailFault::Domain),
        ("jane@exa mple.com", EmailFault::Domain),
        ("jane@xn--a.example", EmailFault::Domain),
        ("Jane <jane@example.com>", EmailFault::Domain),
        ("jane@[192.0.2.1]", EmailFault::Domain),
        ("jane@192.0.2.1", EmailFault::Domain),
        ("jane@localhost", EmailFault::DomainNotComplete),
    ] {
        assert_eq!(EmailAddress::parse(raw).err(), Some(fault), "{raw:?}");
    }
}

#[test]
fn a_compatibility_form_cannot_hide_a_second_at_sign() {
    // U+FF20 becomes `@` under NFKC: were it let through, the stored form would be another address.
    let fault = EmailAddress::parse("admin\u{ff20}bank.example@example.com").err();
    assert_eq!(fault, Some(EmailFault::LocalPart));
}

#[test]
fn the_longest_address_is_accepted_and_one_more_byte_is_not() {
    let domain = format!("{}.{}.{}", "d".repeat(63), "d".repeat(63), "d".repeat(61));
    let longest = format!("{}@{domain}", "l".repeat(64));
    assert_eq!(longest.len(), MAX_ADDRESS_BYTES);
    assert!(EmailAddress::parse(&longest).is_ok());
    assert_eq!(
        EmailAddress::parse(&format!("{longest}d")).err(),
        Some(EmailFault::TooLong)
    );

    let local_part = "l".repeat(MAX_LOCAL_PART_BYTES + 1);
    let fault = EmailAddress::parse(&format!("{local_part}@example.com")).err();
    assert_eq!(fault, Some(EmailFault::LocalPartTooLong));
}

#[test]
fn an_address_that_only_one_of_its_forms_makes_too_long_is_refused() {
    // In Punycode `ü.` has eight bytes instead of three.
    let punycode = format!("{}@{}example", "l".repeat(64), "ü.".repeat(24));
    // NFC takes U+0958 apart, into six bytes instead of three; in Punycode a repeated letter takes little.
    let label = "\u{958}".repeat(12);
    let composed = format!("l@{label}.{label}.{label}.{label}.example");
    for raw in [punycode, composed] {
        assert!(raw.len() <= MAX_ADDRESS_BYTES, "{raw}");
        assert_eq!(EmailAddress::parse(&raw).err(), Some(EmailFault::TooLong));
    }
}

#[test]
fn debug_masks_the_local_part() {
    assert_eq!(
        format!("{:?}", email("Jane.Doe@Example.com")),
        "j•••@example.com"
    );
}

#[test]
fn serde_writes_the_typed_form_and_parses_when_reading() {
    let json = serde_json::to_string(&email("Jane@Example.com")).expect("serialises");
    assert_eq!(json, r#""Jane@Example.com""#);
    let read: EmailAddress = serde_json::from_str(&json).expect("deserialises");
    assert_eq!(read.as_typed(), "Jane@Example.com");
    let error = serde_json::from_str::<EmailAddress>(r#""secret-text""#).expect_err("no address");
    assert!(!error.to_string().contains("secret-text"), "{error}");
}

/// Found by fuzzing.
#[test]
fn a_capital_that_is_composed_only_once_it_is_small_is_the_same_letter() {
    let capital = email("\u{386}\u{345}@example.com");
    assert_eq!(capital, email("\u{1fb4}@example.com"));
    assert_eq!(email(capital.normalised()), capital);
}

/// Found by fuzzing.
#[test]
fn an_address_that_is_too_long_only_as_it_would_be_mailed_is_refused() {
    let label = format!("\u{fc}{}", "b".repeat(40));
    let with = |letters: usize| {
        let domain = format!("{label}.{label}.{label}.{label}.example");
        let local_part = "\u{ff41}".repeat(letters);
        EmailAddress::parse(&format!("{local_part}@{domain}"))
    };
    let longest = with(14).expect("fits");
    assert!(longest.deliverable().len() <= MAX_ADDRESS_BYTES);
    assert!(longest.as_typed().len() < longest.deliverable().len());
    assert_eq!(with(21).err(), Some(EmailFault::TooLong));
}

proptest! {
    #[test]
    fn normalising_a_normalised_address_changes_nothing(
        local_part in "[\\p{L}\\p{N}!#$%&'*+/=?^_`{|}~-]{1,12}",
        domain in "[\\p{L}\\p{N}-]{1,8}\\.[\\p{L}]{2,4}",
    ) {
        let parsed = EmailAddress::parse(&format!("{local_part}@{domain}"));
        let Ok(parsed) = parsed else { return Ok(()) };
        let again = EmailAddress::parse(parsed.normalised()).expect("a normalised one is valid");
        prop_assert_eq!(again.normalised(), parsed.normalised());
        prop_assert_eq!(again.as_typed(), parsed.normalised());
        prop_assert!(EmailAddress::parse(&parsed.deliverable()) == Ok(parsed));
    }

    #[test]
    fn a_plain_address_in_any_case_is_one_account(
        address in "[a-z0-9]{1,10}(\\.[a-z0-9]{1,5})?@[a-z]{1,10}\\.[a-z]{2,6}",
    ) {
        let shouted = EmailAddress::parse(&address.to_uppercase()).expect("valid");
        prop_assert_eq!(shouted.normalised(), address.as_str());
    }

    #[test]
    fn an_address_read_back_is_the_address_that_was_written(raw in "\\PC{1,20}@\\PC{1,10}\\.com") {
        if let Ok(parsed) = EmailAddress::parse(&raw) {
            let again = EmailAddress::parse(parsed.as_typed()).expect("was accepted before");
            prop_assert_eq!(again.as_typed(), parsed.as_typed());
            prop_assert_eq!(again.normalised(), parsed.normalised());
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(raw in "\\PC{0,300}") {
        let _ = EmailAddress::parse(&raw);
    }
}

#[test]
fn every_lowered_and_composed_character_is_a_fixed_point() {
    for character in ('\0'..=char::MAX).filter(|character| character.is_alphanumeric()) {
        let once = normalised_local_part(&character.to_string());
        assert_eq!(
            normalised_local_part(&once),
            once,
            "U+{:04X}",
            u32::from(character)
        );
    }
}
