//! `smtp://USER:PASSWORD@HOST:PORT` and `smtps://…`: which mail server, as whom, and how the way there is
//! protected.

use std::fmt;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::{Host, Url};

use super::web_address::is_this_machine;

/// Where mails are submitted, with STARTTLS (RFC 6409) and with TLS from the start (RFC 8314).
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// A mail server, and who we are there.
#[derive(Clone)]
pub struct SmtpUrl {
    /// Its name or address, as a certificate has it: an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub tls: SmtpTls,
    /// Who we are; none: it takes our mails without knowing.
    pub login: Option<SmtpLogin>,
}

/// A user and their password.
#[derive(Clone)]
pub struct SmtpLogin {
    /// The user's name.
    pub user: String,
    /// Their password.
    pub password: SecretString,
}

/// How the way to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// It begins in the clear, and nothing is said before it is encrypted (STARTTLS).
    Required,
    /// It is encrypted from the start.
    FromTheStart,
    /// It does not leave this machine.
    None,
}

/// A URL that names no mail server. Repeats nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlFault {
    /// Another scheme, or no URL.
    #[error(
        "is neither; write `mailbox:`, `smtp://USER:PASSWORD@HOST:587` or \
         `smtps://USER:PASSWORD@HOST:465`, with user and password percent-encoded"
    )]
    NotOne,
    /// No host.
    #[error("names no host; write `smtp://USER:PASSWORD@HOST:587`")]
    NoHost,
    /// A path, a fragment, or a parameter that there is not.
    #[error("has something behind the port that is not known; only `?tls=none` may stand there")]
    TooMuch,
    /// One without the other.
    #[error("has a user without a password, or the reverse; write both or neither")]
    HalfALogin,
    /// Not UTF-8 once decoded.
    #[error("has a user or password that is not percent-encoded UTF-8")]
    NotText,
    /// In the clear, over a network.
    #[error(
        "`?tls=none` is for a mail server on this machine (localhost, 127.0.0.1, [::1]); leave it out, \
         since links, codes and the password would be readable on the way"
    )]
    InTheClear,
    /// Contradicts its scheme.
    #[error("`smtps://` is encrypted from the start; leave `?tls=` out, or write `smtp://`")]
    Contradiction,
}

impl SmtpUrl {
    /// Reads the URL.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without repeating it.
    pub fn parse(text: &str) -> Result<Self, SmtpUrlFault> {
        let url = Url::parse(text).map_err(|_| SmtpUrlFault::NotOne)?;
        let (default_port, encrypted) = match url.scheme() {
            "smtp" => (SUBMISSION, SmtpTls::Required),
            "smtps" => (SUBMISSIONS, SmtpTls::FromTheStart),
            _ => return Err(SmtpUrlFault::NotOne),
        };
        let as_written = url.host_str().filter(|host| !host.is_empty());
        let as_written = as_written.ok_or(SmtpUrlFault::NoHost)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpUrlFault::TooMuch);
        }
        let tls = match url.query() {
            None | Some("") => encrypted,
            Some("tls=none") if encrypted == SmtpTls::FromTheStart => {
                return Err(SmtpUrlFault::Contradiction);
            }
            Some("tls=none") if is_this_machine(as_written) => SmtpTls::None,
            Some("tls=none") => return Err(SmtpUrlFault::InTheClear),
            Some(_) => return Err(SmtpUrlFault::TooMuch),
        };
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => as_written.to_owned(),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(default_port),
            tls,
            login: login(&url)?,
        })
    }
}

fn login(url: &Url) -> Result<Option<SmtpLogin>, SmtpUrlFault> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(String::from).map_err(|_| SmtpUrlFault::NotText)
    };
    let user = decoded(url.username())?;
    let password = decoded(url.password().unwrap_or_default())?;
    match (user.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(SmtpLogin {
            user,
            password: SecretString::from(password),
        })),
        _ => Err(SmtpUrlFault::HalfALogin),
    }
}

/// As it may be shown: without user and password.
impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        let scheme = match self.tls {
            SmtpTls::FromTheStart => "smtps",
            SmtpTls::Required | SmtpTls::None => "smtp",
        };
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_url_says_where_how_and_as_whom() {
        for (text, shown, tls) in [
            (
                "smtp://mail.acme.example",
                "smtp://mail.acme.example:587",
                SmtpTls::Required,
            ),
            (
                "smtps://mail.acme.example/",
                "smtps://mail.acme.example:465",
                SmtpTls::FromTheStart,
            ),
            (
                "smtp://u:p@10.0.0.7:2525",
                "smtp://10.0.0.7:2525",
                SmtpTls::Required,
            ),
            (
                "smtp://localhost:25?tls=none",
                "smtp://localhost:25",
                SmtpTls::None,
            ),
            ("smtp://[::1]:25?tls=none", "smtp://[::1]:25", SmtpTls::None),
        ] {
            let url = SmtpUrl::parse(text).unwrap();
            assert_eq!((url.to_string().as_str(), url.tls), (shown, tls), "{text}");
        }
        let url =
            SmtpUrl::parse("smtp://ada%40acme.example:c%2Fnary%20@mail.acme.example").unwrap();
        assert!(!format!("{url:?}").contains("c/nary"));
        let login = url.login.unwrap();
        assert_eq!(login.user, "ada@acme.example");
        assert_eq!(login.password.expose_secret(), "c/nary ");
        assert_eq!(SmtpUrl::parse("smtp://[::1]").unwrap().host, "::1");
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        for (text, fault) in [
            ("mail.acme.example:587", SmtpUrlFault::NotOne),
            ("", SmtpUrlFault::NotOne),
            ("https://mail.acme.example", SmtpUrlFault::NotOne),
            ("smtp://", SmtpUrlFault::NoHost),
            ("smtp://ada@mail.acme.example", SmtpUrlFault::HalfALogin),
            ("smtp://:secret@mail.acme.example", SmtpUrlFault::HalfALogin),
            ("smtp://a:%ff@mail.acme.example", SmtpUrlFault::NotText),
            ("smtp://mail.acme.example/inbox", SmtpUrlFault::TooMuch),
            ("smtp://mail.acme.example?tls=maybe", SmtpUrlFault::TooMuch),
            ("smtp://mail.acme.example#x", SmtpUrlFault::TooMuch),
            (
                "smtp://mail.acme.example?tls=none",
                SmtpUrlFault::InTheClear,
            ),
            (
                "smtp://localhost.acme.example?tls=none",
                SmtpUrlFault::InTheClear,
            ),
            ("smtps://localhost?tls=none", SmtpUrlFault::Contradiction),
        ] {
            assert_eq!(SmtpUrl::parse(text).unwrap_err(), fault, "{text}");
        }
    }
}
