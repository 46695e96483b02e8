//! Webhooks: nothing is believed that was not signed with the secret, byte for byte, within the tolerance;
//! and what was signed so is believed.
//!
//! Input: a `Stripe-Signature` in the first line, the body of the request below. The header is what a
//! stranger sends. The body is also signed here, by an implementation of our own, and then spoilt.

use std::time::Duration;

use enlist_gateways::stripe::webhooks::{Event, TOLERANCE, WebhookFault, WebhookSecrets};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;

/// Nobody else knows it, and no input can find it out.
const SECRET: &str = "whsec_of_the_fuzz_target";

/// When requests arrive, in seconds since 1970.
const NOW_S: i64 = 1_700_000_000;

/// Bits that are flipped of each input, one at a time.
const FLIPS: usize = 4;

/// See the module.
pub fn check(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n');
    let (header, body) = data.split_at(end.unwrap_or(data.len()));
    let body = body.get(1..).unwrap_or_default();
    let header = std::str::from_utf8(header).ok();
    a_stranger_is_not_believed(header, body);
    what_is_signed_is_believed(body);
    what_was_spoilt_is_not_believed(data, body);
    only_for_a_while(header, body);
}

fn read(header: Option<&str>, body: &[u8]) -> Result<Event, WebhookFault> {
    read_at(header, body, NOW_S, TOLERANCE)
}

fn read_at(
    header: Option<&str>,
    body: &[u8],
    now_s: i64,
    tolerance: Duration,
) -> Result<Event, WebhookFault> {
    let secrets = WebhookSecrets::parse(&format!("whsec_another, {SECRET}"));
    let now = Timestamp::from_second(now_s).expect("a time");
    secrets.expect("secrets").read(header, body, now, tolerance)
}

/// Whether it got past the signature, whatever the body holds.
fn is_believed(read: &Result<Event, WebhookFault>) -> bool {
    matches!(read, Ok(_) | Err(WebhookFault::Unreadable))
}

fn signature(time: &str, body: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes());
    let mut mac = mac.expect("a key of any length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

fn header(time: &str, signature: &[u8]) -> String {
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={time},v1={hex}")
}

fn signed(time_s: i64, body: &[u8]) -> String {
    let time = time_s.to_string();
    header(&time, &signature(&time, body))
}

fn a_stranger_is_not_believed(header: Option<&str>, body: &[u8]) {
    assert_eq!(read(None, body), Err(WebhookFault::NoSignature));
    let read = read(header, body);
    let refused = matches!(
        read,
        Err(WebhookFault::NoSignature | WebhookFault::NotSigned)
    );
    assert!(refused, "{read:?}");
}

fn what_is_signed_is_believed(body: &[u8]) {
    let signed = signed(NOW_S, body);
    let event = read(Some(&signed), body);
    assert!(is_believed(&event), "{event:?}");
    if let Ok(event) = &event {
        says_what_the_body_says(event, body);
    }
    // Beside a signature of another secret, of another scheme, and in capitals.
    let (time, right) = signed.split_once(',').expect("two parts");
    let capitals = right.to_uppercase().replacen("V1", "v1", 1);
    for beside in [
        format!("{time},v1={},{right}", "0".repeat(64)),
        format!("{right},v0=1,{time}"),
        format!("{time}, {capitals}"),
    ] {
        assert_eq!(read(Some(&beside), body), event, "{beside}");
    }
}

fn says_what_the_body_says(event: &Event, body: &[u8]) {
    // Another reader of JSON, which may refuse more: how deep it goes, and how large numbers are.
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    assert_eq!(body["id"], event.id);
    assert_eq!(body["type"], event.kind);
    let object = &body["data"]["object"];
    if let Some(customer) = &event.customer {
        let of = [
            &object["customer"],
            &object["customer"]["id"],
            &object["id"],
        ];
        assert!(of.into_iter().any(|id| *id == customer.0), "{customer:?}");
    }
}

fn what_was_spoilt_is_not_believed(data: &[u8], body: &[u8]) {
    let time = NOW_S.to_string();
    let right = signature(&time, body);
    let refuse = |header: &str, body: &[u8], how: &str| {
        let read = read(Some(header), body);
        assert!(!is_believed(&read), "{how}: {header}");
    };
    for place in places(data) {
        let mut wrong = right;
        flip(&mut wrong, place);
        refuse(&header(&time, &wrong), body, "a bit of the signature");
        let mut other_time = time.clone().into_bytes();
        flip(&mut other_time, place);
        if let Ok(other_time) = String::from_utf8(other_time) {
            refuse(&header(&other_time, &right), body, "a bit of the time");
        }
        if !body.is_empty() {
            let mut other_body = body.to_vec();
            flip(&mut other_body, place);
            refuse(&header(&time, &right), &other_body, "a bit of the body");
        }
    }
    refuse(&header(&time, &right[1..]), body, "a shorter signature");
    refuse(&header(&time, &[]), body, "no signature");
    let longer = [body, &b" "[..]].concat();
    refuse(&header(&time, &right), &longer, "a longer body");
    if let Some((_, shorter)) = body.split_last() {
        refuse(&header(&time, &right), shorter, "a shorter body");
    }
}

/// Which bits to flip, by what the input is, so that the same input is the same test.
fn places(data: &[u8]) -> impl Iterator<Item = usize> {
    let seed = data.iter().fold(data.len() as u64, |seed, byte| {
        (seed ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let places = (1..).map(move |number: u64| seed.wrapping_mul(2 * number + 1) >> 16);
    places.take(FLIPS).map(|place| place as usize)
}

fn flip(bytes: &mut [u8], place: usize) {
    let bit = place % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

fn only_for_a_while(header_of_input: Option<&str>, body: &[u8]) {
    let tolerance = Duration::from_secs(1 + body.len() as u64 % 3600);
    let longest_s = tolerance.as_secs() as i64;
    let signed = signed(NOW_S, body);
    for (after_s, is_in_time) in [
        (longest_s, true),
        (-longest_s, true),
        (longest_s + 1, false),
        (-longest_s - 1, false),
    ] {
        let read = read_at(Some(&signed), body, NOW_S + after_s, tolerance);
        assert_eq!(is_believed(&read), is_in_time, "{after_s}: {read:?}");
        assert_eq!(read == Err(WebhookFault::TooOld), !is_in_time);
    }
    // Any time that the input names, signed as it is written there.
    let parts = header_of_input.unwrap_or_default().split(',');
    for time in parts.filter_map(|part| part.trim().strip_prefix("t=")) {
        let Ok(time_s) = time.parse::<i64>() else {
            continue;
        };
        let read = read(Some(&header(time, &signature(time, body))), body);
        let is_in_time = NOW_S.abs_diff(time_s) <= TOLERANCE.as_secs();
        assert_eq!(is_believed(&read), is_in_time, "{time}: {read:?}");
    }
}
