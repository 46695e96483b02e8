//! A fake Stripe beside the service: what it is told to do, and what persons do in its pages.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use enlist_test_servers::{FakeStripe, Paused};
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Answer, Client, NoAnswer};
use super::journeys::Bank;
use super::person::{Back, Word};
use super::weather::{Telling, Weather};

const SECRET_KEY: &str = "sk_test_fake";
const PUBLISHABLE_KEY: &str = "pk_test_fake";
const WEBHOOK_SECRET: &str = "whsec_under_load";

/// The keys, and what every client secret has in it.
pub const SECRETS: &[&str] = &[SECRET_KEY, WEBHOOK_SECRET, "_secret_"];

/// The default plans, with the prices that the fake has.
const PLANS: &str = include_str!("../plans.toml");

/// How a service learns what a person has answered their bank. In the last it looks by itself.
pub const WAYS: [&str; 4] = [
    "they came back",
    "a webhook",
    "they came back, and a webhook",
    "nobody told",
];

/// What the bank of a person who answers says to the browser: it took the answer, refuses, or has no such
/// question any more.
const BANK_ANSWERS: &[u16] = &[200, 400, 402];

/// A fake Stripe.
pub struct Stripe {
    process: FakeStripe,
    told: Mutex<Told>,
}

/// What it was told last.
struct Told {
    /// Where the service is.
    service: String,
    telling: Telling,
}

/// What became of the webhooks.
#[derive(Clone, Copy, Default)]
pub struct Deliveries {
    pub delivered: u64,
    pub given_up: u64,
    pub waiting: u64,
}

impl Stripe {
    /// Starts one. What the service must have in a file is written into its `folder`.
    pub fn start(folder: &Path) -> Self {
        fs::write(folder.join("enlist.toml"), PLANS).unwrap();
        let told = Told {
            service: String::new(),
            telling: Telling::Nobody,
        };
        Self {
            process: FakeStripe::start(),
            told: Mutex::new(told),
        }
    }

    /// The service is reached there from here on.
    pub fn service_is_at(&self, service: &str) {
        self.told.lock().unwrap().service = service.to_owned();
    }

    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let fixed = [
            ("ENLIST_GATEWAY__KIND", "stripe"),
            ("ENLIST_GATEWAY__ACCEPT_RAW_CARDS", "true"),
            ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", SECRET_KEY),
            ("ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY", PUBLISHABLE_KEY),
            ("ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET", WEBHOOK_SECRET),
            // So that whom nobody tells finds out within a round or two.
            ("ENLIST_REGISTRATION__LOOK_AGAIN_AFTER", "500ms"),
        ];
        let url = ("ENLIST_GATEWAY__STRIPE__API_BASE", self.process.url());
        let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
        fixed.into_iter().chain([url]).collect()
    }

    /// Behaves like that from here on.
    pub fn bring(&self, weather: &Weather) {
        let mut told = self.told.lock().unwrap();
        let cleared = self.client().delete("/_fake/faults").unwrap();
        assert_eq!(cleared.status, 204, "{}", cleared.body);
        for fault in weather.each_fault() {
            self.tell("faults", &fault);
        }
        self.tell("latency", &json!({ "latency_ms": weather.latency_ms }));
        told.telling = weather.telling.clone();
        self.tell("webhook", &told.webhook());
    }

    fn tell(&self, what: &str, body: &Value) {
        let client = self.client();
        let answer = post_json(&client, &format!("/_fake/{what}"), body).unwrap();
        let Answer { status, body: said } = answer;
        assert!(
            matches!(status, 201 | 204),
            "{what} {body}: {status} {said}"
        );
    }

    /// Nothing is answered until this is dropped.
    pub fn pause(&self) -> Paused<'_> {
        self.process.pause()
    }

    /// Whoever asks the fake, and not the service.
    pub fn client(&self) -> Client {
        Client::new(self.process.port())
    }

    fn look(&self, what: &str) -> Value {
        self.client().get(&format!("/_fake/{what}")).unwrap().body
    }

    pub fn deliveries(&self) -> Deliveries {
        let said = self.look("webhook");
        let count = |name: &str| said[name].as_u64().unwrap();
        Deliveries {
            delivered: count("delivered"),
            given_up: count("given_up"),
            waiting: count("waiting"),
        }
    }

    /// How often it was called.
    pub fn calls(&self) -> u64 {
        let by_operation = self.look("calls")["by_operation"].take();
        let counts = by_operation.as_object().unwrap().values();
        counts.filter_map(Value::as_u64).sum()
    }

    pub fn open_invoices(&self) -> Vec<(Uuid, String)> {
        let said = self.look("open_invoices");
        let text = |invoice: &Value, name: &str| invoice[name].as_str().unwrap().to_owned();
        let each = said.as_array().unwrap().iter();
        each.map(|invoice| {
            let registration = text(invoice, "registration_id").parse().unwrap();
            (registration, text(invoice, "payment_status"))
        })
        .collect()
    }

    /// As Stripe.js does it in the page; then the person comes back to the service's page, or does not.
    pub fn answer(&self, service: &Client, word: &Word) -> Result<Answer, NoAnswer> {
        let (secret, browser) = (&word.client_secret, self.client());
        let id = secret.split("_secret_").next().unwrap_or_default();
        let confirm = format!("/_client/payment_intents/{id}/confirm");
        post_json(&browser, &confirm, &json!({ "client_secret": secret }))?;
        let outcome = match word.answer {
            Bank::Refuse => "fail",
            Bank::Confirm | Bank::Ignore => "succeed",
        };
        let answer = json!({ "client_secret": secret, "outcome": outcome });
        let answer = post_json(&browser, "/_client/authenticate", &answer)?;
        if word.back == Back::Leaves || !BANK_ANSWERS.contains(&answer.status) {
            return Ok(answer);
        }
        let path = format!("/api/registrations/{}/confirmation", word.registration);
        let access = format!("Bearer {}", word.access_token);
        service.post(&path, &[("authorization", &access)], "")
    }

    pub fn may_answer(&self, word: &Word) -> &'static [u16] {
        match word.back {
            Back::Leaves => BANK_ANSWERS,
            Back::Comes => &[200],
        }
    }

    /// How the service learns what a person has answered: one of [`WAYS`].
    pub fn way(&self, word: &Word) -> &'static str {
        let told = self.told.lock().unwrap();
        WAYS[match (word.back, &told.telling) {
            (Back::Comes, Telling::Nobody) => 0,
            (Back::Leaves, Telling::Webhooks { .. }) => 1,
            (Back::Comes, Telling::Webhooks { .. }) => 2,
            (Back::Leaves, Telling::Nobody) => 3,
        }]
    }
}

impl Told {
    fn webhook(&self) -> Value {
        match self.telling {
            Telling::Nobody => json!({ "url": null }),
            Telling::Webhooks {
                repeat,
                shuffle,
                delay_ms,
            } => json!({
                "url": format!("{}/api/gateway-webhooks/stripe", self.service),
                "secrets": [WEBHOOK_SECRET],
                "repeat": repeat,
                "shuffle": shuffle.is_some(),
                "seed": shuffle.unwrap_or_default(),
                "delay_ms": delay_ms,
            }),
        }
    }
}

fn post_json(client: &Client, path: &str, body: &Value) -> Result<Answer, NoAnswer> {
    let headers = [("content-type", "application/json")];
    client.post(path, &headers, &body.to_string())
}
