//! `cargo xtask fuzz`: libFuzzer on each target of `fuzz/`, one after the other. What it makes up beside
//! the corpus stays below `target/fuzz`, so that the next run goes on from there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::run::{self, Heard, find_program, listen_and_show};

#[derive(Args)]
pub struct Options {
    /// This target only; all of them, one after the other, by default.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// How many minutes each target is run; one by default.
    #[arg(long, value_name = "M", conflicts_with = "seconds")]
    minutes: Option<u64>,
    /// How many seconds each target is run.
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
}

impl Options {
    fn seconds(&self) -> u64 {
        match (self.seconds, self.minutes) {
            (Some(seconds), _) => seconds,
            (None, minutes) => minutes.unwrap_or(1) * 60,
        }
    }
}

/// Whatever is longer finds nothing that these find not, and takes longer: a body may have 64 KiB.
const MOST_BYTES: usize = 4096;

/// Longer than this for one input is a fault.
const SLOWEST_INPUT_S: u32 = 10;

/// No unsafe code of ours runs in the targets: without a sanitizer twice as many inputs are tried.
const SANITIZER: [&str; 2] = ["--sanitizer", "none"];

/// What a run of one target came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    executions: u64,
    per_second: u64,
    coverage: u64,
    features: u64,
    /// The input for which it does not hold.
    failed_on: Option<String>,
}

/// Builds the targets, runs them, and says what came of it.
pub fn run(options: &Options) -> anyhow::Result<()> {
    meet_needs()?;
    let targets = chosen(&targets()?, options.target.as_deref())?;
    run::run(nightly("build").args(SANITIZER).args(only(&targets)))?;
    let mut rows = Vec::new();
    for target in &targets {
        let heard = fuzz(target, options.seconds())?;
        let succeeded = heard.succeeded;
        rows.push((target.as_str(), figures(&heard.lines), succeeded));
    }
    println!("\n{}", table(&rows));
    let failed: Vec<String> = rows
        .iter()
        .filter(|(_, _, succeeded)| !succeeded)
        .map(|(target, figures, _)| how_to_see_it_again(target, figures))
        .collect();
    match failed.is_empty() {
        true => Ok(()),
        false => bail!("{}", failed.join("\n")),
    }
}

/// Installs what is missing and can be installed.
fn meet_needs() -> anyhow::Result<()> {
    if find_program("cargo-fuzz").is_none() {
        run::run(Command::new("cargo").args(["install", "cargo-fuzz", "--locked"]))?;
    }
    let has_nightly = Command::new("cargo")
        .args(["+nightly", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_nightly {
        let arguments = ["toolchain", "install", "nightly", "--profile", "minimal"];
        run::run(Command::new("rustup").args(arguments))
            .context("a nightly compiler is needed; CI's tests replay the corpus without one")?;
    }
    Ok(())
}

/// `cargo fuzz` with the nightly compiler. Cargo tells what it runs, and so us, which package that is; build
/// scripts look at this, and everything behind them would be built anew each time.
fn nightly(subcommand: &str) -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let of_us = |name: &str| {
            name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        };
        if name.to_str().is_some_and(of_us) {
            command.env_remove(name);
        }
    }
    command
        .args(["+nightly", "fuzz", subcommand])
        .current_dir(crate::root());
    command
}

fn targets() -> anyhow::Result<Vec<String>> {
    let folder = crate::root().join("fuzz/fuzz_targets");
    let files = std::fs::read_dir(&folder).context("fuzz/fuzz_targets cannot be read")?;
    let paths = files.filter_map(|file| Some(file.ok()?.path()));
    let stems = paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut targets: Vec<String> = stems.collect();
    targets.sort();
    Ok(targets)
}

fn chosen(targets: &[String], name: Option<&str>) -> anyhow::Result<Vec<String>> {
    let Some(name) = name else {
        return Ok(targets.to_vec());
    };
    if !targets.iter().any(|target| target == name) {
        bail!(
            "there is no target `{name}`; there are {}",
            targets.join(", ")
        );
    }
    Ok(vec![name.to_owned()])
}

/// One target is built alone, and all of them together.
fn only(targets: &[String]) -> Option<&String> {
    match targets {
        [target] => Some(target),
        _ => None,
    }
}

fn fuzz(target: &str, seconds: u64) -> anyhow::Result<Heard> {
    let kept = crate::target().join("fuzz").join(target);
    std::fs::create_dir_all(&kept).context("the folder for new inputs cannot be made")?;
    let mut command = nightly("run");
    command
        .args(SANITIZER)
        .arg(target)
        .arg(&kept)
        .arg(Path::new("fuzz/corpus").join(target))
        .arg("--")
        .arg(format!("-dict={}", dictionary(target).display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MOST_BYTES}"))
        .arg(format!("-timeout={SLOWEST_INPUT_S}"))
        .arg("-print_final_stats=1");
    listen_and_show(&mut command, is_figure, is_news)
}

fn dictionary(target: &str) -> PathBuf {
    let name = format!("{target}.dict");
    crate::root().join("fuzz/dictionaries").join(name)
}

/// A line of libFuzzer's that tells how far it came, or what it failed on.
fn is_figure(line: &str) -> bool {
    line.contains(" cov: ") || line.starts_with("stat::") || line.contains("Test unit written to ")
}

/// What somebody who waits wants to see: not each input that reaches something new, of which there are thousands.
fn is_news(line: &str) -> bool {
    !line.starts_with(['#', '"']) || line.contains("pulse") || line.contains("DONE")
}

fn figures(lines: &[String]) -> Figures {
    let mut figures = Figures::default();
    for line in lines {
        let after = |name: &str| {
            let (_, rest) = line.split_once(name)?;
            rest.split_whitespace().next()?.parse().ok()
        };
        let parts = [
            ("stat::number_of_executed_units:", &mut figures.executions),
            ("stat::average_exec_per_sec:", &mut figures.per_second),
            (" cov: ", &mut figures.coverage),
            (" ft: ", &mut figures.features),
        ];
        for (name, figure) in parts {
            *figure = after(name).unwrap_or(*figure);
        }
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            figures.failed_on = Some(path.trim().to_owned());
        }
    }
    figures
}

fn table(rows: &[(&str, Figures, bool)]) -> String {
    let heading = format!(
        "{:<18}{:>14}{:>12}{:>10}{:>10}  outcome",
        "target", "executions", "per second", "coverage", "features"
    );
    let lines = rows.iter().map(|(target, figures, succeeded)| {
        let outcome = if *succeeded { "holds" } else { "does not hold" };
        format!(
            "{target:<18}{:>14}{:>12}{:>10}{:>10}  {outcome}",
            figures.executions, figures.per_second, figures.coverage, figures.features
        )
    });
    let lines: Vec<String> = std::iter::once(heading).chain(lines).collect();
    lines.join("\n")
}

fn how_to_see_it_again(target: &str, figures: &Figures) -> String {
    let Some(input) = &figures.failed_on else {
        return format!("{target} failed, see above");
    };
    let sanitizer = SANITIZER.join(" ");
    format!(
        "{target} does not hold. Again: cargo +nightly fuzz run {sanitizer} {target} {input}\n\
         On stable: cp {input} fuzz/corpus/{target}/ && cargo test -p enlist-fuzz-targets"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_a_run_are_read() {
        let lines = [
            "#1024\tINITED cov: 1200 ft: 3400 corp: 36/10Kb exec/s: 512 rss: 60Mb",
            "#9000\tDONE   cov: 1305 ft: 4001 corp: 90/20Kb lim: 400 exec/s: 900 rss: 61Mb",
            "stat::number_of_executed_units: 9000",
            "stat::average_exec_per_sec:     900",
            "artifact_prefix='fuzz/artifacts/email/'; Test unit written to fuzz/artifacts/email/crash-1",
        ];
        assert!(lines.iter().all(|line| is_figure(line)));
        let expected = Figures {
            executions: 9000,
            per_second: 900,
            coverage: 1305,
            features: 4001,
            failed_on: Some("fuzz/artifacts/email/crash-1".to_owned()),
        };
        assert_eq!(figures(&lines.map(ToOwned::to_owned)), expected);
        let told = how_to_see_it_again("email", &expected);
        assert!(
            told.contains("email fuzz/artifacts/email/crash-1"),
            "{told}"
        );
    }

    #[test]
    fn a_target_that_there_is_not_is_refused() {
        let there = targets().unwrap();
        assert!(there.contains(&"email".to_owned()), "{there:?}");
        assert_eq!(chosen(&there, None).unwrap(), there);
        assert_eq!(chosen(&there, Some("email")).unwrap(), ["email"]);
        assert!(chosen(&there, Some("emial")).is_err());
    }
}
