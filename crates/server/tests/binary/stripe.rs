//! The binary with Stripe as its gateway, which the fake of it plays in this process.

use std::fs;
use std::path::PathBuf;

use enlist_fake_stripe::{FakeStripe, Settings};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::leaks::{Search, files_in};
use crate::planting::{AMEX, ASKS_THE_BANK, FAILS_AT_THE_CHARGE, INSUFFICIENT_FUNDS, PAN, Planted};
use crate::process::{Folder, ended_with, person, until};

const SECRET_KEY: &str = "sk_test_canary51c9d7e0b4";
const WEBHOOK_SECRET: &str = "whsec_canary83f1a6d2c5";

const PLANS: &str = "[[plans]]\nname = \"pro\"\ntitle = \"Pro\"\namount_minor = 2900\n\
    currency = \"USD\"\ninterval = \"month\"\ngateway_price = \"price_pro_month\"\n";

/// A fake, and what a service needs in order to use it.
struct Stripe {
    fake: FakeStripe,
    // Serves the fake for as long as it lives.
    _runtime: Runtime,
}

impl Stripe {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let settings = Settings {
            secret_key: SECRET_KEY.to_owned(),
            ..Settings::default()
        };
        let fake = runtime.block_on(FakeStripe::start(settings)).unwrap();
        Self {
            fake,
            _runtime: runtime,
        }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ENLIST_GATEWAY__KIND", "stripe".to_owned()),
            ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", SECRET_KEY.to_owned()),
            (
                "ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY",
                "pk_test_fake".to_owned(),
            ),
            ("ENLIST_GATEWAY__STRIPE__API_BASE", self.fake.url()),
        ]
    }
}

fn folder_with_plans() -> Folder {
    let folder = Folder::new();
    fs::write(folder.path().join("enlist.toml"), PLANS).unwrap();
    folder
}

fn borrowed<'a>(variables: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    let pairs = variables.iter();
    pairs.map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn a_start_says_what_it_is_connected_to_and_what_should_be_known() {
    let stripe = Stripe::start();
    let folder = folder_with_plans();
    let mut variables = stripe.variables();
    variables.push(("ENLIST_GATEWAY__ACCEPT_RAW_CARDS", "true".to_owned()));
    variables.push(("ENLIST_GATEWAY__SANDBOX__LATENCY", "1s".to_owned()));
    let (checked, _) = ended_with(
        &folder.run_with(&["check-config"], &borrowed(&variables)),
        0,
    );
    let serving = folder.serve(&borrowed(&variables));
    for told in [checked, serving.log()] {
        for words in [
            "gateway.stripe.webhook_secret",
            "PCI DSS (SAQ D)",
            "gateway.sandbox.latency",
        ] {
            assert!(told.contains(words), "{words} is missing in\n{told}");
        }
    }
    let said = serving.said();
    assert!(said.contains("Stripe, test mode"), "{said}");
    assert!(!said.contains("sandbox"), "{said}");
    // The line that is printed works.
    let mut sent = person("ada@example.com");
    assert!(
        said.contains("\"payment_method\":\"pm_card_visa\""),
        "{said}"
    );
    sent["payment_method"] = "pm_card_visa".into();
    let answer = serving.post_json("/api/users", &sent, &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[test]
fn a_start_says_once_that_nothing_is_told_by_stripe() {
    let stripe = Stripe::start();
    let folder = folder_with_plans();
    let mut variables = stripe.variables();
    variables.push(("ENLIST_LOG", "info,enlist=debug".to_owned()));
    let mut serving = folder.serve(&borrowed(&variables));
    // What is found at Stripe is written in one go, the webhook after the prices.
    until("it has looked at Stripe", || {
        serving.log().contains("price_pro_month is").then_some(())
    });
    serving.ask_to_end();
    assert!(serving.wait().success());
    let log = serving.log();
    assert_eq!(log.matches("webhook_secret").count(), 1, "{log}");
}

#[test]
fn neither_cards_nor_keys_are_in_any_file_or_log() {
    let stripe = Stripe::start();
    let folder = folder_with_plans();
    let mut variables = stripe.variables();
    for (name, value) in [
        ("ENLIST_LOG", "trace"),
        ("ENLIST_GATEWAY__ACCEPT_RAW_CARDS", "true"),
        ("ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET", WEBHOOK_SECRET),
    ] {
        variables.push((name, value.to_owned()));
    }
    let mut planted = Planted::default();
    let serving = folder.serve(&borrowed(&variables));
    let address = format!(
        "http://127.0.0.1:{}/api/gateway-webhooks/stripe",
        serving.port()
    );
    stripe
        .fake
        .control()
        .set_webhook(&address, &[WEBHOOK_SECRET]);
    let prepared = serving.post_json("/api/setup-intents", &json!({}), &[]);
    assert_eq!(prepared.status, 201, "{}", prepared.text);
    let secret = prepared.json()["client_secret"]
        .as_str()
        .unwrap()
        .to_owned();
    planted.client_secrets.push(secret);
    for (card, status) in [
        (PAN, 201),
        (AMEX, 201),
        (INSUFFICIENT_FUNDS, 402),
        (FAILS_AT_THE_CHARGE, 402),
        (ASKS_THE_BANK, 202),
    ] {
        let answer = serving.post_json("/api/users", &planted.person(card), &[]);
        assert_eq!(answer.status, status, "{}", answer.text);
        planted.note(&answer);
    }
    assert!(serving.terminate().success());

    let files = files_in(folder.path());
    let is_log = |file: &&PathBuf| file.to_string_lossy().contains("stderr-");
    let log = fs::read_to_string(files.iter().find(is_log).unwrap()).unwrap();
    assert!(
        log.contains(" TRACE ") && log.contains("Stripe told"),
        "it was talkative"
    );
    let search = |what: &str, long: &[String], words: &[String]| {
        let found = Search::new(long, words).of_files(&files);
        assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
    };
    let cards = [
        PAN,
        AMEX,
        INSUFFICIENT_FUNDS,
        FAILS_AT_THE_CHARGE,
        ASKS_THE_BANK,
    ];
    search(
        "cards and codes",
        &cards.map(ToOwned::to_owned),
        &planted.codes,
    );
    search("passwords", &planted.passwords, &[]);
    search("access tokens", &planted.access_tokens, &[]);
    assert_eq!(planted.client_secrets.len(), 2);
    search("client secrets", &planted.client_secrets, &[]);
    let keys = [SECRET_KEY, WEBHOOK_SECRET].map(ToOwned::to_owned);
    search("Stripe's keys", &keys, &[]);
}

#[test]
fn what_is_wrong_with_stripe_is_said_without_its_keys() {
    let folder = folder_with_plans();
    let (said, error) = ended_with(
        &folder.run_with(
            &["check-config"],
            &[
                ("ENLIST_GATEWAY__KIND", "stripe"),
                ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "pk_live_canary"),
                ("ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET", "canary"),
            ],
        ),
        2,
    );
    for key in ["secret_key", "publishable_key", "webhook_secret"] {
        assert!(said.contains(&format!("gateway.stripe.{key}: ")), "{said}");
    }
    assert!(
        !said.contains("canary") && !error.contains("canary"),
        "{said}{error}"
    );
}
