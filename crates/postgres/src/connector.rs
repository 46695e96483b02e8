//! All that is needed to connect, and one connection outside a pool.

mod overdue;

use std::fmt;
use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::{Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::errors::in_words;

/// Knows where to and how to connect. Cheap to clone; files are not read again.
#[derive(Clone)]
pub struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    /// The URL as it may be shown.
    address: String,
}

impl Connector {
    pub(crate) fn new(config: Config, tls: ClientConfig, address: String) -> Self {
        Self {
            config,
            tls: MakeRustlsConnect::new(tls),
            address,
        }
    }

    /// What tokio-postgres is told.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// For what a caller decides and the URL does not, such as another `application_name`.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// TLS for `tokio_postgres`, also for cancelling a statement.
    #[must_use]
    pub fn tls(&self) -> &MakeRustlsConnect {
        &self.tls
    }

    /// For a pool: `deadpool_postgres::Manager::from_config(config, tls, …)`. Take [`deadline`](Self::deadline) before, for
    /// the pool's time-out of creating a connection.
    #[must_use]
    pub fn into_parts(self) -> (Config, MakeRustlsConnect) {
        (self.config, self.tls)
    }

    /// How long connecting may take in all: `connect_timeout` for each host, and once more for what is said after a socket
    /// is open. `connect_timeout` alone does not cover that: a server that is stopped, not gone, accepts and keeps silent.
    /// A name with several addresses gets no more. `None` where the URL has `connect_timeout=0`: then there is no limit.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let hosts = u32::try_from(self.config.get_hosts().len()).unwrap_or(u32::MAX);
        let timeout = self.config.get_connect_timeout()?;
        Some(timeout.saturating_mul(hosts.saturating_mul(2)))
    }

    /// Opens one connection. A task of its own drives it, until the client is dropped or the connection is lost.
    ///
    /// # Errors
    /// Nobody answered within [`deadline`](Self::deadline) (an I/O error of kind `TimedOut`), or the server refused. Tell it
    /// with [`in_words`]: the error's own words stop at "error connecting to server".
    pub async fn connect(&self) -> Result<Client, Error> {
        let connecting = self.config.connect(self.tls.clone());
        let (client, connection) = match self.deadline() {
            None => connecting.await?,
            Some(deadline) => match tokio::time::timeout(deadline, connecting).await {
                Ok(connected) => connected?,
                Err(_) => return Err(overdue::error(&self.config, deadline).await),
            },
        };
        let address = self.address.clone();
        tokio::spawn(async move {
            match connection.await {
                Ok(()) => tracing::debug!(address, "a connection to the database was closed"),
                Err(error) => {
                    let reason = in_words(&error);
                    tracing::debug!(address, reason, "a connection to the database was lost");
                }
            }
        });
        Ok(client)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Connector({})", self.address)
    }
}

impl fmt::Display for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.address)
    }
}
