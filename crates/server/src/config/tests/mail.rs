//! `[mail]`: kept here, or handed to a mail server.

use super::*;

const FROM: (&str, &str) = ("ENLIST_MAIL__FROM", "Acme <no-reply@acme.example>");

fn url(url: &str) -> (&str, &str) {
    ("ENLIST_MAIL__URL", url)
}

fn keys_at_fault(variables: &[(&str, &str)]) -> Vec<String> {
    let Unusable(faults) = load(variables).unwrap_err();
    let words = Unusable(faults.clone()).to_string();
    assert!(!words.contains("canary"), "{words}");
    faults.into_iter().map(|fault| fault.key).collect()
}

#[test]
fn mails_stay_here_unless_a_server_is_named() {
    let settings = load(&[]).unwrap();
    assert!(matches!(settings.mail.by, Mailing::Mailbox));
    let settings = load(&[url("smtp://ada:canary@mail.acme.example"), FROM]).unwrap();
    let warned = settings.warnings().join("\n");
    assert!(warned.contains("server.public_url: is not set"), "{warned}");
    let smtp = settings.mail.by.smtp().unwrap();
    assert_eq!(smtp.url.to_string(), "smtp://mail.acme.example:587");
    assert_eq!(smtp.url.tls, SmtpTls::Required);
    assert_eq!(
        settings.mail.from.to_string(),
        "Acme <no-reply@acme.example>"
    );
    assert!(!format!("{settings:?}").contains("canary"));
}

#[test]
fn a_url_that_is_none_is_not_repeated() {
    for wrong in [
        "canary",
        "",
        "smtp://canary@mail.acme.example",
        "smtp://ada:canary@mail.acme.example?tls=none",
        "smtp://ada:canary@mail.acme.example/canary",
        "imap://ada:canary@mail.acme.example",
    ] {
        assert_eq!(keys_at_fault(&[url(wrong), FROM]), ["mail.url"], "{wrong}");
    }
    let local = load(&[url("smtp://ada:canary@127.0.0.1:2525?tls=none"), FROM]).unwrap();
    assert_eq!(local.mail.by.smtp().unwrap().url.tls, SmtpTls::None);
}

#[test]
fn a_sender_is_an_address_and_one_of_our_own() {
    let smtp = url("smtp://mail.acme.example");
    assert_eq!(
        keys_at_fault(&[smtp]),
        ["mail.from"],
        "nobody's address is @localhost"
    );
    for wrong in [
        "Acme",
        "no-reply@",
        "Acme <no-reply@acme.example",
        "",
        "größer@acme.example",
        "no-reply@bücher.example",
    ] {
        let from = ("ENLIST_MAIL__FROM", wrong);
        assert_eq!(keys_at_fault(&[from]), ["mail.from"], "{wrong}");
    }
    let named = (FROM.0, "Bücher <no-reply@acme.example>");
    assert!(load(&[named]).is_ok(), "a name has any letters");
}

#[test]
fn a_mail_takes_no_longer_than_its_lease() {
    let timeout = |text| ("ENLIST_MAIL__TIMEOUT", text);
    assert_eq!(keys_at_fault(&[timeout("10s")]), ["mail.timeout"]);
    assert_eq!(
        load(&[timeout("7s")]).unwrap().mail.timeout,
        Duration::from_secs(7)
    );
    let lease = ("ENLIST_REGISTRATION__LEASE", "6s");
    assert_eq!(load(&[lease]).unwrap().mail.timeout, Duration::from_secs(5));
    let lease = ("ENLIST_REGISTRATION__LEASE", "30s");
    assert_eq!(load(&[lease]).unwrap().mail.timeout, Duration::from_secs(8));
}

#[test]
fn roots_are_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roots.pem");
    let roots = ("ENLIST_MAIL__ROOTS", path.to_str().unwrap());
    let smtp = url("smtps://mail.acme.example");
    assert_eq!(
        keys_at_fault(&[smtp, FROM, roots]),
        ["mail.roots"],
        "there is no such file"
    );
    std::fs::write(&path, "nothing").unwrap();
    assert_eq!(
        keys_at_fault(&[smtp, FROM, roots]),
        ["mail.roots"],
        "there is none in it"
    );
}

#[test]
fn what_is_for_a_mail_server_has_no_effect_with_the_mailbox() {
    let set = [
        ("ENLIST_MAIL__ROOTS", "/nowhere"),
        ("ENLIST_MAIL__CONNECTIONS", "many"),
    ];
    let named = |variables: &[(&str, &str)]| {
        let settings = load(variables).unwrap();
        let keys = settings.without_effect.iter().map(|it| it.key);
        keys.collect::<Vec<_>>()
    };
    assert_eq!(named(&set), ["mail.connections", "mail.roots"]);
    assert!(named(&[("ENLIST_MAIL__CONNECTIONS", "4")]).is_empty());
    let smtp = [url("smtps://mail.acme.example"), FROM];
    let connections = ("ENLIST_MAIL__CONNECTIONS", "8");
    assert!(named(&[smtp[0], smtp[1], connections]).is_empty());
}

#[test]
fn everything_that_is_wrong_with_mails_is_said_at_once() {
    let found = keys_at_fault(&[
        url("canary"),
        ("ENLIST_MAIL__FROM", "nobody"),
        ("ENLIST_MAIL__TIMEOUT", "soon"),
        ("ENLIST_MAIL__CONNECTIONS", "0"),
        ("ENLIST_MAIL__ROOTS", "/nowhere"),
    ]);
    let expected = [
        "mail.from",
        "mail.timeout",
        "mail.connections",
        "mail.roots",
        "mail.url",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_bounces_are_signed_with_cannot_be_guessed() {
    assert!(load(&[]).unwrap().mail.events.is_none());
    let named = "ENLIST_MAIL__EVENTS_SECRET";
    let long = "canary-canary-canary-canary-canary";
    for wrong in ["canary", &format!("{long},"), &format!("{long}, canary")] {
        let found = keys_at_fault(&[(named, wrong)]);
        assert_eq!(found, ["mail.events_secret"], "{wrong}");
    }
    let settings = load(&[(named, &format!("{long}, {long}"))]).unwrap();
    assert_eq!(settings.mail.events.as_ref().unwrap().secrets.len(), 2);
    assert!(!format!("{settings:?}").contains("canary"));
}

#[test]
fn templates_are_tried_out_with_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name, source| std::fs::write(folder.path().join(name), source).unwrap();
    let templates = ("ENLIST_MAIL__TEMPLATES", folder.path().to_str().unwrap());
    assert_eq!(
        keys_at_fault(&[templates]),
        ["mail.templates"],
        "there is nothing in it"
    );
    std::fs::create_dir(folder.path().join("en")).unwrap();
    write("en/verification.txt", "{{ link }} {{ code }}");
    assert_eq!(
        keys_at_fault(&[templates]),
        ["mail.templates"; 2],
        "both others are missing"
    );
    write("en/verification.subject", "Welcome");
    write("en/verification.html", "<p>{{ link }}\n<p>{{ cood }}");
    let Unusable(faults) = load(&[templates]).unwrap_err();
    let words = Unusable(faults).to_string();
    let expected = "mail.templates: en/verification.html, line 2: there is no placeholder `cood`";
    assert!(words.contains(expected), "{words}");
    write("en/verification.html", "<p>{{ link }}\n<p>{{ code }}");
    assert!(load(&[templates]).is_ok());
}
