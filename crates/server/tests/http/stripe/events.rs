//! What Stripe tells by itself: believed if it is signed, recorded once, answered at once.

use axum::body::Body;
use axum::http::Request;
use enlist_fake_stripe::{Decision, FakeStripe, Settings, SubscriptionChange, Webhooks};
use serde_json::{Value, json};

use super::scene::{Scene, WEBHOOK_SECRET};
use crate::answer::Answer;
use crate::service::{Service, until};
use crate::signing::signature;
use crate::tables::Tables;

const PATH: &str = "/api/gateway-webhooks/stripe";

/// What Stripe would send of a customer that is not ours.
fn event(id: &str) -> String {
    let object = json!({"object": "customer", "id": "cus_1", "metadata": {}});
    json!({"id": id, "type": "customer.updated", "data": {"object": object}}).to_string()
}

async fn send(service: &Service, body: &str, signature: Option<&str>) -> Answer {
    let mut request = Request::post(PATH).header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header("stripe-signature", signature);
    }
    service
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

async fn send_signed(service: &Service, secret: &str, body: &str) -> Answer {
    let now = service.app.clock.now().as_second();
    send(service, body, Some(&signature(secret, now, body))).await
}

fn events_kept(service: &Service) -> i64 {
    service.tables().count("gateway_events")
}

#[tokio::test]
async fn an_event_wakes_a_registration_that_waits_for_the_bank() {
    for (decision, ends_as) in [
        (Decision::Succeed, "awaiting_verification"),
        (Decision::Fail, "undone"),
    ] {
        // Nobody looks by themselves before a minute is over.
        let scene = Scene::with_events(&[]).await;
        let (begun, registration) = scene.up_to_the_bank().await;
        scene.answer_bank(&registration, decision);
        scene.service.follow_until(&begun, ends_as).await;
        match decision {
            Decision::Succeed => scene.assert_one_paid_account(),
            Decision::Fail => scene.assert_nothing_is_left(),
        }
    }
}

#[tokio::test]
async fn what_happens_at_stripe_later_is_reflected() {
    let scene = Scene::with_events(&[]).await;
    assert_eq!(scene.sign_up("pm_card_visa").await.status, 201);
    let ledger = scene.ledger();
    let subscription = ledger["subscriptions"][0]["id"].as_str().unwrap();
    let reflected = async |status: &str| {
        let sql = format!("SELECT count(*) FROM subscriptions WHERE status = '{status}'");
        until(status, async || {
            (scene.tables().number(&sql) == 1).then_some(())
        })
        .await;
    };
    for (theirs, ours) in [
        ("past_due", "past_due"),
        ("active", "active"),
        ("canceled", "ended"),
    ] {
        let change = SubscriptionChange {
            status: Some(theirs.to_owned()),
            ..SubscriptionChange::default()
        };
        scene
            .fake
            .control()
            .change_subscription(subscription, &change)
            .unwrap();
        reflected(ours).await;
    }
    assert_eq!(scene.tables().count("users"), 1, "the account stays");
}

#[tokio::test]
async fn events_that_come_before_the_answer_repeated_and_out_of_order_do_no_harm() {
    let settings = Settings {
        latency: std::time::Duration::from_millis(100),
        ..Settings::default()
    };
    let fake = FakeStripe::start(settings).await.unwrap();
    let scene = Scene::at(fake, &[("gateway.stripe.webhook_secret", WEBHOOK_SECRET)]).await;
    let url = scene.service.listen().await;
    scene.fake.control().set_webhooks(Webhooks {
        url: Some(format!("{url}{PATH}")),
        secrets: vec![WEBHOOK_SECRET.to_owned()],
        repeat: 3,
        shuffle: true,
        ..Webhooks::default()
    });
    let answer = scene.sign_up("pm_card_visa").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let open = "SELECT count(*) FROM jobs WHERE kind = 'reflect' AND status = 'queued'";
    until("the news is worked off", async || {
        let waiting = scene.fake.control().deliveries().waiting;
        (waiting == 0 && scene.tables().number(open) == 0).then_some(())
    })
    .await;
    assert_eq!(scene.fake.control().deliveries().given_up, 0);
    scene.assert_one_paid_account();
    let status = scene.tables().text("SELECT status FROM subscriptions");
    assert_eq!(status.as_deref(), Some("active"));
    let told_once = "SELECT count(*) = count(DISTINCT event_id) FROM gateway_events";
    assert_eq!(scene.tables().number(told_once), 1);
}

#[tokio::test]
async fn only_what_is_signed_is_taken() {
    let scene = Scene::with(&[("gateway.stripe.webhook_secret", WEBHOOK_SECRET)]).await;
    let service = &scene.service;
    let body = event("evt_1");
    let now = service.app.clock.now().as_second();
    let right = signature(WEBHOOK_SECRET, now, &body);
    let another = signature("whsec_another", now, &body);
    let changed = signature(WEBHOOK_SECRET, now, &event("evt_2"));
    let old = signature(WEBHOOK_SECRET, now - 301, &body);
    let early = signature(WEBHOOK_SECRET, now + 302, &body);
    let garbled = right.replace("v1=", "v0=");
    let wrong = [
        Some(another),
        Some(changed),
        Some(old),
        Some(early),
        Some(garbled),
        None,
    ];
    for signature in wrong {
        let answer = send(service, &body, signature.as_deref()).await;
        let problem = service.problem(&answer, 400, "invalid-signature").await;
        assert!(!problem.to_string().contains(WEBHOOK_SECRET), "{problem}");
    }
    assert_eq!(events_kept(service), 0);
    let answer = send(service, &body, Some(&right)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    assert_eq!(events_kept(service), 1);

    let nonsense = "{\"id\": \"evt_3\"}";
    let answer = send_signed(service, WEBHOOK_SECRET, nonsense).await;
    service.problem(&answer, 400, "malformed-request").await;
    assert_eq!(events_kept(service), 1);
}

#[tokio::test]
async fn how_old_a_signature_may_be_is_configured() {
    let scene = Scene::with(&[
        ("gateway.stripe.webhook_secret", WEBHOOK_SECRET),
        ("gateway.stripe.webhook_tolerance", "10m"),
    ])
    .await;
    let body = event("evt_1");
    let then = scene.service.app.clock.now().as_second() - 301;
    let answer = send(
        &scene.service,
        &body,
        Some(&signature(WEBHOOK_SECRET, then, &body)),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn while_secrets_are_exchanged_either_holds() {
    let scene = Scene::with(&[("gateway.stripe.webhook_secret", "whsec_new, whsec_old")]).await;
    for (secret, status) in [("whsec_old", 200), ("whsec_new", 200), ("whsec_older", 400)] {
        let answer = send_signed(&scene.service, secret, &event(secret)).await;
        assert_eq!(answer.status, status, "{secret}");
    }
}

#[tokio::test]
async fn an_event_is_recorded_once_and_a_strangers_has_no_effect() {
    let scene = Scene::with(&[("gateway.stripe.webhook_secret", WEBHOOK_SECRET)]).await;
    for _ in 0..3 {
        let answer = send_signed(&scene.service, WEBHOOK_SECRET, &event("evt_1")).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(events_kept(&scene.service), 1);
    for table in ["registrations", "users", "jobs"] {
        assert_eq!(scene.tables().count(table), 0, "{table}");
    }
    assert_eq!(scene.fake.control().calls().total(), 0);
}

#[tokio::test]
async fn clients_are_limited_and_stripe_is_not() {
    let scene = Scene::with(&[
        ("gateway.stripe.webhook_secret", WEBHOOK_SECRET),
        ("limits.enabled", "true"),
        ("limits.sign_up_burst", "1"),
        ("limits.sign_ups_per_minute", "1"),
    ])
    .await;
    for number in 0..10 {
        let body = event(&format!("evt_{number}"));
        assert_eq!(
            send_signed(&scene.service, WEBHOOK_SECRET, &body)
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn an_event_has_room_and_no_more() {
    let scene = Scene::with(&[("gateway.stripe.webhook_secret", WEBHOOK_SECRET)]).await;
    let padded = |length: usize| {
        let mut body = event("evt_1");
        body.push_str(&" ".repeat(length - body.len()));
        body
    };
    let most = 256 * 1024;
    let answer = send_signed(&scene.service, WEBHOOK_SECRET, &padded(most + 1)).await;
    scene.service.problem(&answer, 413, "body-too-large").await;
    let answer = send_signed(&scene.service, WEBHOOK_SECRET, &padded(most)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn an_event_that_cannot_be_recorded_is_to_be_sent_again() {
    let scene = Scene::with(&[("gateway.stripe.webhook_secret", WEBHOOK_SECRET)]).await;
    let hide = "ALTER TABLE gateway_events RENAME TO hidden";
    Tables::tamper(scene.service.data_dir(), hide);
    let answer = send_signed(&scene.service, WEBHOOK_SECRET, &event("evt_1")).await;
    scene
        .service
        .problem(&answer, 503, "database-unavailable")
        .await;
    assert!(answer.retry_after() > 0);
    let show = "ALTER TABLE hidden RENAME TO gateway_events";
    Tables::tamper(scene.service.data_dir(), show);
    let answer = send_signed(&scene.service, WEBHOOK_SECRET, &event("evt_1")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(events_kept(&scene.service), 1);
}

#[tokio::test]
async fn without_a_secret_nobody_may_tell_anything() {
    let scene = Scene::start().await;
    let answer = send_signed(&scene.service, WEBHOOK_SECRET, &event("evt_1")).await;
    scene.service.problem(&answer, 404, "not-found").await;
    let described: Value = scene.service.get("/openapi.json").await.json();
    assert!(described["paths"].get(PATH).is_none());
    let sandbox = Service::start().await;
    assert_eq!(
        send_signed(&sandbox, WEBHOOK_SECRET, &event("evt_1"))
            .await
            .status,
        404
    );
}
