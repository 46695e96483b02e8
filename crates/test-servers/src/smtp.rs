//! A mail server: aiosmtpd, with a certificate of its own and behaviour that a test switches while it runs.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::guard::Guard;
use crate::machine::{Port, text_of, wait_for};
use crate::python::python;

const SERVER: &str = include_str!("smtp.py");

/// How connections are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// Not at all.
    None,
    /// After STARTTLS, before which no mail is taken.
    Starttls,
    /// From the start.
    FromTheStart,
}

/// What is refused, at which command and in which words.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    command: &'static str,
    pattern: String,
    reply: String,
}

impl Refusal {
    /// `command` is `MAIL`, `RCPT` or `DATA`; `pattern` has wildcards, and is for the sender at `MAIL`, else
    /// for the recipient; `reply` begins with its code.
    pub fn at(command: &'static str, pattern: &str, reply: &str) -> Self {
        Self {
            command,
            pattern: pattern.to_owned(),
            reply: reply.to_owned(),
        }
    }
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReceivedMail {
    /// On the envelope.
    pub from: String,
    /// On the envelope.
    pub to: Vec<String>,
    /// As it came, headers and all.
    pub content: String,
    /// Its plain part, decoded; empty where it has none.
    pub text: String,
    /// Its HTML part, decoded; empty where it has none.
    pub html: String,
    /// What the client called itself.
    pub greeting: String,
    /// As whom the client had logged in.
    pub login: Option<String>,
    /// Whether the connection was.
    pub encrypted: bool,
    /// Which connection it came by, counted from 1.
    pub connection: u32,
}

impl ReceivedMail {
    /// A header that is not folded; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        let mut headers = self.content.lines().take_while(|line| !line.is_empty());
        headers
            .find_map(|line| line.strip_prefix(&start))
            .unwrap_or_default()
    }
}

/// What a server does with mails. Kept in a file that it reads.
#[derive(Debug, Default, Serialize)]
struct Behaviour {
    refusals: Vec<Refusal>,
    delay_ms: u64,
    lost_replies: u32,
}

/// How a server is to be.
#[derive(Debug, Clone)]
pub struct SmtpServerBuilder {
    encryption: Encryption,
    name: String,
    login: Option<(String, String)>,
    knows_utf8: bool,
}

impl SmtpServerBuilder {
    /// Whom its certificate is for, instead of 127.0.0.1.
    #[must_use]
    pub fn certified_for(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Takes mails only from this user.
    #[must_use]
    pub fn login(mut self, user: &str, password: &str) -> Self {
        self.login = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Takes addresses that are not in ASCII (RFC 6531).
    #[must_use]
    pub fn knowing_utf8(mut self) -> Self {
        self.knows_utf8 = true;
        self
    }

    /// Starts it.
    pub fn start(self) -> SmtpServer {
        let home = tempfile::Builder::new()
            .prefix("enlist-smtp-")
            .tempdir()
            .expect("a directory can be made");
        write_certificates(&home, &self.name);
        fs::write(home.path().join("server.py"), SERVER).expect("it can be written");
        let mut server = SmtpServer {
            guard: None,
            port: Port::reserve(),
            home,
            built: self,
            behaviour: Behaviour::default(),
        };
        server.behave();
        server.start_again();
        server
    }
}

/// A mail server of one test's own.
pub struct SmtpServer {
    guard: Option<Guard>,
    port: Port,
    home: TempDir,
    built: SmtpServerBuilder,
    behaviour: Behaviour,
}

impl SmtpServer {
    /// One that is to be described further.
    pub fn with(encryption: Encryption) -> SmtpServerBuilder {
        SmtpServerBuilder {
            encryption,
            name: "127.0.0.1".to_owned(),
            login: None,
            knows_utf8: false,
        }
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// As `mail.url` has it, with the user if there is one.
    pub fn url(&self) -> String {
        let login = self.built.login.as_ref();
        let login = login.map_or_else(String::new, |(user, password)| {
            format!("{user}:{password}@")
        });
        let (scheme, parameter) = match self.built.encryption {
            Encryption::None => ("smtp", "?tls=none"),
            Encryption::Starttls => ("smtp", ""),
            Encryption::FromTheStart => ("smtps", ""),
        };
        format!("{scheme}://{login}127.0.0.1:{}{parameter}", self.port())
    }

    /// What its certificate leads to, a PEM file.
    pub fn roots(&self) -> PathBuf {
        self.home.path().join("roots.pem")
    }

    /// Refuses from now on what any of these says, and nothing else.
    pub fn refuse(&mut self, refusals: &[Refusal]) {
        self.behaviour.refusals = refusals.to_vec();
        self.behave();
    }

    /// Takes as long as this with each mail from now on.
    pub fn delay_ms(&mut self, delay_ms: u64) {
        self.behaviour.delay_ms = delay_ms;
        self.behave();
    }

    /// Takes the first so many mails since its start and closes the connection without saying so.
    pub fn lose_replies(&mut self, count: u32) {
        self.behaviour.lost_replies = count;
        self.behave();
    }

    /// The mails that it took, in order.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        let lines = fs::read_to_string(self.home.path().join("mails")).unwrap_or_default();
        // A line that is being written is not there yet.
        let whole = lines
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        whole
            .map(|line| serde_json::from_str(line).expect("a mail is a line of JSON"))
            .collect()
    }

    /// Goes away, connections and all.
    pub fn stop(&mut self) {
        if let Some(guard) = self.guard.take() {
            guard.stop("TERM");
        }
    }

    /// Comes back on the same port.
    pub fn start_again(&mut self) {
        self.stop();
        let (user, password) = self.built.login.clone().unzip();
        let settings = serde_json::json!({
            "port": self.port(),
            "encryption": self.built.encryption,
            "user": user,
            "password": password,
            "knows_utf8": self.built.knows_utf8,
        });
        let home = self.home.path();
        let command = [
            text_of(&python()),
            text_of(&home.join("server.py")),
            settings.to_string(),
        ];
        self.guard = Some(Guard::start(&command, home, &home.join("log"), "TERM"));
        wait_for(
            "the mail server to listen",
            || self.log(),
            || {
                let is_running = self.guard.as_ref().is_some_and(Guard::is_running);
                assert!(is_running, "it ended at once:\n{}", self.log());
                TcpStream::connect(("127.0.0.1", self.port())).is_ok()
            },
        );
    }

    /// All that it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// Writes the file that the server reads, at once whole.
    fn behave(&self) {
        let text = serde_json::to_string(&self.behaviour).expect("it is JSON");
        let new = self.home.path().join("behaviour.new");
        fs::write(&new, text).expect("it can be written");
        fs::rename(new, self.home.path().join("behaviour")).expect("it can be renamed");
    }
}

/// An authority, and a certificate of its for a name.
fn write_certificates(home: &TempDir, name: &str) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    for (file, text) in [
        ("roots.pem", authority.pem()),
        ("certificate.pem", leaf.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        fs::write(home.path().join(file), text).expect("it can be written");
    }
}
