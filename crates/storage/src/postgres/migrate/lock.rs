//! The lock that one migration holds and the others wait for.
//!
//! It is a transaction's, so that it works through a pooler, and ends with us however we end. The
//! transaction is idle while refinery works on another connection, so nothing may end it for that.

use std::time::Duration;

use enlist_postgres::in_words;
use tokio::time::Instant;
use tokio_postgres::Client;

use super::{PostgresOpenFault, Schema};
use crate::postgres::session::wait;

/// Which lock: "Enls". Any other program that uses the same number waits for us, and we for it.
pub(in crate::postgres) const LOCK: i64 = 0x456e_6c73;

/// How long another process may take for its migrations. They are short; a process that was paused
/// in the middle, or another program with the same lock, is for an operator to look at.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// Between two looks at whether the lock is free.
const PAUSE: Duration = Duration::from_millis(200);

/// The limits that a role or a database may set for its transactions. Which of them there are
/// depends on the server's version: `transaction_timeout` came with 17.
const BEGIN_WITHOUT_LIMITS: &str = "BEGIN; SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')";

/// The same for what a migration does: rewriting a large table takes its time.
const WITHOUT_LIMITS: &str = "SELECT set_config(name, '0', false) FROM pg_settings
    WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')";

impl Schema {
    /// Returns once the lock is had; it is kept until the connection's transaction ends.
    pub(super) async fn lock(&self, client: &Client) -> Result<(), PostgresOpenFault> {
        let until = Instant::now() + self.patience;
        let begun = client.batch_execute(BEGIN_WITHOUT_LIMITS).await;
        begun.map_err(|error| self.failed(in_words(&error)))?;
        let mut is_told = false;
        loop {
            let is_locked = try_lock(client).await;
            if is_locked.map_err(|error| self.failed(in_words(&error)))? {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(PostgresOpenFault::StillMigrating {
                    database: self.database.clone(),
                    waited_s: self.patience.as_secs(),
                });
            }
            if !is_told {
                tracing::info!("another process is migrating; waiting for it");
                is_told = true;
            }
            wait(PAUSE).await;
        }
    }

    /// A connection for the migrations themselves. It is made once the lock is had: one that waited
    /// with nothing to do might be ended for that.
    pub(super) async fn connect_without_limits(&self) -> Result<Client, PostgresOpenFault> {
        let client = self.connect().await?;
        let set = client.batch_execute(WITHOUT_LIMITS).await;
        set.map_err(|error| self.failed(in_words(&error)))?;
        Ok(client)
    }
}

async fn try_lock(client: &Client) -> Result<bool, tokio_postgres::Error> {
    let attempt = format!("SELECT pg_try_advisory_xact_lock({LOCK}) AS is_locked");
    let rows = client.query_typed(&attempt, &[]).await?;
    rows.first()
        .map_or(Ok(false), |row| row.try_get("is_locked"))
}
