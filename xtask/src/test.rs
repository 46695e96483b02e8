//! `cargo xtask test`: every test there is. All of them run even if some fail, so that one run tells
//! everything; the closing lines of each runner are repeated at the end.

use std::process::Command;

use anyhow::bail;
use clap::Args;
use enlist_test_servers::{
    FAKE_STRIPE, PYTHON, PostgresServer, SHARED_POSTGRES_URL, STRIPE_PARAMETERS,
};

use crate::needs::{NEEDS, chromium, node, node_packages, python_packages};
use crate::run::{self, Heard, cargo, find_program, listen};

#[derive(Args)]
pub struct Options {
    /// How often the kill test kills the service; a handful by default.
    #[arg(long, value_name = "N")]
    kills: Option<u32>,
}

/// To the shared PostgreSQL: a few dozen tests at a time on a large machine, each with its pools.
const MOST_CONNECTIONS: &str = "500";

/// One runner's part.
struct Part {
    name: &'static str,
    heard: Heard,
    /// Whether a run of no tests is a failure.
    expects_tests: bool,
}

/// How many tests there were.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u32,
    failed: u32,
}

/// Meets the needs, builds, runs every part, and sums up.
pub fn run(options: &Options) -> anyhow::Result<()> {
    for need in NEEDS {
        need.meet()?;
    }
    let browser_tests = crate::root().join("tests/browser");
    node_packages(&browser_tests)?;
    run::run(&mut cargo(["build", "--workspace", "--bins"]))?;
    let parts = [
        Part {
            name: "Rust",
            heard: rust(options)?,
            expects_tests: true,
        },
        Part {
            name: "documentation",
            heard: documentation()?,
            expects_tests: false,
        },
        Part {
            name: "browser",
            heard: browser()?,
            expects_tests: true,
        },
    ];
    sum_up(&parts)
}

fn rust(options: &Options) -> anyhow::Result<Heard> {
    let (mut command, is_closing): (_, fn(&str) -> bool) =
        if find_program("cargo-nextest").is_some() {
            let arguments = ["nextest", "run", "--workspace", "--no-fail-fast"];
            (cargo(arguments), is_nextest_result)
        } else {
            let arguments = ["test", "--workspace", "--all-targets", "--no-fail-fast"];
            (cargo(arguments), is_cargo_result)
        };
    if let Some(kills) = options.kills {
        command.env("ENLIST_TEST_KILLS", kills.to_string());
    }
    let (python, stripe_parameters) = python_packages()?;
    command.env(PYTHON, python);
    command.env(STRIPE_PARAMETERS, stripe_parameters);
    command.env(FAKE_STRIPE, crate::target().join("debug/fake-stripe"));
    // Ends when this function does, or this process.
    let postgres = shared_postgres();
    if let Some(postgres) = &postgres {
        command.env(SHARED_POSTGRES_URL, postgres.url());
    }
    listen(&mut command, is_closing)
}

/// One server for all Rust tests that only need a database; else each process would start its own.
/// `None` if somebody has named one already.
fn shared_postgres() -> Option<PostgresServer> {
    if std::env::var_os(SHARED_POSTGRES_URL).is_some() {
        return None;
    }
    let postgres = PostgresServer::builder()
        .without_fsync()
        .setting("max_connections", MOST_CONNECTIONS)
        .start();
    println!("\nPostgreSQL for the tests: {}", postgres.url());
    Some(postgres)
}

fn documentation() -> anyhow::Result<Heard> {
    let mut command = cargo(["test", "--workspace", "--doc", "--no-fail-fast"]);
    listen(&mut command, is_cargo_result)
}

fn browser() -> anyhow::Result<Heard> {
    let mut command = Command::new(node().unwrap_or_else(|| "node".into()));
    command
        .args(["--test", "--test-reporter=spec"])
        .current_dir(crate::root().join("tests/browser"))
        .env("ENLIST_BIN", crate::target().join("debug/enlist"))
        .env("FAKE_STRIPE_BIN", crate::target().join("debug/fake-stripe"));
    if let Some(chromium) = chromium() {
        command.env("CHROMIUM", chromium);
    }
    listen(&mut command, is_node_result)
}

/// A closing line of cargo-nextest, which also passes on what a failed test's own runner said.
fn is_nextest_result(line: &str) -> bool {
    line.trim_start().starts_with("Summary [")
}

/// A closing line of `cargo test`, unless the target has no tests.
fn is_cargo_result(line: &str) -> bool {
    line.starts_with("test result:") && !line.contains(" 0 passed; 0 failed; ")
}

/// A closing line of Node's runner: "ℹ tests 9".
fn is_node_result(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    matches!(words[..], ["ℹ", "tests" | "pass" | "fail", number] if number.parse::<u32>().is_ok())
}

fn sum_up(parts: &[Part]) -> anyhow::Result<()> {
    println!("\nClosing lines");
    let mut sum = Counts::default();
    let mut troubles = Vec::new();
    for Part {
        name,
        heard,
        expects_tests,
    } in parts
    {
        for line in &heard.lines {
            println!("  {name:<14} {line}");
        }
        let counts = count(&heard.lines);
        if !heard.succeeded {
            troubles.push(format!("the {name} tests failed"));
        } else if *expects_tests && counts == Counts::default() {
            troubles.push(format!("no {name} test was run"));
        }
        sum.passed += counts.passed;
        sum.failed += counts.failed;
    }
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    if !troubles.is_empty() {
        bail!("{}", troubles.join("; "));
    }
    Ok(())
}

/// Adds up "3 passed" (Rust's runners) and "pass 3" (Node's).
fn count(lines: &[String]) -> Counts {
    let mut counts = Counts::default();
    for line in lines {
        let words: Vec<&str> = line
            .split(|character: char| !character.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            match (pair[0].parse::<u32>(), pair[1].parse::<u32>(), pair) {
                (Ok(number), _, [_, "passed"]) | (_, Ok(number), ["pass", _]) => {
                    counts.passed += number;
                }
                (Ok(number), _, [_, "failed"]) | (_, Ok(number), ["fail", _]) => {
                    counts.failed += number;
                }
                _ => {}
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts_of(lines: &[&str]) -> Counts {
        count(
            &lines
                .iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn the_closing_lines_of_each_runner_are_counted() {
        let nextest = "Summary [   0.053s] 345 tests run: 340 passed (2 slow), 5 failed, 0 skipped";
        let cargo = "test result: ok. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        let node = ["ℹ tests 9", "ℹ pass 8", "ℹ fail 1"];
        assert!(is_nextest_result(nextest) && is_cargo_result(cargo));
        assert!(node.into_iter().all(is_node_result));
        let (passed, failed) = (340 + 3 + 8, 5 + 1 + 1);
        let lines = [nextest, cargo, node[0], node[1], node[2]];
        assert_eq!(counts_of(&lines), Counts { passed, failed });
    }

    #[test]
    fn a_run_without_tests_is_a_failure() {
        let part = |expects_tests| Part {
            name: "Rust",
            heard: Heard {
                succeeded: true,
                lines: vec!["ℹ tests 0".to_owned(), "ℹ pass 0".to_owned()],
            },
            expects_tests,
        };
        assert!(sum_up(&[part(true)]).is_err());
        assert!(sum_up(&[part(false)]).is_ok());
    }
}
