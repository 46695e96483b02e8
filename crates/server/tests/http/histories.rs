//! Histories of requests, made up by proptest: after each request the answer, what everybody sees of what
//! is theirs, and what the gateway holds are what a model says. A history that fails is made shorter.
//!
//! `ENLIST_TEST_HISTORIES` says how many.

mod model;
mod transitions;

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use enlist::system::SystemClock;
use enlist_registration::ports::Clock;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::answer::{Answer, Begun, Mail};
use crate::person::{Person, expiry_year};
use crate::service::{Service, json_request};
use model::{Expected, MAILS, Model};
use transitions::{Card, Code, Form, Key, Plan, Token, Transition};

/// Histories, unless `ENLIST_TEST_HISTORIES` says otherwise; each with a service of its own.
const HISTORIES: u32 = 40;

/// Requests of one history.
const LONGEST: usize = 40;

/// A service, and what was learnt of it that the model does not know: ids, tokens, codes, bytes.
struct Observed {
    runtime: Runtime,
    service: Service,
    followed: Vec<Begun>,
    /// The code of the newest mail, where it has one.
    codes: Vec<Option<String>>,
    /// Of each attempt, its id and the answer that told of it first.
    attempts: Vec<(String, Answer)>,
}

struct Histories;

impl StateMachineTest for Histories {
    type SystemUnderTest = Observed;
    type Reference = Model;

    fn init_test(_: &Model) -> Observed {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let mails = MAILS.to_string();
        let keys = [
            ("verification.resend_after", "0s"),
            ("verification.mails", mails.as_str()),
        ];
        let service = runtime.block_on(Service::with(&keys));
        Observed {
            runtime,
            service,
            followed: Vec::new(),
            codes: Vec::new(),
            attempts: Vec::new(),
        }
    }

    fn apply(mut observed: Observed, model: &Model, transition: Transition) -> Observed {
        let sent = observed.send(&transition);
        let answer = observed.runtime.block_on(observed.service.send(sent));
        observed.learn(&answer, &model.expected);
        observed.compare(&answer, &model.expected);
        if let Some(whose) = model.expected.mail_to {
            observed.read_mail(whose, model);
        }
        observed
    }

    fn check_invariants(observed: &Observed, model: &Model) {
        observed.everybody_sees_what_is_theirs(model);
        observed.the_gateway_holds_what_stands(model);
    }
}

/// The last part of an answer's problem type; empty where it is no problem.
fn problem(answer: &Answer) -> String {
    if answer.header("content-type") != "application/problem+json" {
        return String::new();
    }
    let problem = answer.json()["type"].as_str().unwrap().to_owned();
    problem.rsplit('/').next().unwrap().to_owned()
}

/// Codes that are not the right one.
fn other_than(code: Option<&str>) -> &'static str {
    match code {
        Some("000000") => "000001",
        _ => "000000",
    }
}

fn address(email: usize, shouted: bool) -> String {
    let address = format!("person{email}@example.com");
    match shouted {
        true => address.to_uppercase(),
        false => address,
    }
}

fn card(card: Card) -> Value {
    json!({
        "card_number": card.number(),
        "expiry_month": 12,
        "expiry_year": expiry_year(),
        "cvv": "123",
    })
}

impl Observed {
    fn send(&self, transition: &Transition) -> Request<Body> {
        match transition {
            Transition::SignUp { form, key } => sign_up(form, *key),
            Transition::SignUpWithout { field, key } => {
                let person = Person::new("nobody@example.com").without(&[*field]);
                request_under(*key, "/api/users", &person.json(), None)
            }
            Transition::Begin { email, shouted } => {
                let body = json!({ "email": address(*email, *shouted) });
                json_request("/api/registrations", &body, &[])
            }
            Transition::TypeCode { followed, code } => {
                let known = self.codes[*followed].as_deref();
                let code = match code {
                    Code::Right => known.unwrap_or(other_than(None)),
                    Code::Wrong => other_than(known),
                    Code::None => "12345",
                };
                self.step(*followed, "POST", "/verification", &json!({ "code": code }))
            }
            Transition::AskForMail { followed } => {
                self.step(*followed, "POST", "/verification/mail", &json!({}))
            }
            Transition::GiveProfile { followed } => {
                let person = Person::new("").without_card();
                let person = person.without(&["email", "password", "plan"]);
                self.step(*followed, "PUT", "/profile", &person.json())
            }
            Transition::GiveCard {
                followed,
                card: number,
                plan,
            } => {
                let body = with_plan(card(*number), plan.and_then(Plan::name));
                self.step(*followed, "PUT", "/payment-method", &body)
            }
            Transition::Complete {
                followed,
                plan,
                password,
                key,
            } => {
                let body = json!({ "password": password.as_str() });
                let body = with_plan(body, plan.and_then(Plan::name));
                let begun = &self.followed[*followed];
                let path = format!("/api/registrations/{}/completion", begun.id);
                request_under(*key, &path, &body, Some(&begun.token))
            }
            Transition::Look { followed, token } => self.look(*followed, *token),
            Transition::LookForNothing { has_form_of_id } => {
                let id = match has_form_of_id {
                    true => "01990000-0000-7000-8000-000000000000",
                    false => "7",
                };
                look_with(id, Some(&"0".repeat(64)))
            }
        }
    }

    /// Something that is said on the way, by whoever has the token.
    fn step(&self, followed: usize, method: &str, part: &str, body: &Value) -> Request<Body> {
        let begun = &self.followed[followed];
        let path = format!("/api/registrations/{}{part}", begun.id);
        let mut request = request_under(None, &path, body, Some(&begun.token));
        *request.method_mut() = method.parse().unwrap();
        request
    }

    fn look(&self, followed: usize, token: Token) -> Request<Body> {
        let begun = &self.followed[followed];
        let others = self.followed.iter().find(|it| it.id != begun.id);
        let (other, wrong) = (others.map(|it| it.token.as_str()), "0".repeat(64));
        let token = match token {
            Token::Right => Some(begun.token.as_str()),
            Token::Wrong => Some(wrong.as_str()),
            Token::None => None,
            Token::OfAnother => Some(other.unwrap_or(&wrong)),
        };
        look_with(&begun.id, token)
    }

    /// Takes what the model cannot know from an answer.
    fn learn(&mut self, answer: &Answer, expected: &Expected) {
        if expected.begins && matches!(answer.status, 201 | 202 | 402) {
            let body = answer.json();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            self.followed.push(Begun {
                id: text(&body["registration"]["id"]),
                token: text(&body["access_token"]),
            });
            self.codes.push(None);
        }
    }

    fn compare(&mut self, answer: &Answer, expected: &Expected) {
        let (status, kind) = (answer.status, problem(answer));
        let told = answer.text();
        assert_eq!(
            (status, kind.as_str()),
            (expected.status, expected.problem),
            "{told}"
        );
        if let Some(next) = expected.next {
            let body = answer.json();
            let found = [&body["next"], &body["registration"]["next"]];
            assert!(found.into_iter().any(|it| it == next), "{next}: {told}");
        }
        let Some(attempt) = expected.attempt else {
            // What is refused before anything begins tells of nothing that has begun.
            assert!(kind.is_empty() || answer.json()["registration"].is_null());
            return;
        };
        match self.attempts.get(attempt) {
            Some((_, first)) => assert_eq!(first.text(), told, "the same bytes"),
            None => {
                let id = answer.json()["registration"]["id"].clone();
                let id = id.as_str().unwrap().to_owned();
                let is_new = self.attempts.iter().all(|(other, _)| *other != id);
                assert!(is_new && self.attempts.len() == attempt, "{id} is new");
                let (status, headers) = (answer.status, answer.headers.clone());
                let body = answer.body.clone();
                let first = Answer {
                    status,
                    headers,
                    body,
                };
                self.attempts.push((id, first));
            }
        }
    }

    /// Waits until as many mails are there as were to be sent, and reads the newest.
    fn read_mail(&mut self, whose: usize, model: &Model) {
        let newest = self
            .runtime
            .block_on(newest_mail(&self.service, model.mails));
        let has_link = newest["text"].as_str().unwrap().contains("/verify/");
        assert_eq!(has_link, model.has_code(whose), "{newest}");
        self.codes[whose] = has_link.then(|| Mail::read(&newest).code);
    }

    fn everybody_sees_what_is_theirs(&self, model: &Model) {
        for (begun, expected) in self.followed.iter().zip(&model.followed) {
            let looked = look_with(&begun.id, Some(&begun.token));
            let answer = self.runtime.block_on(self.service.send(looked));
            let registration = answer.json()["registration"].clone();
            let told = (&registration["status"], registration["next"].as_str());
            let status = Value::from(expected.stage.as_str());
            assert_eq!(told, (&status, expected.next()), "{}", answer.text());
        }
    }

    /// Of what stands, a customer, and with a price one subscription and one charge; of what does not,
    /// nothing; and nothing of anybody else.
    fn the_gateway_holds_what_stands(&self, model: &Model) {
        let ledger = self.runtime.block_on(self.service.ledger());
        let mut expected = [Vec::new(), Vec::new(), Vec::new()];
        for ((id, _), attempt) in self.attempts.iter().zip(&model.attempts) {
            if attempt.stands {
                expected[0].push((id.clone(), None));
            }
            if let (true, Some(amount)) = (attempt.stands, attempt.plan.amount_minor()) {
                expected[1].push((id.clone(), Some(amount)));
                expected[2].push((id.clone(), Some(amount)));
            }
        }
        for (kind, mut expected) in ["customers", "subscriptions", "charges"]
            .into_iter()
            .zip(expected)
        {
            let mut held = live(&ledger[kind]);
            held.sort();
            expected.sort();
            assert_eq!(held, expected, "{kind}");
        }
        assert_eq!(ledger["refunds"], json!([]), "nobody was charged in vain");
    }
}

/// What is live of a kind: whose, and how much.
fn live(entries: &Value) -> Vec<(String, Option<i64>)> {
    let entries = entries.as_array().unwrap().iter();
    let live = entries.filter(|entry| entry["live"] == true);
    live.map(|entry| {
        let whose = entry["registration_id"].as_str().unwrap().to_owned();
        (whose, entry["amount_minor"].as_i64())
    })
    .collect()
}

/// Not `until`, whose pauses would be most of a history.
async fn newest_mail(service: &Service, count: usize) -> Value {
    const PAUSE: Duration = Duration::from_millis(1);
    const MOST_LOOKS: u32 = 20_000;
    for _ in 0..MOST_LOOKS {
        let mails = service.get("/mailbox/messages").await.json();
        let mails = mails.as_array().unwrap();
        assert!(mails.len() <= count, "a mail that nobody asked for");
        if mails.len() == count {
            return mails[0].clone();
        }
        SystemClock.sleep(PAUSE).await;
    }
    panic!("mail {count} did not arrive");
}

fn sign_up(form: &Form, key: Option<Key>) -> Request<Body> {
    let person = Person::new(&address(form.email, form.shouted))
        .paying_with(form.card.number())
        .with("password", form.password.as_str());
    let person = match form.plan.name() {
        Some(plan) => person.with("plan", plan),
        None => person.without(&["plan"]),
    };
    request_under(key, "/api/users", &person.json(), None)
}

fn with_plan(mut body: Value, plan: Option<&str>) -> Value {
    if let Some(plan) = plan {
        body["plan"] = plan.into();
    }
    body
}

fn request_under(key: Option<Key>, path: &str, body: &Value, token: Option<&str>) -> Request<Body> {
    let key = key.map(|key| format!("key-{key}"));
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = Vec::new();
    headers.extend(key.as_deref().map(|key| ("idempotency-key", key)));
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    json_request(path, body, &headers)
}

fn look_with(id: &str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::get(format!("/api/registrations/{id}"));
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}

fn configuration() -> ProptestConfig {
    let histories = std::env::var("ENLIST_TEST_HISTORIES").ok();
    ProptestConfig {
        cases: histories.map_or(HISTORIES, |it| it.parse().unwrap()),
        // Each look at a shorter history starts a service.
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    }
}

/// Every kind of answer, with the first part that is missing, and whether it tells again of what was told of
/// before.
const ANSWERS: &[(u16, &str, Option<&str>, bool)] = &[
    (200, "", None, false),
    (200, "", Some("verification"), false),
    (200, "", Some("profile"), false),
    (200, "", Some("payment_method"), false),
    (200, "", Some("completion"), false),
    (201, "", None, false),
    (201, "", None, true),
    (202, "", None, false),
    (202, "", Some("verification"), false),
    (401, "unauthorized", None, false),
    (402, "card-declined", None, false),
    (402, "card-declined", None, true),
    (404, "not-found", None, false),
    (409, "email-taken", None, false),
    (409, "nothing-to-verify", None, false),
    (409, "registration-begun", None, false),
    (409, "registration-incomplete", Some("verification"), false),
    (409, "registration-incomplete", Some("profile"), false),
    (
        409,
        "registration-incomplete",
        Some("payment_method"),
        false,
    ),
    (410, "verification-expired", None, false),
    (422, "idempotency-key-reused", None, false),
    (422, "invalid-input", None, false),
    (422, "wrong-code", None, false),
    (429, "code-exhausted", None, false),
    (429, "mail-limited", None, false),
];

/// Or the histories would say little: of a few hundred, each of these is expected somewhere, and nothing
/// else.
#[test]
fn the_histories_reach_every_answer() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..500 {
        let history = Model::sequential_strategy(1..LONGEST).new_tree(&mut runner);
        let (mut model, transitions, _) = history.unwrap().current();
        for transition in &transitions {
            let known = model.attempts.len();
            model = model.apply(transition);
            let expected = &model.expected;
            let is_repeat = expected.attempt.is_some_and(|attempt| attempt < known);
            let answer = (expected.status, expected.problem, expected.next, is_repeat);
            reached.insert(answer);
        }
    }
    assert_eq!(reached, ANSWERS.iter().copied().collect());
}

prop_state_machine! {
    #![proptest_config(configuration())]

    #[test]
    fn every_history_is_answered_as_the_model_says(sequential 1..LONGEST => Histories);
}
