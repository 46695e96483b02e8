//! The server goes away and comes back; the store stays the same.

use enlist_registration::ports::{Begun, NewRegistration, Store};
use enlist_registration::state::Status;
use enlist_test_servers::{PostgresServer, StopMode};

use super::*;
use crate::contract::*;

/// A server of its own, and a store on it.
async fn on_own_server() -> (PostgresServer, OnServer) {
    let server = PostgresServer::start();
    let database = server.create_database();
    let url = database.url();
    let on_server = OnServer::at(&url, database, options(Isolation::default())).await;
    (server, on_server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_two_calls_is_not_noticed() {
    let (server, on_server) = on_own_server().await;
    let world = on_server.world();
    let begins = (1..=12).map(|number| registration(&world, number));
    // So that there are many connections, of which each is dead afterwards.
    let begins = begins.map(|registration| {
        let store = on_server.store.clone();
        tokio::spawn(async move { store.begin(NewRegistration::of(&registration, FIRST)).await })
    });
    for begin in begins.collect::<Vec<_>>() {
        assert!(matches!(begin.await.unwrap(), Ok(Begun::Begun)));
    }
    for (number, mode) in [(20, StopMode::Immediate), (21, StopMode::Fast)] {
        server.restart(mode);
        begun(&world, number).await;
        assert_eq!(
            stored(&world, begun(&world, number + 10).await.id)
                .await
                .attempts,
            0
        );
    }
    let all = "SELECT count(*) FROM registrations";
    assert_eq!(on_server.value(all), "16");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_during_a_call_leaves_it_undone_or_done_once() {
    let (server, on_server) = on_own_server().await;
    let world = on_server.world();
    let turned = undoing(&world, 1).await;
    let _rival = on_server.locking_rival().await;
    let events = [event(&world, 1, "decided")];
    let (store, saved, event) = (on_server.store.clone(), turned.clone(), events.clone());
    let save = tokio::spawn(async move { store.save(&saved, Status::Undoing, &event).await });
    on_server.waiting_for_a_lock(1).await;
    server.restart(StopMode::Immediate);
    // It may take longer than a call is prepared to wait; then the call says so and is made again.
    if let Err(fault) = save.await.unwrap() {
        let words = chain(&fault);
        assert!(
            words.contains("the database failed to save a decision"),
            "{words}"
        );
        on_server
            .store
            .save(&turned, Status::Undoing, &events)
            .await
            .unwrap();
    }
    assert_eq!(world.store.events(turned.id, 0).await.unwrap(), events);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_away_is_named_and_found_again_by_the_same_store() {
    let (server, on_server) = on_own_server().await;
    let world = on_server.world();
    let first = begun(&world, 1).await;
    server.stop(StopMode::Fast);
    let next = registration(&world, 2);
    let fault = on_server
        .store
        .begin(NewRegistration::of(&next, FIRST))
        .await
        .unwrap_err();
    let words = chain(&fault);
    for part in ["failed to begin a registration", "no connection", "refused"] {
        assert!(words.contains(part), "{words}");
    }
    let fault = on_server.store.registration(first.id).await.unwrap_err();
    assert_eq!(fault.attempted, "read a registration");
    server.start_again();
    begun(&world, 2).await;
    assert_eq!(stored(&world, first.id).await.status, Status::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_given_up_and_found_again_by_the_same_store() {
    let server = PostgresServer::start_without_fsync();
    let database = server.create_database();
    let url = database.url();
    let options = PostgresOptions {
        timeout: Duration::from_millis(50),
        ..options(Isolation::default())
    };
    let on_server = OnServer::at(&url, database, options).await;
    let world = on_server.world();
    let next = registration(&world, 1);
    server.pause();
    let fault = on_server
        .store
        .begin(NewRegistration::of(&next, FIRST))
        .await
        .unwrap_err();
    server.resume();
    assert_eq!(fault.attempted, "begin a registration");
    until_begun(&on_server, &next).await;
    let all = "SELECT count(*) FROM registrations";
    assert_eq!(on_server.value(all), "1");
}

/// With time-outs this short the machine's load alone can refuse a call.
async fn until_begun(on_server: &OnServer, next: &enlist_registration::state::Registration) {
    for _ in 0..100 {
        if let Ok(begun) = on_server
            .store
            .begin(NewRegistration::of(next, FIRST))
            .await
        {
            assert!(matches!(begun, Begun::Begun), "{begun:?}");
            return;
        }
    }
    panic!("the server is back, and the store does not find it");
}
