//! Starting, stopping, killing and pausing a server.

use super::{Disk, PostgresServer};
use crate::guard::Guard;
use crate::machine::{children_of, signal, text_of, wait_for};

/// How a server is stopped in an orderly way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// Ends all sessions, writes everything down, ends. The next start has nothing to recover.
    Fast,
    /// Ends at once; the next start recovers from the log of changes.
    Immediate,
}

impl StopMode {
    fn signal(self) -> &'static str {
        match self {
            Self::Fast => "INT",
            Self::Immediate => "QUIT",
        }
    }
}

impl PostgresServer {
    /// Stops it, paused or not, and waits until it is gone. Nothing happens if it is stopped already.
    pub fn stop(&self, mode: StopMode) {
        if self.guard().is_some() && mode == StopMode::Fast {
            // Sessions that are frozen would be waited for.
            self.resume();
        }
        if let Some(guard) = self.guard().take() {
            guard.stop(mode.signal());
        }
    }

    /// `kill -9` for the server and all its processes at the same moment; returns when they are gone.
    pub fn kill(&self) {
        if let Some(guard) = self.guard().take() {
            guard.kill();
        }
    }

    /// Starts a server that was stopped or killed, on the same port and data; returns when it answers.
    pub fn start_again(&self) {
        assert!(
            self.disk == Disk::Ordinary,
            "a small disk is gone with its server and cannot be started again"
        );
        assert!(self.guard().is_none(), "the server was not stopped");
        self.launch();
    }

    /// Stops it and starts it again.
    pub fn restart(&self, mode: StopMode) {
        self.stop(mode);
        self.start_again();
    }

    /// Freezes it: connections stay open and nothing is answered. (A new one is taken by the system.)
    pub fn pause(&self) {
        signal("STOP", &[self.process()]);
        signal("STOP", &children_of(self.process()));
    }

    /// Ends a pause.
    pub fn resume(&self) {
        signal("CONT", &children_of(self.process()));
        signal("CONT", &[self.process()]);
    }

    /// The process id of the postmaster. Panics if it is stopped.
    pub fn process(&self) -> u32 {
        self.guard()
            .as_ref()
            .expect("the server was started")
            .server()
    }

    /// Starts the process and waits until it answers.
    pub(crate) fn launch(&self) {
        let mut command = match self.disk {
            Disk::Ordinary => Vec::new(),
            Disk::Small { megabytes } => self.on_small_disk(megabytes),
        };
        command.extend(self.user.prefix());
        command.extend([self.program("postgres"), "-D".to_owned()]);
        command.extend([text_of(&self.data()), "-k".to_owned()]);
        command.extend([text_of(&self.home()), "-p".to_owned()]);
        command.push(self.port().to_string());
        let guard = Guard::start(&command, self.home.path(), &self.log_file(), "QUIT");
        let quoted = || format!("the server's log:\n{}", self.log());
        wait_for("PostgreSQL to start", quoted, || {
            assert!(guard.is_running(), "PostgreSQL ended at once; {}", quoted());
            self.is_ready(guard.server())
        });
        *self.guard() = Some(guard);
    }

    /// The server itself writes into its directory when it takes connections. Merely connecting could
    /// reach another server on this port.
    fn is_ready(&self, process: u32) -> bool {
        let file = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines.first() == Some(&process.to_string().as_str()) && lines.get(7) == Some(&"ready")
    }
}
