//! `enlist migrate`: the schema brought up to date by itself, for deployments whose service may not
//! change tables; and the way to go on with a new secret key.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context as _;
use enlist_registration::ports::{Clock, Random};
use enlist_registration::tokens::Tokens;
use enlist_storage::Migrated;

use super::{Failure, runtime};
use crate::app::database::{self, OpenDatabase, hold_for};
use crate::app::neighbours;
use crate::config::Settings;
use crate::data_dir::{DataDir, Hold, KeySource, SecretKey};
use crate::system::{SystemClock, SystemRandom};

/// What the command was asked for.
pub(super) struct Asked {
    /// Accept the present key from now on: the configured one, or the one in the data directory.
    pub(super) new_key: bool,
    /// Answer as JSON.
    pub(super) json: bool,
}

/// Migrates, and says from which schema to which.
pub(super) fn run(out: &mut impl Write, settings: &Settings, asked: Asked) -> Result<(), Failure> {
    // Before anything is changed: without a key, nothing is.
    let accepted = if asked.new_key {
        Some(present_key(settings)?)
    } else {
        None
    };
    // A database on a server can be migrated from where there is no data directory.
    let _held = match hold_for(&settings.database) {
        Hold::Shared => None,
        Hold::Alone => {
            let taken = DataDir::take(&settings.data_dir, Hold::Alone);
            Some(taken.map_err(anyhow::Error::from)?)
        }
    };
    runtime()?.block_on(async {
        let migrated = database::migrate(&settings.database).await?;
        neighbours::make_tables(settings).await?;
        let source = match accepted {
            Some((key, source)) => {
                accept(settings, key).await?;
                Some(source)
            }
            None => None,
        };
        Ok::<_, Failure>(say(out, migrated, source.as_ref(), asked.json)?)
    })
}

/// The key that is to be the database's. None is made up for it: this may run where no service does,
/// and all that was issued until now would stop working for a key that nobody else has.
fn present_key(settings: &Settings) -> anyhow::Result<(SecretKey, KeySource)> {
    let configured = settings.secret_key.as_ref();
    DataDir::find_secret_key(&settings.data_dir, configured)?.with_context(|| {
        format!(
            "there is no key to accept: no secret_key is configured and {} has no secret.key; set \
             ENLIST_SECRET_KEY to the service's key, or run this in the service's data directory \
             (data_dir)",
            settings.data_dir.display()
        )
    })
}

/// Makes a key the database's.
async fn accept(settings: &Settings, key: SecretKey) -> anyhow::Result<()> {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
        (Arc::new(SystemClock), Arc::new(SystemRandom));
    let database = OpenDatabase::open(settings, &clock, &random).await?;
    let replaced = database.replace_key(&Tokens::new(key).key_check()).await;
    database.close().await;
    replaced
}

fn say(
    out: &mut impl Write,
    migrated: Migrated,
    accepted: Option<&KeySource>,
    as_json: bool,
) -> std::io::Result<()> {
    let Migrated { from, to } = migrated;
    let key_from = accepted.map(|source| match source {
        KeySource::Configured => "secret_key".to_owned(),
        KeySource::File(path) => path.display().to_string(),
    });
    if as_json {
        let new_key = key_from.is_some();
        let said = serde_json::json!({
            "from": from, "to": to, "new_key": new_key, "new_key_from": key_from,
        });
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
    if let Some(key_from) = key_from {
        writeln!(
            out,
            "The key from {key_from} is the database's from now on. Restart every process that has \
             another."
        )?;
    }
    Ok(())
}
