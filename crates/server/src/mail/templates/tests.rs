//! Our own words, and those of operators: right, wrong, and with strange names in them.

use super::super::verification::KIND;
use super::*;

fn content() -> Content {
    let content = [
        ("first_name", "Ada <img src=x> & \"Co\""),
        ("link", "http://localhost:8080/verify/abc?a=1&b=2"),
        ("code", "123456"),
        ("verify_by", "26 November 2026, 12:00 UTC"),
        ("charged", "$29.00"),
    ];
    let content = content.into_iter();
    content
        .map(|(name, text)| (name, Some(text.to_owned())))
        .chain([("to_be_charged", None)])
        .collect()
}

fn written(templates: &MailTemplates, language: Language) -> Written {
    templates.write(&KIND, language, &content()).unwrap()
}

/// An operator's folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, source).unwrap();
    }
    folder
}

fn in_folder(files: &[(&str, &str)]) -> MailTemplates {
    MailTemplates::in_folder(folder(files).path()).unwrap()
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let faults = MailTemplates::in_folder(folder(files).path()).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

const SUBJECT: &str = "en/verification.subject";
const TEXT: &str = "en/verification.txt";
const HTML: &str = "en/verification.html";

const GOOD_SUBJECT: (&str, &str) = (SUBJECT, "Welcome to Acme");
const GOOD_TEXT: (&str, &str) = (TEXT, "{{ link }} {{ code }}");
const GOOD_HTML: (&str, &str) = (HTML, "<p>{{ first_name }} {{ link }} {{ code }}");
const GERMAN: [(&str, &str); 3] = [
    ("de/verification.subject", "Willkommen"),
    ("de/verification.txt", "Hier: {{ link }} {{ code }}"),
    ("de/verification.html", "<p>Hier: {{ link }} {{ code }}"),
];

#[test]
fn our_own_words_are_right() {
    let templates = MailTemplates::built_in().unwrap();
    let mail = written(&templates, Language::English);
    assert_eq!(mail.subject, "Confirm your e-mail address");
    assert!(mail.text.contains("the $29.00 that you paid is refunded"));
    let greeting = "Hello Ada <img src=x> & \"Co\",";
    assert!(mail.text.contains(greeting), "{}", mail.text);
    assert!(!mail.html.contains("<img"), "{}", mail.html);
    assert!(
        mail.html
            .contains("href=\"http://localhost:8080/verify/abc?a=1&amp;b=2\"")
    );
    let mut later = content();
    let charged = later.iter().position(|(name, _)| *name == "charged");
    let price = later[charged.unwrap()].1.take();
    let mail = templates.write(&KIND, Language::English, &later).unwrap();
    assert!(!mail.text.contains("paid") && !mail.html.contains("paid"));
    assert!(!mail.text.contains("is charged") && !mail.html.contains("is charged"));
    later.last_mut().unwrap().1 = price;
    let mail = templates.write(&KIND, Language::English, &later).unwrap();
    assert!(mail.text.contains("Once you confirm, $29.00 is charged."));
}

#[test]
fn our_own_words_are_there_in_every_language() {
    let templates = MailTemplates::built_in().unwrap();
    for kind in KINDS {
        for language in Language::ALL {
            assert!(templates.is_in(kind, language), "{language:?}");
        }
    }
    let mail = written(&templates, Language::German);
    assert_eq!(mail.subject, "Bestätigen Sie Ihre E-Mail-Adresse");
    assert!(mail.text.starts_with("Hallo Ada"), "{}", mail.text);
    assert!(mail.html.contains("lang=\"de\""), "{}", mail.html);
}

#[test]
fn our_own_words_can_be_read_in_the_dark_and_without_images() {
    let templates = MailTemplates::built_in().unwrap();
    let mails = KINDS
        .into_iter()
        .flat_map(|kind| Language::ALL.map(|language| (kind, language)));
    for (kind, language) in mails {
        let [full, _] = kind.examples();
        let html = templates.write(kind, language, &full).unwrap().html;
        let modes = "<meta name=\"color-scheme\" content=\"light dark\">";
        assert!(html.contains(modes), "{html}");
        assert!(html.contains("@media (prefers-color-scheme: dark)"));
        for remote in ["<img", "<link", "<script", " src=\"", "url(", "@import"] {
            assert!(!html.contains(remote), "{remote}");
        }
    }
}

#[test]
fn an_operators_words_are_taken_and_what_is_put_in_is_no_markup() {
    let subject = (SUBJECT, "{{ first_name }},\nwelcome to Acme\n");
    let html = (HTML, "<p>{{ first_name|upper }} {{ link }} {{ code }}");
    let templates = in_folder(&[GOOD_TEXT, html, subject]);
    let mail = written(&templates, Language::English);
    assert_eq!(mail.subject, "Ada <img src=x> & \"Co\", welcome to Acme");
    assert_eq!(mail.text, "http://localhost:8080/verify/abc?a=1&b=2 123456");
    let escaped = "<p>ADA &lt;IMG SRC=X&gt; &amp; &quot;CO&quot; http://";
    assert!(mail.html.contains(escaped), "{}", mail.html);
    let title = "<title>Ada &lt;img src=x&gt; &amp; &quot;Co&quot;, welcome to Acme</title>";
    assert!(mail.html.contains(title), "{}", mail.html);
}

#[test]
fn an_operators_whole_document_stays_as_it_is() {
    let html = (
        HTML,
        "<!DOCTYPE html><title>Acme</title>{{ link }} {{ code }}",
    );
    let mail = written(
        &in_folder(&[GOOD_TEXT, html, GOOD_SUBJECT]),
        Language::English,
    );
    assert!(
        mail.html
            .starts_with("<!DOCTYPE html><title>Acme</title>http")
    );
    assert_eq!(mail.html.matches("<title>").count(), 1);
}

#[test]
fn english_stands_in_for_a_language_that_is_not_there() {
    let english = [GOOD_SUBJECT, GOOD_TEXT, GOOD_HTML];
    let mail = written(&in_folder(&english), Language::German);
    assert_eq!(mail.subject, "Welcome to Acme");
    let both = [english.as_slice(), GERMAN.as_slice()].concat();
    let templates = in_folder(&both);
    assert_eq!(written(&templates, Language::German).subject, "Willkommen");
    let mail = written(&templates, Language::English);
    assert_eq!(mail.subject, "Welcome to Acme");
}

#[test]
fn a_mail_is_there_whole_and_in_english() {
    let found = faults(&GERMAN);
    assert_eq!(found.len(), 3, "{found:?}");
    let expected = "en/verification.subject: is missing; a mail is verification.subject, verification.txt, \
                    verification.html, all of them in `en`, and in each other language that it is in";
    assert_eq!(found[0], expected);
    let found = faults(&[GOOD_SUBJECT, GOOD_TEXT, GOOD_HTML, GERMAN[0]]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("de/verification.txt: is missing"));
    assert!(found[1].starts_with("de/verification.html: is missing"));
}

#[test]
fn a_file_that_is_no_template_is_named() {
    let good = [GOOD_SUBJECT, GOOD_TEXT, GOOD_HTML];
    for wrong in [
        "verification.txt",
        "en/verificaton.txt",
        "en/verification.text",
        "en/verification.txt~",
        "english/verification.txt",
    ] {
        let found = faults(&[good.as_slice(), &[(wrong, "")]].concat());
        let expected = format!(
            "{wrong}: is no template of a mail; files are LANGUAGE/MAIL.PART; languages are `en`, `de`, \
             mails `verification`, `journey`, `account_exists`, parts `subject`, `txt`, `html`"
        );
        assert_eq!(found, [expected]);
    }
    let hidden = [good.as_slice(), &[(".git/config", ""), ("en/.swp", "")]].concat();
    in_folder(&hidden);
}

#[test]
fn a_folder_without_templates_or_that_is_none_is_named() {
    let found = faults(&[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(": there is no template in it; files are LANGUAGE/MAIL.PART"));
    let found = MailTemplates::in_folder(Path::new("/nowhere")).unwrap_err();
    let found = found[0].to_string();
    assert!(found.starts_with("/nowhere: cannot be read: "), "{found}");
}

#[test]
fn a_placeholder_that_there_is_not_is_named_with_its_line() {
    let text = (TEXT, "Hello\n{{ link }} {{ code }}\n{{ fist_name }}\n");
    let found = faults(&[GOOD_SUBJECT, text, GOOD_HTML]);
    let expected = "en/verification.txt, line 3: there is no placeholder `fist_name`; there are `first_name`, \
                    `link`, `code`, `verify_by`, `charged`, `to_be_charged`";
    assert_eq!(found, [expected]);
}

#[test]
fn a_mail_without_link_or_code_is_none() {
    let found = faults(&[
        GOOD_SUBJECT,
        (TEXT, "{{ link }}"),
        (HTML, "{{ code }}{% if charged %}{{ link }}{% endif %}"),
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    let lacks_code = "en/verification.txt: `{{ code }}` does not appear";
    assert!(found[0].starts_with(lacks_code), "{found:?}");
    let lacks_link = "en/verification.html: `{{ link }}` does not appear";
    assert!(found[1].starts_with(lacks_link), "{found:?}");
}

#[test]
fn what_is_no_template_is_said_with_its_line() {
    let text = (TEXT, "{{ link }}\n{{ code }\n");
    let found = faults(&[GOOD_SUBJECT, text, GOOD_HTML]);
    assert_eq!(found.len(), 1, "{found:?}");
    let named = "en/verification.txt, line ";
    assert!(found[0].starts_with(named), "{found:?}");
    let text = (TEXT, "{{ link }}\n{{ code|shout }}");
    let found = faults(&[GOOD_SUBJECT, text, GOOD_HTML]);
    let named = "en/verification.txt, line 2: ";
    assert!(found[0].starts_with(named), "{found:?}");
}

#[test]
fn everything_about_templates_is_said_at_once() {
    let text = (TEXT, "{{ nothing }}");
    let german = ("de/verification.subject", "{{ wrong }}");
    let found = faults(&[text, german, ("README.md", "")]);
    let files: Vec<&str> = found
        .iter()
        .map(|fault| fault.split([':', ',']).next().unwrap())
        .collect();
    let expected = [
        "README.md",
        "en/verification.subject",
        "en/verification.html",
        "de/verification.txt",
        "de/verification.html",
        "de/verification.subject",
        "en/verification.txt",
    ];
    assert_eq!(files, expected, "{found:?}");
}

#[test]
fn a_subject_says_something() {
    let found = faults(&[GOOD_TEXT, GOOD_HTML, (SUBJECT, " \n")]);
    assert_eq!(found, ["en/verification.subject: is empty; write a line"]);
}
