//! All that is needed to connect, and one connection outside a pool.

mod hosts;
mod overdue;

use std::fmt;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::task::JoinHandle;
use tokio::time::Instant;
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

    /// How long connecting may take in all: `connect_timeout` for each host, and once more for what is said after a socket
    /// is open. `connect_timeout` alone does not cover that: a server that is stopped, not gone, accepts and keeps silent.
    /// A name with several addresses gets no more. Of several hosts each has its share, so that one that keeps silent leaves
    /// time for the others. `None` where the URL has `connect_timeout=0`: then there is no limit.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let hosts = u32::try_from(self.config.get_hosts().len()).unwrap_or(u32::MAX);
        let timeout = self.config.get_connect_timeout()?;
        Some(timeout.saturating_mul(hosts.saturating_mul(2)))
    }

    /// Opens one connection. A task of its own drives it, until the client is dropped or the connection is lost.
    ///
    /// # Errors
    /// Nobody answered within [`deadline`](Self::deadline) (an I/O error of kind `TimedOut`), or the server refused; of
    /// several hosts, what the last one came to. Tell it with [`in_words`]: the error's own words stop at "error connecting
    /// to server".
    pub async fn connect(&self) -> Result<Client, Error> {
        let (client, _) = self.ask_each(self.deadline()).await?;
        Ok(client)
    }

    /// As [`connect`](Self::connect), for a pool, which has its own idea of how long it may take in all, and wants the task
    /// that drives the connection.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn open(&self, within: Duration) -> Result<(Client, JoinHandle<()>), Error> {
        self.ask_each(Some(within)).await
    }

    /// Each host gets an equal share of the time that the ones before it have left.
    async fn ask_each(&self, within: Option<Duration>) -> Result<(Client, JoinHandle<()>), Error> {
        let until = within.map(|within| Instant::now() + within);
        let hosts = hosts::each(&self.config);
        let shares = (1..=u32::try_from(hosts.len()).unwrap_or(u32::MAX)).rev();
        let mut last = None;
        for (config, left) in hosts.into_iter().zip(shares) {
            let limit = until.map(|until| until.duration_since(Instant::now()) / left);
            match self.ask(config, limit).await {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    let (address, reason) = (&self.address, in_words(&error));
                    tracing::debug!(address, reason, "one host of the database did not do");
                    last = Some(error);
                }
            }
        }
        match last {
            Some(error) => Err(error),
            // There is at least one host.
            None => Err(overdue::error(&self.config, Duration::ZERO).await),
        }
    }

    async fn ask(
        &self,
        mut config: Config,
        limit: Option<Duration>,
    ) -> Result<(Client, JoinHandle<()>), Error> {
        let (client, connection) = match limit {
            None => config.connect(self.tls.clone()).await?,
            Some(limit) => {
                hosts::limit_sockets(&mut config, limit);
                let connecting = config.connect(self.tls.clone());
                match tokio::time::timeout(limit, connecting).await {
                    Ok(connected) => connected?,
                    Err(_) => return Err(overdue::error(&config, limit).await),
                }
            }
        };
        let address = self.address.clone();
        let driver = tokio::spawn(async move {
            match connection.await {
                Ok(()) => tracing::debug!(address, "a connection to the database was closed"),
                Err(error) => {
                    let reason = in_words(&error);
                    tracing::debug!(address, reason, "a connection to the database was lost");
                }
            }
        });
        Ok((client, driver))
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
