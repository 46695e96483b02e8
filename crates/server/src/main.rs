//! The binary `enlist`: everything is in the library, so that tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    enlist::cli::run()
}
