//! The whole form: what is accepted, that every fault is reported at once, and that no secret is
//! ever shown.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

mod payment;

const PASSWORD: &str = "walrus plinth okra tandem";
const PAN: &str = "4242424242424242";
const CVV: &str = "987";
const TOKEN: &str = "pm_1Qfake";

const PERSON: [(Field, &str); 8] = [
    (Field::Email, "jane@example.com"),
    (Field::Password, PASSWORD),
    (Field::FirstName, "Jane"),
    (Field::LastName, "Doe"),
    (Field::Address, "1 Main Street"),
    (Field::City, "Springfield"),
    (Field::State, "IL"),
    (Field::Zip, "62701"),
];

const CARD: [(Field, &str); 4] = [
    (Field::CardNumber, PAN),
    (Field::ExpiryMonth, "4"),
    (Field::ExpiryYear, "2030"),
    (Field::Cvv, CVV),
];

fn form(parts: &[&[(Field, &str)]]) -> RawSignUp {
    let mut raw = RawSignUp::default();
    for (field, value) in parts.iter().copied().flatten() {
        raw.set(*field, (*value).to_owned());
    }
    raw
}

/// Parses under the default rules, changed by `change`.
fn parse_with(
    raw: RawSignUp,
    change: impl FnOnce(&mut SignUpRules<'_>),
) -> Result<SignUp, FieldFaults> {
    let plans = PlanCatalogue::default();
    let mut rules = SignUpRules {
        plans: &plans,
        card: CardRequirement::Required,
        accept_raw_cards: true,
        default_country: Country::UNITED_STATES,
        today: date(2026, 11, 15),
    };
    change(&mut rules);
    raw.parse(&rules)
}

fn parse(raw: RawSignUp) -> Result<SignUp, FieldFaults> {
    parse_with(raw, |_| {})
}

fn codes(faults: &FieldFaults) -> Vec<(Field, &'static str)> {
    faults
        .iter()
        .map(|found| (found.field, found.fault.code()))
        .collect()
}

/// The faults of a form that is refused.
fn faults(raw: RawSignUp) -> Vec<(Field, &'static str)> {
    codes(&parse(raw).expect_err("is refused"))
}

#[test]
fn a_complete_form_with_a_card_is_accepted() {
    let sign_up = parse(form(&[&PERSON, &CARD, &[(Field::Plan, "pro")]])).expect("complete");
    assert_eq!(sign_up.email.normalised(), "jane@example.com");
    assert_eq!(sign_up.password.expose(), PASSWORD);
    assert_eq!(sign_up.profile.full_name(), "Jane Doe");
    assert_eq!(sign_up.profile.address.address_line2(), None);
    assert_eq!(sign_up.profile.address.country(), Country::UNITED_STATES);
    assert_eq!(sign_up.plan.map(|plan| plan.name).as_deref(), Some("pro"));
    let Some(Payment::Card(card)) = sign_up.payment else {
        panic!("no card")
    };
    assert_eq!(
        (card.number.expose(), card.security_code.expose()),
        (PAN, CVV)
    );
    assert_eq!(card.expiry.to_string(), "04/2030");
}

#[test]
fn a_complete_form_with_a_token_is_accepted() {
    let raw = form(&[&PERSON, &[(Field::PaymentMethod, TOKEN)]]);
    let sign_up = parse_with(raw, |rules| rules.accept_raw_cards = false).expect("complete");
    let Some(Payment::Token(token)) = sign_up.payment else {
        panic!("no token")
    };
    assert_eq!(token.expose(), TOKEN);
    assert_eq!(sign_up.plan, None);
}

#[test]
fn every_missing_field_of_an_empty_form_is_reported() {
    let required: Vec<(Field, &str)> = Field::ALL
        .into_iter()
        .filter(|field| {
            !matches!(
                field,
                Field::AddressLine2 | Field::Country | Field::Plan | Field::PaymentMethod
            )
        })
        .map(|field| (field, "required"))
        .collect();
    assert_eq!(faults(RawSignUp::default()), required);
}

#[test]
fn white_space_counts_as_missing_in_every_field() {
    let mut raw = RawSignUp::default();
    for field in Field::ALL {
        raw.set(field, " \t\n".to_owned());
    }
    assert_eq!(faults(raw), faults(RawSignUp::default()));
}

#[test]
fn all_faults_are_reported_at_once_one_per_field() {
    let raw = form(&[&[
        (Field::Email, "jane"),
        (Field::Password, "hunter2"),
        (Field::FirstName, "Ja\nne"),
        (Field::LastName, &"x".repeat(101)),
        (Field::Address, "1 Main Street"),
        (Field::AddressLine2, "a\u{202e}b"),
        (Field::Zip, "ABC"),
        (Field::Country, "us"),
        (Field::Plan, "gold"),
        (Field::CardNumber, "4242424242424241"),
        (Field::ExpiryMonth, "13"),
        (Field::ExpiryYear, "x"),
        (Field::Cvv, "12"),
    ]]);
    let expected = [
        (Field::Email, "invalid"),
        (Field::Password, "too_short"),
        (Field::FirstName, "invalid"),
        (Field::LastName, "too_long"),
        (Field::AddressLine2, "invalid"),
        (Field::City, "required"),
        (Field::State, "required"),
        (Field::Zip, "invalid"),
        (Field::Plan, "unknown"),
        (Field::CardNumber, "luhn"),
        (Field::ExpiryMonth, "invalid"),
        (Field::ExpiryYear, "invalid"),
        (Field::Cvv, "wrong_length"),
    ];
    assert_eq!(faults(raw), expected);
}

#[test]
fn a_country_that_does_not_exist_is_refused_and_its_postal_code_left_alone() {
    let raw = form(&[
        &PERSON,
        &CARD,
        &[(Field::Country, "XX"), (Field::Zip, "ABC")],
    ]);
    assert_eq!(faults(raw), [(Field::Country, "invalid")]);
}

#[test]
fn the_postal_code_is_that_of_the_given_country() {
    let german = [(Field::Country, "de"), (Field::Zip, "D-10115")];
    let sign_up = parse(form(&[&PERSON, &CARD, &german])).expect("valid in Germany");
    assert_eq!(sign_up.profile.address.country().as_str(), "DE");
    assert_eq!(
        faults(form(&[&PERSON, &CARD, &german[1..]])),
        [(Field::Zip, "invalid")]
    );
}

#[test]
fn what_must_be_given_is_that_of_the_given_country() {
    let nowhere = [(Field::City, ""), (Field::State, ""), (Field::Zip, "")];
    for (country, missing) in [
        ("US", &[Field::City, Field::State, Field::Zip][..]),
        ("DE", &[Field::City, Field::Zip]),
        ("HK", &[Field::State]),
        ("IE", &[Field::City]),
        ("MO", &[]),
    ] {
        let raw = form(&[&PERSON, &CARD, &nowhere, &[(Field::Country, country)]]);
        let found = match parse(raw) {
            Ok(_) => Vec::new(),
            Err(faults) => codes(&faults),
        };
        let missing: Vec<_> = missing.iter().map(|field| (*field, "required")).collect();
        assert_eq!(found, missing, "{country}");
    }
}

#[test]
fn of_a_country_that_does_not_exist_no_part_is_missing() {
    let raw = form(&[
        &PERSON,
        &CARD,
        &[(Field::Country, "XX"), (Field::State, "")],
    ]);
    assert_eq!(faults(raw), [(Field::Country, "invalid")]);
}

#[test]
fn a_password_with_the_persons_name_is_refused() {
    let raw = form(&[
        &PERSON,
        &CARD,
        &[(Field::Password, "okra jane walrus tandem")],
    ]);
    assert_eq!(faults(raw), [(Field::Password, "contains_personal")]);
}

#[test]
fn an_unknown_plan_is_answered_with_those_that_exist() {
    let faults = parse(form(&[&PERSON, &[(Field::Plan, "gold<script>")]])).expect_err("is refused");
    assert_eq!(
        codes(&faults),
        [(Field::Plan, "unknown")],
        "nothing is said about a card"
    );
    let known = ["free", "starter", "pro"].map(str::to_owned).to_vec();
    let expected = Fault::UnknownPlan { known };
    assert_eq!(faults.get(Field::Plan).expect("there").fault, expected);
}

#[test]
fn without_plans_every_plan_is_unknown() {
    let none = PlanCatalogue::new(Vec::new()).expect("none is fine");
    let rules = SignUpRules {
        plans: &none,
        card: CardRequirement::PaidPlans,
        accept_raw_cards: true,
        default_country: Country::UNITED_STATES,
        today: date(2026, 11, 15),
    };
    let faults = form(&[&PERSON, &[(Field::Plan, "pro")]])
        .parse(&rules)
        .expect_err("is refused");
    let expected = Fault::UnknownPlan { known: Vec::new() };
    assert_eq!(faults.get(Field::Plan).expect("there").fault, expected);
}

#[test]
fn setting_a_field_fills_that_field_and_no_other() {
    for field in Field::ALL {
        let mut raw = RawSignUp::default();
        raw.set(field, "value".to_owned());
        let given: Vec<Field> = Field::ALL
            .into_iter()
            .filter(|other| raw.has(*other))
            .collect();
        assert_eq!(given, [field]);
        assert_eq!(format!("{raw:?}"), format!("RawSignUp{{\"{field}\"}}"));
    }
}

#[test]
fn debug_shows_no_card_number_code_password_or_token() {
    let with_card = form(&[&PERSON, &CARD]);
    let with_token = form(&[&PERSON, &[(Field::PaymentMethod, TOKEN)]]);
    let mut shown = format!("{with_card:?} {with_card:#?} {with_token:?}");
    for raw in [with_card, with_token] {
        let sign_up = parse(raw).expect("complete");
        shown.push_str(&format!("{sign_up:?} {sign_up:#?}"));
    }
    for secret in [
        PAN,
        &PAN[..6],
        CVV,
        PASSWORD,
        "walrus",
        TOKEN,
        "Jane",
        "jane@",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(
        shown.contains("•••• 4242"),
        "the last four digits may be shown: {shown}"
    );
}

#[test]
fn the_rule_about_cards_is_spelled_as_in_the_configuration() {
    for (rule, json) in [
        (CardRequirement::Required, "\"required\""),
        (CardRequirement::PaidPlans, "\"paid_plans\""),
    ] {
        assert_eq!(serde_json::to_string(&rule).expect("serialises"), json);
        assert_eq!(
            serde_json::from_str::<CardRequirement>(json).expect("deserialises"),
            rule
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is sent in whatever field, no sentence and no Debug repeats it.
    #[test]
    fn no_fault_repeats_what_was_sent(
        marker in "[0-9]{11}X[0-9]{2}", spoilt in prop::sample::select(Field::ALL.to_vec()),
    ) {
        let mut raw = form(&[&PERSON, &CARD]);
        raw.set(spoilt, format!("{marker}\u{1}"));
        let before = format!("{raw:?}");
        let outcome = parse(raw);
        let shown = match &outcome {
            Ok(sign_up) => format!("{sign_up:?}"),
            Err(faults) => {
                let told: Vec<String> = faults.iter().map(|found| found.fault.to_string()).collect();
                format!("{faults} {faults:?} {told:?}")
            }
        };
        prop_assert!(outcome.is_err(), "a control character is valid nowhere: {spoilt}");
        prop_assert!(!format!("{before} {shown}").contains(&marker[..8]), "{}", shown);
    }

    #[test]
    fn no_form_makes_the_parser_panic(values in prop::collection::vec(".{0,24}", 16)) {
        let mut raw = RawSignUp::default();
        for (field, value) in Field::ALL.into_iter().zip(values) {
            raw.set(field, value);
        }
        let _ = parse(raw);
    }

    #[test]
    fn a_form_without_one_required_field_is_refused_for_that_field(
        missing in prop::sample::select(PERSON.iter().chain(&CARD).copied().collect::<Vec<_>>()),
    ) {
        let (field, _) = missing;
        let raw = form(&[&PERSON, &CARD, &[(field, "")]]);
        prop_assert_eq!(faults(raw), vec![(field, "required")]);
    }
}
