//! The mail server takes mails, keeps them, and does what it is told.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows them in tests, but not in the functions that tests share"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use enlist_test_servers::{Encryption, Refusal, SmtpServer};

/// Says each line, and returns what was answered to the last.
fn say(port: u16, lines: &[&str]) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut answers = BufReader::new(connection.try_clone().unwrap());
    let mut answer = String::new();
    let mut read = |answer: &mut String| loop {
        answer.clear();
        if answers.read_line(answer).unwrap() == 0 || answer.as_bytes().get(3) == Some(&b' ') {
            break;
        }
    };
    read(&mut answer);
    for line in lines {
        connection
            .write_all(format!("{line}\r\n").as_bytes())
            .unwrap();
        read(&mut answer);
    }
    answer
}

const MAIL: [&str; 5] = [
    "EHLO client.test",
    "MAIL FROM:<no-reply@acme.example>",
    "RCPT TO:<ada@example.com>",
    "DATA",
    "Subject: Hello\r\n\r\nHello.\r\n.",
];

#[test]
fn a_mail_is_kept_refused_or_lost_as_it_is_told() {
    let mut server = SmtpServer::with(Encryption::None).start();
    assert_eq!(
        say(server.port(), &MAIL).trim(),
        "250 2.0.0 taken",
        "{}",
        server.log()
    );
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["ada@example.com"]);
    assert_eq!(mails[0].header("Subject"), "Hello");
    assert_eq!(mails[0].greeting, "client.test");

    server.refuse(&[Refusal::at("RCPT", "ada@*", "550 5.1.1 Unknown")]);
    assert_eq!(say(server.port(), &MAIL[..3]).trim(), "550 5.1.1 Unknown");

    server.refuse(&[]);
    server.lose_replies(1);
    assert_eq!(say(server.port(), &MAIL), "", "{}", server.log());
    assert_eq!(server.mails().len(), 2, "it was taken");
}

#[test]
fn nothing_is_taken_before_starttls_or_without_a_login() {
    let server = SmtpServer::with(Encryption::Starttls).start();
    assert!(
        say(server.port(), &MAIL[..2]).starts_with("530"),
        "{}",
        server.log()
    );
    let server = SmtpServer::with(Encryption::None)
        .login("ada", "secret")
        .start();
    assert!(
        say(server.port(), &MAIL[..2]).starts_with("530"),
        "{}",
        server.log()
    );
}
