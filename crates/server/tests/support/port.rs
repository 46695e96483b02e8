//! Ports for the service where it must be found again after a restart.

use std::fs::File;
use std::net::TcpListener;
use std::ops::Range;

/// Ports that the system gives nobody by itself, so that the service finds its own free when it is
/// started again; and none that the other servers of the tests take.
const PORTS: Range<u16> = 10_500..12_500;

/// A port of 127.0.0.1 that no other test takes while this value lives.
pub struct Port {
    pub number: u16,
    /// Holds the port.
    _lock: File,
}

impl Port {
    pub fn reserve() -> Self {
        let folder = std::env::temp_dir().join("enlist-test-replicas");
        std::fs::create_dir_all(&folder).unwrap();
        PORTS
            .cycle()
            .skip(std::process::id() as usize % PORTS.len())
            .take(PORTS.len())
            .find_map(|number| {
                let lock = File::create(folder.join(number.to_string())).ok()?;
                lock.try_lock().ok()?;
                TcpListener::bind(("127.0.0.1", number)).ok()?;
                Some(Self {
                    number,
                    _lock: lock,
                })
            })
            .expect("a port is free")
    }
}
