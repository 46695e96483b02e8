//! Many at once on the same rows, at each isolation: the server refuses some of them, and nobody is told.

use std::collections::HashSet;

use enlist_registration::ids::{OwnerId, RegistrationId};
use enlist_registration::ports::{Begun, NewRegistration, Signal, Signalled, Store};
use enlist_registration::state::Status;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::*;
use crate::contract::*;

const ISOLATIONS: [Isolation; 3] = [
    Isolation::ReadCommitted,
    Isolation::RepeatableRead,
    Isolation::Serializable,
];

#[tokio::test(flavor = "multi_thread")]
async fn of_many_beginnings_for_one_email_one_is_begun_and_the_others_hear_why_not() {
    for isolation in ISOLATIONS {
        let on_server = OnServer::new(isolation).await;
        let world = on_server.world();
        let mut begins = JoinSet::new();
        for number in 1..=24 {
            let (store, mut registration) = (on_server.store.clone(), registration(&world, number));
            registration.intent.email = email(1);
            begins
                .spawn(async move { store.begin(NewRegistration::of(&registration, FIRST)).await });
        }
        let answers = begins.join_all().await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        let number = |is: fn(&Begun) -> bool| answers.iter().filter(|it| is(it)).count();
        assert_eq!(number(|it| matches!(it, Begun::Begun)), 1, "{isolation:?}");
        assert_eq!(number(|it| matches!(it, Begun::EmailIsHeld)), 23);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_owners_claim_each_of_two_hundred_once() {
    for isolation in ISOLATIONS {
        let on_server = OnServer::new(isolation).await;
        let world = on_server.world();
        for number in 1..=200 {
            begun(&world, number).await;
        }
        world.pass_seconds(10);
        let mut owners = JoinSet::new();
        for owner in 1..=4 {
            let store = on_server.store.clone();
            owners.spawn(async move {
                let owner = OwnerId(Uuid::from_u128(owner));
                let mut claimed = Vec::new();
                // What others are about to claim is passed over: empty hands end it too early at
                // worst, and what is left is claimed below.
                loop {
                    let more = store.claim_due(owner, 10).await.unwrap();
                    if more.is_empty() {
                        return claimed;
                    }
                    claimed.extend(more);
                }
            });
        }
        let mut claimed = owners.join_all().await.concat();
        claimed.extend(on_server.store.claim_due(FIRST, 200).await.unwrap());
        assert!(claimed.iter().all(|it| it.lease.generation.0 == 2));
        let ids: HashSet<RegistrationId> = claimed.iter().map(|it| it.id).collect();
        assert_eq!((claimed.len(), ids.len()), (200, 200), "{isolation:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_click_and_a_claim_at_the_same_moment_one_wins() {
    for isolation in ISOLATIONS {
        let on_server = OnServer::new(isolation).await;
        let world = on_server.world();
        for number in 1..=20 {
            let mut waiting = begun(&world, number).await;
            waiting.status = Status::AwaitingVerification;
            waiting.act_by = Some(world.in_seconds(3600));
            let parked = world
                .store
                .park(&waiting, Status::Running, world.now(), &[]);
            parked.await.unwrap();
            let deadline = world.in_seconds(60);
            let (click, claim) = tokio::join!(
                world
                    .store
                    .signal(waiting.id, Signal::Verified, FIRST, deadline),
                world.store.claim_due(SECOND, 10),
            );
            let clicked = matches!(click.unwrap(), Signalled::Claimed(_));
            let claimed = claim.unwrap().len();
            assert_eq!(usize::from(clicked) + claimed, 1, "{isolation:?}");
            assert_eq!(stored(&world, waiting.id).await.lease.generation.0, 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_is_counted_and_no_two_have_the_same_number() {
    for isolation in ISOLATIONS {
        let on_server = OnServer::new(isolation).await;
        let world = on_server.world();
        let waiting = opened(&world, 1).await;
        let mut tries = JoinSet::new();
        for _ in 0..40 {
            let (store, id) = (on_server.store.clone(), waiting.id);
            tries.spawn(async move { store.count_code_attempt(id).await.unwrap() });
        }
        let mut counts = tries.join_all().await;
        counts.sort_unstable();
        assert_eq!(counts, (1..=40).collect::<Vec<u32>>(), "{isolation:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_not_told_either() {
    let on_server = OnServer::new(Isolation::default()).await;
    let rival = on_server.session().await;
    // The store's session is the one that looks for deadlocks first, and gives way.
    rival
        .batch_execute("SET deadlock_timeout = '1min'")
        .await
        .unwrap();
    rival
        .batch_execute("BEGIN; SELECT pg_advisory_xact_lock(2)")
        .await
        .unwrap();
    let store = on_server.store.clone();
    let writes = tokio::spawn(async move {
        let both = "SELECT pg_advisory_xact_lock(1), pg_advisory_xact_lock(2)";
        let written = store.database.write(both, &[]).await;
        written.map(|written| written.was_in_doubt)
    });
    on_server.waiting_for_a_lock(1).await;
    rival
        .batch_execute("SELECT pg_advisory_xact_lock(1); COMMIT")
        .await
        .unwrap();
    assert!(matches!(writes.await.unwrap(), Ok(false)));
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    until(|| on_server.value(deadlocks) == "1").await;
}
