//! Which events are believed.

use super::*;
use crate::signatures::sign;

const BODY: &str = r#"{"id":"evt_1","type":"customer.subscription.updated","data":{"object":{
    "id":"sub_1","object":"subscription","customer":"cus_1",
    "metadata":{"registration_id":"01a208a3-28dc-73ae-8ca4-8613ab7381df"}}}}"#;

const SIGNED_AT: i64 = 1_700_000_000;

fn secrets(text: &str) -> WebhookSecrets {
    WebhookSecrets::parse(text).expect("secrets")
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn header(secret: &str, body: &str) -> String {
    let signature = sign(
        &SecretString::from(secret),
        &SIGNED_AT.to_string(),
        body.as_bytes(),
    );
    format!("t={SIGNED_AT},v1={},v0={}", hex(signature), "0".repeat(64))
}

fn read(known: &str, header: &str, body: &str, after_s: i64) -> Result<Event, WebhookFault> {
    let now = Timestamp::from_second(SIGNED_AT + after_s).expect("a time");
    secrets(known).read(Some(header), body.as_bytes(), now, TOLERANCE)
}

#[test]
fn a_signed_event_is_believed() {
    let event = read("whsec_a", &header("whsec_a", BODY), BODY, 0).expect("it is signed");
    assert_eq!(event.id, "evt_1");
    assert_eq!(event.kind, "customer.subscription.updated");
    assert_eq!(event.customer, Some(CustomerId("cus_1".to_owned())));
    let registration = "01a208a3-28dc-73ae-8ca4-8613ab7381df".parse().ok();
    assert_eq!(event.registration, registration);
}

/// By another implementation: `printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test`.
#[test]
fn a_signature_is_hmac_sha256_of_time_and_body() {
    let signature = sign(&SecretString::from("whsec_test"), "1700000000", b"{}");
    assert_eq!(
        hex(signature),
        "35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91"
    );
}

#[test]
fn while_secrets_are_exchanged_either_counts() {
    let both = "whsec_old, whsec_new";
    for secret in ["whsec_old", "whsec_new"] {
        assert!(
            read(both, &header(secret, BODY), BODY, 0).is_ok(),
            "{secret}"
        );
    }
    // Stripe signs with both for a while.
    let (old, new) = (header("whsec_old", BODY), header("whsec_new", BODY));
    let v1 = new.split(',').nth(1).expect("a signature");
    assert!(read("whsec_new", &format!("{old},{v1}"), BODY, 0).is_ok());
}

#[test]
fn what_nobody_signed_is_not_believed() {
    let signed = header("whsec_a", BODY);
    let faults = [
        read("whsec_b", &signed, BODY, 0),
        read("whsec_a", &signed, &BODY.replace("cus_1", "cus_2"), 0),
        read("whsec_a", &signed.replace("t=17", "t=18"), BODY, 0),
        read("whsec_a", &signed.replace("v1=", "v0="), BODY, 0),
    ];
    for fault in faults {
        assert_eq!(fault, Err(WebhookFault::NotSigned));
    }
}

#[test]
fn a_header_that_cannot_be_read_is_none() {
    for header in ["", "v1=00", "t=,v1=00", "t=abc,v1=00", "nonsense"] {
        assert_eq!(
            read("whsec_a", header, BODY, 0),
            Err(WebhookFault::NoSignature),
            "{header}"
        );
    }
    let none = secrets("whsec_a").read(None, b"{}", Timestamp::UNIX_EPOCH, TOLERANCE);
    assert_eq!(none, Err(WebhookFault::NoSignature));
}

#[test]
fn what_was_signed_too_long_ago_or_ahead_is_not_believed() {
    let signed = header("whsec_a", BODY);
    for (after_s, is_believed) in [(300, true), (301, false), (-300, true), (-301, false)] {
        let read = read("whsec_a", &signed, BODY, after_s);
        assert_eq!(read.is_ok(), is_believed, "{after_s}");
        if !is_believed {
            assert_eq!(read, Err(WebhookFault::TooOld));
        }
    }
}

#[test]
fn what_is_signed_and_no_event_is_told_apart() {
    for body in [
        "",
        "[]",
        "{}",
        r#"{"id":"","type":"x","data":{"object":{}}}"#,
    ] {
        assert_eq!(
            read("whsec_a", &header("whsec_a", body), body, 0),
            Err(WebhookFault::Unreadable),
            "{body}"
        );
    }
}

#[test]
fn an_event_fits_into_the_journal() {
    let event = |characters| {
        let id = "ä".repeat(characters);
        let body = format!(r#"{{"id":"{id}","type":"x","data":{{"object":{{}}}}}}"#);
        Event::parse(body.as_bytes())
    };
    assert!(event(MAX_EVENT_CHARACTERS).is_some());
    assert_eq!(event(MAX_EVENT_CHARACTERS + 1), None);
}

#[test]
fn the_customer_and_the_registration_are_found_wherever_an_object_has_them() {
    let event = |object: &str| {
        let body = format!(r#"{{"id":"evt_1","type":"x","data":{{"object":{object}}}}}"#);
        Event::parse(body.as_bytes()).expect("an event")
    };
    let id = "01a208a3-28dc-73ae-8ca4-8613ab7381df";
    let customer = event(&format!(
        r#"{{"id":"cus_1","object":"customer","metadata":{{"registration_id":"{id}"}}}}"#
    ));
    let invoice = event(&format!(
        r#"{{"id":"in_1","object":"invoice","customer":"cus_1","metadata":{{}},"parent":
        {{"subscription_details":{{"metadata":{{"registration_id":"{id}"}}}}}}}}"#
    ));
    let charge = event(r#"{"id":"ch_1","object":"charge","customer":{"id":"cus_1"}}"#);
    let foreign = event(r#"{"id":"po_1","object":"payout","metadata":{"registration_id":"7"}}"#);
    for known in [&customer, &invoice, &charge] {
        assert_eq!(known.customer, Some(CustomerId("cus_1".to_owned())));
    }
    for known in [&customer, &invoice] {
        assert_eq!(known.registration, id.parse().ok());
    }
    assert_eq!((charge.registration, foreign.registration), (None, None));
    assert_eq!(foreign.customer, None);
}

#[test]
fn what_is_no_secret_is_refused_and_not_repeated() {
    for text in ["", "sk_test_x", "whsec_", "whsec_a,,whsec_b"] {
        assert_eq!(
            WebhookSecrets::parse(text).err(),
            Some(NotASecret),
            "{text}"
        );
    }
    assert_eq!(
        format!("{:?}", secrets("whsec_a,whsec_b")),
        "WebhookSecrets(2)"
    );
}
