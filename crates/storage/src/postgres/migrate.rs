//! Bringing the schema up to date: once, however many replicas start at the same moment.

mod lock;

#[cfg(test)]
pub(super) use lock::LOCK;

use std::time::Duration;

use enlist_postgres::{Connector, PostgresUrl, TlsFault, in_words};
use tokio_postgres::Client;

use crate::Migrated;

/// The table in which refinery keeps what was applied.
const HISTORY: &str = "refinery_schema_history";

mod embedded {
    refinery::embed_migrations!("migrations/postgres");
}

/// Why a database cannot be used; each a sentence for the operator, without a password.
#[derive(Debug, thiserror::Error)]
pub enum PostgresOpenFault {
    /// The certificates that the URL names cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// Nobody answers, or who answers refuses.
    #[error("{database} cannot be reached: {reason}")]
    Unreachable {
        /// Which database.
        database: String,
        /// What was said.
        reason: String,
    },
    /// It has tables of these names that are not ours.
    #[error(
        "{database} has tables of another program: there is a table `users` and no history of our \
         migrations; name a database that is empty"
    )]
    NotOurs {
        /// Which database.
        database: String,
    },
    /// A newer program has migrated it.
    #[error(
        "{database} was migrated by a newer version of Enlist (its schema is {found}, this program \
         knows {known}): start that version, or restore a backup from before it"
    )]
    NewerSchema {
        /// Which database.
        database: String,
        /// The database's schema.
        found: i32,
        /// The newest schema that this program knows.
        known: i32,
    },
    /// The schema is older and is not to be migrated now.
    #[error(
        "{database} has an older schema ({found}, this program needs {known}): run `enlist migrate`"
    )]
    OlderSchema {
        /// Which database.
        database: String,
        /// The database's schema.
        found: i32,
        /// The schema that this program needs.
        known: i32,
    },
    /// A migration failed; it was rolled back.
    #[error("the schema of {database} could not be brought up to date: {reason}")]
    Migration {
        /// Which database.
        database: String,
        /// What was said.
        reason: String,
    },
    /// Another process holds the lock of migrations for too long.
    #[error(
        "another process has been migrating {database} for more than {waited_s} s: look at what it \
         is doing, end it if it hangs, and start again"
    )]
    StillMigrating {
        /// Which database.
        database: String,
        /// How long it was waited for, in seconds.
        waited_s: u64,
    },
    /// The pool of connections could not be made.
    #[error("connections to the database cannot be pooled")]
    Pool(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Brings the schema up to date, as a program of its own would before the service is started.
pub async fn migrate_postgres(url: &PostgresUrl) -> Result<Migrated, PostgresOpenFault> {
    Schema::of(url)?.migrate().await
}

/// The schema of one database.
pub(super) struct Schema {
    connector: Connector,
    database: String,
    /// How long another process's migration is waited for.
    pub(super) patience: Duration,
}

impl Schema {
    pub(super) fn of(url: &PostgresUrl) -> Result<Self, PostgresOpenFault> {
        Ok(Self {
            connector: url.connector()?,
            database: url.to_string(),
            patience: lock::LONGEST_WAIT,
        })
    }

    /// Brings it up to date. Nothing is locked and nothing is written where it is.
    pub(super) async fn migrate(&self) -> Result<Migrated, PostgresOpenFault> {
        let lock = self.connect().await?;
        let from = self.found(&lock).await?;
        let to = newest();
        if from == to {
            return Ok(Migrated { from, to });
        }
        self.lock(&lock).await?;
        // Refinery has transactions of its own, so it works on another connection.
        let mut client = self.connect_without_limits().await?;
        let from = self.found(&client).await?;
        if from < to {
            tracing::info!(from, to, "bringing the schema up to date");
            let runner = embedded::migrations::runner();
            let ran = runner.run_async(&mut client).await;
            ran.map_err(|error| self.failed(words(&error)))?;
        }
        lock.batch_execute("COMMIT")
            .await
            .map_err(|error| self.failed(in_words(&error)))?;
        Ok(Migrated { from, to })
    }

    /// Makes sure that it is as this program needs it.
    pub(super) async fn check(&self) -> Result<(), PostgresOpenFault> {
        let client = self.connect().await?;
        let (found, known) = (self.found(&client).await?, newest());
        if found < known {
            return Err(PostgresOpenFault::OlderSchema {
                database: self.database.clone(),
                found,
                known,
            });
        }
        Ok(())
    }

    pub(super) async fn connect(&self) -> Result<Client, PostgresOpenFault> {
        self.connector
            .connect()
            .await
            .map_err(|error| self.unreachable(&error))
    }

    pub(super) fn connector(&self) -> Connector {
        self.connector.clone()
    }

    pub(super) fn unreachable(&self, error: &tokio_postgres::Error) -> PostgresOpenFault {
        PostgresOpenFault::Unreachable {
            database: self.database.clone(),
            reason: in_words(error),
        }
    }

    fn failed(&self, reason: String) -> PostgresOpenFault {
        PostgresOpenFault::Migration {
            database: self.database.clone(),
            reason,
        }
    }

    /// The number of the newest migration that the database has seen, 0 for an empty one. Refuses
    /// what is not ours and what is newer than this program.
    async fn found(&self, client: &Client) -> Result<i32, PostgresOpenFault> {
        let (found, is_ours) = look_at(client)
            .await
            .map_err(|error| self.unreachable(&error))?;
        let known = newest();
        let database = || self.database.clone();
        if !is_ours {
            Err(PostgresOpenFault::NotOurs {
                database: database(),
            })
        } else if found > known {
            Err(PostgresOpenFault::NewerSchema {
                database: database(),
                found,
                known,
            })
        } else {
            Ok(found)
        }
    }
}

async fn look_at(client: &Client) -> Result<(i32, bool), tokio_postgres::Error> {
    let tables = format!(
        "SELECT to_regclass('{HISTORY}') IS NOT NULL AS is_ours, to_regclass('users') IS NULL AS is_free"
    );
    let tables = client.query_typed(&tables, &[]).await?;
    let flag = |column| tables.first().map_or(Ok(false), |row| row.try_get(column));
    if !flag("is_ours")? {
        return Ok((0, flag("is_free")?));
    }
    // Others use refinery too.
    let newest = format!(
        "SELECT coalesce(max(version), 0) AS newest,
             count(*) = 0 OR to_regclass('registrations') IS NOT NULL AS is_ours
         FROM {HISTORY}"
    );
    let newest = client.query_typed(&newest, &[]).await?;
    let Some(row) = newest.first() else {
        return Ok((0, false));
    };
    Ok((row.try_get("newest")?, row.try_get("is_ours")?))
}

/// As an older program would leave it: an empty database brought up to `schema` and no further.
#[cfg(test)]
pub(super) async fn bring_to(client: &mut Client, schema: i32) {
    let runner = embedded::migrations::runner();
    let runner = runner.set_target(refinery::Target::Version(schema));
    runner.run_async(client).await.expect("migrations");
}

/// The newest schema that this program knows.
fn newest() -> i32 {
    let runner = embedded::migrations::runner();
    let versions = runner.get_migrations().iter();
    versions
        .map(refinery::Migration::version)
        .max()
        .unwrap_or(0)
}

fn words(error: &refinery::Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
