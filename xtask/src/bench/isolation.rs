//! What each level of isolation costs: the same registrations under each, and many at once that want
//! the same few addresses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail};
use enlist_storage::{Isolation, PostgresOptions};
use enlist_test_servers::{Database, PostgresServer};

use super::report::{Line, Section};
use super::saga::people::{for_each, people};
use super::saga::ports::engine;
use super::saga::{open_postgres, register, register_one};
use super::{Run, median};

const LEVELS: [(Isolation, &str); 3] = [
    (Isolation::ReadCommitted, "`read_committed`"),
    (Isolation::RepeatableRead, "`repeatable_read`"),
    (Isolation::Serializable, "`serializable`"),
];

const AT_ONCE: usize = 16;

/// So many at once, so many of them for each address: four addresses are fought for at any moment.
const RIVALS_AT_ONCE: usize = 32;
const RIVALS_PER_ADDRESS: usize = 8;

/// See [`people`]: the levels are compared with each other, so fewer will do than for the saga.
const PEOPLE_PER_SECOND: u64 = 1_000;

/// What was done under one level in one round.
#[derive(Clone, Copy)]
struct Done {
    per_second: f64,
    /// Transactions that the server refused and the store tried again, for each 1,000 registrations.
    refused: f64,
}

#[derive(Default)]
struct Level {
    apart: Vec<Done>,
    rivals: Vec<Done>,
}

pub fn measure(run: &Run) -> anyhow::Result<Section> {
    let count = usize::try_from(run.length.as_secs() * PEOPLE_PER_SECOND)?;
    let mut levels: [Level; 3] = Default::default();
    // Each measurement on a database of its own, so that none meets what another left.
    for repeat in 1..=run.repeats {
        println!("levels of isolation, {repeat} of {}", run.repeats);
        for ((isolation, _), level) in LEVELS.into_iter().zip(&mut levels) {
            let database = run.server.create_database();
            level.apart.push(apart(run, &database, isolation, count)?);
            let database = run.server.create_database();
            level.rivals.push(rivals(run, &database, isolation, count)?);
        }
    }
    Ok(Section {
        title: "Levels of isolation on PostgreSQL",
        lines: lines(&levels),
        notes: NOTES,
    })
}

fn options(isolation: Isolation) -> PostgresOptions {
    PostgresOptions {
        isolation,
        ..PostgresOptions::default()
    }
}

/// Registrations that have nothing to do with each other.
fn apart(
    run: &Run,
    database: &Database,
    isolation: Isolation,
    count: usize,
) -> anyhow::Result<Done> {
    let per_second = super::runtime()?.block_on(async {
        let store = Arc::new(open_postgres(&database.url(), options(isolation)).await?);
        let people = people(count, 1)?;
        let per_second = register(people, AT_ONCE, engine(Arc::clone(&store) as _)?).await?;
        store.close().await;
        anyhow::Ok(per_second)
    })?;
    let refused = rollbacks(&run.server, database)? * 1000.0 / count as f64;
    Ok(Done {
        per_second,
        refused,
    })
}

/// Registrations of which one in eight can succeed, and does.
fn rivals(
    run: &Run,
    database: &Database,
    isolation: Isolation,
    count: usize,
) -> anyhow::Result<Done> {
    let won = Arc::new(AtomicU64::new(0));
    let per_second = super::runtime()?.block_on(async {
        let store = Arc::new(open_postgres(&database.url(), options(isolation)).await?);
        let engine = Arc::new(engine(Arc::clone(&store) as _)?);
        let counter = Arc::clone(&won);
        let work = move |person| {
            let (engine, won) = (Arc::clone(&engine), Arc::clone(&counter));
            async move {
                let is_registered = register_one(&engine, person).await?;
                won.fetch_add(u64::from(is_registered), Ordering::Relaxed);
                Ok(())
            }
        };
        let people = people(count, RIVALS_PER_ADDRESS)?;
        let per_second = for_each(people, RIVALS_AT_ONCE, work).await?;
        store.close().await;
        anyhow::Ok(per_second)
    })?;
    let addresses = count.div_ceil(RIVALS_PER_ADDRESS) as u64;
    let won = won.load(Ordering::Relaxed);
    if won != addresses {
        bail!("{addresses} addresses were to be registered once each, and {won} were");
    }
    let refused = rollbacks(&run.server, database)? * 1000.0 / count as f64;
    Ok(Done {
        per_second,
        refused,
    })
}

/// How many transactions of a database nobody is connected to any more were rolled back.
fn rollbacks(server: &PostgresServer, database: &Database) -> anyhow::Result<f64> {
    super::counting::wait_until_alone(server, database)?;
    let sql = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    let rows = database.query_text(sql);
    let value = rows.first().and_then(|row| row.first()?.as_deref());
    Ok(value.context("no statistics")?.parse()?)
}

fn lines(levels: &[Level; 3]) -> Vec<Line> {
    let of = |all: &[Done], what: fn(&Done) -> f64| median(all.iter().map(what).collect());
    let rate = |done: &Done| done.per_second;
    let [lowest, ..] = levels;
    let line = |name: &str, what: &str, all: &[Done], lowest: &[Done], unit: &str| -> Line {
        let pairs = all.iter().zip(lowest);
        let ratio = median(
            pairs
                .map(|(it, low)| it.per_second / low.per_second)
                .collect(),
        );
        [
            format!("{name}, {what}"),
            format!("{:.0} {unit} per second", of(all, rate)),
            format!(
                "ratio to `read_committed` {ratio:.2}; {:.1} transactions tried again for each 1,000",
                of(all, |done| done.refused)
            ),
            String::new(),
        ]
    };
    let named = || LEVELS.iter().map(|(_, name)| name).zip(levels);
    let apart = named().map(|(name, level)| {
        line(
            name,
            "16 at once",
            &level.apart,
            &lowest.apart,
            "registrations",
        )
    });
    let rivals = named().map(|(name, level)| {
        line(
            name,
            "32 at once for 4 addresses",
            &level.rivals,
            &lowest.rivals,
            "attempts",
        )
    });
    apart.chain(rivals).collect()
}

const NOTES: &str = "
The engine and its store as above. *For 4 addresses*: eight people want each address; exactly one of them
gets it (which is checked), the others are told that it is taken. *Tried again*: transactions that the
server rolled back (`pg_stat_database.xact_rollback`) because of others; the store tried them again, and
nobody was told.
";
