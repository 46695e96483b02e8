//! How often a registration waits for the disk, and what does not wait for it.

use enlist_registration::ports::Store;
use enlist_registration::state::{Registration, Status};
use enlist_test_servers::PostgresServer;

use super::*;
use crate::contract::*;

/// Transactions of the store's database and writes to disk of the server's log, so far. The store has
/// one connection, which is made to tell; that is a transaction too.
async fn counts(on_server: &OnServer, server: &PostgresServer) -> (i64, i64) {
    let tell = "SELECT pg_stat_force_next_flush()";
    on_server.store.database.read(tell, &[]).await.unwrap();
    let seen = "SELECT clock_timestamp()";
    on_server.store.database.read(seen, &[]).await.unwrap();
    let query = format!(
        "SELECT xact_commit, wal_sync FROM pg_stat_database, pg_stat_wal WHERE datname = '{}'",
        on_server.database.name()
    );
    let rows = server.query_text(&query);
    let number = |column: usize| rows[0][column].as_ref().unwrap().parse().unwrap();
    (number(0), number(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_waits_for_the_disk_twice() {
    // Nobody but the store has a reason to write the log to disk.
    let server = PostgresServer::builder()
        .setting("autovacuum", "off")
        .setting("wal_writer_delay", "10s")
        .setting("checkpoint_timeout", "1d")
        .start();
    let database = server.create_database();
    let url = database.url();
    let options = PostgresOptions {
        connections: 1,
        record_delay: Duration::from_secs(3600),
        ..options(Isolation::default())
    };
    let on_server = OnServer::at(&url, database, options).await;
    let world = on_server.world();
    // Statements are prepared, which counts as transactions.
    register(&world, 1).await;
    counts(&on_server, &server).await;
    counts(&on_server, &server).await;

    let none = counts(&on_server, &server).await;
    let before = counts(&on_server, &server).await;
    let opened = register(&world, 2).await;
    let after = counts(&on_server, &server).await;
    let of_counting = before.0 - none.0;
    let commits = after.0 - before.0 - of_counting;
    assert_eq!((commits, after.1 - before.1), (2, 2));
    let events = world.store.events(opened.id, 0).await.unwrap();
    assert_eq!(events.len(), 2, "the records came with them");
}

async fn register(world: &World, number: u128) -> Registration {
    let mut driven = paid(begun(world, number).await);
    for seq in 1..=2 {
        driven.next_seq = seq + 1;
        let event = event(world, seq, &format!("event {seq}"));
        world.store.record(&driven, &[event]).await;
    }
    let opening = about_to_open(world, driven);
    open(world, &opening).await;
    opening
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_does_not_wait_for_what_a_decision_waits_for() {
    let server = PostgresServer::start();
    let database = server.create_database();
    let url = database.url();
    let on_server = OnServer::at(&url, database, options(Isolation::default())).await;
    let world = on_server.world();
    let driven = paid(begun(&world, 1).await);
    // From now on a commit waits for somebody who never comes.
    server.set_system("synchronous_standby_names", "nobody");
    let in_force = "SELECT current_setting('synchronous_standby_names')";
    until(|| on_server.value(in_force) == "nobody").await;

    world.store.record(&driven, &[]).await;
    on_server.store.flush().await;
    assert_eq!(stored(&world, driven.id).await.progress, driven.progress);

    let (store, turned) = (on_server.store.clone(), turned_back(&world, &driven));
    let save = tokio::spawn(async move { store.save(&turned, Status::Running, &[]).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    until(|| on_server.value(waiting) == "1").await;
    assert!(!save.is_finished());
    server.set_system("synchronous_standby_names", "");
    save.await.unwrap().unwrap();
}
