//! Pages with Stripe: its script only where somebody pays, and nothing of the sandbox anywhere.

use axum::body::Body;
use axum::http::{Method, Request};
use enlist_fake_stripe::{Fault, FaultKind, Operation};

use super::scene::{Scene, WEBHOOK_SECRET};
use crate::answer::Answer;
use crate::person::Person;
use crate::service::Service;

/// What pages may load where nobody pays, and with the sandbox everywhere.
const OWN_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

async fn open_with(service: &Service, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path)
        .header("accept", "text/html")
        .header("cookie", cookie);
    service.send(request.body(Body::empty()).unwrap()).await
}

/// Signs up on the page as its script does; where the registration is shown, and with which cookie.
async fn sign_up_on_page(service: &Service, email: &str, card: &str) -> (String, String) {
    let form = Person::new(email).with_token(card).form(email);
    let answer = service.submit("/", &form, &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    (answer.header("location").to_owned(), cookie.to_owned())
}

/// Every kind of page: those on which somebody pays, and the others.
async fn every_page(scene: &Scene) -> (Vec<Answer>, Vec<Answer>) {
    let service = &scene.service;
    let (waiting, cookie) =
        sign_up_on_page(service, "eve@example.com", "pm_card_threeDSecure2Required").await;
    let faulty = Person::new("no address").without_card().form("a-key");
    let declined = Person::new("dan@example.com").with_token("pm_card_chargeDeclined");
    let paying = vec![
        service.open("/").await,
        service.submit("/", &faulty, &[]).await,
        service.submit("/", &declined.form("b-key"), &[]).await,
        open_with(service, &waiting, &cookie).await,
    ];
    let (done, cookie) = sign_up_on_page(service, "ada@example.com", "pm_card_visa").await;
    let mail = service.mail_to("ada@example.com", 1).await;
    let mut others = vec![open_with(service, &done, &cookie).await];
    for path in [
        "/mailbox",
        "/mailbox/1",
        "/docs",
        "/problems/card-declined",
        "/problems/malformed-request",
        "/nowhere",
        &mail.link,
        "/verify/unknown",
    ] {
        others.push(service.open(path).await);
    }
    others.push(service.confirm_link(&mail).await);
    (paying, others)
}

#[tokio::test]
async fn stripe_may_be_loaded_where_somebody_pays_and_nowhere_else() {
    let scene = Scene::start().await;
    let stripe = scene.fake.url();
    let own: Vec<&str> = OWN_POLICY.split("; ").collect();
    let (paying, others) = every_page(&scene).await;
    for page in paying {
        let policy = page.header("content-security-policy");
        let more: Vec<&str> = policy
            .split("; ")
            .filter(|rule| !own.contains(rule))
            .collect();
        let expected = [
            format!("script-src 'self' {stripe}"),
            format!("connect-src 'self' {stripe}"),
            format!("frame-src {stripe}"),
        ];
        assert_eq!(more, expected, "{}", page.text());
    }
    for page in others {
        let policy = page.header("content-security-policy");
        assert_eq!(policy, OWN_POLICY, "{}", page.text());
    }
    let sandbox = Service::start().await;
    let page = sandbox.open("/").await;
    assert_eq!(page.header("content-security-policy"), OWN_POLICY);
}

#[tokio::test]
async fn no_page_speaks_of_the_sandbox_or_loads_anything_of_others_by_itself() {
    let scene = Scene::start().await;
    let (paying, others) = every_page(&scene).await;
    for page in paying.iter().chain(&others) {
        let text = page.text();
        assert!(!text.to_lowercase().contains("sandbox"), "{text}");
        for attribute in ["src=\"", "href=\""] {
            for rest in text.split(attribute).skip(1) {
                let target = rest.split('"').next().unwrap();
                assert!(crate::pages::is_ours(target), "{target}");
            }
        }
    }
}

#[tokio::test]
async fn the_form_has_no_field_for_a_card() {
    let scene = Scene::start().await;
    let page = scene.service.open("/").await.text();
    for name in ["card_number", "expiry", "cvv"] {
        assert!(!page.contains(&format!("name=\"{name}\"")), "{name}");
    }
    assert!(page.contains("name=\"payment_method\""));
    assert!(page.contains("data-step=\"details\""));
    let script = format!("data-script-url=\"{}/endive/stripe.js\"", scene.fake.url());
    assert!(page.contains(&script), "{page}");
    assert!(page.contains("<noscript>"));
    assert!(
        !page.contains("seti_"),
        "nothing is asked of Stripe by looking"
    );
    assert_eq!(scene.fake.control().calls().total(), 0);
}

#[tokio::test]
async fn without_its_script_the_form_says_what_a_card_needs() {
    let scene = Scene::start().await;
    let form = Person::new("ada@example.com").without_card().form("a-key");
    let answer = scene.service.submit("/", &form, &[]).await;
    assert_eq!(answer.status, 422);
    let page = answer.text();
    assert!(
        page.contains("Enter a card: the card form needs JavaScript."),
        "{page}"
    );
    assert!(page.contains("value=\"ada@example.com\""));
}

#[tokio::test]
async fn the_registration_that_waits_for_the_bank_is_asked_by_the_script() {
    let scene = Scene::start().await;
    let (path, cookie) = sign_up_on_page(
        &scene.service,
        "eve@example.com",
        "pm_card_threeDSecure2Required",
    )
    .await;
    let page = open_with(&scene.service, &path, &cookie).await.text();
    assert!(page.contains("Confirm with your bank"));
    assert!(page.contains("This step needs JavaScript."));
    assert!(
        !page.contains("_secret_"),
        "the script asks for it when it is needed"
    );
}

#[tokio::test]
async fn while_stripe_cannot_be_asked_the_page_still_waits_for_the_bank() {
    let scene = Scene::start().await;
    let (path, cookie) = sign_up_on_page(
        &scene.service,
        "eve@example.com",
        "pm_card_threeDSecure2Required",
    )
    .await;
    let control = scene.fake.control();
    let operation = Operation::RetrieveSubscription;
    let fault = Fault::times(operation, FaultKind::FailBefore, 1000);
    control.faults().switch_on(fault).unwrap();
    let asked = control.calls().of(operation);
    let page = open_with(&scene.service, &path, &cookie).await.text();
    assert!(page.contains("data-status=\"awaiting_action\""), "{page}");
    assert!(page.contains("Confirm with your bank"), "{page}");
    assert_eq!(control.calls().of(operation), asked, "it is not even asked");
}

#[tokio::test]
async fn nothing_of_the_sandbox_is_offered() {
    let scene = Scene::with(&[("gateway.stripe.webhook_secret", WEBHOOK_SECRET)]).await;
    for path in [
        "/sandbox",
        "/sandbox/ledger",
        "/sandbox/faults",
        "/sandbox/authenticate/pi_1_secret_1",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let request = Request::builder().method(method).uri(path);
            let answer = scene
                .service
                .send(request.body(Body::empty()).unwrap())
                .await;
            assert_eq!(answer.status, 404, "{path}");
        }
    }
    let described = scene.service.get("/openapi.json").await;
    assert!(
        !described.text().contains("\"/sandbox"),
        "{}",
        described.text()
    );
    let described = described.json();
    let paths = described["paths"].as_object().unwrap();
    for path in ["/api/setup-intents", "/api/gateway-webhooks/stripe"] {
        assert!(paths.contains_key(path), "{path}");
    }
}

#[tokio::test]
async fn what_is_only_for_stripe_is_not_offered_by_the_sandbox() {
    let service = Service::start().await;
    let request = Request::post("/api/setup-intents").body(Body::empty());
    let answer = service.send(request.unwrap()).await;
    service.problem(&answer, 404, "not-found").await;
}
