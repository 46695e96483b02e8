//! The everyday commands. `cargo xtask test` is the one that matters: it sets up what the tests need
//! and runs them all.

#![expect(
    clippy::print_stdout,
    reason = "what these commands are for is to be read on a terminal"
)]

mod bench;
mod check;
mod fuzz;
mod mutants;
mod needs;
mod run;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sets up what the tests need, then runs every test: Rust, documentation, browser.
    Test(test::Options),
    /// Checks format, lints and, where cargo-deny is installed, the dependencies.
    Check,
    /// Changes the code in one place at a time and sees whether a test notices (docs/mutants.md).
    Mutants(mutants::Options),
    /// Measures this machine and writes docs/performance.md. Nothing fails on a time.
    Bench(bench::Options),
    /// Runs the engine in a world of faults, from seeds; `--help` says more.
    #[command(disable_help_flag = true)]
    Simulate {
        /// What `simulate` is asked.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs libFuzzer on each target of `fuzz/`; needs a nightly compiler.
    Fuzz(fuzz::Options),
    /// What `bench` starts once everything is built in release.
    #[command(hide = true)]
    Measure(bench::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Test(options) => test::run(&options),
        Command::Check => check::run(),
        Command::Mutants(options) => mutants::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Simulate { arguments } => simulate(&arguments),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Measure(options) => bench::measure(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            println!("\nxtask: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

/// Optimised: a simulation is as good as it is long.
fn simulate(arguments: &[String]) -> anyhow::Result<()> {
    let package = [
        "run",
        "--release",
        "--quiet",
        "--package",
        "enlist-simulation",
    ];
    let mut command = run::cargo(package);
    command.args(["--bin", "simulate", "--"]).args(arguments);
    run::run(&mut command)
}

/// The top of the source tree.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where Cargo builds to.
fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(elsewhere) => root().join(elsewhere),
        None => root().join("target"),
    }
}
