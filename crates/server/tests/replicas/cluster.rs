//! Replicas of the service at one place, and the proxy in front of them.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use enlist_test_servers::{Nginx, PostgresServer};

use crate::audit;
use crate::proxy;
use crate::support::client::Client;
use crate::support::port::Port;
use crate::support::postgres::PostgresTables;
use crate::support::service::{Service, Settings};
use crate::support::site::{DATABASE_URL, Site};

/// How long a replica may take until it is ready, its database having just been started.
const READY_WITHIN: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The replicas of one place.
pub struct Cluster {
    pub site: Site,
    pub replicas: Vec<Replica>,
    proxy: Nginx,
}

/// A place for one process after the other.
pub struct Replica {
    letter: char,
    port: Port,
    starts: u32,
    service: Option<Service>,
}

impl Cluster {
    /// Makes the tables, has every write noted, and starts the replicas and the proxy.
    pub fn start(replicas: usize, mut site: Site, settings: &Settings) -> Self {
        let letters = ('a'..='z').take(replicas);
        let replicas: Vec<Replica> = letters.map(Replica::new).collect();
        let addresses: Vec<_> = replicas.iter().map(Replica::address).collect();
        let proxy = proxy::before(&addresses);
        let proxied = [
            ("ENLIST_SERVER__PUBLIC_URL", proxy.url()),
            ("ENLIST_SERVER__TRUSTED_PROXIES", "127.0.0.1".to_owned()),
        ];
        site.variables.extend(proxied);
        if let Some(stripe) = site.gateway.beside() {
            stripe.service_is_at(&proxy.url());
        }
        migrate(&site);
        audit::install(&*site.tables);
        let mut cluster = Self {
            site,
            replicas,
            proxy,
        };
        cluster.start_all(settings);
        cluster
    }

    /// Starts those that do not run, and waits until all listen.
    pub fn start_all(&mut self, settings: &Settings) {
        let missing = self.replicas.iter_mut();
        let mut missing: Vec<_> = missing.filter(|it| it.service.is_none()).collect();
        for replica in &mut missing {
            replica.start(&self.site, settings);
        }
        for replica in missing {
            replica.service().port();
        }
    }

    /// Whoever asks the proxy.
    pub fn client(&self) -> Client {
        Client::new(self.proxy.port())
    }

    pub fn proxy_port(&self) -> u16 {
        self.proxy.port()
    }

    /// The database's URL, as the service is given it.
    pub fn url(&self) -> &str {
        database_url(&self.site)
    }

    /// Waits until each replica says that it is ready, and the proxy knows of one that is.
    pub fn wait_until_ready(&self) {
        let mut waited = Duration::ZERO;
        let clients = self.replicas.iter().map(Replica::client);
        for client in clients.chain([self.client()]) {
            let is_ready = || {
                client
                    .get("/readyz")
                    .is_ok_and(|answer| answer.status == 200)
            };
            while !is_ready() {
                assert!(waited < READY_WITHIN, "not ready after {waited:?}");
                thread::sleep(BETWEEN_LOOKS);
                waited += BETWEEN_LOOKS;
            }
        }
    }

    /// Tells all to end, and sees that they lived and end well.
    pub fn stop(&mut self) {
        for replica in &mut self.replicas {
            if let Some(mut service) = replica.service.take() {
                service.stop();
            }
        }
    }
}

impl Replica {
    fn new(letter: char) -> Self {
        Self {
            letter,
            port: Port::reserve(),
            starts: 0,
            service: None,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port.number))
    }

    /// Whoever asks this replica and no other.
    pub fn client(&self) -> Client {
        Client::new(self.port.number)
    }

    /// Starts a new process, whose connections to the database have a name of their own.
    pub fn start(&mut self, site: &Site, settings: &Settings) {
        self.starts += 1;
        let Self { letter, starts, .. } = self;
        let url = database_url(site);
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}application_name=replica-{letter}-{starts}");
        let mut settings = settings.clone();
        settings.variables.extend([
            ("ENLIST_SERVER__LISTEN", self.address().to_string()),
            (DATABASE_URL, url),
        ]);
        self.service = Some(Service::start(site, &settings));
    }

    /// The process that runs.
    pub fn service(&mut self) -> &mut Service {
        self.service.as_mut().expect("the replica runs")
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.service().kill();
        self.service = None;
    }
}

/// A place with a new database on a server that is reached at `url_of` its name, where the gateway
/// keeps its books on a server of their own: it does not share the fate of what is tested.
pub fn with_books_elsewhere(
    servers: &[Arc<PostgresServer>],
    url_of: impl FnOnce(&str) -> String,
) -> Site {
    let books = Arc::new(PostgresServer::start_without_fsync());
    let mut site = Site::on(&servers[0]).reached_at(url_of);
    let urls = [database_url(&site).to_owned(), books.url()];
    site.variables
        .push(("ENLIST_GATEWAY__SANDBOX__BOOKS", books.url()));
    let mut servers = servers.to_vec();
    servers.push(books);
    site.tables = Arc::new(PostgresTables::new(&urls, servers));
    site
}

fn database_url(site: &Site) -> &str {
    let mut named = site.variables.iter().rev();
    let (_, url) = named.find(|(name, _)| *name == DATABASE_URL).unwrap();
    url
}

fn migrate(site: &Site) {
    let variables = site.variables.iter();
    let migrated = Command::new(env!("CARGO_BIN_EXE_enlist"))
        .arg("migrate")
        .current_dir(site.path())
        .env_clear()
        .env("ENLIST_DATA_DIR", site.data())
        .envs(variables.map(|(name, value)| (*name, value.as_str())))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&migrated.stderr);
    assert!(migrated.status.success(), "not migrated: {said}");
}
