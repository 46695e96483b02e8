//! A URL taken apart into what tokio-postgres reads and what it does not know.

use std::str::FromStr;

use tokio_postgres::Config;

use super::UrlFault;

/// What [`Config`] reads. A name that is not here is refused before `Config` sees it.
const OF_CONFIG: [&str; 19] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "sslnegotiation",
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "keepalives_count",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
];

/// What is ours.
const OF_TLS: [&str; 4] = ["sslmode", "sslrootcert", "sslcert", "sslkey"];

/// Longer than any parameter there is. What is longer was not meant as a name, and is not repeated.
const NAME_LENGTH_MAX: usize = 40;

/// A URL in its parts, values still percent-encoded.
pub(crate) struct Parameters<'url> {
    /// User, password, hosts, ports and database.
    base: &'url str,
    pairs: Vec<(&'static str, &'url str)>,
}

impl<'url> Parameters<'url> {
    /// Takes a URL apart and refuses what nobody knows.
    pub(super) fn split(text: &'url str) -> Result<Self, UrlFault> {
        let rest = text
            .strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"))
            .ok_or(UrlFault::Scheme)?;
        // tokio-postgres takes everything before the first `@` for the credentials, wherever it is.
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.matches('@').count() > 1 || tail.contains('@') {
            return Err(UrlFault::MisplacedAt);
        }
        let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut pairs = Vec::new();
        for piece in query.split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=').ok_or(UrlFault::NoValue)?;
            pairs.push((known(name, query)?, value));
        }
        Ok(Self { base, pairs })
    }

    /// Whether the URL says anything about it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| *known == name)
    }

    /// The last value of a parameter, decoded; as in libpq, the last one counts.
    pub(crate) fn value(&self, name: &'static str) -> Result<Option<String>, UrlFault> {
        let Some((_, raw)) = self.pairs.iter().rfind(|(known, _)| *known == name) else {
            return Ok(None);
        };
        match decoded(raw) {
            Some(value) if !value.is_empty() => Ok(Some(value)),
            _ => Err(UrlFault::Invalid(name)),
        }
    }

    /// All that is not about TLS, as tokio-postgres reads it.
    pub(super) fn config(&self) -> Result<Config, UrlFault> {
        let mut url = format!("postgres://{}", self.base);
        if Config::from_str(&url).is_err() {
            return Err(UrlFault::Invalid("user, host, port or database"));
        }
        let mut separator = '?';
        for (name, value) in &self.pairs {
            if OF_TLS.contains(name) {
                continue;
            }
            // One by one, so that the fault names the parameter, in our words and not in those of the library.
            if Config::from_str(&format!("postgres://?{name}={value}")).is_err() {
                return Err(UrlFault::Invalid(name));
            }
            url.push(separator);
            url.push_str(name);
            url.push('=');
            url.push_str(value);
            separator = '&';
        }
        Config::from_str(&url).map_err(|_| UrlFault::Invalid("one of the parameters"))
    }
}

/// The name as it is in the tables above.
fn known(raw: &str, query: &str) -> Result<&'static str, UrlFault> {
    let name = decoded(raw).ok_or(UrlFault::UnnamedParameter)?;
    let mut names = OF_CONFIG.iter().chain(&OF_TLS);
    match names.find(|known| **known == name) {
        // libpq's name for it.
        Some(&"keepalives_count") => Ok("keepalives_retries"),
        Some(known) => Ok(known),
        None if query.contains("password") || !is_name(&name) => Err(UrlFault::UnnamedParameter),
        None => Err(UrlFault::UnknownParameter(name)),
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= NAME_LENGTH_MAX && super::is_plain(text)
}

/// Percent-decoding by the library that decodes everything else in the URL.
fn decoded(raw: &str) -> Option<String> {
    let config = Config::from_str(&format!("postgres://?application_name={raw}")).ok()?;
    config.get_application_name().map(str::to_owned)
}
