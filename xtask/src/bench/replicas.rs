//! What replicas bring: the whole service over HTTP with hashing turned down, on SQLite and as one, two
//! and four processes on PostgreSQL.

use super::load;
use super::machine::{cpu_seconds, cpu_seconds_of_server, now};
use super::report::{Line, Section};
use super::service::{Configuration, Service};
use super::{Run, median};

/// Clients at once, spread over the replicas.
const CLIENTS: usize = 32;

const REPLICAS: [usize; 3] = [1, 2, 4];

/// Some processes, and what they did.
struct Side<'s> {
    name: String,
    services: &'s [Service],
    rounds: Vec<Round>,
}

struct Round {
    per_second: f64,
    /// For each registration: all services, the database server, the load generator.
    cpu_ms: [f64; 3],
}

pub fn measure(run: &Run) -> anyhow::Result<Section> {
    let folder = tempfile::tempdir()?;
    let on_sqlite = [Service::start(
        folder.path(),
        &Configuration::default().with_cheap_hashing(),
    )?];
    let database = run.server.create_database();
    // All run all the time, and the load goes to some of them: an idle one does next to nothing.
    let on_postgres = (0..4)
        .map(|replica| {
            let folder = folder.path().join(format!("replica-{replica}"));
            std::fs::create_dir(&folder)?;
            let configuration = Configuration::on_postgres(&database, &folder);
            Service::start(
                &folder,
                &configuration.with_cheap_hashing().with_secret_key(),
            )
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut sides = vec![Side::new("SQLite, one process".into(), &on_sqlite)];
    for count in REPLICAS {
        let name = format!("PostgreSQL, replicas: {count}");
        sides.push(Side::new(name, &on_postgres[..count]));
    }
    for side in &mut sides {
        side.round(run)?;
    }
    for repeat in 1..=run.repeats {
        println!("replicas, {repeat} of {}", run.repeats);
        for side in &mut sides {
            let round = side.round(run)?;
            side.rounds.push(round);
        }
    }
    Ok(Section {
        title: "Replicas, with hashing turned down",
        lines: sides.iter().map(|side| side.line(&sides[1])).collect(),
        notes: NOTES,
    })
}

impl<'s> Side<'s> {
    fn new(name: String, services: &'s [Service]) -> Self {
        Self {
            name,
            services,
            rounds: Vec::new(),
        }
    }

    fn round(&self, run: &Run) -> anyhow::Result<Round> {
        let cpu = || -> anyhow::Result<[f64; 3]> {
            let services = self.services.iter().map(|it| cpu_seconds(it.process()));
            Ok([
                services.sum::<anyhow::Result<f64>>()?,
                cpu_seconds_of_server(run.server.process())?,
                cpu_seconds(std::process::id())?,
            ])
        };
        let ports: Vec<u16> = self.services.iter().map(|it| it.port).collect();
        let (before, from) = (cpu()?, now());
        let per_second = load::sign_ups_per_second(&ports, CLIENTS, run.length)?;
        let registrations = per_second * from.elapsed().as_secs_f64();
        let after = cpu()?;
        let each_ms = |index: usize| (after[index] - before[index]) * 1000.0 / registrations;
        Ok(Round {
            per_second,
            cpu_ms: [each_ms(0), each_ms(1), each_ms(2)],
        })
    }

    fn line(&self, one: &Side<'_>) -> Line {
        let of = |what: fn(&Round) -> f64| median(self.rounds.iter().map(what).collect());
        let pairs = self.rounds.iter().zip(&one.rounds);
        let ratio = median(
            pairs
                .map(|(it, one)| it.per_second / one.per_second)
                .collect(),
        );
        [
            format!("{}: registrations per second", self.name),
            format!("{:.0}", of(|round| round.per_second)),
            format!(
                "ratio to one replica on PostgreSQL {ratio:.2}; CPU per registration: services {:.2} ms, \
                 database server {:.2} ms, load generator {:.2} ms",
                of(|round| round.cpu_ms[0]),
                of(|round| round.cpu_ms[1]),
                of(|round| round.cpu_ms[2])
            ),
            String::new(),
        ]
    }
}

const NOTES: &str = "
`POST /api/users` with a raw card and a paid plan, answered `201`, by 32 clients at once that are spread over
the replicas; Argon2id with 8 KiB and one pass, so that what is left is everything else. The services, the
database server and the load generator share the cores: once those are busy, a further replica cannot add
anything here, and what the figure shows is that it takes nothing away. Each replica's sandbox has a SQLite
file of its own for its books.
";
