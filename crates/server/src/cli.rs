//! The command line. People get tables and sentences; `--json` and exit codes serve scripts.
//!
//! Exit codes: 0 done; 1 failed; 2 the command or the configuration is wrong; 3 no such thing.

mod configuration;
mod doctor;
mod migrate;
mod registrations;
mod serving;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::config::{Settings, Unusable};

/// Self-hosted sign-up, completely or not at all.
#[derive(Debug, Parser)]
#[command(name = "enlist", version, about)]
struct Cli {
    /// The configuration file [default: enlist.toml, where there is one].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the sign-up page and the API.
    Serve,
    /// Print every key of the configuration with its default and one sentence.
    Config {
        /// As a configuration file, to start from.
        #[arg(long)]
        toml: bool,
        /// As JSON.
        #[arg(long, conflicts_with = "toml")]
        json: bool,
    },
    /// Say what is wrong with the configuration, key by key.
    CheckConfig {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Reach database, gateway and mail, and say what was found. Fails where something is bad.
    Doctor {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring the database's schema up to date.
    Migrate {
        /// Also accept the present secret_key, where the one that the database was used with is lost
        /// for good. Everything that was issued under the old one stops working.
        #[arg(long)]
        new_key: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Look at registrations. Works while the service runs.
    Registrations {
        #[command(subcommand)]
        command: RegistrationsCommand,
    },
    /// Print the description of the API (OpenAPI 3.1), with what is there under one configuration or
    /// another. A service describes what it answers itself at /openapi.json.
    Openapi,
}

#[derive(Debug, Subcommand)]
enum RegistrationsCommand {
    /// List registrations, the newest first.
    List {
        /// Only those that stand so: pending, running, awaiting_action, awaiting_verification, undoing,
        /// registered or undone.
        #[arg(long)]
        status: Option<String>,
        /// Only those of this address.
        #[arg(long)]
        email: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// As JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show one registration with its timeline.
    Show {
        /// Its id.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// How a command ends that did not do what it was asked for.
#[derive(Debug)]
enum Failure {
    /// The command or the configuration is wrong.
    Usage(anyhow::Error),
    /// No such thing.
    Missing(anyhow::Error),
    /// It failed.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Unusable> for Failure {
    fn from(unusable: Unusable) -> Self {
        Self::Usage(unusable.into())
    }
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let Cli { config, command } = Cli::parse();
    let mut out = io::stdout().lock();
    let load = || Settings::load(config.as_deref());
    let done = match command {
        Command::Serve => {
            drop(out);
            load().map_err(Failure::from).and_then(serving::serve)
        }
        Command::Config { toml, json } => configuration::print(&mut out, toml, json),
        Command::CheckConfig { json } => configuration::check(&mut out, load(), json),
        Command::Doctor { json } => load()
            .map_err(Failure::from)
            .and_then(|settings| doctor::run(&mut out, &settings, json)),
        Command::Migrate { new_key, json } => load().map_err(Failure::from).and_then(|settings| {
            migrate::run(&mut out, &settings, migrate::Asked { new_key, json })
        }),
        Command::Registrations { command } => load()
            .map_err(Failure::from)
            .and_then(|settings| registrations::run(&mut out, &settings, command)),
        Command::Openapi => {
            serde_json::to_string_pretty(&crate::http::document(crate::http::Offered::ever()))
                .map_err(|error| Failure::Failed(error.into()))
                .and_then(|json| Ok(writeln!(out, "{json}")?))
        }
    };
    let (error, code) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        // Whoever read our output has seen enough: `enlist config | head`.
        Err(Failure::Failed(error)) if is_broken_pipe(&error) => return ExitCode::SUCCESS,
        Err(Failure::Failed(error)) => (error, 1),
        Err(Failure::Usage(error)) => (error, 2),
        Err(Failure::Missing(error)) => (error, 3),
    };
    // Nothing can be done about a standard error that cannot be written to.
    let _ = writeln!(io::stderr(), "enlist: {error:#}");
    ExitCode::from(code)
}

/// For a command that ends soon.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
