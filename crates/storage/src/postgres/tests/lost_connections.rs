//! Connections end while they are in use, and while they are made.

use enlist_registration::ports::{Begun, NewRegistration, Store};
use enlist_registration::state::Status;
use tokio::net::TcpSocket;

use super::proxy::Proxy;
use super::*;
use crate::contract::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_connection_is_ended_while_it_waits_is_made_once() {
    let on_server = OnServer::new(Isolation::ReadCommitted).await;
    let world = on_server.world();
    let turned = undoing(&world, 1).await;
    let rival = on_server.locking_rival().await;
    let events = [event(&world, 1, "decided")];
    let (store, saved, event) = (on_server.store.clone(), turned.clone(), events.clone());
    let save = tokio::spawn(async move { store.save(&saved, Status::Undoing, &event).await });
    on_server.waiting_for_a_lock(1).await;
    let waiting = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let ended = on_server.value(waiting);
    let all_but_the_rival = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    rival.batch_execute(all_but_the_rival).await.unwrap();
    until(|| {
        let waiting = on_server.database.query_text(waiting);
        waiting.len() == 1 && waiting[0][0].as_deref() != Some(&ended)
    })
    .await;
    rival.batch_execute("COMMIT").await.unwrap();
    save.await.unwrap().unwrap();
    assert_eq!(world.store.events(turned.id, 0).await.unwrap(), events);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_for_a_moment_is_not_noticed() {
    let database = test_database();
    let url = PostgresUrl::parse(&database.url()).unwrap();
    let proxy = Proxy::to(url.connector().unwrap().config().get_ports()[0]);
    let way = proxy.url_of(database.name());
    let on_server = OnServer::at(&way, database, options(Isolation::default())).await;
    let world = on_server.world();
    proxy.refuse_next(4);
    begun(&world, 1).await;
    proxy.assert_all_made();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_says_nothing_leaves_time_for_the_next() {
    // Nobody accepts, and as many as may wait are waiting: what else comes is left without an answer,
    // as by a host without power.
    let dead = TcpSocket::new_v4().unwrap();
    dead.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let dead = dead.listen(1).unwrap();
    let address = dead.local_addr().unwrap();
    let mut waiting = Vec::new();
    loop {
        let another = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(200), another).await {
            Ok(stream) => waiting.push(stream.unwrap()),
            Err(_) => break,
        }
    }
    let database = test_database();
    let live = PostgresUrl::parse(&database.url()).unwrap();
    let live = live.connector().unwrap().config().get_ports()[0];
    let url = format!(
        "postgres://enlist@127.0.0.1:{},127.0.0.1:{live}/{}",
        address.port(),
        database.name()
    );
    let on_server = OnServer::at(&url, database, options(Isolation::default())).await;
    let world = on_server.world();
    let begun = on_server
        .store
        .begin(NewRegistration::of(&registration(&world, 1), FIRST))
        .await;
    assert!(matches!(begun, Ok(Begun::Begun)), "{begun:?}");
}

const SETTINGS: &str = "SELECT concat_ws(', ', current_setting('statement_timeout'),
    current_setting('idle_in_transaction_session_timeout'),
    current_setting('transaction_isolation')) AS settings";

async fn settings_of_a_write(on_server: &OnServer) -> String {
    let written = on_server.store.database.write(SETTINGS, &[]).await.unwrap();
    written.rows[0].get("settings")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_has_the_settings_that_were_chosen() {
    for (isolation, named) in [
        (Isolation::ReadCommitted, "5s, 5s, read committed"),
        (Isolation::RepeatableRead, "5s, 5s, repeatable read"),
        (Isolation::Serializable, "5s, 5s, serializable"),
    ] {
        let on_server = OnServer::new(isolation).await;
        assert_eq!(settings_of_a_write(&on_server).await, named);
        let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        on_server.database.execute(end_all);
        assert_eq!(settings_of_a_write(&on_server).await, named);
        let database = &on_server.store.database;
        assert!(!database.is_pooled.load(Ordering::Relaxed));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_pooler_a_transaction_has_the_settings_and_the_session_has_not() {
    let on_server = OnServer::through_a_pooler().await;
    let database = &on_server.store.database;
    assert_eq!(
        settings_of_a_write(&on_server).await,
        "5s, 5s, serializable"
    );
    assert!(database.is_pooled.load(Ordering::Relaxed));
    let read = database.read(SETTINGS, &[]).await.unwrap();
    assert_eq!(read[0].get::<_, String>("settings"), "0, 0, read committed");
}
