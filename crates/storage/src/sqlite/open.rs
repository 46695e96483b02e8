//! Opening a file: settings, migrations, and the sentences for a person when it cannot be.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::fault::Fault;
use crate::Migrated;

/// How long a statement waits for another process that has the file (a backup, the command line).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept prepared: more than there are.
const PREPARED_STATEMENTS: usize = 128;

/// After how many pages of 4 KiB the log is copied into the file: 16 MB. Rarer than SQLite's 1,000,
/// because the writer waits for it.
const CHECKPOINT_PAGES: u32 = 4_000;

/// How long emptying the log waits for readers. The writer does nothing else meanwhile.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(100);

/// What `V1` sets: "Enls".
const APPLICATION_ID: i32 = 0x456e_6c73;

/// The table in which refinery keeps what was applied.
const HISTORY: &str = "refinery_schema_history";

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Why a database cannot be opened; each a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The file cannot be opened or made.
    #[error("{} cannot be opened: check that its directory exists and that the user of this \
             process may write there", path.display())]
    CannotOpen {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file is not a database.
    #[error("{} is not a SQLite database", path.display())]
    NotADatabase {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file is a database of another program.
    #[error("{} is the database of another program, or damaged", path.display())]
    NotOurs {
        /// Which file.
        path: PathBuf,
    },
    /// A newer program has migrated the file.
    #[error("{} was migrated by a newer version of Enlist (its schema is {found}, this program \
             knows {known}): start that version, or restore a backup from before it", path.display())]
    NewerSchema {
        /// Which file.
        path: PathBuf,
        /// The file's schema.
        found: i32,
        /// The newest schema that this program knows.
        known: i32,
    },
    /// The file is to be read, not migrated, and its schema is older.
    #[error("{} has an older schema ({found}, this program reads {known}): run `enlist migrate` or \
             start the server", path.display())]
    OlderSchema {
        /// Which file.
        path: PathBuf,
        /// The file's schema.
        found: i32,
        /// The schema that this program knows.
        known: i32,
    },
    /// A migration failed; it was rolled back.
    #[error("the schema of {} could not be brought up to date", path.display())]
    Migration {
        /// Which file.
        path: PathBuf,
        /// What refinery said.
        #[source]
        source: Box<refinery::Error>,
    },
    /// The file can be opened and does not work.
    #[error("{} does not work as a database", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The leases of earlier owners could not be released.
    #[error("the leases of earlier processes could not be released")]
    Leases {
        /// What went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The writing thread could not be started.
    #[error("the thread that writes to the database could not be started")]
    Thread(#[source] std::io::Error),
}

/// The writer's connection, to a schema that is up to date.
pub(super) fn file(path: &Path) -> Result<Connection, OpenFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = connect(path, flags)?;
    writing(connection, path)
}

/// A database in memory, with the schema.
pub(super) fn memory() -> Result<Connection, OpenFault> {
    let path = Path::new("the database in memory");
    let connection = Connection::open_in_memory().map_err(|error| classified(path, error))?;
    writing(connection, path)
}

/// A connection that cannot write, to a schema that is known to be right.
pub(super) fn reader(path: &Path) -> Result<Connection, OpenFault> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    common_settings(&connection).map_err(|error| classified(path, error))?;
    Ok(connection)
}

/// A connection that cannot write; the schema is looked at first.
pub(super) fn for_reading(path: &Path) -> Result<Connection, OpenFault> {
    let connection = reader(path)?;
    let (found, known) = (schema_of(&connection, path)?, newest_schema());
    if found < known {
        return Err(OpenFault::OlderSchema {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(connection)
}

/// Copies the write-ahead log into the file and cuts it to nothing. Readers that are in the middle
/// of something keep it from finishing, which is no fault: the next time will do.
pub(super) fn empty_the_log(connection: &Connection) -> Result<(), Fault> {
    connection.busy_timeout(CHECKPOINT_PATIENCE)?;
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(emptied?)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenFault> {
    // No URI: a file may be called "file:…".
    Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| classified(path, error))
}

/// Brings the schema of a file up to date, making the file where there is none.
pub fn migrate_sqlite(path: &Path) -> Result<Migrated, OpenFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = connect(path, flags)?;
    let from = schema_of(&connection, path)?;
    writing(connection, path)?;
    Ok(Migrated {
        from,
        to: newest_schema(),
    })
}

fn writing(mut connection: Connection, path: &Path) -> Result<Connection, OpenFault> {
    common_settings(&connection).map_err(|error| classified(path, error))?;
    schema_of(&connection, path)?;
    writing_settings(&connection).map_err(|error| classified(path, error))?;
    embedded::migrations::runner()
        .run(&mut connection)
        .map_err(|source| OpenFault::Migration {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
    Ok(connection)
}

fn common_settings(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    // A plan holds whatever the parameters are. Otherwise SQLite, which would look at them once it has
    // statistics, prepares a kept statement anew each time that its parameters were cleared: a fifth
    // of the writer's time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A schema that was tampered with cannot call functions with side effects.
    connection.pragma_update(None, "trusted_schema", false)
}

fn writing_settings(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit that was answered survives a power failure.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Deleted personal data is overwritten with zeros: otherwise it would stay in free pages, and in
    // every backup, until they happen to be used again.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
}

/// The number of the newest migration that the file has seen, 0 for a new file. Refuses what is not
/// ours and what is newer than this program.
fn schema_of(connection: &Connection, path: &Path) -> Result<i32, OpenFault> {
    let (found, is_ours) = look_at_schema(connection).map_err(|error| classified(path, error))?;
    let known = newest_schema();
    if !is_ours {
        Err(OpenFault::NotOurs {
            path: path.to_owned(),
        })
    } else if found > known {
        Err(OpenFault::NewerSchema {
            path: path.to_owned(),
            found,
            known,
        })
    } else {
        Ok(found)
    }
}

fn look_at_schema(connection: &Connection) -> Result<(i32, bool), rusqlite::Error> {
    let count = "SELECT count(*), count(*) FILTER (WHERE name = ?1) FROM sqlite_schema";
    let (objects, histories): (i64, i64) =
        connection.query_row(count, [HISTORY], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if histories == 0 {
        return Ok((0, objects == 0));
    }
    let newest = format!("SELECT coalesce(max(version), 0) FROM {HISTORY}");
    let found: i32 = connection.query_row(&newest, [], |row| row.get(0))?;
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok((found, found == 0 || application == APPLICATION_ID))
}

/// As an older program would leave it: brought up to `schema` and no further.
#[cfg(test)]
pub(super) fn at_schema(path: &Path, schema: i32) -> Connection {
    let mut connection = Connection::open(path).expect("a file");
    writing_settings(&connection).expect("settings");
    embedded::migrations::runner()
        .set_target(refinery::Target::Version(schema))
        .run(&mut connection)
        .expect("migrations");
    connection
}

fn newest_schema() -> i32 {
    let runner = embedded::migrations::runner();
    runner
        .get_migrations()
        .iter()
        .map(refinery::Migration::version)
        .max()
        .unwrap_or(0)
}

fn classified(path: &Path, source: rusqlite::Error) -> OpenFault {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenFault::NotADatabase { path, source },
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            OpenFault::CannotOpen { path, source }
        }
        _ => OpenFault::Broken { path, source },
    }
}
