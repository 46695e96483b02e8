//! One connection to a mail server, command by command, so that it is known which of them was refused.

use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret;

use super::message::Letter;
use super::verdict::{Stage, Trouble};
use super::wire::Wire;
use crate::config::{SmtpTls, SmtpUrl};

/// How long taking leave may take. It is a courtesy: nothing depends on it.
const LONGEST_LEAVE: Duration = Duration::from_secs(1);

/// What a mail server was found to be, without a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Its name, as it says.
    pub name: String,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// Whether it knows who we are.
    pub is_logged_in: bool,
    /// Whether it takes mails to addresses that are not in ASCII (RFC 6531).
    pub knows_utf8: bool,
}

/// A connection that is ready for a mail.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    is_logged_in: bool,
}

impl Session {
    /// Connects, encrypts and logs in. Before it is encrypted nothing is said but that.
    pub(super) async fn open(
        url: &SmtpUrl,
        name: &ClientId,
        tls: Option<&TlsParameters>,
    ) -> Result<Self, Trouble> {
        let mut connection = connect(url, name, tls).await?;
        if let (SmtpTls::Required, Some(tls)) = (url.tls, tls) {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(Trouble::ours(
                    "the mail server offers no STARTTLS, and nothing is sent in the clear",
                ));
            }
            let encrypted = connection.starttls(tls.clone(), name).await;
            encrypted.map_err(|error| Trouble::of(Stage::Encryption, &error))?;
        }
        let mut session = Self {
            connection,
            is_logged_in: false,
        };
        if let Some(login) = &url.login {
            let password = login.password.expose_secret().to_owned();
            session
                .log_in(Credentials::new(login.user.clone(), password))
                .await?;
        }
        Ok(session)
    }

    async fn log_in(&mut self, credentials: Credentials) -> Result<(), Trouble> {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let server = self.connection.server_info();
        if server.get_auth_mechanism(&mechanisms).is_none() {
            self.leave().await;
            return Err(Trouble::ours(
                "the mail server offers neither AUTH PLAIN nor AUTH LOGIN, and mail.url has a password",
            ));
        }
        match self.connection.auth(&mechanisms, &credentials).await {
            Ok(_) => {
                self.is_logged_in = true;
                Ok(())
            }
            Err(error) => {
                self.leave().await;
                Err(Trouble::of(Stage::Login, &error))
            }
        }
    }

    /// Hands a mail over. After an error the connection is not used again.
    pub(super) async fn send(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let mut parameters = Vec::new();
        if letter.needs_utf8() {
            let server = self.connection.server_info();
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return Err(Trouble::undeliverable(
                    "the address is not in ASCII, and the mail server does not know SMTPUTF8",
                ));
            }
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let sender = Mail::new(Some(letter.from.clone()), parameters);
        self.command(Stage::Sender, sender).await?;
        let recipient = Rcpt::new(letter.to.clone(), Vec::new());
        self.command(Stage::Recipient, recipient).await?;
        self.command(Stage::Data, Data).await?;
        let taken = self.connection.message(&letter.content).await;
        taken.map_err(|error| Trouble::of(Stage::Message, &error))?;
        Ok(())
    }

    /// Makes sure that it is ready for a mail, says what it is and takes leave.
    pub(super) async fn try_out(mut self) -> Result<Tried, Trouble> {
        self.command(Stage::Sender, Rset).await?;
        let server = self.connection.server_info();
        let tried = Tried {
            name: server.name().to_owned(),
            knows_utf8: server.supports_feature(Extension::SmtpUtfEight),
            is_encrypted: self.connection.is_encrypted(),
            is_logged_in: self.is_logged_in,
        };
        self.leave().await;
        Ok(tried)
    }

    /// Whether the server is still there.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.connection.test_connected().await
    }

    /// Says good-bye, if somebody listens, and closes.
    pub(super) async fn leave(&mut self) {
        // Nobody waits longer for a server that does not answer: it is gone when this is dropped.
        let _ = tokio::time::timeout(LONGEST_LEAVE, self.connection.abort()).await;
    }

    async fn command(
        &mut self,
        stage: Stage,
        command: impl std::fmt::Display,
    ) -> Result<(), Trouble> {
        let answered: Result<_, Error> = self.connection.command(command).await;
        answered.map_err(|error| Trouble::of(stage, &error))?;
        Ok(())
    }
}

/// The caller limits the time for all of it.
async fn connect(
    url: &SmtpUrl,
    name: &ClientId,
    tls: Option<&TlsParameters>,
) -> Result<AsyncSmtpConnection, Trouble> {
    let place = (url.host.as_str(), url.port);
    let connected = match url.tls {
        SmtpTls::Required => {
            let wire = Wire::connect(place).await.map_err(|error| {
                Trouble::passing(format!("connecting to the mail server failed: {error}"))
            })?;
            AsyncSmtpConnection::connect_with_transport(Box::new(wire), name).await
        }
        SmtpTls::FromTheStart | SmtpTls::None => {
            AsyncSmtpConnection::connect_tokio1(place, None, name, tls.cloned(), None).await
        }
    };
    connected.map_err(|error| Trouble::of(Stage::Connection, &error))
}
