//! Mails that go out by SMTP, to a real mail server: taken, refused, lost on the way, late.

use enlist_test_servers::{Encryption, ReceivedMail, Refusal, SmtpServer};
use serde_json::json;

use crate::answer::{Begun, Mail, PUBLIC_URL};
use crate::person::Person;
use crate::service::{Service, until};

const ADA: &str = "ada@example.com";

/// A service that sends by that server.
async fn sending_by(server: &SmtpServer, others: &[(&str, &str)]) -> Service {
    let (url, roots) = (server.url(), server.roots().display().to_string());
    let mut keys = vec![
        ("mail.url", url.as_str()),
        ("mail.from", "Acme <no-reply@acme.example>"),
        ("mail.roots", roots.as_str()),
    ];
    keys.extend(others);
    Service::with(&keys).await
}

async fn signed_up(service: &Service, email: &str) -> Begun {
    let answer = service.sign_up(&Person::new(email)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.begun()
}

/// Waits until the server has taken so many mails.
async fn taken(server: &SmtpServer, count: usize) -> Vec<ReceivedMail> {
    until("the mail server takes it", async || {
        let mails = server.mails();
        assert!(mails.len() <= count, "{mails:?}");
        (mails.len() == count).then_some(mails)
    })
    .await
}

/// Waits until sending has failed, and says why.
async fn failure(service: &Service) -> String {
    until("sending fails", async || {
        let sql = "SELECT max(last_error) FROM jobs WHERE kind = 'verification_mail'";
        service.tables().text(sql)
    })
    .await
}

async fn assert_waits(service: &Service, begun: &Begun) {
    assert_eq!(
        service.follow(begun).await["status"],
        "awaiting_verification"
    );
    service.assert_one_paid_account().await;
}

fn read(mail: &ReceivedMail) -> Mail {
    Mail::read(&json!({"text": mail.text}))
}

#[tokio::test]
async fn a_mail_goes_out_encrypted_and_its_link_verifies() {
    for encryption in [Encryption::Starttls, Encryption::FromTheStart] {
        let server = SmtpServer::with(encryption).login("acme", "canary").start();
        let service = sending_by(&server, &[]).await;
        let begun = signed_up(&service, ADA).await;
        let mails = taken(&server, 1).await;
        let mail = &mails[0];
        assert!(mail.encrypted, "{encryption:?}");
        assert_eq!(mail.login.as_deref(), Some("acme"));
        assert_eq!(
            (mail.from.as_str(), mail.to.as_slice()),
            ("no-reply@acme.example", [ADA.to_owned()].as_slice())
        );
        assert_eq!(mail.greeting, PUBLIC_URL.trim_start_matches("http://"));
        let answer = service.confirm_link(&read(mail)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(service.follow(&begun).await["status"], "registered");
    }
}

#[tokio::test]
async fn a_mail_says_who_it_is_from_and_that_no_machine_should_answer() {
    let server = SmtpServer::with(Encryption::None).start();
    let service = sending_by(&server, &[]).await;
    let begun = signed_up(&service, ADA).await;
    let mail = taken(&server, 1).await.remove(0);
    let job = service.tables().text("SELECT id FROM jobs").unwrap();
    let id = mail.header("Message-ID");
    assert!(id.starts_with(&format!("<{job}.{}@", begun.id)), "{id}");
    assert_eq!(mail.header("From"), "Acme <no-reply@acme.example>");
    assert_eq!(mail.header("To"), ADA);
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("Subject"), "Confirm your e-mail address");
    assert!(mail.header("Date").ends_with("+0000"));
    assert!(mail.html.contains("prefers-color-scheme: dark"));
    for remote in ["<img", "<script", "src=", "@import"] {
        assert!(!mail.html.contains(remote), "{remote}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_or_authority_is_refused() {
    let another_name = SmtpServer::with(Encryption::Starttls)
        .certified_for("mail.acme.example")
        .start();
    let server = SmtpServer::with(Encryption::FromTheStart).start();
    let their_own = another_name.roots().display().to_string();
    // The second is held against what the first leads to.
    for server in [&another_name, &server] {
        let roots = [("mail.roots", their_own.as_str())];
        let service = sending_by(server, &roots).await;
        let begun = signed_up(&service, ADA).await;
        let why = failure(&service).await;
        assert!(why.contains("certificate"), "{why}");
        assert_waits(&service, &begun).await;
        assert!(server.mails().is_empty());
    }
}

#[tokio::test]
async fn what_the_server_has_against_us_undoes_nobody() {
    let mut server = SmtpServer::with(Encryption::Starttls)
        .login("acme", "right")
        .start();
    let wrong = server.url().replace("right", "canary");
    let service = sending_by(&server, &[("mail.url", &wrong)]).await;
    let begun = signed_up(&service, ADA).await;
    assert_eq!(failure(&service).await, "AUTH was refused: 535 5.7.8");
    assert_waits(&service, &begun).await;

    server.refuse(&[Refusal::at("MAIL", "*", "550 5.7.1 You are not allowed to")]);
    let service = service.restart_with(&[("mail.url", &server.url())]).await;
    let refused = "the sender (mail.from) was refused: 550 5.7.1";
    until(refused, async || {
        (failure(&service).await == refused).then_some(())
    })
    .await;
    server.refuse(&[Refusal::at("RCPT", "*", "554 5.7.1 Relay access denied")]);
    let refused = "the recipient was refused: 554 5.7.1";
    until(refused, async || {
        (failure(&service).await == refused).then_some(())
    })
    .await;
    assert_waits(&service, &begun).await;

    // Once that is put right the mail goes out, without anybody's doing.
    server.refuse(&[]);
    taken(&server, 1).await;
}

#[tokio::test]
async fn a_server_without_starttls_is_told_nothing() {
    let server = SmtpServer::with(Encryption::None).start();
    let url = server.url().replace("?tls=none", "");
    let service = sending_by(&server, &[("mail.url", &url)]).await;
    signed_up(&service, ADA).await;
    let why = failure(&service).await;
    assert!(why.contains("no STARTTLS"), "{why}");
}

#[tokio::test]
async fn an_address_that_is_refused_for_good_is_undone_and_free() {
    for (command, reply) in [
        ("RCPT", "550 5.1.1 User unknown"),
        ("RCPT", "550 No such user"),
        ("DATA", "550 5.1.1 User unknown"),
    ] {
        let mut server = SmtpServer::with(Encryption::None).start();
        server.refuse(&[Refusal::at(command, ADA, reply)]);
        let service = sending_by(&server, &[]).await;
        let begun = signed_up(&service, ADA).await;
        service.follow_until(&begun, "undone").await;
        service.assert_nothing_is_left().await;
        let sql = "SELECT last_error FROM jobs WHERE kind = 'verification_mail'";
        let why = service.tables().text(sql).unwrap();
        assert!(why.ends_with("5.1.1") || why.ends_with("550"), "{why}");
        server.refuse(&[]);
        signed_up(&service, ADA).await;
        taken(&server, 1).await;
    }
}

#[tokio::test]
async fn an_address_outside_ascii_is_for_a_server_that_knows_it() {
    let grusse = "grüße@bücher.example";
    let server = SmtpServer::with(Encryption::Starttls)
        .knowing_utf8()
        .start();
    let service = sending_by(&server, &[]).await;
    signed_up(&service, grusse).await;
    let mail = taken(&server, 1).await.remove(0);
    assert_eq!(mail.to, ["grüße@xn--bcher-kva.example"]);
    assert_eq!(mail.header("To"), "grüße@xn--bcher-kva.example");
    assert_eq!(service.confirm_link(&read(&mail)).await.status, 200);

    let server = SmtpServer::with(Encryption::Starttls).start();
    let service = sending_by(&server, &[]).await;
    let begun = signed_up(&service, grusse).await;
    // Nobody keeps the money for a day because of a mail that cannot be sent.
    service.follow_until(&begun, "undone").await;
    service.assert_nothing_is_left().await;
    let why = failure(&service).await;
    assert!(why.contains("SMTPUTF8"), "{why}");
    // A domain outside ASCII is for every server.
    signed_up(&service, "ada@bücher.example").await;
    let mail = taken(&server, 1).await.remove(0);
    assert_eq!(mail.to, ["ada@xn--bcher-kva.example"]);
}

#[tokio::test]
async fn what_is_refused_for_now_is_sent_later() {
    let mut server = SmtpServer::with(Encryption::None).start();
    server.refuse(&[Refusal::at("RCPT", "*", "451 4.7.1 Greylisted")]);
    let service = sending_by(&server, &[]).await;
    let begun = signed_up(&service, ADA).await;
    assert_eq!(
        failure(&service).await,
        "the recipient was refused: 451 4.7.1"
    );
    assert_waits(&service, &begun).await;
    server.refuse(&[]);
    taken(&server, 1).await;
}

#[tokio::test]
async fn a_mail_whose_taking_was_not_told_comes_again_under_its_id() {
    let mut server = SmtpServer::with(Encryption::Starttls).start();
    server.lose_replies(1);
    let service = sending_by(&server, &[]).await;
    let begun = signed_up(&service, ADA).await;
    let mails = taken(&server, 2).await;
    let [first, second] = [&mails[0], &mails[1]].map(|mail| mail.header("Message-ID"));
    assert!(!first.is_empty());
    assert_eq!(first, second);
    let [first, second] = [&mails[0], &mails[1]].map(read);
    assert_eq!((first.link, first.code), (second.link, second.code));
    until("it is known that it was taken", async || {
        let done = "SELECT count(*) FROM jobs WHERE status = 'done'";
        (service.tables().number(done) == 1).then_some(())
    })
    .await;
    assert_waits(&service, &begun).await;
}

#[tokio::test]
async fn a_server_that_was_away_gets_the_mail_when_it_is_back() {
    let mut server = SmtpServer::with(Encryption::Starttls).start();
    let service = sending_by(&server, &[]).await;
    signed_up(&service, "first@example.com").await;
    taken(&server, 1).await;
    // The connection that waited for the next mail is gone with it.
    server.stop();
    signed_up(&service, ADA).await;
    let why = failure(&service).await;
    assert!(
        why.starts_with("connecting to the mail server failed"),
        "{why}"
    );
    server.start_again();
    taken(&server, 2).await;
}

#[tokio::test]
async fn a_server_that_is_too_slow_is_given_up_for_now() {
    let mut server = SmtpServer::with(Encryption::None).start();
    server.delay_ms(60_000);
    let service = sending_by(&server, &[("mail.timeout", "500ms")]).await;
    let begun = signed_up(&service, ADA).await;
    let why = failure(&service).await;
    assert!(why.ends_with("gave no answer within 500 ms"), "{why}");
    assert_waits(&service, &begun).await;
    server.delay_ms(0);
    taken(&server, 1).await;
}

#[tokio::test]
async fn connections_are_few_and_used_again() {
    let mut server = SmtpServer::with(Encryption::Starttls).start();
    server.delay_ms(50);
    let service = sending_by(&server, &[("mail.connections", "2")]).await;
    for number in 0..8 {
        signed_up(&service, &format!("ada{number}@example.com")).await;
    }
    let mails = taken(&server, 8).await;
    let last = mails.iter().map(|mail| mail.connection).max().unwrap();
    // The test's own look whether the server listens is a connection too.
    assert!(last <= 3, "{last}");
}

#[tokio::test]
async fn without_the_mailbox_there_are_no_pages_of_it() {
    let server = SmtpServer::with(Encryption::None).start();
    let service = sending_by(&server, &[]).await;
    for path in [
        "/mailbox",
        "/mailbox/1",
        "/mailbox/1/html",
        "/mailbox/messages",
    ] {
        let answer = service.get(path).await;
        service.problem(&answer, 404, "not-found").await;
    }
    let page = service.open("/").await.text();
    assert!(
        page.contains("/sandbox") && !page.contains("/mailbox"),
        "{page}"
    );
    let described = service.get("/openapi.json").await.json();
    assert!(described["paths"].get("/mailbox/messages").is_none());
    assert!(!service.data_dir().join("mailbox.db").exists());
}

#[tokio::test]
async fn an_operators_own_words_go_out() {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in [
        (
            "en/verification.subject",
            "Welcome to Acme, {{ first_name }}",
        ),
        (
            "en/verification.txt",
            "Grüße!\n{{ link }}\nYour code {{ code }}\n",
        ),
        (
            "en/verification.html",
            "<p>Grüße! <a href=\"{{ link }}\">Yes</a> {{ code }}",
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, source).unwrap();
    }
    let server = SmtpServer::with(Encryption::None).start();
    let templates = folder.path().display().to_string();
    let service = sending_by(&server, &[("mail.templates", &templates)]).await;
    let person = Person::new(ADA).with("first_name", "<b>Ada</b>");
    assert_eq!(service.sign_up(&person).await.status, 201);
    let mail = taken(&server, 1).await.remove(0);
    assert_eq!(mail.header("Subject"), "Welcome to Acme, <b>Ada</b>");
    assert!(mail.text.starts_with("Grüße!"), "{}", mail.text);
    let read = read(&mail);
    assert!(
        mail.html
            .contains(&format!("{PUBLIC_URL}{}\">Yes", read.link)),
        "{}",
        mail.html
    );
    assert_eq!(service.confirm_link(&read).await.status, 200);
}
