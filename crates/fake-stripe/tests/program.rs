//! The fake as a process of its own.

#![expect(
    clippy::expect_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use enlist_fake_stripe::API_VERSION;
use enlist_gateways::sandbox::Ledger;
use enlist_test_servers::stripe_parameters;

struct Program {
    process: Child,
    out: BufReader<std::process::ChildStdout>,
    url: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn start(arguments: &[&str]) -> Program {
    let mut process = Command::new(env!("CARGO_BIN_EXE_fake-stripe"))
        .args(["--listen", "127.0.0.1:0", "--parameters"])
        .arg(stripe_parameters())
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut out = BufReader::new(process.stdout.take().expect("its output is a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("it says where it listens");
    let address = line
        .trim()
        .strip_prefix("fake-stripe is listening on ")
        .expect("it says where it listens")
        .to_owned();
    let url = format!("http://{address}");
    Program { process, out, url }
}

/// Makes a customer, then tells the program to end, and returns what it printed.
fn live_and_end(program: &mut Program, signal: &str) -> String {
    let made = ureq::post(format!("{}/v1/customers", program.url))
        .header("authorization", "Bearer sk_test_fake")
        .header("stripe-version", API_VERSION)
        .header("content-type", "application/x-www-form-urlencoded")
        .send("email=jane@example.com")
        .expect("a customer is made");
    assert_eq!(made.status(), 200);
    let process = program.process.id().to_string();
    let told = Command::new("sh")
        .args(["-c", r#"kill -s "$0" "$1""#, signal, &process])
        .status();
    assert!(told.expect("a shell can be started").success());
    let mut rest = String::new();
    program.out.read_to_string(&mut rest).expect("it ends");
    let ended = program.process.wait().expect("it ends");
    assert!(ended.success(), "{ended}");
    rest
}

#[test]
fn it_prints_what_it_holds_when_it_is_told_to_end() {
    for signal in ["TERM", "INT"] {
        let mut program = start(&["--latency", "10ms"]);
        let printed = live_and_end(&mut program, signal);
        let ledger: Ledger = serde_json::from_str(&printed).unwrap();
        assert_eq!(
            ledger.customers[0].email.as_deref(),
            Some("jane@example.com")
        );
    }
}

#[test]
fn it_writes_what_it_holds_where_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.json");
    let mut program = start(&["--ledger", file.to_str().unwrap()]);
    assert_eq!(live_and_end(&mut program, "TERM"), "");
    let ledger: Ledger = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(ledger.customers.len(), 1);
}

#[test]
fn it_listens_on_the_loopback_interface_only() {
    let refused = Command::new(env!("CARGO_BIN_EXE_fake-stripe"))
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("loopback"));
}
