//! What the saga costs beside no saga: registrations by the engine, and the rows that they leave
//! written in one transaction. Hashing is none and the gateway answers at once, so that what is
//! measured is the engine and its store. In this process; the database, where it is a server, is
//! another.

pub mod people;
pub mod ports;
mod postgres_floor;
mod rows;
mod sqlite_floor;

use std::sync::Arc;

use anyhow::bail;
use enlist_domain::SignUp;
use enlist_postgres::PostgresUrl;
use enlist_registration::engine::{Beginning, Driven, Engine, Terms};
use enlist_registration::ports::Store;
use enlist_registration::state::Status;
use enlist_storage::{
    PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, migrate_postgres, migrate_sqlite,
};
use enlist_test_servers::PostgresServer;

use self::people::{for_each, people};
use self::ports::{RealChance, RealTime, engine};
use self::postgres_floor::PostgresFloor;
use self::rows::Rows;
use self::sqlite_floor::SqliteFloor;
use super::machine::{cpu_seconds, cpu_seconds_of_server};
use super::report::Section;
use super::{Run, median};

/// How many registrations are under way at once.
const AT_ONCE: [usize; 2] = [16, 64];

/// People are counted, not timed, because they are made ready in advance.
const PEOPLE_PER_SECOND: u64 = 2_000;

/// The service's own number of connections (`database.connections`).
pub const CONNECTIONS: usize = 16;

/// What one contestant did in one round.
#[derive(Clone, Copy)]
struct Done {
    per_second: f64,
    /// Of this process and of the server, for each registration.
    cpu_ms: [f64; 2],
}

/// What was done in all rounds by the engine and without it.
struct Pair {
    database: &'static str,
    at_once: usize,
    engine: Vec<Done>,
    floor: Vec<Done>,
}

/// Measures both databases in turn.
pub fn measure(run: &Run) -> anyhow::Result<Section> {
    super::runtime()?.block_on(async {
        let contest = Contest::prepare(&run.server).await?;
        let mut pairs = Pair::all();
        contest.round(run, &mut Pair::all()).await?;
        for repeat in 1..=run.repeats {
            println!("saga and no saga, {repeat} of {}", run.repeats);
            contest.round(run, &mut pairs).await?;
        }
        contest.end().await;
        Ok(Section {
            title: "The saga beside one transaction",
            lines: pairs.iter().flat_map(Pair::lines).collect(),
            notes: NOTES,
        })
    })
}

/// Both databases with both contestants.
struct Contest<'r> {
    server: &'r PostgresServer,
    _folder: tempfile::TempDir,
    _databases: [enlist_test_servers::Database; 2],
    sqlite: Arc<SqliteStore>,
    sqlite_floor: SqliteFloor,
    postgres: Arc<PostgresStore>,
    postgres_floor: Arc<PostgresFloor>,
    sample: Arc<Rows>,
}

impl<'r> Contest<'r> {
    /// Each contestant has a database of its own, with the same schema.
    async fn prepare(server: &'r PostgresServer) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (file, floor_file) = (
            folder.path().join("saga.db"),
            folder.path().join("floor.db"),
        );
        migrate_sqlite(&floor_file)?;
        let sqlite = SqliteStore::open(&file, SqliteOptions::default(), Arc::new(RealTime))?;
        let databases = [server.create_database(), server.create_database()];
        let postgres = open_postgres(&databases[0].url(), PostgresOptions::default()).await?;
        migrate_postgres(&PostgresUrl::parse(&databases[1].url())?).await?;
        Ok(Self {
            server,
            sqlite: Arc::new(sqlite),
            sqlite_floor: SqliteFloor::open(&floor_file)?,
            postgres: Arc::new(postgres),
            postgres_floor: Arc::new(PostgresFloor::open(&databases[1].url(), CONNECTIONS)?),
            sample: Arc::new(Rows::sample().await?),
            _databases: databases,
            _folder: folder,
        })
    }

    async fn round(&self, run: &Run, pairs: &mut [Pair]) -> anyhow::Result<()> {
        let count = usize::try_from(run.length.as_secs() * PEOPLE_PER_SECOND)?;
        for pair in pairs {
            let at_once = pair.at_once;
            let is_sqlite = pair.database == SQLITE;
            let sample = Arc::clone(&self.sample);
            let written = if is_sqlite {
                let floor = self.sqlite_floor.clone();
                let write = move |person| {
                    let (floor, sample) = (floor.clone(), Arc::clone(&sample));
                    async move { floor.write(sample.of(person)).await }
                };
                self.timed(for_each(people(count, 1)?, at_once, write), count)
                    .await?
            } else {
                let floor = Arc::clone(&self.postgres_floor);
                let write = move |person| {
                    let (floor, sample) = (Arc::clone(&floor), Arc::clone(&sample));
                    async move { floor.write(&sample.of(person)).await }
                };
                self.timed(for_each(people(count, 1)?, at_once, write), count)
                    .await?
            };
            pair.floor.push(written);
            let store: Arc<dyn Store> = if is_sqlite {
                Arc::clone(&self.sqlite) as _
            } else {
                Arc::clone(&self.postgres) as _
            };
            let driven = register(people(count, 1)?, at_once, engine(store)?);
            pair.engine.push(self.timed(driven, count).await?);
        }
        Ok(())
    }

    async fn timed(
        &self,
        work: impl Future<Output = anyhow::Result<f64>>,
        count: usize,
    ) -> anyhow::Result<Done> {
        let (own, server) = (std::process::id(), self.server.process());
        let before = [cpu_seconds(own)?, cpu_seconds_of_server(server)?];
        let per_second = work.await?;
        let after = [cpu_seconds(own)?, cpu_seconds_of_server(server)?];
        let each = |index: usize| (after[index] - before[index]) * 1000.0 / count as f64;
        Ok(Done {
            per_second,
            cpu_ms: [each(0), each(1)],
        })
    }

    async fn end(self) {
        self.sqlite.close().await;
        self.postgres.close().await;
    }
}

/// A store on a database of the server's.
pub async fn open_postgres(url: &str, options: PostgresOptions) -> anyhow::Result<PostgresStore> {
    let url = PostgresUrl::parse(url)?;
    let (clock, random) = (Arc::new(RealTime), Arc::new(RealChance));
    Ok(PostgresStore::open(&url, options, clock, random).await?)
}

/// Registers everybody, `at_once` at a time, until each has an account; how many per second.
pub async fn register(people: Vec<SignUp>, at_once: usize, engine: Engine) -> anyhow::Result<f64> {
    let engine = Arc::new(engine);
    let work = move |person| {
        let engine = Arc::clone(&engine);
        async move {
            if register_one(&engine, person).await? {
                return Ok(());
            }
            bail!("a registration was not begun");
        }
    };
    for_each(people, at_once, work).await
}

/// Registers one person, unless somebody else has the address.
pub async fn register_one(engine: &Engine, person: SignUp) -> anyhow::Result<bool> {
    let begun = match engine.begin(person, None, Terms::default()).await? {
        Beginning::Begun(begun) => begun,
        Beginning::EmailTaken => return Ok(false),
        other => bail!("a registration was not begun: {other:?}"),
    };
    match engine.drive(*begun).await {
        Driven::LetGo(driven) if driven.status == Status::AwaitingVerification => Ok(true),
        other => bail!("a registration was not driven to an account: {other:?}"),
    }
}

const SQLITE: &str = "SQLite";
const POSTGRES: &str = "PostgreSQL";

impl Pair {
    fn all() -> Vec<Self> {
        let new = |database, at_once| Self {
            database,
            at_once,
            engine: Vec::new(),
            floor: Vec::new(),
        };
        let of = |database| AT_ONCE.map(|at_once| new(database, at_once));
        [of(SQLITE), of(POSTGRES)].into_iter().flatten().collect()
    }

    fn lines(&self) -> [[String; 4]; 2] {
        let of = |all: &[Done], what: fn(&Done) -> f64| median(all.iter().map(what).collect());
        let (engine, floor) = (&self.engine, &self.floor);
        let ratios = engine.iter().zip(floor);
        let ratio = median(
            ratios
                .map(|(it, floor)| it.per_second / floor.per_second)
                .collect(),
        );
        let cpu = |all: &[Done]| {
            let here = of(all, |done| done.cpu_ms[0]);
            let there = of(all, |done| done.cpu_ms[1]);
            if self.database == SQLITE {
                format!("{here:.2} ms")
            } else {
                format!("{here:.2} ms here, {there:.2} ms in the server")
            }
        };
        let (database, at_once) = (self.database, self.at_once);
        [
            [
                format!("{database}, {at_once} at once: registrations per second"),
                format!("{:.0}", of(engine, |done| done.per_second)),
                format!(
                    "{:.0} in one transaction: ratio {ratio:.2}",
                    of(floor, |done| done.per_second)
                ),
                "ratio ≥ 0.6".into(),
            ],
            [
                format!("{database}, {at_once} at once: CPU per registration"),
                cpu(engine),
                format!("in one transaction: {}", cpu(floor)),
                String::new(),
            ],
        ]
    }
}

const NOTES: &str = "
The engine and its store in the measuring process, hashing replaced by nothing and the gateway by one
that answers at once. *In one transaction*: the same rows, as they are in the end (user, profile, billing
details, subscription, journal, timeline, job), by the same driver, as many at once, without a saga: on
SQLite by one thread that commits for up to 64 as the store's does, on PostgreSQL prepared, pipelined in one
round trip, from a pool of the same 16 connections. Both wait for the disk. A registration waits for it
twice and asks once more, whether the address is taken, so a ratio of 0.5 is what two equal commits in the
place of one would give.
";
