//! The gateway fails: what was begun is undone, and the answer says whether it is so already.

use serde_json::{Value, json};

use crate::person::Person;
use crate::service::Service;

fn fault(step: &str, kind: &str, count: u32) -> Value {
    json!({ "step": step, "kind": kind, "count": count })
}

fn always(step: &str, kind: &str) -> Value {
    json!({ "step": step, "kind": kind, "rate": 1.0 })
}

#[tokio::test]
async fn a_gateway_that_is_away_leaves_nothing_and_the_answer_says_so() {
    for step in ["tokenize_card", "create_customer", "start_subscription"] {
        let service = Service::with(&[("gateway.attempts", "2")]).await;
        service.switch_on(always(step, "refuse")).await;
        let person = Person::new("ada@example.com");
        let answer = service.sign_up(&person).await;
        let problem = service.problem(&answer, 503, "gateway-unavailable").await;
        assert!(answer.retry_after() >= 1);
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("No account was created and nothing was charged."),
            "{step}: {detail}"
        );
        service.assert_nothing_is_left().await;
        service.clear_faults().await;
        assert_eq!(service.sign_up(&person).await.status, 201, "{step}");
    }
}

#[tokio::test]
async fn an_undo_that_is_still_under_way_is_called_so_and_ends_by_itself() {
    let service = Service::with(&[("gateway.attempts", "1"), ("server.wait", "3s")]).await;
    service
        .switch_on(always("start_subscription", "refuse"))
        .await;
    service.switch_on(always("delete_customer", "refuse")).await;
    let person = Person::new("ada@example.com");
    let answer = service.sign_up_under("a-key", &person).await;
    let problem = service.problem(&answer, 503, "gateway-unavailable").await;
    assert!(answer.retry_after() >= 1);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("is being undone"), "{detail}");
    assert_eq!(problem["registration"]["status"], "undoing");
    assert_eq!(service.live().await.customers, 1, "not yet");
    let id = problem["registration"]["id"].as_str().unwrap();
    let token = problem["access_token"].as_str().unwrap();
    assert_eq!(
        service.follow_with(id, Some(token)).await.status,
        200,
        "it can be followed"
    );
    let taken = service.sign_up(&person).await;
    service.problem(&taken, 409, "email-taken").await;

    service.clear_faults().await;
    crate::service::until("it is undone", async || {
        let undoing = "SELECT count(*) FROM registrations WHERE status = 'undoing'";
        (service.tables().number(undoing) == 0).then_some(())
    })
    .await;
    service.assert_nothing_is_left().await;
    let answer = service.sign_up_under("a-key", &person).await;
    let problem = service.problem(&answer, 503, "gateway-unavailable").await;
    assert_eq!(problem["registration"]["status"], "undone");
    assert_eq!(service.sign_up(&person).await.status, 201);
}

#[tokio::test]
async fn a_passing_trouble_is_not_noticed() {
    for step in ["tokenize_card", "create_customer", "start_subscription"] {
        for kind in [
            "refuse",
            "rate_limit",
            "fail_before",
            "fail_after",
            "lose_reply",
        ] {
            let service = Service::start().await;
            service.switch_on(fault(step, kind, 1)).await;
            let answer = service.sign_up(&Person::new("ada@example.com")).await;
            assert_eq!(answer.status, 201, "{step} {kind}: {}", answer.text());
            service.assert_one_paid_account().await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_asked_for_again() {
    for step in ["create_customer", "start_subscription"] {
        let service = Service::with(&[("gateway.timeout", "300ms")]).await;
        service.switch_on(fault(step, "hang", 1)).await;
        let answer = service.sign_up(&Person::new("ada@example.com")).await;
        assert_eq!(answer.status, 201, "{step}: {}", answer.text());
        service.assert_one_paid_account().await;
    }
}

#[tokio::test]
async fn a_charge_whose_answer_is_lost_for_good_is_given_back() {
    let service = Service::with(&[("gateway.attempts", "2")]).await;
    service
        .switch_on(always("start_subscription", "lose_reply"))
        .await;
    service.switch_on(always("list_holdings", "refuse")).await;
    let person = Person::new("ada@example.com");
    let first = service.sign_up_preferring("respond-async", &person).await;
    let begun = first.begun();
    service.follow_until(&begun, "undoing").await;
    let charge = service.only("charges").await;
    assert_eq!(charge["status"], "succeeded", "the money was taken");

    service.clear_faults().await;
    let registration = service.follow_until(&begun, "undone").await;
    assert!(
        registration["failure"]["reason"].is_string(),
        "{registration}"
    );
    service.assert_nothing_is_left().await;
    let charge = service.only("charges").await;
    assert_eq!(charge["refunded_minor"], charge["amount_minor"]);
}

#[tokio::test]
async fn a_failed_registration_says_why_to_whoever_follows_it() {
    let service = Service::start().await;
    let person = Person::new("ada@example.com").paying_with("4000000000000341");
    let first = service.sign_up_preferring("respond-async", &person).await;
    let registration = service.follow_until(&first.begun(), "undone").await;
    let failure = &registration["failure"];
    assert_eq!(failure["reason"], "declined");
    assert_eq!(failure["decline_code"], "card_declined");
    assert_eq!(failure["title"], "Your card was declined.");
    let nothing = "No account was created and nothing was charged.";
    assert_eq!(registration["closing"], nothing);
}
