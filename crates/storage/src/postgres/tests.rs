//! What only PostgreSQL promises, and the contract at each isolation and through a pooler.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use enlist_postgres::PostgresUrl;
use enlist_registration::ports::Random;
use enlist_test_servers::{Database, PgBouncer, test_database};

use crate::contract::{LEASE, TestClock, World, contract_suite};
use crate::{Isolation, PostgresOptions, PostgresStore};

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
        let time = database.fake_time();
        let clock = TestClock::moving(move |now| time.set_unix_microseconds(now.as_microsecond()));
        let pooler = is_pooled.then(|| PgBouncer::transaction_mode_for(&database, 4));
        let url = match &pooler {
            Some(pooler) => pooler.url_of(database.name()),
            None => database.url(),
        };
        let url = PostgresUrl::parse(&url).unwrap();
        let random = Arc::new(Chance::default());
        let store = PostgresStore::open(&url, options, clock.clone(), random).await;
        Self {
            store: Arc::new(store.unwrap()),
            clock,
            database: Arc::new(database),
            pooler: pooler.map(Arc::new),
        }
    }

    fn world(&self) -> World {
        let store = self.store.clone();
        World {
            store: self.store.clone(),
            clock: self.clock.clone(),
            flush: Box::new(move || {
                let store = store.clone();
                Box::pin(async move { store.flush().await })
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
