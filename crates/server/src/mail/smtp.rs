//! Mails by SMTP: handed to a mail server, which is responsible for them from its last answer on. A mail
//! whose last answer was lost is handed over again under the same `Message-ID`: at least once.

mod message;
mod session;
mod verdict;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use enlist_registration::limits::later;
use enlist_registration::ports::Clock;
use jiff::Timestamp;
use lettre::message::Mailbox;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;

use super::{Mail, MailOutcome, Mailer, host_of};
use crate::config::{MailSettings, SmtpSettings, SmtpTls};
use message::Letter;
use session::Session;
use verdict::Trouble;

pub use session::Tried;

/// How long a connection may wait for its next mail: servers close one that is silent, some of them after a
/// minute.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

/// Mails over one connection: servers limit it, and a new connection now and then finds the server that a name
/// has moved to.
const MOST_MAILS: u32 = 100;

/// Hands mails to a mail server.
pub struct SmtpMailer {
    settings: SmtpSettings,
    from: Mailbox,
    timeout: Duration,
    /// Who we say that we are.
    name: ClientId,
    /// None: the way does not leave this machine.
    tls: Option<TlsParameters>,
    clock: Arc<dyn Clock>,
    /// Connections that wait for their next mail. At most as many as there are mails at the same time.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    session: Session,
    since: Timestamp,
    /// Sent over it so far.
    mails: u32,
}

impl SmtpMailer {
    /// A mailer for a mail server, which is not connected to yet. None: it is not what is configured.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn new(
        settings: &MailSettings,
        public_url: &str,
        clock: Arc<dyn Clock>,
    ) -> Option<Result<Self, lettre::transport::smtp::Error>> {
        let smtp = settings.by.smtp()?;
        Some(parameters(smtp).map(|tls| Self {
            settings: smtp.clone(),
            from: settings.from.clone(),
            timeout: settings.timeout,
            name: name(public_url),
            tls,
            clock,
            idle: Mutex::default(),
        }))
    }

    /// Connects, logs in and takes leave: sends nothing.
    ///
    /// # Errors
    ///
    /// At which point it failed, and how.
    pub async fn try_out(&self) -> Result<Tried, String> {
        let tried = tokio::time::timeout(self.timeout, async {
            self.connect().await?.try_out().await
        });
        match tried.await {
            Ok(tried) => tried.map_err(|trouble| trouble.summary),
            Err(_) => Err(self.no_answer().summary),
        }
    }

    async fn hand_over(&self, letter: &Letter) -> Result<(), Trouble> {
        let (mut session, mails) = match self.take_idle().await {
            Some(Idle { session, mails, .. }) => (session, mails),
            None => (self.connect().await?, 0),
        };
        match session.send(letter).await {
            Ok(()) => {
                self.keep(session, mails + 1).await;
                Ok(())
            }
            Err(trouble) => {
                session.leave().await;
                Err(trouble)
            }
        }
    }

    async fn connect(&self) -> Result<Session, Trouble> {
        Session::open(&self.settings.url, &self.name, self.tls.as_ref()).await
    }

    /// A connection that is still good.
    async fn take_idle(&self) -> Option<Idle> {
        loop {
            let mut idle = self.lock().pop()?;
            let is_fresh = self.clock.now() < later(idle.since, LONGEST_IDLE);
            if is_fresh && idle.session.is_alive().await {
                return Some(idle);
            }
            idle.session.leave().await;
        }
    }

    async fn keep(&self, mut session: Session, mails: u32) {
        if mails >= MOST_MAILS {
            session.leave().await;
            return;
        }
        let since = self.clock.now();
        self.lock().push(Idle {
            session,
            since,
            mails,
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        // Nothing is done under it that could be left half done.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn no_answer(&self) -> Trouble {
        let timeout = self.timeout.as_millis();
        let summary = format!("{} gave no answer within {timeout} ms", self.settings.url);
        Trouble::passing(summary)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> MailOutcome {
        let letter = match Letter::write(&self.from, mail) {
            Ok(letter) => letter,
            Err(outcome) => return outcome,
        };
        // A connection on which something is still awaited is not used again: it is dropped here.
        match tokio::time::timeout(self.timeout, self.hand_over(&letter)).await {
            Ok(Ok(())) => MailOutcome::Accepted,
            Ok(Err(trouble)) => trouble.into(),
            Err(_) => self.no_answer().into(),
        }
    }
}

fn parameters(
    settings: &SmtpSettings,
) -> Result<Option<TlsParameters>, lettre::transport::smtp::Error> {
    if settings.url.tls == SmtpTls::None {
        return Ok(None);
    }
    let builder = TlsParameters::builder(settings.url.host.clone());
    let builder = match &settings.roots {
        None => builder,
        Some(roots) => builder
            .certificate_store(lettre::transport::smtp::client::CertificateStore::None)
            .add_root_certificate(roots.clone()),
    };
    builder.build().map(Some)
}

/// The host of our own address (RFC 5321, section 4.1.1.1).
fn name(public_url: &str) -> ClientId {
    let host = host_of(public_url);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_greeted_with_the_host_of_our_address() {
        for (url, greeting) in [
            ("https://join.acme.example/sign-up", "join.acme.example"),
            ("http://localhost:8080", "localhost"),
            ("http://10.0.0.7:8080", "[10.0.0.7]"),
            ("http://[::1]:8080", "[IPv6:::1]"),
            ("https://bücher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(name(url).to_string(), greeting, "{url}");
        }
    }
}
