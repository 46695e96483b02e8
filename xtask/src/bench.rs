//! `cargo xtask bench`: what a registration costs on this machine, set against what cannot be saved.
//! The service, in release, is a process of its own, and so is the database server; this one makes the
//! load, hashes the bare passwords and, where the service is not what is measured, runs its crates.
//! Ratios of one run, medians of interleaved repeats: machines differ and drift. Nothing fails on a
//! time.

mod counting;
mod hashing;
mod isolation;
mod load;
mod machine;
mod notify;
mod replicas;
mod report;
mod saga;
mod service;
mod start;
mod stripe;
mod takeover;
mod throughput;

use std::process::Command;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, ValueEnum};
use enlist_test_servers::PostgresServer;

use crate::run::{self, cargo};
use report::Section;

#[derive(Args)]
pub struct Options {
    /// How often each thing is measured; medians are shown.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    repeats: u32,
    /// How many seconds one measurement takes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Measures these subjects only, and leaves docs/performance.md as it is.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Subject>,
}

/// What is measured, in the order of the report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The service beside bare hashes, on both databases.
    Throughput,
    /// The service before Stripe, beside the sandbox.
    Stripe,
    /// Gateway calls, commits and waits for the disk.
    Counts,
    /// From the start to the first answer; memory.
    Start,
    /// The engine beside one transaction without a saga.
    Saga,
    /// Levels of isolation, and many at once for one address.
    Isolation,
    /// One, two and four replicas.
    Replicas,
    /// Until all rest after a kill.
    Takeover,
    /// What telling others at every commit would cost.
    Notify,
}

/// What every measurement is given.
pub struct Run {
    repeats: u32,
    length: Duration,
    /// Durable, as in production.
    server: PostgresServer,
}

/// Builds in release and measures in a process that was built so, too: the bare hash is compiled as
/// the service's.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let build = [
        "build",
        "--release",
        "--locked",
        "-p",
        "enlist",
        "-p",
        "enlist-fake-stripe",
        "-p",
        "xtask",
    ];
    run::run(&mut cargo(build))?;
    let mut measure = Command::new(crate::target().join("release/xtask"));
    measure.arg("measure");
    measure.args(["--repeats", &options.repeats.to_string()]);
    measure.args(["--seconds", &options.seconds.to_string()]);
    for subject in options.only.iter().filter_map(ValueEnum::to_possible_value) {
        measure.args(["--only", subject.get_name()]);
    }
    run::run(&mut measure)
}

/// Measures and writes the tables.
pub fn measure(options: &Options) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        bail!("figures of a debug build mislead; run `cargo xtask bench`");
    }
    let run = Run {
        repeats: options.repeats,
        length: Duration::from_secs(options.seconds),
        server: PostgresServer::start(),
    };
    let is_wanted = |it: &Subject| options.only.is_empty() || options.only.contains(it);
    let wanted = Subject::value_variants().iter().filter(|it| is_wanted(it));
    let sections: Vec<Section> = wanted
        .map(|subject| subject.measure(&run))
        .collect::<anyhow::Result<_>>()?;
    let length = format!("{} repeats of {} s", options.repeats, options.seconds);
    report::write(&sections, &length, options.only.is_empty())
}

impl Subject {
    fn measure(self, run: &Run) -> anyhow::Result<Section> {
        match self {
            Self::Throughput => throughput::measure(run),
            Self::Stripe => stripe::measure(run),
            Self::Counts => counting::measure(run),
            Self::Start => start::measure(run),
            Self::Saga => saga::measure(run),
            Self::Isolation => isolation::measure(run),
            Self::Replicas => replicas::measure(run),
            Self::Takeover => takeover::measure(run),
            Self::Notify => notify::measure(run),
        }
    }
}

/// For what is measured in this process.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.enable_all().build()?)
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
