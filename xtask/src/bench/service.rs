//! The service in release, as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use enlist_test_servers::Database;

/// A running service. Dropped, it is killed.
pub struct Service {
    process: Child,
    /// Kept open: a service must not fail to write its greeting.
    _out: BufReader<ChildStdout>,
    pub port: u16,
}

/// What differs from the service as it is shipped: names and values of environment variables.
#[derive(Clone, Default)]
pub struct Configuration(Vec<(&'static str, String)>);

impl Configuration {
    /// On PostgreSQL. The sandbox keeps its books in a file of `folder`, so that what the database
    /// does is the store's alone.
    pub fn on_postgres(database: &Database, folder: &Path) -> Self {
        let books = folder.join("books.db");
        Self::default()
            .with("ENLIST_DATABASE__URL", &database.url())
            .with(
                "ENLIST_GATEWAY__SANDBOX__BOOKS",
                &format!("sqlite:{}", books.display()),
            )
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }

    /// The same key for all that are on one database. Not a secret: nothing here outlives the run.
    pub fn with_secret_key(self) -> Self {
        self.with(
            "ENLIST_SECRET_KEY",
            "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=",
        )
    }

    /// Hashing turned down as far as it goes.
    pub fn with_cheap_hashing(self) -> Self {
        self.with("ENLIST_PASSWORDS__MEMORY_KIB", "8")
            .with("ENLIST_PASSWORDS__PASSES", "1")
            .with("ENLIST_PASSWORDS__LANES", "1")
    }
}

impl Service {
    /// Starts the service on `folder`, configured as shipped but for its port, the limit on sign-ups
    /// per client address, and what `configuration` says.
    pub fn start(folder: &Path, configuration: &Configuration) -> anyhow::Result<Self> {
        let mut process = Command::new(crate::target().join("release/enlist"))
            .arg("serve")
            .current_dir(folder)
            .env_clear()
            .env("ENLIST_DATA_DIR", folder.join("data"))
            .env("ENLIST_SERVER__LISTEN", "127.0.0.1:0")
            .env("ENLIST_LIMITS__ENABLED", "false")
            .env("ENLIST_LOG", "warn")
            .envs(configuration.0.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the service cannot be started")?;
        let out = process.stdout.take().context("it has no output")?;
        let mut out = BufReader::new(out);
        let port = listening(&mut out)?;
        Ok(Self {
            process,
            _out: out,
            port,
        })
    }

    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// A figure of `/metrics`, summed over all lines that begin with `name` and hold one of `labels`.
    pub fn metric(&self, name: &str, labels: &[&str]) -> anyhow::Result<f64> {
        let url = format!("http://127.0.0.1:{}/metrics", self.port);
        let text = super::load::agent()
            .get(url)
            .call()?
            .body_mut()
            .read_to_string()?;
        let lines = text.lines().filter(|line| {
            line.starts_with(name) && labels.iter().any(|label| line.contains(label))
        });
        Ok(lines
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn listening(out: &mut impl BufRead) -> anyhow::Result<u16> {
    for line in out.lines() {
        let line = line?;
        if let Some((_, address)) = line.split_once(" is running on 127.0.0.1:") {
            return Ok(address.trim_end_matches('.').parse()?);
        }
    }
    bail!("the service ended before it listened")
}
