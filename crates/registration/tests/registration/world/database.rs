//! What the data of a world is in: a SQLite database in memory, or a database of a PostgreSQL server;
//! and how a process reaches it.

use std::sync::Arc;
use std::time::Duration;

use enlist_gateways::sandbox::Sandbox;
use enlist_registration::ports::{Random, Store, StoreFault};
use enlist_storage::{Mode, PostgresStore, SqliteOptions, SqliteStore, TextRow};

use super::clock::{SimClock, block_on};
use super::provider::Provider;
use super::provider::stripe::{Lost, StripeGround};
use super::server::Server;

/// What worlds are put on.
pub(crate) enum Ground {
    /// Each has a SQLite database of its own.
    Memory(Mode),
    /// One after the other has the same PostgreSQL database.
    Server(Arc<Server>),
    /// Each has a SQLite database of its own, and an account of its own at Stripe.
    Stripe(StripeGround),
}

impl Ground {
    /// A SQLite database for each world, whose calls are carried out at once.
    pub(crate) fn memory() -> Self {
        Self::Memory(Mode::Inline)
    }

    /// A PostgreSQL database whose calls are carried out before anybody else goes on.
    pub(crate) fn postgres() -> Self {
        Self::Server(Arc::new(Server::start()))
    }

    /// Stripe, whose answers are lost in this way where they are.
    pub(crate) fn stripe(lost: Lost) -> Self {
        Self::Stripe(StripeGround::new(lost))
    }

    /// Where customers and charges are.
    pub(super) fn provider(&self, clock: &Arc<SimClock>, random: &Arc<dyn Random>) -> Provider {
        let (clock, random) = (clock.clone(), Arc::clone(random));
        match self {
            Self::Memory(_) | Self::Server(_) => {
                let sandbox = Sandbox::in_memory(clock, random).unwrap();
                Provider::Sandbox(Arc::new(sandbox))
            }
            Self::Stripe(ground) => Provider::Stripe(Arc::new(ground.account(clock, random))),
        }
    }

    /// A database without rows, and its clock.
    pub(super) fn prepare(&self) -> (Arc<SimClock>, Database) {
        match self {
            Self::Memory(mode) => in_memory(*mode),
            Self::Stripe(_) => in_memory(Mode::Inline),
            Self::Server(server) => {
                server.start_again();
                (server.clock.clone(), Database::Postgres(server.clone()))
            }
        }
    }
}

fn in_memory(mode: Mode) -> (Arc<SimClock>, Database) {
    let clock = SimClock::new();
    let options = SqliteOptions {
        mode,
        ..SqliteOptions::default()
    };
    let store = SqliteStore::in_memory(options, clock.clone()).unwrap();
    (clock, Database::Sqlite(Arc::new(store)))
}

/// The database of one world.
pub(crate) enum Database {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<Server>),
}

impl Database {
    /// How a process reaches it. On SQLite there is one process at a time, which all of them are.
    pub(super) fn access(&self, process: usize) -> Access {
        match self {
            Self::Sqlite(store) => Access::Sqlite(store.clone()),
            Self::Postgres(server) => Access::Postgres {
                store: server.store_of(process),
                server: server.clone(),
                process,
            },
        }
    }

    /// The clock by which a process knows when its leases end is its own. With SQLite it is the database's.
    pub(super) fn put_behind(&self, process: usize, behind: Duration) {
        if let Self::Postgres(server) = self {
            server.put_behind(process, behind);
        }
    }

    /// Where one process alone has the database, whoever starts knows that the others are dead. Where
    /// several do, the leases of the dead expire.
    pub(crate) fn releases_leases_at_a_restart(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    pub(super) fn crash(&self) {
        match self {
            Self::Sqlite(store) => block_on(store.crash()).unwrap(),
            Self::Postgres(server) => server.crash(),
        }
    }

    /// A process on SQLite that stands still has written its records; one on PostgreSQL has not.
    pub(super) fn pause(&self, processes: usize) {
        if let Self::Postgres(server) = self {
            server.pause(processes);
        }
    }

    pub(super) fn resume(&self) {
        if let Self::Postgres(server) = self {
            server.resume();
        }
    }

    /// How many commits somebody has waited for.
    pub(crate) fn durable_waits(&self) -> u64 {
        match self {
            Self::Sqlite(store) => store.commits().durable_waits,
            Self::Postgres(_) => panic!("a PostgreSQL server does not tell whose commits it made"),
        }
    }
}

/// A process's way to its database.
pub(crate) enum Access {
    Sqlite(Arc<SqliteStore>),
    Postgres {
        store: Arc<PostgresStore>,
        server: Arc<Server>,
        process: usize,
    },
}

impl Access {
    pub(crate) fn store(&self) -> &dyn Store {
        match self {
            Self::Sqlite(store) => store.as_ref(),
            Self::Postgres { store, .. } => store.as_ref(),
        }
    }

    /// Makes a call to the store, which may consist of several, to its end.
    pub(crate) async fn make<F: Future>(&self, call: F) -> F::Output {
        match self {
            Self::Sqlite(_) => call.await,
            Self::Postgres { server, .. } => server.make(call).await,
        }
    }

    /// The process has recorded something.
    pub(super) fn note_record(&self) {
        if let Self::Postgres {
            server, process, ..
        } = self
        {
            server.note_record(*process);
        }
    }

    pub(crate) async fn rows_of(&self, table: &'static str) -> Result<Vec<TextRow>, StoreFault> {
        match self {
            Self::Sqlite(store) => store.rows_of(table).await,
            Self::Postgres { store, .. } => store.rows_of(table).await,
        }
    }
}

/// Makes tests of functions that take a [`Ground`]: of each one on SQLite, one on PostgreSQL, and one
/// before Stripe.
macro_rules! on_each_ground {
    ($($name:ident,)*) => {
        mod on_sqlite {
            $(
                #[test]
                fn $name() {
                    super::$name(&$crate::world::database::Ground::memory());
                }
            )*
        }

        mod on_postgresql {
            $(
                #[test]
                fn $name() {
                    super::$name(&$crate::world::database::Ground::postgres());
                }
            )*
        }

        mod at_stripe {
            $(
                #[test]
                fn $name() {
                    let lost = $crate::world::provider::stripe::Lost::Closed;
                    super::$name(&$crate::world::database::Ground::stripe(lost));
                }
            )*
        }
    };
}
pub(crate) use on_each_ground;
