//! The mailbox in a SQLite file, which several processes may share.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{MOST_MAILS, Mail, MailboxFault, StoredMail};
use crate::tasks::{Runtime, start_blocking};

/// How long to wait for another process that has the file: longer than any transaction here takes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

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

/// Mails in a file, or in memory.
#[derive(Clone)]
pub(super) struct SqliteMails {
    connection: Arc<Mutex<Connection>>,
}

impl SqliteMails {
    pub(super) fn open(path: &Path) -> Result<Self, MailboxFault> {
        Self::with(Connection::open(path)?)
    }

    pub(super) fn in_memory() -> Result<Self, MailboxFault> {
        Self::with(Connection::open_in_memory()?)
    }

    fn with(connection: Connection) -> Result<Self, MailboxFault> {
        // Before anything else, since even to switch the journal is to wait for the others.
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit survives a power failure too.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    pub(super) async fn all(&self) -> Result<Vec<StoredMail>, MailboxFault> {
        self.run(|connection| {
            let mut query = connection.prepare_cached("SELECT * FROM mails ORDER BY id DESC")?;
            query.query_map([], read)?.collect()
        })
        .await
    }

    pub(super) async fn find(&self, id: i64) -> Result<Option<StoredMail>, MailboxFault> {
        self.run(move |connection| {
            let mut query = connection.prepare_cached("SELECT * FROM mails WHERE id = ?1")?;
            query.query_row([id], read).optional()
        })
        .await
    }

    pub(super) async fn keep(&self, mail: &Mail) -> Result<(), MailboxFault> {
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
        self.run(move |connection| {
            // Immediate, so that a second process on the same file waits here and not in the middle.
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
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
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, MailboxFault> {
        let connection = Arc::clone(&self.connection);
        let done = start_blocking(&Runtime, move || work(&mut lock(&connection)));
        Ok(done.await?)
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
