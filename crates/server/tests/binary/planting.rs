//! Secrets, and every way in which a request can carry them.

use serde_json::{Value, json};

use crate::process::{Answer, Serving};

/// Succeeds.
pub(crate) const PAN: &str = "4000056655665556";
/// Succeeds, and has a code of four digits.
pub(crate) const AMEX: &str = "378282246310005";
pub(crate) const INSUFFICIENT_FUNDS: &str = "4000000000009995";
pub(crate) const FAILS_AT_THE_CHARGE: &str = "4000000000000341";
pub(crate) const ASKS_THE_BANK: &str = "4000002500003155";
/// Could be a real one: its check digit is right.
pub(crate) const NOT_A_TEST_CARD: &str = "4929123412341232";
pub(crate) const WRONG_CHECK_DIGIT: &str = "4000056655665557";
/// Where a number was put by mistake.
pub(crate) const MISPLACED: &str = "5105105105105100";
/// What is no code at all, and long enough to be searched for like a card number.
pub(crate) const NO_CODE: &str = "canary-code-7f3a91";

/// What was planted.
#[derive(Default)]
pub(crate) struct Planted {
    people: usize,
    pub(crate) passwords: Vec<String>,
    pub(crate) codes: Vec<String>,
    pub(crate) access_tokens: Vec<String>,
    pub(crate) link_tokens: Vec<String>,
    pub(crate) mail_codes: Vec<String>,
    pub(crate) client_secrets: Vec<String>,
}

impl Planted {
    /// Somebody new with a card, a password and a security code that nobody else has.
    pub(crate) fn person(&mut self, card_number: &str) -> Value {
        self.people += 1;
        let number = self.people;
        let password = format!("canary plum orbit saxophone {number:03}");
        // Begins with 0, and no two have the same value: see `leaks`.
        let code = if card_number == AMEX {
            format!("0{}", 730 + number)
        } else {
            format!("0{}", 50 + number)
        };
        self.passwords.push(password.clone());
        self.codes.push(code.clone());
        json!({
            "email": format!("ada{number}@example.com"), "password": password,
            "first_name": "Ada", "last_name": "Lovelace", "address": "12 Main Street",
            "city": "Springfield", "state": "IL", "zip": "62701", "plan": "pro",
            "card_number": card_number, "expiry_month": 12, "expiry_year": "2029", "cvv": code,
        })
    }

    pub(crate) fn note(&mut self, answer: &Answer) {
        let body = answer.json();
        if let Some(token) = body["access_token"].as_str() {
            self.access_tokens.push(token.to_owned());
        }
        if let Some(secret) = body["registration"]["client_secret"].as_str() {
            self.client_secrets.push(secret.to_owned());
        }
    }
}

/// Successes, declines at each step, repeats, 3-D Secure.
pub(crate) fn plant_in_answers(serving: &Serving, planted: &mut Planted) {
    let cards = [
        (PAN, 201),
        (AMEX, 201),
        (INSUFFICIENT_FUNDS, 402),
        (FAILS_AT_THE_CHARGE, 402),
        (NOT_A_TEST_CARD, 402),
        (ASKS_THE_BANK, 202),
    ];
    for (card, status) in cards {
        let person = planted.person(card);
        let key = format!("key-{card}");
        for _ in 0..2 {
            let answer = serving.post_json("/api/users", &person, &[("idempotency-key", &key)]);
            assert_eq!(answer.status, status, "{}", answer.text);
            planted.note(&answer);
        }
        // The same key with another password and code.
        let mut other = person.clone();
        let another = planted.person(card);
        other["password"] = another["password"].clone();
        other["cvv"] = another["cvv"].clone();
        let answer = serving.post_json("/api/users", &other, &[("idempotency-key", &key)]);
        assert!(matches!(answer.status, 422 | 402), "{}", answer.text);
    }
    let secret = planted.client_secrets[0].clone();
    let path = format!("/sandbox/authenticate/{secret}");
    assert_eq!(serving.get(&path, &[("accept", "text/html")]).status, 200);
    assert_eq!(
        serving.post_form(&path, &[("answer", "confirm")]).status,
        303
    );
}

/// What is refused before anything is begun, and numbers where none belong.
pub(crate) fn plant_in_refusals(serving: &Serving, planted: &mut Planted) {
    let refused = |person: &Value, status: u16| {
        let answer = serving.post_json("/api/users", person, &[]);
        assert_eq!(answer.status, status, "{}", answer.text);
    };
    refused(&planted.person(WRONG_CHECK_DIGIT), 422);
    let changes = [
        ("cvv", json!(NO_CODE)),
        ("password", json!("canary plum\u{7} orbit saxophone")),
        ("email", json!(MISPLACED)),
        ("zip", json!(MISPLACED)),
        ("expiry_month", json!(MISPLACED)),
        ("plan", json!(MISPLACED)),
        ("country", json!(MISPLACED)),
        (MISPLACED, json!("in the place of a name")),
        ("nickname", json!(MISPLACED)),
        ("cvv", json!([MISPLACED])),
    ];
    for (field, value) in changes {
        let mut person = planted.person(PAN);
        person[field] = value;
        refused(&person, 422);
    }
    let whole = planted.person(PAN).to_string();
    let json = [("content-type", "application/json")];
    let text = [("content-type", "text/plain")];
    let cut = &whole[..whole.len() - 1];
    for (body, headers, status) in [(cut, json, 400), (&whole, text, 415)] {
        let answer = serving.try_post("/api/users", body, &headers).unwrap();
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    for path in [
        "/nothing",
        "/sandbox/faults",
        "/api/registrations/x/verification",
    ] {
        let answer = serving.try_post(path, &whole, &json).unwrap();
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {}",
            answer.status
        );
    }
    let query = format!("/?card_number={MISPLACED}");
    assert_eq!(serving.get(&query, &[]).status, 200);
    assert_eq!(serving.get(&format!("/api/{MISPLACED}"), &[]).status, 404);
    let key = [("idempotency-key", MISPLACED)];
    let answer = serving.post_json("/api/users", &planted.person(PAN), &key);
    assert_eq!(answer.status, 201, "{}", answer.text);
    planted.note(&answer);
}

/// The page without JavaScript.
pub(crate) fn plant_in_forms(serving: &Serving, planted: &mut Planted) {
    for (card, status) in [
        (PAN, 303),
        (FAILS_AT_THE_CHARGE, 402),
        (WRONG_CHECK_DIGIT, 422),
    ] {
        let person = planted.person(card);
        let mut pairs: Vec<(&str, &str)> = person
            .as_object()
            .unwrap()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect();
        pairs.extend([("expiry", "12 / 29"), ("idempotency_key", card)]);
        let answer = serving.post_form("/", &pairs);
        assert_eq!(answer.status, status, "{}", answer.text);
        if status == 303 {
            let cookie = answer.cookie.split(';').next().unwrap();
            let (_, token) = cookie.split_once('.').unwrap();
            planted.access_tokens.push(token.to_owned());
            assert_eq!(
                serving.get(&answer.location, &[("cookie", cookie)]).status,
                200
            );
        }
    }
}

/// Tokens, links and codes, right and wrong.
pub(crate) fn plant_in_proofs(serving: &Serving, planted: &mut Planted) {
    for by_link in [false, true] {
        let person = planted.person(PAN);
        let answer = serving.post_json("/api/users", &person, &[]);
        assert_eq!(answer.status, 201, "{}", answer.text);
        planted.note(&answer);
        let token = planted.access_tokens.last().unwrap().clone();
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        assert_eq!(serving.get(&answer.location, &headers).status, 200);
        let events = format!("{}/events", answer.location);
        assert!(serving.get(&events, &headers).text.contains("event: end"));

        let mail = serving.mail_to(person["email"].as_str().unwrap());
        let text = mail["text"].as_str().unwrap();
        let line = |words: &str| text.lines().find(|line| line.contains(words)).unwrap();
        let link = line("/verify/").rsplit('/').next().unwrap().trim();
        let code = line("code").rsplit(' ').next().unwrap();
        planted.link_tokens.push(link.to_owned());
        planted.mail_codes.push(code.to_owned());
        let verification = format!("{}/verification", answer.location);
        // As a number it is refused, and must not be repeated on the way.
        let number: u32 = code.parse().unwrap();
        let refused = serving.post_json(&verification, &json!({ "code": number }), &headers);
        assert_eq!(refused.status, 400, "{}", refused.text);
        if by_link {
            let path = format!("/verify/{link}");
            assert_eq!(serving.get(&path, &[("accept", "text/html")]).status, 200);
            assert_eq!(serving.post_form(&path, &[]).status, 200);
        } else {
            let right = serving.post_json(&verification, &json!({ "code": code }), &headers);
            assert_eq!(right.status, 200, "{}", right.text);
        }
    }
}

/// A gateway that fails in every way, while it has the card or the customer.
pub(crate) fn plant_under_faults(serving: &Serving, planted: &mut Planted) {
    for step in ["tokenize_card", "create_customer", "start_subscription"] {
        for kind in ["fail_before", "fail_after", "lose_reply", "hang", "refuse"] {
            let fault = json!({"step": step, "kind": kind, "count": 1});
            assert_eq!(
                serving.post_json("/sandbox/faults", &fault, &[]).status,
                201
            );
            let answer = serving.post_json("/api/users", &planted.person(PAN), &[]);
            assert!(matches!(answer.status, 201 | 503), "{}", answer.text);
            planted.note(&answer);
        }
    }
}
