//! The service as a process: started, paused, killed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::chance::Chance;
use super::gateway::{Gateway, TIMEOUT};
use super::site::Site;
use super::weather::Weather;

const GATEWAY_FAULTS: &str = "ENLIST_GATEWAY__SANDBOX__FAULTS";

/// How one start of the service differs from the next.
#[derive(Clone)]
pub struct Settings {
    pub variables: Vec<(&'static str, String)>,
    /// Of a gateway beside the service; none: a calm one.
    weather: Option<Weather>,
}

impl Settings {
    /// As the end needs it: everything goes well, and nobody is hurried.
    pub fn without_faults() -> Self {
        Self::with(Vec::new())
    }

    /// Without faults, with these variables.
    pub fn with(variables: Vec<(&'static str, String)>) -> Self {
        Self {
            variables,
            weather: None,
        }
    }

    /// What makes a round hard: a gateway that fails, persons who have no time, drivers who have none.
    pub fn for_a_round(gateway: &Gateway, chance: &mut Chance) -> Self {
        let (mut variables, weather) = match gateway {
            Gateway::Sandbox => (Self::of_the_sandbox(chance), None),
            Gateway::Stripe(_) => (Vec::new(), Some(Weather::any(chance))),
        };
        if chance.one_in(4) {
            variables.push((VERIFY_WITHIN, "2s".to_owned()));
        }
        if chance.one_in(4) {
            variables.push(("ENLIST_REGISTRATION__ACTION_DEADLINE", "1s".to_owned()));
        }
        if chance.one_in(4) {
            variables.push(("ENLIST_REGISTRATION__DEADLINE", "1s".to_owned()));
        }
        Self { variables, weather }
    }

    fn of_the_sandbox(chance: &mut Chance) -> Vec<(&'static str, String)> {
        let mut variables = vec![(
            "ENLIST_GATEWAY__SANDBOX__LATENCY",
            chance.pick(&["0ms", "1ms", "4ms", "12ms"]).to_owned(),
        )];
        if chance.one_in(2) {
            variables.push((GATEWAY_FAULTS, chance.pick(FAULTS).to_owned()));
        }
        variables
    }

    /// Whether the gateway is to fail.
    pub fn have_faults(&self) -> bool {
        let weather = self.weather.as_ref();
        let mut names = self.variables.iter().map(|(name, _)| *name);
        weather.is_some_and(|weather| !weather.faults.is_empty())
            || names.any(|name| name == GATEWAY_FAULTS)
    }
}

/// Rates low enough that most registrations still succeed.
const FAULTS: &[&str] = &[
    "*:lose_reply:0.05, *:rate_limit:0.03",
    "*:fail_after:0.04, *:fail_before:0.04",
    "*:hang:0.02, *:refuse:0.05, *:lose_reply:0.02",
    "create_customer:fail_after:0.1, start_subscription:fail_after:0.1",
    "create_customer:lose_reply:0.2, start_subscription:lose_reply:0.2",
    "start_subscription:hang:0.1, refund_charge:fail_after:0.3, delete_customer:lose_reply:0.3",
];

/// How long an address may be unverified, and how long a pending registration is kept.
pub const VERIFY_WITHIN: &str = "ENLIST_VERIFICATION__DEADLINE";

/// `registration.lease`, in words and as a duration.
pub const LEASE: &str = "1s";
pub const LEASE_MS: u64 = 1_000;

/// What every start has in common. A lease so short, and calls shorter still, that takeovers happen
/// within a round; passwords hashed as cheaply as Argon2 allows.
const ALWAYS: &[(&str, &str)] = &[
    ("ENLIST_SERVER__LISTEN", "127.0.0.1:0"),
    ("ENLIST_LIMITS__ENABLED", "false"),
    ("ENLIST_PASSWORDS__MEMORY_KIB", "8"),
    ("ENLIST_PASSWORDS__PASSES", "1"),
    ("ENLIST_REGISTRATION__LEASE", LEASE),
    ("ENLIST_DATABASE__TIMEOUT", "1s"),
    ("ENLIST_REGISTRATION__SWEEP_INTERVAL", "100ms"),
    ("ENLIST_GATEWAY__TIMEOUT", TIMEOUT),
    ("ENLIST_LOG", "info"),
];

/// A running service. Dropped, it is killed.
pub struct Service {
    process: Child,
    out: BufReader<ChildStdout>,
}

impl Service {
    /// Starts the service at a place.
    pub fn start(site: &Site, settings: &Settings) -> Self {
        site.gateway.bring(settings.weather.as_ref());
        let mut process = Command::new(env!("CARGO_BIN_EXE_enlist"))
            .arg("serve")
            .current_dir(site.path())
            .env_clear()
            .env("ENLIST_DATA_DIR", site.data())
            .envs(ALWAYS.iter().copied())
            .envs(variables(&site.variables))
            .envs(variables(&settings.variables))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log(site.path()))
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        Self { process, out }
    }

    /// The port that it listens on, once it says so.
    pub fn port(&mut self) -> u16 {
        let mut said = String::new();
        while self.out.read_line(&mut said).unwrap() > 0 {
            let port = said.lines().find_map(|line| {
                let (_, address) = line.split_once(" is running on 127.0.0.1:")?;
                address.trim_end_matches('.').parse().ok()
            });
            if let Some(port) = port {
                return port;
            }
        }
        panic!("the service ended before it listened; it said: {said}, and its log says why");
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Stops it in the middle of whatever it does.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on as if nothing had happened.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Tells it to end, and sees that it ends well.
    pub fn stop(&mut self) {
        self.signal("TERM");
        let status = self.process.wait().unwrap();
        assert!(
            status.success(),
            "told to stop, the service ended with {status}"
        );
    }

    fn signal(&self, name: &str) {
        let process = self.process.id();
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -s {name} {process}")])
            .status();
        assert!(sent.unwrap().success(), "{name} could not be sent");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn variables<'a>(
    these: &'a [(&'static str, String)],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    these.iter().map(|(name, value)| (*name, value.as_str()))
}

/// Where the log of every start goes.
fn log(folder: &Path) -> File {
    let path = folder.join("log");
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap()
}
