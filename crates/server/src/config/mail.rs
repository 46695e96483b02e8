//! The section `[mail]`: whether mails are kept here or sent, by which server and in whose name.

use std::path::Path;
use std::time::Duration;

use enlist_gateways::signatures::SigningSecrets;
use lettre::message::Mailbox;
use lettre::transport::smtp::client::Certificate;
use secrecy::SecretString;

use super::WithoutEffect;
use super::reader::Reader;
use super::sections::within_lease;
use super::smtp_url::SmtpUrl;
use crate::mail::MailTemplates;

/// The key that says where mails go.
pub(super) const URL: &str = "mail.url";
/// Its value where they stay here.
pub(super) const MAILBOX: &str = "mailbox:";
const FROM: &str = "mail.from";
const CONNECTIONS: &str = "mail.connections";
const ROOTS: &str = "mail.roots";

/// How mails go out.
#[derive(Debug)]
pub struct MailSettings {
    /// Who they come from.
    pub from: Mailbox,
    /// What they say.
    pub templates: MailTemplates,
    /// How long handing one over may take, connecting included.
    pub timeout: Duration,
    /// Who takes them.
    pub by: Mailing,
    /// Who may tell of bounces; none: nobody.
    pub events: Option<EventSettings>,
}

/// How bounces are recognised.
#[derive(Clone, Debug)]
pub struct EventSettings {
    /// By one of these.
    pub secrets: SigningSecrets,
    /// At most so old.
    pub tolerance: Duration,
}

/// Who takes mails.
#[derive(Debug)]
pub enum Mailing {
    /// The embedded mailbox, which sends none.
    Mailbox,
    /// A mail server.
    Smtp(SmtpSettings),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Which.
    pub url: SmtpUrl,
    /// Mails handed over at the same time.
    pub connections: u32,
    /// What its certificate must lead to; none: what the system trusts.
    pub roots: Option<Certificate>,
}

impl Mailing {
    /// The mail server, where there is one.
    pub fn smtp(&self) -> Option<&SmtpSettings> {
        match self {
            Self::Mailbox => None,
            Self::Smtp(settings) => Some(settings),
        }
    }
}

/// Keys of the mail server that were set although there is none.
pub(super) fn without_effect(reader: &Reader) -> impl Iterator<Item = WithoutEffect> {
    let keeps_mails = reader.text(URL) == MAILBOX;
    let keys = [CONNECTIONS, ROOTS].into_iter();
    let changed = keys.flat_map(|key| reader.changed_below(key));
    let changed = changed.filter(move |_| keeps_mails);
    changed.map(WithoutEffect::kept_mails)
}

/// Reads the section. `lease` is `registration.lease`, under which a mail is sent.
pub(super) fn read(reader: &Reader, lease: Duration) -> Option<MailSettings> {
    let from = sender(reader);
    let timeout = within_lease(reader, "mail.timeout", lease);
    let templates = templates(reader);
    let events = events(reader);
    let by = if reader.text(URL) == MAILBOX {
        // Nothing of the mail server's is judged.
        for key in [CONNECTIONS, ROOTS] {
            reader.text(key);
        }
        Mailing::Mailbox
    } else {
        let connections = reader.number(CONNECTIONS, 1..=64);
        let roots = roots(reader);
        if !reader.is_set(FROM) {
            let remedy = "write an address that the mail server lets you use, such as `Acme <no-reply@acme.example>`";
            reader.fault(FROM, format!("is needed with SMTP; {remedy}"));
        }
        Mailing::Smtp(SmtpSettings {
            url: server(reader)?,
            connections,
            roots: roots?,
        })
    };
    Some(MailSettings {
        from: from?,
        templates: templates?,
        timeout,
        by,
        events: events?,
    })
}

/// The URL may hold a password: it is not shown.
fn server(reader: &Reader) -> Option<SmtpUrl> {
    match SmtpUrl::parse(&reader.text(URL)) {
        Ok(url) => Some(url),
        Err(fault) => {
            reader.fault(URL, fault.to_string());
            None
        }
    }
}

/// Its name may have any letters. An address outside ASCII would keep every mail from most servers.
fn sender(reader: &Reader) -> Option<Mailbox> {
    let remedy =
        "write an address, or a name and an address such as `Acme <no-reply@acme.example>`";
    let from: Mailbox = reader.parsed(FROM, remedy)?;
    if !from.email.to_string().is_ascii() {
        let remedy = "write an address in ASCII, its domain as `xn--…`";
        reader.fault(
            FROM,
            format!("not every mail server takes this address; {remedy}"),
        );
        return None;
    }
    Some(from)
}

/// The outer `None` after a fault, the inner where the system's are taken.
fn roots(reader: &Reader) -> Option<Option<Certificate>> {
    let path = reader.text(ROOTS);
    if path.is_empty() {
        return Some(None);
    }
    let read = std::fs::read(&path).map_err(|fault| fault.to_string());
    let read = read.and_then(|pem| {
        // A file without any would trust nobody.
        if !pem.windows(PEM_BEGINS.len()).any(|at| at == PEM_BEGINS) {
            return Err("there is no certificate in it".to_owned());
        }
        Certificate::from_pem(&pem).map_err(|fault| fault.to_string())
    });
    match read {
        Ok(roots) => Some(Some(roots)),
        Err(why) => {
            reader.fault(
                ROOTS,
                format!("`{path}` cannot be used: {why}; name a PEM file"),
            );
            None
        }
    }
}

/// What a certificate in a PEM file begins with.
const PEM_BEGINS: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// What a secret must have at least, in characters: as hexadecimal digits, 128 bits.
const SHORTEST_SECRET: usize = 32;

/// The outer `None` after a fault, the inner where nobody may tell of bounces.
fn events(reader: &Reader) -> Option<Option<EventSettings>> {
    let key = "mail.events_secret";
    let hour = Duration::from_hours(1);
    let tolerance = reader.duration("mail.events_tolerance", Duration::from_secs(1)..=hour);
    let text = reader.text(key);
    if text.is_empty() {
        return Some(None);
    }
    let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
    if secrets.iter().any(|secret| secret.len() < SHORTEST_SECRET) {
        let remedy = "write what `openssl rand -hex 32` prints; separate several by commas";
        reader.fault(
            key,
            format!("is shorter than {SHORTEST_SECRET} characters; {remedy}"),
        );
        return None;
    }
    let secrets = secrets.into_iter().map(SecretString::from).collect();
    Some(Some(EventSettings {
        secrets: SigningSecrets::new(secrets),
        tolerance,
    }))
}

/// Ours, or those of a folder.
fn templates(reader: &Reader) -> Option<MailTemplates> {
    let key = "mail.templates";
    let folder = reader.text(key);
    let read = if folder.is_empty() {
        MailTemplates::built_in()
    } else {
        MailTemplates::in_folder(Path::new(&folder))
    };
    match read {
        Ok(templates) => Some(templates),
        Err(faults) => {
            for fault in faults {
                reader.fault(key, fault.to_string());
            }
            None
        }
    }
}
