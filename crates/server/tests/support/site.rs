//! Where the service runs: its folder, the settings that come with the place, and its tables.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use enlist_test_servers::{Database, PostgresServer};
use tempfile::TempDir;

use super::gateway::Gateway;
use super::port::Port;
use super::postgres::PostgresTables;
use super::stripe::Stripe;
use super::tables::Tables;

/// Names the service's database.
pub const DATABASE_URL: &str = "ENLIST_DATABASE__URL";

/// A place. The processes that run there share it.
pub struct Site {
    folder: TempDir,
    /// Set for every process.
    pub variables: Vec<(&'static str, String)>,
    /// Where their customers pay.
    pub gateway: Arc<Gateway>,
    /// What they write.
    pub tables: Arc<dyn Tables>,
    /// Kept until the end: dropping it drops the database.
    database: Option<Database>,
    /// Where the service listens, if that may not change.
    _port: Option<Port>,
}

impl Site {
    /// A place with files.
    pub fn new(folder: TempDir, tables: Arc<dyn Tables>) -> Self {
        Self {
            folder,
            variables: Vec::new(),
            gateway: Arc::new(Gateway::Sandbox),
            tables,
            database: None,
            _port: None,
        }
    }

    /// A place with a new database on a server, where the gateway keeps its books too.
    pub fn on(server: &Arc<PostgresServer>) -> Self {
        let database = server.create_database();
        let url = database.url();
        let tables = PostgresTables::new(std::slice::from_ref(&url), vec![Arc::clone(server)]);
        let mut site = Self::new(tempfile::tempdir().unwrap(), Arc::new(tables));
        site.variables.push((DATABASE_URL, url));
        site.database = Some(database);
        site
    }

    /// The same, where the service reaches the database by another URL than the test does.
    pub fn reached_at(mut self, url_of: impl FnOnce(&str) -> String) -> Self {
        let database = self.database.as_ref().expect("the place has a database");
        let url = url_of(database.name());
        self.variables.push((DATABASE_URL, url));
        self
    }

    /// The same with Stripe, which tells the service of events, and so must know where it is.
    pub fn with_stripe(mut self) -> Self {
        let port = Port::reserve();
        let address = format!("127.0.0.1:{}", port.number);
        let stripe = Stripe::start(self.path());
        stripe.service_is_at(&format!("http://{address}"));
        self.variables.push(("ENLIST_SERVER__LISTEN", address));
        self.variables.extend(stripe.variables());
        self.gateway = Arc::new(Gateway::Stripe(stripe));
        self._port = Some(port);
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Every file that the service wrote, its log included, and what else it wrote.
    pub fn texts(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let data = std::fs::read_dir(self.data()).unwrap();
        let paths = data
            .map(|entry| entry.unwrap().path())
            .chain([self.path().join("log")]);
        let files = paths.map(|path| (path.clone(), std::fs::read(path).unwrap()));
        files.chain(self.tables.texts()).collect()
    }

    /// Leaves the files for a person to look at, and says where.
    pub fn keep(self) -> PathBuf {
        for (name, text) in self.tables.texts() {
            // The failure that is looked into is another.
            let _ = std::fs::write(self.folder.path().join(name), text);
        }
        self.folder.keep()
    }
}
