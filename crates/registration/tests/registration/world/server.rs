//! A PostgreSQL database for worlds, one after the other. Its clock goes with the simulated one. A call
//! to it is carried out in the thread that makes it, before anybody else goes on, so that a run is the
//! same every time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use enlist_postgres::PostgresUrl;
use enlist_registration::limits::later;
use enlist_registration::ports::Clock;
use enlist_storage::{Isolation, PostgresOptions, PostgresStore};
use enlist_test_servers::{Database, FakeTime, test_database};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls};

use super::clock::{Behind, SimClock};
use super::seeded;

/// Of real time: the stores never write records by themselves. They are told to, by simulated time.
const NEVER: Duration = Duration::from_hours(24);

/// The other tables go with these.
const EMPTY: &str = "DELETE FROM registrations; DELETE FROM users; DELETE FROM gateway_events;
    DELETE FROM pending_registrations; DELETE FROM mails_to_addresses; DELETE FROM jobs";

pub(crate) struct Server {
    pub(super) clock: Arc<SimClock>,
    time: FakeTime,
    /// What the database's clock was last set to.
    database_time: Mutex<Timestamp>,
    options: PostgresOptions,
    /// Of each process, and first of whoever looks from outside. Kept for the processes of the next
    /// world.
    stores: Mutex<Vec<Opened>>,
    records: Mutex<Records>,
    broom: Option<Client>,
    /// None: calls are made on the runtime of whoever makes them, in real time.
    runtime: Option<Runtime>,
    database: Database,
}

/// A process's store, and the clock that it goes by.
struct Opened {
    store: Arc<PostgresStore>,
    clock: Arc<Behind>,
}

/// What processes have recorded and nobody has waited for.
#[derive(Default)]
struct Records {
    /// Since when a process has some, at the earliest.
    since: BTreeMap<usize, Timestamp>,
    /// Processes that stand still.
    paused: BTreeSet<usize>,
}

impl Server {
    pub(super) fn start() -> Self {
        let mut server = Self::with(PostgresOptions {
            connections: 1,
            record_delay: NEVER,
            ..PostgresOptions::default()
        });
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        server.broom = Some(runtime.block_on(async {
            let connected = tokio_postgres::connect(&server.database.url(), NoTls).await;
            let (client, connection) = connected.unwrap();
            tokio::spawn(connection);
            client
        }));
        server.runtime = Some(runtime);
        // Makes the tables.
        server.store_of(0);
        server
    }

    /// With so many processes at most, on the runtime of the caller. Simulated time stands still.
    pub(crate) async fn on_threads(isolation: Isolation, processes: usize) -> Self {
        let server = Self::with(PostgresOptions {
            isolation,
            ..PostgresOptions::default()
        });
        for _ in 0..=processes {
            let opened = server.open().await;
            server.stores.lock().unwrap().push(opened);
        }
        server
    }

    fn with(options: PostgresOptions) -> Self {
        let database = test_database();
        let time = database.fake_time();
        let clock = SimClock::new();
        time.set_unix_microseconds(clock.now().as_microsecond());
        Self {
            time,
            database_time: Mutex::new(clock.now()),
            clock,
            options,
            stores: Mutex::default(),
            records: Mutex::default(),
            broom: None,
            runtime: None,
            database,
        }
    }

    async fn open(&self) -> Opened {
        let url = PostgresUrl::parse(&self.database.url()).unwrap();
        let clock = Behind::new(self.clock.clone(), Duration::ZERO);
        let store = PostgresStore::open(&url, self.options.clone(), clock.clone(), seeded(1)).await;
        Opened {
            store: Arc::new(store.unwrap()),
            clock,
        }
    }

    pub(super) fn put_behind(&self, process: usize, behind: Duration) {
        self.stores.lock().unwrap()[process].clock.set(behind);
    }

    /// The store of a process.
    pub(super) fn store_of(&self, process: usize) -> Arc<PostgresStore> {
        let mut stores = self.stores.lock().unwrap();
        while stores.len() <= process {
            let runtime = self.runtime.as_ref();
            let runtime = runtime.expect("there are as many processes as were announced");
            stores.push(runtime.block_on(self.open()));
        }
        stores[process].store.clone()
    }

    /// For the next world: no rows, no records, noon.
    pub(super) fn start_again(&self) {
        self.clock.start_again();
        let (Some(runtime), Some(broom)) = (&self.runtime, &self.broom) else {
            return;
        };
        self.crash();
        self.records.lock().unwrap().paused.clear();
        for opened in self.stores.lock().unwrap().iter() {
            opened.clock.set(Duration::ZERO);
        }
        runtime.block_on(broom.batch_execute(EMPTY)).unwrap();
    }

    /// Carries out a call, after what has waited for long enough.
    pub(super) async fn make<F: Future>(&self, call: F) -> F::Output {
        let Some(runtime) = &self.runtime else {
            return call.await;
        };
        self.keep_time();
        let due = self.due();
        runtime.block_on(async {
            for store in due {
                store.flush().await;
            }
            call.await
        })
    }

    fn keep_time(&self) {
        let now = self.clock.now();
        let mut database_time = self.database_time.lock().unwrap();
        if *database_time != now {
            self.time.set_unix_microseconds(now.as_microsecond());
            *database_time = now;
        }
    }

    /// The stores of those processes that would have written their records by now.
    fn due(&self) -> Vec<Arc<PostgresStore>> {
        let record_delay = PostgresOptions::default().record_delay;
        let now = self.clock.now();
        let mut records = self.records.lock().unwrap();
        let Records { since, paused } = &mut *records;
        let due = since.extract_if(.., |process, since| {
            !paused.contains(process) && now >= later(*since, record_delay)
        });
        let stores = self.stores.lock().unwrap();
        due.map(|(process, _)| stores[process].store.clone())
            .collect()
    }

    pub(super) fn note_record(&self, process: usize) {
        let now = self.clock.now();
        let since = &mut self.records.lock().unwrap().since;
        since.entry(process).or_insert(now);
    }

    /// Every process loses what it has in memory.
    pub(super) fn crash(&self) {
        let runtime = self.runtime.as_ref().expect("a simulation");
        self.records.lock().unwrap().since.clear();
        for opened in self.stores.lock().unwrap().iter() {
            runtime.block_on(opened.store.crash());
        }
    }

    /// The first so many processes stand still.
    pub(super) fn pause(&self, processes: usize) {
        self.records.lock().unwrap().paused = (1..=processes).collect();
    }

    pub(super) fn resume(&self) {
        self.records.lock().unwrap().paused.clear();
    }
}
