//! `enlist config`, `enlist check-config`, `enlist openapi`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use enlist::config::KEYS;
use serde_json::Value;

use crate::process::{Folder, ended_with};

#[test]
fn every_key_is_printed_with_its_variable_and_default() {
    let folder = Folder::new();
    let (table, _) = ended_with(&folder.run(&["config"]), 0);
    let (lines, _) = ended_with(&folder.run(&["config", "--json"]), 0);
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), KEYS.len());
    for (line, key) in lines.iter().zip(KEYS) {
        assert_eq!(line["key"], key.name);
        assert_eq!(line["variable"], key.variable());
        assert_eq!(line["default"], key.default);
        assert!(!line["help"].as_str().unwrap().is_empty());
        // A narrow table may break a long name in two.
        let start: String = key.name.chars().take(8).collect();
        assert!(table.contains(&start), "{}", key.name);
    }
}

#[test]
fn the_file_that_is_printed_is_the_example_and_loads_with_every_line_switched_on() {
    let folder = Folder::new();
    let (toml, _) = ended_with(&folder.run(&["config", "--toml"]), 0);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../enlist.example.toml");
    assert_eq!(toml, fs::read_to_string(example).unwrap());

    let file = folder.path().join("enlist.toml");
    fs::write(&file, &toml).unwrap();
    ended_with(&folder.run(&["check-config"]), 0);
    let switched_on: Vec<&str> = toml
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting,
            _ => line,
        })
        .collect();
    fs::write(&file, switched_on.join("\n")).unwrap();
    let (said, _) = ended_with(&folder.run(&["check-config"]), 0);
    assert_eq!(said, "The configuration is in order.\n");
}

#[test]
fn every_fault_of_a_configuration_is_named_by_its_key_at_once() {
    let folder = Folder::new();
    let file = "log = \"loud\"\n[server]\nlisten = \"nowhere\"\nwiat = \"3s\"\n\
                [billing]\ncard = \"sometimes\"\n[gateway]\nkind = \"braintree\"\n";
    fs::write(folder.path().join("enlist.toml"), file).unwrap();
    let check = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("ENLIST_VERIFICATION__DEADLINE", "soon");
        ended_with(&command.output().unwrap(), 2)
    };
    let keys = [
        "log",
        "server.listen",
        "server.wiat",
        "billing.card",
        "gateway.kind",
        "verification.deadline",
    ];
    let (said, error) = check(&["check-config"]);
    for key in keys {
        let line = said
            .lines()
            .find(|line| line.starts_with(&format!("{key}: ")));
        assert!(line.is_some(), "{key} is missing in\n{said}");
    }
    assert!(said.contains("did you mean server.wait?"), "{said}");
    assert!(
        error.contains("6 keys of the configuration are wrong"),
        "{error}"
    );

    let (json, _) = check(&["check-config", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["ok"], false);
    let faults = json["faults"].as_array().unwrap();
    let named = |key: &&str| faults.iter().any(|fault| fault["key"] == **key);
    assert!(keys.iter().all(named), "{faults:?}");

    let (_, error) = check(&["serve"]);
    assert!(keys.iter().all(|key| error.contains(key)), "{error}");
}

#[test]
fn a_secret_is_not_shown_because_it_is_wrong() {
    let folder = Folder::new();
    let mut command = folder.command(&["check-config"]);
    command.env(
        "ENLIST_DATABASE__URL",
        "postgres://enlist:canary-password@db/enlist?sslmode=canary-mode",
    );
    let (said, error) = ended_with(&command.output().unwrap(), 2);
    assert!(said.contains("database.url"), "{said}");
    assert!(
        !said.contains("canary") && !error.contains("canary"),
        "{said}{error}"
    );

    let mut command = folder.command(&["serve"]);
    command
        .env("ENLIST_SECRET_KEY", "Y2FuYXJ5")
        .env("ENLIST_SERVER__LISTEN", "127.0.0.1:0");
    let (_, error) = ended_with(&command.output().unwrap(), 1);
    assert!(error.contains("secret_key"), "{error}");
    assert!(!error.contains("Y2FuYXJ5"), "{error}");
}

#[test]
fn production_refuses_the_sandbox_and_the_embedded_mailbox() {
    let folder = Folder::new();
    let mut command = folder.command(&["serve"]);
    command.env("ENLIST_SERVER__PRODUCTION", "true");
    let (_, error) = ended_with(&command.output().unwrap(), 2);
    assert!(
        error.contains("gateway.kind") && error.contains("mail.url"),
        "{error}"
    );
    assert!(!folder.data_dir().exists(), "nothing was begun");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let folder = Folder::new();
    let (_, error) = ended_with(&folder.run(&["--config", "none.toml", "serve"]), 2);
    assert!(error.contains("none.toml"), "{error}");
}

#[test]
fn all_of_the_api_is_printed_and_of_it_a_service_describes_what_it_answers() {
    let folder = Folder::new();
    let (printed, _) = ended_with(&folder.run(&["openapi"]), 0);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let served = folder.serve(&[]).get("/openapi.json", &[]).json();
    let everything = printed["paths"].as_object().unwrap();
    let described = served["paths"].as_object().unwrap();
    for (path, operations) in described {
        assert_eq!(everything.get(path), Some(operations), "{path}");
    }
    assert!(described.contains_key("/sandbox/ledger"));
    assert!(everything.contains_key("/api/setup-intents"));
    assert!(
        !described.contains_key("/api/setup-intents"),
        "only with Stripe"
    );
}

#[test]
fn a_variable_that_is_not_text_is_nobodys_business_unless_it_is_ours() {
    let folder = Folder::new();
    let not_text = OsStr::from_bytes(b"\xff");
    let check = |variable| {
        let mut command = folder.command(&["check-config"]);
        command.env(variable, not_text).output().unwrap()
    };
    ended_with(&check("SOMEBODY_ELSES"), 0);
    let (said, _) = ended_with(&check("ENLIST_SECRET_KEY"), 2);
    assert!(
        said.contains("ENLIST_SECRET_KEY: is not in UTF-8"),
        "{said}"
    );
}
