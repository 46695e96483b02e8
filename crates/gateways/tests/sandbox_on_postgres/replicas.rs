//! Several replicas of the service on one database are one gateway.

use enlist_gateways::contract::done;
use enlist_gateways::faults::FaultTarget;
use enlist_gateways::sandbox::{Fault, FaultKind, Operation, Sandbox};
use enlist_registration::ports::{Outcome, PaymentGateway};
use enlist_test_servers::{PgBouncer, test_database};
use tokio::task::JoinSet;

use crate::home::Home;
use crate::support::Rig;

/// How many replicas there are.
const REPLICAS: usize = 4;

async fn two() -> (Rig, Rig) {
    let home = Home::fresh();
    (Rig::at(home.clone()).await, Rig::at(home).await)
}

#[tokio::test]
async fn each_sees_the_others_customers() {
    let (one, two) = two().await;
    let registration = one.registration();
    let customer = one.customer(registration).await;
    let subscription = done(two.start_subscription(registration, &customer.id).await);
    assert_eq!(
        one.holdings(registration).await,
        two.holdings(registration).await
    );
    done(one.sandbox.cancel_subscription(&subscription.id).await);
    done(
        two.sandbox
            .delete_customer(&customer.id, registration)
            .await,
    );
    assert!(one.holdings(registration).await.customers.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_all_use_at_once_is_carried_out_once() {
    let home = Home::fresh();
    let first = Rig::at(home.clone()).await;
    let registration = first.registration();
    let mut calls = JoinSet::new();
    for _ in 0..REPLICAS {
        let rig = Rig::at(home.clone()).await;
        calls.spawn(async move { rig.subscriber(registration).await });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.len(), REPLICAS);
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    let ledger = first.sandbox.ledger().await.unwrap();
    assert_eq!((ledger.customers.len(), ledger.charges.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_at_once_make_the_tables_once() {
    let home = Home::fresh();
    let mut starting = JoinSet::new();
    for _ in 0..REPLICAS {
        let home = home.clone();
        starting.spawn(async move { Rig::at(home).await });
    }
    let rigs = starting.join_all().await;
    rigs[0].subscriber(rigs[0].registration()).await;
    let versions = "SELECT version FROM enlist_sandbox.schema_version";
    let versions = home.database().query_text(versions);
    assert_eq!(versions, [[Some("1".to_owned())]]);
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let home = Home::fresh();
    let rig = Rig::at(home.clone()).await;
    home.database()
        .execute("UPDATE enlist_sandbox.schema_version SET version = 99");
    let refused = home.open(rig.clock.clone(), rig.random.clone()).await;
    let refused = refused.err().unwrap().to_string();
    assert!(refused.contains("schema version 99"), "{refused}");
}

#[tokio::test]
async fn a_fault_strikes_the_calls_of_all_and_is_counted_once() {
    let (one, two) = two().await;
    one.fail(Operation::CreateCustomer, FaultKind::Refuse, 2)
        .await;
    let registration = one.registration();
    for rig in [&two, &one] {
        let refused = rig.create_customer(registration, Some("tok_visa")).await;
        assert!(matches!(refused, Outcome::Retryable(_)), "{refused:?}");
    }
    one.customer(registration).await;
    let list = two.sandbox.faults().list().await.unwrap();
    assert_eq!((list[0].remaining, list[0].hits), (Some(0), 2));
    two.sandbox.faults().clear().await.unwrap();
    assert!(one.sandbox.faults().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stored_failure_is_replayed_at_every_replica() {
    let (one, two) = two().await;
    let registration = one.registration();
    one.fail(Operation::CreateCustomer, FaultKind::FailAfter, 1)
        .await;
    for (rig, replayed) in [(&two, false), (&one, true), (&two, true)] {
        let failed = rig.create_customer(registration, Some("tok_visa")).await;
        assert!(
            matches!(&failed, Outcome::InDoubt(trouble) if trouble.replayed == replayed),
            "{failed:?}"
        );
    }
    assert_eq!(one.holdings(registration).await.customers.len(), 1);
}

#[tokio::test]
async fn a_configured_fault_is_on_once_however_many_start_with_it() {
    let home = Home::fresh();
    let twice = || Fault::times(Operation::CreateCustomer, FaultKind::Refuse, 2);
    let rate = || Fault::at_rate(FaultTarget::every(), FaultKind::LoseReply, 0.0);
    let configured = [twice(), rate(), twice()];
    let configure = async |sandbox: Sandbox| sandbox.with_faults(configured.clone()).await.unwrap();
    let first = Rig::with(home.clone(), configure).await;
    let on = first.sandbox.faults().list().await.unwrap();
    assert_eq!(on.len(), 3, "the same twice in the configuration is twice");
    let registration = first.registration();
    let refused = first.create_customer(registration, Some("tok_visa")).await;
    assert!(matches!(refused, Outcome::Retryable(_)), "{refused:?}");

    let second = Rig::with(home, configure).await;
    let on = second.sandbox.faults().list().await.unwrap();
    let remaining: Vec<_> = on.iter().map(|fault| fault.remaining).collect();
    assert_eq!(remaining, [Some(1), None, Some(2)]);
}

#[tokio::test]
async fn a_pooler_that_hands_out_connections_by_the_transaction_may_stand_between() {
    let database = test_database();
    let pooler = PgBouncer::transaction_mode_for(&database, 2);
    let home = Home::reached_by(database, pooler.url());
    let mut rigs = Vec::new();
    for _ in 0..REPLICAS {
        rigs.push(Rig::at(home.clone()).await);
    }
    let registration = rigs[0].registration();
    let first = rigs[0].subscriber(registration).await;
    for rig in &rigs {
        assert_eq!(rig.subscriber(registration).await, first);
        rig.subscriber(rig.registration()).await;
    }
    let ledger = rigs[0].sandbox.ledger().await.unwrap();
    assert_eq!(ledger.customers.len(), 1 + REPLICAS);
}
