//! What mails say: our own words, or an operator's from a folder. Both are templates of the same kind, in files
//! `LANGUAGE/KIND.PART`, and both are tried out before the first mail. English stands in for a language that a
//! mail is not there in.

mod sources;

use std::fmt;
use std::path::Path;

use enlist_domain::Language;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, context};

use super::kinds::{Content, KINDS, Kind, Presence};
use sources::{Part, Sources, file};

/// A mail in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// On one line.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As HTML.
    pub html: String,
}

/// The templates of all mails.
pub struct MailTemplates {
    environment: Environment<'static>,
}

/// Shows nothing of what they say.
impl fmt::Debug for MailTemplates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailTemplates")
    }
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// Its file, below the folder; or the folder.
    pub file: String,
    /// Counted from 1; none where it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl MailTemplates {
    /// Our own words.
    ///
    /// # Errors
    ///
    /// None, as a test shows.
    pub fn built_in() -> Result<Self, Vec<TemplateFault>> {
        Self::of(&sources::built_in(), Vec::new())
    }

    /// An operator's. A kind of mail of which nothing is there is in our own words.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn in_folder(folder: &Path) -> Result<Self, Vec<TemplateFault>> {
        let (sources, faults) = sources::in_folder(folder);
        Self::of(&sources, faults)
    }

    fn of(sources: &Sources, mut faults: Vec<TemplateFault>) -> Result<Self, Vec<TemplateFault>> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_formatter(escape);
        for (name, (kind, source)) in sources {
            match environment.add_template_owned(name.clone(), source.clone()) {
                Err(error) => faults.push(cannot(name, &error)),
                Ok(()) => faults.extend(unknown_placeholders(&environment, kind, name, source)),
            }
        }
        if let Err(error) = environment.add_template_owned(sources::FRAME, sources::frame()) {
            faults.push(cannot(sources::FRAME, &error));
        }
        let templates = Self { environment };
        if faults.is_empty() {
            faults = templates.try_out();
        }
        if faults.is_empty() {
            Ok(templates)
        } else {
            Err(faults)
        }
    }

    /// Writes a mail.
    ///
    /// # Errors
    ///
    /// A template that failed with what it was given, which it does not repeat.
    pub(super) fn write(
        &self,
        kind: &Kind,
        language: Language,
        content: &Content,
    ) -> Result<Written, TemplateFault> {
        let language = if self.is_in(kind, language) {
            language
        } else {
            Language::default()
        };
        let values = content.iter().map(|(name, text)| {
            let text = text.as_deref();
            (*name, text.map_or_else(|| Value::from(()), Value::from))
        });
        let values = Value::from_pairs(values);
        let render = |part| self.render(&file(language, kind, part), &values);
        let subject = render(Part::Subject)?;
        // One line, whatever was put in.
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Written {
            text: render(Part::Text)?,
            html: self.framed(language, &subject, render(Part::Html)?)?,
            subject,
        })
    }

    /// The HTML part as a whole document: in our frame, which can be read in the dark, unless it is one
    /// already.
    fn framed(
        &self,
        language: Language,
        subject: &str,
        body: String,
    ) -> Result<String, TemplateFault> {
        let start = body.trim_start().get(..5).unwrap_or_default();
        if ["<!doc", "<html"]
            .iter()
            .any(|it| start.eq_ignore_ascii_case(it))
        {
            return Ok(body);
        }
        let values = context! {
            language => language.tag(),
            subject,
            body => Value::from_safe_string(body),
        };
        self.render(sources::FRAME, &values)
    }

    /// A mail is there in a language whole or not at all.
    fn is_in(&self, kind: &Kind, language: Language) -> bool {
        let subject = file(language, kind, Part::Subject);
        self.environment.get_template(&subject).is_ok()
    }

    fn render(&self, name: &str, values: &Value) -> Result<String, TemplateFault> {
        let template = self.environment.get_template(name);
        let rendered = template.and_then(|template| template.render(values));
        rendered.map_err(|error| cannot(name, &error))
    }

    /// Writes each mail in each of its languages.
    fn try_out(&self) -> Vec<TemplateFault> {
        let mut faults: Vec<TemplateFault> = Vec::new();
        for kind in KINDS {
            let languages = Language::ALL.into_iter();
            for language in languages.filter(|language| self.is_in(kind, *language)) {
                let tried = kind.examples().map(|content| {
                    let written = self.write(kind, language, &content);
                    written.map_or_else(
                        |fault| vec![fault],
                        |written| lacking(&written, kind, language),
                    )
                });
                // What is wrong with both examples is said once.
                for fault in tried.into_iter().flatten() {
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                }
            }
        }
        faults
    }
}

/// In HTML, escapes what is put in. The engine would also write each slash of a link as `&#x2f;`, which is right
/// and makes filters suspicious.
fn escape(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let is_text = value.kind() == ValueKind::String && !value.is_safe();
    if !is_text || !matches!(state.auto_escape(), AutoEscape::Html) {
        return minijinja::escape_formatter(out, state, value);
    }
    let text = value.to_string().replace('&', "&amp;");
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    let text = text.replace('"', "&quot;").replace('\'', "&#39;");
    out.write_str(&text).map_err(Error::from)
}

/// What a mail that was written with an example must have and has not.
fn lacking(written: &Written, kind: &Kind, language: Language) -> Vec<TemplateFault> {
    let mut faults = Vec::new();
    let needed = kind.placeholders.iter();
    for placeholder in needed.filter(|it| it.presence == Presence::Needed) {
        for (part, text) in [(Part::Text, &written.text), (Part::Html, &written.html)] {
            if !text.contains(placeholder.example) {
                let message = format!(
                    "`{{{{ {} }}}}` does not appear in every mail; put it where no condition can leave it out",
                    placeholder.name
                );
                faults.push(fault(&file(language, kind, part), None, message));
            }
        }
    }
    if written.subject.is_empty() {
        let message = "is empty; write a line".to_owned();
        faults.push(fault(&file(language, kind, Part::Subject), None, message));
    }
    faults
}

fn unknown_placeholders(
    environment: &Environment<'_>,
    kind: &Kind,
    name: &str,
    source: &str,
) -> Vec<TemplateFault> {
    let Ok(template) = environment.get_template(name) else {
        return Vec::new();
    };
    let found = template.undeclared_variables(false).into_iter();
    let mut unknown: Vec<String> = found.filter(|found| !kind.knows(found)).collect();
    unknown.sort();
    let known = kind.names();
    let faults = unknown.into_iter().map(|found| {
        let message = format!("there is no placeholder `{found}`; there are {known}");
        fault(name, line_of(source, &found), message)
    });
    faults.collect()
}

/// The first line that has the name between braces.
fn line_of(source: &str, placeholder: &str) -> Option<usize> {
    let mut lines = source.lines();
    let has_it = |line: &str| line.contains('{') && line.contains(placeholder);
    lines.position(has_it).map(|at| at + 1)
}

/// The engine's own words, which name what is in the template and nothing that was put in.
fn cannot(file: &str, error: &Error) -> TemplateFault {
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    fault(file, error.line(), message)
}

fn fault(file: &str, line: Option<usize>, message: String) -> TemplateFault {
    TemplateFault {
        file: file.to_owned(),
        line,
        message,
    }
}

#[cfg(test)]
mod tests;
