//! Where these tests keep the books: each in a database of its own.

use std::sync::Arc;

use enlist_gateways::sandbox::{Sandbox, SandboxError};
use enlist_postgres::PostgresUrl;
use enlist_registration::ports::{Clock, Random};
use enlist_test_servers::{Database, test_database};

/// Books that sandboxes can be opened on.
#[derive(Clone)]
pub(crate) struct Home {
    database: Arc<Database>,
    url: String,
}

impl Home {
    pub(crate) fn fresh() -> Self {
        let database = test_database();
        let url = database.url();
        Self::reached_by(database, url)
    }

    /// The same, since what is in a database lasts.
    pub(crate) fn lasting() -> Self {
        Self::fresh()
    }

    /// A database that is reached by another way than straight.
    pub(crate) fn reached_by(database: Database, url: String) -> Self {
        let database = Arc::new(database);
        Self { database, url }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) async fn open(
        &self,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Sandbox, SandboxError> {
        let url = PostgresUrl::parse(&self.url).expect("a URL");
        let connector = url.connector().expect("a connector");
        Sandbox::on_postgres(connector, clock, random).await
    }

    /// Every row of every table.
    pub(crate) fn written(&self) -> Vec<u8> {
        let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'enlist_sandbox'";
        let mut written = String::new();
        for table in self.database.query_text(tables) {
            let table = table[0].as_deref().expect("a name");
            let rows = format!("SELECT t::text FROM enlist_sandbox.{table} AS t");
            for row in self.database.query_text(&rows) {
                written.push_str(row[0].as_deref().expect("a row"));
                written.push('\n');
            }
        }
        written.into_bytes()
    }
}
