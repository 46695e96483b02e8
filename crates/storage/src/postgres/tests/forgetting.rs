//! Forgetting, by several processes at once and in several goes.

use enlist_registration::ports::{JourneyStore, Store};
use jiff::Timestamp;

use super::*;
use crate::contract::journeys::{LIFETIME, finished};

const NEVER: Timestamp = Timestamp::UNIX_EPOCH;

/// Each would go by what the other had not committed yet, and an emptied journey without its journal is
/// deleted by nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_journey_that_one_replica_empties_goes_with_the_journal_that_another_strips() {
    for isolation in [Isolation::ReadCommitted, Isolation::RepeatableRead] {
        let on_server = OnServer::new(isolation).await;
        let world = on_server.world();
        let (journey, ended) = finished(&world, 1).await;
        on_server.clock.pass(LIFETIME);
        let url = on_server.database.url();
        let another = open_with_clock(&url, options(isolation), on_server.clock.clone());
        let another = another.await.unwrap();

        let rival = on_server.locking_rival().await;
        let (store, now) = (on_server.store.clone(), world.now());
        let strips = tokio::spawn(async move { store.forget(now, NEVER, 100).await });
        on_server.waiting_for_a_lock(1).await;
        another.forget(NEVER, NEVER, 100).await.unwrap();
        rival.batch_execute("COMMIT").await.unwrap();
        strips.await.unwrap().unwrap();

        another.forget(world.now(), NEVER, 100).await.unwrap();
        let stripped = world.store.registration(ended.id).await.unwrap().unwrap();
        assert_ne!(stripped.intent.email, ended.intent.email, "{isolation:?}");
        let left = on_server.store.journey(journey.id).await.unwrap();
        assert!(left.is_none(), "{isolation:?}: {left:?}");
    }
}

/// Whoever forgets goes on at once as long as a go is full.
#[tokio::test(flavor = "multi_thread")]
async fn counted_mails_of_a_wave_are_told_of_until_they_are_gone() {
    let on_server = OnServer::new(Isolation::default()).await;
    on_server.database.execute(
        "INSERT INTO mails_to_addresses
         SELECT number || '@example.com', ARRAY[now()], now() FROM generate_series(1, 5) AS wave (number);
         INSERT INTO mails_to_addresses VALUES ('6@example.com', ARRAY[now()], now() + interval '1 hour')",
    );
    for forgotten in [2, 2, 1, 0] {
        assert_eq!(
            on_server.store.forget(NEVER, NEVER, 2).await.unwrap(),
            forgotten
        );
    }
    let left = "SELECT string_agg(email_normalised, ' ') FROM mails_to_addresses";
    assert_eq!(on_server.value(left), "6@example.com");
}
