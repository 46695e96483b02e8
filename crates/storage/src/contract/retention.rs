//! `forget`: personal data goes, the record of what happened stays.

use enlist_registration::jobs::JobKind;
use enlist_registration::ports::{NewRegistration, RegistrationFilter};
use enlist_registration::state::Status;
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;

use super::*;

pub(crate) async fn what_has_rested_for_long_is_stripped_and_still_readable(world: &World) {
    let undone = undone(world, 1).await;
    let done = signals::registered(world, 2).await;
    world
        .store
        .note(undone.id, &event(world, 1, "cus_1"))
        .await
        .unwrap();
    let card = Event {
        step: Some(StepName::TokenizeCard),
        ..event(world, 2, "•••• 4242")
    };
    world.store.note(undone.id, &card).await.unwrap();
    world.pass_seconds(100);
    let rested_since = stored(world, undone.id).await.rested_at.unwrap();
    assert_eq!(
        forget(world, rested_since).await,
        0,
        "not before that moment"
    );
    assert_eq!(forget(world, world.now()).await, 2);
    assert_eq!(forget(world, world.now()).await, 0, "once");

    for before in [undone, done] {
        let after = stored(world, before.id).await;
        assert_eq!(
            (after.status, after.rested_at),
            (before.status, before.rested_at)
        );
        assert_eq!(after.intent.user, before.intent.user);
        assert_eq!(after.intent.plan, before.intent.plan);
        let told = serde_json::to_string(&(&after.intent, &after.progress)).unwrap();
        for secret in [
            "person", "Person", "Grace", "Hopper", "Navy", "22202", "last4", "c2l4",
        ] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    let events = world
        .store
        .events(registration(world, 1).id, 0)
        .await
        .unwrap();
    let details: Vec<_> = events.iter().map(|event| event.detail.as_deref()).collect();
    assert_eq!(details, [Some("cus_1"), None]);
    let of_one = RegistrationFilter {
        email: Some(email(1)),
        limit: 9,
        ..Default::default()
    };
    assert!(world.store.registrations(&of_one).await.unwrap().is_empty());
    let all = RegistrationFilter {
        limit: 9,
        ..Default::default()
    };
    assert_eq!(world.store.registrations(&all).await.unwrap().len(), 2);
    let user = world
        .store
        .user(registration(world, 2).intent.user)
        .await
        .unwrap();
    assert!(user.is_some(), "the account is not the journal's to forget");
}

pub(crate) async fn what_is_under_way_is_never_stripped(world: &World) {
    let under_way = [
        begun(world, 1).await,
        opened(world, 2).await,
        undoing(world, 3).await,
    ];
    world.pass_seconds(1_000_000);
    assert_eq!(forget(world, world.now()).await, 0);
    for before in under_way {
        assert_same(&stored(world, before.id).await, &before);
    }
}

/// It searches by the address: with a placeholder in its place it would find nothing, and say so.
pub(crate) async fn what_is_to_be_looked_at_again_is_stripped_after_the_last_look(world: &World) {
    let doubted = undoing(world, 1).await;
    let doubted = rested(world, &doubted, Status::Undone);
    let looks = [1, 2].map(|number| recheck_job(world, doubted.id, number));
    let saved = world.store.rest(&doubted, Status::Undoing, &looks, &[]);
    saved.await.unwrap();
    undone(world, 2).await;
    world.pass_seconds(100);
    assert_eq!(forget(world, world.now()).await, 1, "the other");
    let claim = world.store.claim_jobs(JobKind::Recheck, FIRST, 10);
    let looks = claim.await.unwrap();
    assert_eq!(looks.len(), 2);
    for (look, outcome) in looks.iter().zip([None, Some("the customer is gone")]) {
        assert_eq!(forget(world, world.now()).await, 0);
        let kept = stored(world, doubted.id).await.intent.email;
        assert_eq!(kept, doubted.intent.email);
        world.store.finish_job(look, outcome).await.unwrap();
    }
    assert_eq!(forget(world, world.now()).await, 1);
    let stripped = stored(world, doubted.id).await.intent.email;
    assert_ne!(stripped, doubted.intent.email);
}

pub(crate) async fn keys_are_forgotten_by_age(world: &World) {
    for (number, key) in [(1, 1), (2, 2)] {
        let registration = registration(world, number);
        world
            .store
            .begin(NewRegistration {
                request: Some(&request(key, 0)),
                ..NewRegistration::of(&registration, FIRST)
            })
            .await
            .unwrap();
        world.pass_seconds(10);
    }
    let second_begun_at = stored(world, registration(world, 2).id).await.begun_at;
    let never = jiff::Timestamp::UNIX_EPOCH;
    assert_eq!(
        world
            .store
            .forget(never, second_begun_at, 10)
            .await
            .unwrap(),
        1
    );
    assert!(
        world
            .store
            .request(&request(1, 0).key)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .request(&request(2, 0).key)
            .await
            .unwrap()
            .is_some()
    );
}

pub(crate) async fn finished_jobs_are_deleted_and_queued_ones_kept(world: &World) {
    opened(world, 1).await;
    opened(world, 2).await;
    let kind = JobKind::VerificationMail;
    let jobs = world.store.claim_jobs(kind, FIRST, 1).await.unwrap();
    world.store.finish_job(&jobs[0], None).await.unwrap();
    world.pass_seconds(100);
    assert_eq!(forget(world, world.now()).await, 1);
    assert_eq!(
        world.store.claim_jobs(kind, FIRST, 10).await.unwrap().len(),
        1
    );
}

pub(crate) async fn no_more_is_forgotten_than_asked_for(world: &World) {
    for number in 1..=3 {
        undone(world, number).await;
    }
    world.pass_seconds(100);
    let never = jiff::Timestamp::UNIX_EPOCH;
    assert_eq!(world.store.forget(world.now(), never, 2).await.unwrap(), 2);
    assert_eq!(world.store.forget(world.now(), never, 2).await.unwrap(), 1);
    let undone = RegistrationFilter {
        status: Some(Status::Undone),
        limit: 9,
        ..RegistrationFilter::default()
    };
    assert_eq!(world.store.registrations(&undone).await.unwrap().len(), 3);
}

/// Forgets journals that rested before, and no key.
async fn forget(world: &World, rested_before: jiff::Timestamp) -> u64 {
    world
        .store
        .forget(rested_before, jiff::Timestamp::UNIX_EPOCH, 10)
        .await
        .unwrap()
}
