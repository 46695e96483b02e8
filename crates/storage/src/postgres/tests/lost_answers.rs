//! The connection is cut before a statement reaches the server, or after its commit and before its
//! answer: the caller has the true answer, and what was to be written is written once.

mod claims;

use enlist_registration::ports::{Begun, NewRegistration, Opened, Store};
use enlist_registration::state::{Registration, Status};
use enlist_registration::timeline::Event;

use super::proxy::{Cut, Proxy};
use super::*;
use crate::contract::*;

/// A store whose way to the server can be cut.
struct Cuttable {
    on_server: OnServer,
    world: World,
    proxy: Proxy,
}

impl Cuttable {
    async fn new() -> Self {
        let database = test_database();
        let url = PostgresUrl::parse(&database.url()).unwrap();
        let port = url.connector().unwrap().config().get_ports()[0];
        let proxy = Proxy::to(port);
        let options = PostgresOptions {
            // Only `flush` writes records.
            record_delay: Duration::from_secs(3600),
            ..options(Isolation::ReadCommitted)
        };
        let on_server = OnServer::at(&proxy.url_of(database.name()), database, options).await;
        let world = on_server.world();
        Self {
            on_server,
            world,
            proxy,
        }
    }

    /// The same, through a pooler.
    async fn pooled() -> Self {
        let database = test_database();
        let pooler = PgBouncer::transaction_mode_for(&database, 4);
        let proxy = Proxy::to(pooler.port());
        let url = proxy.url_of(database.name());
        let mut on_server = OnServer::at(&url, database, options(Isolation::Serializable)).await;
        on_server.pooler = Some(Arc::new(pooler));
        let world = on_server.world();
        Self {
            on_server,
            world,
            proxy,
        }
    }

    fn store(&self) -> &dyn Store {
        &*self.world.store
    }

    async fn assert_timeline(&self, registration: &Registration, expected: &[Event]) {
        self.proxy.assert_all_made();
        let events = self.store().events(registration.id, 0).await.unwrap();
        assert_eq!(events, expected);
    }
}

const CUTS: [(u128, Cut); 2] = [(1, Cut::BeforeTheStatement), (2, Cut::BeforeTheAnswer)];

#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_is_begun_once() {
    for cuttable in [Cuttable::new().await, Cuttable::pooled().await] {
        for (number, cut) in CUTS {
            let registration = registration(&cuttable.world, number);
            let (events, key) = ([event(&cuttable.world, 1, "begun")], number as u8);
            cuttable.proxy.cut_next(cut);
            let request = request(key, 1);
            let begun = cuttable
                .store()
                .begin(NewRegistration {
                    request: Some(&request),
                    events: &events,
                    ..NewRegistration::of(&registration, FIRST)
                })
                .await;
            assert!(matches!(begun, Ok(Begun::Begun)), "{cut:?}: {begun:?}");
            cuttable.assert_timeline(&registration, &events).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_saved_once_whether_the_status_changes_or_stays() {
    for cuttable in [Cuttable::new().await, Cuttable::pooled().await] {
        for (number, cut) in CUTS {
            let begun = begun(&cuttable.world, number).await;
            let mut turned = turned_back(&cuttable.world, &begun);
            let events = [1, 2].map(|seq| event(&cuttable.world, seq, &format!("event {seq}")));
            for (expected, event) in [Status::Running, Status::Undoing].into_iter().zip(&events) {
                turned.next_seq = event.seq + 1;
                cuttable.proxy.cut_next(cut);
                let event = std::slice::from_ref(event);
                let saved = cuttable.store().save(&turned, expected, event).await;
                assert!(saved.is_ok(), "{cut:?}: {saved:?}");
            }
            cuttable.assert_timeline(&turned, &events).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_let_go_of_once_with_and_without_events() {
    let cuttable = Cuttable::new().await;
    for (number, cut) in CUTS {
        for (number, events) in [
            (number, vec![]),
            (number + 10, vec![event(&cuttable.world, 1, "waits")]),
        ] {
            let undoing = undoing(&cuttable.world, number).await;
            let due_at = cuttable.world.in_seconds(5);
            cuttable.proxy.cut_next(cut);
            let parked = cuttable
                .store()
                .park(&undoing, Status::Undoing, due_at, &events)
                .await;
            assert!(parked.is_ok(), "{cut:?}: {parked:?}");
            cuttable.assert_timeline(&undoing, &events).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_opened_once_with_all_that_was_recorded_before() {
    for cuttable in [Cuttable::new().await, Cuttable::pooled().await] {
        let world = &cuttable.world;
        for (number, cut) in CUTS {
            for (number, own) in [
                (number, vec![]),
                (number + 10, vec![event(world, 2, "opened")]),
            ] {
                let mut opening = about_to_open(world, begun(world, number).await);
                let earlier = event(world, 1, "customer");
                opening.next_seq = 2;
                cuttable
                    .store()
                    .record(&opening, std::slice::from_ref(&earlier))
                    .await;
                let job = mail_job(world, &opening);
                cuttable.proxy.cut_next(cut);
                let opened = cuttable
                    .store()
                    .open_account(&opening, Status::Running, Some(&job), &own)
                    .await;
                assert_eq!(opened.unwrap(), Opened::Opened, "{cut:?}");
                let events = [vec![earlier], own].concat();
                cuttable.assert_timeline(&opening, &events).await;
            }
        }
        for table in ["users", "profiles", "billing_info", "subscriptions", "jobs"] {
            let count = format!("SELECT count(*) FROM {table}");
            assert_eq!(cuttable.on_server.value(&count), "4", "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_closed_once_and_the_journal_too() {
    let cuttable = Cuttable::new().await;
    let world = &cuttable.world;
    for (number, cut) in CUTS {
        let waiting = opened(world, number).await;
        let claimed = signals::claimed_by_undo(world, waiting.id).await;
        let turned = turned_back(world, &claimed);
        let standing = Status::AwaitingVerification;
        cuttable.store().save(&turned, standing, &[]).await.unwrap();
        let events = [1, 2].map(|seq| event(world, seq, &format!("event {seq}")));
        cuttable.proxy.cut_next(cut);
        let closed = cuttable.store().close_account(&turned, &events[..1]).await;
        assert!(closed.is_ok(), "{cut:?}: {closed:?}");
        assert_eq!(cuttable.on_server.value("SELECT count(*) FROM users"), "0");
        let undone = rested(world, &turned, Status::Undone);
        let follow_up = [recheck_job(world, turned.id, number)];
        cuttable.proxy.cut_next(cut);
        let at_rest = cuttable
            .store()
            .rest(&undone, Status::Undoing, &follow_up, &events[1..])
            .await;
        assert!(at_rest.is_ok(), "{cut:?}: {at_rest:?}");
        cuttable.assert_timeline(&undone, &events).await;
        let jobs = "SELECT count(*) FROM jobs WHERE kind = 'recheck'";
        assert_eq!(cuttable.on_server.value(jobs), number.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_without_events_is_closed_once() {
    let cuttable = Cuttable::new().await;
    for (number, cut) in CUTS {
        let turned = undoing(&cuttable.world, number).await;
        let undone = rested(&cuttable.world, &turned, Status::Undone);
        cuttable.proxy.cut_next(cut);
        let closed = cuttable
            .store()
            .rest(&undone, Status::Undoing, &[], &[])
            .await;
        assert!(closed.is_ok(), "{cut:?}: {closed:?}");
        cuttable.assert_timeline(&undone, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_and_notes_are_in_the_timeline_once() {
    let cuttable = Cuttable::new().await;
    let world = &cuttable.world;
    for (number, cut) in CUTS {
        let mut driven = paid(begun(world, number).await);
        let events = [1, 2, 3].map(|seq| event(world, seq, &format!("event {seq}")));
        driven.next_seq = 3;
        cuttable.store().record(&driven, &events[..1]).await;
        cuttable.store().record(&driven, &events[1..2]).await;
        cuttable.proxy.cut_next(cut);
        cuttable.on_server.store.flush().await;
        cuttable.proxy.cut_next(cut);
        cuttable.store().note(driven.id, &events[2]).await.unwrap();
        cuttable.assert_timeline(&driven, &events).await;
        let progress = stored(world, driven.id).await.progress;
        assert_eq!(progress, driven.progress);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_behind_somebodys_note_is_written_behind_it() {
    let cuttable = Cuttable::new().await;
    let world = &cuttable.world;
    let driven = paid(begun(world, 1).await);
    let [noted, mut recorded] = ["noted", "recorded"].map(|detail| event(world, 1, detail));
    cuttable
        .store()
        .record(&driven, std::slice::from_ref(&recorded))
        .await;
    cuttable.store().note(driven.id, &noted).await.unwrap();
    cuttable.on_server.store.flush().await;
    recorded.seq = 2;
    cuttable.assert_timeline(&driven, &[noted, recorded]).await;
    assert_eq!(stored(world, driven.id).await.progress, driven.progress);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_nobody_waits_for_any_more_and_its_repetition_are_made_once() {
    let cuttable = Cuttable::new().await;
    let turned = undoing(&cuttable.world, 1).await;
    let rival = cuttable.on_server.locking_rival().await;
    let events = [event(&cuttable.world, 1, "decided")];
    cuttable.proxy.cut_next(Cut::BehindTheStatement);
    let (store, saved) = (cuttable.on_server.store.clone(), turned.clone());
    let event = events.clone();
    let save = tokio::spawn(async move { store.save(&saved, Status::Undoing, &event).await });
    cuttable.on_server.waiting_for_a_lock(2).await;
    rival.batch_execute("COMMIT").await.unwrap();
    save.await.unwrap().unwrap();
    cuttable.assert_timeline(&turned, &events).await;
}
