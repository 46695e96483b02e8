//! The service before Stripe, over HTTP, beside the sandbox in its own process; and what a sign-up takes
//! beyond the calls that must follow each other. Stripe is the fake of it, a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Context as _;

use super::load::{self, Kind};
use super::machine::{cpu_seconds, now};
use super::report::{Line, Section};
use super::service::{Configuration, Service};
use super::{Run, median};

/// Clients at once, as for the sandbox.
const CLIENTS: usize = 8;

/// How long the gateway takes for each call where latency is measured.
const CALL_MS: f64 = 100.0;

/// Sign-ups one after the other for one median of latency.
const SIGN_UPS: usize = 20;

/// The default plans, with the prices that the fake has.
const PLANS: &str = include_str!("../../../crates/server/tests/plans.toml");

/// One gateway under the service.
struct Side {
    service: Service,
    per_second: Vec<f64>,
    cpu_ms_each: Vec<f64>,
}

pub fn measure(run: &Run) -> anyhow::Result<Section> {
    let folders = [
        tempfile::tempdir()?,
        tempfile::tempdir()?,
        tempfile::tempdir()?,
    ];
    let [at_sandbox, at_stripe, far_away] = [0, 1, 2].map(|index: usize| folders[index].path());
    let fake = Fake::start("0ms")?;
    let mut sandbox = Side::new(at_sandbox, &Configuration::default())?;
    let mut stripe = Side::new(at_stripe, &fake.configuration(at_stripe)?)?;
    for side in [&sandbox, &stripe] {
        load::sign_ups_per_second(&[side.service.port], CLIENTS, run.length)?;
    }
    for repeat in 1..=run.repeats {
        println!("the sandbox and Stripe, {repeat} of {}", run.repeats);
        sandbox.round(run)?;
        stripe.round(run)?;
    }
    let mut lines = throughput(&sandbox, &stripe);
    let slow = Fake::start(&format!("{CALL_MS}ms"))?;
    let service = Service::start(far_away, &slow.configuration(far_away)?)?;
    println!("latency");
    for (kind, name, calls) in [
        (Kind::PaidByCard, "raw card, paid plan", 3.0),
        (Kind::PaidByToken, "token, paid plan", 2.0),
        (Kind::FreeByToken, "token, free plan", 1.0),
    ] {
        lines.push(latency(service.port, kind, name, calls)?);
    }
    Ok(Section {
        title: "Stripe",
        lines,
        notes: NOTES,
    })
}

impl Side {
    fn new(folder: &Path, configuration: &Configuration) -> anyhow::Result<Self> {
        Ok(Self {
            service: Service::start(folder, configuration)?,
            per_second: Vec::new(),
            cpu_ms_each: Vec::new(),
        })
    }

    fn round(&mut self, run: &Run) -> anyhow::Result<()> {
        let process = self.service.process();
        let (before, from) = (cpu_seconds(process)?, now());
        let per_second = load::sign_ups_per_second(&[self.service.port], CLIENTS, run.length)?;
        let registrations = per_second * from.elapsed().as_secs_f64();
        let used_ms = (cpu_seconds(process)? - before) * 1000.0;
        self.per_second.push(per_second);
        self.cpu_ms_each.push(used_ms / registrations);
        Ok(())
    }
}

fn throughput(sandbox: &Side, stripe: &Side) -> Vec<Line> {
    let pairs = |of: fn(&Side) -> &Vec<f64>| of(stripe).iter().zip(of(sandbox));
    let rate_ratio = pairs(|side| &side.per_second).map(|(stripe, sandbox)| stripe / sandbox);
    let extra_ms = pairs(|side| &side.cpu_ms_each).map(|(stripe, sandbox)| stripe - sandbox);
    vec![
        [
            "Registrations per second, hashing as shipped".to_owned(),
            format!("{:.1}", median(stripe.per_second.clone())),
            format!(
                "{:.1} with the sandbox: ratio {:.2}",
                median(sandbox.per_second.clone()),
                median(rate_ratio.collect())
            ),
            String::new(),
        ],
        [
            "CPU of the service per registration".to_owned(),
            format!("{:.1} ms", median(stripe.cpu_ms_each.clone())),
            format!(
                "{:.1} ms with the sandbox: {:+.1} ms",
                median(sandbox.cpu_ms_each.clone()),
                median(extra_ms.collect())
            ),
            String::new(),
        ],
    ]
}

fn latency(port: u16, kind: Kind, name: &str, calls: f64) -> anyhow::Result<Line> {
    let agent = load::agent();
    let mut took_ms = Vec::new();
    for _ in 0..SIGN_UPS {
        let from = now();
        load::sign_up(&agent, port, kind)?;
        took_ms.push(from.elapsed().as_secs_f64() * 1000.0);
    }
    let took_ms = median(took_ms);
    Ok([
        format!("{name}: time beyond the calls that follow each other (p50)"),
        format!("{:.1} ms", took_ms - calls * CALL_MS),
        format!("{calls} calls of {CALL_MS} ms: {took_ms:.1} ms"),
        "≤ 10 ms".to_owned(),
    ])
}

/// A fake of Stripe in release. Dropped, it is killed.
struct Fake {
    process: Child,
    /// Kept open, as for the service.
    _out: BufReader<ChildStdout>,
    address: String,
}

impl Fake {
    fn start(latency: &str) -> anyhow::Result<Self> {
        let mut process = Command::new(crate::target().join("release/fake-stripe"))
            .args(["--listen", "127.0.0.1:0", "--latency", latency])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the fake of Stripe cannot be started")?;
        let out = process.stdout.take().context("it has no output")?;
        let mut out = BufReader::new(out);
        let mut line = String::new();
        out.read_line(&mut line)?;
        let address = line
            .trim()
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            process,
            _out: out,
            address,
        })
    }

    /// A service in `folder` whose gateway this is.
    fn configuration(&self, folder: &Path) -> anyhow::Result<Configuration> {
        std::fs::write(folder.join("enlist.toml"), PLANS)?;
        let base = format!("http://{}", self.address);
        Ok(Configuration::default()
            .with("ENLIST_GATEWAY__KIND", "stripe")
            .with("ENLIST_GATEWAY__ACCEPT_RAW_CARDS", "true")
            .with("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "sk_test_fake")
            .with("ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY", "pk_test_fake")
            .with("ENLIST_GATEWAY__STRIPE__API_BASE", &base)
            .with(
                "ENLIST_GATEWAY__STRIPE__SCRIPT_URL",
                &format!("{base}/endive/stripe.js"),
            ))
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const NOTES: &str = "
The service on SQLite, configured for Stripe, before a fake of it: another process on this machine, over
HTTP without TLS, that shares the cores. *Beyond the calls*: from the request to its answer, less what the gateway
takes for the calls that must follow each other; one client, passwords hashed as shipped. Hashing runs beside
the first call only where that is `tokenize_card`; with a token it comes before the customer is made.
";
