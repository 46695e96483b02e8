//! A database of a test's own, and the server that tests share.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::Error;

use crate::SHARED_POSTGRES_URL;
use crate::fake_time::FakeTime;
use crate::postgres::{FIRST_DATABASE, PostgresServer, SUPERUSER};
use crate::sql::{Rows, run_once, run_or_panic};

/// Where a server is: its superuser's URL without the database.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    base: String,
}

impl Address {
    pub(crate) fn of_port(port: u16) -> Self {
        Self {
            base: format!("postgres://{SUPERUSER}@127.0.0.1:{port}"),
        }
    }

    /// Of a URL that ends in `/database`.
    fn of_url(url: &str) -> Self {
        let (base, _) = url
            .rsplit_once('/')
            .filter(|(base, _)| base.contains("://") && !base.ends_with('/'))
            .expect("the URL of the shared server ends in the name of a database");
        Self {
            base: base.to_owned(),
        }
    }

    pub(crate) fn url_of(&self, database: &str) -> String {
        format!("{}/{database}", self.base)
    }

    /// Of 127.0.0.1, where all of these servers are.
    pub(crate) fn port(&self) -> u16 {
        let (_, port) = self.base.rsplit_once(':').unwrap();
        port.parse().expect("the URL of the server has a port")
    }
}

/// The server for tests that only need a database. It cannot be stopped, since others use it too.
pub struct SharedServer {
    address: Address,
    /// `None` if it was started by somebody else. It ends with the process, as the static is never dropped.
    _own: Option<PostgresServer>,
}

impl SharedServer {
    pub(crate) fn get() -> &'static Self {
        static SHARED: OnceLock<SharedServer> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var(SHARED_POSTGRES_URL) {
            Ok(url) => Self {
                address: Address::of_url(&url),
                _own: None,
            },
            Err(_) => {
                let own = PostgresServer::start_without_fsync();
                Self {
                    address: Address::of_port(own.port()),
                    _own: Some(own),
                }
            }
        })
    }

    /// A new, empty database, which is dropped with the value.
    pub fn create_database(&self) -> Database {
        Database::create(&self.address)
    }

    /// The superuser's URL of the first database.
    pub fn url(&self) -> String {
        self.url_of(FIRST_DATABASE)
    }

    /// The superuser's URL of a database.
    pub fn url_of(&self, database: &str) -> String {
        self.address.url_of(database)
    }
}

/// A new, empty database on the shared server.
pub fn test_database() -> Database {
    PostgresServer::shared().create_database()
}

/// A database that nobody else uses. Dropped with the value, whoever is still connected to it.
#[derive(Debug)]
pub struct Database {
    address: Address,
    name: String,
}

impl Database {
    pub(crate) fn create(address: &Address) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // A process id may come again while a killed test's database is still there.
        let chance = RandomState::new().hash_one(count) & 0xffff_ffff;
        let name = format!("test_{}_{count}_{chance:08x}", std::process::id());
        run_or_panic(
            &address.url_of(FIRST_DATABASE),
            &format!("CREATE DATABASE {name}"),
        );
        Self {
            address: address.clone(),
            name,
        }
    }

    /// The superuser's URL.
    pub fn url(&self) -> String {
        self.address.url_of(&self.name)
    }

    /// Of the server that it is on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Needs no quotes in SQL.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements as superuser.
    pub fn execute(&self, sql: &str) {
        run_or_panic(&self.url(), sql);
    }

    /// What a query gives.
    pub fn query_text(&self, sql: &str) -> Rows {
        run_or_panic(&self.url(), sql)
    }

    /// The same, where a failure is expected or possible.
    pub fn try_query_text(&self, sql: &str) -> Result<Rows, Error> {
        run_once(&self.url(), sql)
    }

    /// From now on, sessions that begin see a clock that only the test moves. To be called before the
    /// schema is made, since a column's `DEFAULT now()` is bound when the column is.
    pub fn fake_time(&self) -> FakeTime {
        FakeTime::install(self)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The server may be gone, on purpose; then so is the database.
        run_once(&self.address.url_of(FIRST_DATABASE), &sql).ok();
    }
}
