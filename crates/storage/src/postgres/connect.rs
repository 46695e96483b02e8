//! Making connections, with the settings that a session needs, or the discovery that it cannot have
//! any: behind a pooler that hands out its connections by the transaction, nothing but the
//! transaction is ours.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use enlist_postgres::Connector;
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, SimpleQueryMessage};

use super::session::note_pooler;
use super::{Isolation, PostgresOptions};

/// A pool of connections, and what their makers found between us and the server.
pub(super) fn pool(
    connector: Connector,
    options: &PostgresOptions,
) -> Result<(Pool, Arc<AtomicBool>), deadpool_postgres::BuildError> {
    let is_pooled = Arc::new(AtomicBool::new(false));
    let config = connector.config().clone();
    let connect = Connecting {
        connector,
        settings: settings(options),
        timeout: options.timeout,
        is_pooled: Arc::clone(&is_pooled),
    };
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let pool = Pool::builder(Manager::from_connect(config, connect, recycling))
        .max_size(options.connections)
        .wait_timeout(Some(options.timeout))
        .create_timeout(Some(options.timeout))
        .runtime(Runtime::Tokio1)
        .build()?;
    Ok((pool, is_pooled))
}

/// What every session is to have: no transaction may outlast the lease of who is in it.
fn settings(options: &PostgresOptions) -> String {
    let timeout_ms = options.timeout.as_millis();
    let isolation = options.isolation.as_sql().replace(' ', "\\ ");
    format!(
        "-c statement_timeout={timeout_ms} -c idle_in_transaction_session_timeout={timeout_ms} \
         -c default_transaction_isolation={isolation}"
    )
}

/// The beginning of a transaction where the session cannot have those settings.
pub(super) fn begin(options: &PostgresOptions) -> String {
    let timeout_ms = options.timeout.as_millis();
    let isolation = options.isolation.as_sql();
    format!(
        "BEGIN ISOLATION LEVEL {isolation}; SET LOCAL statement_timeout = {timeout_ms}; \
         SET LOCAL idle_in_transaction_session_timeout = {timeout_ms}"
    )
}

impl Isolation {
    pub(super) fn as_sql(self) -> &'static str {
        match self {
            Self::ReadCommitted => "read committed",
            Self::RepeatableRead => "repeatable read",
            Self::Serializable => "serializable",
        }
    }
}

struct Connecting {
    connector: Connector,
    settings: String,
    timeout: Duration,
    is_pooled: Arc<AtomicBool>,
}

type Connection = (Client, JoinHandle<()>);

impl Connect for Connecting {
    fn connect(
        &self,
        _: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<Connection, Error>> + Send + '_>> {
        Box::pin(self.make())
    }
}

impl Connecting {
    async fn make(&self) -> Result<Connection, Error> {
        if self.is_pooled.load(Ordering::Relaxed) {
            return self.connector.open(self.timeout).await;
        }
        let mut connector = self.connector.clone();
        let options = match connector.config().get_options() {
            Some(options) => format!("{options} {}", self.settings),
            None => self.settings.clone(),
        };
        connector.config_mut().options(&options);
        match connector.open(self.timeout).await {
            Ok(connection) => {
                if !self.has_settings(&connection.0).await? {
                    note_pooler(&self.is_pooled);
                }
                Ok(connection)
            }
            // What pgbouncer says to `options`.
            Err(error) if error.code() == Some(&SqlState::PROTOCOL_VIOLATION) => {
                note_pooler(&self.is_pooled);
                self.connector.open(self.timeout).await
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the session has what it was opened with: a pooler may have kept it to itself.
    async fn has_settings(&self, client: &Client) -> Result<bool, Error> {
        let setting = "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'";
        let said = client.simple_query(setting).await?;
        let milliseconds = said.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        Ok(milliseconds == Some(self.timeout.as_millis().to_string().as_str()))
    }
}
