//! The JSON of a sign-up and of each step of a journey, and the rules of the domain behind it: it is read,
//! or refused with fields that are named; what was read keeps the rules and stays what it is when it is
//! read again; and no card number, security code or password is in anything that may be logged.
//!
//! Input: a body, byte for byte.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use enlist::http::Problem;
use enlist::http::fuzzing::{COMPLETION, FieldProblem, PAYMENT, PROFILE, Parsed, fields, parse};
use enlist::language::Language;
use enlist::words;
use enlist_domain::{
    CardRequirement, Country, Field, FieldFaults, Payment, PlanCatalogue, RawSignUp, SignUp,
    SignUpRules,
};
use jiff::civil::{Date, date};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

/// The day on which cards are looked at.
const TODAY: Date = date(2026, 11, 30);

/// How long a password may be whose strength is estimated here: a long one takes half a second.
const LONGEST_PASSWORD: usize = 20;

/// Digits in a row that must not be repeated; an input with fewer in common with something else is chance.
const FEWEST_SECRET_DIGITS: usize = 8;

/// Names of fields are repeated up to here.
const LONGEST_NAME: usize = 64;
const MOST_PROBLEMS: usize = 32;

/// See the module.
pub fn check(data: &[u8]) {
    let object = serde_json::from_slice::<Map<String, Value>>(data);
    let parsed = match parse(Bytes::copy_from_slice(data)) {
        Ok(parsed) => parsed,
        Err(sentence) => {
            assert!(object.is_err(), "an object is read");
            let sentence = Language::english().tell(&sentence);
            assert!(sentence.len() < 400, "nothing is repeated: {sentence}");
            return;
        }
    };
    let secrets = Secrets::of(&parsed.raw);
    if let Ok(object) = &object {
        every_name_is_dealt_with(&parsed, object);
    }
    secrets.are_not_in(&parsed.problems);
    parsed.problems.iter().for_each(is_told);
    secrets.are_not_in(&parsed.raw);
    each_step_takes_its_own(data, &parsed, &secrets);
    let plans = PlanCatalogue::default();
    for (card, accept_raw_cards) in [
        (CardRequirement::Required, true),
        (CardRequirement::PaidPlans, false),
    ] {
        let rules = SignUpRules {
            plans: &plans,
            card,
            accept_raw_cards,
            default_country: Country::UNITED_STATES,
            today: TODAY,
        };
        // Read once for each: a form with secrets in it cannot be copied.
        let mut raw = raw_of(data);
        let password = raw.password.as_ref();
        if password.is_some_and(|it| it.expose_secret().len() > LONGEST_PASSWORD) {
            raw.password = None;
        }
        match raw.parse(&rules) {
            Ok(sign_up) => is_the_same_again(&sign_up, &rules, &secrets),
            Err(faults) => are_named(&faults, &secrets),
        }
    }
}

fn raw_of(data: &[u8]) -> RawSignUp {
    let parsed = parse(Bytes::copy_from_slice(data));
    parsed.map(|parsed| parsed.raw).unwrap_or_default()
}

/// Every name of the object is a field that was read, a field that is named as wrong, or unknown and named
/// so. Of a name that comes twice the generic reader knows one.
fn every_name_is_dealt_with(parsed: &Parsed, object: &Map<String, Value>) {
    let mut to_be_named = 0;
    for (name, value) in object {
        let field = Field::from_name(name);
        let is_repeated = |problem: &FieldProblem| {
            problem.code == "duplicate" && field.is_some_and(|it| it.as_str() == problem.field)
        };
        if parsed.problems.iter().any(is_repeated) {
            continue;
        }
        match (field, value) {
            (Some(field), Value::String(text)) => {
                assert_eq!(parsed.raw.has(field), !text.trim().is_empty(), "{name}");
            }
            (Some(_), Value::Null) => {}
            (Some(field), Value::Number(number)) if number.is_i64() || number.is_u64() => {
                assert!(parsed.raw.has(field), "{name}");
            }
            (Some(field), _) => {
                assert!(!parsed.raw.has(field), "{name} is no text");
                to_be_named += 1;
            }
            (None, _) => to_be_named += 1,
        }
    }
    assert!(parsed.problems.len() >= to_be_named.min(MOST_PROBLEMS));
    assert!(parsed.problems.len() <= MOST_PROBLEMS);
}

/// A refusal is of use: a field, a code, a sentence in every language.
fn is_told(problem: &FieldProblem) {
    let is_field = Field::ALL.iter().any(|it| it.as_str() == problem.field);
    assert!(
        is_field || problem.code == "unknown_field",
        "{}",
        problem.field
    );
    assert!(problem.field.chars().count() <= LONGEST_NAME);
    assert!(!problem.field.chars().any(char::is_control));
    for language in Language::all() {
        assert!(!language.tell(&problem.message).is_empty());
    }
}

/// The steps of a journey: each takes its own fields, and names every other as wrong.
fn each_step_takes_its_own(data: &[u8], parsed: &Parsed, secrets: &Secrets) {
    let mut headers = HeaderMap::new();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    for allowed in [&[Field::Email][..], PROFILE, PAYMENT, COMPLETION] {
        let misplaced = |field: &Field| !allowed.contains(field) && parsed.raw.has(*field);
        let is_wrong = !parsed.problems.is_empty() || Field::ALL.iter().any(misplaced);
        match fields(&headers, Bytes::copy_from_slice(data), allowed) {
            Ok(_) => assert!(!is_wrong, "nothing is passed over"),
            Err(Problem { errors, .. }) => {
                assert!(is_wrong && !errors.is_empty(), "what is wrong is named");
                errors.iter().for_each(is_told);
                secrets.are_not_in(&errors);
            }
        }
    }
}

fn are_named(faults: &FieldFaults, secrets: &Secrets) {
    assert!(!faults.is_empty(), "a refusal says why");
    secrets.are_not_in(faults);
    for fault in faults {
        assert!(!fault.fault.code().is_empty());
        let message = words::of_field(fault);
        for language in Language::all() {
            let sentence = language.tell(&message);
            assert!(!sentence.is_empty());
            secrets.are_not_in(&sentence);
        }
    }
}

/// What was accepted, typed in again, is accepted again and is the same.
fn is_the_same_again(sign_up: &SignUp, rules: &SignUpRules<'_>, secrets: &Secrets) {
    secrets.are_not_in(sign_up);
    let again = typed_again(sign_up).parse(rules);
    let again = again.expect("what was accepted is accepted again");
    assert_eq!(again.email, sign_up.email);
    assert_eq!(again.email.as_typed(), sign_up.email.as_typed());
    assert_eq!(again.profile, sign_up.profile);
    assert_eq!(again.plan, sign_up.plan);
    assert_eq!(again.password.expose(), sign_up.password.expose());
    match (&again.payment, &sign_up.payment) {
        (Some(Payment::Token(one)), Some(Payment::Token(other))) => {
            assert_eq!(one.expose(), other.expose());
        }
        (Some(Payment::Card(one)), Some(Payment::Card(other))) => {
            assert_eq!(one.number.expose(), other.number.expose());
            assert_eq!(one.security_code.expose(), other.security_code.expose());
            assert_eq!(one.summary(), other.summary());
            assert!(!one.expiry.is_past(rules.today));
        }
        (None, None) => assert!(!sign_up.plan.as_ref().is_some_and(|plan| plan.is_paid())),
        _ => panic!("another way to pay"),
    }
}

fn typed_again(sign_up: &SignUp) -> RawSignUp {
    let mut raw = RawSignUp::default();
    let address = &sign_up.profile.address;
    let mut set = |field, value: Option<&str>| {
        if let Some(value) = value {
            raw.set(field, value.to_owned());
        }
    };
    set(Field::Email, Some(sign_up.email.as_typed()));
    set(Field::Password, Some(sign_up.password.expose()));
    set(Field::FirstName, Some(sign_up.profile.first_name.as_str()));
    set(Field::LastName, Some(sign_up.profile.last_name.as_str()));
    set(Field::Address, Some(address.address()));
    set(Field::AddressLine2, address.address_line2());
    set(Field::City, address.city());
    set(Field::State, address.state());
    set(Field::Zip, address.zip());
    set(Field::Country, Some(address.country().as_str()));
    set(
        Field::Plan,
        sign_up.plan.as_ref().map(|plan| plan.name.as_str()),
    );
    match &sign_up.payment {
        None => {}
        Some(Payment::Token(token)) => set(Field::PaymentMethod, Some(token.expose())),
        Some(Payment::Card(card)) => {
            set(Field::CardNumber, Some(card.number.expose()));
            set(Field::Cvv, Some(card.security_code.expose()));
            set(Field::ExpiryMonth, Some(&card.expiry.month().to_string()));
            set(Field::ExpiryYear, Some(&card.expiry.year().to_string()));
        }
    }
    raw
}

/// What was sent in a secret field, where it has enough digits to be told from chance.
struct Secrets(Vec<String>);

impl Secrets {
    fn of(raw: &RawSignUp) -> Self {
        let secrets = [
            &raw.password,
            &raw.card_number,
            &raw.cvv,
            &raw.payment_method,
        ];
        // A domain is shown, and may be made of the same digits, in whichever script.
        let email = raw.email.as_deref();
        let email = email.and_then(|it| enlist_domain::EmailAddress::parse(it).ok());
        let shown = email.map(|email| format!("{email:?}")).unwrap_or_default();
        let secrets = secrets
            .into_iter()
            .flatten()
            .map(|secret| secret.expose_secret().trim().to_owned())
            .filter(|secret| {
                let digits = secret.bytes().filter(u8::is_ascii_digit).count();
                digits >= FEWEST_SECRET_DIGITS && !shown.contains(secret.as_str())
            });
        Self(secrets.collect())
    }

    fn are_not_in(&self, shown: &impl std::fmt::Debug) {
        if self.0.is_empty() {
            return;
        }
        let shown = format!("{shown:?}");
        for secret in &self.0 {
            assert!(!shown.contains(secret.as_str()), "{secret:?} in {shown}");
        }
    }
}
