//! The ledger as `GET /sandbox/ledger` will show it.

use enlist_gateways::contract::done;
use enlist_registration::ports::PaymentGateway;
use serde_json::{Value, json};

use crate::support::Rig;

async fn shown(rig: &Rig) -> Value {
    serde_json::to_value(rig.sandbox.ledger().await.unwrap()).unwrap()
}

#[tokio::test]
async fn every_entry_names_its_registration_and_whether_it_is_live() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let token = done(rig.tokenize(registration, "4242424242424242").await).id;
    let customer = done(
        rig.create_customer(registration, Some(token.as_str()))
            .await,
    );
    done(rig.start_subscription(registration, &customer.id).await);
    let charge = rig.only_charge(registration).await;
    done(rig.refund(registration, &charge, 900, 1).await);

    let ledger = shown(&rig).await;
    for (list, live) in [
        ("customers", true),
        ("payment_methods", true),
        ("subscriptions", true),
        ("charges", true),
        ("refunds", false),
    ] {
        let entries = ledger[list].as_array().unwrap();
        assert_eq!(entries.len(), 1, "{list}");
        assert_eq!(entries[0]["registration_id"], json!(registration), "{list}");
        assert_eq!(entries[0]["live"], json!(live), "{list}");
        assert_eq!(
            entries[0]["created_at"],
            json!("2026-11-20T12:00:00.123Z"),
            "{list}"
        );
        assert!(entries[0]["id"].is_string(), "{list}");
    }
    assert_eq!(ledger["customers"][0]["email"], json!("jane@example.com"));
    assert_eq!(ledger["payment_methods"][0]["last4"], json!("4242"));
    let charge = &ledger["charges"][0];
    assert_eq!(charge["amount_minor"], json!(2900));
    assert_eq!(charge["refunded_minor"], json!(900));
    assert_eq!(charge["currency"], json!("USD"));
    assert_eq!(ledger["refunds"][0]["amount_minor"], json!(900));
    let subscription = &ledger["subscriptions"][0];
    assert_eq!(
        subscription["current_period_end"],
        json!("2026-12-20T12:00:00.123Z")
    );
}

#[tokio::test]
async fn after_an_undo_nothing_is_live_and_the_address_is_forgotten() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let (customer, _) = rig.subscriber(registration).await;
    done(
        rig.sandbox
            .delete_customer(&customer.id, registration)
            .await,
    );
    let charge = rig.only_charge(registration).await;
    assert_eq!(
        shown(&rig).await["charges"][0]["live"],
        json!(true),
        "not yet given back"
    );
    done(
        rig.refund(registration, &charge, charge.amount.amount_minor(), 1)
            .await,
    );

    let ledger = shown(&rig).await;
    let lists = ledger.as_object().unwrap();
    let entries: Vec<&Value> = lists
        .values()
        .flat_map(|list| list.as_array().unwrap())
        .collect();
    assert_eq!(entries.len(), 5);
    assert!(
        entries.iter().all(|entry| entry["live"] == json!(false)),
        "{ledger:#}"
    );
    assert_eq!(ledger["customers"][0]["email"], Value::Null);
}

#[tokio::test]
async fn a_token_alone_binds_nobody() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    done(rig.tokenize(registration, "4242424242424242").await);
    let ledger = rig.sandbox.ledger().await.unwrap();
    assert_eq!(
        ledger.payment_methods[0].registration_id,
        Some(registration)
    );
    assert!(!ledger.payment_methods[0].live);
}
