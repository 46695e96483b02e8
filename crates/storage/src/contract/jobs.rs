//! `claim_jobs`, `finish_job`, `retry_job`: done at least once, by one worker at a time.

use std::time::Duration;

use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::state::Status;

use super::driving::assert_superseded;
use super::*;

pub(crate) async fn a_job_of_a_refused_write_does_not_exist(world: &World) {
    let begun = begun(world, 1).await;
    let opening = about_to_open(world, begun);
    let job = mail_job(world, &opening);
    assert_superseded(
        world
            .store
            .open_account(&opening, Status::Undoing, Some(&job), &[])
            .await,
    );
    assert!(mails(world).await.is_empty());
}

pub(crate) async fn a_job_is_handed_to_one_worker(world: &World) {
    let waiting = opened(world, 1).await;
    world.pass_seconds(1);
    let kind = JobKind::VerificationMail;
    let (first, second) = tokio::join!(
        world.store.claim_jobs(kind, FIRST, 10),
        world.store.claim_jobs(kind, SECOND, 10)
    );
    let jobs: Vec<Job> = first.unwrap().into_iter().chain(second.unwrap()).collect();
    assert_eq!(jobs.len(), 1);
    assert_eq!((jobs[0].registration, jobs[0].attempts), (waiting.id, 0));
    assert_eq!(jobs[0].queued_at, waiting.opened_at.unwrap());
    assert!(
        world
            .store
            .claim_jobs(JobKind::Recheck, FIRST, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(crate) async fn a_job_of_a_silent_worker_is_handed_out_again(world: &World) {
    opened(world, 1).await;
    let silent = mails(world).await;
    world.pass_seconds(9);
    assert!(mails(world).await.is_empty());
    world.pass_seconds(1);
    let again = mails(world).await;
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].id, silent[0].id);
    assert_eq!(again[0].attempts, 1);
    assert_eq!(again[0].generation, silent[0].generation.next());
}

pub(crate) async fn a_finished_job_is_never_seen_again(world: &World) {
    opened(world, 1).await;
    opened(world, 2).await;
    let jobs = mails(world).await;
    world.store.finish_job(&jobs[0], None).await.unwrap();
    world
        .store
        .finish_job(&jobs[1], Some("550 no such user"))
        .await
        .unwrap();
    world.pass_seconds(1_000);
    assert!(mails(world).await.is_empty());
    assert_superseded(world.store.finish_job(&jobs[0], None).await);
}

pub(crate) async fn a_job_waits_for_its_time(world: &World) {
    opened(world, 1).await;
    let jobs = mails(world).await;
    let after = Duration::from_secs(30);
    world
        .store
        .retry_job(&jobs[0], after, "421 come back later")
        .await
        .unwrap();
    world.pass_seconds(29);
    assert!(mails(world).await.is_empty());
    world.pass_seconds(1);
    let again = mails(world).await;
    assert_eq!((again.len(), again[0].attempts), (1, 1));
}

pub(crate) async fn a_late_worker_changes_nothing(world: &World) {
    opened(world, 1).await;
    let late = mails(world).await;
    world.pass_seconds(10);
    let current = mails(world).await;
    assert_superseded(world.store.finish_job(&late[0], None).await);
    assert_superseded(
        world
            .store
            .retry_job(&late[0], Duration::ZERO, "late")
            .await,
    );
    world.store.finish_job(&current[0], None).await.unwrap();
}

pub(crate) async fn follow_ups_are_queued_once(world: &World) {
    for number in [1, 2] {
        let undoing = undoing(world, number).await;
        let rested = rested(world, &undoing, Status::Undone);
        // The second registration's follow-up has the id of the first's: it is there already.
        let follow_up = [recheck_job(world, undoing.id, 1)];
        world
            .store
            .rest(&rested, Status::Undoing, &follow_up, &[])
            .await
            .unwrap();
    }
    let jobs = world
        .store
        .claim_jobs(JobKind::Recheck, FIRST, 10)
        .await
        .unwrap();
    assert_eq!(jobs.len(), 1);
}

async fn mails(world: &World) -> Vec<Job> {
    world
        .store
        .claim_jobs(JobKind::VerificationMail, FIRST, 10)
        .await
        .unwrap()
}
