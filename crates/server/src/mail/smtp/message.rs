//! A mail as it goes over the wire (RFC 5322): the same but for its date, however often it is written.

use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::super::{Mail, MailOutcome};

/// What no machine should answer (RFC 3834, section 5).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// A mail, ready to be handed over.
pub(super) struct Letter {
    /// On the envelope: who is told of a bounce.
    pub(super) from: Address,
    /// On the envelope.
    pub(super) to: Address,
    /// Headers and both parts.
    pub(super) content: Vec<u8>,
}

impl Letter {
    /// Writes it. What comes of a mail that cannot be written is the error.
    pub(super) fn write(from: &Mailbox, mail: &Mail) -> Result<Self, MailOutcome> {
        // Our own rule for addresses is SMTP's. Where they differ no server can be asked to deliver.
        let to: Address = mail.to.parse().map_err(|_| {
            MailOutcome::Permanent("the address cannot be written in a mail".to_owned())
        })?;
        let parts = MultiPart::alternative()
            .boundary(boundary(&mail.message_id))
            .singlepart(SinglePart::plain(mail.text.clone()))
            .singlepart(SinglePart::html(mail.html.clone()));
        let message = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(mail.subject.as_str())
            .date(date(mail))
            .message_id(Some(mail.message_id.clone()))
            .raw_header(HeaderValue::new(
                AUTO_SUBMITTED,
                "auto-generated".to_owned(),
            ))
            .multipart(parts)
            .map_err(|error| {
                MailOutcome::Refused(format!("the mail cannot be written: {error}"))
            })?;
        Ok(Self {
            from: from.email.clone(),
            to,
            content: message.formatted(),
        })
    }

    /// Whether only a server that knows SMTPUTF8 (RFC 6531) can take it. That is due to the recipient's address: the
    /// sender's is in ASCII, and everything else is encoded.
    pub(super) fn needs_utf8(&self) -> bool {
        !self.to.to_string().is_ascii()
    }
}

/// `Date` has whole seconds.
fn date(mail: &Mail) -> SystemTime {
    let seconds = u64::try_from(mail.sent_at.as_second()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// What stands between the parts, at most 70 characters (RFC 2046, 5.1.1): made from the job's id, which is in
/// neither of them.
fn boundary(message_id: &str) -> String {
    let own: String = message_id
        .chars()
        .take_while(|c| !matches!(c, '.' | '@'))
        .filter(char::is_ascii_alphanumeric)
        .collect();
    format!("enlist-{own}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(to: &str) -> Mail {
        Mail {
            message_id: "<01990000-0000@join.acme.example>".to_owned(),
            from: String::new(),
            to: to.to_owned(),
            subject: "Confirm: größer".to_owned(),
            text: "Grüße\n\n.\nhttps://join.acme.example/verify/abc\n".to_owned(),
            html: "<p>Grüße</p>".to_owned(),
            sent_at: "2026-11-25T06:00:00Z".parse().unwrap(),
        }
    }

    fn write(to: &str) -> Result<Letter, MailOutcome> {
        Letter::write(&"Acme <no-reply@acme.example>".parse().unwrap(), &mail(to))
    }

    #[test]
    fn the_same_mail_is_written_the_same_way() {
        let letter = write("ada@acme.example").unwrap();
        assert_eq!(letter.content, write("ada@acme.example").unwrap().content);
        assert!(!letter.needs_utf8());
        let text = String::from_utf8(letter.content).unwrap();
        for header in [
            "From: Acme <no-reply@acme.example>",
            "To: ada@acme.example",
            "Message-ID: <01990000-0000@join.acme.example>",
            "Date: Wed, 25 Nov 2026 06:00:00 +0000",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ] {
            let mut lines = text.lines();
            assert!(lines.any(|line| line == header), "{header}\n{text}");
        }
        assert!(text.contains("multipart/alternative"), "{text}");
    }

    #[test]
    fn an_address_that_is_not_in_ascii_is_for_servers_that_know_utf8() {
        assert!(write("grüße@acme.example").unwrap().needs_utf8());
    }

    #[test]
    fn what_nobody_can_deliver_to_is_refused_for_good() {
        let refused = write("no address").err();
        assert!(matches!(refused, Some(MailOutcome::Permanent(_))));
    }
}
