//! `enlist serve`: what it says, one at a time, a clean end, and a start after one that was not.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::process::{Folder, ended_with, person, until};

#[test]
fn it_says_where_the_page_is_and_the_line_that_it_prints_works_when_pasted() {
    let folder = Folder::new();
    let serving = folder.serve(&[]);
    let said = serving.said();
    let page = format!("http://localhost:{}/\n", serving.port());
    assert!(said.contains(&page), "{said}");
    assert!(serving.get("/", &[]).text.contains("Create your account"));
    let line = said
        .lines()
        .find(|line| line.trim().starts_with("curl"))
        .unwrap();
    let pasted = Command::new("sh")
        .args(["-c", line])
        .env("NO_PROXY", "*")
        .output()
        .unwrap();
    let (body, _) = ended_with(&pasted, 0);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        body["message"],
        "User registered successfully! Please check your email for verification."
    );
}

#[test]
fn a_second_one_on_the_same_data_or_the_same_port_is_refused_with_a_sentence() {
    let folder = Folder::new();
    let serving = folder.serve(&[]);
    let mut same_data = folder.command(&["serve"]);
    same_data.env("ENLIST_SERVER__LISTEN", "127.0.0.1:0");
    let (_, error) = ended_with(&same_data.output().unwrap(), 1);
    assert!(error.contains("another enlist is serving from"), "{error}");

    let elsewhere = Folder::new();
    let mut same_port = elsewhere.command(&["serve"]);
    same_port.env(
        "ENLIST_SERVER__LISTEN",
        format!("127.0.0.1:{}", serving.port()),
    );
    let (_, error) = ended_with(&same_port.output().unwrap(), 1);
    assert!(error.contains("cannot listen on"), "{error}");
    assert!(error.contains("server.listen"), "{error}");
    assert!(!elsewhere.data_dir().exists(), "no data was touched");
    assert_eq!(
        serving.get("/readyz", &[]).status,
        200,
        "the first is unharmed"
    );
}

#[test]
fn it_ends_cleanly_when_told_to() {
    let folder = Folder::new();
    let serving = folder.serve(&[]);
    assert_eq!(serving.get("/healthz", &[]).status, 200);
    assert_eq!(serving.terminate().code(), Some(0));
    assert!(folder.serve(&[]).terminate().success(), "and starts again");
}

#[test]
fn what_is_under_way_when_it_is_told_to_end_is_answered_first() {
    let folder = Folder::new();
    let mut serving = folder.serve(&[("ENLIST_GATEWAY__SANDBOX__LATENCY", "1500ms")]);
    let answer = thread::scope(|scope| {
        let request =
            scope.spawn(|| serving.post_json("/api/users", &person("a@example.com"), &[]));
        until("it is begun", || {
            let (list, _) = ended_with(&folder.run(&["registrations", "list"]), 0);
            list.contains("running").then_some(())
        });
        serving.ask_to_end();
        request.join().unwrap()
    });
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(serving.wait().code(), Some(0));
}

/// A stream stays open for minutes, and so would the service.
#[test]
fn whoever_follows_a_sign_up_does_not_keep_the_service_from_ending() {
    let folder = Folder::new();
    let mut serving = folder.serve(&[("ENLIST_SERVER__SHUTDOWN_GRACE", "600s")]);
    let email = json!({ "email": "ada@example.com" });
    let begun = serving.post_json("/api/registrations", &email, &[]).json();
    let id = begun["registration"]["id"].as_str().unwrap();
    let token = begun["access_token"].as_str().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", serving.port())).unwrap();
    write!(
        stream,
        "GET /api/registrations/{id}/events HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    )
    .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "event: pending"));
    serving.ask_to_end();
    assert_eq!(serving.wait().code(), Some(0));
}

#[test]
fn a_registration_that_a_kill_cut_off_ends_by_itself_after_the_next_start() {
    let folder = Folder::new();
    let lease = [
        ("ENLIST_REGISTRATION__LEASE", "1s"),
        ("ENLIST_GATEWAY__TIMEOUT", "800ms"),
    ];
    let hang = (
        "ENLIST_GATEWAY__SANDBOX__FAULTS",
        "start_subscription:hang:1.0",
    );
    let mut serving = folder.serve(&[lease[0], lease[1], hang]);
    let headers = [("prefer", "respond-async")];
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &headers);
    assert_eq!(answer.status, 202, "{}", answer.text);
    until("the charge is taken and nobody knows", || {
        let ledger = serving.get("/sandbox/ledger", &[]).json();
        (!ledger["charges"].as_array().unwrap().is_empty()).then_some(())
    });
    serving.kill();

    let serving = folder.serve(&lease);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    until("it goes on", || {
        let answer = serving.get(&answer.location, &[("authorization", &bearer)]);
        let status = answer.json()["registration"]["status"].clone();
        (status == "awaiting_verification").then_some(())
    });
    let ledger = serving.get("/sandbox/ledger", &[]).json();
    for kind in ["customers", "subscriptions", "charges"] {
        assert_eq!(ledger[kind].as_array().unwrap().len(), 1, "{kind}");
    }
    assert_eq!(serving.terminate().code(), Some(0));
}

#[test]
fn the_log_for_machines_is_json_line_by_line_and_figures_are_gathered() {
    let folder = Folder::new();
    let serving = folder.serve(&[("ENLIST_LOG_FORMAT", "json"), ("ENLIST_LOG", "debug")]);
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let figures = serving.get("/metrics", &[]).text;
    assert!(
        figures.contains("enlist_registration_events_total{kind=\"done\",step=\"open_account\"} 1"),
        "{figures}"
    );
    let log = until("the registration is logged", || {
        let log = serving.log();
        log.contains("awaiting_verification").then_some(log)
    });
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}"));
    }
    assert!(!log.contains("ada@example.com"), "no address in the log");
}
