//! Mails by SMTP, with the real binary: a journey to its end, an address that is refused, replicas, and what
//! the doctor says of a mail server.

use std::collections::BTreeSet;

use enlist_test_servers::{Encryption, ReceivedMail, Refusal, SmtpServer, test_database};
use serde_json::Value;

use crate::process::{Answer, Folder, Serving, ended_with, person, until};

const ADA: &str = "ada@example.com";
const FROM: (&str, &str) = ("ENLIST_MAIL__FROM", "Acme <no-reply@acme.example>");

/// What a service is told of a mail server.
struct Told {
    url: String,
    roots: String,
}

impl Told {
    fn of(server: &SmtpServer) -> Self {
        Self {
            url: server.url(),
            roots: server.roots().display().to_string(),
        }
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        vec![
            ("ENLIST_MAIL__URL", &self.url),
            ("ENLIST_MAIL__ROOTS", &self.roots),
            FROM,
        ]
    }
}

fn taken(server: &SmtpServer, count: usize) -> Vec<ReceivedMail> {
    until("the mail server takes them", || {
        let mails = server.mails();
        (mails.len() == count).then_some(mails)
    })
}

/// How a registration stands, by the answer that began it.
fn status(serving: &Serving, begun: &Answer) -> Value {
    let token = begun.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let answer = serving.get(&begun.location, &[("authorization", &bearer)]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["registration"]["status"].clone()
}

fn live(serving: &Serving) -> usize {
    let ledger = serving.get("/sandbox/ledger", &[]).json();
    let kinds = ["customers", "payment_methods", "subscriptions", "charges"];
    let entries = kinds
        .iter()
        .flat_map(|kind| ledger[kind].as_array().unwrap());
    entries.filter(|entry| entry["live"] == true).count()
}

#[test]
fn a_person_signs_up_gets_a_mail_and_follows_its_link() {
    let server = SmtpServer::with(Encryption::Starttls)
        .login("acme", "canary-password")
        .start();
    let (folder, told) = (Folder::new(), Told::of(&server));
    let serving = folder.serve(&told.variables());
    let said = serving.said();
    let sent_by = format!(
        "Mails            sent by smtp://127.0.0.1:{}",
        server.port()
    );
    assert!(
        said.contains(&sent_by) && !said.contains("/mailbox"),
        "{said}"
    );

    let begun = serving.post_json("/api/users", &person(ADA), &[]);
    assert_eq!(begun.status, 201, "{}", begun.text);
    let mail = taken(&server, 1).remove(0);
    assert_eq!(mail.login.as_deref(), Some("acme"));
    let link = mail
        .text
        .lines()
        .find(|line| line.contains("/verify/"))
        .unwrap();
    let (_, path) = link.split_at(link.find("/verify/").unwrap());
    assert_eq!(serving.get(path, &[]).status, 200);
    assert_eq!(
        status(&serving, &begun),
        "awaiting_verification",
        "looking is not confirming"
    );
    assert_eq!(serving.post_form(path, &[]).status, 200);
    assert_eq!(status(&serving, &begun), "registered");

    let log = serving.log();
    for secret in [ADA, "canary-password", path] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn an_address_that_is_refused_for_good_leaves_nothing_at_the_gateway() {
    let mut server = SmtpServer::with(Encryption::None).start();
    server.refuse(&[Refusal::at(
        "RCPT",
        ADA,
        "550 5.1.1 <ada@example.com>: unknown",
    )]);
    let (folder, told) = (Folder::new(), Told::of(&server));
    let serving = folder.serve(&told.variables());
    let begun = serving.post_json("/api/users", &person(ADA), &[]);
    assert_eq!(begun.status, 201, "{}", begun.text);
    until("it is undone", || {
        (status(&serving, &begun) == "undone").then_some(())
    });
    assert_eq!(live(&serving), 0);
    let log = serving.log();
    assert!(log.contains("550 5.1.1"), "{log}");
    assert!(!log.contains(ADA), "{log}");
}

#[test]
fn replicas_send_each_mail_once() {
    let (server, database) = (
        SmtpServer::with(Encryption::Starttls).start(),
        test_database(),
    );
    let (told, url) = (Told::of(&server), database.url());
    let mut variables = told.variables();
    variables.push(("ENLIST_DATABASE__URL", &url));
    // 32 bytes in base64.
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    variables.push(("ENLIST_SECRET_KEY", key));
    let (here, there) = (Folder::new(), Folder::new());
    let replicas = [here.serve(&variables), there.serve(&variables)];
    let addresses: BTreeSet<String> = (0..10).map(|n| format!("ada{n}@example.com")).collect();
    for (address, replica) in addresses.iter().zip(replicas.iter().cycle()) {
        let begun = replica.post_json("/api/users", &person(address), &[]);
        assert_eq!(begun.status, 201, "{}", begun.text);
    }
    let mails = taken(&server, addresses.len());
    let to: BTreeSet<String> = mails.into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, addresses);
}

/// What the doctor says of the mail server, and the code it ends with.
fn examined(told: &Told, code: i32) -> String {
    let folder = Folder::new();
    let output = folder.run_with(&["doctor", "--json"], &told.variables());
    let (said, _) = ended_with(&output, code);
    let said: Value = serde_json::from_str(&said).unwrap();
    let findings = said["findings"].as_array().unwrap();
    let mail = findings.iter().find(|it| it["subject"] == "mail").unwrap();
    let word = |name: &str| mail[name].as_str().unwrap().to_owned();
    format!("{}: {}", word("verdict"), word("text"))
}

#[test]
fn the_doctor_tries_the_mail_server_and_sends_nothing() {
    let mut server = SmtpServer::with(Encryption::Starttls)
        .login("acme", "canary")
        .start();
    let mut told = Told::of(&server);
    let said = examined(&told, 0);
    let expected = format!(
        "good: smtp://127.0.0.1:{} answers as mail.test, encrypted",
        server.port()
    );
    assert!(said.starts_with(&expected), "{said}");
    assert!(said.contains("knows us"), "{said}");
    assert!(said.contains("SMTPUTF8"), "{said}");

    told.url = server.url().replace("canary", "wrong-canary");
    let said = examined(&told, 1);
    assert!(said.contains("AUTH was refused: 535 5.7.8"), "{said}");
    assert!(!said.contains("canary"), "{said}");

    let other = SmtpServer::with(Encryption::Starttls).start();
    told = Told::of(&server);
    told.roots = other.roots().display().to_string();
    let said = examined(&told, 1);
    assert!(said.contains("certificate"), "{said}");

    told = Told::of(&server);
    server.stop();
    let said = examined(&told, 1);
    assert!(
        said.contains("connecting to the mail server failed"),
        "{said}"
    );
    assert!(server.mails().is_empty());
}
