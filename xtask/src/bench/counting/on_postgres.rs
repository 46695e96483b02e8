//! Transactions and flushes on PostgreSQL, as the server counts them. A session's counts are certain
//! once it has ended, so each measurement ends its sessions.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use enlist_storage::PostgresOptions;
use enlist_test_servers::Database;

use super::{REGISTRATIONS, sign_up_with_mails, wait_until_alone};
use crate::bench::Run;
use crate::bench::machine::now;
use crate::bench::report::Line;
use crate::bench::saga::people::people;
use crate::bench::saga::ports::engine;
use crate::bench::saga::{open_postgres, register};
use crate::bench::service::{Configuration, Service};

/// Commits and flushes so far, or between two moments.
#[derive(Clone, Copy)]
struct Counted {
    commits: f64,
    flushes: f64,
}

pub fn lines(run: &Run) -> anyhow::Result<[Line; 2]> {
    let without = without_mails(run)?;
    let with = with_mails(run)?;
    let line = |what: &str, counted: Counted, beside: &str, target: &str| -> Line {
        [
            format!("PostgreSQL: transactions and flushes per registration {what}"),
            format!("{:.1}, {:.1}", counted.commits, counted.flushes),
            beside.into(),
            target.into(),
        ]
    };
    Ok([
        line(
            "without its mail",
            without,
            "one of the transactions only reads",
            "3, 2",
        ),
        line("with its mail", with, "the difference is the mail's", ""),
    ])
}

/// The engine and its store, which never look for mails.
fn without_mails(run: &Run) -> anyhow::Result<Counted> {
    let database = run.server.create_database();
    let register = |count: usize| -> anyhow::Result<Counted> {
        let before = Counted::now(run, &database)?;
        super::super::runtime()?.block_on(async {
            let store = open_postgres(&database.url(), PostgresOptions::default()).await?;
            let store = Arc::new(store);
            let engine = engine(Arc::clone(&store) as _)?;
            register(people(count, 1)?, 1, engine).await?;
            store.close().await;
            anyhow::Ok(())
        })?;
        Ok(Counted::now(run, &database)?.since(before))
    };
    // The first opening makes the schema, and one registration more opens the connection.
    register(1)?;
    let few = register(1)?;
    let many = register(REGISTRATIONS as usize + 1)?;
    Ok(many.since(few).each())
}

/// The whole service.
fn with_mails(run: &Run) -> anyhow::Result<Counted> {
    let folder = tempfile::tempdir()?;
    let database = run.server.create_database();
    let configuration = Configuration::on_postgres(&database, folder.path());
    let serve = |work: &dyn Fn(&Service) -> anyhow::Result<()>| -> anyhow::Result<Counted> {
        let before = Counted::now(run, &database)?;
        let service = Service::start(folder.path(), &configuration)?;
        work(&service)?;
        drop(service);
        Ok(Counted::now(run, &database)?.since(before))
    };
    // The first start makes the schema.
    serve(&|_| Ok(()))?;
    let from = now();
    let busy = serve(&|service| sign_up_with_mails(service))?;
    let took: Duration = from.elapsed();
    let idle = serve(&|_| {
        thread::sleep(took);
        Ok(())
    })?;
    Ok(busy.since(idle).each())
}

impl Counted {
    /// Once nobody is connected any more.
    fn now(run: &Run, database: &Database) -> anyhow::Result<Self> {
        wait_until_alone(&run.server, database)?;
        let name = database.name();
        let sql = format!(
            "SELECT xact_commit, wal_sync FROM pg_stat_wal, pg_stat_database
             WHERE datname = '{name}'"
        );
        let rows = run.server.query_text(&sql);
        let value = |index: usize| -> anyhow::Result<f64> {
            let value = rows.first().and_then(|row| row.get(index)?.as_deref());
            Ok(value.context("no statistics")?.parse()?)
        };
        Ok(Self {
            commits: value(0)?,
            flushes: value(1)?,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            commits: self.commits - before.commits,
            flushes: self.flushes - before.flushes,
        }
    }

    fn each(self) -> Self {
        let count = f64::from(REGISTRATIONS);
        Self {
            commits: self.commits / count,
            flushes: self.flushes / count,
        }
    }
}
