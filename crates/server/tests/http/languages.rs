//! In which language the service answers: pages and the API.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::{DECLINED_CARD, Person};
use crate::service::{Service, until};

async fn open(service: &Service, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).header("accept", "text/html");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.send(request.body(Body::empty()).unwrap()).await
}

/// The language that a page says it is in.
fn language(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("<html lang=\"").unwrap();
    let code = rest.split('"').next().unwrap();
    assert_eq!(page.header("content-language"), code);
    code.to_owned()
}

#[tokio::test]
async fn a_page_is_in_the_language_that_is_asked_for_remembered_or_liked_best() {
    let service = Service::start().await;
    let german = ("cookie", "enlist_language=de");
    let likes_german = ("accept-language", "fr, de-AT;q=0.8, en;q=0.5");
    for (path, headers, expected) in [
        ("/", &[][..], "en"),
        ("/", &[likes_german], "de"),
        ("/", &[german], "de"),
        ("/", &[("cookie", "enlist_language=en"), likes_german], "en"),
        ("/?lang=en", &[german, likes_german], "en"),
        ("/?lang=de", &[], "de"),
        ("/?lang=fr", &[german], "de"),
        ("/", &[("cookie", "enlist_language=%22")], "en"),
        ("/", &[("accept-language", "fr")], "en"),
    ] {
        let page = open(&service, path, headers).await;
        assert_eq!(language(&page), expected, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn what_is_asked_for_is_remembered_and_nothing_else() {
    let service = Service::start().await;
    let asked = open(&service, "/mailbox?lang=de", &[]).await;
    let cookie = asked.header("set-cookie");
    assert!(
        cookie.starts_with("enlist_language=de; Path=/; Max-Age=31536000"),
        "{cookie}"
    );
    assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    for path in ["/", "/?lang=fr", "/?lang=", "/?language=de"] {
        let page = open(&service, path, &[("accept-language", "de")]).await;
        assert_eq!(page.header("set-cookie"), "", "{path}");
    }
}

#[tokio::test]
async fn the_operator_chooses_for_those_whose_languages_are_not_here() {
    let service = Service::with(&[("server.language", "de")]).await;
    for (headers, expected) in [
        (&[][..], "de"),
        (&[("accept-language", "fr")], "de"),
        (&[("accept-language", "en")], "en"),
    ] {
        let page = open(&service, "/", headers).await;
        assert_eq!(language(&page), expected, "{headers:?}");
    }
    // A script of that page asks with the same header.
    let of_script = open(&service, "/api/nowhere", &[("accept-language", "fr")]).await;
    assert_eq!(of_script.json()["title"], "Hier ist nichts");
    let of_program = open(&service, "/api/nowhere", &[]).await;
    assert_eq!(of_program.json()["title"], "There is nothing here");
}

#[tokio::test]
async fn every_page_links_itself_in_every_language() {
    let service = Service::start().await;
    for path in [
        "/",
        "/join",
        "/mailbox",
        "/sandbox",
        "/docs",
        "/problems/not-found",
        "/nowhere",
        "/verify/x",
    ] {
        for code in ["en", "de"] {
            let page = open(&service, &format!("{path}?lang={code}"), &[]).await;
            assert_eq!(language(&page), code, "{path}");
            let text = page.text();
            for (other, name) in [("en", "English"), ("de", "Deutsch")] {
                // On a page with a form it is sent, so that nothing typed is lost.
                let link = match path {
                    "/" | "/join" => format!("<button form=\"form\" formaction=\"?lang={other}\""),
                    _ => format!("<a href=\"?lang={other}\" lang=\"{other}\""),
                };
                assert!(
                    text.contains(&link) && text.contains(name),
                    "{path}: {link}"
                );
            }
            assert_eq!(text.matches("aria-current=\"true\"").count(), 1, "{path}");
        }
    }
}

#[tokio::test]
async fn a_german_page_has_german_dates_amounts_and_countries() {
    let service = Service::start().await;
    let page = open(&service, "/", &[("accept-language", "de")])
        .await
        .text();
    for part in [
        "Konto anlegen",
        "29,00\u{a0}$ / Monat",
        "Pro für 29,00\u{a0}$ / Monat starten",
        ">Österreich</option>",
        "placeholder=\"MM / JJ\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let place = |country: &str| page.find(&format!(">{country}</option>")).unwrap();
    assert!(place("Ägypten") < place("Belgien"));
}

#[tokio::test]
async fn the_form_without_a_script_tells_what_is_wrong_in_german() {
    let service = Service::start().await;
    let german = [("accept-language", "de")];
    let wrong = Person::new("ada")
        .with("zip", "1")
        .with("password", "short");
    let page = service.submit("/", &wrong.form("a-key"), &german).await;
    assert_eq!(page.status, 422);
    let text = page.text();
    for sentence in [
        "<title>Fehler: Konto anlegen",
        "In einer E-Mail-Adresse steht ein @",
        "fünf Ziffern oder neun",
        "mindestens 8 Zeichen",
    ] {
        assert!(text.contains(sentence), "{sentence}");
    }
    let declined = Person::new("ada@example.com").paying_with(DECLINED_CARD);
    let page = service.submit("/", &declined.form("b-key"), &german).await;
    assert_eq!(page.status, 402);
    let text = page.text();
    assert!(text.contains("Ihre Karte wurde abgelehnt"));
    assert!(text.contains("Es wurde kein Konto angelegt und nichts abgebucht."));
}

/// Every string in it, but for those that are not sentences.
fn machine_words(mut body: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for word in ["title", "detail", "message", "closing"] {
                    members.remove(word);
                }
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut body);
    body
}

#[tokio::test]
async fn the_api_speaks_german_to_whoever_asks_and_its_codes_stay_as_they_are() {
    let service = Service::start().await;
    let german = [("accept-language", "de")];
    let wrong = json!({"email": "ada", "nickname": 1, "plan": "gold"});
    let in_english = service.post("/api/users", &wrong, &[]).await;
    let in_german = service.post("/api/users", &wrong, &german).await;
    assert_eq!(in_german.header("content-language"), "de");
    let (english, german_body) = (in_english.json(), in_german.json());
    assert_eq!(english["title"], "Some fields are not in order");
    assert_eq!(german_body["title"], "Einige Felder stimmen nicht");
    assert_eq!(
        machine_words(english.clone()),
        machine_words(german_body.clone())
    );
    for (one, other) in english["errors"]
        .as_array()
        .unwrap()
        .iter()
        .zip(german_body["errors"].as_array().unwrap())
    {
        assert_ne!(one["message"], other["message"], "{one}");
    }
}

#[tokio::test]
async fn a_registration_is_told_in_german_but_for_the_message_that_is_a_constant() {
    let service = Service::start().await;
    let german = [("accept-language", "de")];
    let person = Person::new("ada@example.com").json();
    let created = service.post("/api/users", &person, &german).await;
    assert_eq!(created.status, 201);
    let body = created.json();
    let message = "User registered successfully! Please check your email for verification.";
    assert_eq!(body["message"], message);
    let titles: Vec<&str> = body["registration"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["title"].as_str().unwrap())
        .collect();
    assert!(titles.contains(&"Erster Monat abgebucht"), "{titles:?}");
    let begun = created.begun();
    let bearer = format!("Bearer {}", begun.token);
    let path = format!("/api/registrations/{}/events", begun.id);
    let events = open(&service, &path, &[("authorization", &bearer), german[0]])
        .await
        .text();
    assert!(events.contains("Konto eröffnet"), "{events}");
    // The cookie of the page wins over what the browser likes.
    let english = ("cookie", "enlist_language=en");
    let events = open(
        &service,
        &path,
        &[("authorization", &bearer), german[0], english],
    )
    .await;
    assert!(events.text().contains("Account opened"));
}

#[tokio::test]
async fn where_a_form_is_sent_to_leads_back_to_its_page() {
    let service = Service::start().await;
    let signed_up = service
        .sign_up_on_page("a-key", &Person::new("ada@example.com"))
        .await;
    let page = signed_up.header("location").to_owned();
    for form in ["verification", "resend"] {
        let answer = open(&service, &format!("{page}/{form}?lang=de"), &[]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, page.as_str())
        );
        assert!(
            answer
                .header("set-cookie")
                .starts_with("enlist_language=de")
        );
    }
}

/// The subject of the first mail to an address.
async fn subject(service: &Service, to: &str) -> String {
    let found = until("the mail is there", async || {
        let mails = service.get("/mailbox/messages").await.json();
        let mail = mails
            .as_array()
            .unwrap()
            .iter()
            .find(|mail| mail["to"] == to)?;
        Some(mail["subject"].as_str().unwrap().to_owned())
    });
    found.await
}

#[tokio::test]
async fn mails_are_in_the_language_that_the_person_spoke_or_in_the_operators() {
    let service = Service::start().await;
    let german = [("accept-language", "de")];
    let (in_german, in_english) = (
        "Bestätigen Sie Ihre E-Mail-Adresse",
        "Confirm your e-mail address",
    );
    let of = |name: &str| format!("{name}@example.com");
    service
        .submit("/", &Person::new(&of("page")).form("a-key"), &german)
        .await;
    service
        .post("/api/users", &Person::new(&of("api")).json(), &german)
        .await;
    service
        .post(
            "/api/registrations",
            &json!({"email": of("journey")}),
            &german,
        )
        .await;
    service
        .post("/api/users", &Person::new(&of("program")).json(), &[])
        .await;
    for (name, expected) in [
        ("page", in_german),
        ("api", in_german),
        ("journey", in_german),
        ("program", in_english),
    ] {
        assert_eq!(subject(&service, &of(name)).await, expected, "{name}");
    }
    let service = Service::with(&[("server.language", "de")]).await;
    service
        .post("/api/users", &Person::new(&of("program")).json(), &[])
        .await;
    assert_eq!(subject(&service, &of("program")).await, in_german);
}
