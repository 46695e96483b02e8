//! What is on disk when, what is lost with a crash, and what one bad item does to the others.

use std::time::Duration;

use enlist_registration::ports::{NewRegistration, Store};
use enlist_registration::state::Status;

use super::*;
use crate::contract::{
    SECOND, about_to_open, begun, event, mail_job, opened, paid, registration, stored,
};
use crate::sqlite::fault::Fault;
use crate::sqlite::group::{Core, Item, Task, Tx, Verdict};

#[tokio::test]
async fn a_registration_waits_for_the_disk_twice() {
    for mode in [Mode::Threaded, Mode::Inline] {
        let on_file = OnFile::new(mode);
        let world = on_file.world();
        let before = on_file.store.commits();
        let begun = begun(&world, 1).await;
        let mut driven = begun;
        for seq in 1..=4 {
            driven.next_seq = seq + 1;
            world
                .store
                .record(&driven, &[event(&world, seq, "any")])
                .await;
        }
        let opened = about_to_open(&world, driven);
        let job = mail_job(&world, &opened);
        world
            .store
            .open_account(&opened, Status::Running, Some(&job), &[])
            .await
            .unwrap();
        let after = on_file.store.commits();
        assert_eq!(after.durable_waits - before.durable_waits, 2, "{mode:?}");
        assert_eq!(world.store.events(opened.id, 0).await.unwrap().len(), 4);
    }
}

#[tokio::test]
async fn what_changes_nothing_does_not_touch_the_disk() {
    let on_file = OnFile::new(Mode::Threaded);
    let before = on_file.store.commits();
    assert!(
        on_file
            .store
            .claim_due(SECOND, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(on_file.store.commits(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_registrations_share_a_commit() {
    let on_file = OnFile::new(Mode::Threaded);
    let world = on_file.world();
    // A rival holds the file until all of them wait.
    let rival = on_file.connection();
    rival.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begins: Vec<_> = (1..=400)
        .map(|number| {
            let (store, registration) = (on_file.store.clone(), registration(&world, number));
            tokio::spawn(async move {
                let owner = crate::contract::FIRST;
                store
                    .begin(NewRegistration::of(&registration, owner))
                    .await
                    .unwrap();
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    rival.execute_batch("COMMIT").unwrap();
    for begin in begins {
        begin.await.unwrap();
    }
    let commits = on_file.store.commits();
    assert!(commits.durable_waits < 200, "{commits:?}");
    // No group is larger than it may be.
    assert!(commits.durable_waits >= 400 / 64, "{commits:?}");
}

#[test]
fn a_bad_item_does_not_sink_the_others() {
    let clock = TestClock::new();
    let core = Core::new(crate::sqlite::open::memory().unwrap(), clock, LEASE);
    core.connection()
        .execute_batch("CREATE TABLE t (n INTEGER UNIQUE) STRICT")
        .unwrap();
    let (told, heard) = std::sync::mpsc::channel();
    let item = |name: &'static str, work: fn(&Tx<'_>) -> Result<Verdict<()>, Fault>| {
        let told = told.clone();
        let task = Task::new(work, move |outcome| told.send((name, outcome)).unwrap());
        Box::new(task.awaited()) as Box<dyn Item>
    };
    core.commit(vec![
        item("good", |tx| {
            tx.execute_on_one("INSERT INTO t VALUES (1)", [])
                .map(Verdict::Keep)
        }),
        item("twice", |tx| {
            tx.execute("INSERT INTO t VALUES (2)", [])?;
            tx.execute_on_one("INSERT INTO t VALUES (1)", [])
                .map(Verdict::Keep)
        }),
        item("panics", |tx| {
            tx.execute("INSERT INTO t VALUES (3)", [])?;
            panic!("on purpose")
        }),
        item("discards", |tx| {
            tx.execute_on_one("INSERT INTO t VALUES (4)", [])
                .map(Verdict::Discard)
        }),
        item("good too", |tx| {
            tx.execute_on_one("INSERT INTO t VALUES (5)", [])
                .map(Verdict::Keep)
        }),
    ]);
    drop(told);
    let outcomes: Vec<_> = heard.iter().collect();
    let fine: Vec<_> = outcomes
        .iter()
        .filter(|(_, o)| o.is_ok())
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(fine, ["good", "discards", "good too"]);
    assert!(matches!(&outcomes[1].1, Err(fault) if fault.violates("t.n")));
    assert!(matches!(&outcomes[2].1, Err(Fault::Panicked(said)) if said == "on purpose"));
    let kept: String = core
        .connection()
        .query_row("SELECT group_concat(n, ' ') FROM t", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, "1 5");
    assert_eq!(core.counters().read().total, 1);
}

#[test]
fn a_commit_that_fails_is_told_to_all() {
    let clock = TestClock::new();
    let core = Core::new(crate::sqlite::open::memory().unwrap(), clock, LEASE);
    core.connection()
        .execute_batch("CREATE TABLE t (n INTEGER) STRICT")
        .unwrap();
    let (told, heard) = std::sync::mpsc::channel();
    let item = |work: fn(&Tx<'_>) -> Result<Verdict<()>, Fault>| {
        let told = told.clone();
        let task = Task::new(work, move |outcome| told.send(outcome).unwrap());
        Box::new(task.awaited()) as Box<dyn Item>
    };
    let insert = |tx: &Tx<'_>| {
        tx.execute_on_one("INSERT INTO t VALUES (1)", [])
            .map(Verdict::Keep)
    };
    // As SQLite does by itself when the disk is full.
    let sinks = |tx: &Tx<'_>| tx.execute("ROLLBACK", []).map(|_| Verdict::Keep(()));
    core.commit(vec![item(insert), item(sinks), item(insert)]);
    for _ in 0..3 {
        assert!(matches!(heard.recv().unwrap(), Err(Fault::Group(_))));
    }
    core.commit(vec![item(insert)]);
    assert!(
        heard.recv().unwrap().is_ok(),
        "the next transaction is as if nothing had been"
    );
    let rows: i64 = core
        .connection()
        .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn what_was_answered_survives_a_kill_and_is_due_at_once() {
    for mode in [Mode::Threaded, Mode::Inline] {
        let killed = OnFile::new(mode);
        let world = killed.world();
        let running = begun(&world, 1).await;
        let waiting = opened(&world, 2).await;
        world
            .store
            .claim_jobs(
                enlist_registration::jobs::JobKind::VerificationMail,
                SECOND,
                9,
            )
            .await
            .unwrap();

        let next = killed.after_a_kill(mode).world();
        let claimed = next.store.claim_due(SECOND, 10).await.unwrap();
        let claimed: Vec<_> = claimed.iter().map(|found| found.id).collect();
        assert_eq!(
            claimed,
            [running.id],
            "its lease had not expired, but its owner is dead"
        );
        assert_eq!(
            stored(&next, waiting.id).await.status,
            Status::AwaitingVerification
        );
        let kind = enlist_registration::jobs::JobKind::VerificationMail;
        assert_eq!(
            next.store.claim_jobs(kind, SECOND, 9).await.unwrap().len(),
            1
        );
    }
}

#[tokio::test]
async fn a_record_that_nobody_waited_for_is_lost_with_a_crash() {
    let on_file = OnFile::new(Mode::Inline);
    let world = on_file.world();
    let begun = begun(&world, 1).await;
    world.store.record(&paid(begun.clone()), &[]).await;
    on_file.store.crash().await.unwrap();
    let after = stored(&world, begun.id).await;
    assert_eq!(after.progress, begun.progress);
    assert_eq!(world.store.claim_due(SECOND, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_record_is_written_even_if_nothing_else_comes() {
    let on_file = OnFile::new(Mode::Inline);
    let world = on_file.world();
    let driven = paid(begun(&world, 1).await);
    world.store.record(&driven, &[]).await;
    world.clock.pass(Duration::from_millis(20));
    assert_eq!(stored(&world, driven.id).await.progress, driven.progress);

    let on_file = OnFile::new(Mode::Threaded);
    let world = on_file.world();
    let driven = paid(begun(&world, 1).await);
    let before = on_file.store.commits();
    world.store.record(&driven, &[]).await;
    // Ten seconds at most, on a machine that does much else.
    for _ in 0..1_000 {
        if on_file.store.commits().total > before.total {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let after = on_file.store.commits();
    assert_eq!(
        (after.total - before.total, after.durable_waits),
        (1, before.durable_waits)
    );
    assert_eq!(stored(&world, driven.id).await.progress, driven.progress);
}

#[tokio::test]
async fn closing_writes_what_waits_and_then_nothing_more_is_taken() {
    for mode in [Mode::Threaded, Mode::Inline] {
        let on_file = OnFile::new(mode);
        let world = on_file.world();
        let driven = paid(begun(&world, 1).await);
        world.store.record(&driven, &[]).await;
        on_file.store.close().await;
        let log = std::fs::metadata(on_file.directory.path().join("enlist.db-wal"));
        assert!(log.is_err() || log.unwrap().len() == 0, "{mode:?}");
        let read = SqliteStore::for_reading(&on_file.path()).unwrap();
        let found = read.registration(driven.id).await.unwrap().unwrap();
        assert_eq!(found.progress, driven.progress);
        if mode == Mode::Threaded {
            let late = world.store.count_code_attempt(driven.id).await.unwrap_err();
            let source = std::error::Error::source(&late).unwrap().to_string();
            assert_eq!(source, "the database is closed");
        }
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_keep_the_others_waiting() {
    let on_file = OnFile::new(Mode::Threaded);
    let world = on_file.world();
    let (broken, sound) = (begun(&world, 1).await, begun(&world, 2).await);
    let spoil = "UPDATE registrations SET intent = '{}' WHERE id = ?1";
    on_file
        .connection()
        .execute(spoil, [broken.id.to_string()])
        .unwrap();
    world.pass_seconds(10);
    let claimed = world.store.claim_due(SECOND, 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].id, sound.id);
    // The lease holds it back, so that it does not fill every batch.
    assert!(world.store.claim_due(SECOND, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_busy_file_is_waited_for() {
    let on_file = OnFile::new(Mode::Threaded);
    let world = on_file.world();
    let rival = on_file.connection();
    rival.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ends = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        rival.execute_batch("COMMIT").unwrap();
    });
    begun(&world, 1).await;
    ends.join().unwrap();
}
