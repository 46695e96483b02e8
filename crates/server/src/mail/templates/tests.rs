//! Our own words, and those of operators: right, wrong, and with strange names in them.

use super::*;

fn content() -> Content {
    Content {
        first_name: "Ada <img src=x> & \"Co\"".to_owned(),
        link: "http://localhost:8080/verify/abc?a=1&b=2".to_owned(),
        code: "123456".to_owned(),
        verify_by: "26 Nov 2026, 12:00 UTC".to_owned(),
        charged: Some("$29.00".to_owned()),
    }
}

/// An operator's folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in files {
        std::fs::write(folder.path().join(name), source).unwrap();
    }
    folder
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let faults = MailTemplates::in_folder(folder(files).path()).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

const GOOD_TEXT: (&str, &str) = (TEXT, "{{ link }} {{ code }}");
const GOOD_HTML: (&str, &str) = (HTML, "<p>{{ first_name }} {{ link }} {{ code }}");

#[test]
fn our_own_words_are_right() {
    let templates = MailTemplates::built_in().unwrap();
    let written = templates.write(&content()).unwrap();
    assert_eq!(written.subject, "Confirm your e-mail address");
    assert!(
        written
            .text
            .contains("the $29.00 that you paid are given back")
    );
    assert!(
        written.text.contains("Hello Ada <img src=x> & \"Co\","),
        "{}",
        written.text
    );
    assert!(!written.html.contains("<img"), "{}", written.html);
    assert!(
        written
            .html
            .contains("href=\"http://localhost:8080/verify/abc?a=1&amp;b=2\"")
    );
    let free = Content {
        charged: None,
        ..content()
    };
    let written = templates.write(&free).unwrap();
    assert!(!written.text.contains("paid") && !written.html.contains("paid"));
}

#[test]
fn an_operators_words_are_taken_and_what_is_put_in_is_no_markup() {
    let folder = folder(&[
        GOOD_TEXT,
        GOOD_HTML,
        (SUBJECT, "{{ first_name }},\nwelcome to Acme\n"),
    ]);
    let templates = MailTemplates::in_folder(folder.path()).unwrap();
    let written = templates.write(&content()).unwrap();
    assert_eq!(written.subject, "Ada <img src=x> & \"Co\", welcome to Acme");
    assert_eq!(
        written.text,
        "http://localhost:8080/verify/abc?a=1&b=2 123456"
    );
    assert!(
        written.html.starts_with("<p>Ada &lt;img src=x&gt; &amp;"),
        "{}",
        written.html
    );
}

#[test]
fn without_a_subject_ours_stays() {
    let folder = folder(&[GOOD_TEXT, GOOD_HTML]);
    let templates = MailTemplates::in_folder(folder.path()).unwrap();
    let written = templates.write(&content()).unwrap();
    assert_eq!(written.subject, "Confirm your e-mail address");
}

#[test]
fn a_placeholder_that_there_is_not_is_named_with_its_line() {
    let found = faults(&[
        (TEXT, "Hello\n{{ link }} {{ code }}\n{{ fist_name }}\n"),
        GOOD_HTML,
    ]);
    assert_eq!(
        found,
        [
            "verification.txt, line 3: there is no placeholder `fist_name`; there are `first_name`, `link`, \
          `code`, `verify_by`, `charged`"
        ]
    );
}

#[test]
fn a_mail_without_link_or_code_is_none() {
    let found = faults(&[
        (TEXT, "{{ link }}"),
        (HTML, "{{ code }}{% if charged %}{{ link }}{% endif %}"),
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("verification.txt: `{{ code }}` does not appear"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("verification.html: `{{ link }}` does not appear"),
        "{found:?}"
    );
}

#[test]
fn what_is_no_template_is_said_with_its_line() {
    let found = faults(&[(TEXT, "{{ link }}\n{{ code }\n"), GOOD_HTML]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("verification.txt, line "), "{found:?}");
    let found = faults(&[(TEXT, "{{ link }}\n{{ code|shout }}"), GOOD_HTML]);
    assert!(
        found[0].starts_with("verification.txt, line 2: "),
        "{found:?}"
    );
}

#[test]
fn everything_is_said_at_once_missing_files_too() {
    let found = faults(&[(TEXT, "{{ nothing }}"), (SUBJECT, "{{ wrong }}")]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].starts_with("verification.html: cannot be read"),
        "{found:?}"
    );
}

#[test]
fn a_subject_says_something() {
    let found = faults(&[GOOD_TEXT, GOOD_HTML, (SUBJECT, " \n")]);
    assert_eq!(found, ["verification.subject: is empty; write a line"]);
}
