//! The fake as a process of its own: listens, says where, and on SIGTERM or SIGINT prints what it holds.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use enlist_fake_stripe::{FakeStripe, Parameters, Settings, Webhooks};
use tokio::signal::unix::{SignalKind, signal};

/// What the ledger's file is called where it is to be printed.
const STDOUT: &str = "-";

/// A strict fake of Stripe's API, for tests and demonstrations. It moves no money.
#[derive(Parser)]
#[command(name = "fake-stripe", version)]
struct Arguments {
    /// Where to listen; the loopback interface only. Port 0 is any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The list of parameters that derive.py writes; without it only their names are checked.
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// How much later every answer comes.
    #[arg(long, value_name = "DURATION", default_value = "0ms", value_parser = humantime::parse_duration)]
    latency: Duration,
    /// Where events are delivered to.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Signs the events; may be there several times.
    #[arg(long, value_name = "SECRET", requires = "webhook")]
    webhook_secret: Vec<String>,
    /// How often each event is delivered.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "webhook")]
    webhook_repeat: u32,
    /// Delivers events that wait together in another order.
    #[arg(long, requires = "webhook")]
    webhook_shuffle: bool,
    /// Decides that order.
    #[arg(long, value_name = "S", default_value_t = 0, requires = "webhook")]
    webhook_seed: u64,
    /// How long events are gathered before they are delivered.
    #[arg(long, value_name = "DURATION", default_value = "0ms", value_parser = humantime::parse_duration)]
    webhook_delay: Duration,
    /// Where what it holds is written at the end; `-` is the standard output.
    #[arg(long, value_name = "FILE", default_value = STDOUT)]
    ledger: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let parameters = arguments
        .parameters
        .as_deref()
        .map(Parameters::read)
        .transpose()?;
    let settings = Settings {
        parameters,
        latency: arguments.latency,
        ..Settings::default()
    };
    let fake = FakeStripe::listen(arguments.listen, settings)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let control = fake.control();
    control.set_webhooks(Webhooks {
        url: arguments.webhook,
        secrets: arguments.webhook_secret,
        repeat: arguments.webhook_repeat,
        shuffle: arguments.webhook_shuffle,
        seed: arguments.webhook_seed,
        delay: arguments.webhook_delay,
    });
    // Before anybody is told that it listens, so that nobody stops it in between.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    say(&format!("fake-stripe is listening on {}", fake.address()))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let ledger = serde_json::to_string_pretty(&control.ledger())?;
    fake.stop().await;
    write_ledger(&arguments.ledger, &ledger)
}

fn write_ledger(file: &Path, ledger: &str) -> anyhow::Result<()> {
    if file.as_os_str() == STDOUT {
        return say(ledger);
    }
    std::fs::write(file, ledger).with_context(|| format!("cannot write {}", file.display()))
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
        .context("the standard output cannot be written to")
}
