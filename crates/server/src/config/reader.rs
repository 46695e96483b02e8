//! Reads typed values out of the configuration and remembers every fault, so that all of them can be
//! told at once, each with its key and its remedy.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::keys;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    /// Which key.
    pub key: String,
    /// What is wrong and what to write instead. Never the value of a secret.
    pub message: String,
}

impl ConfigFault {
    /// Nobody reads this key.
    pub(super) fn no_such_key(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            message: match closest(key) {
                Some(near) => format!("there is no such key; did you mean {near}?"),
                None => "there is no such key; `enlist config` lists them all".to_owned(),
            },
        }
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// Values as they were written, by key.
pub struct Reader {
    values: BTreeMap<String, String>,
    faults: RefCell<Vec<ConfigFault>>,
    read: RefCell<BTreeSet<&'static str>>,
}

impl Reader {
    /// A reader of `values`; keys that do not exist are faults.
    pub fn new(values: BTreeMap<String, String>) -> Self {
        let unknown = values
            .keys()
            .filter(|key| keys::find(key).is_none() && !keys::LATER.contains(&key.as_str()))
            .map(|key| ConfigFault::no_such_key(key));
        let faults = RefCell::new(unknown.collect());
        Self {
            values,
            faults,
            read: RefCell::default(),
        }
    }

    /// Keys that were set and have no effect in this version.
    pub fn set_too_early(&self) -> impl Iterator<Item = &'static str> {
        let later = keys::LATER.iter().copied();
        later.filter(|key| self.is_set(key))
    }

    /// Keys whose names start with `prefix` and that were set to something else than their default.
    pub fn changed_below(&self, prefix: &str) -> impl Iterator<Item = &'static str> {
        let below = keys::KEYS
            .iter()
            .filter(move |key| key.name.starts_with(prefix));
        below
            .filter(|key| {
                let value = self.values.get(key.name);
                value.is_some_and(|value| value.trim() != key.default)
            })
            .map(|key| key.name)
    }

    /// The faults found so far.
    pub fn into_faults(self) -> Vec<ConfigFault> {
        self.faults.into_inner()
    }

    /// The keys that were read so far.
    #[cfg(test)]
    pub(super) fn read_keys(&self) -> BTreeSet<&'static str> {
        self.read.borrow().clone()
    }

    /// Notes a fault.
    pub fn fault(&self, key: &str, message: impl Into<String>) {
        let fault = ConfigFault {
            key: key.to_owned(),
            message: message.into(),
        };
        self.faults.borrow_mut().push(fault);
    }

    /// A text; empty where the key is unset and has no default.
    pub fn text(&self, name: &'static str) -> String {
        self.read.borrow_mut().insert(name);
        let default = keys::find(name).map_or("", |key| key.default);
        self.values
            .get(name)
            .map_or(default, String::as_str)
            .trim()
            .to_owned()
    }

    /// Whether somebody set the key.
    pub fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A value that parses itself; its default is taken after a fault.
    pub fn parsed<T: FromStr>(&self, name: &'static str, remedy: &str) -> Option<T> {
        let text = self.text(name);
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => {
                self.fault(name, format!("`{text}` is not valid; {remedy}"));
                None
            }
        }
    }

    /// A whole number in a range.
    pub fn number(&self, name: &'static str, range: std::ops::RangeInclusive<u32>) -> u32 {
        let remedy = format!(
            "write a whole number from {} to {}",
            range.start(),
            range.end()
        );
        let Some(number) = self.parsed::<u32>(name, &remedy) else {
            return *range.start();
        };
        if !range.contains(&number) {
            self.fault(name, format!("{number} is out of range; {remedy}"));
            return *range.start();
        }
        number
    }

    /// `true` or `false`.
    pub fn switch(&self, name: &'static str) -> bool {
        match self.text(name).to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            other => {
                self.fault(name, format!("`{other}` is neither `true` nor `false`"));
                false
            }
        }
    }

    /// The same, where empty means neither.
    pub fn optional_switch(&self, name: &'static str) -> Option<bool> {
        if self.text(name).is_empty() {
            return None;
        }
        Some(self.switch(name))
    }

    /// A duration in a range.
    pub fn duration(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<Duration>,
    ) -> Duration {
        let text = self.text(name);
        let Ok(duration) = humantime::parse_duration(&text) else {
            let remedy = "write a number with a unit, such as 500ms, 10s, 24h or 30d";
            self.fault(name, format!("`{text}` is not a duration; {remedy}"));
            return *range.start();
        };
        if !range.contains(&duration) {
            let (from, to) = (
                humantime::format_duration(*range.start()),
                humantime::format_duration(*range.end()),
            );
            self.fault(
                name,
                format!("{text} is out of range; write {from} to {to}"),
            );
            return *range.start();
        }
        duration
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name);
        let found = choices
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<String> = choices
                .iter()
                .map(|(word, _)| format!("`{word}`"))
                .collect();
            self.fault(
                name,
                format!("`{text}` is not valid; write {}", words.join(" or ")),
            );
        }
        found
    }
}

/// The key that a mistyped one was probably meant to be.
fn closest(typed: &str) -> Option<&'static str> {
    let last = typed.rsplit('.').next().unwrap_or(typed);
    keys::KEYS
        .iter()
        .map(|key| (key.name, strsim::jaro_winkler(typed, key.name)))
        .chain(
            keys::KEYS
                .iter()
                .filter(|key| key.name.rsplit('.').next() == Some(last))
                .map(|key| (key.name, 1.0)),
        )
        .filter(|(_, likeness)| *likeness > 0.85)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(name, _)| name)
}
