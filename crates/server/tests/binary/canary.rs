//! Card numbers, security codes, passwords and tokens that pass through the service are planted in
//! every way that a request can carry them, with the log at its most talkative; then everything that
//! the service wrote is searched for them. PCI DSS 3.3.1 and 3.5.1; protocol.md, invariant 6.
//!
//! That the search finds what is there, `encodings` and `leaks` show.

use std::collections::HashSet;
use std::path::PathBuf;
use std::thread;

use serde_json::{Value, json};

use crate::leaks::{Search, files_in};
use crate::planting::{
    AMEX, ASKS_THE_BANK, FAILS_AT_THE_CHARGE, INSUFFICIENT_FUNDS, MISPLACED, NO_CODE,
    NOT_A_TEST_CARD, PAN, Planted, WRONG_CHECK_DIGIT, plant_in_answers, plant_in_forms,
    plant_in_proofs, plant_in_refusals, plant_under_faults,
};
use crate::process::{Folder, Serving, until};

#[test]
fn nothing_that_must_not_be_kept_is_in_any_file_or_log() {
    let folder = Folder::new();
    let variables = [
        ("ENLIST_LOG", "trace"),
        ("ENLIST_LIMITS__ENABLED", "false"),
        ("ENLIST_REGISTRATION__LEASE", "1s"),
        ("ENLIST_GATEWAY__TIMEOUT", "800ms"),
    ];
    let mut planted = Planted::default();
    let mut serving = folder.serve(&variables);
    plant_in_answers(&serving, &mut planted);
    plant_in_refusals(&serving, &mut planted);
    plant_in_forms(&serving, &mut planted);
    plant_in_proofs(&serving, &mut planted);
    plant_under_faults(&serving, &mut planted);
    cut_off(&mut serving, &mut planted);
    // As the kill left it, the write-ahead log included.
    assert_clean(&folder, &planted);

    let serving = folder.serve(&variables);
    until("what was cut off has ended", || {
        let list = folder.run(&["registrations", "list", "--status", "running"]);
        (list.stdout == b"No registrations.\n").then_some(())
    });
    assert!(serving.terminate().success());
    assert_clean(&folder, &planted);
}

/// `kill -9` while one request has its card in memory, another its customer at the gateway.
fn cut_off(serving: &mut Serving, planted: &mut Planted) {
    let clear = [("clear", "all")];
    assert_eq!(serving.post_form("/sandbox", &clear).status, 303);
    for step in ["create_customer", "tokenize_card"] {
        let fault = json!({"step": step, "kind": "hang", "rate": 1.0});
        assert_eq!(
            serving.post_json("/sandbox/faults", &fault, &[]).status,
            201
        );
    }
    let raw = planted.person(PAN).to_string();
    let mut with_token = planted.person(PAN);
    for field in ["card_number", "expiry_month", "expiry_year", "cvv"] {
        with_token.as_object_mut().unwrap().remove(field);
    }
    with_token["payment_method"] = "tok_visa".into();
    let with_token = with_token.to_string();
    let json = [("content-type", "application/json")];
    thread::scope(|scope| {
        let requests = [&raw, &with_token].map(|body| {
            let serving = &*serving;
            scope.spawn(move || serving.try_post("/api/users", body, &json))
        });
        until("both are under way", || {
            let faults = serving.get("/sandbox/faults", &[]).json();
            let struck = |fault: &Value| fault["hits"].as_u64() > Some(0);
            faults["faults"]
                .as_array()
                .unwrap()
                .iter()
                .all(struck)
                .then_some(())
        });
        serving.kill_now();
        for request in requests {
            assert!(request.join().unwrap().is_err(), "nobody was answered");
        }
    });
    serving.kill();
}

fn assert_clean(folder: &Folder, planted: &Planted) {
    let files = files_in(folder.path());
    let name = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
    let names: HashSet<String> = files.iter().map(name).collect();
    for expected in [
        "enlist.db",
        "sandbox.db",
        "mailbox.db",
        "secret.key",
        "stdout-0",
    ] {
        assert!(names.contains(expected), "{expected} is searched");
    }
    let log = files
        .iter()
        .find(|file| name(file).starts_with("stderr-"))
        .unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.contains(" TRACE ") && log.contains("create_customer"),
        "it was talkative"
    );

    let search = |what: &str, long: &[String], words: &[String], not_in: &str| {
        let kept = |file: &&PathBuf| not_in.is_empty() || !name(file).starts_with(not_in);
        let files: Vec<PathBuf> = files.iter().filter(kept).cloned().collect();
        assert!(!long.is_empty(), "{what} were planted");
        let found = Search::new(long, words).of_files(&files);
        assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
    };
    let cards = [
        PAN,
        AMEX,
        INSUFFICIENT_FUNDS,
        FAILS_AT_THE_CHARGE,
        ASKS_THE_BANK,
        NOT_A_TEST_CARD,
        WRONG_CHECK_DIGIT,
        MISPLACED,
        NO_CODE,
    ]
    .map(ToOwned::to_owned);
    search("cards and security codes", &cards, &planted.codes, "");
    search("passwords", &planted.passwords, &[], "");
    search("access tokens", &planted.access_tokens, &[], "");
    // The embedded mailbox is the recipient's: links and codes belong there, and nowhere else.
    let proofs: Vec<String> = planted
        .link_tokens
        .iter()
        .map(|link| link[32..].to_owned())
        .collect();
    search(
        "links and codes",
        &proofs,
        &planted.mail_codes,
        "mailbox.db",
    );
    // As a gateway would, the sandbox keeps the secret of a payment that waits.
    search("client secrets", &planted.client_secrets, &[], "sandbox.db");
    let key = std::fs::read_to_string(folder.data_dir().join("secret.key")).unwrap();
    search(
        "the service's key",
        &[key.trim().to_owned()],
        &[],
        "secret.key",
    );
}
