//! The URL of a database: read once, checked whole, and shown without its secrets.

mod fault;
mod parameters;
#[cfg(test)]
mod tests;

pub use fault::UrlFault;
pub(crate) use parameters::Parameters;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, SslNegotiation};

use crate::connector::Connector;
use crate::tls::{TlsFault, TlsSettings};

/// What the server lists this program's connections as (`pg_stat_activity`), where the URL does not say.
const APPLICATION_NAME: &str = "enlist";

/// How long one address may take to accept a connection, where the URL does not say. A network answers within
/// milliseconds; a lost first packet is sent again after 1 s and 3 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// After this much silence the system asks whether the other side is there. Firewalls forget silent connections after
/// some minutes, and a host that lost its power says nothing.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(30);

/// Between two questions that got no answer.
const KEEPALIVES_INTERVAL: Duration = Duration::from_secs(10);

/// So many questions without an answer end the connection: a minute after the last word, all in all.
const KEEPALIVES_RETRIES: u32 = 3;

/// How long sent data may stay unacknowledged before the connection is given up (Linux). Without it a statement to a host
/// that is gone waits for a quarter of an hour.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Port of PostgreSQL where the URL names none.
const DEFAULT_PORT: u16 = 5432;

/// Where a database is and how it is spoken to.
///
/// Accepts what [`tokio_postgres::Config`] accepts as a URL, several hosts and Unix sockets
/// (`postgres:///db?host=/run/postgresql`) included, and of libpq `sslmode`, `sslrootcert`, `sslcert`, `sslkey` and
/// `keepalives_count`. All times are in seconds; so is `tcp_user_timeout`, which libpq counts in milliseconds.
///
/// | `sslmode` | encrypted | the server's certificate |
/// |---|---|---|
/// | `disable` | no | |
/// | `prefer` (default), `allow` | if the server can | is not checked; with `sslrootcert` its chain is |
/// | `require` | yes | is not checked; with `sslrootcert` its chain is |
/// | `verify-ca` | yes | chain |
/// | `verify-full` | yes | chain and name |
///
/// `sslrootcert` is a PEM file, or `system` for the roots of the operating system, which are also the default of
/// `verify-ca` and `verify-full`. `sslrootcert=system` alone means `verify-full`. Unlike libpq, nothing is read from
/// `~/.postgresql` or the environment; a name counts only as a subject alternative name, never as the common name; and a
/// server's certificate must be X.509 version 3 under every mode that encrypts (`prefer` does not fall back to plain text).
/// Through a Unix socket nothing is encrypted, whatever `sslmode` says.
///
/// `Display` and `Debug` show user, hosts, ports and database; never the password, and no parameter.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Config,
    tls: TlsSettings,
}

impl PostgresUrl {
    /// Reads a URL. No file is opened and no host looked up.
    ///
    /// # Errors
    /// What is wrong with it. A fault repeats neither the URL nor a value from it.
    pub fn parse(text: &str) -> Result<Self, UrlFault> {
        let parameters = Parameters::split(text)?;
        let tls = TlsSettings::of(&parameters)?;
        let mut config = parameters.config()?;
        check_hosts(&mut config)?;
        set_defaults(&mut config, &parameters);
        config.ssl_mode(tls.mode());
        let mut url = Self { config, tls };
        if url.is_local() {
            url.config.ssl_mode(SslMode::Disable);
            url.tls = TlsSettings::none();
        }
        url.check_negotiation()?;
        Ok(url)
    }

    /// Reads the certificates and makes ready to connect. Does not connect.
    ///
    /// # Errors
    /// Which file cannot be read or used, or that the system has no roots.
    pub fn connector(&self) -> Result<Connector, TlsFault> {
        let tls = self.tls.client_config()?;
        Ok(Connector::new(self.config.clone(), tls, self.to_string()))
    }

    /// Only Unix sockets: the server encrypts nothing there, and nobody else can listen.
    fn is_local(&self) -> bool {
        self.config
            .get_hosts()
            .iter()
            .all(|host| matches!(host, Host::Unix(_)))
    }

    /// TLS from the first byte leaves no room for a server without TLS.
    fn check_negotiation(&self) -> Result<(), UrlFault> {
        let direct = self.config.get_ssl_negotiation() == SslNegotiation::Direct;
        if direct && self.config.get_ssl_mode() != SslMode::Require {
            return Err(UrlFault::DirectNeedsTls);
        }
        Ok(())
    }
}

impl FromStr for PostgresUrl {
    type Err = UrlFault;

    fn from_str(text: &str) -> Result<Self, UrlFault> {
        Self::parse(text)
    }
}

/// Finds out now what would otherwise fail at every connection.
fn check_hosts(config: &mut Config) -> Result<(), UrlFault> {
    if config.get_hosts().is_empty() {
        // TLS takes the name to ask for from the hosts.
        for address in config.get_hostaddrs().to_vec() {
            config.host(address.to_string());
        }
    }
    let hosts = config.get_hosts().len();
    if hosts == 0 {
        return Err(UrlFault::NoHost);
    }
    if !config.get_hosts().iter().all(is_host) {
        return Err(UrlFault::Invalid("host"));
    }
    let addresses = config.get_hostaddrs().len();
    let ports = config.get_ports().len();
    if (addresses != 0 && addresses != hosts) || (ports > 1 && ports != hosts) {
        return Err(UrlFault::UnequalNumbers);
    }
    Ok(())
}

/// What cannot be a host is refused, because it may be a password in the wrong place, and hosts are shown.
fn is_host(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let named = !name.is_empty() && is_plain(name);
            named || name.parse::<IpAddr>().is_ok()
        }
    }
}

/// Letters, digits and what stands between them in a name.
fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_ascii_alphanumeric() || "._-".contains(character))
}

fn set_defaults(config: &mut Config, parameters: &Parameters<'_>) {
    if !parameters.has("application_name") {
        config.application_name(APPLICATION_NAME);
    }
    if !parameters.has("connect_timeout") {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if !parameters.has("keepalives_idle") {
        config.keepalives_idle(KEEPALIVES_IDLE);
    }
    if !parameters.has("keepalives_interval") {
        config.keepalives_interval(KEEPALIVES_INTERVAL);
    }
    if !parameters.has("keepalives_retries") {
        config.keepalives_retries(KEEPALIVES_RETRIES);
    }
    if !parameters.has("tcp_user_timeout") {
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(formatter, "{}@", shown(user))?;
        }
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            if index > 0 {
                formatter.write_str(",")?;
            }
            match host {
                Host::Tcp(name) if name.contains(':') => write!(formatter, "[{name}]")?,
                Host::Tcp(name) => formatter.write_str(name)?,
                Host::Unix(path) => {
                    formatter.write_str(&path.display().to_string().replace('/', "%2F"))?;
                }
            }
            let port = ports.get(index).or_else(|| ports.first());
            write!(formatter, ":{}", port.unwrap_or(&DEFAULT_PORT))?;
        }
        match self.config.get_dbname() {
            Some(name) => write!(formatter, "/{}", shown(name)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PostgresUrl({self})")
    }
}

/// A user whose colon was percent-encoded holds the password. What is not plainly a name is not shown.
fn shown(name: &str) -> &str {
    if is_plain(name) { name } else { "…" }
}
