//! `enlist registrations list` and `show`, beside a service that runs and after it.

use serde_json::Value;

use crate::process::{Folder, Serving, ended_with, person, until};

fn registered(serving: &Serving, email: &str) -> String {
    let answer = serving.post_json("/api/users", &person(email), &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let body = answer.json();
    body["registration"]["id"].as_str().unwrap().to_owned()
}

fn listed(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["registrations", "list", "--json"], arguments].concat();
    let (lines, _) = ended_with(&folder.run(&arguments), 0);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn registrations_are_listed_newest_first_while_the_service_runs_and_afterwards() {
    let folder = Folder::new();
    let serving = folder.serve(&[]);
    let first = registered(&serving, "ada@example.com");
    let mut declined = person("eve@example.com");
    declined["payment_method"] = "tok_chargeDeclined".into();
    let answer = serving.post_json("/api/users", &declined, &[]);
    assert_eq!(answer.status, 402, "{}", answer.text);
    let second = answer.json()["registration"]["id"].clone();

    let check = || {
        let list = listed(&folder, &[]);
        let ids: Vec<&Value> = list.iter().map(|line| &line["id"]).collect();
        assert_eq!(ids, [&second, &Value::from(first.as_str())]);
        assert_eq!(list[0]["status"], "undone");
        assert_eq!(list[1]["email"], "ada@example.com");
        assert_eq!(listed(&folder, &["--status", "undone"]).len(), 1);
        let of_ada = listed(&folder, &["--email", "ADA@example.com"]);
        assert_eq!(
            (of_ada.len(), &of_ada[0]["id"]),
            (1, &Value::from(first.as_str()))
        );
        assert_eq!(listed(&folder, &["--limit", "1"]).len(), 1);
        let (table, _) = ended_with(&folder.run(&["registrations", "list"]), 0);
        assert!(
            table.contains("awaiting_verification") && table.contains("declined"),
            "{table}"
        );
    };
    check();
    assert!(serving.terminate().success());
    check();
}

#[test]
fn one_registration_is_shown_with_its_timeline() {
    let folder = Folder::new();
    let serving = folder.serve(&[]);
    let id = registered(&serving, "ada@example.com");
    // What is recorded without waiting for the disk is there a moment later.
    let text = until("the timeline is whole", || {
        let (text, _) = ended_with(&folder.run(&["registrations", "show", &id]), 0);
        text.contains("start_subscription").then_some(text)
    });
    for words in [
        id.as_str(),
        "ada@example.com",
        "pro",
        "create_customer",
        "open_account",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    let (json, _) = ended_with(&folder.run(&["registrations", "show", &id, "--json"]), 0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["status"], "awaiting_verification");
    let steps: Vec<&str> = json["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "done")
        .map(|event| event["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        [
            "hold_email",
            "create_customer",
            "start_subscription",
            "open_account"
        ]
    );
}

/// Begins a journey; its id and access token.
fn pending(serving: &Serving, email: &str) -> (String, String) {
    let body = serde_json::json!({ "email": email });
    let answer = serving.post_json("/api/registrations", &body, &[]);
    assert_eq!(answer.status, 202, "{}", answer.text);
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&body["registration"]["id"]),
        text(&body["access_token"]),
    )
}

#[test]
fn pending_ones_are_listed_and_shown_with_what_is_missing() {
    let folder = Folder::new();
    let serving = folder.serve(&[]);
    let begun = registered(&serving, "ada@example.com");
    let (id, token) = pending(&serving, "eve@example.com");
    let ids = |arguments: &[&str]| -> Vec<String> {
        let list = listed(&folder, arguments);
        let ids = list.iter().map(|line| line["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    };
    assert_eq!(ids(&[]), [&*id, &*begun], "the newest first");
    assert_eq!(ids(&["--limit", "1"]), [&*id]);
    assert_eq!(ids(&["--status", "pending"]), [&*id]);
    assert_eq!(ids(&["--status", "awaiting_verification"]), [&*begun]);
    assert_eq!(ids(&["--email", "EVE@example.com"]), [&*id]);
    let nothing = ids(&["--status", "pending", "--email", "ada@example.com"]);
    assert_eq!(nothing, [""; 0]);
    let line = &listed(&folder, &["--status", "pending"])[0];
    assert_eq!(line["status"], "pending");
    assert_eq!(line["missing"], "verification");
    assert_eq!(line["email"], "eve@example.com");
    assert_eq!(line["failure"], Value::Null);

    let mail = serving.mail_to("eve@example.com");
    let path = format!("/api/registrations/{id}/verification");
    let bearer = format!("Bearer {token}");
    let mut words = mail["text"].as_str().unwrap().split_whitespace();
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let code = serde_json::json!({ "code": words.find(is_code) });
    let proved = serving.post_json(&path, &code, &[("authorization", &bearer)]);
    assert_eq!(proved.status, 200, "{}", proved.text);
    let check = || {
        let (text, _) = ended_with(&folder.run(&["registrations", "show", &id]), 0);
        for words in [
            &*id,
            "pending",
            "eve@example.com",
            "missing  profile",
            "expires",
        ] {
            assert!(text.contains(words), "{words} is missing in\n{text}");
        }
        let (json, _) = ended_with(&folder.run(&["registrations", "show", &id, "--json"]), 0);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["missing"], "profile");
        assert!(json["verified_at"].is_string(), "{json}");
        let (table, _) = ended_with(&folder.run(&["registrations", "list"]), 0);
        assert!(
            table.contains("pending") && table.contains("profile"),
            "{table}"
        );
        assert!(!table.contains(&token) && !text.contains(&token));
    };
    check();
    assert!(serving.terminate().success());
    check();
}

#[test]
fn a_pending_one_whose_mail_is_refused_is_listed_as_undone_with_the_reason() {
    let folder = Folder::new();
    let serving = folder.serve(&[]);
    let (id, _) = pending(&serving, "eve@example.com");
    assert!(serving.terminate().success());
    // As the service writes it when a mail server refuses the address.
    let file = rusqlite::Connection::open(folder.data_dir().join("enlist.db")).unwrap();
    let refuse = "UPDATE pending_registrations SET mail_refused_at = last_mail_at";
    assert_eq!(file.execute(refuse, []).unwrap(), 1);
    drop(file);
    assert_eq!(listed(&folder, &["--status", "pending"]).len(), 0);
    assert_eq!(listed(&folder, &["--status", "registered"]).len(), 0);
    assert_eq!(listed(&folder, &[]).len(), 1);
    let line = &listed(&folder, &["--status", "undone"])[0];
    assert_eq!(line["id"], id.as_str());
    assert_eq!(line["status"], "undone");
    assert_eq!(line["failure"]["reason"], "mail_refused");
    assert_eq!(line["missing"], Value::Null);
    let (text, _) = ended_with(&folder.run(&["registrations", "show", &id]), 0);
    assert!(text.contains("does not accept mail"), "{text}");
}

#[test]
fn what_is_not_there_and_what_is_no_id_are_told_apart_by_the_exit_code() {
    let folder = Folder::new();
    let (_, error) = ended_with(&folder.run(&["registrations", "list"]), 3);
    assert!(error.contains("there is no database"), "{error}");
    let serving = folder.serve(&[]);
    let (none, _) = ended_with(&folder.run(&["registrations", "list"]), 0);
    assert_eq!(none, "No registrations.\n");
    let id = "01990000-0000-7000-8000-000000000000";
    let (_, error) = ended_with(&folder.run(&["registrations", "show", id]), 3);
    assert!(error.contains(id), "{error}");
    for wrong in [
        ["registrations", "show", "7"].as_slice(),
        &["registrations", "list", "--status", "sleeping"],
        &["registrations", "list", "--email", "nobody"],
        &["registrations", "list", "--limit", "0"],
    ] {
        let (_, error) = ended_with(&folder.run(wrong), 2);
        assert!(!error.is_empty(), "{wrong:?}");
    }
    drop(serving);
}
