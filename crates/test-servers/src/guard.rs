//! One server process that cannot outlive its maker.
//!
//! Between maker and server stands a small shell. It reads from a pipe of which only the maker has the
//! other end: when the maker is gone, by whatever signal, the shell reads the end of the pipe, stops
//! the server and removes its directory.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::machine::{is_running, signal};

/// `$1`: the signal that stops the server at once; `$2`: its directory; `$3`: its log; then its command.
/// A paused server is continued first, since it could not act on the signal.
const SHELL: &str = r#"
at_once=$1; home=$2; log=$3; shift 3
"$@" </dev/null >>"$log" 2>&1 &
server=$!
echo "$server"
exec >/dev/null
if read -r order; then
    kill -s "$order" "$server"; kill -s CONT "$server"; wait "$server"
else
    kill -s "$at_once" "$server"; kill -s CONT "$server"; wait "$server"
    rm -rf "$home"
fi
"#;

/// A running server and the shell above it.
pub(crate) struct Guard {
    shell: Child,
    server: u32,
    at_once: &'static str,
}

impl Guard {
    /// Starts `command`, which `at_once` (a signal's name) stops. Its output goes to `log`.
    pub(crate) fn start(
        command: &[String],
        home: &Path,
        log: &Path,
        at_once: &'static str,
    ) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", SHELL, "server-guard", at_once])
            .args([home, log])
            .args(command)
            .current_dir(home)
            // Ctrl-C is for the maker; the shell must live on to clean up.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell can be started");
        let mut said = String::new();
        BufReader::new(shell.stdout.take().unwrap())
            .read_line(&mut said)
            .expect("the shell names the server's process");
        let server = said.trim().parse().unwrap_or_else(|_| {
            panic!("the shell could not start {command:?}");
        });
        Self {
            shell,
            server,
            at_once,
        }
    }

    /// The server's process id.
    pub(crate) fn server(&self) -> u32 {
        self.server
    }

    /// Whether the server has not ended by itself.
    pub(crate) fn is_running(&self) -> bool {
        is_running(self.server)
    }

    /// Sends the signal and waits until the server has ended.
    pub(crate) fn stop(mut self, by_signal: &str) {
        self.end(by_signal);
    }

    /// Kills the server's process and all of its children. Stopping it first keeps it from making more.
    pub(crate) fn kill(mut self) {
        signal("STOP", &[self.server]);
        let mut family = crate::machine::children_of(self.server);
        family.push(self.server);
        signal("KILL", &family);
        self.end("KILL");
        crate::machine::wait_for(
            "the killed server's processes to be gone",
            String::new,
            || family.iter().all(|process| !is_running(*process)),
        );
    }

    fn end(&mut self, by_signal: &str) {
        if let Some(mut orders) = self.shell.stdin.take() {
            // The shell may be gone already if somebody killed it; then there is nobody to tell.
            writeln!(orders, "{by_signal}").ok();
        }
        self.shell.wait().ok();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.end(self.at_once);
    }
}
