//! The languages in which the service speaks. Every sentence that a person reads stands in
//! `messages/<language>`, in Project Fluent's format, in each language under the same name; code names
//! the message ([`msg!`](crate::msg)) and its values, and a [`Language`] tells it.

mod forms;
mod message;
mod negotiation;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use enlist_domain::{Country, Language as Tag};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::Entry;
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

use crate::app::App;

pub use message::{Argument, Message};
pub use negotiation::{negotiate, wanted};

/// The file whose messages the scripts in pages are given.
const FOR_SCRIPTS: &str = "scripts.ftl";

#[derive(RustEmbed)]
#[folder = "messages/"]
struct Files;

static SPEECHES: LazyLock<Vec<Speech>> =
    LazyLock::new(|| Tag::ALL.into_iter().map(Speech::load).collect());

/// One of the languages of the domain (`enlist_domain::Language`, by which it is stored), with everything
/// that can be said in it. To be handed on at will.
#[derive(Clone, Copy)]
pub struct Language(&'static Speech);

/// Everything that can be said in one language.
struct Speech {
    code: &'static str,
    tag: Tag,
    identifier: LanguageIdentifier,
    bundle: FluentBundle<FluentResource>,
    for_scripts: String,
    countries: Vec<(Country, String)>,
}

impl Language {
    /// Every language.
    pub fn all() -> impl Iterator<Item = Self> {
        SPEECHES.iter().map(Self)
    }

    /// English: of the command line, and of the API where nothing else is asked for.
    pub fn english() -> Self {
        Self::from(Tag::English)
    }

    /// The language in which somebody is written to: the one they spoke, or the operator's.
    pub fn of_person(app: &App, spoken: Option<Tag>) -> Self {
        spoken.map_or(app.settings.server.language, Self::from)
    }

    /// As it is stored.
    pub fn tag(self) -> Tag {
        self.0.tag
    }

    /// The language with this code, such as `de`.
    pub fn with_code(code: &str) -> Option<Self> {
        Self::all().find(|language| language.0.code.eq_ignore_ascii_case(code))
    }

    /// Its code: the value of `lang` in HTML.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// A message without values.
    pub fn say(self, id: &str) -> String {
        self.0.say(id, None)
    }

    /// A message with its values, and those that follow it.
    pub fn tell(self, message: impl Borrow<Message>) -> String {
        let mut told = String::new();
        for part in message.borrow().parts() {
            if !told.is_empty() {
                told.push(' ');
            }
            told.push_str(&self.tell_part(part, str::to_owned));
        }
        told
    }

    /// A message that has markup in it. Its values are escaped; the markup is our own.
    pub fn markup(self, message: &Message) -> String {
        self.tell_part(message, escaped)
    }

    /// Everything that scripts say, as JSON that can stand in HTML. A variable stands as `{$name}`.
    pub fn for_scripts(self) -> &'static str {
        &self.0.for_scripts
    }

    /// Every country with its name, in the order of a list.
    pub fn countries(self) -> &'static [(Country, String)] {
        &self.0.countries
    }

    fn tell_part(self, message: &Message, finish: fn(&str) -> String) -> String {
        let mut values = FluentArgs::with_capacity(message.arguments().len());
        for (name, argument) in message.arguments() {
            values.set(*name, argument.in_language(self, finish));
        }
        self.0.say(message.id(), Some(&values))
    }
}

impl Speech {
    fn load(tag: Tag) -> Self {
        let code = tag.tag();
        // A test holds that each is one.
        let identifier: LanguageIdentifier = code.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier.clone()]);
        // The marks that keep a value's direction of writing apart from its sentence's. All our languages
        // are written from left to right, and in an address that is copied the marks would do harm.
        bundle.set_use_isolating(false);
        let mut scripts = Vec::new();
        for (name, source) in files(code) {
            let resource = FluentResource::try_new(source).unwrap_or_else(|(resource, errors)| {
                tracing::error!(
                    ?errors,
                    code,
                    name,
                    "a message file cannot be read in whole"
                );
                resource
            });
            if name == FOR_SCRIPTS {
                scripts = ids(&resource);
            }
            if let Err(errors) = bundle.add_resource(resource) {
                tracing::error!(?errors, code, name, "a message has a name that is taken");
            }
        }
        let mut speech = Self {
            code,
            tag,
            identifier,
            bundle,
            for_scripts: String::new(),
            countries: Vec::new(),
        };
        speech.for_scripts = speech.as_json(&scripts);
        speech.countries = speech.sorted_countries();
        speech
    }

    fn say(&self, id: &str, values: Option<&FluentArgs<'_>>) -> String {
        let pattern = self.bundle.get_message(id).and_then(|found| found.value());
        let Some(pattern) = pattern else {
            debug_assert!(false, "{}: there is no message {id}", self.code);
            tracing::error!(id, language = self.code, "there is no such message");
            return id.to_owned();
        };
        let mut errors = Vec::new();
        let said = self.bundle.format_pattern(pattern, values, &mut errors);
        if !errors.is_empty() {
            debug_assert!(false, "{}: {id}: {errors:?}", self.code);
            tracing::error!(id, language = self.code, ?errors, "a message lacks a value");
        }
        said.into_owned()
    }

    fn as_json(&self, ids: &[String]) -> String {
        let sentences: BTreeMap<&str, String> = ids
            .iter()
            .map(|id| {
                let message = self.bundle.get_message(id);
                let pattern = message.and_then(|message| message.value());
                // Without values, a variable stands as it is: that is what a script replaces.
                let said = pattern.map(|it| self.bundle.format_pattern(it, None, &mut Vec::new()));
                (id.as_str(), said.unwrap_or_default().into_owned())
            })
            .collect();
        // Strings always serialise. In HTML, `<` could end the element that the JSON stands in.
        serde_json::to_string(&sentences)
            .unwrap_or_default()
            .replace('<', "\\u003c")
    }
}

/// The message files of a language, by name.
fn files(code: &str) -> Vec<(String, String)> {
    let folder = format!("{code}/");
    Files::iter()
        .filter_map(|path| {
            let name = path.strip_prefix(&folder)?.to_owned();
            let file = Files::get(&path)?;
            Some((name, String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}

fn ids(resource: &FluentResource) -> Vec<String> {
    let messages = resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message.id.name.to_owned()),
        _ => None,
    });
    messages.collect()
}

/// As text of HTML or as the value of an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

impl From<Tag> for Language {
    fn from(tag: Tag) -> Self {
        // Each was loaded in the order of the list.
        let place = Tag::ALL
            .iter()
            .position(|it| *it == tag)
            .unwrap_or_default();
        Self(&SPEECHES[place])
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code
    }
}

impl Eq for Language {}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.0.code)
    }
}
