//! Stripe's official SDK takes the fake for Stripe.

use std::process::Command;

use enlist_fake_stripe::{FakeStripe, Parameters, Settings};
use enlist_test_servers::{python, stripe_parameters};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_sdk_takes_the_fake_for_stripe() {
    let parameters = Parameters::read(&stripe_parameters()).unwrap();
    let settings = Settings {
        parameters: Some(parameters),
        ..Settings::default()
    };
    let fake = FakeStripe::start(settings).await.unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk.py");
    let mut command = Command::new(python());
    command.args([script, &fake.url()]);
    let done = tokio::task::spawn_blocking(move || command.output());
    let done = done.await.unwrap().unwrap();
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{complaint}");
}
