//! The primary dies and its synchronous standby takes its place, under load; or it is demoted.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use enlist_registration::ports::{Begun, NewRegistration, Opened};
use enlist_registration::state::Status;
use enlist_test_servers::PostgresServer;

use super::*;
use crate::contract::*;

async fn on_both(
    primary: &PostgresServer,
    standby: &PostgresServer,
    database: Database,
) -> OnServer {
    let url = format!(
        "postgres://enlist@127.0.0.1:{},127.0.0.1:{}/{}?target_session_attrs=read-write",
        primary.port(),
        standby.port(),
        database.name()
    );
    OnServer::at(&url, database, options(Isolation::default())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_the_primary_died_is_there_after() {
    let primary = PostgresServer::start();
    let standby = PostgresServer::synchronous_standby_of(&primary);
    let on_server = on_both(&primary, &standby, primary.create_database()).await;
    let (answered, is_over) = (
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(AtomicBool::new(false)),
    );
    let drivers = (1..=4).map(|driver| {
        let (world, answered, is_over) = (on_server.world(), answered.clone(), is_over.clone());
        tokio::spawn(async move {
            let mut number = driver * 1_000_000;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                register(&world, number).await;
                answered.lock().unwrap().push(number);
            }
        })
    });
    let drivers: Vec<_> = drivers.collect();
    let answers = || answered.lock().unwrap().len();
    until(|| answers() >= 20).await;
    primary.kill();
    standby.promote();
    let before = answers();
    until(|| answers() >= before + 20).await;
    is_over.store(true, Ordering::Relaxed);
    for driver in drivers {
        driver.await.unwrap();
    }
    let world = on_server.world();
    let answered = answered.lock().unwrap().clone();
    for number in &answered {
        let opened = stored(&world, registration(&world, *number).id).await;
        assert_eq!(opened.status, Status::AwaitingVerification);
        let user = world.store.user(opened.intent.user).await.unwrap();
        assert_eq!(user.unwrap().email, email(*number));
        let events = world.store.events(opened.id, 0).await.unwrap();
        assert_eq!(events.len(), 2, "{events:?}");
    }
}

/// Until the database answers; whatever it did before a call failed, the answer is that of one call.
async fn register(world: &World, number: u128) {
    let registration = registration(world, number);
    let begun = [event(world, 1, "begun")];
    loop {
        match world
            .store
            .begin(NewRegistration {
                events: &begun,
                ..NewRegistration::of(&registration, FIRST)
            })
            .await
        {
            Ok(Begun::Begun) => break,
            Ok(other) => panic!("{other:?}"),
            Err(_) => super::super::session::wait(Duration::from_millis(50)).await,
        }
    }
    let mut opening = about_to_open(world, registration);
    opening.next_seq = 3;
    let (job, opened) = (mail_job(world, &opening), [event(world, 2, "opened")]);
    loop {
        let status = Status::Running;
        match world
            .store
            .open_account(&opening, status, Some(&job), &opened)
            .await
        {
            Ok(Opened::Opened) => break,
            Err(enlist_registration::ports::WriteFault::Store(_)) => {
                super::super::session::wait(Duration::from_millis(50)).await;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_was_demoted_is_left_for_the_new_one() {
    let primary = PostgresServer::start();
    let standby = PostgresServer::synchronous_standby_of(&primary);
    let on_server = on_both(&primary, &standby, primary.create_database()).await;
    let world = on_server.world();
    // Many connections, each of which has to be left.
    let pool = &on_server.store.database.pool;
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(pool.get().await.unwrap());
    }
    drop(held);
    begun(&world, 1).await;
    primary.set_system("default_transaction_read_only", "on");
    standby.promote();
    let read_only = "SELECT current_setting('default_transaction_read_only')";
    until(|| on_server.value(read_only) == "on").await;
    begun(&world, 2).await;
    let url = standby.url_of(on_server.database.name());
    let session = session(&url).await;
    let ids = session
        .query("SELECT id FROM registrations", &[])
        .await
        .unwrap();
    assert_eq!(ids.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_hangs_is_left_for_the_new_one() {
    let primary = PostgresServer::start();
    let standby = PostgresServer::synchronous_standby_of(&primary);
    let database = primary.create_database();
    let url = format!(
        "postgres://enlist@127.0.0.1:{},127.0.0.1:{}/{}?target_session_attrs=read-write",
        primary.port(),
        standby.port(),
        database.name()
    );
    let options = PostgresOptions {
        timeout: Duration::from_secs(2),
        ..options(Isolation::default())
    };
    let on_server = OnServer::at(&url, database, options).await;
    let world = on_server.world();
    begun(&world, 1).await;
    // It accepts connections, which its system does for it, and says nothing.
    primary.pause();
    standby.promote();
    begun(&world, 2).await;
    let session = session(&standby.url_of(on_server.database.name())).await;
    let ids = "SELECT id FROM registrations";
    assert_eq!(session.query(ids, &[]).await.unwrap().len(), 2);
    // It would wait for its standby for ever.
    primary.kill();
}
