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
use url::Url;

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

/// The host of our own address, without its port and in ASCII: `xn--…` for a name with other letters.
fn host_of(public_url: &str) -> String {
    let url = Url::parse(public_url).ok();
    let host = url.as_ref().and_then(Url::host_str);
    // What is no URL is no address that anybody reaches us at.
    host.unwrap_or("localhost").to_owned()
}
