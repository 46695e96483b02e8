//! What is on this machine: programs, free ports, a user to run as, processes.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Names PostgreSQL's folder of programs, for machines where it is not found by itself.
const POSTGRES_PROGRAMS: &str = "ENLIST_TEST_POSTGRES_BIN";

/// How long anything may take to start or stop. Loaded machines are slow; a hanging server is a failure.
const PATIENCE_S: u64 = 60;
const BETWEEN_LOOKS_MS: u64 = 10;

/// Below the range from which the system takes ports for outgoing connections, so that a server that
/// is started again finds its port free.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The folder with PostgreSQL's programs: `ENLIST_TEST_POSTGRES_BIN`, `PATH`, or Debian's newest.
pub fn find_postgres() -> Option<PathBuf> {
    let is_complete = |folder: &PathBuf| {
        ["postgres", "initdb", "pg_basebackup"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    if let Some(named) = std::env::var_os(POSTGRES_PROGRAMS) {
        return Some(PathBuf::from(named)).filter(is_complete);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = std::env::split_paths(&path).find(is_complete) {
        return Some(found);
    }
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|version| {
            let version = version.ok()?;
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .filter(|(_, folder)| is_complete(folder))
        .max()
        .map(|(_, folder)| folder)
}

/// The program pgbouncer.
pub fn find_pgbouncer() -> Option<PathBuf> {
    find_program("pgbouncer")
}

/// The program nginx.
pub fn find_nginx() -> Option<PathBuf> {
    find_program("nginx")
}

/// Debian keeps servers in `sbin`, which is not in every user's `PATH`.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// As whom a server runs that refuses to run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceUser {
    /// We are not root.
    Ourselves,
    /// We are root and step down to this user.
    Other { user_id: u32, group_id: u32 },
}

impl ServiceUser {
    /// Debian's `postgres` if we are root and it exists, else `nobody`.
    pub(crate) fn find() -> Self {
        if !we_are_root() {
            return Self::Ourselves;
        }
        let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
        let ids_of = |name: &str| {
            users.lines().find_map(|line| {
                let fields: Vec<&str> = line.split(':').collect();
                (fields[0] == name).then(|| Self::Other {
                    user_id: fields[2].parse().unwrap(),
                    group_id: fields[3].parse().unwrap(),
                })
            })
        };
        ids_of("postgres")
            .or_else(|| ids_of("nobody"))
            .expect("there is a user `postgres` or `nobody`")
    }

    /// What goes before a command so that this user runs it, in the same process.
    pub(crate) fn prefix(self) -> Vec<String> {
        match self {
            Self::Ourselves => Vec::new(),
            Self::Other { user_id, group_id } => vec![
                "setpriv".to_owned(),
                format!("--reuid={user_id}"),
                format!("--regid={group_id}"),
                "--clear-groups".to_owned(),
            ],
        }
    }

    /// A new directory that is this user's, in the first place that this user can enter.
    pub(crate) fn make_home(self, purpose: &str) -> TempDir {
        let places = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
        let mut homes = places.iter().filter_map(|place| {
            let home = tempfile::Builder::new()
                .prefix(&format!("enlist-{purpose}-"))
                .permissions(fs::Permissions::from_mode(0o700))
                .tempdir_in(place)
                .ok()?;
            if let Self::Other { user_id, group_id } = self {
                chown(home.path(), Some(user_id), Some(group_id)).ok()?;
            }
            let mut test = self.prefix();
            test.extend(["test".to_owned(), "-w".to_owned(), text_of(home.path())]);
            succeeds(&test).then_some(home)
        });
        homes.next().expect("there is a place for temporary files")
    }
}

/// Whether we are root. `/proc/self` belongs to whom this process runs as.
pub(crate) fn we_are_root() -> bool {
    own_user_id() == 0
}

fn own_user_id() -> u32 {
    fs::metadata("/proc/self").expect("/proc is there").uid()
}

fn succeeds(command: &[String]) -> bool {
    let status = Command::new(&command[0])
        .args(&command[1..])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Runs a command to its end in `folder`; panics with what it said if it fails.
pub(crate) fn run(command: &[String], folder: &Path) {
    let done = Command::new(&command[0])
        .args(&command[1..])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|fault| panic!("{} cannot be started: {fault}", command[0]));
    let (said, complained) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert!(
        done.status.success(),
        "{command:?} failed: {}\n{said}\n{complained}",
        done.status
    );
}

/// A path as text; ours have no odd characters.
pub(crate) fn text_of(path: &Path) -> String {
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// A port of 127.0.0.1 that no other test takes while this value lives.
pub(crate) struct Port {
    pub(crate) number: u16,
    /// Locked against the other test processes, which would else find the same port free at the same time.
    _reservation: File,
}

impl Port {
    pub(crate) fn reserve() -> Self {
        let folder = std::env::temp_dir().join(format!("enlist-test-ports-{}", own_user_id()));
        fs::create_dir_all(&folder).expect("a folder for the locks of ports can be made");
        let count = u32::from(PORTS.end - PORTS.start);
        // Processes begin at different places, so that they seldom look at the same ports.
        let first = std::process::id().wrapping_mul(97);
        (0..count)
            .map(|step| PORTS.start + u16::try_from(first.wrapping_add(step) % count).unwrap())
            .find_map(|number| {
                let reservation = File::create(folder.join(number.to_string())).ok()?;
                reservation.try_lock().ok()?;
                TcpListener::bind(("127.0.0.1", number)).ok()?;
                Some(Self {
                    number,
                    _reservation: reservation,
                })
            })
            .expect("a port is free")
    }
}

/// Sends a signal, by its name, to processes. Ones that are gone already are passed over.
pub(crate) fn signal(name: &str, processes: &[u32]) {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        r#"for one in "$@"; do kill -s "$0" "$one"; done"#,
        name,
    ]);
    command.args(processes.iter().map(u32::to_string));
    command.stderr(Stdio::null()).status().ok();
}

/// Whether the process is there and not merely waiting to be collected.
pub(crate) fn is_running(process: u32) -> bool {
    state_and_parent(process).is_some_and(|(state, _)| state != "Z" && state != "X")
}

/// The processes that this process started.
pub(crate) fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("/proc is there");
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|process| state_and_parent(*process).is_some_and(|(_, of)| of == parent))
        .collect()
}

fn state_and_parent(process: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name stands in brackets and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// Looks again and again until it is so; panics with `log` if that takes too long.
pub(crate) fn wait_for(what: &str, log: impl Fn() -> String, mut is_so: impl FnMut() -> bool) {
    for _ in 0..PATIENCE_S * 1000 / BETWEEN_LOOKS_MS {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(BETWEEN_LOOKS_MS));
    }
    panic!("waited {PATIENCE_S} s in vain for {what}\n{}", log());
}
