//! The tables on a PostgreSQL server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use enlist_test_servers::{PostgresServer, Rows};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::tables::Tables;

/// How often a server is asked again that is just being started, and after what pause.
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// A database, and the servers that it and the sandbox's books are on.
pub struct PostgresTables {
    link: Mutex<Link>,
    /// What is dumped in search of secrets.
    dumped_urls: Vec<String>,
    /// Whose logs are searched.
    servers: Vec<Arc<PostgresServer>>,
}

impl PostgresTables {
    /// Of the database at the first URL. The others are where the gateway's books are, if elsewhere.
    pub fn new(urls: &[String], servers: Vec<Arc<PostgresServer>>) -> Self {
        Self {
            link: Mutex::new(Link::new(&urls[0])),
            dumped_urls: urls.to_vec(),
            servers,
        }
    }
}

impl Tables for PostgresTables {
    fn rows(&self, sql: &str) -> Rows {
        let mut link = self.link.lock().unwrap();
        for _ in 1..TRIES {
            if let Ok(rows) = link.query(sql) {
                return rows;
            }
            thread::sleep(BETWEEN_TRIES);
        }
        let asked = link.query(sql);
        asked.unwrap_or_else(|fault| panic!("`{sql}` failed: {fault}"))
    }

    fn is_near(&self, column: &str) -> String {
        format!("{column} < now() + interval '60 seconds'")
    }

    fn is_over(&self, column: &str) -> String {
        format!("{column} <= now()")
    }

    fn mails(&self, condition: &str) -> Option<Rows> {
        let sql = format!(
            "SELECT id, message_id, text FROM enlist_mailbox.mails WHERE {condition} ORDER BY id"
        );
        self.link.lock().unwrap().query(&sql).ok()
    }

    fn texts(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let programs = self.servers[0].programs();
        let dumps = self.dumped_urls.iter().enumerate();
        let dumps = dumps.map(|(number, url)| {
            let name = PathBuf::from(format!("the dump of database {number}"));
            (name, dump(programs, url))
        });
        let logs = self.servers.iter().enumerate().map(|(number, server)| {
            let name = PathBuf::from(format!("the log of database server {number}"));
            (name, server.log().into_bytes())
        });
        dumps.chain(logs).collect()
    }
}

/// Everything in a database, as text.
fn dump(programs: &Path, url: &str) -> Vec<u8> {
    let dumped = Command::new(programs.join("pg_dump"))
        .args(["--dbname", url])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&dumped.stderr);
    assert!(dumped.status.success(), "the dump failed: {said}");
    dumped.stdout
}

/// A connection that is made again when it is lost. It speaks the simple protocol: all is text.
pub struct Link {
    url: String,
    runtime: Runtime,
    client: Option<Client>,
}

impl Link {
    pub fn new(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self {
            url: url.to_owned(),
            runtime,
            client: None,
        }
    }

    /// What some statements give.
    pub fn query(&mut self, sql: &str) -> Result<Rows, tokio_postgres::Error> {
        let Self {
            url,
            runtime,
            client,
        } = self;
        runtime.block_on(async {
            let client = match client {
                Some(connected) if !connected.is_closed() => connected,
                _ => {
                    let (connected, connection) = tokio_postgres::connect(url, NoTls).await?;
                    // That it was lost shows at the next statement.
                    tokio::spawn(connection);
                    client.insert(connected)
                }
            };
            let messages = client.simple_query(sql).await?;
            Ok(messages.iter().filter_map(line).collect())
        })
    }
}

fn line(message: &SimpleQueryMessage) -> Option<Vec<Option<String>>> {
    let SimpleQueryMessage::Row(row) = message else {
        return None;
    };
    let columns = 0..row.len();
    Some(
        columns
            .map(|column| row.get(column).map(str::to_owned))
            .collect(),
    )
}
