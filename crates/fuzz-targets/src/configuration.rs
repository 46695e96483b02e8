//! The configuration: whatever file and environment say, it is read or refused; each fault names a key
//! that there is, or repeats one that there is not; and nothing that is told or printed has a secret in it.
//!
//! Input: the file, then a line `---`, then environment variables, `NAME=value`, one a line. Where a
//! secret belongs (`secret_key = "@@"`, `url = "smtp://user:@@@host"`, the same in variables) a canary takes
//! the place of `@@`.

use std::collections::BTreeMap;

use enlist::config::{ConfigFault, KEYS, Settings, Unusable};
use jiff::SignedDuration;

/// What the file is called.
const NAME: &str = "enlist.toml";
/// What nobody may see. Of letters only, so that no way of quoting changes it.
const CANARY: &str = "canarycanary";
/// Where it goes.
const SLOT: &str = "@@";

/// Keys whose whole value is secret, by their last part.
const SECRETS: [&str; 3] = ["secret_key", "webhook_secret", "events_secret"];
/// Keys of URLs in which a password is secret.
const URLS: [&str; 2] = ["url", "books"];

/// See the module.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // Devices and other files of the machine are not to be read; they are no part of this.
    if text.contains(CANARY) || text.contains("dev") || text.contains("proc") {
        return;
    }
    let (file, variables) = text.split_once("\n---\n").unwrap_or((text, ""));
    let file = with_canaries(file);
    let environment: BTreeMap<String, String> = variables
        .lines()
        .filter_map(|line| line.split_once('='))
        // As `Settings::load` picks them, and no shell can set others.
        .filter(|(name, _)| name.starts_with("ENLIST_") && name.bytes().all(is_of_a_variable))
        .map(|(name, value)| (name.to_owned(), secret_variable(name, value)))
        .collect();
    match Settings::from_text(NAME, &file, environment) {
        Ok(settings) => {
            nothing_is_shown(&format!("{settings:?}"));
            goes_together(&settings);
        }
        Err(unusable) => {
            nothing_is_shown(&format!("{unusable} {unusable:?}"));
            let Unusable(faults) = unusable;
            assert!(!faults.is_empty(), "a refusal says why");
            faults.iter().for_each(is_told);
        }
    }
}

fn is_of_a_variable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Puts the canary where a line of the file sets a secret.
fn with_canaries(file: &str) -> String {
    if file.lines().any(nests) {
        return file.to_owned();
    }
    let lines = file.split('\n').map(|line| match line.split_once('=') {
        Some((name, value)) => format!("{name}={}", secret(name.trim(), value)),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether what follows, though it looks like a key that is set, may be part of the value of another,
/// which may be shown: in a list, a table within a line, or a text of several lines.
fn nests(line: &str) -> bool {
    let line = line.trim();
    let is_list_of_tables = line.starts_with("[[") && line != "[[plans]]";
    let within = line.trim_start_matches('[');
    let opens = ["\"\"\"", "'''", "{", "["];
    is_list_of_tables || opens.iter().any(|opening| within.contains(opening))
}

fn secret_variable(name: &str, value: &str) -> String {
    let key = name.trim_start_matches("ENLIST_").to_lowercase();
    let last = key.rsplit("__").next().unwrap_or_default();
    secret(last, value)
}

fn secret(name: &str, value: &str) -> String {
    let quotes = |character: char| character.is_whitespace() || matches!(character, '"' | '\'');
    let begins = value.trim_start_matches(quotes);
    if SECRETS.contains(&name) {
        return value.replacen(SLOT, CANARY, 1);
    }
    let has_password = ["smtp", "smtps", "postgres", "postgresql"]
        .iter()
        .any(|scheme| begins.starts_with(&format!("{scheme}://user:{SLOT}@")));
    if URLS.contains(&name) && has_password {
        return value.replacen(SLOT, CANARY, 1);
    }
    value.to_owned()
}

fn nothing_is_shown(told: &str) {
    assert!(!told.contains(CANARY), "{told}");
}

/// A key that there is, `plans`, or the file as a whole; or a key that there is not, said to be none.
fn is_told(fault: &ConfigFault) {
    assert!(!fault.message.is_empty(), "{fault}");
    let is_known = KEYS.iter().any(|key| key.name == fault.key) || fault.key == "plans";
    let is_unknown = fault.message.starts_with("there is no such key");
    if fault.key != NAME {
        assert_ne!(is_known, is_unknown, "{fault}");
    }
}

/// What each key alone cannot promise.
fn goes_together(settings: &Settings) {
    let limits = &settings.limits;
    assert!(limits.call_timeout < limits.lease, "a call ends in time");
    assert!(settings.idempotency_retention <= settings.retention);
    assert!(settings.postgres.timeout <= limits.lease);
    assert!(settings.hashing.validate().is_ok() && settings.hashing_permits > 0);
    if let Some(stripe) = settings.gateway.stripe() {
        let mut paid = settings.plans.iter().filter(|plan| plan.is_paid());
        assert!(paid.all(|plan| plan.gateway_price.is_some()));
        let tolerance = stripe.webhooks.as_ref().map(|it| it.tolerance);
        assert!(tolerance.is_none_or(|it| !it.is_zero()));
    }
    // Deadlines are added to moments.
    for deadline in [limits.deadline, limits.verify_within, limits.act_within] {
        assert!(SignedDuration::try_from(deadline).is_ok());
    }
    let _ = (settings.warnings(), settings.order());
}
