//! A PostgreSQL server with `ssl=on`.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use enlist_postgres::{PostgresUrl, in_words};
use enlist_test_servers::{PostgresServer, StopMode};
use tempfile::TempDir;

use crate::certificates::{Authority, Pair};

/// The name in the server's certificate. Nobody looks it up: URLs have `hostaddr`.
pub const NAME: &str = "database.test";

/// A server, the authority that its certificate is from, and a folder for files of the client.
pub struct TlsServer {
    pub server: PostgresServer,
    pub authority: Authority,
    pub folder: TempDir,
}

impl TlsServer {
    /// With a certificate from a new authority. The role `certified` gets in only with a certificate of its own,
    /// the role `knowing` only with its password.
    pub fn start() -> Self {
        let authority = Authority::new("The test's authority");
        let pair = authority.issue(NAME, &[NAME]);
        Self::start_with(authority, &pair)
    }

    /// With this certificate.
    pub fn start_with(authority: Authority, pair: &Pair) -> Self {
        let server = PostgresServer::start_without_fsync();
        server.execute("CREATE ROLE certified LOGIN");
        server.execute("CREATE ROLE knowing LOGIN PASSWORD 'open sesame'");
        let rows = server.query_text("SHOW data_directory");
        let data = PathBuf::from(rows[0][0].as_deref().unwrap());
        put(&data, "server.crt", &pair.certificate);
        put(&data, "server.key", &pair.key);
        put(&data, "root.crt", &authority.certificate);
        let access = fs::read_to_string(data.join("pg_hba.conf")).unwrap();
        let first = "hostssl all certified 127.0.0.1/32 trust clientcert=verify-full\n\
                     hostnossl all certified 127.0.0.1/32 reject\n\
                     host all knowing 127.0.0.1/32 scram-sha-256\n";
        put(&data, "pg_hba.conf", &format!("{first}{access}"));
        // One by one: several statements at once are a transaction, which ALTER SYSTEM refuses.
        for setting in ["ssl_ca_file = 'root.crt'", "ssl = on"] {
            server.execute(&format!("ALTER SYSTEM SET {setting}"));
        }
        server.restart(StopMode::Fast);
        Self {
            server,
            authority,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A file of the client's; its path.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The right root.
    pub fn root(&self) -> String {
        self.file("root.crt", &self.authority.certificate)
    }

    /// A URL of this server under any name.
    pub fn url(&self, user: &str, host: &str, parameters: &str) -> PostgresUrl {
        let port = self.server.port();
        let text =
            format!("postgres://{user}@{host}:{port}/postgres?hostaddr=127.0.0.1&{parameters}");
        PostgresUrl::parse(&text).unwrap()
    }

    /// Whether the connection is encrypted; or the words of the error.
    pub async fn encrypted(&self, host: &str, parameters: &str) -> Result<bool, String> {
        is_encrypted(&self.url("enlist", host, parameters)).await
    }
}

/// Asks the server whether the connection is encrypted.
pub async fn is_encrypted(url: &PostgresUrl) -> Result<bool, String> {
    let connector = url.connector().unwrap();
    let client = connector
        .connect()
        .await
        .map_err(|error| in_words(&error))?;
    let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    Ok(client.query_one(query, &[]).await.unwrap().get(0))
}

/// Writes a file of the server's. It refuses a key that others could read.
fn put(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let owner = fs::metadata(folder).unwrap();
    chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
}
