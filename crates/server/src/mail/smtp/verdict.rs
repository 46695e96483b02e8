//! What a mail server's answer means: for this mail, for the person, and for whoever runs the service. The
//! table and its reasons: `docs/decisions/0023-which-refusals-undo.md`. The server's words are kept nowhere:
//! they repeat addresses.

use lettre::transport::smtp::Error;

use super::super::MailOutcome;

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Connecting, the server's greeting, `EHLO`.
    Connection,
    /// `STARTTLS`.
    Encryption,
    /// `AUTH`.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// The mail itself.
    Message,
}

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) blame: Blame,
    pub(super) summary: String,
}

/// Who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// Nobody needs to: it passes.
    Time,
    /// Whoever runs the service, or the mail server.
    Operator,
    /// The person: nobody has this address, or no mail can be sent to it.
    Recipient,
}

impl From<Trouble> for MailOutcome {
    fn from(trouble: Trouble) -> Self {
        match trouble.blame {
            Blame::Time => Self::Temporary(trouble.summary),
            Blame::Operator => Self::Refused(trouble.summary),
            Blame::Recipient => Self::Permanent(trouble.summary),
        }
    }
}

impl Trouble {
    /// What passes by itself.
    pub(super) fn passing(summary: String) -> Self {
        Self {
            blame: Blame::Time,
            summary,
        }
    }

    /// What somebody must put right here.
    pub(super) fn ours(summary: &str) -> Self {
        Self {
            blame: Blame::Operator,
            summary: summary.to_owned(),
        }
    }

    /// What cannot be delivered to this person by this server.
    pub(super) fn undeliverable(summary: &str) -> Self {
        Self {
            blame: Blame::Recipient,
            summary: summary.to_owned(),
        }
    }

    /// An error at a stage.
    pub(super) fn of(stage: Stage, error: &Error) -> Self {
        let what = stage.in_words();
        if let Some(code) = error.status() {
            let words = std::error::Error::source(error).map(ToString::to_string);
            let reply = Reply::read(code.into(), words.as_deref().unwrap_or_default());
            return Self {
                blame: reply.blame(stage),
                summary: format!("{what} was refused: {}", reply.in_words()),
            };
        }
        if error.is_tls() {
            return Self::ours(&format!("{what} failed: TLS with the mail server: {error}"));
        }
        // A certificate that is not trusted comes as an I/O error of the handshake.
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            if cause.to_string().contains("invalid peer certificate") {
                return Self::ours(&format!("{what} failed: {cause}"));
            }
            source = cause.source();
        }
        if stage == Stage::Connection || !error.is_response() {
            return Self::passing(format!("{what} failed: {error}"));
        }
        Self::passing(format!(
            "{what} was cut off, or answered with something else than SMTP"
        ))
    }
}

impl Stage {
    fn in_words(self) -> &'static str {
        match self {
            Self::Connection => "connecting to the mail server",
            Self::Encryption => "STARTTLS",
            Self::Login => "AUTH",
            Self::Sender => "the sender (mail.from)",
            Self::Recipient => "the recipient",
            Self::Data => "DATA",
            Self::Message => "the mail",
        }
    }
}

/// A reply that is none of consent: its code, and its enhanced one (RFC 3463) where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reply {
    code: u16,
    enhanced: Option<Enhanced>,
    /// It has words about relaying or logging in, which is what is wrong here, and not there.
    speaks_of_us: bool,
}

/// `5.1.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Enhanced {
    class: u16,
    subject: u16,
    detail: u16,
}

impl Reply {
    fn read(code: u16, words: &str) -> Self {
        let lower = words.to_ascii_lowercase();
        Self {
            code,
            enhanced: words.split_whitespace().next().and_then(Enhanced::parse),
            speaks_of_us: ["relay", "authent", "sender"]
                .iter()
                .any(|word| lower.contains(word)),
        }
    }

    fn blame(self, stage: Stage) -> Blame {
        match self.code {
            500..600 => {}
            _ => return Blame::Time,
        }
        let is_recipient = match (stage, self.enhanced) {
            (Stage::Recipient | Stage::Message, Some(enhanced)) => enhanced.is_of_recipient(),
            (Stage::Recipient, None) => {
                matches!(self.code, 550 | 551 | 553 | 556) && !self.speaks_of_us
            }
            _ => false,
        };
        if is_recipient {
            return Blame::Recipient;
        }
        match self.enhanced {
            // A full mailbox may be emptied before the deadline.
            Some(Enhanced {
                subject: 2,
                detail: 2,
                ..
            }) if stage != Stage::Sender => Blame::Time,
            _ => Blame::Operator,
        }
    }

    fn in_words(self) -> String {
        match self.enhanced {
            Some(Enhanced {
                class,
                subject,
                detail,
            }) => format!("{} {class}.{subject}.{detail}", self.code),
            None => self.code.to_string(),
        }
    }
}

impl Enhanced {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
        (parts.next().is_none() && matches!(class, 2 | 4 | 5)).then_some(Self {
            class,
            subject,
            detail,
        })
    }

    /// There is no such mailbox, or it takes no mail from anybody.
    fn is_of_recipient(self) -> bool {
        matches!(
            (self.class, self.subject, self.detail),
            (5, 1, 0..=6 | 9 | 10) | (5, 2, 0 | 1) | (5, 4, 4)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(stage: Stage, code: u16, words: &str) -> Blame {
        Reply::read(code, words).blame(stage)
    }

    #[test]
    fn a_mailbox_that_is_not_there_is_the_recipients() {
        for (code, words) in [
            (550, "5.1.1 User unknown"),
            (550, "5.1.2 No such domain"),
            (553, "5.1.3 Bad address syntax"),
            (551, "5.1.6 Moved"),
            (556, "5.1.10 Null MX"),
            (550, "5.2.1 Mailbox disabled"),
            (550, "5.4.4 No route to host"),
            (550, "No such user here"),
            (551, "User not local"),
            (553, "Mailbox name not allowed"),
            (556, "Domain does not accept mail"),
        ] {
            assert_eq!(
                blamed(Stage::Recipient, code, words),
                Blame::Recipient,
                "{code} {words}"
            );
        }
        // Some servers look at the recipient only once they have the mail.
        assert_eq!(
            blamed(Stage::Message, 550, "5.1.1 User unknown"),
            Blame::Recipient
        );
    }

    #[test]
    fn what_the_server_has_against_us_is_the_operators() {
        for (stage, code, words) in [
            (Stage::Connection, 554, "No SMTP service here"),
            (Stage::Connection, 521, "5.3.2 Host does not accept mail"),
            (Stage::Encryption, 502, "5.5.1 Not implemented"),
            (Stage::Login, 535, "5.7.8 Credentials invalid"),
            (Stage::Login, 534, "5.7.9 Mechanism too weak"),
            (Stage::Sender, 530, "5.7.0 Authentication required"),
            (Stage::Sender, 550, "5.1.1 Sender unknown"),
            (Stage::Sender, 553, "5.1.7 Bad sender"),
            (Stage::Recipient, 550, "5.1.8 Bad sender's system"),
            (Stage::Recipient, 550, "5.1.7 Bad sender"),
            (Stage::Recipient, 550, "5.7.1 Unable to relay"),
            (Stage::Recipient, 550, "relay not permitted"),
            (Stage::Recipient, 550, "Sender verify failed"),
            (Stage::Recipient, 530, "Authentication required"),
            (Stage::Recipient, 554, "Policy"),
            (Stage::Recipient, 503, "5.5.1 Bad sequence"),
            (Stage::Data, 554, "No valid recipients"),
            (Stage::Message, 554, "5.7.1 Looks like spam"),
            (Stage::Message, 552, "5.3.4 Message too big"),
            (Stage::Message, 550, "Content refused"),
        ] {
            assert_eq!(
                blamed(stage, code, words),
                Blame::Operator,
                "{stage:?} {code} {words}"
            );
        }
    }

    #[test]
    fn what_passes_is_tried_again() {
        for (stage, code, words) in [
            (Stage::Connection, 421, "4.3.2 Shutting down"),
            (Stage::Login, 454, "4.7.0 Temporary failure"),
            (Stage::Sender, 451, "4.3.0 Try later"),
            (Stage::Recipient, 450, "4.2.0 Greylisted"),
            (Stage::Recipient, 452, "4.2.2 Mailbox full"),
            (Stage::Recipient, 552, "5.2.2 Mailbox full"),
            (Stage::Message, 451, "Local error"),
        ] {
            assert_eq!(
                blamed(stage, code, words),
                Blame::Time,
                "{stage:?} {code} {words}"
            );
        }
    }

    #[test]
    fn the_servers_words_are_not_repeated() {
        let reply = Reply::read(550, "5.1.1 <ada@example.com> is unknown");
        assert_eq!(reply.in_words(), "550 5.1.1");
        assert_eq!(Reply::read(550, "ada is unknown").in_words(), "550");
    }
}
