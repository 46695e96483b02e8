//! What holds for every page: its headers, nothing inline, nothing of others, no form of another site.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;

use crate::answer::Answer;
use crate::person::Person;
use crate::service::Service;

/// Every kind of page, each as a person gets it.
async fn every_page(service: &Service) -> Vec<(String, Answer)> {
    let person = Person::new("ada@example.com");
    let signed_up = service.sign_up_on_page("a-key", &person).await;
    let cookie = signed_up
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let mail = service.mail_to("ada@example.com", 1).await;
    let asked = Person::new("eve@example.com").paying_with(crate::person::BANK_ASKS_CARD);
    let asked = service.sign_up(&asked).await.json();
    let secret = asked["registration"]["client_secret"].as_str().unwrap();
    let paths = [
        "/",
        "/mailbox",
        "/mailbox/1",
        "/sandbox",
        "/docs",
        "/problems/card-declined",
        "/nowhere",
        signed_up.header("location"),
        &mail.link,
        "/verify/unknown",
        &format!("/sandbox/authenticate/{secret}"),
    ];
    let mut pages = Vec::new();
    for path in paths {
        let request = Request::get(path)
            .header("accept", "text/html")
            .header("cookie", &cookie);
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        pages.push((path.to_owned(), answer));
    }
    let declined = person
        .paying_with("4000000000000341")
        .with("email", "a@example.com");
    let again = service.sign_up_on_page("b-key", &declined).await;
    pages.push(("/ again".to_owned(), again));
    let confirmed = service.confirm_link(&mail).await;
    pages.push(("the link, confirmed".to_owned(), confirmed));
    for (path, page) in &pages {
        let kind = page.header("content-type");
        assert!(kind.starts_with("text/html"), "{path}: {kind}");
    }
    pages
}

/// Data for the scripts of a page, which no browser runs: what they say, and what addresses have where.
const DATA: [&str; 2] = [
    " type=\"application/json\" id=\"words\"",
    " type=\"application/json\" id=\"address-forms\"",
];

/// Whether a page leads to itself, to another of ours, or has its icon within.
pub(crate) fn is_ours(target: &str) -> bool {
    target.starts_with(['/', '#', '?'])
        || target.starts_with(crate::answer::PUBLIC_URL)
        || target.starts_with("data:image/svg+xml;base64,")
}

#[tokio::test]
async fn every_page_says_what_it_may_load_and_that_nobody_may_frame_it() {
    let service = Service::start().await;
    for (path, page) in every_page(&service).await {
        let policy = page.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn no_page_has_anything_inline_that_its_policy_would_refuse() {
    let service = Service::start().await;
    for (path, page) in every_page(&service).await {
        let page = page.text();
        for script in page.split("<script").skip(1) {
            let (attributes, rest) = script.split_once('>').unwrap();
            if DATA.contains(&attributes) {
                continue;
            }
            assert!(
                attributes.contains("src=\"/assets/"),
                "{path}: <script{attributes}>"
            );
            assert!(rest.starts_with("</script>"), "{path}: a script with text");
        }
        for tag in page
            .split('<')
            .filter(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic()))
        {
            let tag = tag.split('>').next().unwrap();
            assert!(!tag.starts_with("style"), "{path}: <{tag}>");
            assert!(!tag.contains(" style="), "{path}: <{tag}>");
            assert!(!tag.contains("javascript:"), "{path}: <{tag}>");
            let handler = tag.split_whitespace().skip(1).find(|word| {
                let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase());
                word.split_once("=\"")
                    .is_some_and(|(name, _)| name.strip_prefix("on").is_some_and(is_name))
            });
            assert_eq!(handler, None, "{path}: <{tag}>");
        }
    }
}

#[tokio::test]
async fn every_page_is_whole_and_loads_only_what_is_there() {
    let service = Service::start().await;
    let mut loaded = BTreeSet::new();
    for (path, page) in every_page(&service).await {
        let page = page.text();
        for part in [
            "<!doctype html>",
            "<html lang=\"en\" data-locale=\"en-GB\">",
            "<title>",
            "<h1",
            "</html>",
        ] {
            assert!(page.contains(part), "{path}: {part}");
        }
        for attribute in ["src=\"", "href=\""] {
            for rest in page.split(attribute).skip(1) {
                let target = rest.split('"').next().unwrap();
                assert!(is_ours(target), "{path} leads to {target}");
                if target.starts_with("/assets/") {
                    loaded.insert(target.to_owned());
                }
            }
        }
    }
    assert!(loaded.len() >= 3, "{loaded:?}");
    for asset in loaded {
        assert_eq!(service.get(&asset).await.status, 200, "{asset}");
    }
}

#[tokio::test]
async fn an_asset_that_did_not_change_is_not_sent_again() {
    let service = Service::start().await;
    let first = service.get("/assets/ledger.js").await;
    let kind = first.header("content-type");
    assert_eq!(kind, "text/javascript; charset=utf-8");
    assert_eq!(first.header("cache-control"), "no-cache");
    let request = Request::get("/assets/ledger.js").header("if-none-match", first.header("etag"));
    let again = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_and_changes_nothing() {
    let service = Service::start().await;
    let signed_up = service
        .sign_up_on_page("a-key", &Person::new("ada@example.com"))
        .await;
    let mail = service.mail_to("ada@example.com", 1).await;
    let page = signed_up.header("location");
    let cookie = signed_up.header("set-cookie").split(';').next().unwrap();
    let headers = [("sec-fetch-site", "cross-site"), ("cookie", cookie)];
    let form = Person::new("eve@example.com").form("b-key");
    let answer = service.submit("/", &form, &headers).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("another site"));
    let code = [("code", mail.code.as_str())];
    let fault = [("step", "*"), ("kind", "refuse"), ("count", "1")];
    let posts = [
        (format!("{page}/verification"), code.as_slice()),
        (format!("{page}/resend"), &[]),
        (mail.link.clone(), &[]),
        ("/sandbox".to_owned(), fault.as_slice()),
    ];
    for (path, pairs) in posts {
        let answer = service.submit(&path, pairs, &headers).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    assert_eq!(service.tables().count("registrations"), 1);
    let verified = "SELECT count(*) FROM registrations WHERE verified_at IS NOT NULL";
    assert_eq!(service.tables().number(verified), 0);
    let faults = service.get("/sandbox/faults").await.json();
    assert_eq!(faults["faults"].as_array().unwrap().len(), 0);

    for from in ["same-origin", "none"] {
        let form = Person::new(&format!("{from}@example.com")).form(from);
        let answer = service
            .submit("/", &form, &[("sec-fetch-site", from)])
            .await;
        assert_eq!(answer.status, 303, "{from}");
    }
}

#[tokio::test]
async fn every_problem_is_listed_in_the_documentation() {
    let service = Service::start().await;
    let index = service.open("/docs").await.text();
    let kinds: Vec<&str> = index
        .split("href=\"/problems/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(kinds.len() > 20, "{kinds:?}");
    for kind in kinds {
        let page = service.open(&format!("/problems/{kind}")).await;
        assert_eq!(page.status, 200, "{kind}");
    }
}
