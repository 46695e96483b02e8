//! What is counted, not timed: transactions, waits for the disk, and calls to the gateway.

mod on_postgres;
mod on_sqlite;

use std::thread;
use std::time::Duration;

use anyhow::bail;
use enlist_test_servers::{Database, PostgresServer};

use super::Run;
use super::load::{Kind, agent, sign_up};
use super::report::{Line, Section};
use super::service::{Configuration, Service};

/// Registrations that are counted, one after another.
const REGISTRATIONS: u32 = 20;

/// How long something that is about to happen is waited for, in steps.
const LOOKS: u32 = 500;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Counts everything.
pub fn measure(run: &Run) -> anyhow::Result<Section> {
    println!("gateway calls, transactions, waits for the disk");
    let folder = tempfile::tempdir()?;
    let service = Service::start(folder.path(), &Configuration::default())?;
    let mut lines = vec![gateway_calls(&service)?];
    lines.push(on_sqlite::line(&service)?);
    lines.extend(on_postgres::lines(run)?);
    Ok(Section {
        title: "Commits and calls",
        lines,
        notes: NOTES,
    })
}

fn gateway_calls(service: &Service) -> anyhow::Result<Line> {
    let mut counts = Vec::new();
    for kind in [Kind::PaidByCard, Kind::PaidByToken, Kind::FreeByToken] {
        let before = calls_so_far(service)?;
        for _ in 0..REGISTRATIONS {
            sign_up(&agent(), service.port, kind)?;
        }
        let calls = calls_so_far(service)? - before;
        counts.push(format!("{:.1}", calls / f64::from(REGISTRATIONS)));
    }
    Ok([
        "Gateway calls: raw card and paid, token and paid, token and free".into(),
        counts.join(", "),
        "as the service counts them".into(),
        "3, 2, 1".into(),
    ])
}

/// Each call to the gateway is one event of its step, whatever came of it.
fn calls_so_far(service: &Service) -> anyhow::Result<f64> {
    service.metric(
        "enlist_registration_events_total{",
        &[
            "step=\"tokenize_card\"",
            "step=\"create_customer\"",
            "step=\"start_subscription\"",
        ],
    )
}

/// One registration after another, each with its mail.
fn sign_up_with_mails(service: &Service) -> anyhow::Result<()> {
    let mails = || service.metric("enlist_jobs_total{", &["kind=\"verification_mail\""]);
    for _ in 0..REGISTRATIONS {
        let before = mails()?;
        sign_up(&agent(), service.port, Kind::PaidByCard)?;
        wait_until("a mail was sent", || Ok(mails()? > before))?;
    }
    Ok(())
}

/// Waits until nobody is connected to a database: then the server has counted all that was done.
pub fn wait_until_alone(server: &PostgresServer, database: &Database) -> anyhow::Result<()> {
    let name = database.name();
    let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'");
    wait_until("nobody was connected", || {
        Ok(server.query_text(&sql) == [[Some("0".to_owned())]])
    })
}

/// Looks until it is so. `what` follows "before".
pub fn wait_until(
    what: &str,
    mut is_so: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    for _ in 0..LOOKS {
        if is_so()? {
            return Ok(());
        }
        thread::sleep(BETWEEN_LOOKS);
    }
    bail!("patience ended before {what}")
}

const NOTES: &str = "
One registration at a time, so that none shares a wait with another; under load one wait serves many.

A registration waits for the disk twice: for the journal row before the first call that leaves something, and
for the account. The rest is its mail, claimed, put into the mailbox and ticked off by a worker; no answer
waits for those.

SQLite: `fsync` calls on the service's database, counted by strace. PostgreSQL: *transactions* are
`pg_stat_database.xact_commit`, which counts those that only read, too: the third of a registration asks
whether the address is taken, and waits for nothing. *Flushes* are `pg_stat_wal.wal_sync`, of the whole server.
*Without its mail* is the engine and its store alone, which never look for mails; *with its mail* is the whole
service. What an idle one does in the same time was taken off.
";
