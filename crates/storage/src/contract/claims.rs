//! `claim_due`, `renew_lease`: what nobody drives is taken over, by one.

use enlist_registration::ids::RegistrationId;
use enlist_registration::state::Status;

use super::*;

pub(crate) async fn nothing_is_due_at_first(world: &World) {
    assert!(due(world).await.is_empty());
    begun(world, 1).await;
    opened(world, 2).await;
    undoing(world, 3).await;
    world.pass_seconds(9);
    assert!(due(world).await.is_empty());
}

pub(crate) async fn an_expired_lease_is_taken_over_by_one(world: &World) {
    let begun = begun(world, 1).await;
    world.pass_seconds(10);
    let (first, second) = tokio::join!(
        world.store.claim_due(FIRST, 10),
        world.store.claim_due(SECOND, 10)
    );
    let claimed: Vec<_> = first.unwrap().into_iter().chain(second.unwrap()).collect();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].lease.generation, begun.lease.generation.next());
    assert_just_given(world, claimed[0].lease);
    assert_eq!(claimed[0].status, Status::Running);
}

pub(crate) async fn a_renewed_lease_is_kept(world: &World) {
    let begun = begun(world, 1).await;
    world.pass_seconds(9);
    let renewed = world
        .store
        .renew_lease(begun.id, begun.lease.generation)
        .await
        .unwrap();
    assert_eq!(renewed.generation, begun.lease.generation);
    assert_just_given(world, renewed);
    world.pass_seconds(9);
    assert!(due(world).await.is_empty());
    world.pass_seconds(1);
    assert_eq!(due(world).await, [begun.id]);
}

pub(crate) async fn a_waiting_registration_is_due_at_its_deadline(world: &World) {
    let waiting = opened(world, 1).await;
    world.clock.pass(
        world
            .now()
            .duration_until(waiting.act_by.unwrap())
            .unsigned_abs(),
    );
    let claimed = world.store.claim_due(SECOND, 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(
        claimed[0].status,
        Status::AwaitingVerification,
        "the engine decides"
    );
    assert!(due(world).await.is_empty(), "it is in somebody's hands");
    world.pass_seconds(10);
    assert_eq!(due(world).await, [waiting.id], "who fell silent");
}

pub(crate) async fn a_parked_undoing_is_due_at_its_time(world: &World) {
    let undoing = undoing(world, 1).await;
    world
        .store
        .park(&undoing, Status::Undoing, world.in_seconds(60), &[])
        .await
        .unwrap();
    world.pass_seconds(59);
    assert!(due(world).await.is_empty());
    world.pass_seconds(1);
    assert_eq!(due(world).await, [undoing.id]);
}

pub(crate) async fn the_longest_due_go_first_and_no_more_than_asked_for(world: &World) {
    for number in [3, 1, 2] {
        begun(world, number).await;
        world.pass_seconds(1);
    }
    world.pass_seconds(20);
    let claimed = world.store.claim_due(SECOND, 2).await.unwrap();
    let numbers: Vec<u128> = claimed.iter().map(|found| found.id.0.as_u128()).collect();
    assert_eq!(numbers, [3, 1]);
    assert_eq!(world.store.claim_due(SECOND, 2).await.unwrap().len(), 1);
}

pub(crate) async fn what_rests_is_never_due(world: &World) {
    undone(world, 1).await;
    signals::registered(world, 2).await;
    world.pass_seconds(1_000_000);
    assert!(due(world).await.is_empty());
}

async fn due(world: &World) -> Vec<RegistrationId> {
    let claimed = world.store.claim_due(SECOND, 10).await.unwrap();
    claimed.into_iter().map(|found| found.id).collect()
}
