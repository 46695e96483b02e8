//! The mailbox in a PostgreSQL database, in a schema of its own, for replicas to share. Nothing outlives
//! a transaction in the session, so a pooler may stand between.

use std::time::Duration;

use enlist_postgres::{
    Connector, in_words, is_connection_lost, is_out_of_connections, is_serialization_failure,
};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use super::{MOST_MAILS, Mail, MailboxFault, StoredMail};

/// The transactions that write wait for one another behind an advisory lock, "Enlm", so that ids are in
/// the order of the commits. All of a transaction is sent at once: nobody stops in the middle of it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
    SET LOCAL statement_timeout = 5000; \
    SET LOCAL synchronous_commit = on; \
    SELECT pg_advisory_xact_lock(x'456e6c6d'::bigint)";

/// A commit that waits for a standby is not to be cut short: it would count as done.
const COMMIT: &str = "SET LOCAL statement_timeout = 0; COMMIT";

/// How long to wait for an answer: as long as the server gives itself, there and back.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);

/// After what pauses something is tried again. Whatever was lost on the way may be repeated: a mail is
/// kept once. The first is none, since most often the server was merely started again since the last
/// mail; in all, short enough for a page.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(500),
];

/// Making what is missing. Whoever may not make a schema may have been given one.
const SCHEMA: &str = "DO $$ BEGIN
    IF to_regclass('enlist_mailbox.mails') IS NULL THEN
        IF to_regnamespace('enlist_mailbox') IS NULL THEN
            CREATE SCHEMA enlist_mailbox;
        END IF;
        CREATE TABLE enlist_mailbox.mails (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            message_id text NOT NULL UNIQUE, -- a repeat of a mail is recognised by it and kept once
            sender text NOT NULL,
            recipient text NOT NULL,
            subject text NOT NULL,
            text text NOT NULL,
            html text NOT NULL,
            sent_at text NOT NULL -- RFC 3339, UTC
        );
    END IF;
END $$";

const KEEP: &str = "INSERT INTO enlist_mailbox.mails
        (message_id, sender, recipient, subject, text, html, sent_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_id) DO NOTHING";

/// By counting, since ids have gaps: a repeat that is not kept takes one too.
const MAKE_ROOM: &str = "DELETE FROM enlist_mailbox.mails WHERE id <=
    (SELECT id FROM enlist_mailbox.mails ORDER BY id DESC OFFSET $1 LIMIT 1)";

const ALL: &str = "SELECT * FROM enlist_mailbox.mails ORDER BY id DESC";

const FIND: &str = "SELECT * FROM enlist_mailbox.mails WHERE id = $1";

/// Mails in a database, and at most one connection to it.
pub(super) struct PostgresMails {
    connector: Connector,
    /// None before it is first used and after anything failed.
    client: Mutex<Option<Client>>,
}

/// What the database is asked.
#[derive(Clone, Copy)]
enum Request<'a> {
    MakeTable,
    All,
    Find(i64),
    Keep(&'a Mail),
}

impl PostgresMails {
    pub(super) async fn open(connector: Connector) -> Result<Self, MailboxFault> {
        let mails = Self {
            connector,
            client: Mutex::new(None),
        };
        mails.persist(Request::MakeTable).await?;
        Ok(mails)
    }

    pub(super) async fn all(&self) -> Result<Vec<StoredMail>, MailboxFault> {
        self.persist(Request::All).await?.iter().map(read).collect()
    }

    pub(super) async fn find(&self, id: i64) -> Result<Option<StoredMail>, MailboxFault> {
        let found = self.persist(Request::Find(id)).await?;
        found.first().map(read).transpose()
    }

    pub(super) async fn keep(&self, mail: &Mail) -> Result<(), MailboxFault> {
        self.persist(Request::Keep(mail)).await?;
        Ok(())
    }

    /// Asks, and again where the connection was lost.
    async fn persist(&self, request: Request<'_>) -> Result<Vec<Row>, MailboxFault> {
        let mut client = self.client.lock().await;
        let mut pauses = PAUSES.into_iter();
        loop {
            let fault = match self.attempt(&mut client, request).await {
                Ok(rows) => return Ok(rows),
                Err(fault) => fault,
            };
            let Some(pause) = pauses.next().filter(|_| fault.is_passing()) else {
                return Err(fault);
            };
            tracing::debug!(
                error = &fault as &dyn std::error::Error,
                "the mailbox's database is asked again"
            );
            wait(pause).await;
        }
    }

    /// One try. A connection on which anything failed, or was not waited for, is not used again.
    async fn attempt(
        &self,
        slot: &mut Option<Client>,
        request: Request<'_>,
    ) -> Result<Vec<Row>, MailboxFault> {
        let client = match slot.take() {
            Some(client) => client,
            None => self
                .connector
                .connect()
                .await
                .map_err(|error| said(&error))?,
        };
        let rows = match timeout(ANSWER_WITHIN, request.carry_out(&client)).await {
            Ok(answer) => answer.map_err(|error| said(&error))?,
            Err(_) => return Err(MailboxFault::NoAnswer(ANSWER_WITHIN)),
        };
        *slot = Some(client);
        Ok(rows)
    }
}

impl Request<'_> {
    async fn carry_out(self, client: &Client) -> Result<Vec<Row>, Error> {
        match self {
            Self::All => client.query_typed(ALL, &[]).await,
            Self::Find(id) => client.query_typed(FIND, &[(&id, Type::INT8)]).await,
            Self::Keep(mail) => keep(client, mail).await.map(|()| Vec::new()),
            Self::MakeTable => {
                let script = format!("{BEGIN}; {SCHEMA}; {COMMIT}");
                client.batch_execute(&script).await.map(|()| Vec::new())
            }
        }
    }
}

async fn keep(client: &Client, mail: &Mail) -> Result<(), Error> {
    let sent_at = mail.sent_at.to_string();
    let columns = [
        &mail.message_id,
        &mail.from,
        &mail.to,
        &mail.subject,
        &mail.text,
        &mail.html,
        &sent_at,
    ];
    let row = columns.map(|column| (column as &(dyn ToSql + Sync), Type::TEXT));
    let most = i64::from(MOST_MAILS);
    let most = [(&most as &(dyn ToSql + Sync), Type::INT8)];
    // Sent together, without waiting for one another's answers.
    let (begun, kept, room, committed) = tokio::join!(
        client.batch_execute(BEGIN),
        client.execute_typed(KEEP, &row),
        client.execute_typed(MAKE_ROOM, &most),
        client.batch_execute(COMMIT),
    );
    begun?;
    kept?;
    room?;
    committed
}

fn read(row: &Row) -> Result<StoredMail, MailboxFault> {
    let read = || {
        Ok(StoredMail {
            id: row.try_get("id")?,
            message_id: row.try_get("message_id")?,
            from: row.try_get("sender")?,
            to: row.try_get("recipient")?,
            subject: row.try_get("subject")?,
            text: row.try_get("text")?,
            html: row.try_get("html")?,
            sent_at: row.try_get("sent_at")?,
        })
    };
    read().map_err(|error| said(&error))
}

/// In words, since the error itself shows what is in a mail.
fn said(error: &Error) -> MailboxFault {
    MailboxFault::Postgres {
        is_passing: is_connection_lost(error)
            || is_serialization_failure(error)
            || is_out_of_connections(error),
        reason: in_words(error),
    }
}

/// The database's time is real time, whatever the service's clock says.
async fn wait(pause: Duration) {
    // That it does not end in time is what is waited for.
    let _ = timeout(pause, std::future::pending::<()>()).await;
}
