//! The header `Idempotency-Key`: what is accepted is 1 to 255 visible characters, what fits that is
//! accepted, and a refusal says why without repeating what was sent.
//!
//! Input: the values of headers of that name, one a line; one line is what clients send.

use axum::http::{HeaderMap, HeaderValue};
use enlist::http::ProblemType;
use enlist::http::fuzzing::{LONGEST_KEY, idempotency_key};
use enlist::language::Language;

/// See the module.
pub fn check(data: &[u8]) {
    let values = data.split(|byte| *byte == b'\n').take(3);
    let Ok(values) = values
        .map(HeaderValue::from_bytes)
        .collect::<Result<Vec<_>, _>>()
    else {
        // No server hands such a header on.
        return;
    };
    match read(&values) {
        Some(key) => {
            assert_eq!(values.len(), 1, "of several keys none is chosen");
            is_a_key(&key);
            came_from(&key, &values[0]);
        }
        None => assert!(!is_documented(&values), "{values:?}"),
    }
}

/// The key, or none where it is refused; how, is looked at here.
fn read(values: &[HeaderValue]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append("idempotency-key", value.clone());
    }
    match idempotency_key(&headers) {
        Ok(key) => Some(key.expect("a header was sent")),
        Err(problem) => {
            assert_eq!(problem.kind, ProblemType::InvalidIdempotencyKey);
            let sentence = Language::english().tell(&problem.detail);
            assert!(sentence.contains("255"), "it says what is allowed");
            None
        }
    }
}

fn is_a_key(key: &str) {
    assert!((1..=LONGEST_KEY).contains(&key.len()), "{key:?}");
    assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "{key:?}");
}

/// The key stands in the header, bare or between quotation marks, with nothing but white space around; and
/// sent in quotation marks, which is how the draft writes it, it is the same key.
fn came_from(key: &str, value: &HeaderValue) {
    let sent = value.to_str().expect("what was read is text").trim();
    let quoted = format!("\"{key}\"");
    assert!(sent == key || sent == quoted, "{key:?} of {sent:?}");
    let in_quotes = HeaderValue::from_str(&quoted).expect("visible");
    assert_eq!(read(&[in_quotes]).as_deref(), Some(key));
}

/// By the documentation alone: 1 to 255 visible characters.
fn is_documented(values: &[HeaderValue]) -> bool {
    let [value] = values else { return false };
    let bytes = value.as_bytes();
    let visible = |bytes: &[u8]| {
        (1..=LONGEST_KEY).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    // Two quotation marks are the empty text, in quotation marks.
    visible(bytes) && bytes != b"\"\""
}
