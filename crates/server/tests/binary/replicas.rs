//! Several processes on one PostgreSQL database: what one began the other goes on with, and all have
//! one key.

use std::thread;

use enlist_test_servers::test_database;

use crate::postgres::verify;
use crate::process::{Folder, Serving, ended_with, person, until};

const URL: &str = "ENLIST_DATABASE__URL";
const KEY: &str = "ENLIST_SECRET_KEY";
/// 32 bytes in base64.
const SOME_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Everything that a page of the service shows, once both show the same.
fn same_at_both(one: &Serving, other: &Serving, path: &str) -> serde_json::Value {
    until("both show the same", || {
        let (here, there) = (one.get(path, &[]).json(), other.get(path, &[]).json());
        (here == there).then_some(here)
    })
}

#[test]
fn what_is_begun_at_one_replica_is_followed_and_verified_at_another() {
    let database = test_database();
    let url = database.url();
    let variables = [(URL, url.as_str()), (KEY, SOME_KEY)];
    let (here, there) = (Folder::new(), Folder::new());
    let (one, other) = (here.serve(&variables), there.serve(&variables));
    let key = [("idempotency-key", "0c9a5c1e-7d1a-4f43-b4dc-6c2c1d5bb6a1")];
    let answer = one.post_json("/api/users", &person("ada@example.com"), &key);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let repeated = other.post_json("/api/users", &person("ada@example.com"), &key);
    assert_eq!(repeated.status, 201, "{}", repeated.text);
    assert_eq!(
        repeated.json()["registration"]["id"],
        answer.json()["registration"]["id"]
    );
    let taken = other.post_json("/api/users", &person("ADA@example.com"), &[]);
    assert_eq!(taken.status, 409, "{}", taken.text);

    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let status_at = |replica: &Serving| {
        let answer = replica.get(&answer.location, &[("authorization", &bearer)]);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["registration"]["status"].clone()
    };
    assert_eq!(status_at(&other), "awaiting_verification");
    let mail = other.mail_to("ada@example.com");
    verify(&other, &answer.location, &token, &mail);
    assert_eq!(status_at(&one), "registered");

    let ledger = same_at_both(&one, &other, "/sandbox/ledger");
    assert_eq!(ledger["charges"].as_array().unwrap().len(), 1, "{ledger}");
    let mails = same_at_both(&one, &other, "/mailbox/messages");
    assert_eq!(mails.as_array().unwrap().len(), 1, "one mail, sent by one");
}

#[test]
fn what_a_killed_replica_had_in_hand_is_finished_by_the_other() {
    let database = test_database();
    let url = database.url();
    let common = [
        (URL, url.as_str()),
        (KEY, SOME_KEY),
        ("ENLIST_REGISTRATION__LEASE", "1s"),
        ("ENLIST_DATABASE__TIMEOUT", "1s"),
        ("ENLIST_GATEWAY__TIMEOUT", "800ms"),
    ];
    let (here, there) = (Folder::new(), Folder::new());
    let hang = (
        "ENLIST_GATEWAY__SANDBOX__FAULTS",
        "start_subscription:hang:1.0",
    );
    let mut one = here.serve(&[common.as_slice(), &[hang]].concat());
    let headers = [("prefer", "respond-async")];
    let answer = one.post_json("/api/users", &person("ada@example.com"), &headers);
    assert_eq!(answer.status, 202, "{}", answer.text);
    until("the charge is taken and nobody knows", || {
        let ledger = one.get("/sandbox/ledger", &[]).json();
        (!ledger["charges"].as_array().unwrap().is_empty()).then_some(())
    });
    one.kill();

    let other = there.serve(&common);
    // The gateway is one for all, with the faults that were switched on at either.
    let clear = [("clear", "all")];
    assert_eq!(other.post_form("/sandbox", &clear).status, 303);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    until("it goes on", || {
        let answer = other.get(&answer.location, &[("authorization", &bearer)]);
        let status = answer.json()["registration"]["status"].clone();
        (status == "awaiting_verification").then_some(())
    });
    let ledger = other.get("/sandbox/ledger", &[]).json();
    for kind in ["customers", "subscriptions", "charges"] {
        assert_eq!(ledger[kind].as_array().unwrap().len(), 1, "{kind}");
    }
}

#[test]
fn a_replica_with_another_key_is_refused_until_the_new_one_is_accepted() {
    let database = test_database();
    let url = database.url();
    let variables = [(URL, url.as_str())];
    // Without a configured key each directory makes its own.
    let (here, there) = (Folder::new(), Folder::new());
    let one = here.serve(&variables);
    let (_, error) = ended_with(&there.run_with(&["serve"], &variables), 1);
    for words in ["ENLIST_SECRET_KEY", "data directory", "migrate --new-key"] {
        assert!(error.contains(words), "{words} is missing in {error}");
    }
    assert_eq!(one.get("/readyz", &[]).status, 200, "the first is unharmed");
    assert!(one.terminate().success());

    let (said, _) = ended_with(&there.run_with(&["migrate", "--new-key"], &variables), 0);
    let file = there.data_dir().join("secret.key");
    let file = file.strip_prefix(there.path()).unwrap();
    assert!(said.contains(&file.display().to_string()), "{said}");
    assert!(there.serve(&variables).terminate().success());
    let (_, error) = ended_with(&here.run_with(&["serve"], &variables), 1);
    assert!(error.contains("another secret_key"), "{error}");
}

#[test]
fn a_file_whose_secret_key_was_lost_is_refused_until_the_new_one_is_accepted() {
    let folder = Folder::new();
    assert!(folder.serve(&[]).terminate().success());
    std::fs::remove_file(folder.data_dir().join("secret.key")).unwrap();
    let (_, error) = ended_with(&folder.run_with(&["serve"], &[]), 1);
    assert!(error.contains("migrate --new-key"), "{error}");
    ended_with(&folder.run(&["migrate", "--new-key"]), 0);
    assert!(folder.serve(&[]).terminate().success());
}

#[test]
fn replicas_that_start_at_once_in_one_data_directory_have_one_key_and_one_schema() {
    let (folder, database) = (Folder::new(), test_database());
    let url = database.url();
    let variables = [(URL, url.as_str())];
    let replicas: Vec<Serving> = thread::scope(|scope| {
        let starting: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| folder.serve(&variables)))
            .collect();
        starting
            .into_iter()
            .map(|replica| replica.join().unwrap())
            .collect()
    });
    let answer = replicas[0].post_json("/api/users", &person("ada@example.com"), &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    for replica in &replicas {
        let followed = replica.get(&answer.location, &[("authorization", &bearer)]);
        assert_eq!(followed.status, 200, "{}", followed.text);
    }
    let (_, error) = ended_with(&folder.run_with(&["serve"], &[]), 1);
    assert!(error.contains("another enlist is serving from"), "{error}");
}
