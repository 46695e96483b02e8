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
