//! `enlist doctor`, before a fake of Stripe.

use enlist_fake_stripe::{FakeStripe, NewPrice, Settings};
use enlist_gateways::stripe::webhooks::EVENTS;
use serde_json::Value;

use crate::process::{Folder, ended_with};

const PUBLIC_URL: &str = "https://join.example.com";
const ENDPOINT: &str = "https://join.example.com/api/gateway-webhooks/stripe";

/// Plans whose prices the fake has.
const PLANS: &str = r#"
[[plans]]
name = "pro"
title = "Pro"
amount_minor = 2900
currency = "USD"
interval = "month"
gateway_price = "price_pro_month"
"#;

async fn stripe() -> FakeStripe {
    FakeStripe::start(Settings::default()).await.unwrap()
}

/// What the doctor says of a service whose Stripe is there, and the code it ends with.
fn examined(folder: &Folder, api_base: &str, more: &[(&str, &str)], code: i32) -> Vec<String> {
    std::fs::write(folder.path().join("enlist.toml"), PLANS).unwrap();
    let script = format!("{api_base}/endive/stripe.js");
    let mut variables = vec![
        ("ENLIST_GATEWAY__KIND", "stripe"),
        ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "sk_test_fake"),
        ("ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY", "pk_test_fake"),
        ("ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET", "whsec_fake"),
        ("ENLIST_GATEWAY__STRIPE__API_BASE", api_base),
        ("ENLIST_GATEWAY__STRIPE__SCRIPT_URL", &script),
        ("ENLIST_SERVER__PUBLIC_URL", PUBLIC_URL),
    ];
    variables.extend(more);
    let (said, _) = ended_with(&folder.run_with(&["doctor", "--json"], &variables), code);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["ok"], code == 0);
    let findings = said["findings"].as_array().unwrap().iter();
    let lines = findings.map(|finding| {
        let word = |name: &str| finding[name].as_str().unwrap();
        format!("{} {}: {}", word("subject"), word("verdict"), word("text"))
    });
    lines.collect()
}

#[track_caller]
fn assert_says(lines: &[String], expected: &str) {
    assert!(
        lines.iter().any(|line| line.starts_with(expected)),
        "{expected}: {lines:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_in_order_is_said_so() {
    let (stripe, folder) = (stripe().await, Folder::new());
    stripe.control().create_webhook_endpoint(ENDPOINT, EVENTS);
    let lines = examined(&folder, &stripe.url(), &[], 0);
    assert_says(
        &lines,
        "gateway good: Stripe takes the secret key: test mode",
    );
    assert_says(&lines, "clock good: agrees with that of Stripe");
    assert_says(
        &lines,
        "price of pro good: price_pro_month is $29.00 / month",
    );
    assert_says(&lines, "webhook good");
    assert_says(&lines, "mail warning");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_in_order_is_said_and_fails() {
    let (stripe, folder) = (stripe().await, Folder::new());
    stripe.control().create_price(NewPrice {
        id: "price_pro_month".to_owned(),
        unit_amount: 2500,
        currency: "eur".to_owned(),
        interval: enlist_fake_stripe::Interval::Month,
        active: true,
    });
    let lines = examined(&folder, &stripe.url(), &[], 1);
    assert_says(
        &lines,
        "price of pro bad: price_pro_month is not what the plan says: its amount in minor units is 2500",
    );
    assert_says(&lines, "webhook bad: Stripe has no endpoint");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_not_set_up_is_worth_knowing() {
    let (stripe, folder) = (stripe().await, Folder::new());
    let none = [("ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET", "")];
    let lines = examined(&folder, &stripe.url(), &none, 0);
    assert_says(&lines, "webhook warning: gateway.stripe.webhook_secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_a_stripe_that_is_away_are_told_apart() {
    let (stripe, folder) = (stripe().await, Folder::new());
    let wrong = [("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "sk_test_canary")];
    let lines = examined(&folder, &stripe.url(), &wrong, 1);
    assert_says(
        &lines,
        "gateway bad: the secret key does not work: Stripe answered 401",
    );
    assert!(!lines.concat().contains("canary"));
    let url = stripe.url();
    stripe.stop().await;
    let lines = examined(&folder, &url, &[], 1);
    assert_says(
        &lines,
        "gateway bad: nothing can be asked: Stripe cannot be reached",
    );
}

#[test]
fn the_default_is_in_order_and_a_person_reads_a_line_for_each() {
    let folder = Folder::new();
    let (said, _) = ended_with(&folder.run(&["doctor"]), 0);
    for subject in ["database", "gateway", "mail"] {
        assert!(
            said.lines()
                .any(|line| line.trim_start().starts_with(subject)),
            "{said}"
        );
    }
}
