//! Each class of the protocol, by the answers that Stripe's reference describes.

use std::time::Duration;

use super::*;

/// An answer with headers, as `into_outcome` sorts it: the name of the class, and what the operator
/// reads.
fn sorted(status: u16, body: &str, told: Told) -> (&'static str, Option<Trouble>) {
    let answer = ErrorAnswer::read(status, body.as_bytes(), told);
    match Failure::Answered(Box::new(answer)).into_outcome::<()>() {
        Outcome::Done(()) => ("done", None),
        Outcome::Declined(decline) => ("declined", Some(Trouble::new(decline.code))),
        Outcome::RequiresAction(_) => ("requires_action", None),
        Outcome::Retryable(trouble) => ("retryable", Some(trouble)),
        Outcome::InDoubt(trouble) => ("in_doubt", Some(trouble)),
        Outcome::Rejected(trouble) => ("rejected", Some(trouble)),
    }
}

fn class(status: u16, body: &str) -> &'static str {
    sorted(status, body, Told::default()).0
}

#[test]
fn a_decline_is_told_by_the_banks_own_word() {
    let body = r#"{"error":{"type":"card_error","code":"card_declined",
        "decline_code":"insufficient_funds","message":"Your card has insufficient funds."}}"#;
    let (class, told) = sorted(402, body, Told::default());
    assert_eq!(class, "declined");
    assert_eq!(told, Some(Trouble::new("insufficient_funds")));
    let body = r#"{"error":{"type":"card_error","code":"expired_card"}}"#;
    assert_eq!(
        sorted(402, body, Told::default()).1,
        Some(Trouble::new("expired_card"))
    );
    let body = r#"{"error":{"type":"card_error"}}"#;
    assert_eq!(
        sorted(402, body, Told::default()).1,
        Some(Trouble::new(GENERIC_DECLINE))
    );
}

#[test]
fn each_status_has_its_class() {
    let error = |kind: &str| format!(r#"{{"error":{{"type":"{kind}"}}}}"#);
    for (status, kind, expected) in [
        (400, "invalid_request_error", "rejected"),
        (400, "idempotency_error", "rejected"),
        (401, "invalid_request_error", "rejected"),
        (403, "invalid_request_error", "rejected"),
        (404, "invalid_request_error", "rejected"),
        (408, "", "in_doubt"),
        (409, "idempotency_error", "retryable"),
        (424, "api_error", "in_doubt"),
        (429, "rate_limit_error", "retryable"),
        (500, "api_error", "in_doubt"),
        (502, "", "in_doubt"),
        (503, "api_error", "in_doubt"),
        (504, "", "in_doubt"),
        (302, "", "in_doubt"),
    ] {
        assert_eq!(class(status, &error(kind)), expected, "{status} {kind}");
    }
}

#[test]
fn a_proxys_answer_is_read_by_its_status() {
    assert_eq!(class(502, "<html>Bad Gateway</html>"), "in_doubt");
    assert_eq!(class(429, "slow down"), "retryable");
}

/// Whoever wants to be paid on the way has not asked the bank.
#[test]
fn only_stripe_says_that_a_card_is_declined() {
    for body in ["", "<html>Payment Required</html>", "{}", r#"{"error":{}}"#] {
        assert_eq!(class(402, body), "in_doubt", "{body}");
    }
    assert_eq!(class(402, r#"{"error":{"type":"card_error"}}"#), "declined");
}

/// It was not carried out a second time, and the first may be about to happen.
#[test]
fn a_key_in_use_is_a_doubt_and_a_locked_object_is_none() {
    let told = Told {
        should_retry: Some(true),
        ..Told::default()
    };
    let body = r#"{"error":{"type":"idempotency_error","code":"idempotency_key_in_use"}}"#;
    let (class, trouble) = sorted(409, body, told.clone());
    assert_eq!(class, "in_doubt");
    assert_eq!(trouble.map(|it| it.replayed), Some(false));
    let body = r#"{"error":{"type":"invalid_request_error","code":"lock_timeout"}}"#;
    assert_eq!(sorted(409, body, told).0, "retryable");
}

#[test]
fn a_stored_failure_burns_the_key_and_a_fresh_one_does_not() {
    let replayed = |told| sorted(500, "{}", told).1.map(|trouble| trouble.replayed);
    let told = Told::default();
    assert_eq!(replayed(told.clone()), Some(false));
    assert_eq!(
        replayed(Told {
            is_replayed: true,
            ..told.clone()
        }),
        Some(true)
    );
    assert_eq!(
        replayed(Told {
            should_retry: Some(false),
            ..told.clone()
        }),
        Some(true)
    );
    assert_eq!(
        replayed(Told {
            should_retry: Some(true),
            ..told
        }),
        Some(false)
    );
}

#[test]
fn what_stripe_wants_repeated_is_repeated_and_not_too_soon() {
    let told = Told {
        should_retry: Some(true),
        retry_after: Some(Duration::from_secs(3)),
        ..Told::default()
    };
    let (class, trouble) = sorted(400, r#"{"error":{"code":"lock_timeout"}}"#, told);
    assert_eq!(class, "retryable");
    assert_eq!(
        trouble.and_then(|it| it.retry_after),
        Some(Duration::from_secs(3))
    );
}

#[test]
fn what_may_be_sent_again_may_have_happened() {
    for status in [408, 424] {
        let told = Told {
            should_retry: Some(true),
            ..Told::default()
        };
        assert_eq!(sorted(status, "{}", told).0, "in_doubt", "{status}");
    }
}

#[test]
fn the_operator_reads_code_and_request_and_never_the_message() {
    let told = Told {
        request_id: Some("req_7".to_owned()),
        ..Told::default()
    };
    let body = r#"{"error":{"type":"invalid_request_error","code":"parameter_invalid_integer",
        "param":"amount","message":"Invalid integer: 4242424242424242"}}"#;
    let (_, trouble) = sorted(400, body, told);
    assert_eq!(
        trouble.map(|it| it.summary).as_deref(),
        Some(
            "Stripe answered 400 invalid_request_error parameter_invalid_integer amount (request req_7)"
        )
    );
}

#[test]
fn an_unsent_request_did_nothing_and_an_unanswered_one_may_have() {
    let outcome = Failure::NotSent(String::new()).into_outcome::<()>();
    assert!(matches!(outcome, Outcome::Retryable(_)));
    let outcome = Failure::Unanswered(String::new()).into_outcome::<()>();
    assert!(matches!(outcome, Outcome::InDoubt(_)));
}

#[test]
fn only_stripe_says_that_something_is_missing() {
    let missing = |status: u16, body: &str| {
        let answer = ErrorAnswer::read(status, body.as_bytes(), Told::default());
        Failure::Answered(Box::new(answer)).is_missing()
    };
    assert!(missing(404, r#"{"error":{"code":"resource_missing"}}"#));
    assert!(!missing(404, "<html>Not Found</html>"));
    assert!(!missing(
        404,
        r#"{"error":{"type":"invalid_request_error"}}"#
    ));
    assert!(!missing(400, r#"{"error":{"code":"resource_missing"}}"#));
}

#[test]
fn of_a_charge_that_is_refunded_or_disputed_nothing_is_left() {
    let nothing_is_left = |code: &str| {
        let body = format!(r#"{{"error":{{"type":"invalid_request_error","code":"{code}"}}}}"#);
        let answer = ErrorAnswer::read(400, body.as_bytes(), Told::default());
        Failure::Answered(Box::new(answer)).says_nothing_is_left()
    };
    for code in [
        "charge_already_refunded",
        "charge_disputed",
        "refund_disputed_payment",
    ] {
        assert!(nothing_is_left(code), "{code}");
    }
    assert!(!nothing_is_left("resource_missing"));
    assert!(!nothing_is_left("charge_not_refundable"));
}

/// What an account cannot do is told from what passes, and from a key that may not.
#[test]
fn a_refusal_is_for_good() {
    let is_refusal = |status: u16, should_retry| {
        let told = Told {
            should_retry,
            ..Told::default()
        };
        Failure::Answered(Box::new(ErrorAnswer::read(status, b"", told))).is_refusal()
    };
    for status in [400, 404] {
        assert!(is_refusal(status, None), "{status}");
        assert!(!is_refusal(status, Some(true)), "{status}");
    }
    for status in [302, 401, 403, 408, 409, 424, 429, 500, 503] {
        assert!(!is_refusal(status, None), "{status}");
    }
    assert!(!Failure::Unanswered(String::new()).is_refusal());
}

#[test]
fn a_token_that_is_no_good_is_the_visitors_to_correct() {
    let failure = |body: &str| {
        Failure::Answered(Box::new(ErrorAnswer::read(
            400,
            body.as_bytes(),
            Told::default(),
        )))
    };
    assert!(
        failure(
            r#"{"error":{"type":"invalid_request_error","code":"resource_missing","param":"payment_method"}}"#
        )
        .blames_payment_method()
    );
    assert!(
        failure(
            r#"{"error":{"type":"invalid_request_error","code":"payment_method_unexpected_state"}}"#
        )
        .blames_payment_method()
    );
    assert!(
        !failure(r#"{"error":{"type":"invalid_request_error","code":"resource_missing","param":"customer"}}"#)
            .blames_payment_method()
    );
    assert!(
        failure(
            r#"{"error":{"type":"invalid_request_error","message":"… already been attached …"}}"#
        )
        .blames_payment_method()
    );
    assert!(
        !failure(r#"{"error":{"type":"invalid_request_error","code":"account_invalid"}}"#)
            .blames_payment_method()
    );
    assert!(!failure(r#"{"error":{"type":"idempotency_error"}}"#).blames_payment_method());
}
