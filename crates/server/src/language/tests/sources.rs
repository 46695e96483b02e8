//! Which messages code, templates and scripts ask for: read from their sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A place where a message is asked for.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) id: String,
    /// The names of the values that it is given.
    pub(super) values: BTreeSet<String>,
    pub(super) place: String,
}

/// How a message is asked for: what stands before its name, and how its values are written.
const CALLS: [(&str, Values); 6] = [
    ("msg!(\"", Values::Named),
    (".say(\"", Values::None),
    (".markup(\"", Values::None),
    (".tell(\"", Values::Pairs),
    (".markup_with(\"", Values::Pairs),
    ("say('", Values::Object),
];

#[derive(Clone, Copy)]
enum Values {
    None,
    /// `, left = tries_left`
    Named,
    /// `, [("left", tries_left)]`
    Pairs,
    /// `, { left }`
    Object,
}

/// All of them.
pub(super) fn all() -> Vec<Use> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for (folder, ending) in [("src", "rs"), ("templates", "html"), ("assets", "js")] {
        let mut paths = Vec::new();
        collect(&root.join(folder), ending, &mut paths);
        assert!(!paths.is_empty(), "{folder} has no .{ending}");
        for path in paths {
            let source = std::fs::read_to_string(&path).unwrap();
            // What is written over several lines is read as if it were on one.
            let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
            let source = source.replace("( ", "(");
            uses(&source, &path.display().to_string(), &mut found);
        }
    }
    assert!(found.len() > 100, "too few are found: {}", found.len());
    found
}

fn collect(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, ending, into);
        } else if path.extension().is_some_and(|it| it == ending) && !path.ends_with("sources.rs") {
            into.push(path);
        }
    }
}

fn uses(source: &str, place: &str, into: &mut Vec<Use>) {
    for (call, values) in CALLS {
        for (start, _) in source.match_indices(call) {
            // A method of a script's own, `this.#say('open')`, says nothing.
            if source[..start].ends_with('#') {
                continue;
            }
            let rest = &source[start + call.len()..];
            let quote = call.chars().last().unwrap();
            let Some((id, rest)) = rest.split_once(quote) else {
                continue;
            };
            into.push(Use {
                id: id.to_owned(),
                values: names(&arguments(rest), values),
                place: place.to_owned(),
            });
        }
    }
}

/// What follows the name up to the bracket that closes the call, cut at its commas.
fn arguments(rest: &str) -> Vec<String> {
    let (mut depth, mut quoted) = (0_u32, false);
    let mut pieces = vec![String::new()];
    for character in rest.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                pieces.push(String::new());
                continue;
            }
            _ => {}
        }
        pieces.last_mut().unwrap().push(character);
    }
    let pieces = pieces
        .into_iter()
        .skip(1)
        .map(|piece| piece.trim().to_owned());
    pieces.filter(|piece| !piece.is_empty()).collect()
}

fn names(arguments: &[String], values: Values) -> BTreeSet<String> {
    match values {
        Values::None => BTreeSet::new(),
        Values::Named => arguments
            .iter()
            .map(|argument| argument.split('=').next().unwrap().trim().to_owned())
            .collect(),
        Values::Pairs => arguments
            .iter()
            .flat_map(|list| list.split("(\"").skip(1))
            .map(|pair| pair.split('"').next().unwrap().to_owned())
            .collect(),
        Values::Object => arguments
            .iter()
            .flat_map(|object| {
                let inside = object.trim_start_matches('{').trim_end_matches('}').trim();
                inside
                    .split(',')
                    .map(|entry| {
                        let name = entry.split(':').next().unwrap();
                        name.trim().to_owned()
                    })
                    .collect::<Vec<_>>()
            })
            .collect(),
    }
}
