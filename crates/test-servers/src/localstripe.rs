//! localstripe: a stateful fake of Stripe by others, to see what our adapter does with somebody else's idea of
//! Stripe. Older and less strict than the real one: no `Idempotency-Key`, no `items[price]`, no
//! `error_if_incomplete`.

use std::fs;
use std::net::TcpStream;

use tempfile::TempDir;

use crate::guard::Guard;
use crate::machine::{Port, text_of, wait_for};
use crate::python::python;

/// Keeps it on the loopback interface and off the disk.
const WRAPPER: &str = include_str!("localstripe.py");

/// A localstripe of one test's own, empty, in memory.
pub struct Localstripe {
    guard: Guard,
    port: Port,
    home: TempDir,
}

impl Localstripe {
    /// Starts one, and installs it first where it is not.
    pub fn start() -> Self {
        let home = tempfile::Builder::new()
            .prefix("enlist-localstripe-")
            .tempdir()
            .expect("a directory can be made");
        let port = Port::reserve();
        let wrapper = home.path().join("wrapper.py");
        fs::write(&wrapper, WRAPPER).expect("the directory can be written to");
        let log = home.path().join("log");
        let command = [
            "env".to_owned(),
            format!("TMPDIR={}", text_of(home.path())),
            text_of(&python()),
            text_of(&wrapper),
            port.number.to_string(),
        ];
        let guard = Guard::start(&command, home.path(), &log, "TERM");
        let server = Self { guard, port, home };
        wait_for(
            "localstripe to listen",
            || server.log(),
            || {
                let log = server.log();
                assert!(
                    server.guard.is_running(),
                    "localstripe ended at once:\n{log}"
                );
                TcpStream::connect(("127.0.0.1", server.port.number)).is_ok()
            },
        );
        server
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end. Any secret key that begins with `sk_` will do.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number)
    }

    /// All that it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}
