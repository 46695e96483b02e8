//! The embedded mailbox: keeps mails in a file of its own instead of sending them, for trying Enlist
//! out. Its file holds links and codes, as a recipient's mailbox would; the database never does.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{Mail, MailOutcome, Mailer};
use crate::bounded::outcome;

/// Mails that are kept; older ones make room.
pub const MOST_MAILS: u32 = 1000;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS mails (
        id INTEGER PRIMARY KEY,
        message_id TEXT NOT NULL UNIQUE, -- a repeat of a mail is recognised by it and kept once
        sender TEXT NOT NULL,
        recipient TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        html TEXT NOT NULL,
        sent_at TEXT NOT NULL -- RFC 3339, UTC
    ) STRICT";

/// Mails in a SQLite file.
#[derive(Clone)]
pub struct Mailbox {
    connection: Arc<Mutex<Connection>>,
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
#[error("the mailbox cannot be used: {0}")]
pub struct MailboxFault(#[from] rusqlite::Error);

impl Mailbox {
    /// Opens or creates the file.
    pub fn open(path: &Path) -> Result<Self, MailboxFault> {
        Self::with(Connection::open(path)?)
    }

    /// One that is forgotten at the end.
    pub fn in_memory() -> Result<Self, MailboxFault> {
        Self::with(Connection::open_in_memory()?)
    }

    fn with(connection: Connection) -> Result<Self, MailboxFault> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A mail that was accepted is there, whatever happens: its job is done and will not come back.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// All mails, the newest first.
    pub async fn mails(&self) -> Result<Vec<StoredMail>, MailboxFault> {
        self.run(|connection| {
            let mut query = connection.prepare_cached("SELECT * FROM mails ORDER BY id DESC")?;
            query.query_map([], read)?.collect()
        })
        .await
    }

    /// One mail.
    pub async fn mail(&self, id: i64) -> Result<Option<StoredMail>, MailboxFault> {
        self.run(move |connection| {
            let mut query = connection.prepare_cached("SELECT * FROM mails WHERE id = ?1")?;
            query.query_row([id], read).optional()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, MailboxFault> {
        let connection = Arc::clone(&self.connection);
        let done = tokio::task::spawn_blocking(move || work(&mut lock(&connection)));
        Ok(outcome(done).await?)
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> MailOutcome {
        let row = [
            &mail.message_id,
            &mail.from,
            &mail.to,
            &mail.subject,
            &mail.text,
            &mail.html,
        ]
        .map(Clone::clone);
        let sent_at = mail.sent_at.to_string();
        let kept = self.run(move |connection| {
            let transaction = connection.transaction()?;
            let [message_id, from, to, subject, text, html] = row;
            transaction
                .prepare_cached(
                    "INSERT INTO mails (message_id, sender, recipient, subject, text, html, sent_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (message_id) DO NOTHING",
                )?
                .execute(params![message_id, from, to, subject, text, html, sent_at])?;
            transaction
                .prepare_cached("DELETE FROM mails WHERE id <= (SELECT max(id) FROM mails) - ?1")?
                .execute([MOST_MAILS])?;
            transaction.commit()
        });
        match kept.await {
            Ok(()) => MailOutcome::Accepted,
            Err(fault) => MailOutcome::Temporary(fault.to_string()),
        }
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A panic elsewhere cannot leave a transaction half done: SQLite rolls it back.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredMail> {
    Ok(StoredMail {
        id: row.get("id")?,
        message_id: row.get("message_id")?,
        from: row.get("sender")?,
        to: row.get("recipient")?,
        subject: row.get("subject")?,
        text: row.get("text")?,
        html: row.get("html")?,
        sent_at: row.get("sent_at")?,
    })
}
