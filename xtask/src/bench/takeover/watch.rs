//! Looking at the journal from outside, by SQL of our own.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use enlist_test_servers::Database;
use rusqlite::{Connection, OpenFlags};

/// How often it is looked, and for how long at most.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
const LOOKS: u32 = 2_400;

const STANDING: &str = "
    SELECT count(*) FILTER (WHERE status IN ('running', 'undoing')),
        count(*) FILTER (WHERE status IN ('awaiting_verification', 'registered'))
    FROM registrations";

/// How many registrations stand so.
pub struct Standing {
    pub moving: u32,
    pub opened: u32,
}

pub enum Journal<'d> {
    Sqlite(PathBuf),
    Postgres(&'d Database),
}

impl Journal<'_> {
    pub fn wait_until_nothing_moves(&self) -> anyhow::Result<Standing> {
        self.wait_until(|it| it.moving == 0)
    }

    pub fn wait_until(&self, is_so: impl Fn(&Standing) -> bool) -> anyhow::Result<Standing> {
        for _ in 0..LOOKS {
            let standing = self.look()?;
            if is_so(&standing) {
                return Ok(standing);
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        let Standing { moving, opened } = self.look()?;
        bail!("patience ended with {moving} registrations moving and {opened} opened")
    }

    fn look(&self) -> anyhow::Result<Standing> {
        let [moving, opened] = match self {
            Self::Sqlite(path) => {
                let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                file.busy_timeout(Duration::from_secs(1))?;
                file.query_row(STANDING, [], |row| Ok([row.get(0)?, row.get(1)?]))?
            }
            Self::Postgres(database) => {
                let rows = database.query_text(STANDING);
                let row = rows.first().context("no answer")?;
                let counts = row.iter().flatten().map(|count| count.parse());
                let counts: Vec<u32> = counts.collect::<Result<_, _>>()?;
                counts.try_into().ok().context("two counts")?
            }
        };
        Ok(Standing { moving, opened })
    }
}
