//! The pooler hands out connections per transaction.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use enlist_test_servers::{PgBouncer, PostgresServer, test_database};

#[test]
fn sessions_share_one_connection() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let pooler = PgBouncer::transaction_mode(&server, 1);
    assert_eq!(
        process_behind(&pooler, database.name()),
        process_behind(&pooler, database.name())
    );
    assert_ne!(pooler.port(), server.port());
}

#[test]
fn it_stands_before_the_shared_server_too() {
    let database = test_database();
    let pooler = PgBouncer::transaction_mode_for(&database, 1);
    assert!(process_behind(&pooler, database.name()) > 0);
}

#[tokio::main(flavor = "current_thread")]
async fn process_behind(pooler: &PgBouncer, database: &str) -> i32 {
    let url = pooler.url_of(database);
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let messages = client
        .simple_query("SELECT pg_backend_pid()")
        .await
        .unwrap();
    let process = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    drop(client);
    connection.await.unwrap().unwrap();
    process.unwrap()
}
