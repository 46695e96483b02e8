//! Which passwords are accepted, and that none of them is ever shown.

use super::*;
use proptest::prelude::*;

const PERSONAL: [&str; 3] = ["jane.doe@example.com", "Jane", "Dó"];

fn parse(raw: &str) -> Result<Password, PasswordFault> {
    Password::parse(SecretString::from(raw), &PERSONAL)
}

fn fault(raw: &str) -> PasswordFault {
    parse(raw).expect_err(raw)
}

#[test]
fn a_phrase_of_uncommon_words_is_accepted() {
    assert_eq!(
        parse("walrus plinth okra tandem").expect("strong").expose(),
        "walrus plinth okra tandem"
    );
}

#[test]
fn a_short_random_password_is_accepted() {
    assert!(parse("vT9#qLx2").is_ok());
}

#[test]
fn a_password_under_eight_characters_is_too_short() {
    assert_eq!(fault("vT9#qLx"), PasswordFault::TooShort { minimum: 8 });
    assert_eq!(fault(""), PasswordFault::TooShort { minimum: 8 });
}

#[test]
fn characters_are_counted_not_bytes() {
    assert_eq!(fault("żółćęśą"), PasswordFault::TooShort { minimum: 8 });
}

#[test]
fn a_password_over_the_limit_is_too_long() {
    let longest = "walrus plinth okra tandem".repeat(50);
    assert!(parse(&longest[..MAX_BYTES]).is_ok());
    let too_long = PasswordFault::TooLong {
        max_bytes: MAX_BYTES,
    };
    assert_eq!(fault(&longest[..=MAX_BYTES]), too_long);
}

#[test]
fn one_of_the_most_common_passwords_is_refused_as_such() {
    for raw in ["password", "12345678", "qwertyuiop", "iloveyou", "PASSWORD"] {
        assert_eq!(fault(raw), PasswordFault::TooCommon, "{raw}");
    }
}

#[test]
fn an_easy_password_is_refused_with_advice() {
    for raw in [
        "p4ssw0rd1",
        "summer2024",
        "aaaaaaaaaa",
        "abcabcabcabc",
        "12.12.1990",
    ] {
        let fault = fault(raw);
        let PasswordFault::TooWeak { advice } = &fault else {
            panic!("{raw}: {fault:?}");
        };
        assert!(!advice.is_empty(), "{raw}");
    }
}

#[test]
fn length_alone_does_not_save_an_obvious_password() {
    for raw in [
        "aaaaaaaaaaaaaaaaaaaa",
        "passwordpasswordpassword",
        "123456789012345678901234567890",
    ] {
        assert!(
            matches!(
                fault(raw),
                PasswordFault::TooWeak { .. } | PasswordFault::TooCommon
            ),
            "{raw}"
        );
    }
}

#[test]
fn a_middling_password_is_refused_when_short_and_accepted_when_long() {
    // Both withstand millions of guesses, which is enough from fifteen characters on.
    for (raw, accepted) in [("octopusdance", false), ("grandmotherclock", true)] {
        let guesses = zxcvbn(raw, &[]).guesses();
        assert!(
            (MIN_GUESSES_LONG..MIN_GUESSES_SHORT).contains(&guesses),
            "{raw}: {guesses}"
        );
        assert_eq!(parse(raw).is_ok(), accepted, "{raw}");
    }
}

#[test]
fn a_verdict_while_choosing_is_that_of_the_rule() {
    let judge = |raw: &str| Password::judge(SecretString::from(raw), &PERSONAL);
    assert_eq!(judge("walrus plinth okra tandem"), Ok(Strength::Strong));
    assert_eq!(judge("grandmotherclock"), Ok(Strength::Good));
    for refused in [
        "vT9#qLx",
        "octopusdance",
        "iloveyou",
        "okra jane.doe tandem",
    ] {
        assert_eq!(judge(refused).expect_err(refused), fault(refused));
    }
}

#[test]
fn a_costly_password_is_estimated_by_its_head_only() {
    // Each of these characters stands for several letters; a hundred of them take half a second.
    let head = "4a@8({[<3e69g1!|il7o0$5s+t%x2z4a@8({[<3e";
    assert_eq!(head.chars().count(), ESTIMATED_CHARACTERS);
    let obvious_head = "a".repeat(ESTIMATED_CHARACTERS);
    assert!(parse(&format!("{head}aaaaaaaaaaaaaaaa")).is_ok());
    assert!(parse(&format!("{obvious_head}{head}")).is_err());
}

#[test]
fn a_password_with_the_address_or_a_name_is_refused() {
    for raw in [
        "xk9-JANE.DOE@example.com-7",
        "my jane.doe passphrase zebra",
        "walrus JANE okra tandem",
    ] {
        assert_eq!(fault(raw), PasswordFault::ContainsPersonal, "{raw}");
    }
}

#[test]
fn a_short_name_may_occur_in_a_password() {
    assert!(parse("walrus dó okra tandem").is_ok());
}

#[test]
fn the_local_part_of_the_address_counts_alone() {
    let raw = SecretString::from("walrus okra Mercury77 tandem");
    let fault = Password::parse(raw, &["mercury77@example.com"]).expect_err("has the local part");
    assert_eq!(fault, PasswordFault::ContainsPersonal);
}

#[test]
fn each_word_of_a_name_counts() {
    let raw = SecretString::from("walrus okra Mercedes tandem");
    let fault = Password::parse(raw, &["Maria Mercedes"]).expect_err("has a name");
    assert_eq!(fault, PasswordFault::ContainsPersonal);
}

#[test]
fn a_line_end_that_was_pasted_along_is_refused() {
    assert_eq!(
        fault("walrus plinth okra\n"),
        PasswordFault::ControlCharacter
    );
    assert_eq!(
        fault("walrus\0plinth okra"),
        PasswordFault::ControlCharacter
    );
}

#[test]
fn spaces_are_kept_as_they_are() {
    assert_eq!(
        parse("  walrus  plinth okra ").expect("strong").expose(),
        "  walrus  plinth okra "
    );
}

#[test]
fn a_password_is_held_in_composed_form() {
    let password = parse("walru\u{301}s plinth okra").expect("strong");
    assert_eq!(password.expose(), "walr\u{fa}s plinth okra");
}

#[test]
fn debug_and_faults_never_show_the_password() {
    let password = parse("walrus plinth okra tandem").expect("strong");
    assert_eq!(format!("{password:?}"), "Password(•••)");
    for raw in ["hunter2", "p4ssw0rd1", "jane.doe@example.com"] {
        let fault = fault(raw);
        assert!(!format!("{fault:?} {fault}").contains(raw), "{raw}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn twelve_random_letters_and_digits_are_accepted(raw in "[a-zA-Z0-9]{12}") {
        // Chance hardly makes a common word of twelve characters; a name of four it does make, now and then.
        prop_assert!(Password::parse(SecretString::from(raw), &[]).is_ok());
    }

    #[test]
    fn no_text_makes_the_check_panic(raw in "\\PC{0,120}", personal in "\\PC{0,40}") {
        let _ = Password::parse(SecretString::from(raw), &[&personal]);
    }
}
