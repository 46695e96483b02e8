//! Everything one process is made of, put together once.

pub(crate) mod clocks;
pub(crate) mod database;
pub(crate) mod gateway;
mod mailing;
pub(crate) mod neighbours;

use std::sync::Arc;

use enlist_registration::engine::{Engine, Ports};
use enlist_registration::ports::{Clock, PaymentGateway, Random, Store, StoreFault};
use enlist_registration::tokens::Tokens;
use enlist_storage::Connections;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use crate::bounded::Bounded;
use crate::brand::Brand;
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::drivers::Drivers;
use crate::hashing::BoundedHasher;
use crate::http::{ClientSecrets, brand};
use crate::limits::{ClientLimiter, PASSWORDS_JUDGED};
use crate::mail::{Mailbox, Mailer};
use crate::system::{SystemClock, SystemRandom};
use crate::tasks::{Runtime, Spawner};
use crate::watch::Watch;

use clocks::refuse_a_wrong_clock;
use database::{OpenDatabase, hold_for};
use mailing::Mailing;

pub use gateway::{Gateway, stripe_client};

/// One process of the service.
pub struct App {
    /// What was configured.
    pub settings: Settings,
    /// Where visitors reach it, without a slash at the end.
    pub public_url: String,
    /// What makes the pages the operator's own.
    pub brand: Arc<Brand>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The journal and the accounts.
    pub store: Arc<dyn Store>,
    /// Drives registrations.
    pub engine: Arc<Engine>,
    /// Drives them in tasks of their own.
    pub drivers: Drivers,
    /// The payment gateway, as pages and routes of its own see it.
    pub gateway: Gateway,
    /// The embedded mailbox, as its pages see it; none where mails are sent.
    pub mailbox: Option<Mailbox>,
    /// Takes mails.
    pub mailer: Arc<dyn Mailer>,
    /// Hashes passwords.
    pub hasher: Arc<BoundedHasher>,
    /// Checks forms: judging a password takes time too.
    pub checks: Bounded,
    /// Who follows a registration.
    pub watch: Arc<Watch>,
    /// Limits sign-ups per client address; none where switched off.
    pub limiter: Option<ClientLimiter>,
    /// The same for passwords that are judged while they are chosen.
    pub password_limiter: Option<ClientLimiter>,
    /// What waiting persons confirm their payments with, as far as it was asked for lately.
    pub client_secrets: ClientSecrets,
    /// The figures, where they are gathered.
    pub metrics: Option<PrometheusHandle>,
    /// Runs tasks.
    pub spawner: Arc<dyn Spawner>,
    /// Cancelled once the service is to end: streams of events, which stay open by themselves, end then.
    pub stopping: CancellationToken,
    /// As it was opened; none where whoever put the process together has it.
    database: Option<OpenDatabase>,
    _data_dir: Option<DataDir>,
}

/// What a process is put together from: its ports, and what differs between a service and a simulation of
/// one.
pub struct Parts {
    /// What was configured.
    pub settings: Settings,
    /// Where visitors reach it, without a slash at the end.
    pub public_url: String,
    /// What tokens, links, codes and fingerprints are derived with.
    pub tokens: Tokens,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The journal and the accounts.
    pub store: Arc<dyn Store>,
    /// The payment gateway, as pages and routes of its own see it.
    pub gateway: Gateway,
    /// The same, as the engine sees it.
    pub gateway_port: Arc<dyn PaymentGateway>,
    /// Takes mails.
    pub mailer: Arc<dyn Mailer>,
    /// The embedded mailbox; none where mails are sent.
    pub mailbox: Option<Mailbox>,
    /// Runs tasks.
    pub spawner: Arc<dyn Spawner>,
}

impl App {
    /// Takes hold of the data directory, opens the database and what else is configured.
    pub async fn open(
        settings: Settings,
        public_url: String,
        metrics: Option<PrometheusHandle>,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let data_dir = DataDir::take(&settings.data_dir, hold_for(&settings.database))?;
        let key = data_dir.secret_key(settings.secret_key.as_ref(), random.as_ref())?;
        let tokens = Tokens::new(key);
        let database = OpenDatabase::open(&settings, &clock, &random).await?;
        database.adopt_key(&tokens.key_check()).await?;
        refuse_a_wrong_clock(&database).await?;
        let gateway = Gateway::open(&settings, &clock, &random).await?;
        let mailing = Mailing::open(&settings, &public_url, data_dir.path(), &clock).await?;
        let app = Self::assemble(Parts {
            settings,
            public_url,
            tokens,
            clock,
            random,
            store: database.store(),
            gateway_port: gateway.port(),
            gateway,
            mailer: mailing.mailer,
            mailbox: mailing.mailbox,
            spawner: Arc::new(Runtime),
        });
        Ok(Self {
            metrics,
            database: Some(database),
            _data_dir: Some(data_dir),
            ..app
        })
    }

    /// Puts a process together. Nothing is opened, and nothing runs yet.
    pub fn assemble(parts: Parts) -> Self {
        let settings = parts.settings;
        let (clock, random, store) = (parts.clock, parts.random, parts.store);
        let bounded = || Bounded::new(settings.hashing_permits, Arc::clone(&parts.spawner));
        let hasher = BoundedHasher::new(settings.hashing, bounded(), Arc::clone(&random));
        let hasher = Arc::new(hasher);
        let watch = Arc::new(Watch::default());
        let ports = Ports {
            store: Arc::clone(&store),
            gateway: parts.gateway_port,
            hasher: Arc::clone(&hasher) as _,
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            observer: Arc::clone(&watch) as _,
        };
        let engine = Arc::new(Engine::new(ports, settings.limits.clone(), parts.tokens));
        Self {
            drivers: Drivers::new(Arc::clone(&engine), Arc::clone(&parts.spawner)),
            limiter: settings.sign_up_rate.map(ClientLimiter::new),
            password_limiter: settings
                .sign_up_rate
                .map(|_| ClientLimiter::new(PASSWORDS_JUDGED)),
            client_secrets: ClientSecrets::default(),
            mailer: parts.mailer,
            checks: bounded(),
            brand: Arc::new(brand(settings.brand.clone())),
            settings,
            public_url: parts.public_url,
            clock,
            random,
            store,
            engine,
            gateway: parts.gateway,
            mailbox: parts.mailbox,
            hasher,
            watch,
            metrics: None,
            spawner: parts.spawner,
            stopping: CancellationToken::new(),
            database: None,
            _data_dir: None,
        }
    }

    /// Whether the database takes writes.
    pub async fn accepts_writes(&self) -> Result<bool, StoreFault> {
        match &self.database {
            Some(database) => database.accepts_writes().await,
            None => Ok(true),
        }
    }

    /// How the connections to the database are used; none where there is no pool of them.
    pub fn connections(&self) -> Option<Connections> {
        self.database.as_ref()?.connections()
    }

    /// Writes what waits to be written, once nobody writes any more.
    pub async fn close(&self) {
        if let Some(database) = &self.database {
            database.close().await;
        }
    }
}
