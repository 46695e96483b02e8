//! Reads the sections of the configuration, each into what the service is given.

use std::time::Duration;

use axum::http::Uri;
use enlist_domain::password::{MAX_LANES, MAX_MEMORY_KIB, MAX_PASSES};
use enlist_domain::{Country, HashParameters};
use enlist_registration::limits::Limits;

use super::reader::Reader;
use super::{LogFormat, Rate, Server};
use crate::language::Language;

/// How long personal data and idempotency keys are kept.
pub(super) fn retention(reader: &Reader) -> (Duration, Duration) {
    let day = Duration::from_hours(24);
    let retention = reader.duration("registration.retention", day..=3650 * day);
    let name = "registration.idempotency_retention";
    let idempotency_retention = reader.duration(name, day..=365 * day);
    // A repeated request is recognised by what is then still known of the first.
    if idempotency_retention > retention {
        reader.fault(
            name,
            "is longer than registration.retention; make it at most as long",
        );
    }
    (retention, idempotency_retention)
}

pub(super) fn limits(reader: &Reader) -> Limits {
    let second = Duration::from_secs(1);
    let day = Duration::from_hours(24);
    let lease = reader.duration(
        "registration.lease",
        Duration::from_millis(200)..=Duration::from_mins(10),
    );
    Limits {
        lease,
        call_timeout: within_lease(reader, "gateway.timeout", lease),
        deadline: reader.duration("registration.deadline", second..=Duration::from_hours(1)),
        attempts: reader.number("gateway.attempts", 1..=100),
        verify_within: reader.duration("verification.deadline", second..=30 * day),
        act_within: reader.duration(
            "registration.action_deadline",
            second..=Duration::from_hours(23),
        ),
        look_again_after: reader.duration(
            "registration.look_again_after",
            Duration::from_millis(100)..=Duration::from_hours(1),
        ),
        code_attempts: reader.number("verification.code_attempts", 1..=20),
        mails: reader.number("verification.mails", 1..=100),
        resend_after: reader.duration("verification.resend_after", Duration::ZERO..=day),
        mails_per_address: mails_per_address(reader),
        ..Limits::default()
    }
}

/// `limits.mails_per_address`, unless limits are switched off.
fn mails_per_address(reader: &Reader) -> u32 {
    let most = reader.number("limits.mails_per_address", 1..=1_000_000);
    match reader.switch("limits.enabled") {
        true => most,
        false => u32::MAX,
    }
}

/// How much of a lease a call to the gateway, or handing over a mail, may take: a driver extends its
/// lease before each call and again needs time to record the answer.
const CALL_SHARE_OF_LEASE: f64 = 5.0 / 6.0;

/// A time-out of something that is done under a lease. A default gives way to a lease that was chosen
/// shorter; what was chosen itself is not bent.
pub(super) fn within_lease(reader: &Reader, key: &'static str, lease: Duration) -> Duration {
    let timeout = reader.duration(key, Duration::from_millis(50)..=Duration::from_mins(5));
    let longest = lease.mul_f64(CALL_SHARE_OF_LEASE);
    if timeout > longest && reader.is_set(key) {
        let remedy = "make it at most five sixths of registration.lease";
        reader.fault(key, format!("a call could outlast its lease; {remedy}"));
    }
    timeout.min(longest)
}

pub(super) fn server(reader: &Reader) -> Option<Server> {
    let listen = reader.parsed(
        "server.listen",
        "write an address and a port, such as 127.0.0.1:8080",
    );
    let public_url = public_url(reader);
    let proxies = reader.text("server.trusted_proxies");
    let mut trusted_proxies = Vec::new();
    for proxy in proxies
        .split(',')
        .map(str::trim)
        .filter(|proxy| !proxy.is_empty())
    {
        let network = proxy
            .parse()
            .or_else(|_| proxy.parse::<std::net::IpAddr>().map(Into::into));
        match network {
            Ok(network) => trusted_proxies.push(network),
            Err(_) => {
                let remedy = "write addresses such as 10.0.0.7 or networks such as 10.0.0.0/8";
                reader.fault(
                    "server.trusted_proxies",
                    format!("`{proxy}` is neither; {remedy}"),
                );
            }
        }
    }
    let languages: Vec<_> = Language::all()
        .map(|language| (language.code(), language))
        .collect();
    let language = reader.choice("server.language", &languages);
    let second = Duration::from_secs(1);
    Some(Server {
        wait: reader.duration("server.wait", Duration::ZERO..=60 * second),
        shutdown_grace: reader.duration("server.shutdown_grace", Duration::ZERO..=600 * second),
        listen: listen?,
        language: language?,
        public_url: reader.is_set("server.public_url").then_some(public_url),
        security_contact: security_contact(reader),
        trusted_proxies,
    })
}

/// RFC 9116, section 2.5.3: a URI.
fn security_contact(reader: &Reader) -> Option<String> {
    let contact = reader.text("server.security_contact");
    if contact.is_empty() {
        return None;
    }
    if !["mailto:", "https:", "tel:"]
        .iter()
        .any(|scheme| contact.starts_with(scheme))
    {
        let remedy = "write mailto: and an address, or a URL that starts with https://";
        reader.fault(
            "server.security_contact",
            format!("`{contact}` is not valid; {remedy}"),
        );
    }
    Some(contact)
}

/// Scheme, host and port: pages and assets have their paths at the root, so the service has a host of its own.
fn public_url(reader: &Reader) -> String {
    let text = reader.text("server.public_url");
    let is_valid = text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && !uri.host().unwrap_or_default().is_empty()
            && !uri.authority().is_some_and(|it| it.as_str().contains('@'))
            && matches!(uri.path(), "" | "/")
            && !text.contains(['?', '#'])
    });
    if !is_valid {
        let remedy =
            "write http:// or https:// and a host, with its port where it has one, and no path";
        // What stands before an @ may be a password.
        let shown = match text.contains('@') {
            true => "it".to_owned(),
            false => format!("`{text}`"),
        };
        reader.fault(
            "server.public_url",
            format!("{shown} is not valid; {remedy}"),
        );
    }
    text.trim_end_matches('/').to_owned()
}

pub(super) fn sign_up_rate(reader: &Reader) -> Option<Rate> {
    let enabled = reader.switch("limits.enabled");
    let per_minute = reader.number("limits.sign_ups_per_minute", 1..=1_000_000);
    let burst = reader.number("limits.sign_up_burst", 1..=1_000_000);
    let rate = Rate {
        per_minute: per_minute.try_into().ok()?,
        burst: burst.try_into().ok()?,
    };
    enabled.then_some(rate)
}

pub(super) fn default_country(reader: &Reader) -> Option<Country> {
    let key = "billing.default_country";
    let country = reader.text(key);
    let parsed = Country::parse(&country).ok();
    if parsed.is_none() {
        let remedy = "write a code of two letters, such as US or DE";
        reader.fault(key, format!("`{country}` is no country; {remedy}"));
    }
    parsed
}

pub(super) fn hashing(reader: &Reader) -> HashParameters {
    let hashing = HashParameters {
        memory_kib: reader.number("passwords.memory_kib", 8..=MAX_MEMORY_KIB),
        passes: reader.number("passwords.passes", 1..=MAX_PASSES),
        lanes: reader.number("passwords.lanes", 1..=MAX_LANES),
    };
    // Each is in its range; what may be wrong is how memory and lanes go together.
    if let Err(fault) = hashing.validate() {
        reader.fault("passwords.memory_kib", fault.to_string());
    }
    hashing
}

/// Hashes computed at the same time.
pub(super) fn hashing_permits(reader: &Reader) -> usize {
    match reader.number("passwords.permits", 0..=1024) as usize {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        permits => permits,
    }
}

/// What is logged, and how.
pub(super) fn log(reader: &Reader) -> (String, Option<LogFormat>) {
    let log = reader.text("log");
    if !are_log_directives(&log) {
        reader.fault(
            "log",
            format!("`{log}` is no level; write error, warn, info, debug or trace"),
        );
    }
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    (log, reader.choice("log_format", &formats))
}

/// A level, or targets with their levels. A word alone would be taken for a target, and a mistyped
/// level would silence everything.
fn are_log_directives(text: &str) -> bool {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    let has_level = |part: &str| part.contains('=') || part.trim().parse::<LevelFilter>().is_ok();
    text.parse::<Targets>().is_ok() && text.split(',').all(has_level)
}
