//! Whether mails can go out: the mail server is connected to, encrypted, logged in to and left. It is handed
//! nothing.

use std::sync::Arc;

use super::{Finding, Subject};
use crate::config::Settings;
use crate::mail::{SmtpMailer, Tried};
use crate::system::SystemClock;

pub(super) async fn examine(settings: &Settings) -> Finding {
    let subject = Subject::Mail;
    let Some(smtp) = settings.mail.by.smtp() else {
        let what = "the embedded mailbox, which keeps mails and sends none: write an smtp:// URL in mail.url \
                    to send them";
        return Finding::warning(subject, what);
    };
    let place = &smtp.url;
    let public_url = settings.server.public_url.as_deref();
    let public_url = public_url.unwrap_or("http://localhost");
    let tried = match SmtpMailer::new(&settings.mail, public_url, Arc::new(SystemClock)) {
        Some(Ok(mailer)) => mailer.try_out().await,
        Some(Err(error)) => Err(format!("TLS cannot be set up: {error}")),
        None => Err("it is not configured".to_owned()),
    };
    match tried {
        Ok(tried) => Finding::good(subject, format!("{place} {}", in_words(&tried))),
        Err(why) => Finding::bad(subject, format!("{place}: {why}")),
    }
}

fn in_words(tried: &Tried) -> String {
    let Tried { name, .. } = tried;
    let way = if tried.is_encrypted {
        "encrypted"
    } else {
        "in the clear on this machine"
    };
    let login = if tried.is_logged_in {
        "knows us by the user in mail.url"
    } else {
        "asks nobody who we are"
    };
    let utf8 = if tried.knows_utf8 {
        ""
    } else {
        "; it takes no addresses outside ASCII such as grüße@example.com (SMTPUTF8)"
    };
    format!(
        "answers as {name}, {way}, and {login}{utf8}; whether it takes mail.from shows with the first mail"
    )
}
