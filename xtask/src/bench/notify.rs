//! What it would cost to tell other processes at every commit (`NOTIFY`), which we do not do: a
//! transaction that tells somebody takes a lock on the whole database while it commits, so that no two
//! of them share a wait for the disk.

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

use super::machine::now;
use super::report::Section;
use super::{Run, median};

const AT_ONCE: usize = 16;

const SILENT: &str = "INSERT INTO small (text) VALUES ('a row as small as a row can be')";

pub fn measure(run: &Run) -> anyhow::Result<Section> {
    let database = run.server.create_database();
    database.execute("CREATE TABLE small (id bigserial PRIMARY KEY, text text NOT NULL)");
    let telling = format!("{SILENT}; NOTIFY due, 'c2f4a1de-0000-7000-8000-000000000000'");
    let (mut silent_rates, mut telling_rates) = (Vec::new(), Vec::new());
    super::runtime()?.block_on(async {
        let mut clients = Vec::new();
        for _ in 0..AT_ONCE {
            clients.push(connect(&database.url()).await?);
        }
        commits_per_second(run, &mut clients, SILENT).await?;
        for repeat in 1..=run.repeats {
            println!(
                "commits with and without a notice, {repeat} of {}",
                run.repeats
            );
            silent_rates.push(commits_per_second(run, &mut clients, SILENT).await?);
            telling_rates.push(commits_per_second(run, &mut clients, &telling).await?);
        }
        anyhow::Ok(())
    })?;
    let ratios = telling_rates
        .iter()
        .zip(&silent_rates)
        .map(|(told, not)| told / not);
    let ratio = median(ratios.collect());
    Ok(Section {
        title: "What `NOTIFY` would cost",
        lines: vec![[
            "Commits per second with a `NOTIFY` in each, 16 at once".into(),
            format!("{:.0}", median(telling_rates)),
            format!("{:.0} without: ratio {ratio:.2}", median(silent_rates)),
            "none: it is not used".into(),
        ]],
        notes: NOTES,
    })
}

async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Every client commits one after another, in one round trip each.
async fn commits_per_second(
    run: &Run,
    clients: &mut Vec<Client>,
    sql: &str,
) -> anyhow::Result<f64> {
    let (from, length) = (now(), run.length);
    let mut tasks = JoinSet::new();
    for client in clients.drain(..) {
        let sql = sql.to_owned();
        tasks.spawn(async move {
            let mut done: u64 = 0;
            while from.elapsed() < length {
                client.batch_execute(&sql).await?;
                done += 1;
            }
            anyhow::Ok((client, done))
        });
    }
    let mut done = 0;
    while let Some(ended) = tasks.join_next().await {
        let (client, commits) = ended?.context("a client failed")?;
        clients.push(client);
        done += commits;
    }
    Ok(done as f64 / from.elapsed().as_secs_f64())
}

const NOTES: &str = "
A row of a few bytes inserted and committed by 16 connections, each in one round trip, nobody listening. A
transaction that notifies holds a lock of the whole database while it commits, so commits no longer share
waits for the disk. Enlist therefore looks for what is due (`registration.sweep_interval`) and tells nobody;
whoever receives a request drives it at once.
";
