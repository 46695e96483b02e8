//! What only PostgreSQL promises, and the contract at each isolation and through a pooler.

mod clocks;
mod clocks_of_journeys;
mod contention;
mod disk_full;
mod disk_waits;
mod failover;
mod forgetting;
mod limits;
mod lost_answers;
mod lost_connections;
mod migrations;
mod proxy;
mod restarts;
mod schema;
mod secrets;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use enlist_postgres::PostgresUrl;
use enlist_registration::ports::Random;
use enlist_test_servers::{Database, PgBouncer, test_database};
use tokio_postgres::Client;

use crate::contract::{LEASE, TestClock, World, contract_suite};
use crate::{Isolation, PostgresOpenFault, PostgresOptions, PostgresStore};

contract_suite!(read_committed, crate::postgres::tests::read_committed);
contract_suite!(repeatable_read, crate::postgres::tests::repeatable_read);
contract_suite!(serializable, crate::postgres::tests::serializable);
contract_suite!(through_a_pooler, crate::postgres::tests::through_a_pooler);

async fn read_committed() -> World {
    OnServer::new(Isolation::ReadCommitted).await.world()
}

async fn repeatable_read() -> World {
    OnServer::new(Isolation::RepeatableRead).await.world()
}

async fn serializable() -> World {
    OnServer::new(Isolation::Serializable).await.world()
}

async fn through_a_pooler() -> World {
    OnServer::through_a_pooler().await.world()
}

/// A store on a database of its own, by its own type.
struct OnServer {
    store: Arc<PostgresStore>,
    clock: Arc<TestClock>,
    database: Arc<Database>,
    pooler: Option<Arc<PgBouncer>>,
}

impl OnServer {
    async fn new(isolation: Isolation) -> Self {
        Self::with(options(isolation), false).await
    }

    async fn through_a_pooler() -> Self {
        Self::with(options(Isolation::Serializable), true).await
    }

    async fn with(options: PostgresOptions, is_pooled: bool) -> Self {
        let database = test_database();
        let pooler = is_pooled.then(|| PgBouncer::transaction_mode_for(&database, 4));
        let url = match &pooler {
            Some(pooler) => pooler.url_of(database.name()),
            None => database.url(),
        };
        let mut on_server = Self::at(&url, database, options).await;
        on_server.pooler = pooler.map(Arc::new);
        on_server
    }

    /// A database that is reached at `url`.
    async fn at(url: &str, database: Database, options: PostgresOptions) -> Self {
        let time = database.fake_time();
        let clock = TestClock::moving(move |now| time.set_unix_microseconds(now.as_microsecond()));
        let store = open_with_clock(url, options, clock.clone()).await.unwrap();
        Self {
            store: Arc::new(store),
            clock,
            database: Arc::new(database),
            pooler: None,
        }
    }

    /// Another session on the same database, to look and to meddle.
    async fn session(&self) -> Client {
        session(&self.database.url()).await
    }

    /// A session of somebody else's that has locked every journal row, until it ends its transaction.
    async fn locking_rival(&self) -> Client {
        let rival = self.session().await;
        let lock = "BEGIN; SELECT 1 FROM registrations FOR UPDATE";
        rival.batch_execute(lock).await.unwrap();
        rival
    }

    /// The one value that a query gives.
    fn value(&self, sql: &str) -> String {
        self.database.query_text(sql)[0][0].clone().unwrap()
    }

    /// Returns when so many sessions on this database wait for a lock.
    async fn waiting_for_a_lock(&self, sessions: u32) {
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = '{}' AND wait_event_type = 'Lock'",
            self.database.name()
        );
        until(|| self.value(&waiting) == sessions.to_string()).await;
    }

    fn world(&self) -> World {
        let (store, tables) = (self.store.clone(), self.store.clone());
        World {
            store: self.store.clone(),
            clock: self.clock.clone(),
            flush: Box::new(move || {
                let store = store.clone();
                Box::pin(async move { store.flush().await })
            }),
            table: Box::new(move |table| {
                let tables = tables.clone();
                Box::pin(async move { tables.rows_of(table).await.unwrap() })
            }),
            _keep: Box::new((self.database.clone(), self.pooler.clone())),
        }
    }
}

fn options(isolation: Isolation) -> PostgresOptions {
    PostgresOptions {
        isolation,
        lease: LEASE,
        ..PostgresOptions::default()
    }
}

async fn open_store(
    url: &str,
    options: PostgresOptions,
) -> Result<PostgresStore, PostgresOpenFault> {
    open_with_clock(url, options, TestClock::new()).await
}

async fn open_with_clock(
    url: &str,
    options: PostgresOptions,
    clock: Arc<TestClock>,
) -> Result<PostgresStore, PostgresOpenFault> {
    let url = PostgresUrl::parse(url).unwrap();
    PostgresStore::open(&url, options, clock, Arc::new(Chance::default())).await
}

async fn session(url: &str) -> Client {
    let url = PostgresUrl::parse(url).unwrap();
    url.connector().unwrap().connect().await.unwrap()
}

/// Returns when it is so, which is looked at again and again for a minute at most.
async fn until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if is_so() {
            return;
        }
        super::session::wait(Duration::from_millis(10)).await;
    }
    panic!("it has not come to pass");
}

/// An error and all of its causes, as a log has them, in both forms.
fn chain(error: &dyn Error) -> String {
    let mut words = format!("{error} | {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(&format!(" | {cause} | {cause:?}"));
        source = cause.source();
    }
    words
}

/// Another pause each time; which, does not matter.
#[derive(Default)]
struct Chance(AtomicU64);

impl Random for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        for (byte, chance) in bytes.iter_mut().zip(next.to_le_bytes().into_iter().cycle()) {
            *byte = chance;
        }
    }
}
