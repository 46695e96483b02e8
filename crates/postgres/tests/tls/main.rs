//! Each `sslmode` against a real server, with right and wrong certificates.
#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is how a failure is told"
)]

mod certificates;
mod server;

use certificates::{Authority, of_openssl_req};
use enlist_postgres::PostgresUrl;
use enlist_test_servers::test_database;
use server::{NAME, TlsServer, is_encrypted};

#[tokio::test]
async fn a_server_without_tls_is_reached_unless_tls_is_required() {
    let database = test_database();
    for (mode, expected) in [("disable", Ok(false)), ("prefer", Ok(false))] {
        let url = PostgresUrl::parse(&format!("{}?sslmode={mode}", database.url())).unwrap();
        assert_eq!(is_encrypted(&url).await, expected);
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let text = format!("{}?sslmode={mode}", database.url());
        let url = PostgresUrl::parse(&text).unwrap();
        // verify-* without a file takes the system's roots, of which a bare machine has none.
        if url.connector().is_ok() {
            let words = is_encrypted(&url).await.unwrap_err();
            assert!(words.contains("server does not support TLS"), "{words}");
        }
    }
}

#[tokio::test]
async fn the_mode_decides_whether_a_connection_is_encrypted() {
    let server = TlsServer::start();
    for (mode, expected) in [
        ("sslmode=disable", false),
        ("", true),
        ("sslmode=allow", true),
        ("sslmode=prefer", true),
        ("sslmode=require", true),
    ] {
        let encrypted = server.encrypted("any.test", mode).await;
        assert_eq!(encrypted, Ok(expected), "{mode}");
    }
}

#[tokio::test]
async fn a_chain_that_leads_to_the_root_is_accepted_under_every_mode() {
    let server = TlsServer::start();
    let root = server.root();
    for mode in ["prefer", "require", "verify-ca", "verify-full"] {
        let parameters = format!("sslmode={mode}&sslrootcert={root}");
        assert_eq!(
            server.encrypted(NAME, &parameters).await,
            Ok(true),
            "{mode}"
        );
    }
    let by_address = format!("sslmode=verify-full&sslrootcert={root}");
    assert_eq!(server.encrypted("127.0.0.1", &by_address).await, Ok(true));
}

#[tokio::test]
async fn a_chain_that_leads_elsewhere_is_refused_wherever_a_root_was_given() {
    let server = TlsServer::start();
    let other = Authority::new("Somebody else");
    let root = server.file("other.crt", &other.certificate);
    for mode in ["prefer", "require", "verify-ca", "verify-full"] {
        let parameters = format!("sslmode={mode}&sslrootcert={root}");
        let words = server.encrypted(NAME, &parameters).await.unwrap_err();
        assert!(words.contains("not issued by a root"), "{mode}: {words}");
    }
}

#[tokio::test]
async fn another_name_is_refused_only_by_verify_full() {
    let server = TlsServer::start();
    let root = server.root();
    for mode in ["require", "verify-ca"] {
        let parameters = format!("sslmode={mode}&sslrootcert={root}");
        let encrypted = server.encrypted("other.test", &parameters).await;
        assert_eq!(encrypted, Ok(true), "{mode}");
    }
    let parameters = format!("sslmode=verify-full&sslrootcert={root}");
    let words = server.encrypted("other.test", &parameters).await;
    let words = words.unwrap_err();
    assert!(words.contains("other.test"), "{words}");
    assert!(words.contains("subject alternative names"), "{words}");
}

#[tokio::test]
async fn a_common_name_does_not_count() {
    let authority = Authority::new("The test's authority");
    let pair = authority.issue(NAME, &[]);
    let server = TlsServer::start_with(authority, &pair);
    let root = server.root();
    let full = format!("sslmode=verify-full&sslrootcert={root}");
    let words = server.encrypted(NAME, &full).await.unwrap_err();
    assert!(words.contains("common name"), "{words}");
    let chain = format!("sslmode=verify-ca&sslrootcert={root}");
    assert_eq!(server.encrypted(NAME, &chain).await, Ok(true));
}

#[tokio::test]
async fn a_certificate_that_is_its_own_root_is_explained() {
    let pair = of_openssl_req(NAME);
    let server = TlsServer::start_with(Authority::new("Unused"), &pair);
    let root = server.file("own.crt", &pair.certificate);
    assert_eq!(server.encrypted(NAME, "sslmode=require").await, Ok(true));
    let parameters = format!("sslmode=verify-full&sslrootcert={root}");
    let words = server.encrypted(NAME, &parameters).await.unwrap_err();
    assert!(words.contains("CA:FALSE"), "{words}");
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let server = TlsServer::start();
    let pair = server.authority.issue("certified", &[]);
    let certificate = server.file("client.crt", &pair.certificate);
    let key = server.file("client.key", &pair.key);
    let root = server.root();
    let without = format!("sslmode=verify-full&sslrootcert={root}");
    let with = format!("{without}&sslcert={certificate}&sslkey={key}");
    let url = server.url("certified", NAME, &with);
    assert_eq!(is_encrypted(&url).await, Ok(true));
    let url = server.url("certified", NAME, &without);
    let words = is_encrypted(&url).await.unwrap_err();
    assert!(words.contains("valid client certificate"), "{words}");

    let foreign = server.authority.issue("somebody", &[]).key;
    let foreign = server.file("foreign.key", &foreign);
    let mixed = format!("{without}&sslcert={certificate}&sslkey={foreign}");
    let url = server.url("certified", NAME, &mixed);
    let fault = url.connector().unwrap_err().to_string();
    assert!(
        fault.contains("client.crt") && fault.contains("foreign.key"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_password_is_bound_to_the_encrypted_channel_and_never_told() {
    let server = TlsServer::start();
    let bound = "sslmode=require&channel_binding=require";
    let url = server.url("knowing:open%20sesame", NAME, bound);
    assert_eq!(is_encrypted(&url).await, Ok(true));
    let url = server.url("knowing:close%20sesame", NAME, bound);
    let words = is_encrypted(&url).await.unwrap_err();
    assert!(words.contains("password authentication failed"), "{words}");
    assert!(!words.contains("sesame"), "{words}");
    let open = "sslmode=disable&channel_binding=require";
    let url = server.url("knowing:open%20sesame", NAME, open);
    assert!(is_encrypted(&url).await.is_err());
}
