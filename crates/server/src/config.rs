//! The configuration: `enlist.toml`, each key also as an environment variable, the latter wins.
//! Everything has a default; whatever is wrong is told at once, by key.

mod brand;
mod database;
mod faults;
mod gateway;
mod keys;
mod mail;
mod plans;
mod print;
mod reader;
mod sections;
mod smtp_url;
mod sources;
mod web_address;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use enlist_domain::{CardRequirement, Country, HashParameters, PlanCatalogue};
use enlist_registration::limits::Limits;
use enlist_registration::steps::Order;
use secrecy::SecretString;

pub use brand::{BrandSettings, Logo, LogoKind, Support};
pub use database::{Database, PostgresSettings};
pub use gateway::{GatewaySettings, SandboxSettings, StripeSettings, WebhookSettings};
pub use keys::{Form, KEYS, Key};
pub use mail::{EventSettings, MailSettings, Mailing, SmtpSettings};
pub use print::{example, table};
pub use reader::ConfigFault;
pub use smtp_url::{SmtpTls, SmtpUrl};
pub use web_address::WebAddress;

use crate::language::Language;

use gateway::Surroundings;
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
    /// Name, logo, colour and legal links.
    pub brand: BrandSettings,
    /// Where journal and accounts are.
    pub database: Database,
    /// How PostgreSQL is used; of no meaning with SQLite.
    pub postgres: PostgresSettings,
    /// Whether a start brings the schema up to date, rather than refusing an old one.
    pub migrate: bool,
    /// The payment gateway.
    pub gateway: GatewaySettings,
    /// Whether card numbers are accepted.
    pub accept_raw_cards: bool,
    /// How mails go out.
    pub mail: MailSettings,
    /// When an address is verified that signs up in one request.
    pub verification_mode: VerificationMode,
    /// When the first charge is taken.
    pub first_charge: FirstCharge,
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
    pub sign_up_rate: Option<Rate>,
    /// Keys that were set and have no effect.
    pub without_effect: Vec<WithoutEffect>,
}

/// When the address of a sign-up in one request is verified (`verification.mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationMode {
    /// Once the account is open.
    After,
    /// Before anything is asked of the gateway.
    First,
}

/// When the first charge is taken (`billing.first_charge`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstCharge {
    /// As soon as everything was said.
    AtRegistration,
    /// Not before the address is verified.
    AtVerification,
}

impl Settings {
    /// In which order a sign-up in one request takes its steps. Where the address is verified first,
    /// nobody is charged before that anyway.
    pub fn order(&self) -> Order {
        match (self.verification_mode, self.first_charge) {
            (VerificationMode::First, _) => Order::VerifyFirst,
            (VerificationMode::After, FirstCharge::AtRegistration) => Order::VerifyAfter,
            (VerificationMode::After, FirstCharge::AtVerification) => Order::ChargeAtVerification,
        }
    }
}

/// A key that was set and has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithoutEffect {
    /// Which key.
    pub key: &'static str,
    /// Why, to follow its name.
    pub why: &'static str,
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
    /// The language of pages where a visitor's are not here.
    pub language: Language,
    /// How long a request waits for the outcome.
    pub wait: Duration,
    /// Where to report a weakness; none: nowhere.
    pub security_contact: Option<String>,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// How long ending may take.
    pub shutdown_grace: Duration,
}

/// How often one client address may call.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Once the burst is used up.
    pub per_minute: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

/// The configuration cannot be used: why, key by key.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.in_words())]
pub struct Unusable(pub Vec<ConfigFault>);

impl Unusable {
    fn because_of(key: String, message: String) -> Self {
        Self(vec![ConfigFault { key, message }])
    }

    fn in_words(&self) -> String {
        let lines: Vec<String> = self.0.iter().map(|fault| format!("  {fault}")).collect();
        format!("the configuration cannot be used:\n{}", lines.join("\n"))
    }
}

impl WithoutEffect {
    fn too_early(key: &'static str) -> Self {
        let why = "has no effect in this version";
        Self { key, why }
    }

    fn kept_mails(key: &'static str) -> Self {
        let why = "has no effect, because mail.url is `mailbox:`";
        Self { key, why }
    }

    fn other_gateway(key: &'static str) -> Self {
        let why = "has no effect, because gateway.kind is another";
        Self { key, why }
    }
}

impl Settings {
    /// What is allowed and should be known, a sentence each.
    pub fn warnings(&self) -> Vec<&'static str> {
        let raw_cards = "gateway.accept_raw_cards: is on; card numbers reach this server, which \
            brings all of it into the scope of PCI DSS (SAQ D)";
        let takes_real_cards = self.gateway.stripe().is_some() && self.accept_raw_cards;
        let raw_cards = takes_real_cards.then_some(raw_cards);
        let all = [
            self.no_webhooks(),
            raw_cards,
            self.links_that_lead_nowhere(),
        ];
        all.into_iter().flatten().collect()
    }

    /// Mails that leave this machine lead back to the service.
    fn links_that_lead_nowhere(&self) -> Option<&'static str> {
        let sentence = "server.public_url: is not set; the links in mails lead to http://localhost, which \
            only this machine can open";
        let sends = self.mail.by.smtp().is_some();
        (sends && self.server.public_url.is_none()).then_some(sentence)
    }

    /// What it means that nobody may tell of events at the gateway, where that is so.
    pub fn no_webhooks(&self) -> Option<&'static str> {
        let sentence = "gateway.stripe.webhook_secret: is not set; sign-ups find out by themselves how \
            they stand, but what happens at Stripe later, such as a cancellation or a charge that \
            fails, is not reflected";
        let stripe = self.gateway.stripe()?;
        stripe.webhooks.is_none().then_some(sentence)
    }

    /// Reads `file` (which must exist if it was named), then the environment over it.
    pub fn load(file: Option<&Path>) -> Result<Self, Unusable> {
        let environment = sources::environment()
            .map_err(|name| Unusable::because_of(name, "is not in UTF-8".to_owned()))?;
        Self::from_sources(file, environment)
    }

    /// Reads `file`, then `environment` over it.
    pub fn from_sources(
        file: Option<&Path>,
        environment: BTreeMap<String, String>,
    ) -> Result<Self, Unusable> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let read = match std::fs::read(path) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| "is not in UTF-8".to_owned()),
            Err(fault) if fault.kind() == ErrorKind::NotFound && file.is_none() => {
                Ok(String::new())
            }
            Err(fault) => Err(format!("cannot be read ({fault})")),
        };
        let name = path.display().to_string();
        match read {
            Ok(text) => Self::from_text(&name, &text, environment),
            Err(message) => Err(Unusable::because_of(name, message)),
        }
    }

    /// Reads the text of the file `name`, then `environment` over it.
    pub fn from_text(
        name: &str,
        text: &str,
        mut environment: BTreeMap<String, String>,
    ) -> Result<Self, Unusable> {
        environment.retain(|name, value| !sources::is_of_a_neighbour(name, value));
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let places = sources::places_in_lists(text, &environment);
        if !places.is_empty() {
            let faults = places.iter().map(|key| ConfigFault::no_such_key(key));
            return Err(Unusable(faults.collect()));
        }
        let merged = config::Config::builder()
            .add_source(config::File::from_str(text, config::FileFormat::Toml))
            .add_source(
                config::Environment::with_prefix("ENLIST")
                    .prefix_separator("_")
                    .separator("__")
                    .source(Some(environment.into_iter().collect())),
            )
            .build()
            .and_then(config::Config::try_deserialize::<BTreeMap<String, config::Value>>)
            .map_err(|error| Unusable::because_of(name.to_owned(), unreadable(&error, text)))?;
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
        let server = sections::server(reader);
        let brand = brand::read(reader);
        let mut limits = sections::limits(reader);
        // What leaves nothing behind is given up no later than the request would be.
        if let Some(server) = &server {
            limits.prepare_within = server.wait.max(Duration::from_secs(1));
        }
        let data_dir = PathBuf::from(reader.text("data_dir"));
        let database = database::database(reader, &data_dir);
        let gateway = gateway::read(
            reader,
            &Surroundings {
                data_dir: &data_dir,
                database: database.as_ref(),
                plans: plans.as_ref(),
                is_production: reader.switch("server.production"),
            },
        );
        let migrate = reader.switch("database.migrate");
        let postgres = database::postgres(reader, database.as_ref(), limits.lease);
        let secret_key = Some(reader.text("secret_key")).filter(|key| !key.is_empty());
        let (log, log_format) = sections::log(reader);
        let cards = [
            ("required", CardRequirement::Required),
            ("paid_plans", CardRequirement::PaidPlans),
        ];
        let card = reader.choice("billing.card", &cards);
        let modes = [
            ("after", VerificationMode::After),
            ("first", VerificationMode::First),
        ];
        let verification_mode = reader.choice("verification.mode", &modes);
        let charges = [
            ("at_registration", FirstCharge::AtRegistration),
            ("at_verification", FirstCharge::AtVerification),
        ];
        let first_charge = reader.choice("billing.first_charge", &charges);
        let default_country = sections::default_country(reader);
        let hashing = sections::hashing(reader);
        let hashing_permits = sections::hashing_permits(reader);
        let (retention, idempotency_retention) = sections::retention(reader);
        let sweep_interval = reader.duration(
            "registration.sweep_interval",
            Duration::from_millis(10)..=Duration::from_mins(1),
        );
        let sign_up_rate = sections::sign_up_rate(reader);
        let mail = mail::read(reader, limits.lease);
        let too_early = reader.set_too_early().map(WithoutEffect::too_early);
        let of_mails = mail::without_effect(reader);
        // Every key has been read: from here on nothing more can be found wrong.
        let gateway = gateway?;
        Some(Self {
            secret_key: secret_key.map(SecretString::from),
            log,
            log_format: log_format?,
            accept_raw_cards: gateway.accept_raw_cards,
            gateway: gateway.settings,
            mail: mail?,
            sweep_interval,
            retention,
            idempotency_retention,
            hashing,
            hashing_permits,
            sign_up_rate,
            without_effect: too_early
                .chain(gateway.without_effect)
                .chain(of_mails)
                .collect(),
            limits,
            server: server?,
            brand: brand?,
            database: database?,
            postgres: postgres?,
            migrate,
            data_dir,
            verification_mode: verification_mode?,
            first_charge: first_charge?,
            card: card?,
            default_country: default_country?,
            plans: plans?,
        })
    }
}

/// Where a file cannot be read, and why. Without the line, which the error's own sentence repeats: a
/// secret whose last quotation mark was forgotten is on it.
fn unreadable(error: &config::ConfigError, text: &str) -> String {
    let config::ConfigError::FileParse { cause, .. } = error else {
        return error.to_string();
    };
    let Some(fault) = cause.downcast_ref::<toml::de::Error>() else {
        return "has a value that cannot be read; is it a number that is too large?".to_owned();
    };
    let before = fault.span().and_then(|span| text.get(..span.start));
    let before = before.unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
    let why = fault.message();
    format!("is not TOML at line {line}, column {column}: {why}")
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
mod tests;
