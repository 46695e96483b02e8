//! The JSON of `POST /api/users`: every field in snake_case or camelCase, numbers as numbers or
//! strings, unknown fields refused by name, all faults at once, secrets wiped.

use std::fmt;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use enlist_domain::{Field, RawSignUp};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::{Zeroize, Zeroizing};

use super::problems::{Problem, ProblemType};
use crate::language::Message;
use crate::msg;

/// One thing that is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldProblem {
    /// The field, in snake_case, or the unknown name as it was sent.
    pub field: String,
    /// What kind of fault, for a program: `required`, `invalid`, `unknown_field`, ….
    pub code: &'static str,
    /// Cause and remedy, for a person. Never what was sent.
    pub message: Message,
}

/// One thing that is wrong with one field of a request, as it is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub struct FieldProblemBody {
    /// The field, in snake_case, or the unknown name as it was sent.
    pub field: String,
    /// What kind of fault, for a program: `required`, `invalid`, `unknown_field`, ….
    pub code: &'static str,
    /// Cause and remedy, for a person. Never what was sent.
    pub message: String,
}

/// The longest name of an unknown field that is repeated in an answer.
const LONGEST_NAME: usize = 64;
/// Names that are repeated at most.
const MOST_PROBLEMS: usize = 32;

/// The fields as far as they could be read, and what is wrong with their names and types.
pub struct Parsed {
    /// What was read.
    pub raw: RawSignUp,
    /// What was not.
    pub problems: Vec<FieldProblem>,
}

/// Reads the fields, and wipes the body. Err: it is no JSON object; a sentence says what is wrong,
/// without a word of what was sent.
pub fn parse(body: Bytes) -> Result<Parsed, Message> {
    let parsed = serde_json::from_slice::<Fields>(&body)
        .map(|fields| fields.0)
        .map_err(|error| {
            // serde_json's own sentence may quote a value.
            msg!(
                "body-no-object",
                line = error.line(),
                column = error.column()
            )
        });
    // The only copy, unless the connection still holds it.
    if let Ok(mut owned) = body.try_into_mut() {
        owned.as_mut().zeroize();
    }
    parsed
}

/// Refuses what does not say that it is JSON.
pub fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let essence = essence.to_ascii_lowercase();
    if essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let remedy = msg!("body-no-json");
    Err(Problem::new(ProblemType::UnsupportedMediaType, remedy))
}

struct Fields(Parsed);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor).map(Self)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Parsed, M::Error> {
        let mut parsed = Parsed {
            raw: RawSignUp::default(),
            problems: Vec::new(),
        };
        let mut seen: Vec<Field> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Some(field) = Field::from_name(&name) else {
                map.next_value::<IgnoredAny>()?;
                parsed.unknown(&name);
                continue;
            };
            let value = map.next_value_seed(ScalarSeed)?;
            if seen.contains(&field) {
                parsed.problem(field, "duplicate", msg!("fault-duplicate-field"));
                continue;
            }
            seen.push(field);
            match value {
                Scalar::Text(mut text) => parsed.raw.set(field, std::mem::take(&mut *text)),
                Scalar::Null => {}
                Scalar::Other => {
                    parsed.problem(field, "invalid_type", msg!("fault-field-type"));
                }
            }
        }
        Ok(parsed)
    }
}

impl Parsed {
    fn unknown(&mut self, name: &str) {
        let name: String = name
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_NAME)
            .collect();
        // A card number in the place of a name would be repeated by the answer and its logs.
        let digits = name.chars().filter(char::is_ascii_digit).count();
        let field = if digits >= 8 {
            "(a name with many digits)".to_owned()
        } else {
            name
        };
        let message = msg!("fault-unknown-field", field = &field);
        self.push(FieldProblem {
            field,
            code: "unknown_field",
            message,
        });
    }

    fn problem(&mut self, field: Field, code: &'static str, message: Message) {
        let field = field.as_str().to_owned();
        self.push(FieldProblem {
            field,
            code,
            message,
        });
    }

    fn push(&mut self, problem: FieldProblem) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

/// A value as far as it can be a field's.
enum Scalar {
    Text(Zeroizing<String>),
    Null,
    Other,
}

struct ScalarSeed;

impl<'de> DeserializeSeed<'de> for ScalarSeed {
    type Value = Scalar;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ScalarSeed {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a number")
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(Zeroizing::new(text)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar::Text(Zeroizing::new(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Text(Zeroizing::new(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::language::Language;

    fn parsed(json: &'static str) -> Parsed {
        parse(Bytes::from_static(json.as_bytes())).unwrap()
    }

    #[test]
    fn both_spellings_and_numbers_as_numbers_are_read() {
        let parsed =
            parsed(r#"{"firstName": "Ada", "last_name": "L", "cvv": 123, "expiryYear": "30"}"#);
        assert!(parsed.problems.is_empty());
        assert_eq!(parsed.raw.first_name.as_deref(), Some("Ada"));
        assert_eq!(parsed.raw.last_name.as_deref(), Some("L"));
        assert_eq!(parsed.raw.cvv.unwrap().expose_secret(), "123");
        assert_eq!(parsed.raw.expiry_year.as_deref(), Some("30"));
    }

    #[test]
    fn every_unknown_repeated_and_mistyped_field_is_named_at_once() {
        let parsed = parsed(
            r#"{"email": "a@b.example", "admin": true, "city": ["x"], "zip": 1.5, "state": null,
                "firstName": "A", "first_name": "B", "nickname": {"a": [1]}}"#,
        );
        let named: Vec<(&str, &str)> = parsed
            .problems
            .iter()
            .map(|p| (p.field.as_str(), p.code))
            .collect();
        let expected = [
            ("admin", "unknown_field"),
            ("city", "invalid_type"),
            ("zip", "invalid_type"),
            ("first_name", "duplicate"),
            ("nickname", "unknown_field"),
        ];
        assert_eq!(named, expected);
        assert!(parsed.raw.state.is_none());
    }

    #[test]
    fn what_is_no_object_is_refused_without_being_repeated() {
        for body in [
            "",
            "[]",
            "\"4242424242424242\"",
            "{\"cvv\": \"123\"",
            "{\"cvv\" 987}",
        ] {
            let sentence = parse(Bytes::from_static(body.as_bytes())).err().unwrap();
            let sentence = Language::english().tell(&sentence);
            assert!(
                !sentence.contains("987") && !sentence.contains("4242"),
                "{sentence}"
            );
        }
    }

    #[test]
    fn a_card_number_in_the_place_of_a_name_is_not_repeated() {
        let parsed = parsed(r#"{"4242424242424242": "x"}"#);
        assert!(!format!("{:?}", parsed.problems).contains("4242"));
    }
}
