//! `/sandbox/…`: faults and the ledger, as JSON and on the page.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::person::{DECLINED_CARD, Person};
use crate::service::Service;

async fn faults(service: &Service) -> Vec<Value> {
    let body = service.get("/sandbox/faults").await.json();
    body["faults"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_fault_is_switched_on_counted_and_cleared() {
    let service = Service::start().await;
    assert!(faults(&service).await.is_empty());
    let fault = json!({"step": "create_customer", "kind": "lose_reply", "count": 3});
    let answer = service.post("/sandbox/faults", &fault, &[]).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["faults"], json!(faults(&service).await));
    assert_eq!(faults(&service).await[0]["remaining"], 3);

    let person = Person::new("ada@example.com");
    assert_eq!(service.sign_up(&person).await.status, 201);
    let struck = &faults(&service).await[0];
    assert_eq!(
        (&struck["remaining"], &struck["hits"]),
        (&json!(0), &json!(3))
    );

    service.clear_faults().await;
    assert!(faults(&service).await.is_empty());
}

#[tokio::test]
async fn every_kind_and_step_of_the_contract_is_taken() {
    let service = Service::start().await;
    let kinds = [
        "fail_before",
        "fail_after",
        "lose_reply",
        "hang",
        "refuse",
        "rate_limit",
    ];
    for kind in kinds {
        service
            .switch_on(json!({"step": "*", "kind": kind, "rate": 0.5}))
            .await;
    }
    for step in ["tokenize_card", "create_customer", "start_subscription"] {
        service
            .switch_on(json!({"step": step, "kind": "refuse"}))
            .await;
    }
    assert_eq!(faults(&service).await.len(), kinds.len() + 3);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused_and_changes_nothing() {
    let service = Service::start().await;
    let unreadable = [
        json!({}),
        json!([]),
        json!({"step": "create_customer", "kind": "explode"}),
        json!({"step": "create_customer", "kind": "hang", "count": -1}),
        json!({"step": "create_customer", "kind": "hang", "often": 1}),
    ];
    for fault in unreadable {
        let answer = service.post("/sandbox/faults", &fault, &[]).await;
        service.problem(&answer, 400, "malformed-request").await;
    }
    let senseless = [
        json!({"step": "make_coffee", "kind": "hang"}),
        json!({"step": "create_customer", "kind": "hang", "count": 0}),
        json!({"step": "create_customer", "kind": "hang", "rate": 1.5}),
        json!({"step": "create_customer", "kind": "hang", "count": 1, "rate": 0.5}),
    ];
    for fault in senseless {
        let answer = service.post("/sandbox/faults", &fault, &[]).await;
        let problem = service.problem(&answer, 422, "invalid-input").await;
        assert!(problem["errors"][0]["message"].is_string(), "{problem}");
    }
    let text = Request::post("/sandbox/faults")
        .body(Body::from("{}"))
        .unwrap();
    let answer = service.send(text).await;
    service
        .problem(&answer, 415, "unsupported-media-type")
        .await;
    assert!(faults(&service).await.is_empty());
}

#[tokio::test]
async fn every_entry_of_the_ledger_says_whose_it_is_and_whether_it_is_live() {
    let service = Service::with(&[("verification.deadline", "1s")]).await;
    let begun = service
        .sign_up(&Person::new("ada@example.com"))
        .await
        .begun();
    service.follow_until(&begun, "undone").await;
    for kind in [
        "customers",
        "payment_methods",
        "subscriptions",
        "charges",
        "refunds",
    ] {
        let entry = service.only(kind).await;
        assert!(entry["id"].is_string(), "{kind}: {entry}");
        assert_eq!(entry["registration_id"], begun.id, "{kind}");
        assert_eq!(entry["live"], false, "{kind}");
        let costs = matches!(kind, "subscriptions" | "charges" | "refunds");
        assert_eq!(entry["amount_minor"].is_i64(), costs, "{kind}: {entry}");
    }
}

#[tokio::test]
async fn a_newcomer_sees_on_the_page_that_a_declined_card_left_nothing() {
    let service = Service::start().await;
    let declined = Person::new("ada@example.com").paying_with(DECLINED_CARD);
    service.sign_up(&declined).await;
    let page = service.open("/sandbox").await.text();
    assert!(page.contains("No customer, nothing was charged."), "{page}");
    service.sign_up(&Person::new("ada@example.com")).await;
    let page = service.open("/sandbox").await.text();
    assert!(page.contains("1 customer, $29.00 charged, nothing refunded."));
}

#[tokio::test]
async fn the_page_switches_faults_on_and_off() {
    let service = Service::start().await;
    let form = [
        ("step", "create_customer"),
        ("kind", "refuse"),
        ("count", "2"),
    ];
    let answer = service.submit("/sandbox", &form, &[]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(faults(&service).await[0]["remaining"], 2);
    let cleared = service.submit("/sandbox", &[("clear", "all")], &[]).await;
    assert_eq!(cleared.status, 303);
    assert!(faults(&service).await.is_empty());
    for wrong in [
        ("count", "none"),
        ("count", "0"),
        ("kind", "explode"),
        ("step", "coffee"),
    ] {
        let form = form.map(|pair| if pair.0 == wrong.0 { wrong } else { pair });
        assert_eq!(
            service.submit("/sandbox", &form, &[]).await.status,
            422,
            "{wrong:?}"
        );
    }
    assert!(faults(&service).await.is_empty());
}
