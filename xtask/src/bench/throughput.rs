//! Registrations by the whole service beside bare hashes, as shipped, on both databases.

use enlist_test_servers::Database;
use tempfile::TempDir;

use super::hashing::{Hashes, bare};
use super::load;
use super::machine::{cores, cpu_seconds, cpu_seconds_of_server, now, resident_mib};
use super::report::{Line, Section};
use super::service::{Configuration, Service};
use super::{Run, median};

/// Clients at once; enough to keep every core busy.
const CLIENTS: usize = 8;

/// One of the two databases under the service.
struct Side {
    name: &'static str,
    service: Service,
    rounds: Vec<Round>,
    _folder: TempDir,
    _database: Option<Database>,
}

struct Round {
    per_second: f64,
    service_cpu_ms: f64,
    server_cpu_ms: f64,
    client_cpu_ms: f64,
}

/// Measures bare hashes and registrations in turn.
pub fn measure(run: &Run) -> anyhow::Result<Section> {
    let mut sides = [Side::on_sqlite()?, Side::on_postgres(run)?];
    let mut hashes = Vec::new();
    // Files grow, caches fill, connections open: not part of the figures.
    for side in &sides {
        load::sign_ups_per_second(&[side.service.port], CLIENTS, run.length)?;
    }
    for repeat in 1..=run.repeats {
        println!("registrations and hashes, {repeat} of {}", run.repeats);
        hashes.push(bare(run.length)?);
        for side in &mut sides {
            let round = side.round(run)?;
            side.rounds.push(round);
        }
    }
    let mut lines = Vec::new();
    for side in &sides {
        lines.extend(side.lines(&hashes)?);
    }
    Ok(Section {
        title: "The service, as shipped",
        lines,
        notes: NOTES,
    })
}

impl Side {
    fn on_sqlite() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self {
            name: "SQLite",
            service: Service::start(folder.path(), &Configuration::default())?,
            rounds: Vec::new(),
            _folder: folder,
            _database: None,
        })
    }

    fn on_postgres(run: &Run) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = run.server.create_database();
        let configuration = Configuration::on_postgres(&database, folder.path());
        Ok(Self {
            name: "PostgreSQL",
            service: Service::start(folder.path(), &configuration)?,
            rounds: Vec::new(),
            _folder: folder,
            _database: Some(database),
        })
    }

    fn round(&self, run: &Run) -> anyhow::Result<Round> {
        let cpu = || -> anyhow::Result<[f64; 3]> {
            Ok([
                cpu_seconds(self.service.process())?,
                cpu_seconds_of_server(run.server.process())?,
                cpu_seconds(std::process::id())?,
            ])
        };
        let (before, from) = (cpu()?, now());
        let per_second = load::sign_ups_per_second(&[self.service.port], CLIENTS, run.length)?;
        let registrations = per_second * from.elapsed().as_secs_f64();
        let after = cpu()?;
        let each_ms = |index: usize| (after[index] - before[index]) * 1000.0 / registrations;
        Ok(Round {
            per_second,
            service_cpu_ms: each_ms(0),
            server_cpu_ms: each_ms(1),
            client_cpu_ms: each_ms(2),
        })
    }

    fn lines(&self, hashes: &[Hashes]) -> anyhow::Result<Vec<Line>> {
        let name = self.name;
        let of = |what: fn(&Round) -> f64| median(self.rounds.iter().map(what).collect());
        let hash = |what: fn(&Hashes) -> f64| median(hashes.iter().map(what).collect());
        let ratio = |what: fn((&Round, &Hashes)) -> f64| {
            median(self.rounds.iter().zip(hashes).map(what).collect())
        };
        let rate_ratio = ratio(|(round, hash)| round.per_second / hash.per_second);
        let cpu_ratio = ratio(|(round, hash)| round.service_cpu_ms / hash.cpu_ms_each);
        let client = of(|round| round.client_cpu_ms);
        let others = match self._database {
            None => format!("{client:.1} ms of the load generator"),
            Some(_) => {
                let server = of(|round| round.server_cpu_ms);
                format!(
                    "{server:.1} ms of the database server, {client:.1} ms of the load generator"
                )
            }
        };
        Ok(vec![
            [
                format!("{name}: registrations per second"),
                format!("{:.1}", of(|round| round.per_second)),
                format!(
                    "{:.1} bare hashes per second: ratio {rate_ratio:.2}",
                    hash(|hashes| hashes.per_second)
                ),
                String::new(),
            ],
            [
                format!("{name}: CPU of the service per registration"),
                format!("{:.1} ms", of(|round| round.service_cpu_ms)),
                format!(
                    "{:.1} ms for a bare hash: ratio {cpu_ratio:.2}",
                    hash(|hashes| hashes.cpu_ms_each)
                ),
                "ratio ≤ 1.10".into(),
            ],
            [
                format!("{name}: CPU of others per registration"),
                others,
                "not counted as the service's".into(),
                String::new(),
            ],
            [
                format!("{name}: memory of the service after the load"),
                format!("{:.0} MiB", resident_mib(self.service.process())?),
                "19 MiB for each core's hash, and 57 MiB (60 MB)".into(),
                format!("≤ {} MiB", 19 * cores() + 57),
            ],
        ])
    }
}

const NOTES: &str = "
A *registration* is one `POST /api/users` with a raw card and a paid plan, answered `201`: user, profile,
billing details, customer, subscription, first charge and the job for the mail are on disk. Passwords are
hashed as shipped (Argon2id, 19 MiB, 2 passes); a *bare hash* is one such hash and nothing else, on every
core. 8 clients at once, log at `warn`. The gateway is the sandbox, which runs in the service's process, so
its work is counted with the service's; its books are in a SQLite file on both databases, so that the
database server's figures are the store's alone. The mails are among the work: on PostgreSQL the mailbox is in
the same database.
";
