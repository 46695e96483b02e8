//! A journey whose mail is refused for good, at once or by a bounce: it is over, says so, and is sent nothing more.

use axum::body::Body;
use axum::http::{Method, Request, header};
use enlist_test_servers::{Encryption, Refusal, SmtpServer};
use serde_json::{Value, json};

use crate::answer::{Answer, Begun};
use crate::person::{PASSWORD, Person};
use crate::service::{Service, json_request, until};
use crate::signing::signature;

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";
const NO_SUCH_USER: &str = "550 5.1.1 User unknown";
const SECRET: &str = "canary-canary-canary-canary-canary";

/// A service that sends by that server, and sends again as soon as it is asked to.
async fn sending_by(server: &SmtpServer) -> Service {
    let (url, roots) = (server.url(), server.roots().display().to_string());
    Service::with(&[
        ("mail.url", url.as_str()),
        ("mail.from", "Acme <no-reply@acme.example>"),
        ("mail.roots", roots.as_str()),
        ("verification.resend_after", "0s"),
    ])
    .await
}

/// A service with a mailbox that is told of bounces.
async fn told_of_bounces() -> Service {
    Service::with(&[
        ("mail.events_secret", SECRET),
        ("verification.resend_after", "0s"),
    ])
    .await
}

async fn begins(service: &Service, address: &str) -> Begun {
    let body = json!({ "email": address });
    let answer = service.post("/api/registrations", &body, &[]).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.begun()
}

async fn looks(service: &Service, begun: &Begun) -> Value {
    let answer = service.follow_with(&begun.id, Some(&begun.token)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Waits until it is over, and returns what the API says of it then.
async fn over(service: &Service, begun: &Begun) -> Value {
    until("its mail is refused", async || {
        let stands = looks(service, begun).await;
        (stands["registration"]["status"] != "pending").then_some(stands)
    })
    .await
}

async fn says(service: &Service, begun: &Begun, method: &str, part: &str, body: Value) -> Answer {
    let path = format!("/api/registrations/{}{part}", begun.id);
    let bearer = format!("Bearer {}", begun.token);
    let mut request = json_request(&path, &body, &[("authorization", bearer.as_str())]);
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    service.send(request).await
}

/// Everything that can be said on a journey is answered alike once it is over.
async fn assert_nothing_can_be_said(service: &Service, begun: &Begun) {
    let completion = json!({ "password": PASSWORD, "plan": "free" });
    for (method, part, body) in [
        ("POST", "/verification", json!({ "code": "123456" })),
        ("POST", "/verification/mail", json!({})),
        ("PUT", "/profile", json!({ "first_name": "Ada" })),
        (
            "PUT",
            "/payment-method",
            json!({ "payment_method": "pm_card_visa" }),
        ),
        ("POST", "/completion", completion),
    ] {
        let answer = says(service, begun, method, part, body).await;
        let problem = service.problem(&answer, 410, "mail-refused").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("another address"), "{part}: {detail}");
    }
}

/// Tells that the first mail to an address bounced.
async fn bounces(service: &Service, address: &str) {
    service.mail_to(address, 1).await;
    let mails = service.get("/mailbox/messages").await.json();
    let mut mails = mails.as_array().unwrap().iter().rev();
    let mail = mails.find(|mail| mail["to"] == address).unwrap();
    let event = json!({
        "message_id": mail["message_id"], "email": address, "event": "bounced", "permanent": true,
    });
    let body = json!([event]).to_string();
    let now = service.app.clock.now().as_second();
    let request = Request::post("/api/mail-events")
        .header("content-type", "application/json")
        .header("enlist-signature", signature(SECRET, now, &body))
        .body(Body::from(body))
        .unwrap();
    let answer = service.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn page(service: &Service, begun: &Begun, path: &str) -> Answer {
    let cookie = format!("enlist_registration={}.{}", begun.id, begun.token);
    let request = Request::get(path)
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, cookie)
        .body(Body::empty())
        .unwrap();
    service.send(request).await
}

#[tokio::test]
async fn a_journey_whose_mail_is_refused_is_over_and_says_why_and_what_to_do() {
    let mut server = SmtpServer::with(Encryption::None).start();
    server.refuse(&[Refusal::at("RCPT", ADA, NO_SUCH_USER)]);
    let service = sending_by(&server).await;
    let begun = begins(&service, ADA).await;
    let stands = over(&service, &begun).await;
    let registration = &stands["registration"];
    assert_eq!(registration["status"], "undone");
    assert_eq!(registration["failure"]["reason"], "mail_refused");
    let detail = registration["failure"]["detail"].as_str().unwrap();
    assert!(detail.contains("No account was created"), "{detail}");
    assert!(
        detail.contains("an address that you can read mail at"),
        "{detail}"
    );
    assert!(registration.get("next").is_none(), "{stands}");
    assert!(registration.get("verify_by").is_none(), "{stands}");
    assert!(stands.get("journey").is_none(), "{stands}");
    assert_nothing_can_be_said(&service, &begun).await;

    // Nothing more is sent, though the server would take it now; to others it is, and to whoever tries again.
    server.refuse(&[]);
    let again = begins(&service, ADA).await;
    let mails = until("the mail server takes it", async || {
        let mails = server.mails();
        (!mails.is_empty()).then_some(mails)
    })
    .await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(
        looks(&service, &again).await["registration"]["status"],
        "pending"
    );
    assert_eq!(
        looks(&service, &begun).await["registration"]["status"],
        "undone"
    );
    // That a mail is sent is noted a moment after the mail server took it.
    let jobs = "SELECT count(*) FROM jobs WHERE status = 'queued'";
    until("no mail is to be sent any more", async || {
        (service.tables().number(jobs) == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_the_server_has_against_us_ends_no_journey() {
    let mut server = SmtpServer::with(Encryption::None).start();
    server.refuse(&[Refusal::at("RCPT", ADA, "554 5.7.1 Relay access denied")]);
    let service = sending_by(&server).await;
    let begun = begins(&service, ADA).await;
    until("sending fails", async || {
        let why = "SELECT max(last_error) FROM jobs WHERE kind = 'journey_mail'";
        service.tables().text(why)
    })
    .await;
    assert_eq!(
        looks(&service, &begun).await["registration"]["status"],
        "pending"
    );
}

#[tokio::test]
async fn a_refusal_tells_nothing_of_accounts() {
    let mut server = SmtpServer::with(Encryption::None).start();
    let service = sending_by(&server).await;
    let owner = service.sign_up(&Person::new(ADA)).await;
    assert_eq!(owner.status, 201, "{}", owner.text());
    until("its mail is taken", async || {
        (!server.mails().is_empty()).then_some(())
    })
    .await;
    server.refuse(&[ADA, EVE].map(|to| Refusal::at("RCPT", to, NO_SUCH_USER)));
    let mut told = Vec::new();
    for address in [ADA, EVE] {
        let begun = begins(&service, address).await;
        let mut stands = over(&service, &begun).await;
        for member in ["id", "created_at", "expires_at"] {
            assert!(
                stands["registration"][member].take().is_string(),
                "{member}"
            );
        }
        let page = page(&service, &begun, &format!("/registrations/{}", begun.id)).await;
        told.push((stands, page.text().replace(address, "…")));
    }
    assert_eq!(told[0], told[1]);
    let status = service.follow(&owner.begun()).await["status"].clone();
    assert_eq!(
        status, "awaiting_verification",
        "the account is another matter"
    );
}

#[tokio::test]
async fn a_bounce_that_comes_later_ends_the_journey_before_whoever_waits() {
    let service = told_of_bounces().await;
    let begun = begins(&service, ADA).await;
    let other = begins(&service, EVE).await;
    let mail = service.mail_to(ADA, 1).await;
    let events = service
        .events_while(&begun, async || {
            bounces(&service, ADA).await;
            over(&service, &begun).await;
        })
        .await;
    let (_, last) = events.last().unwrap();
    assert_eq!(last["registration"]["status"], "undone", "{events:?}");
    // A repeat does no harm.
    bounces(&service, ADA).await;
    assert_nothing_can_be_said(&service, &begun).await;
    let right = service.type_code(&begun, &mail.code).await;
    service.problem(&right, 410, "mail-refused").await;
    let used = Request::post(&mail.link).header(header::ACCEPT, "application/json");
    let used = service.send(used.body(Body::empty()).unwrap()).await;
    service.problem(&used, 410, "mail-refused").await;
    assert_eq!(
        looks(&service, &other).await["registration"]["status"],
        "pending"
    );
}

#[tokio::test]
async fn a_bounce_after_the_address_was_confirmed_ends_nothing() {
    let service = told_of_bounces().await;
    let begun = begins(&service, ADA).await;
    let mail = service.mail_to(ADA, 1).await;
    let proved = service.type_code(&begun, &mail.code).await;
    assert_eq!(proved.status, 200, "{}", proved.text());
    bounces(&service, ADA).await;
    let stands = looks(&service, &begun).await;
    assert_eq!(stands["registration"]["status"], "pending");
    assert_eq!(stands["registration"]["next"], "profile");
}

#[tokio::test]
async fn the_page_of_a_refused_address_names_it_and_leads_to_another() {
    let service = told_of_bounces().await;
    let begun = begins(&service, "o'hara&sons@example.com").await;
    let path = format!("/registrations/{}", begun.id);
    let before = page(&service, &begun, &path).await;
    assert_eq!(before.status, 200);
    bounces(&service, "o'hara&sons@example.com").await;
    let refused = page(&service, &begun, &path).await;
    assert_eq!(refused.status, 410);
    let text = refused.text();
    assert!(
        text.contains("<h1 id=\"heading\" tabindex=\"-1\">Mail to this address is refused</h1>")
    );
    assert!(text.contains("sons@example.com refuses mail"), "{text}");
    assert!(!text.contains("hara&sons"), "it is escaped: {text}");
    assert!(
        text.contains("href=\"/join\">Use another address</a>"),
        "{text}"
    );
    for further in ["/profile", "/payment"] {
        let sent_back = page(&service, &begun, &format!("{path}{further}")).await;
        assert_eq!(sent_back.status, 303);
        assert_eq!(sent_back.header("location"), path);
    }
    // The form is empty, and what it is sent with is another journey, even with the same address.
    let join = page(&service, &begun, "/join").await;
    assert!(!join.text().contains("sons@example.com"), "{}", join.text());
    let cookie = format!("enlist_registration={}.{}", begun.id, begun.token);
    let form = [("email", "o'hara&sons@example.com")];
    let headers = [("cookie", cookie.as_str())];
    let again = service.submit("/join", &form, &headers).await;
    assert_eq!(again.status, 303, "{}", again.text());
    assert_ne!(again.header("location"), path);
}
