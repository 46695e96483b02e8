//! What a trial of the service has beside its database: the sandbox gateway's books and the mailbox,
//! in files or on PostgreSQL.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use enlist_gateways::sandbox::Sandbox;
use enlist_postgres::{Connector, PostgresUrl};
use enlist_registration::ports::{Clock, Random};

use crate::config::{Database, SandboxSettings, Settings};
use crate::mail::Mailbox;
use crate::system::{SystemClock, SystemRandom};

/// The sandbox, with the latency and the faults that are configured.
pub(super) async fn open_sandbox(
    settings: &SandboxSettings,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> anyhow::Result<Sandbox> {
    let sandbox = open_books(&settings.books, clock, random).await?;
    Ok(sandbox
        .with_latency(settings.latency)
        .with_faults(settings.faults.iter().cloned())
        .await?)
}

async fn open_books(
    books: &Database,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> anyhow::Result<Sandbox> {
    let (clock, random) = (Arc::clone(clock), Arc::clone(random));
    let opened = match books {
        Database::Sqlite(path) => Sandbox::open(path, clock, random),
        Database::Postgres(url) => Sandbox::on_postgres(connector(url)?, clock, random).await,
    };
    opened.with_context(|| format!("the sandbox gateway's books {books} cannot be opened"))
}

/// The mailbox: with the service's database where all replicas can reach that.
pub(super) async fn open_mailbox(settings: &Settings, data_dir: &Path) -> anyhow::Result<Mailbox> {
    let opened = match &settings.database {
        Database::Sqlite(_) => Mailbox::open(&data_dir.join("mailbox.db")),
        Database::Postgres(url) => Mailbox::on_postgres(connector(url)?).await,
    };
    opened.context("the mailbox cannot be opened")
}

/// Makes the tables that either, if it is used, has on PostgreSQL, so that a service whose role may
/// make none finds them there. Files make themselves.
pub(crate) async fn make_tables(settings: &Settings) -> anyhow::Result<()> {
    let books = settings.gateway.sandbox().map(|sandbox| &sandbox.books);
    if let Some(books @ Database::Postgres(_)) = books {
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
            (Arc::new(SystemClock), Arc::new(SystemRandom));
        open_books(books, &clock, &random).await?;
    }
    let keeps_mails = settings.mail.by.smtp().is_none();
    if let (Database::Postgres(_), true) = (&settings.database, keeps_mails) {
        open_mailbox(settings, &settings.data_dir).await?;
    }
    Ok(())
}

fn connector(url: &PostgresUrl) -> anyhow::Result<Connector> {
    url.connector()
        .with_context(|| format!("{url} cannot be reached with TLS"))
}
