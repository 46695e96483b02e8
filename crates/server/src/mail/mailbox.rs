//! The embedded mailbox: keeps mails in a file of its own, or in a schema of its own on PostgreSQL,
//! instead of sending them, for trying Enlist out. It holds links and codes, as a recipient's mailbox
//! would; the service's own tables never do.

mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use enlist_postgres::Connector;
use serde::Serialize;

use super::{Mail, MailOutcome, Mailer};
use postgres::PostgresMails;
use sqlite::SqliteMails;

/// Mails that are kept; older ones make room.
pub const MOST_MAILS: u32 = 1000;

/// Mails that were "sent".
#[derive(Clone)]
pub struct Mailbox {
    home: Home,
}

#[derive(Clone)]
enum Home {
    Sqlite(SqliteMails),
    Postgres(Arc<PostgresMails>),
}

/// A mail as it is kept.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StoredMail {
    /// Counts up.
    pub id: i64,
    /// See [`Mail::message_id`].
    pub message_id: String,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As HTML.
    pub html: String,
    /// RFC 3339, UTC.
    pub sent_at: String,
}

/// The mailbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MailboxFault {
    /// Its file cannot be used.
    #[error("the mailbox cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Its database cannot be used.
    #[error("the mailbox cannot be used: {reason}")]
    Postgres {
        /// What was said, without what is in a mail.
        reason: String,
        /// Whether it may be gone at the next try.
        is_passing: bool,
    },
    /// Its database is silent.
    #[error("the mailbox cannot be used: no answer within {} ms", .0.as_millis())]
    NoAnswer(Duration),
}

impl MailboxFault {
    fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Postgres {
                is_passing: true,
                ..
            }
        )
    }
}

impl Mailbox {
    /// Opens or creates the file.
    pub fn open(path: &Path) -> Result<Self, MailboxFault> {
        let home = Home::Sqlite(SqliteMails::open(path)?);
        Ok(Self { home })
    }

    /// One that is forgotten at the end.
    pub fn in_memory() -> Result<Self, MailboxFault> {
        let home = Home::Sqlite(SqliteMails::in_memory()?);
        Ok(Self { home })
    }

    /// One that is shared by all who open it on the same database, in the schema `enlist_mailbox`.
    pub async fn on_postgres(connector: Connector) -> Result<Self, MailboxFault> {
        let home = Home::Postgres(Arc::new(PostgresMails::open(connector).await?));
        Ok(Self { home })
    }

    /// All mails, the newest first.
    pub async fn mails(&self) -> Result<Vec<StoredMail>, MailboxFault> {
        match &self.home {
            Home::Sqlite(mails) => mails.all().await,
            Home::Postgres(mails) => mails.all().await,
        }
    }

    /// One mail.
    pub async fn mail(&self, id: i64) -> Result<Option<StoredMail>, MailboxFault> {
        match &self.home {
            Home::Sqlite(mails) => mails.find(id).await,
            Home::Postgres(mails) => mails.find(id).await,
        }
    }
}

/// A mail that was accepted is there, whatever happens: its job is done and will not come back.
#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> MailOutcome {
        let kept = match &self.home {
            Home::Sqlite(mails) => mails.keep(mail).await,
            Home::Postgres(mails) => mails.keep(mail).await,
        };
        match kept {
            Ok(()) => MailOutcome::Accepted,
            Err(fault) => MailOutcome::Temporary(fault.to_string()),
        }
    }
}
