//! `cargo xtask mutants`: changes the code in one place at a time, and sees whether a test notices
//! (cargo-mutants). In stages, since most changes are noticed within seconds by the tests beside the code: only
//! what one stage lets through is tried again under the next, wider net.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use crate::run::{self, cargo, find_program};

#[derive(Args)]
pub struct Options {
    /// The package whose code is changed; otherwise each.
    #[arg(long, value_enum)]
    package: Option<Package>,
    /// A part of it, as `1/4`.
    #[arg(long, value_name = "N/OF")]
    shard: Option<String>,
    /// Only changes whose name matches, as `--re` of `cargo mutants`.
    #[arg(long, value_name = "REGEX")]
    only: Option<String>,
}

/// What is looked after in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Package {
    #[value(name = "enlist-domain")]
    Domain,
    #[value(name = "enlist-registration")]
    Registration,
}

/// Worlds per test of the simulation: what it notices at all, it mostly notices within ten.
const SEEDS: &str = "1500";

/// Tests that look for what the tests beside the code let through.
struct Net {
    /// Of the folder that its results are in.
    name: &'static str,
    /// What is built with each change.
    packages: &'static [&'static str],
    /// Of their tests, those that are run: an expression of cargo-nextest.
    tests: &'static str,
}

/// The nets of `enlist-registration`, the narrow one first: what needs no server of its own. Planted bugs are about
/// the checks, not about the code; and by HTTP so many worlds take minutes.
const NETS: [Net; 2] = [
    Net {
        name: "sqlite",
        packages: &["enlist-registration"],
        tests: "!test(postgres) & !test(stripe) & !test(planted) & !test(matrix)",
    },
    Net {
        name: "everything",
        packages: &["enlist-registration", "enlist-simulation", "enlist-model"],
        tests: "package(enlist-registration) & test(whatever_fails) & !test(postgres) & !test(stripe) \
             | package(enlist-simulation) & test(everything_or_nothing) & !test(by_http) \
             | package(enlist-model)",
    },
];

/// Where the survivors are explained.
const PAGE: &str = "docs/mutants.md";

/// `cargo mutants` says with these that it ran: nothing survived, something did, something ran for too long.
const RAN: [i32; 3] = [0, 2, 3];

/// Runs all stages for each package, and fails for every survivor that the page does not explain.
pub fn run(options: &Options) -> anyhow::Result<()> {
    for tool in ["cargo-mutants", "cargo-nextest"] {
        if find_program(tool).is_none() {
            run::run(&mut cargo(["install", "--locked", tool]))?;
        }
    }
    let packages = match options.package {
        Some(package) => vec![package],
        None => Package::value_variants().to_vec(),
    };
    let mut survivors = Vec::new();
    for package in packages {
        let mut missed = beside_the_code(package, options)?;
        for net in package.nets() {
            if !missed.is_empty() {
                missed = under(net, package, &missed)?;
            }
        }
        survivors.extend(missed);
    }
    let page = std::fs::read_to_string(crate::root().join(PAGE)).context(PAGE)?;
    let new = unexplained(&survivors, &page);
    println!("\n{} survived, {} of them new", survivors.len(), new.len());
    if !new.is_empty() {
        bail!("{PAGE} does not explain\n  {}", new.join("\n  "));
    }
    Ok(())
}

/// The package's unit tests, for each mutant. Those that nobody notices.
fn beside_the_code(package: Package, options: &Options) -> anyhow::Result<Vec<String>> {
    let mut command = mutants(package);
    command.arg("--cargo-arg=--lib");
    if let Some(shard) = &options.shard {
        command.args(["--shard", shard]);
    }
    if let Some(only) = &options.only {
        command.args(["--re", only]);
    }
    missed(command, &format!("{}-quick", package.name()))
}

/// A wider net, for these mutants. Those that nobody notices.
fn under(net: &Net, package: Package, these: &[String]) -> anyhow::Result<Vec<String>> {
    let mut command = mutants(package);
    for tested in net.packages {
        command.args(["--test-package", tested]);
    }
    command
        .args(["--test-tool", "nextest"])
        .args(["--cargo-test-arg=-E", "--cargo-test-arg", net.tests])
        .args(these.iter().map(|name| format!("--re={}", exactly(name))))
        .env("ENLIST_TEST_SEEDS", SEEDS);
    missed(command, &format!("{}-{}", package.name(), net.name))
}

impl Package {
    fn name(self) -> &'static str {
        match self {
            Self::Domain => "enlist-domain",
            Self::Registration => "enlist-registration",
        }
    }

    fn nets(self) -> &'static [Net] {
        match self {
            Self::Domain => &[],
            Self::Registration => &NETS,
        }
    }
}

/// `cargo mutants`, with `.cargo/mutants.toml`.
fn mutants(package: Package) -> Command {
    cargo(["mutants", "--colors=never", "--package", package.name()])
}

/// Runs it, and reads the names of what nobody noticed from its folder.
fn missed(mut command: Command, folder: &str) -> anyhow::Result<Vec<String>> {
    let output = crate::target().join("mutants").join(folder);
    std::fs::create_dir_all(&output).with_context(|| output.display().to_string())?;
    command.arg("--output").arg(&output);
    println!("\ncargo mutants, into {}", output.display());
    let status = command.stdin(Stdio::null()).status();
    let status = status.context("`cargo mutants` cannot be started")?;
    if !status.code().is_some_and(|code| RAN.contains(&code)) {
        bail!("`cargo mutants` failed ({status})");
    }
    lines(&output.join("mutants.out/missed.txt"))
}

fn lines(file: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// An expression that matches this name only.
fn exactly(name: &str) -> String {
    let escaped = name.chars().map(|character| match character {
        character if character.is_ascii_alphanumeric() || character == ' ' => character.to_string(),
        special => format!("\\x{{{:x}}}", u32::from(special)),
    });
    format!("^{}$", escaped.collect::<String>())
}

/// Survivors whose file and change the page does not name. Lines and columns move, so they do not count.
fn unexplained(survivors: &[String], page: &str) -> Vec<String> {
    // In a table.
    let page = page.replace("\\|", "|");
    let is_new = |name: &&String| !page.contains(&format!("`{}`", without_position(name)));
    survivors.iter().filter(is_new).cloned().collect()
}

/// `crates/domain/src/money.rs:68:41: replace < with <= in f` without the numbers.
fn without_position(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(file), Some(_), Some(_), Some(change)) => format!("{file}:{change}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "crates/domain/src/money.rs:68:41: replace < with <= in f -> Option<T>";

    #[test]
    fn a_survivor_is_known_wherever_its_line_has_moved() {
        let page =
            "| `crates/domain/src/money.rs: replace < with <= in f -> Option<T>` | because |";
        let moved = NAME.replace("68:41", "70:1");
        let or = "crates/domain/src/email.rs:56:47: replace || with && in g".to_owned();
        assert!(
            unexplained(
                &[or],
                r"| `crates/domain/src/email.rs: replace \|\| with && in g` |"
            )
            .is_empty()
        );
        assert!(unexplained(&[NAME.to_owned(), moved], page).is_empty());
        let other = NAME.replace("<=", "==");
        assert_eq!(unexplained(std::slice::from_ref(&other), page), [other]);
    }

    #[test]
    fn a_name_is_matched_by_itself() {
        assert_eq!(
            exactly("a: b -> C<T>"),
            r"^a\x{3a} b \x{2d}\x{3e} C\x{3c}T\x{3e}$"
        );
    }
}
