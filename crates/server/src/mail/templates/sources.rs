//! Where templates come from: those that are built in, or the files of a folder, `LANGUAGE/KIND.PART`. Of each mail
//! they are there whole, and in English; every file is one of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use enlist_domain::Language;
use rust_embed::RustEmbed;

use super::super::kinds::{KINDS, Kind};
use super::{TemplateFault, fault};

/// Templates as they were written, by their file.
pub(super) type Sources = BTreeMap<String, (&'static Kind, String)>;

/// A file by its name below the folder, and what is in it.
type File = (String, io::Result<String>);

/// Our own words.
#[derive(RustEmbed)]
#[folder = "templates/mail/"]
struct BuiltIn;

/// What a mail has three of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Subject,
    Text,
    /// Its ending makes everything in it HTML: what is put in is escaped.
    Html,
}

pub(super) const PARTS: [Part; 3] = [Part::Subject, Part::Text, Part::Html];

impl Part {
    fn ending(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "txt",
            Self::Html => "html",
        }
    }
}

/// The file of a template.
pub(super) fn file(language: Language, kind: &Kind, part: Part) -> String {
    format!("{}/{}.{}", language.tag(), kind.name, part.ending())
}

/// The document that the HTML part of a mail is put into.
pub(super) const FRAME: &str = "frame.html";

/// Its source.
pub(super) fn frame() -> String {
    let source = BuiltIn::get(FRAME).map(|file| file.data);
    String::from_utf8_lossy(&source.unwrap_or_default()).into_owned()
}

/// Our own words.
pub(super) fn built_in() -> Sources {
    let files = BuiltIn::iter().filter_map(|name| {
        let source = BuiltIn::get(&name)?.data;
        let source = String::from_utf8_lossy(&source).into_owned();
        Some((name.to_string(), (kind_of(&name)?, source)))
    });
    files.collect()
}

/// An operator's, and our own for the kinds of mails of which there is nothing. Also everything that cannot be
/// read, is missing, or is no template.
pub(super) fn in_folder(folder: &Path) -> (Sources, Vec<TemplateFault>) {
    let files = read(folder);
    if files.is_empty() {
        let message = format!("there is no template in it; {}", naming());
        let nothing = fault(&folder.display().to_string(), None, message);
        return (built_in(), vec![nothing]);
    }
    let is_theirs = |kind: &Kind| {
        let mut kinds = files.iter().filter_map(|(name, _)| kind_of(name));
        kinds.any(|of| of.name == kind.name)
    };
    let mut sources = built_in();
    sources.retain(|_, (kind, _)| !is_theirs(kind));
    let missing: Vec<TemplateFault> = KINDS
        .into_iter()
        .filter(|kind| is_theirs(kind))
        .flat_map(|kind| missing(&files, kind))
        .collect();
    let mut faults = Vec::new();
    for (name, source) in files {
        match (source, kind_of(&name)) {
            (Err(error), _) => {
                faults.push(fault(&name, None, format!("cannot be read: {error}")));
            }
            (Ok(_), None) => {
                let message = format!("is no template of a mail; {}", naming());
                faults.push(fault(&name, None, message));
            }
            (Ok(source), Some(kind)) => {
                sources.insert(name, (kind, source));
            }
        }
    }
    faults.extend(missing);
    (sources, faults)
}

/// The files of the folder's folders, and those beside them, which belong nowhere. Those whose names begin with a
/// dot are the system's or an editor's.
fn read(folder: &Path) -> Vec<File> {
    let entries = match entries(folder) {
        Ok(entries) => entries,
        Err(error) => return vec![(folder.display().to_string(), Err(error))],
    };
    let mut files = Vec::new();
    for name in entries {
        let path = folder.join(&name);
        if !path.is_dir() {
            files.push((name, fs::read_to_string(path)));
            continue;
        }
        match self::entries(&path) {
            Err(error) => files.push((name, Err(error))),
            Ok(inside) => files.extend(inside.into_iter().map(|file| {
                let source = fs::read_to_string(path.join(&file));
                (format!("{name}/{file}"), source)
            })),
        }
    }
    files
}

/// The names in a folder, in order.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Of which mail a file is a template.
fn kind_of(name: &str) -> Option<&'static Kind> {
    let (language, rest) = name.split_once('/')?;
    Language::from_tag(language)?;
    let (kind, ending) = rest.rsplit_once('.')?;
    PARTS.iter().find(|part| part.ending() == ending)?;
    KINDS.into_iter().find(|known| known.name == kind)
}

/// What a mail lacks: in English, and in each language in which something of it is there.
fn missing(files: &[File], kind: &Kind) -> Vec<TemplateFault> {
    let is_there = |name: &String| files.iter().any(|(file, _)| file == name);
    let english = Language::default();
    let parts = PARTS.map(|part| format!("{}.{}", kind.name, part.ending()));
    let message = format!(
        "is missing; a mail is {}, all of them in `{}`, and in each other language that it is in",
        parts.join(", "),
        english.tag()
    );
    let in_languages = Language::ALL.map(|language| PARTS.map(|part| file(language, kind, part)));
    let in_languages = Language::ALL.into_iter().zip(in_languages);
    let begun =
        in_languages.filter(|(language, names)| *language == english || names.iter().any(is_there));
    let missing = begun
        .flat_map(|(_, names)| names)
        .filter(|name| !is_there(name));
    missing
        .map(|name| fault(&name, None, message.clone()))
        .collect()
}

/// How files are called.
fn naming() -> String {
    let listed = |names: Vec<&str>| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    format!(
        "files are LANGUAGE/MAIL.PART; languages are {}, mails {}, parts {}",
        listed(Language::ALL.map(Language::tag).to_vec()),
        listed(KINDS.iter().map(|kind| kind.name).collect()),
        listed(PARTS.map(Part::ending).to_vec()),
    )
}
