//! A server whose disk can be full.

use std::fs;

use tokio_postgres::error::SqlState;

use crate::machine::{text_of, we_are_root};
use crate::postgres::{Disk, PostgresServer};

/// Takes a page per row, so that the last page of the disk is found.
const FILLER: &str = "
    CREATE TABLE IF NOT EXISTS filler (content text);
    ALTER TABLE filler ALTER content SET STORAGE PLAIN";

/// Many pages at once first, then one by one.
const ROWS_AT_ONCE: [u32; 3] = [512, 16, 1];

/// Puts the disk under the databases, where only this process and its descendants see it.
/// `$1`: an empty directory; `$2`: the databases' directory; `$3`: the size.
const SHELL: &str = r#"
set -e
mount -t tmpfs -o "size=$3" tmpfs "$1"
cp -a "$2/." "$1"
mount --bind "$1" "$2"
shift 3
exec "$@"
"#;

/// A PostgreSQL server whose databases are on a disk of a few megabytes. Its log of changes and its books
/// of transactions are elsewhere: tables and indexes run out of space (SQLSTATE 53100), and the server lives.
pub struct SmallDisk {
    server: PostgresServer,
}

impl SmallDisk {
    /// An empty server takes about 25 MB, each further database 8 MB. Cannot be started again once stopped.
    pub fn start(megabytes: u32) -> Self {
        let builder = PostgresServer::builder().without_fsync();
        Self {
            server: builder.start_on(Disk::Small { megabytes }),
        }
    }

    /// The server on it.
    pub fn server(&self) -> &PostgresServer {
        &self.server
    }

    /// Fills the disk to the last page. What fits into pages that are there already can still be written.
    pub fn fill(&self) {
        self.server.execute(FILLER);
        for rows in ROWS_AT_ONCE {
            let sql = format!(
                "INSERT INTO filler SELECT repeat('x', 8000) FROM generate_series(1, {rows})"
            );
            let fault = loop {
                if let Err(fault) = self.server.try_query_text(&sql) {
                    break fault;
                }
            };
            assert_eq!(fault.code(), Some(&SqlState::DISK_FULL), "{fault:?}");
        }
    }

    /// Gives back all that [`SmallDisk::fill`] took.
    pub fn free(&self) {
        self.server.execute("DROP TABLE IF EXISTS filler");
    }
}

impl PostgresServer {
    /// What goes before the server's command so that it has the disk under its databases.
    pub(crate) fn on_small_disk(&self, megabytes: u32) -> Vec<String> {
        let namespace = if we_are_root() {
            "unshare --mount"
        } else {
            "unshare --user --mount --map-current-user --keep-caps"
        };
        let disk = self.home().join("disk");
        fs::create_dir(&disk).expect("a directory can be made in the server's");
        let mut command: Vec<String> = namespace.split(' ').map(str::to_owned).collect();
        command.extend(["sh", "-c", SHELL, "small-disk"].map(str::to_owned));
        command.extend([text_of(&disk), text_of(&self.data().join("base"))]);
        command.push(format!("{megabytes}m"));
        command
    }
}
