//! A pooler between a program and PostgreSQL.

use std::fs;
use std::net::TcpStream;

use tempfile::TempDir;

use crate::database::Database;
use crate::guard::Guard;
use crate::machine::{Port, ServiceUser, find_pgbouncer, text_of, wait_for};
use crate::postgres::{FIRST_DATABASE, PostgresServer, SUPERUSER};

/// Connections of programs; far more than any test makes.
const MOST_CLIENTS: u32 = 1000;

/// A pgbouncer that gives out a connection per transaction: what a session sets is gone, or another's,
/// in the next one.
pub struct PgBouncer {
    guard: Guard,
    port: Port,
    home: TempDir,
}

impl PgBouncer {
    /// In front of a server, with at most `pool_size` connections to each of its databases.
    pub fn transaction_mode(server: &PostgresServer, pool_size: u32) -> Self {
        Self::start(server.port(), pool_size)
    }

    /// The same, in front of the server that a database is on.
    pub fn transaction_mode_for(database: &Database, pool_size: u32) -> Self {
        Self::start(database.port(), pool_size)
    }

    /// A database's URL through the pooler.
    pub fn url_of(&self, database: &str) -> String {
        format!(
            "postgres://{SUPERUSER}@127.0.0.1:{}/{database}",
            self.port.number
        )
    }

    /// The first database's URL through the pooler.
    pub fn url(&self) -> String {
        self.url_of(FIRST_DATABASE)
    }

    /// On 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// The pooler's process id.
    pub fn process(&self) -> u32 {
        self.guard.server()
    }

    /// All that it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    fn start(server_port: u16, pool_size: u32) -> Self {
        let program = find_pgbouncer()
            .expect("pgbouncer is on this machine (Debian: `apt-get install pgbouncer`)");
        let user = ServiceUser::find();
        let (home, port) = (user.make_home("pgbouncer"), Port::reserve());
        let file = home.path().join("pgbouncer.ini");
        // `any`: whoever comes is the superuser at the server, without a list of users.
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={server_port} user={SUPERUSER}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = {pool_size}\n\
             max_client_conn = {MOST_CLIENTS}\nignore_startup_parameters = extra_float_digits\n",
            port.number
        );
        fs::write(&file, settings).expect("the pooler's directory can be written to");
        let mut command = user.prefix();
        command.extend([text_of(&program), text_of(&file)]);
        let log = home.path().join("log");
        let guard = Guard::start(&command, home.path(), &log, "TERM");
        let pooler = Self { guard, port, home };
        wait_for(
            "pgbouncer to listen",
            || pooler.log(),
            || {
                let log = pooler.log();
                assert!(pooler.guard.is_running(), "pgbouncer ended at once:\n{log}");
                TcpStream::connect(("127.0.0.1", pooler.port.number)).is_ok()
            },
        );
        pooler
    }
}
