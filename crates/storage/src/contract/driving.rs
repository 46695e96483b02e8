//! `record`, `save`, `park`, `rest`: what a driver writes, and what it may not.

use enlist_registration::ids::Generation;
use enlist_registration::ports::{Opened, WriteFault};
use enlist_registration::state::{Failure, Registration, Status};

use super::*;

pub(crate) async fn a_decision_is_read_back(world: &World) {
    let begun = begun(world, 1).await;
    world.pass_seconds(1);
    let mut turned = turned_back(world, &begun);
    turned.next_seq = 2;
    let events = [event(world, 1, "decided")];
    world
        .store
        .save(&turned, Status::Running, &events)
        .await
        .unwrap();
    let read = stored(world, begun.id).await;
    assert_same(&read, &turned);
    assert_eq!(read.lease, begun.lease, "the driver keeps its lease");
    assert_eq!(world.store.events(begun.id, 0).await.unwrap(), events);
}

pub(crate) async fn a_record_is_there_after_the_next_commit(world: &World) {
    let mut recorded = paid(begun(world, 1).await);
    recorded.attempts = 2;
    recorded.not_before = Some(world.in_seconds(1));
    recorded.failure = Some(Failure::GatewayRejected);
    recorded.next_seq = 2;
    let events = [event(world, 1, "cus_1")];
    world.store.record(&recorded, &events).await;
    world.next_commit(2).await;
    assert_same(&stored(world, recorded.id).await, &recorded);
    assert_eq!(world.store.events(recorded.id, 0).await.unwrap(), events);
}

pub(crate) async fn a_record_never_changes_the_status(world: &World) {
    let begun = begun(world, 1).await;
    world.store.record(&turned_back(world, &begun), &[]).await;
    world.next_commit(2).await;
    assert_eq!(stored(world, begun.id).await.status, Status::Running);
}

pub(crate) async fn nothing_is_written_in_a_status_that_was_not_expected(world: &World) {
    let turned = undoing(world, 1).await;
    for expected in Status::ALL
        .into_iter()
        .filter(|status| *status != Status::Undoing)
    {
        assert_refused(world, &turned, expected).await;
    }
    // An account is closed while its registration is undone, and at no other time.
    let running = begun(world, 2).await;
    assert_superseded(world.store.close_account(&running, &[]).await);
}

pub(crate) async fn nothing_is_written_under_an_old_generation(world: &World) {
    let paused = begun(world, 1).await;
    world.pass_seconds(11);
    let taken_over = world.store.claim_due(SECOND, 10).await.unwrap();
    assert_eq!(taken_over.len(), 1);
    assert_refused(world, &paused, Status::Running).await;
    let generation = Generation::FIRST;
    assert_superseded(world.store.renew_lease(paused.id, generation).await);
    let mut late = paid(paused.clone());
    late.attempts = 7;
    world.store.record(&late, &[event(world, 1, "late")]).await;
    world.next_commit(2).await;
    assert_same(&stored(world, paused.id).await, &taken_over[0]);
    assert!(world.store.events(paused.id, 0).await.unwrap().is_empty());
}

pub(crate) async fn nothing_is_written_after_letting_go(world: &World) {
    let undoing = undoing(world, 1).await;
    let due_at = world.in_seconds(60);
    world
        .store
        .park(&undoing, Status::Undoing, due_at, &[])
        .await
        .unwrap();
    assert_refused(world, &undoing, Status::Undoing).await;
    assert_superseded(world.store.close_account(&undoing, &[]).await);
    assert_superseded(world.store.renew_lease(undoing.id, Generation::FIRST).await);
}

pub(crate) async fn what_persons_changed_meanwhile_is_kept(world: &World) {
    let waiting = opened(world, 1).await;
    world.pass_seconds(61);
    mails::ask(world, &waiting, 900).await;
    world.store.count_code_attempt(waiting.id).await.unwrap();
    let mut driven = signals::verified(world, waiting.id).await;
    // The driver's copy is from before all that.
    (driven.mail_serial, driven.code_attempts) = (1, 0);
    world
        .store
        .save(&driven, Status::Running, &[])
        .await
        .unwrap();
    let read = stored(world, waiting.id).await;
    assert_eq!((read.mail_serial, read.code_attempts), (2, 1));
}

pub(crate) async fn a_journal_at_rest_stays_as_it_is(world: &World) {
    let rested = undone(world, 1).await;
    let read = stored(world, rested.id).await;
    assert_same(&read, &rested);
    assert_refused(world, &rested, Status::Undone).await;
}

pub(crate) async fn a_refused_write_leaves_no_event(world: &World) {
    let begun = begun(world, 1).await;
    let events = [event(world, 1, "never")];
    assert_superseded(world.store.save(&begun, Status::Undoing, &events).await);
    assert!(world.store.events(begun.id, 0).await.unwrap().is_empty());
}

pub(crate) async fn a_write_repeated_after_a_lost_answer_is_made_once(world: &World) {
    let store = &world.store;
    let opening = about_to_open(world, begun(world, 1).await);
    let (job, opened) = (mail_job(world, &opening), [event(world, 1, "opened")]);
    for _ in 0..2 {
        let status = Status::Running;
        let written = store
            .open_account(&opening, status, Some(&job), &opened)
            .await;
        assert_eq!(written.unwrap(), Opened::Opened);
    }
    assert_eq!(store.events(opening.id, 0).await.unwrap(), opened);

    let turned = turned_back(world, &begun(world, 2).await);
    let decided = [event(world, 1, "decided")];
    for _ in 0..2 {
        store
            .save(&turned, Status::Running, &decided)
            .await
            .unwrap();
    }
    let undone = rested(world, &turned, Status::Undone);
    let cleared = [event(world, 2, "cleared")];
    for _ in 0..2 {
        store
            .rest(&undone, Status::Undoing, &[], &cleared)
            .await
            .unwrap();
    }
    let events = store.events(turned.id, 0).await.unwrap();
    assert_eq!(events, [decided, cleared].concat());
}

/// None of the driver's writes is made.
async fn assert_refused(world: &World, registration: &Registration, expected: Status) {
    let before = stored(world, registration.id).await;
    let store = &world.store;
    assert_superseded(store.save(registration, expected, &[]).await);
    assert_superseded(
        store
            .park(registration, expected, world.in_seconds(1), &[])
            .await,
    );
    let undone = rested(world, &turned_back(world, registration), Status::Undone);
    assert_superseded(store.rest(&undone, expected, &[], &[]).await);
    let opening = about_to_open(world, registration.clone());
    let job = mail_job(world, registration);
    assert_superseded(
        store
            .open_account(&opening, expected, Some(&job), &[])
            .await,
    );
    assert!(
        store
            .user(registration.intent.user)
            .await
            .unwrap()
            .is_none()
    );
    assert_same(&stored(world, registration.id).await, &before);
}

pub(crate) fn assert_superseded<T: std::fmt::Debug>(written: Result<T, WriteFault>) {
    assert!(
        matches!(written, Err(WriteFault::Superseded)),
        "{written:?}"
    );
}
