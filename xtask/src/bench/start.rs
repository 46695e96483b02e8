//! From the start of the process to the first answer, on data that is there, and memory at rest.

use std::path::Path;

use super::load;
use super::machine::{now, resident_mib};
use super::report::{Line, Section};
use super::service::{Configuration, Service};
use super::{Run, median};

#[derive(Default)]
struct Starts {
    answered_ms: Vec<f64>,
    idle_mib: Vec<f64>,
}

pub fn measure(run: &Run) -> anyhow::Result<Section> {
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
    let database = run.server.create_database();
    let configurations = [
        Configuration::default(),
        Configuration::on_postgres(&database, folders[1].path()),
    ];
    let mut both: [Starts; 2] = Default::default();
    // The first start makes files and tables.
    for (folder, configuration) in folders.iter().zip(&configurations) {
        drop(Service::start(folder.path(), configuration)?);
    }
    println!("starts");
    for _ in 0..run.repeats {
        for ((folder, configuration), starts) in folders.iter().zip(&configurations).zip(&mut both)
        {
            starts.measure(folder.path(), configuration)?;
        }
    }
    let [sqlite, postgres] = both;
    Ok(Section {
        title: "Start",
        lines: [sqlite.lines("SQLite"), postgres.lines("PostgreSQL")].concat(),
        notes: "\nOn data that is there. On PostgreSQL the server runs already.\n",
    })
}

impl Starts {
    fn measure(&mut self, folder: &Path, configuration: &Configuration) -> anyhow::Result<()> {
        let from = now();
        let service = Service::start(folder, configuration)?;
        let url = format!("http://127.0.0.1:{}/readyz", service.port);
        load::agent().get(url).call()?;
        self.answered_ms.push(from.elapsed().as_secs_f64() * 1000.0);
        self.idle_mib.push(resident_mib(service.process())?);
        Ok(())
    }

    fn lines(self, database: &str) -> [Line; 2] {
        [
            [
                format!("{database}: start to first answer"),
                format!("{:.0} ms", median(self.answered_ms)),
                String::new(),
                "≤ 150 ms".into(),
            ],
            [
                format!("{database}: memory, idle"),
                format!("{:.0} MiB", median(self.idle_mib)),
                String::new(),
                "≤ 38 MiB (40 MB)".into(),
            ],
        ]
    }
}
