//! What is waited for is waited for so long and no longer.

use enlist_registration::ports::{Begun, NewRegistration, Opened, Store};
use enlist_registration::state::Status;

use super::*;
use crate::contract::*;

async fn with_one_connection(timeout: Duration) -> OnServer {
    let options = PostgresOptions {
        connections: 1,
        timeout,
        ..options(Isolation::default())
    };
    OnServer::with(options, false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_all_connections_in_use_is_told_so_and_the_next_is_not() {
    let on_server = with_one_connection(Duration::from_millis(300)).await;
    let world = on_server.world();
    let held = on_server.store.database.pool.get().await.unwrap();
    let next = registration(&world, 1);
    let fault = on_server
        .store
        .begin(NewRegistration::of(&next, FIRST))
        .await
        .unwrap_err();
    let words = chain(&fault);
    assert!(
        words.contains("no connection to the database could be had: all are in use"),
        "{words}"
    );
    assert!(on_server.store.email_is_taken(&email(1)).await.is_err());
    drop(held);
    let begun = on_server
        .store
        .begin(NewRegistration::of(&next, FIRST))
        .await;
    assert!(matches!(begun, Ok(Begun::Begun)), "{begun:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_held_for_too_long_is_told_and_nothing_is_written() {
    let on_server = with_one_connection(Duration::from_millis(500)).await;
    let world = on_server.world();
    let turned = undoing(&world, 1).await;
    let rival = on_server.locking_rival().await;
    let events = [event(&world, 1, "decided")];
    let saved = on_server
        .store
        .save(&turned, Status::Undoing, &events)
        .await;
    let words = chain(&saved.unwrap_err());
    assert!(words.contains("failed to save a decision"), "{words}");
    assert!(words.contains("due to statement timeout"), "{words}");
    assert!(world.store.events(turned.id, 0).await.unwrap().is_empty());
    on_server.waiting_for_a_lock(0).await;
    rival.batch_execute("COMMIT").await.unwrap();
    let saved = on_server
        .store
        .save(&turned, Status::Undoing, &events)
        .await;
    saved.unwrap();
    assert_eq!(world.store.events(turned.id, 0).await.unwrap(), events);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_be_opened_is_open_in_no_record() {
    let on_server = with_one_connection(Duration::from_millis(500)).await;
    let world = on_server.world();
    let store = &on_server.store;
    let mut paid = paid(begun(&world, 1).await);
    paid.next_seq = 2;
    let charged = [event(&world, 1, "sub_1")];
    let opening = about_to_open(&world, paid.clone());
    let (job, opened) = (mail_job(&world, &opening), [event(&world, 2, "opened")]);
    let open = || store.open_account(&opening, Status::Running, Some(&job), &opened);
    let rival = on_server.session().await;
    let lock = "BEGIN; LOCK TABLE users IN SHARE MODE";
    rival.batch_execute(lock).await.unwrap();
    // The record waits when the account is to be opened, and goes with it, in vain.
    store.record(&paid, &charged).await;
    assert!(open().await.is_err());
    store.flush().await;
    let journal = stored(&world, paid.id).await;
    assert_same(&journal, &paid);
    assert_eq!(store.events(paid.id, 0).await.unwrap(), charged);
    rival.batch_execute("COMMIT").await.unwrap();
    assert_eq!(open().await.unwrap(), Opened::Opened);
    let [charged, opened] = [charged, opened];
    let events = store.events(paid.id, 0).await.unwrap();
    assert_eq!(events, [charged, opened].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_only_reads_writes_nothing_and_one_that_is_closed_does_nothing() {
    let on_server = OnServer::new(Isolation::default()).await;
    let world = on_server.world();
    let written = begun(&world, 1).await;
    let url = PostgresUrl::parse(&on_server.database.url()).unwrap();
    let chance = Arc::new(Chance::default());
    let reading = PostgresStore::for_reading(&url, on_server.clock.clone(), chance).await;
    let reading = reading.unwrap();
    assert!(reading.registration(written.id).await.unwrap().is_some());
    let words = chain(&reading.count_code_attempt(written.id).await.unwrap_err());
    assert!(words.contains("open for reading only"), "{words}");
    on_server.store.close().await;
    let words = chain(&on_server.store.registration(written.id).await.unwrap_err());
    assert!(words.contains("the store is closed"), "{words}");
}
