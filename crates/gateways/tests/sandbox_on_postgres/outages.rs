//! What becomes of calls while the database is not there, or somebody is in their way.

use enlist_gateways::contract::done;
use enlist_gateways::sandbox::{FaultKind, Operation};
use enlist_registration::ports::Outcome;
use enlist_test_servers::{PostgresServer, StopMode};

use crate::home::Home;
use crate::support::Rig;

/// As the sandbox's transactions do.
const TAKE_THE_LOCK: &str = "BEGIN; SELECT pg_advisory_xact_lock(x'456e6c67'::bigint)";

/// Ends every session of the sandbox.
const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

/// Ends the session in which a first customer is made.
const TERMINATE_THE_FIRST: &str = "CREATE SEQUENCE tries;
    CREATE FUNCTION terminate_the_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('public.tries') = 1 THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
        END IF;
        RETURN NULL;
    END $$;";

async fn tries(home: &Home) -> String {
    let tries = home.database().query_text("SELECT last_value FROM tries");
    tries[0][0].clone().unwrap()
}

#[tokio::test]
async fn a_connection_that_is_lost_in_the_middle_is_tried_again() {
    let home = Home::fresh();
    let rig = Rig::at(home.clone()).await;
    home.database().execute(TERMINATE_THE_FIRST);
    home.database().execute(
        "CREATE TRIGGER terminate AFTER INSERT ON enlist_sandbox.customers
         FOR EACH ROW EXECUTE FUNCTION terminate_the_first()",
    );
    let registration = rig.registration();
    rig.customer(registration).await;
    assert_eq!(tries(&home).await, "2");
    assert_eq!(rig.holdings(registration).await.customers.len(), 1);
}

#[tokio::test]
async fn a_connection_that_is_lost_at_the_commit_is_a_doubt() {
    let home = Home::fresh();
    let rig = Rig::at(home.clone()).await;
    home.database().execute(TERMINATE_THE_FIRST);
    home.database().execute(
        "CREATE CONSTRAINT TRIGGER terminate AFTER INSERT ON enlist_sandbox.customers
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION terminate_the_first()",
    );
    let registration = rig.registration();
    let failed = rig.create_customer(registration, Some("tok_visa")).await;
    assert!(matches!(failed, Outcome::InDoubt(_)), "{failed:?}");
    assert_eq!(tries(&home).await, "1");
    assert!(rig.holdings(registration).await.customers.is_empty());
    done(rig.create_customer(registration, Some("tok_visa")).await);
}

#[tokio::test]
async fn a_transaction_of_a_stopped_replica_is_ended_by_the_server() {
    let home = Home::fresh();
    let rig = Rig::at(home.clone()).await;
    home.database().execute(
        "CREATE TABLE limits (name text, setting text);
         CREATE FUNCTION note_limits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO public.limits SELECT name, setting FROM pg_settings WHERE name IN
                 ('idle_in_transaction_session_timeout', 'statement_timeout', 'synchronous_commit');
             RETURN NULL;
         END $$;
         CREATE TRIGGER note AFTER INSERT ON enlist_sandbox.customers
             FOR EACH ROW EXECUTE FUNCTION note_limits()",
    );
    rig.customer(rig.registration()).await;
    let limits = "SELECT name, setting FROM limits ORDER BY name";
    let limits = home.database().query_text(limits);
    let expected = [
        ("idle_in_transaction_session_timeout", "3000"),
        ("statement_timeout", "5000"),
        ("synchronous_commit", "on"),
    ];
    let expected =
        expected.map(|(name, setting)| [name, setting].map(|text| Some(text.to_owned())));
    assert_eq!(limits, expected);
}

#[tokio::test]
async fn a_connection_that_is_terminated_is_replaced() {
    let home = Home::fresh();
    let rig = Rig::at(home.clone()).await;
    let registration = rig.registration();
    let customer = rig.customer(registration).await;
    for _ in 0..3 {
        // A session that was ended a moment ago may still be listed beside the one that replaced it.
        assert_ne!(home.database().query_text(TERMINATE).len(), 0);
        assert_eq!(rig.customer(registration).await, customer);
    }
}

#[tokio::test]
async fn a_server_that_was_restarted_is_found_again() {
    let server = PostgresServer::start();
    let database = server.create_database();
    let url = database.url();
    let rig = Rig::at(Home::reached_by(database, url)).await;
    let registration = rig.registration();
    let customer = rig.customer(registration).await;
    rig.fail(Operation::DeleteCustomer, FaultKind::Refuse, 1)
        .await;
    for how in [StopMode::Fast, StopMode::Immediate] {
        server.restart(how);
        assert_eq!(rig.customer(registration).await, customer);
        assert_eq!(rig.sandbox.faults().list().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_call_without_a_database_is_in_doubt_and_may_be_repeated() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let url = database.url();
    let rig = Rig::at(Home::reached_by(database, url)).await;
    let registration = rig.registration();
    server.stop(StopMode::Immediate);
    let failed = rig.create_customer(registration, Some("tok_visa")).await;
    assert!(matches!(failed, Outcome::InDoubt(_)), "{failed:?}");
    rig.sandbox.faults().list().await.unwrap_err();
    server.start_again();
    rig.customer(registration).await;
    assert_eq!(rig.holdings(registration).await.customers.len(), 1);
}

#[tokio::test]
async fn who_holds_the_door_makes_calls_doubtful_and_not_endless() {
    let home = Home::fresh();
    let rig = Rig::at(home.clone()).await;
    let registration = rig.registration();
    let url = home.database().url();
    let (holder, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    holder.batch_execute(TAKE_THE_LOCK).await.unwrap();
    let failed = rig.create_customer(registration, Some("tok_visa")).await;
    assert!(matches!(failed, Outcome::InDoubt(_)), "{failed:?}");
    drop(holder);
    connection.await.unwrap().unwrap();
    rig.customer(registration).await;
    assert_eq!(rig.holdings(registration).await.customers.len(), 1);
}

#[tokio::test]
async fn a_server_that_says_nothing_makes_calls_doubtful_and_not_endless() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let url = database.url();
    let rig = Rig::at(Home::reached_by(database, url)).await;
    let registration = rig.registration();
    server.pause();
    let failed = rig.create_customer(registration, Some("tok_visa")).await;
    assert!(matches!(failed, Outcome::InDoubt(_)), "{failed:?}");
    server.resume();
    rig.customer(registration).await;
    assert_eq!(rig.holdings(registration).await.customers.len(), 1);
}
