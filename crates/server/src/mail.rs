//! Mails: what they say, and who takes them.

mod account_exists;
mod draft;
mod journey;
mod kinds;
mod mailbox;
mod message_id;
mod smtp;
mod templates;
mod verification;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

pub use account_exists::account_exists;
pub use journey::journey;
pub use mailbox::{Mailbox, MailboxFault, StoredMail};
pub use message_id::registration_of;
pub use smtp::{SmtpMailer, Tried};
pub use templates::{MailTemplates, TemplateFault};
pub use verification::verification;

/// One mail. Holds a link and a code: it is printed nowhere.
#[derive(Serialize)]
pub struct Mail {
    /// Made from the ids of job and registration, so that a repeat can be recognised, and a bounce
    /// (RFC 5322, `Message-ID`).
    pub message_id: String,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As HTML.
    pub html: String,
    /// When it was handed over.
    pub sent_at: Timestamp,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// Somebody else is responsible for it now.
    Accepted,
    /// Not now: try again.
    Temporary(String),
    /// Not from us, until somebody who runs this service puts something right: try again.
    Refused(String),
    /// Never: there is no such mailbox, or none that can be reached.
    Permanent(String),
}

/// Takes mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail over.
    async fn send(&self, mail: &Mail) -> MailOutcome;
}

/// The host of a URL, without its port.
fn host_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = after_scheme.find('/').unwrap_or(after_scheme.len());
    let authority = &after_scheme[..end];
    // The colons of an IPv6 address are in brackets.
    let from = authority.rfind(']').unwrap_or(0);
    let port = authority[from..].find(':').map(|at| from + at);
    &authority[..port.unwrap_or(authority.len())]
}
