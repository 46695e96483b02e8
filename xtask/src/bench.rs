//! `cargo xtask bench`: what a registration costs on this machine, set against what cannot be saved.
//! The service, in release, is a process of its own; this one makes the load and hashes the bare
//! passwords. Ratios of one run, medians of interleaved repeats: machines differ and drift. Nothing
//! fails on a time.

mod counting;
mod hashing;
mod load;
mod machine;
mod report;
mod service;
mod timing;

use std::process::Command;
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use crate::run::{self, cargo};

#[derive(Args)]
pub struct Options {
    /// How often each thing is measured; medians are shown.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    repeats: u32,
    /// How many seconds one measurement takes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
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
        "xtask",
    ];
    run::run(&mut cargo(build))?;
    let mut measure = Command::new(crate::target().join("release/xtask"));
    measure.arg("measure");
    measure.args(["--repeats", &options.repeats.to_string()]);
    measure.args(["--seconds", &options.seconds.to_string()]);
    run::run(&mut measure)
}

/// Measures everything and writes the table.
pub fn measure(options: &Options) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        bail!("figures of a debug build mislead; run `cargo xtask bench`");
    }
    let length = Duration::from_secs(options.seconds);
    let figures = report::Figures {
        options_line: format!("{} repeats of {} s", options.repeats, options.seconds),
        throughput: timing::throughput(options.repeats, length)?,
        start: timing::start(options.repeats)?,
        counts: counting::counts()?,
    };
    report::write(&figures)
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
