//! `enlist config` and `enlist check-config`.

use std::io::Write;

use anyhow::anyhow;

use super::Failure;
use crate::config::{self, Settings, Unusable, WithoutEffect};

/// Prints every key.
pub(super) fn print(out: &mut impl Write, toml: bool, json: bool) -> Result<(), Failure> {
    if toml {
        write!(out, "{}", config::example())?;
    } else if json {
        for key in config::KEYS {
            let line = serde_json::json!({
                "key": key.name,
                "variable": key.variable(),
                "default": key.default,
                "help": key.help,
            });
            writeln!(out, "{line}")?;
        }
    } else {
        writeln!(out, "{}", config::table())?;
    }
    Ok(())
}

/// Says what is wrong.
pub(super) fn check(
    out: &mut impl Write,
    loaded: Result<Settings, Unusable>,
    json: bool,
) -> Result<(), Failure> {
    let faults = match &loaded {
        Ok(_) => &[][..],
        Err(unusable) => &unusable.0,
    };
    let settings = loaded.as_ref().ok();
    let without_effect = settings.map_or(&[][..], |settings| &settings.without_effect);
    let warnings = settings.map(Settings::warnings).unwrap_or_default();
    if json {
        let faults: Vec<_> = faults
            .iter()
            .map(|fault| serde_json::json!({ "key": fault.key, "message": fault.message }))
            .collect();
        let ok = faults.is_empty();
        let without_effect: Vec<_> = without_effect.iter().map(|it| it.key).collect();
        let said = serde_json::json!({
            "ok": ok,
            "faults": faults,
            "without_effect": without_effect,
            "warnings": warnings,
        });
        writeln!(out, "{said}")?;
    } else {
        for WithoutEffect { key, why } in without_effect {
            writeln!(out, "{key}: {why}")?;
        }
        for warning in warnings {
            writeln!(out, "{warning}")?;
        }
        if faults.is_empty() {
            writeln!(out, "The configuration is in order.")?;
        }
        for fault in faults {
            writeln!(out, "{fault}")?;
        }
    }
    match faults.len() {
        0 => Ok(()),
        1 => Err(Failure::Usage(anyhow!(
            "1 key of the configuration is wrong"
        ))),
        many => Err(Failure::Usage(anyhow!(
            "{many} keys of the configuration are wrong"
        ))),
    }
}
