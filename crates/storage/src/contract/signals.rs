//! `signal`: the first to commit wins.

use enlist_registration::ids::{Generation, RegistrationId};
use enlist_registration::ports::{Signal, Signalled};
use enlist_registration::saga::{Decision, decide};
use enlist_registration::state::{Failure, Registration, Status};
use uuid::Uuid;

use super::*;

pub(crate) async fn a_verified_address_claims_the_registration(world: &World) {
    let waiting = opened(world, 1).await;
    world.pass_seconds(30);
    let claimed = verified(world, waiting.id).await;
    assert_eq!(claimed.status, Status::Running);
    assert_eq!(claimed.verified_at, Some(world.now()));
    assert_eq!(claimed.deadline_at, world.in_seconds(60));
    assert_eq!(claimed.lease.generation, Generation::FIRST.next());
    assert_just_given(world, claimed.lease);
    let user = world
        .store
        .user(waiting.intent.user)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.email_verified_at, Some(world.now()));
}

pub(crate) async fn a_second_click_finds_it_in_other_hands(world: &World) {
    let waiting = opened(world, 1).await;
    let (one, other) = tokio::join!(
        signal(world, waiting.id, Signal::Verified),
        signal(world, waiting.id, Signal::Verified)
    );
    let claims = [one, other]
        .iter()
        .filter(|s| matches!(s, Signalled::Claimed(_)))
        .count();
    assert_eq!(claims, 1);
}

pub(crate) async fn a_click_after_the_deadline_comes_too_late(world: &World) {
    let waiting = opened(world, 1).await;
    world.clock.pass(
        world
            .now()
            .duration_until(waiting.act_by.unwrap())
            .unsigned_abs(),
    );
    assert_not_waiting(
        world,
        waiting.id,
        Signal::Verified,
        Status::AwaitingVerification,
    )
    .await;
    let user = world
        .store
        .user(waiting.intent.user)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.email_verified_at, None);
}

pub(crate) async fn a_click_before_the_account_is_open_is_not_for_it(world: &World) {
    let running = begun(world, 1).await;
    assert_not_waiting(world, running.id, Signal::Verified, Status::Running).await;
}

pub(crate) async fn a_refused_mail_dooms_it(world: &World) {
    let waiting = opened(world, 1).await;
    let claimed = claimed(world, waiting.id, Signal::MailRefused).await;
    assert_eq!(claimed.status, Status::AwaitingVerification);
    assert_eq!(
        decide(&claimed, world.now()),
        Decision::GiveUp(Failure::MailRefused)
    );
}

pub(crate) async fn a_doomed_registration_takes_no_click(world: &World) {
    let waiting = opened(world, 1).await;
    claimed(world, waiting.id, Signal::MailRefused).await;
    // Neither while somebody drives it nor once that one fell silent: it was decided.
    assert_not_waiting(
        world,
        waiting.id,
        Signal::Verified,
        Status::AwaitingVerification,
    )
    .await;
    world.pass_seconds(11);
    assert_not_waiting(
        world,
        waiting.id,
        Signal::Verified,
        Status::AwaitingVerification,
    )
    .await;
}

pub(crate) async fn a_doomed_registration_is_due_when_its_driver_falls_silent(world: &World) {
    let waiting = opened(world, 1).await;
    claimed(world, waiting.id, Signal::MailRefused).await;
    world.pass_seconds(10);
    let due = world.store.claim_due(SECOND, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        decide(&due[0], world.now()),
        Decision::GiveUp(Failure::MailRefused)
    );
}

pub(crate) async fn what_somebody_holds_takes_no_signal(world: &World) {
    let waiting = opened(world, 1).await;
    claimed(world, waiting.id, Signal::MailRefused).await;
    let standing = Status::AwaitingVerification;
    assert_not_waiting(world, waiting.id, Signal::Undo, standing).await;
    // Whoever held it fell silent: it is claimed, and the first reason stands.
    world.pass_seconds(10);
    let again = claimed_by_undo(world, waiting.id).await;
    assert_eq!(again.failure, Some(Failure::MailRefused));
}

/// Whoever has it in hand looks what became of the question, and may have looked before the answer.
pub(crate) async fn a_look_at_what_waits_for_the_bank_gives_way_to_a_signal(world: &World) {
    for (number, given) in [(1, Signal::ActionTaken), (2, Signal::Undo)] {
        let waiting = awaiting_action(world, number).await;
        world.pass_seconds(3600);
        let due = world.store.claim_due(FIRST, 10).await.unwrap();
        let mut looking = due
            .into_iter()
            .find(|due| due.id == waiting.id)
            .expect("due");
        looking.not_before = Some(world.in_seconds(1_000));
        world.store.record(&looking, &[]).await;
        world.next_commit(10 + number).await;
        let claimed = claimed(world, waiting.id, given).await;
        assert_eq!(claimed.lease.generation, looking.lease.generation.next());
        if given == Signal::ActionTaken {
            assert_eq!(claimed.not_before, None, "there is nothing to wait for");
        }
        let parked = world
            .store
            .park(&looking, Status::AwaitingAction, world.in_seconds(1), &[])
            .await;
        driving::assert_superseded(parked);
        // Once it is decided to undo it, it is no look any more.
        if given == Signal::Undo {
            let standing = Status::AwaitingAction;
            assert_not_waiting(world, waiting.id, Signal::Undo, standing).await;
            assert_not_waiting(world, waiting.id, Signal::ActionTaken, standing).await;
        }
        let turned = turned_back(world, &claimed);
        let saved = world.store.save(&turned, claimed.status, &[]).await;
        saved.unwrap();
    }
}

pub(crate) async fn an_operator_undoes_what_waits_and_nothing_else(world: &World) {
    let running = begun(world, 1).await;
    assert_not_waiting(world, running.id, Signal::Undo, Status::Running).await;
    let backward = undoing(world, 2).await;
    assert_not_waiting(world, backward.id, Signal::Undo, Status::Undoing).await;
    let done = registered(world, 3).await;
    assert_not_waiting(world, done.id, Signal::Undo, Status::Registered).await;
    for (number, status) in [
        (4, Status::AwaitingAction),
        (5, Status::AwaitingVerification),
    ] {
        let waiting = match status {
            Status::AwaitingAction => awaiting_action(world, number).await,
            _ => opened(world, number).await,
        };
        let claimed = claimed_by_undo(world, waiting.id).await;
        assert_eq!(claimed.status, status);
        assert_eq!(claimed.failure, Some(Failure::ByOperator));
    }
}

pub(crate) async fn a_confirmed_payment_goes_on(world: &World) {
    let waiting = awaiting_action(world, 1).await;
    assert_not_waiting(world, waiting.id, Signal::Verified, Status::AwaitingAction).await;
    world.pass_seconds(30);
    let claimed = claimed(world, waiting.id, Signal::ActionTaken).await;
    assert_eq!(claimed.status, Status::Running);
    assert_eq!(claimed.deadline_at, world.in_seconds(60));
    let verification = opened(world, 2).await;
    let standing = Status::AwaitingVerification;
    assert_not_waiting(world, verification.id, Signal::ActionTaken, standing).await;
}

pub(crate) async fn nobody_is_unknown(world: &World) {
    for given in [
        Signal::Verified,
        Signal::ActionTaken,
        Signal::MailRefused,
        Signal::Undo,
    ] {
        let signalled = signal(world, RegistrationId(Uuid::from_u128(404)), given).await;
        assert!(matches!(signalled, Signalled::Unknown), "{signalled:?}");
    }
}

/// The person clicked: the registration in the hands of [`SECOND`].
pub(crate) async fn verified(world: &World, id: RegistrationId) -> Registration {
    claimed(world, id, Signal::Verified).await
}

/// An operator undoes it: the registration in the hands of [`SECOND`].
pub(crate) async fn claimed_by_undo(world: &World, id: RegistrationId) -> Registration {
    claimed(world, id, Signal::Undo).await
}

/// A registration that went all the way.
pub(crate) async fn registered(world: &World, number: u128) -> Registration {
    let waiting = opened(world, number).await;
    let driven = verified(world, waiting.id).await;
    let done = rested(world, &driven, Status::Registered);
    world
        .store
        .rest(&done, Status::Running, &[], &[])
        .await
        .unwrap();
    done
}

async fn awaiting_action(world: &World, number: u128) -> Registration {
    let mut waiting = begun(world, number).await;
    waiting.status = Status::AwaitingAction;
    let act_by = world.in_seconds(3600);
    waiting.act_by = Some(act_by);
    world
        .store
        .park(&waiting, Status::Running, act_by, &[])
        .await
        .unwrap();
    waiting
}

async fn signal(world: &World, id: RegistrationId, signal: Signal) -> Signalled {
    world
        .store
        .signal(id, signal, SECOND, world.in_seconds(60))
        .await
        .unwrap()
}

async fn claimed(world: &World, id: RegistrationId, given: Signal) -> Registration {
    match signal(world, id, given).await {
        Signalled::Claimed(registration) => *registration,
        other => panic!("{other:?}"),
    }
}

async fn assert_not_waiting(world: &World, id: RegistrationId, given: Signal, status: Status) {
    let before = stored(world, id).await;
    match signal(world, id, given).await {
        Signalled::NotWaiting(standing) => assert_eq!(standing.status, status),
        other => panic!("{other:?}"),
    }
    assert_same(&stored(world, id).await, &before);
}
