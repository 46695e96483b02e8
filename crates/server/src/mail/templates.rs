//! What the verification mail says: our own words, or an operator's from a folder. Both are templates of the
//! same kind, and both are tried out before the first mail.

use std::fmt;
use std::path::Path;

use minijinja::value::Value;
use minijinja::{Environment, Error, UndefinedBehavior};

const SUBJECT: &str = "verification.subject";
const TEXT: &str = "verification.txt";
/// Ends in what makes everything in it HTML: what is put in is escaped.
const HTML: &str = "verification.html";

/// Our own words.
const BUILT_IN: [(&str, &str); 3] = [
    (
        SUBJECT,
        include_str!("../../templates/mail/verification.subject"),
    ),
    (TEXT, include_str!("../../templates/mail/verification.txt")),
    (HTML, include_str!("../../templates/mail/verification.html")),
];

/// What may stand in a template.
#[derive(Clone)]
pub struct Content {
    /// As the person calls themselves.
    pub first_name: String,
    /// Confirms the address.
    pub link: String,
    /// Does the same, typed by hand.
    pub code: String,
    /// Until when, for a person.
    pub verify_by: String,
    /// What was charged, for a paid plan.
    pub charged: Option<String>,
}

/// Names of what may stand in a template.
const PLACEHOLDERS: [&str; 5] = ["first_name", "link", "code", "verify_by", "charged"];

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

/// The templates of the verification mail.
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
    /// The file's name, without its folder.
    pub file: &'static str,
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
        Self::of(BUILT_IN.map(|(name, source)| (name, source.to_owned())))
    }

    /// An operator's: `verification.txt` and `verification.html`, and `verification.subject` if it is there.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn in_folder(folder: &Path) -> Result<Self, Vec<TemplateFault>> {
        let mut faults = Vec::new();
        let sources = BUILT_IN.map(|(name, own)| {
            let path = folder.join(name);
            if name == SUBJECT && !path.exists() {
                return (name, own.to_owned());
            }
            let source = std::fs::read_to_string(path).unwrap_or_else(|error| {
                faults.push(fault(name, None, format!("cannot be read: {error}")));
                own.to_owned()
            });
            (name, source)
        });
        match (Self::of(sources), faults.is_empty()) {
            (Ok(templates), true) => Ok(templates),
            (Ok(_), false) => Err(faults),
            (Err(more), _) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }

    fn of(sources: [(&'static str, String); 3]) -> Result<Self, Vec<TemplateFault>> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut faults = Vec::new();
        for (name, source) in &sources {
            match environment.add_template_owned(*name, source.clone()) {
                Err(error) => faults.push(cannot(name, &error)),
                Ok(()) => faults.extend(unknown_placeholders(&environment, name, source)),
            }
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
    pub fn write(&self, content: &Content) -> Result<Written, TemplateFault> {
        let plain = values(content, Value::from(content.link.as_str()));
        let subject = self.render(SUBJECT, &plain)?;
        Ok(Written {
            // One line, whatever was put in.
            subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
            text: self.render(TEXT, &plain)?,
            html: self.render(HTML, &values(content, link_in_html(content)))?,
        })
    }

    fn render(&self, name: &'static str, content: &Value) -> Result<String, TemplateFault> {
        let template = self.environment.get_template(name);
        let rendered = template.and_then(|template| template.render(content));
        rendered.map_err(|error| cannot(name, &error))
    }

    /// Writes one mail for a free plan and one for a paid one.
    fn try_out(&self) -> Vec<TemplateFault> {
        let paid = Content {
            first_name: "Ada".to_owned(),
            link: "https://join.example.com/verify/0123456789abcdef".to_owned(),
            code: "314159".to_owned(),
            verify_by: "1 Jan 2030, 12:00 UTC".to_owned(),
            charged: Some("$29.00".to_owned()),
        };
        let free = Content {
            charged: None,
            ..paid.clone()
        };
        let mut faults = Vec::new();
        for content in [paid, free] {
            match self.write(&content) {
                Ok(written) => faults.extend(lacking(&written, &content)),
                Err(fault) => faults.push(fault),
            }
        }
        // What is wrong with both plans is said once.
        let mut once: Vec<TemplateFault> = Vec::new();
        for fault in faults {
            if !once.contains(&fault) {
                once.push(fault);
            }
        }
        once
    }
}

/// What stands for each placeholder.
fn values(content: &Content, link: Value) -> Value {
    let Content {
        first_name,
        link: _,
        code,
        verify_by,
        charged,
    } = content;
    let charged = charged
        .as_deref()
        .map_or_else(|| Value::from(()), Value::from);
    let of = |name: &'static str| match name {
        "first_name" => Value::from(first_name.as_str()),
        "link" => link.clone(),
        "code" => Value::from(code.as_str()),
        "verify_by" => Value::from(verify_by.as_str()),
        _ => charged.clone(),
    };
    Value::from_pairs(PLACEHOLDERS.map(|name| (name, of(name))))
}

/// The engine would write each slash of the link as `&#x2f;`, which is right and makes filters suspicious. A URL
/// needs less.
fn link_in_html(content: &Content) -> Value {
    let link = content.link.replace('&', "&amp;");
    let link = link.replace('"', "&quot;").replace('\'', "&#39;");
    Value::from_safe_string(link.replace('<', "&lt;").replace('>', "&gt;"))
}

/// Without a link and a code nobody can confirm their address.
fn lacking(written: &Written, content: &Content) -> Vec<TemplateFault> {
    let mut faults = Vec::new();
    for (file, part) in [(TEXT, &written.text), (HTML, &written.html)] {
        for (placeholder, value) in [("link", &content.link), ("code", &content.code)] {
            if !part.contains(value.as_str()) {
                let message = format!(
                    "`{{{{ {placeholder} }}}}` does not appear in every mail; put it where no condition can leave it out"
                );
                faults.push(fault(file, None, message));
            }
        }
    }
    if written.subject.is_empty() {
        let message = "is empty; write a line".to_owned();
        faults.push(fault(SUBJECT, None, message));
    }
    faults
}

fn unknown_placeholders(
    environment: &Environment<'_>,
    name: &'static str,
    source: &str,
) -> Vec<TemplateFault> {
    let Ok(template) = environment.get_template(name) else {
        return Vec::new();
    };
    let mut unknown: Vec<String> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|found| !PLACEHOLDERS.contains(&found.as_str()))
        .collect();
    unknown.sort();
    let known = PLACEHOLDERS.map(|known| format!("`{known}`")).join(", ");
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
fn cannot(file: &'static str, error: &Error) -> TemplateFault {
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    fault(file, error.line(), message)
}

fn fault(file: &'static str, line: Option<usize>, message: String) -> TemplateFault {
    TemplateFault {
        file,
        line,
        message,
    }
}

#[cfg(test)]
mod tests;
