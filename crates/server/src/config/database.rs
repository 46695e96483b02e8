//! The section `[database]`, and every other key that names a database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use enlist_postgres::PostgresUrl;
use enlist_storage::Isolation;

use super::reader::Reader;

/// What starts the URL of a SQLite file.
const SQLITE: &str = "sqlite:";
/// What starts that of a PostgreSQL database, in both spellings that libpq reads.
const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];

/// Where something is kept.
#[derive(Clone, Debug)]
pub enum Database {
    /// In a file.
    Sqlite(PathBuf),
    /// On a server.
    Postgres(Box<PostgresUrl>),
}

/// As it may be shown: without a password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// How PostgreSQL is used, where the database is one.
#[derive(Clone, Copy, Debug)]
pub struct PostgresSettings {
    /// Of every transaction.
    pub isolation: Isolation,
    /// Opened at most.
    pub connections: usize,
    /// Of a statement, and of waiting for a lock or a connection.
    pub timeout: Duration,
}

/// `database.url`.
pub(super) fn database(reader: &Reader, data_dir: &Path) -> Option<Database> {
    let in_data_dir = || Some(Database::Sqlite(data_dir.join("enlist.db")));
    named(reader, "database.url").unwrap_or_else(in_data_dir)
}

pub(super) const BOOKS: &str = "gateway.sandbox.books";

/// [`BOOKS`]: with the service's database unless said otherwise, so that all replicas
/// see the same gateway.
pub(super) fn books(
    reader: &Reader,
    data_dir: &Path,
    service: Option<&Database>,
) -> Option<Database> {
    let with_the_service = || match service? {
        Database::Sqlite(_) => Some(Database::Sqlite(data_dir.join("sandbox.db"))),
        Database::Postgres(url) => Some(Database::Postgres(url.clone())),
    };
    let books = named(reader, BOOKS).unwrap_or_else(with_the_service)?;
    match (&books, service?) {
        (Database::Sqlite(books), Database::Sqlite(service)) if books == service => {
            reader.fault(
                BOOKS,
                "is the service's own file (database.url); name another",
            );
            None
        }
        _ => Some(books),
    }
}

/// The other keys of `[database]`. `lease` is `registration.lease`.
pub(super) fn postgres(
    reader: &Reader,
    database: Option<&Database>,
    lease: Duration,
) -> Option<PostgresSettings> {
    let levels = [
        ("read_committed", Isolation::ReadCommitted),
        ("repeatable_read", Isolation::RepeatableRead),
        ("serializable", Isolation::Serializable),
    ];
    let isolation = reader.choice("database.isolation", &levels);
    let connections = reader.number("database.connections", 1..=1000) as usize;
    let key = "database.timeout";
    let timeout = reader.duration(key, Duration::from_millis(100)..=Duration::from_mins(10));
    // A process that was paused in the middle of a transaction holds its locks until the database
    // ends it. Whoever takes over when the lease has expired must not have to wait for that.
    let is_postgres = matches!(database, Some(Database::Postgres(_)));
    if timeout > lease && is_postgres && reader.is_set(key) {
        reader.fault(
            key,
            format!(
                "{} is longer than registration.lease ({}); make it at most as long",
                humantime::format_duration(timeout),
                humantime::format_duration(lease)
            ),
        );
    }
    Some(PostgresSettings {
        isolation: isolation?,
        connections,
        // A default gives way to a lease that was chosen shorter.
        timeout: timeout.min(lease),
    })
}

/// The database that a key names; the outer `None` where it is empty, the inner after a fault. The
/// URL may hold a password: it is not shown.
fn named(reader: &Reader, key: &'static str) -> Option<Option<Database>> {
    let url = reader.text(key);
    if url.is_empty() {
        return None;
    }
    if let Some(path) = url.strip_prefix(SQLITE).filter(|path| !path.is_empty()) {
        let path = path.strip_prefix("//").unwrap_or(path);
        return Some(Some(Database::Sqlite(PathBuf::from(path))));
    }
    if !POSTGRES.iter().any(|scheme| url.starts_with(scheme)) {
        reader.fault(
            key,
            "is neither kind of database; write `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`",
        );
        return Some(None);
    }
    match PostgresUrl::parse(&url) {
        Ok(url) => Some(Some(Database::Postgres(Box::new(url)))),
        Err(fault) => {
            reader.fault(key, fault.to_string());
            Some(None)
        }
    }
}
