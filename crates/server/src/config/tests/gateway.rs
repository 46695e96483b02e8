//! `[gateway]`: one of two, each with keys of its own.

use enlist_gateways::stripe::{self, Mode, webhooks};
use secrecy::ExposeSecret;

use super::*;

const PLANS: &str = "[[plans]]\nname = \"free\"\namount_minor = 0\ncurrency = \"USD\"\ninterval = \"month\"\n\
                     [[plans]]\nname = \"pro\"\namount_minor = 2900\ncurrency = \"USD\"\ninterval = \"month\"\n\
                     gateway_price = \"price_pro_month\"\n";

const TEST_KEYS: [(&str, &str); 3] = [
    ("ENLIST_GATEWAY__KIND", "stripe"),
    ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "sk_test_canary"),
    ("ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY", "pk_test_1"),
];

/// With keys of test mode and a price for each plan, but for `others`, which win.
fn with_stripe(others: &[(&str, &str)]) -> Result<Settings, Unusable> {
    with_stripe_and(PLANS, others)
}

fn with_stripe_and(file: &str, others: &[(&str, &str)]) -> Result<Settings, Unusable> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enlist.toml");
    std::fs::write(&path, file).unwrap();
    let all = TEST_KEYS.iter().chain(others);
    let environment = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::from_sources(Some(&path), environment.collect())
}

fn keys_at_fault(loaded: Result<Settings, Unusable>) -> Vec<String> {
    let Unusable(faults) = loaded.unwrap_err();
    let words = Unusable(faults.clone()).to_string();
    assert!(!words.contains("canary"), "{words}");
    faults.into_iter().map(|fault| fault.key).collect()
}

#[test]
fn stripe_needs_two_keys_and_a_price_for_each_plan_that_costs_something() {
    let settings = with_stripe(&[]).unwrap();
    let stripe = settings.gateway.stripe().unwrap();
    assert_eq!(stripe.secret_key.expose_secret(), "sk_test_canary");
    assert_eq!(stripe.publishable_key, "pk_test_1");
    assert_eq!(stripe.mode, Mode::Test);
    assert_eq!(stripe.api_base.as_str(), stripe::API_BASE);
    assert_eq!(stripe.script_url.as_str(), stripe::SCRIPT_URL);
    assert!(stripe.webhooks.is_none());
    assert!(!format!("{settings:?}").contains("canary"));

    let Unusable(faults) = load(&[("ENLIST_GATEWAY__KIND", "stripe")]).unwrap_err();
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    let expected = [
        "gateway.stripe.secret_key",
        "gateway.stripe.publishable_key",
        "plans",
        "plans",
    ];
    assert_eq!(keys, expected, "starter and pro have no price");
    for plan in ["`starter`", "`pro`"] {
        assert!(faults.iter().any(|fault| fault.message.contains(plan)));
    }
}

#[test]
fn the_readmes_way_to_the_fake_of_stripe_is_a_configuration() {
    let readme = include_str!("../../../../../README.md");
    let blocks = readme.split("```toml\n").skip(1);
    let blocks: Vec<&str> = blocks
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    let [file] = blocks[..] else {
        panic!("one file is shown: {blocks:?}");
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enlist.toml");
    std::fs::write(&path, file).unwrap();
    let settings = Settings::from_sources(Some(&path), [].into()).unwrap();
    let stripe = settings.gateway.stripe().unwrap();
    assert_eq!(
        stripe.secret_key.expose_secret(),
        enlist_fake_stripe::SECRET_KEY
    );
    assert_eq!(stripe.publishable_key, enlist_fake_stripe::PUBLISHABLE_KEY);
    let prices = settings
        .plans
        .iter()
        .map(|plan| plan.gateway_price.as_deref());
    assert!(prices.eq([Some("price_starter_month"), Some("price_pro_month")]));
}

#[test]
fn a_key_of_another_kind_is_a_fault_that_does_not_show_it() {
    let secret = "ENLIST_GATEWAY__STRIPE__SECRET_KEY";
    let publishable = "ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY";
    for (variable, key, wrong) in [
        (secret, "gateway.stripe.secret_key", "pk_test_canary"),
        (secret, "gateway.stripe.secret_key", "sk_demo_canary"),
        (secret, "gateway.stripe.secret_key", "sk_test_can ary"),
        (secret, "gateway.stripe.secret_key", "whsec_canary"),
        (
            publishable,
            "gateway.stripe.publishable_key",
            "sk_test_canary",
        ),
        (
            publishable,
            "gateway.stripe.publishable_key",
            "pk_live_canary",
        ),
        (
            "ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET",
            "gateway.stripe.webhook_secret",
            "whsec_1, sk_test_canary",
        ),
    ] {
        let found = keys_at_fault(with_stripe(&[(variable, wrong)]));
        assert_eq!(found, [key], "{wrong}");
    }
    let restricted = with_stripe(&[(secret, "rk_test_canary")]);
    assert!(restricted.is_ok(), "a restricted key does");
}

#[test]
fn addresses_are_over_tls_or_on_this_machine() {
    for (variable, key) in [
        (
            "ENLIST_GATEWAY__STRIPE__API_BASE",
            "gateway.stripe.api_base",
        ),
        (
            "ENLIST_GATEWAY__STRIPE__SCRIPT_URL",
            "gateway.stripe.script_url",
        ),
    ] {
        for wrong in [
            "http://api.stripe.com",
            "api.stripe.com",
            "",
            "https://u:canary@x",
        ] {
            let found = keys_at_fault(with_stripe(&[(variable, wrong)]));
            assert_eq!(found, [key], "{wrong}");
        }
        let local = with_stripe(&[(variable, "http://127.0.0.1:4000/v3/")]);
        assert!(local.is_ok(), "{local:?}");
    }
}

#[test]
fn live_and_test_are_not_mixed_up() {
    let live = [
        ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "sk_live_canary"),
        ("ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY", "pk_live_1"),
    ];
    let production = ("ENLIST_SERVER__PRODUCTION", "true");
    assert_eq!(
        keys_at_fault(with_stripe(&live)),
        ["mail.url"],
        "people who are charged must get their mails"
    );
    assert_eq!(
        keys_at_fault(with_stripe(&[live[0], live[1], production])),
        ["mail.url"]
    );
    let smtp = [
        ("ENLIST_MAIL__URL", "smtp://ada:canary@mail.acme.example"),
        ("ENLIST_MAIL__FROM", "no-reply@acme.example"),
    ];
    for variables in [
        [smtp[0], smtp[1], live[0], live[1]].as_slice(),
        &[smtp[0], smtp[1], live[0], live[1], production],
    ] {
        assert!(with_stripe(variables).is_ok(), "mails go out");
    }
    let Unusable(faults) = with_stripe(&live).unwrap_err();
    let words = Unusable(faults).to_string();
    assert!(
        words.contains("write an smtp:// or smtps:// URL"),
        "{words}"
    );
    assert_eq!(
        keys_at_fault(with_stripe(&[production])),
        ["gateway.stripe.secret_key", "mail.url"]
    );
    assert_eq!(
        keys_at_fault(load(&[production])),
        ["gateway.kind", "mail.url"]
    );
}

#[test]
fn everything_that_is_wrong_with_stripe_is_said_at_once() {
    let file = "[[plans]]\nname = \"pro\"\namount_minor = 2900\ncurrency = \"USD\"\ninterval = \"month\"\n";
    let found = keys_at_fault(with_stripe_and(
        file,
        &[
            ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "canary"),
            ("ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY", ""),
            ("ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET", "canary"),
            ("ENLIST_GATEWAY__STRIPE__WEBHOOK_TOLERANCE", "2h"),
            ("ENLIST_GATEWAY__STRIPE__API_BASE", "canary"),
            ("ENLIST_GATEWAY__STRIPE__SCRIPT_URL", "canary"),
            ("ENLIST_GATEWAY__ACCEPT_RAW_CARDS", "perhaps"),
            ("ENLIST_REGISTRATION__SWEEP_INTERVAL", "2h"),
        ],
    ));
    let expected = [
        "gateway.accept_raw_cards",
        "gateway.stripe.secret_key",
        "gateway.stripe.publishable_key",
        "gateway.stripe.webhook_tolerance",
        "gateway.stripe.webhook_secret",
        "gateway.stripe.api_base",
        "gateway.stripe.script_url",
        "plans",
        "registration.sweep_interval",
    ];
    assert_eq!(found, expected);
}

#[test]
fn several_secrets_of_webhooks_hold_while_they_are_exchanged() {
    let settings = with_stripe(&[
        (
            "ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET",
            "whsec_canary, whsec_2",
        ),
        ("ENLIST_GATEWAY__STRIPE__WEBHOOK_TOLERANCE", "1m"),
    ])
    .unwrap();
    let webhooks = settings.gateway.stripe().unwrap().webhooks.clone().unwrap();
    assert_eq!(format!("{:?}", webhooks.secrets), "WebhookSecrets(2)");
    assert_eq!(webhooks.tolerance, Duration::from_mins(1));
    let key = keys::find("gateway.stripe.webhook_tolerance").unwrap();
    let default = humantime::parse_duration(key.default).unwrap();
    assert_eq!(default, webhooks::TOLERANCE);
}

#[test]
fn card_numbers_are_accepted_by_the_sandbox_and_by_stripe_only_if_somebody_says_so() {
    let raw = |value| [("ENLIST_GATEWAY__ACCEPT_RAW_CARDS", value)];
    assert!(load(&[]).unwrap().accept_raw_cards);
    assert!(!load(&raw("false")).unwrap().accept_raw_cards);
    assert!(!with_stripe(&[]).unwrap().accept_raw_cards);
    let switched_on = with_stripe(&raw("true")).unwrap();
    assert!(switched_on.accept_raw_cards);
    let warned = switched_on.warnings().join("\n");
    assert!(warned.contains("PCI DSS (SAQ D)"), "{warned}");
    assert!(warned.contains("gateway.stripe.webhook_secret"), "{warned}");
    assert!(load(&[]).unwrap().warnings().is_empty());
}

#[test]
fn keys_of_the_other_gateway_have_no_effect_and_that_is_said() {
    let named = |settings: Settings| {
        let keys = settings.without_effect.iter().map(|it| it.key);
        keys.collect::<Vec<_>>()
    };
    let settings = load(&[
        ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "anything"),
        ("ENLIST_GATEWAY__STRIPE__API_BASE", stripe::API_BASE),
    ]);
    assert_eq!(named(settings.unwrap()), ["gateway.stripe.secret_key"]);
    let settings = with_stripe(&[("ENLIST_GATEWAY__SANDBOX__LATENCY", "1s")]);
    assert_eq!(named(settings.unwrap()), ["gateway.sandbox.latency"]);
}

#[test]
fn keys_of_the_other_gateway_are_not_judged() {
    let nonsense = [
        ("ENLIST_GATEWAY__SANDBOX__LATENCY", "soon"),
        ("ENLIST_GATEWAY__SANDBOX__FAULTS", "nonsense"),
        ("ENLIST_GATEWAY__SANDBOX__BOOKS", "mysql://books"),
    ];
    let settings = with_stripe(&nonsense).unwrap();
    assert_eq!(settings.without_effect.len(), nonsense.len());
    let nonsense = [
        ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "nonsense"),
        ("ENLIST_GATEWAY__STRIPE__WEBHOOK_TOLERANCE", "soon"),
        ("ENLIST_GATEWAY__STRIPE__API_BASE", "nonsense"),
    ];
    let settings = load(&nonsense).unwrap();
    assert_eq!(settings.without_effect.len(), nonsense.len());
}
