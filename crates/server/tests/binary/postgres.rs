//! `enlist serve` on PostgreSQL, one process: a sign-up from end to end, what it keeps where, a database
//! that cannot be reached at the start or goes away later.

use std::fs;
use std::net::TcpListener;
use std::thread;

use enlist_test_servers::{Database, PostgresServer, StopMode, test_database};

use crate::process::{Folder, Serving, ended_with, person, until};

const URL: &str = "ENLIST_DATABASE__URL";

/// Types the code of the mail, as found at one service, into another.
pub(crate) fn verify(at: &Serving, location: &str, token: &str, mail: &serde_json::Value) {
    let text = mail["text"].as_str().unwrap();
    let code = text.lines().find(|line| line.contains("code")).unwrap();
    let code = code.rsplit(' ').next().unwrap();
    let bearer = format!("Bearer {token}");
    let answer = at.post_json(
        &format!("{location}/verification"),
        &serde_json::json!({ "code": code }),
        &[("authorization", &bearer)],
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
}

fn one(database: &Database, sql: &str) -> String {
    database.query_text(sql)[0][0].clone().unwrap()
}

#[test]
fn a_sign_up_on_postgresql_goes_all_the_way() {
    let (folder, database) = (Folder::new(), test_database());
    let url = database.url();
    let serving = folder.serve(&[(URL, url.as_str())]);
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let mail = serving.mail_to("ada@example.com");
    verify(&serving, &answer.location, &token, &mail);
    let verified = "SELECT count(*) FROM users WHERE email_verified_at IS NOT NULL";
    assert_eq!(one(&database, verified), "1");
    until("the journal is closed", || {
        let status = one(&database, "SELECT status FROM registrations");
        (status == "registered").then_some(())
    });
    let ledger = serving.get("/sandbox/ledger", &[]).json();
    assert_eq!(ledger["charges"].as_array().unwrap().len(), 1);

    assert_eq!(serving.terminate().code(), Some(0));
    let mut files: Vec<_> = fs::read_dir(folder.data_dir())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["lock", "secret.key"], "all else is in the database");
    let serving = folder.serve(&[(URL, url.as_str())]);
    let bearer = format!("Bearer {token}");
    let again = serving.get(&answer.location, &[("authorization", &bearer)]);
    assert_eq!(again.json()["registration"]["status"], "registered");
}

#[test]
fn the_sandbox_keeps_its_books_in_a_file_where_it_is_told_to() {
    let (folder, database) = (Folder::new(), test_database());
    let url = database.url();
    let books = ("ENLIST_GATEWAY__SANDBOX__BOOKS", "sqlite:books.db");
    let serving = folder.serve(&[(URL, url.as_str()), books]);
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert!(folder.path().join("books.db").exists());
}

#[test]
fn registrations_are_listed_and_shown_beside_a_service_on_postgresql() {
    let (folder, database) = (Folder::new(), test_database());
    let url = database.url();
    let variables = [(URL, url.as_str())];
    let run = |arguments: &[&str], code| {
        let (said, error) = ended_with(&folder.run_with(arguments, &variables), code);
        said + &error
    };
    let nothing = run(&["registrations", "list"], 3);
    assert!(nothing.contains("there is no database"), "{nothing}");

    let serving = folder.serve(&variables);
    assert_eq!(run(&["registrations", "list"], 0), "No registrations.\n");
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &[]);
    let id = answer.json()["registration"]["id"].clone();
    let id = id.as_str().unwrap();
    let list = run(&["registrations", "list", "--email", "ADA@example.com"], 0);
    assert!(
        list.contains("awaiting_verification") && list.contains("ada@example.com"),
        "{list}"
    );
    until("the timeline is whole", || {
        let shown = run(&["registrations", "show", id], 0);
        (shown.contains("start_subscription") && shown.contains("open_account")).then_some(())
    });
    let unknown = "01990000-0000-7000-8000-000000000000";
    assert!(run(&["registrations", "show", unknown], 3).contains(unknown));
}

#[test]
fn with_a_clock_that_is_not_the_databases_nothing_starts_and_the_doctor_says_so() {
    let (folder, database) = (Folder::new(), test_database());
    // Where it is 1970.
    let _time = database.fake_time();
    let url = database.url();
    let variables = [(URL, url.as_str())];
    let (_, error) = ended_with(&folder.run_with(&["serve"], &variables), 1);
    assert!(error.contains("ahead of the database's"), "{error}");
    let (said, _) = ended_with(&folder.run_with(&["doctor"], &variables), 1);
    assert!(said.contains("ahead of that of the database"), "{said}");

    let (folder, database) = (Folder::new(), test_database());
    let url = database.url();
    let variables = [(URL, url.as_str())];
    drop(folder.serve(&variables));
    let (said, _) = ended_with(&folder.run_with(&["doctor"], &variables), 0);
    assert!(said.contains("agrees with that of the database"), "{said}");
}

#[test]
fn a_database_that_does_not_answer_at_the_start_is_named_without_its_password() {
    let folder = Folder::new();
    // Bound and let go of: nobody listens there.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://enlist:canary-password@127.0.0.1:{port}/accounts");
    for command in [
        ["serve"].as_slice(),
        &["migrate"],
        &["registrations", "list"],
    ] {
        let output = folder.run_with(command, &[(URL, url.as_str())]);
        let (said, error) = ended_with(&output, 1);
        for words in [&format!("127.0.0.1:{port}/accounts"), "refused"] {
            assert!(error.contains(words), "{command:?}: {error}");
        }
        assert!(!(said + &error).contains("canary"), "{error}");
    }
}

#[test]
fn a_wrong_password_is_told_in_the_servers_words_and_not_repeated() {
    let server = PostgresServer::start_without_fsync();
    server.execute("CREATE ROLE ada LOGIN PASSWORD 'right'");
    let rules = server.query_text("SHOW hba_file")[0][0].clone().unwrap();
    server.execute(&format!(
        "COPY (VALUES ('host all ada 127.0.0.1/32 scram-sha-256'), \
         ('host all all 127.0.0.1/32 trust')) TO '{rules}'"
    ));
    server.restart(StopMode::Fast);
    let folder = Folder::new();
    let port = server.port();
    let url = format!("postgres://ada:canary-password@127.0.0.1:{port}/postgres");
    let (said, error) = ended_with(&folder.run_with(&["serve"], &[(URL, url.as_str())]), 1);
    assert!(error.contains("password authentication failed"), "{error}");
    assert!(
        error.contains(&format!("ada@127.0.0.1:{port}/postgres")),
        "{error}"
    );
    assert!(!(said + &error).contains("canary"), "{error}");
}

#[test]
fn a_database_that_goes_away_does_not_end_the_service() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let (folder, url) = (Folder::new(), database.url());
    let serving = folder.serve(&[(URL, url.as_str())]);
    assert_eq!(serving.get("/readyz", &[]).status, 200);
    server.stop(StopMode::Immediate);
    let answer = serving.get("/readyz", &[]);
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(serving.get("/healthz", &[]).status, 200);
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &[]);
    assert_eq!(answer.status, 503, "{}", answer.text);

    server.start_again();
    until("it is ready again", || {
        (serving.get("/readyz", &[]).status == 200).then_some(())
    });
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert!(serving.terminate().success());
}

#[test]
fn readiness_is_answered_in_time_by_a_service_whose_database_says_nothing() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let (folder, url) = (Folder::new(), database.url());
    let serving = folder.serve(&[(URL, url.as_str())]);
    assert_eq!(serving.get("/readyz", &[]).status, 200);
    server.pause();
    let answer = serving.get("/readyz", &[]);
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(
        answer.text.contains("did not answer in time"),
        "{}",
        answer.text
    );
    server.resume();
    until("it is ready again", || {
        (serving.get("/readyz", &[]).status == 200).then_some(())
    });
}

#[test]
fn a_service_whose_database_became_read_only_is_not_ready() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let (folder, url) = (Folder::new(), database.url());
    let serving = folder.serve(&[(URL, url.as_str())]);
    assert_eq!(serving.get("/readyz", &[]).status, 200);
    let name = database.name();
    let set_read_only = |value: &str| {
        server.execute(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = {value}"
        ));
        // A session has what was set when it began.
        server.execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = '{name}'"
        ));
    };
    set_read_only("on");
    until("it says that it is not ready, and why", || {
        let answer = serving.get("/readyz", &[]);
        (answer.status == 503 && answer.text.contains("read-only")).then_some(())
    });
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &[]);
    assert_eq!(answer.status, 503, "{}", answer.text);
    set_read_only("off");
    until("it is ready again", || {
        (serving.get("/readyz", &[]).status == 200).then_some(())
    });
}

#[test]
fn a_sign_up_whose_database_goes_away_once_it_is_begun_can_be_followed() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let (folder, url) = (Folder::new(), database.url());
    let serving = folder.serve(&[
        (URL, url.as_str()),
        ("ENLIST_SERVER__WAIT", "3s"),
        ("ENLIST_DATABASE__TIMEOUT", "1s"),
        ("ENLIST_GATEWAY__SANDBOX__BOOKS", "sqlite:books.db"),
        (
            "ENLIST_GATEWAY__SANDBOX__FAULTS",
            "start_subscription:hang:1.0",
        ),
    ]);
    let answer = thread::scope(|scope| {
        let signing_up =
            scope.spawn(|| serving.post_json("/api/users", &person("ada@example.com"), &[]));
        // By then the journal row is written, and the driver waits for the gateway.
        until("the charge is taken", || {
            let ledger = serving.get("/sandbox/ledger", &[]).json();
            (!ledger["charges"].as_array().unwrap().is_empty()).then_some(())
        });
        server.stop(StopMode::Immediate);
        signing_up.join().unwrap()
    });
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert!(answer.location.starts_with("/api/registrations/"));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    server.start_again();
    let bearer = format!("Bearer {token}");
    until("it can be followed", || {
        let followed = serving.get(&answer.location, &[("authorization", &bearer)]);
        (followed.status == 200).then_some(())
    });
}

#[test]
fn a_service_whose_database_says_nothing_ends_within_its_grace() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let (folder, url) = (Folder::new(), database.url());
    let mut serving = folder.serve(&[
        (URL, url.as_str()),
        ("ENLIST_SERVER__SHUTDOWN_GRACE", "100ms"),
        ("ENLIST_REGISTRATION__SWEEP_INTERVAL", "100ms"),
    ]);
    server.pause();
    // Two seconds on, each worker has long asked something that is not answered.
    assert_eq!(serving.get("/readyz", &[]).status, 503);
    serving.ask_to_end();
    assert!(serving.wait().success());
    let log = serving.log();
    assert!(log.contains("jobs and sweeps that did not end"), "{log}");
    server.resume();
}

#[test]
fn what_people_type_is_not_in_the_most_talkative_log() {
    let (folder, database) = (Folder::new(), test_database());
    let url = database.url();
    let log = ("ENLIST_LOG", "trace,tokio_postgres::query=trace");
    let serving = folder.serve(&[(URL, url.as_str()), log]);
    let answer = serving.post_json("/api/users", &person("canary@example.com"), &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let taken = serving.post_json("/api/users", &person("canary@example.com"), &[]);
    assert_eq!(taken.status, 409, "{}", taken.text);
    let log = until("the driver of the database has logged", || {
        let log = serving.log();
        (log.contains("tokio_postgres") && log.contains("let go")).then_some(log)
    });
    assert!(!log.contains("canary@example.com"), "{log}");
}
