//! `fake-stripe` as a process of its own (`crates/fake-stripe`), which lives on while the service before it is
//! killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::guard::Guard;
use crate::machine::{signal, text_of, wait_for};
use crate::python::{source_tree, stripe_parameters, target};

/// If set, names the program, which is else built at the first call.
pub const FAKE_STRIPE: &str = "FAKE_STRIPE_BIN";

/// What it says once it listens.
const LISTENS: &str = "fake-stripe is listening on 127.0.0.1:";

/// A fake Stripe of one test's own, empty, in memory, as strict as the official SDK.
pub struct FakeStripe {
    guard: Guard,
    port: u16,
    home: TempDir,
}

/// A fake that does nothing until this is dropped.
pub struct Paused<'a>(&'a FakeStripe);

impl FakeStripe {
    /// Starts one.
    pub fn start() -> Self {
        let home = tempfile::Builder::new()
            .prefix("enlist-fake-stripe-")
            .tempdir()
            .expect("a directory can be made");
        let command = [
            text_of(&program()),
            "--listen".to_owned(),
            "127.0.0.1:0".to_owned(),
            "--parameters".to_owned(),
            text_of(&stripe_parameters()),
        ];
        let log = home.path().join("log");
        let guard = Guard::start(&command, home.path(), &log, "TERM");
        let mut server = Self {
            guard,
            port: 0,
            home,
        };
        wait_for(
            "the fake Stripe to listen",
            || server.log(),
            || {
                let log = server.log();
                assert!(server.guard.is_running(), "it ended at once:\n{log}");
                log.contains(LISTENS) && log.ends_with('\n')
            },
        );
        server.port = port_in(&server.log());
        server
    }

    /// On 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Stops it in the middle of whatever it does. Connections are still accepted, by the system.
    pub fn pause(&self) -> Paused<'_> {
        signal("STOP", &[self.guard.server()]);
        Paused(self)
    }

    /// All that it has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        signal("CONT", &[self.0.guard.server()]);
    }
}

fn port_in(log: &str) -> u16 {
    let port = log.split_once(LISTENS).and_then(|(_, rest)| {
        let line = rest.lines().next()?;
        line.trim().parse().ok()
    });
    port.unwrap_or_else(|| panic!("the fake Stripe does not say where it listens: {log}"))
}

/// The program, as the sources have it.
fn program() -> PathBuf {
    if let Some(named) = std::env::var_os(FAKE_STRIPE) {
        return named.into();
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // What a test is told of its package: dependencies would be built anew because it is set, and once more
    // by whoever builds next without it.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            build.env_remove(&*name);
        }
    }
    let built = build
        .args(["build", "--locked", "--quiet"])
        .args(["--package", "enlist-fake-stripe", "--bin", "fake-stripe"])
        .args([Path::new("--target-dir"), &target()])
        .current_dir(source_tree())
        .stdin(Stdio::null())
        .output()
        .expect("cargo can be started");
    let complaint = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "the fake Stripe: {complaint}");
    target().join("debug/fake-stripe")
}
