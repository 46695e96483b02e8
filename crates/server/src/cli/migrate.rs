//! `enlist migrate`: the schema brought up to date by itself, for deployments whose service may not
//! change tables; and the way to go on with a new secret key.

use std::io::Write;
use std::sync::Arc;

use enlist_registration::ports::{Clock, Random};
use enlist_registration::tokens::Tokens;
use enlist_storage::Migrated;

use super::{Failure, runtime};
use crate::app::database::{self, OpenDatabase, hold_for};
use crate::app::neighbours;
use crate::config::Settings;
use crate::data_dir::{DataDir, Hold};
use crate::system::{SystemClock, SystemRandom};

/// What the command was asked for.
pub(super) struct Asked {
    /// Accept the present key from now on.
    pub(super) new_key: bool,
    /// Answer as JSON.
    pub(super) json: bool,
}

/// Migrates, and says from which schema to which.
pub(super) fn run(out: &mut impl Write, settings: &Settings, asked: Asked) -> Result<(), Failure> {
    let hold = hold_for(&settings.database);
    // A database on a server can be migrated from where there is no data directory.
    let data_dir = match (hold, asked.new_key) {
        (Hold::Shared, false) => None,
        (Hold::Alone, _) | (Hold::Shared, true) => {
            Some(DataDir::take(&settings.data_dir, hold).map_err(anyhow::Error::from)?)
        }
    };
    runtime()?.block_on(async {
        let migrated = database::migrate(&settings.database).await?;
        neighbours::make_tables(settings).await?;
        if let (Some(data_dir), true) = (&data_dir, asked.new_key) {
            accept_key(settings, data_dir).await?;
        }
        Ok::<_, Failure>(say(out, migrated, &asked)?)
    })
}

/// Makes the present key the database's.
async fn accept_key(settings: &Settings, data_dir: &DataDir) -> anyhow::Result<()> {
    let key = data_dir.secret_key(settings.secret_key.as_ref(), &SystemRandom)?;
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
        (Arc::new(SystemClock), Arc::new(SystemRandom));
    let database = OpenDatabase::open(settings, &clock, &random).await?;
    let replaced = database.replace_key(&Tokens::new(key).key_check()).await;
    database.close().await;
    replaced
}

fn say(out: &mut impl Write, migrated: Migrated, asked: &Asked) -> std::io::Result<()> {
    let Migrated { from, to } = migrated;
    if asked.json {
        let said = serde_json::json!({ "from": from, "to": to, "new_key": asked.new_key });
        return writeln!(out, "{said}");
    }
    if from == to {
        writeln!(out, "The schema is up to date ({to}).")?;
    } else {
        writeln!(
            out,
            "The schema was brought up to date, from {from} to {to}."
        )?;
    }
    if asked.new_key {
        writeln!(
            out,
            "The present secret_key is the database's from now on. Restart every process that has \
             another."
        )?;
    }
    Ok(())
}
