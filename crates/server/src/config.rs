//! The configuration: `enlist.toml`, each key also as an environment variable, the latter wins.
//! Everything has a default; whatever is wrong is told at once, by key.

mod faults;
mod keys;
mod plans;
mod print;
mod reader;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use enlist_domain::password::{MAX_LANES, MAX_MEMORY_KIB, MAX_PASSES};
use enlist_domain::{CardRequirement, Country, HashParameters, PlanCatalogue};
use enlist_gateways::sandbox::Fault;
use enlist_registration::limits::Limits;
use secrecy::SecretString;

pub use keys::{Form, KEYS, Key};
pub use print::{example, table};
pub use reader::ConfigFault;

use reader::Reader;

/// The file that is read when no other is named.
pub const DEFAULT_FILE: &str = "enlist.toml";

/// The configuration, typed and checked.
#[derive(Debug)]
pub struct Settings {
    /// Where files live.
    pub data_dir: PathBuf,
    /// Base64 of 32 bytes; none: the one in the data directory.
    pub secret_key: Option<SecretString>,
    /// Directives for the log.
    pub log: String,
    /// How the log is written.
    pub log_format: LogFormat,
    /// The web server.
    pub server: Server,
    /// The SQLite file.
    pub database: PathBuf,
    /// The sandbox.
    pub sandbox: SandboxSettings,
    /// Whether card numbers are accepted.
    pub accept_raw_cards: bool,
    /// Who mails come from.
    pub mail_from: String,
    /// Who needs a card.
    pub card: CardRequirement,
    /// The country of an address that names none.
    pub default_country: Country,
    /// What is offered.
    pub plans: PlanCatalogue,
    /// The numbers that registrations are driven by.
    pub limits: Limits,
    /// How often due work is looked for.
    pub sweep_interval: Duration,
    /// How long journals keep personal data.
    pub retention: Duration,
    /// How long idempotency keys are remembered.
    pub idempotency_retention: Duration,
    /// The cost of a hash.
    pub hashing: HashParameters,
    /// Hashes at the same time.
    pub hashing_permits: usize,
    /// Limits per client address; none where they are switched off.
    pub sign_up_rate: Option<SignUpRate>,
    /// Keys that were set and have no effect in this version.
    pub without_effect: Vec<&'static str>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The web server.
#[derive(Debug)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where visitors reach it, without a slash at the end; none: at the port listened on.
    pub public_url: Option<String>,
    /// How long a request waits for the outcome.
    pub wait: Duration,
    /// Where to report a weakness; none: nowhere.
    pub security_contact: Option<String>,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// How long ending may take.
    pub shutdown_grace: Duration,
}

/// The sandbox gateway.
#[derive(Debug)]
pub struct SandboxSettings {
    /// How long each call takes.
    pub latency: Duration,
    /// Faults that are on from the start.
    pub faults: Vec<Fault>,
}

/// How often one client address may sign up.
#[derive(Clone, Copy, Debug)]
pub struct SignUpRate {
    /// Once the burst is used up.
    pub per_minute: std::num::NonZeroU32,
    /// At once.
    pub burst: std::num::NonZeroU32,
}

/// The configuration cannot be used: why, key by key.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.in_words())]
pub struct Unusable(pub Vec<ConfigFault>);

impl Unusable {
    fn in_words(&self) -> String {
        let lines: Vec<String> = self.0.iter().map(|fault| format!("  {fault}")).collect();
        format!("the configuration cannot be used:\n{}", lines.join("\n"))
    }
}

impl Settings {
    /// Reads `file` (which must exist if it was named), then the environment over it.
    pub fn load(file: Option<&Path>) -> Result<Self, Unusable> {
        let environment = std::env::vars().filter(|(name, _)| name.starts_with("ENLIST_"));
        Self::from_sources(file, environment.collect())
    }

    /// Reads `file`, then `environment` over it.
    pub fn from_sources(
        file: Option<&Path>,
        environment: BTreeMap<String, String>,
    ) -> Result<Self, Unusable> {
        let (path, required) = match file {
            Some(path) => (path, true),
            None => (Path::new(DEFAULT_FILE), false),
        };
        let unreadable = |error: config::ConfigError| {
            let key = path.display().to_string();
            Unusable(vec![ConfigFault {
                key,
                message: error.to_string(),
            }])
        };
        let environment: std::collections::HashMap<String, String> =
            environment.into_iter().collect();
        let merged = config::Config::builder()
            .add_source(
                config::File::from(path)
                    .format(config::FileFormat::Toml)
                    .required(required),
            )
            .add_source(
                config::Environment::with_prefix("ENLIST")
                    .prefix_separator("_")
                    .separator("__")
                    .source(Some(environment)),
            )
            .build()
            .and_then(config::Config::try_deserialize::<BTreeMap<String, config::Value>>)
            .map_err(unreadable)?;
        Self::from_values(merged)
    }

    fn from_values(mut merged: BTreeMap<String, config::Value>) -> Result<Self, Unusable> {
        let plans = merged.remove("plans");
        let mut values = BTreeMap::new();
        for (key, value) in merged {
            flatten(key, value, &mut values);
        }
        let reader = Reader::new(values);
        let plans = plans::read(plans, &reader);
        let settings = Self::read(&reader, plans);
        let faults = reader.into_faults();
        match settings {
            Some(settings) if faults.is_empty() => Ok(settings),
            _ => Err(Unusable(faults)),
        }
    }

    /// Reads every key, so that every fault is found, and only then asks whether all is there.
    fn read(reader: &Reader, plans: Option<PlanCatalogue>) -> Option<Self> {
        let server = read_server(reader);
        let mut limits = read_limits(reader);
        // What leaves nothing behind is given up no later than the request would be.
        if let Some(server) = &server {
            limits.prepare_within = server.wait.max(Duration::from_secs(1));
        }
        let sandbox = read_sandbox(reader);
        refuse_what_is_not_built(reader);
        let data_dir = PathBuf::from(reader.text("data_dir"));
        let database = read_database(reader, &data_dir);
        let secret_key = Some(reader.text("secret_key")).filter(|key| !key.is_empty());
        let log = reader.text("log");
        if !are_log_directives(&log) {
            reader.fault(
                "log",
                format!("`{log}` is no level; write error, warn, info, debug or trace"),
            );
        }
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        let log_format = reader.choice("log_format", &formats);
        let cards = [
            ("required", CardRequirement::Required),
            ("paid_plans", CardRequirement::PaidPlans),
        ];
        let card = reader.choice("billing.card", &cards);
        let country = reader.text("billing.default_country");
        let default_country = Country::parse(&country).ok();
        if default_country.is_none() {
            let remedy = "write a code of two letters, such as US or DE";
            reader.fault(
                "billing.default_country",
                format!("`{country}` is no country; {remedy}"),
            );
        }
        let hashing = HashParameters {
            memory_kib: reader.number("passwords.memory_kib", 8..=MAX_MEMORY_KIB),
            passes: reader.number("passwords.passes", 1..=MAX_PASSES),
            lanes: reader.number("passwords.lanes", 1..=MAX_LANES),
        };
        // Each is in its range; what may be wrong is how memory and lanes go together.
        if let Err(fault) = hashing.validate() {
            reader.fault("passwords.memory_kib", fault.to_string());
        }
        let permits = reader.number("passwords.permits", 0..=1024) as usize;
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (retention, idempotency_retention) = read_retention(reader);
        Some(Self {
            secret_key: secret_key.map(SecretString::from),
            log,
            log_format: log_format?,
            accept_raw_cards: reader.switch("gateway.accept_raw_cards"),
            mail_from: reader.text("mail.from"),
            sweep_interval: reader.duration(
                "registration.sweep_interval",
                Duration::from_millis(10)..=Duration::from_mins(1),
            ),
            retention,
            idempotency_retention,
            hashing,
            hashing_permits: if permits == 0 { cores() } else { permits },
            sign_up_rate: read_rate(reader),
            without_effect: reader.without_effect(),
            limits,
            server: server?,
            database: database?,
            data_dir,
            sandbox: sandbox?,
            card: card?,
            default_country: default_country?,
            plans: plans?,
        })
    }
}

/// A level, or targets with their levels. A word alone would be taken for a target, and a mistyped
/// level would silence everything.
fn are_log_directives(text: &str) -> bool {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    let has_level = |part: &str| part.contains('=') || part.trim().parse::<LevelFilter>().is_ok();
    text.parse::<Targets>().is_ok() && text.split(',').all(has_level)
}

/// How long personal data and idempotency keys are kept.
fn read_retention(reader: &Reader) -> (Duration, Duration) {
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

fn read_limits(reader: &Reader) -> Limits {
    let second = Duration::from_secs(1);
    let day = Duration::from_hours(24);
    let limits = Limits {
        deadline: reader.duration("registration.deadline", second..=Duration::from_hours(1)),
        lease: reader.duration(
            "registration.lease",
            Duration::from_millis(200)..=Duration::from_mins(10),
        ),
        call_timeout: reader.duration(
            "gateway.timeout",
            Duration::from_millis(50)..=Duration::from_mins(5),
        ),
        attempts: reader.number("gateway.attempts", 1..=100),
        verify_within: reader.duration("verification.deadline", second..=30 * day),
        act_within: reader.duration(
            "registration.action_deadline",
            second..=Duration::from_hours(23),
        ),
        code_attempts: reader.number("verification.code_attempts", 1..=20),
        mails: reader.number("verification.mails", 1..=100),
        resend_after: reader.duration("verification.resend_after", Duration::ZERO..=day),
        ..Limits::default()
    };
    // A driver extends its lease before each call and again needs time to record the answer.
    if limits.call_timeout.mul_f64(1.2) > limits.lease {
        let remedy = "make it at most five sixths of registration.lease";
        reader.fault(
            "gateway.timeout",
            format!("a call could outlast its lease; {remedy}"),
        );
    }
    limits
}

fn read_server(reader: &Reader) -> Option<Server> {
    let listen = reader.parsed(
        "server.listen",
        "write an address and a port, such as 127.0.0.1:8080",
    );
    let public_url = reader
        .text("server.public_url")
        .trim_end_matches('/')
        .to_owned();
    if !public_url.starts_with("http://") && !public_url.starts_with("https://") {
        let remedy = "write a URL that starts with http:// or https://";
        reader.fault(
            "server.public_url",
            format!("`{public_url}` is not valid; {remedy}"),
        );
    }
    let production = reader.switch("server.production");
    if production {
        let remedy = "this version has no other; leave server.production off";
        reader.fault(
            "gateway.kind",
            format!("`sandbox` is not allowed in production; {remedy}"),
        );
        reader.fault(
            "mail.url",
            format!("`mailbox:` is not allowed in production; {remedy}"),
        );
    }
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
    let second = Duration::from_secs(1);
    Some(Server {
        wait: reader.duration("server.wait", Duration::ZERO..=60 * second),
        shutdown_grace: reader.duration("server.shutdown_grace", Duration::ZERO..=600 * second),
        listen: listen?,
        public_url: reader.is_set("server.public_url").then_some(public_url),
        security_contact: Some(reader.text("server.security_contact"))
            .filter(|contact| !contact.is_empty()),
        trusted_proxies,
    })
}

fn read_sandbox(reader: &Reader) -> Option<SandboxSettings> {
    let latency = reader.duration(
        "gateway.sandbox.latency",
        Duration::ZERO..=Duration::from_mins(1),
    );
    let text = reader.text("gateway.sandbox.faults");
    let mut parsed = Vec::new();
    for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        match faults::parse(one) {
            Ok(fault) => parsed.push(fault),
            Err(fault) => reader.fault("gateway.sandbox.faults", format!("`{one}`: {fault}")),
        }
    }
    Some(SandboxSettings {
        latency,
        faults: parsed,
    })
}

/// Keys whose other values are promised for later: said plainly, rather than ignored.
fn refuse_what_is_not_built(reader: &Reader) {
    let built = [
        ("gateway.kind", "sandbox"),
        ("mail.url", "mailbox:"),
        ("verification.mode", "after"),
        ("billing.first_charge", "at_registration"),
    ];
    for (name, only) in built {
        let text = reader.text(name);
        if text != only {
            reader.fault(
                name,
                format!("`{text}` is not in this version; write `{only}`"),
            );
        }
    }
    let levels = ["read_committed", "repeatable_read", "serializable"].map(|level| (level, ()));
    reader.choice("database.isolation", &levels);
}

fn read_database(reader: &Reader, data_dir: &Path) -> Option<PathBuf> {
    let url = reader.text("database.url");
    if url.is_empty() {
        return Some(data_dir.join("enlist.db"));
    }
    match url.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        Some(path) => Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path))),
        None => {
            // The URL may hold a password: it is not shown.
            reader.fault(
                "database.url",
                "this version has SQLite only; write `sqlite:PATH`",
            );
            None
        }
    }
}

fn read_rate(reader: &Reader) -> Option<SignUpRate> {
    let enabled = reader.switch("limits.enabled");
    let per_minute = reader.number("limits.sign_ups_per_minute", 1..=1_000_000);
    let burst = reader.number("limits.sign_up_burst", 1..=1_000_000);
    let rate = SignUpRate {
        per_minute: per_minute.try_into().ok()?,
        burst: burst.try_into().ok()?,
    };
    enabled.then_some(rate)
}

/// Tables become dotted keys; numbers and switches become text again, as the environment has them.
fn flatten(key: String, value: config::Value, into: &mut BTreeMap<String, String>) {
    match value.kind {
        config::ValueKind::Table(table) => {
            for (name, value) in table {
                flatten(format!("{key}.{name}"), value, into);
            }
        }
        _ => {
            let text = value.clone().into_string();
            into.insert(key, text.unwrap_or_else(|_| value.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Settings, Unusable> {
        let environment = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Settings::from_sources(None, environment.collect())
    }

    #[test]
    fn nothing_needs_to_be_configured() {
        let settings = load(&[]).unwrap();
        assert_eq!(settings.limits.deadline, Duration::from_secs(60));
        assert_eq!(settings.database, Path::new("./enlist-data/enlist.db"));
        assert_eq!(settings.plans.iter().count(), 3);
    }

    #[test]
    fn every_key_is_read_and_every_default_is_valid() {
        let reader = Reader::new(BTreeMap::new());
        assert!(Settings::read(&reader, Some(PlanCatalogue::default())).is_some());
        let read = reader.read_keys();
        let listed = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(read, listed);
        assert!(reader.into_faults().is_empty());
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("enlist.toml");
        std::fs::write(
            &file,
            "data_dir = \"/from/file\"\n[registration]\ndeadline = \"30s\"\n[limits]\nenabled = false\n\
             [[plans]]\nname = \"solo\"\namount_minor = 500\ncurrency = \"EUR\"\ninterval = \"year\"\n",
        )
        .unwrap();
        let environment = [("ENLIST_DATA_DIR".to_owned(), "/from/environment".to_owned())];
        let settings = Settings::from_sources(Some(&file), environment.into()).unwrap();
        assert_eq!(settings.data_dir, Path::new("/from/environment"));
        assert_eq!(settings.limits.deadline, Duration::from_secs(30));
        assert!(settings.sign_up_rate.is_none());
        assert_eq!(
            settings.plans.get("solo").unwrap().to_string(),
            "€5.00 / year"
        );
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_by_key() {
        let Unusable(faults) = load(&[
            ("ENLIST_REGISTRATION__DEADLINE", "soon"),
            ("ENLIST_GATEWAY__KIND", "stripe"),
            ("ENLIST_REGISTRATION__DEADLIN", "60s"),
            (
                "ENLIST_DATABASE__URL",
                "postgres://user:canary-password@host/db",
            ),
            ("ENLIST_GATEWAY__TIMEOUT", "10s"),
        ])
        .unwrap_err();
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
        for key in [
            "registration.deadline",
            "gateway.kind",
            "registration.deadlin",
            "database.url",
            "gateway.timeout",
        ] {
            assert!(keys.contains(&key), "{key} is missing in {keys:?}");
        }
        let words = format!("{}", Unusable(faults));
        assert!(
            words.contains("did you mean registration.deadline?"),
            "{words}"
        );
        assert!(!words.contains("canary-password"), "{words}");
    }

    #[test]
    fn a_key_of_a_later_version_is_no_mistake() {
        let settings = load(&[("ENLIST_ADMIN__TOKEN", "canary-token")]).unwrap();
        assert_eq!(settings.without_effect, ["admin.token"]);
    }

    #[test]
    fn the_example_file_is_what_the_program_prints() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../enlist.example.toml");
        let kept = std::fs::read_to_string(path).unwrap();
        assert_eq!(
            kept,
            example(),
            "run `cargo run -- config --toml > enlist.example.toml`"
        );
    }
}
