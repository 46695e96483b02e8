//! What settings are read from, before it is merged: which variables are ours, and which keys are none.

use std::collections::BTreeMap;

/// The environment variables that set keys; or the name of one whose value is not in UTF-8.
pub(super) fn environment() -> Result<BTreeMap<String, String>, String> {
    let mut ours = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        // What is not in UTF-8 is not the name of a key.
        let name = name.into_string().ok();
        let Some(name) = name.filter(|name| name.starts_with("ENLIST_")) else {
            continue;
        };
        let Ok(value) = value.into_string() else {
            return Err(name);
        };
        ours.insert(name, value);
    }
    Ok(ours)
}

/// Whether a variable tells where a neighbour called `enlist` is, as Kubernetes and Docker tell every container beside
/// one of that name. They look like ours: `ENLIST_SERVICE_HOST`, `ENLIST_PORT=tcp://10.0.0.1:8080`,
/// `ENLIST_PORT_8080_TCP_ADDR`.
pub(super) fn is_of_a_neighbour(name: &str, value: &str) -> bool {
    let rest = name.strip_prefix("ENLIST_").unwrap_or_default();
    let is_below = |part: &str| {
        let more = rest.strip_prefix(part);
        more.is_some_and(|more| !more.starts_with('_'))
    };
    match rest {
        "SERVICE_HOST" | "SERVICE_PORT" => true,
        "PORT" => value.contains("://"),
        _ => is_below("SERVICE_PORT_") || is_below("PORT_"),
    }
}

/// Keys that whatever merges file and environment would take for a place in a list, as in `a[7]`. There are no such
/// keys, and for one with a large number it would make a list that is longer than there is memory.
pub(super) fn places_in_lists(text: &str, environment: &BTreeMap<String, String>) -> Vec<String> {
    let variables = environment.keys().filter(|name| name.contains('['));
    let mut places: Vec<String> = variables.cloned().collect();
    // What is not TOML is told of where it is merged.
    let mut tables: Vec<toml::Table> = text.parse().into_iter().collect();
    while let Some(table) = tables.pop() {
        for (key, value) in table {
            match value {
                toml::Value::Table(below) => tables.push(below),
                toml::Value::Array(items) => {
                    let below = items.into_iter().map(toml::Table::try_from);
                    tables.extend(below.filter_map(Result::ok));
                }
                _ => {}
            }
            if key.contains('[') {
                places.push(key);
            }
        }
    }
    places
}
