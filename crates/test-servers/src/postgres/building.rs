//! Making a server: its directory, its settings, its first start.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{Disk, PostgresServer, SUPERUSER};
use crate::database::Address;
use crate::machine::{Port, ServiceUser, find_postgres, run, text_of};

/// What every server here has. Tests run side by side, each with its pools, hence the connections.
const SETTINGS: &[(&str, &str)] = &[
    ("listen_addresses", "127.0.0.1"),
    ("max_connections", "200"),
    ("log_min_messages", "warning"),
    ("shared_buffers", "64MB"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
];

/// Settings of a server that is not started yet.
#[derive(Debug, Clone)]
pub struct PostgresServerBuilder {
    settings: Vec<(String, String)>,
}

impl PostgresServerBuilder {
    pub(crate) fn new() -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            settings: SETTINGS.iter().map(own).collect(),
        }
    }

    /// A line of `postgresql.conf`. The last one of a name counts.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The server never waits for the disk. What it committed still outlives its processes, not the machine.
    #[must_use]
    pub fn without_fsync(self) -> Self {
        self.setting("fsync", "off")
            .setting("full_page_writes", "off")
    }

    /// Makes the data directory, starts the server and waits until it answers.
    pub fn start(self) -> PostgresServer {
        self.start_on(Disk::Ordinary)
    }

    pub(crate) fn start_on(self, disk: Disk) -> PostgresServer {
        let server = PostgresServer::prepare(disk);
        server.run_as_user(&server.initdb());
        let mut lines = String::new();
        for (name, value) in &self.settings {
            writeln!(lines, "{name} = '{value}'").unwrap();
        }
        append(&server.data().join("postgresql.conf"), &lines);
        server.launch();
        server
    }
}

impl PostgresServer {
    /// Everything but data and process.
    pub(crate) fn prepare(disk: Disk) -> Self {
        let programs = find_postgres().expect(
            "PostgreSQL is on this machine (Debian: `apt-get install postgresql`; or name its \
             folder of programs in ENLIST_TEST_POSTGRES_BIN)",
        );
        let user = ServiceUser::find();
        let port = Port::reserve();
        Self {
            guard: Mutex::new(None),
            address: Address::of_port(port.number),
            port,
            programs,
            user,
            disk,
            home: user.make_home("postgres"),
        }
    }

    fn initdb(&self) -> Vec<String> {
        let mut command = vec![self.program("initdb")];
        command.extend(["-D".to_owned(), text_of(&self.data())]);
        let options = "--auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions";
        command.extend(options.split(' ').map(str::to_owned));
        command.push(format!("--username={SUPERUSER}"));
        command
    }

    /// The path of one of PostgreSQL's programs.
    pub(crate) fn program(&self, name: &str) -> String {
        text_of(&self.programs.join(name))
    }

    /// Runs a command to its end as the server's user.
    pub(crate) fn run_as_user(&self, command: &[String]) {
        let mut all = self.user.prefix();
        all.extend_from_slice(command);
        run(&all, self.home.path());
    }

    /// Where the server keeps its socket and its log.
    pub(crate) fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }
}

/// Adds lines to a file of settings, in which the last line of a name counts.
pub(crate) fn append(file: &Path, lines: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .open(file)
        .expect("the server's settings can be opened");
    file.write_all(lines.as_bytes())
        .expect("the server's settings can be written");
}
