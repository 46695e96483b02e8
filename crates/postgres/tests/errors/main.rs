//! What errors of a real server are taken for.
#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is how a failure is told"
)]

use std::time::Duration;

use enlist_postgres::{
    PostgresUrl, constraint, in_words, is_connection_lost, is_out_of_connections, is_out_of_space,
    is_serialization_failure, is_stale_statement,
};
use enlist_test_servers::{Database, PostgresServer, test_database};
use tokio_postgres::{Client, Error};

async fn connect(database: &Database) -> Client {
    let url = PostgresUrl::parse(&database.url()).unwrap();
    url.connector().unwrap().connect().await.unwrap()
}

/// The error that the server raises with this SQLSTATE.
async fn raised(client: &Client, code: &str) -> Error {
    let sql = format!("DO $$ BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = '{code}'; END $$");
    client.batch_execute(&sql).await.unwrap_err()
}

#[tokio::test]
async fn each_code_is_taken_for_what_it_is() {
    type Is = fn(&Error) -> bool;
    let kinds: [(Is, &[&str]); 5] = [
        (
            is_connection_lost,
            &[
                "08000", "08006", "08P01", "57P01", "57P02", "57P03", "57P04", "57P05", "25P03",
                "25006",
            ],
        ),
        (is_serialization_failure, &["40001", "40P01"]),
        (is_stale_statement, &["26000", "42P05"]),
        (is_out_of_space, &["53100"]),
        (is_out_of_connections, &["53300"]),
    ];
    let database = test_database();
    let client = connect(&database).await;
    for (expected, (_, codes)) in kinds.iter().enumerate() {
        for code in *codes {
            let error = raised(&client, code).await;
            let found: Vec<bool> = kinds.iter().map(|(is, _)| is(&error)).collect();
            let only = (0..kinds.len()).map(|index| index == expected);
            assert_eq!(found, only.collect::<Vec<_>>(), "{code}");
        }
    }
    // A statement's own faults are none of these.
    for code in ["23514", "0A000", "57014", "42601"] {
        let error = raised(&client, code).await;
        assert!(!kinds.iter().any(|(is, _)| is(&error)), "{code}");
    }
}

#[tokio::test]
async fn a_unique_violation_names_its_constraint_and_the_words_do_not_repeat_the_row() {
    let database = test_database();
    database.execute("CREATE TABLE t (email text CONSTRAINT one_per_email UNIQUE)");
    let client = connect(&database).await;
    let insert = "INSERT INTO t VALUES ('ada@example.org')";
    client.execute(insert, &[]).await.unwrap();
    let error = client.execute(insert, &[]).await.unwrap_err();
    assert_eq!(constraint(&error), Some("one_per_email"));
    let words = in_words(&error);
    assert!(
        words.contains("23505") && words.contains("one_per_email"),
        "{words}"
    );
    assert!(!words.contains("ada@"), "{words}");
    database.execute("ALTER TABLE t ADD CONSTRAINT never CHECK (email = 'x') NOT VALID");
    let error = client.execute("INSERT INTO t VALUES ('y')", &[]).await;
    assert_eq!(constraint(&error.unwrap_err()), None);
}

#[tokio::test]
async fn a_session_that_was_ended_is_lost() {
    let database = test_database();
    let client = connect(&database).await;
    let ended = client
        .execute("SELECT pg_terminate_backend(pg_backend_pid())", &[])
        .await;
    assert!(is_connection_lost(&ended.unwrap_err()));
    let after = client.execute("SELECT 1", &[]).await;
    assert!(is_connection_lost(&after.unwrap_err()));
}

#[tokio::test]
async fn a_standby_in_place_of_the_primary_is_lost() {
    let database = test_database();
    let client = connect(&database).await;
    client
        .batch_execute("SET default_transaction_read_only = on")
        .await
        .unwrap();
    let error = client.batch_execute("CREATE TABLE t ()").await.unwrap_err();
    assert!(is_connection_lost(&error), "{}", in_words(&error));
}

#[tokio::test]
async fn a_value_that_cannot_be_sent_is_not_the_connections_fault() {
    let database = test_database();
    let client = connect(&database).await;
    let error = client.query("SELECT 'a\0b'", &[]).await.unwrap_err();
    assert!(!is_connection_lost(&error), "{error:?}");
    client.query("SELECT 1", &[]).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_the_server_forgot_or_a_migration_changed_is_stale() {
    let database = test_database();
    database.execute("CREATE TABLE t (a int)");
    let client = connect(&database).await;
    let statement = client.prepare("SELECT * FROM t").await.unwrap();
    database.execute("ALTER TABLE t ADD COLUMN b int");
    let changed = client.query(&statement, &[]).await.unwrap_err();
    assert!(is_stale_statement(&changed), "{}", in_words(&changed));
    client.batch_execute("DEALLOCATE ALL").await.unwrap();
    let forgotten = client.query(&statement, &[]).await.unwrap_err();
    assert!(is_stale_statement(&forgotten), "{}", in_words(&forgotten));
}

#[tokio::test]
async fn a_server_that_is_stopped_or_gone_is_told_in_time() {
    let server = PostgresServer::start_without_fsync();
    let text = format!("{}?connect_timeout=1", server.url());
    let connector = PostgresUrl::parse(&text).unwrap().connector().unwrap();
    assert_eq!(connector.deadline(), Some(Duration::from_secs(2)));
    server.pause();
    let error = connector.connect().await.unwrap_err();
    server.resume();
    assert!(is_connection_lost(&error));
    let words = in_words(&error);
    assert!(words.contains("no answer within 2 s"), "{words}");
    connector.connect().await.unwrap();
    server.kill();
    let error = connector.connect().await.unwrap_err();
    assert!(is_connection_lost(&error));
    let words = in_words(&error);
    assert!(words.contains("refused"), "{words}");
}

#[tokio::test]
async fn a_host_that_accepts_and_keeps_silent_leaves_time_for_the_next() {
    let silent = PostgresServer::start_without_fsync();
    let second = PostgresServer::start_without_fsync();
    silent.pause();
    let text = |host: &str| format!("postgres://enlist@{host}/postgres?connect_timeout=1");
    let ports = format!("127.0.0.1:{},127.0.0.1:{}", silent.port(), second.port());
    let url = PostgresUrl::parse(&text(&ports)).unwrap();
    let connector = url.connector().unwrap();
    let client = connector.connect().await.unwrap();
    let pooled = connector.open(Duration::from_secs(2)).await;
    for client in [client, pooled.unwrap().0] {
        let port = client.query_one("SHOW port", &[]).await.unwrap();
        assert_eq!(port.get::<_, String>(0), second.port().to_string());
    }
    // The last host's error is told, in the time of both.
    let ports = format!("127.0.0.1:{},127.0.0.1:{}", second.port(), silent.port());
    second.kill();
    let url = PostgresUrl::parse(&text(&ports)).unwrap();
    let opened = url.connector().unwrap().open(Duration::from_secs(1)).await;
    silent.resume();
    let words = in_words(&opened.unwrap_err());
    assert!(words.contains("no answer within 1 s"), "{words}");
}

#[tokio::test]
async fn connections_are_named_and_follow_the_url() {
    let database = test_database();
    let client = connect(&database).await;
    let name = client
        .query_one("SHOW application_name", &[])
        .await
        .unwrap();
    assert_eq!(name.get::<_, String>(0), "enlist");
    let text = format!("{}?application_name=other", database.url());
    let connector = PostgresUrl::parse(&text).unwrap().connector().unwrap();
    let client = connector.connect().await.unwrap();
    let name = client
        .query_one("SHOW application_name", &[])
        .await
        .unwrap();
    assert_eq!(name.get::<_, String>(0), "other");
}
