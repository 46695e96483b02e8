//! The database of a process, whichever it is: opening it, bringing its schema up to date, asking
//! whether it is used with the key that this process has.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use enlist_registration::ports::{Clock, Random, Store, StoreFault};
use enlist_registration::tokens::KeyedHash;
use enlist_storage::{
    Connections, KeyCheck, Migrated, OpenFault, PostgresOpenFault, PostgresOptions, PostgresStore,
    SqliteOptions, SqliteStore, migrate_postgres, migrate_sqlite,
};

use jiff::SignedDuration;

use crate::config::{Database, Settings};
use crate::data_dir::Hold;
use crate::system::{SystemClock, SystemRandom};

/// A database that is open.
pub(crate) enum OpenDatabase {
    /// A file.
    Sqlite(Arc<SqliteStore>),
    /// On a server.
    Postgres(Arc<PostgresStore>),
}

impl OpenDatabase {
    /// Opens the database that is configured. One that cannot be reached is told at once: whoever
    /// started this process knows best when to try again.
    pub(crate) async fn open(
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> anyhow::Result<Self> {
        match &settings.database {
            Database::Sqlite(path) => {
                if !settings.migrate {
                    refuse_an_old_file(path)?;
                }
                let options = SqliteOptions {
                    lease: settings.limits.lease,
                    ..SqliteOptions::default()
                };
                let store = SqliteStore::open(path, options, Arc::clone(clock))
                    .with_context(|| format!("the database {} cannot be opened", path.display()))?;
                Ok(Self::Sqlite(Arc::new(store)))
            }
            Database::Postgres(url) => {
                let options = PostgresOptions {
                    isolation: settings.postgres.isolation,
                    lease: settings.limits.lease,
                    connections: settings.postgres.connections,
                    timeout: settings.postgres.timeout,
                    migrate: settings.migrate,
                    ..PostgresOptions::default()
                };
                let (clock, random) = (Arc::clone(clock), Arc::clone(random));
                // The fault names the database.
                let store = PostgresStore::open(url, options, clock, random).await?;
                Ok(Self::Postgres(Arc::new(store)))
            }
        }
    }

    /// As the rest of the service sees it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::clone(store) as _,
            Self::Postgres(store) => Arc::clone(store) as _,
        }
    }

    /// Makes sure that the database is used with this key: it is the first, or the one from before.
    pub(crate) async fn adopt_key(&self, check: &KeyedHash) -> anyhow::Result<()> {
        let found = match self {
            Self::Sqlite(store) => store.adopt_key(check).await,
            Self::Postgres(store) => store.adopt_key(check).await,
        };
        match found.context("the secret key cannot be compared with the database's")? {
            KeyCheck::Known | KeyCheck::First => Ok(()),
            KeyCheck::Differs => bail!(
                "the database was used with another secret_key, and links, codes, access tokens and \
                 idempotency keys are derived from it. All processes on one database must have the \
                 same: set ENLIST_SECRET_KEY to the same value everywhere, or share the data \
                 directory with its secret.key. If the old key is lost for good, `enlist migrate \
                 --new-key` accepts the present one; everything issued under the old one stops \
                 working"
            ),
        }
    }

    /// From now on this key is the database's.
    pub(crate) async fn replace_key(&self, check: &KeyedHash) -> anyhow::Result<()> {
        let replaced = match self {
            Self::Sqlite(store) => store.replace_key(check).await,
            Self::Postgres(store) => store.replace_key(check).await,
        };
        replaced.context("the database's secret key cannot be exchanged")
    }

    /// Whether it takes writes. A file does; a server may have become a standby, or read-only.
    pub(crate) async fn accepts_writes(&self) -> Result<bool, StoreFault> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(store) => store.accepts_writes().await,
        }
    }

    /// How far this machine's clock is ahead of the database's (negative: behind); none where the database has
    /// no clock but ours.
    pub(crate) async fn clock_ahead(&self) -> Result<Option<SignedDuration>, StoreFault> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(store) => store.clock_ahead().await.map(Some),
        }
    }

    /// How its connections are used; none where it has no pool of them.
    pub(crate) fn connections(&self) -> Option<Connections> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => Some(store.connections()),
        }
    }

    /// Writes what waits to be written, once nobody writes any more.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// How the data directory must be held for a database.
pub(crate) fn hold_for(database: &Database) -> Hold {
    match database {
        Database::Sqlite(_) => Hold::Alone,
        Database::Postgres(_) => Hold::Shared,
    }
}

/// Brings the schema up to date. With a file, the data directory must be held.
pub(crate) async fn migrate(database: &Database) -> anyhow::Result<Migrated> {
    // Either fault names the database.
    Ok(match database {
        Database::Sqlite(path) => migrate_sqlite(path)?,
        Database::Postgres(url) => migrate_postgres(url).await?,
    })
}

/// The database for somebody who only looks, beside a service that may be running. None: there is
/// none yet.
pub(crate) async fn for_reading(database: &Database) -> anyhow::Result<Option<OpenDatabase>> {
    match database {
        Database::Sqlite(path) if !path.exists() => Ok(None),
        Database::Sqlite(path) => {
            let store = SqliteStore::for_reading(path)
                .with_context(|| format!("the database {} cannot be read", path.display()))?;
            Ok(Some(OpenDatabase::Sqlite(Arc::new(store))))
        }
        Database::Postgres(url) => {
            let opened =
                PostgresStore::for_reading(url, Arc::new(SystemClock), Arc::new(SystemRandom));
            match opened.await {
                Ok(store) => Ok(Some(OpenDatabase::Postgres(Arc::new(store)))),
                Err(PostgresOpenFault::OlderSchema { found: 0, .. }) => Ok(None),
                Err(fault) => Err(fault.into()),
            }
        }
    }
}

/// `database.migrate = false`, with a file: opening it for writing would migrate it.
fn refuse_an_old_file(path: &Path) -> anyhow::Result<()> {
    let path_shown = path.display();
    if !path.exists() {
        bail!(
            "there is no database {path_shown}, and database.migrate is off; run `enlist migrate`"
        );
    }
    match SqliteStore::for_reading(path) {
        Err(OpenFault::OlderSchema { found, known, .. }) => bail!(
            "the schema of {path_shown} is older ({found}) than this version's ({known}), and \
             database.migrate is off; run `enlist migrate`"
        ),
        // Whatever else is wrong, opening it says better.
        Ok(_) | Err(_) => Ok(()),
    }
}
