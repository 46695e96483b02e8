//! `cargo xtask check`: what can be said about the code without running it.

use crate::run::{self, cargo, find_program};

/// Format, lints, dependencies.
pub fn run() -> anyhow::Result<()> {
    run::run(&mut cargo(["fmt", "--all", "--check"]))?;
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    run::run(&mut cargo(lints))?;
    if find_program("cargo-deny").is_none() {
        println!(
            "\ncargo-deny is not installed: licences and sources of dependencies were skipped."
        );
        return Ok(());
    }
    run::run(&mut cargo(["deny", "check", "bans", "licenses", "sources"]))
}
