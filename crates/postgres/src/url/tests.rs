//! What a URL may say, what is refused, and what is never shown.

use std::time::Duration;

use tokio_postgres::config::{SslMode, TargetSessionAttrs};

use super::*;

/// Stands for every password below.
const SECRET: &str = "hunter2";

fn config(text: &str) -> Config {
    PostgresUrl::parse(text).unwrap().config
}

#[test]
fn what_tokio_postgres_knows_is_kept() {
    let config = config(
        "postgresql://enlist:a%40b@one:6000,two/db?target_session_attrs=read-write&connect_timeout=2&application_name=x\
         &options=-c%20work_mem%3D4MB&keepalives_count=7&keepalives_idle=11&tcp_user_timeout=12",
    );
    assert_eq!(config.get_password(), Some("a@b".as_bytes()));
    assert_eq!(config.get_hosts().len(), 2);
    assert_eq!(config.get_ports(), [6000, 5432]);
    assert_eq!(
        config.get_target_session_attrs(),
        TargetSessionAttrs::ReadWrite
    );
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(2)));
    assert_eq!(config.get_application_name(), Some("x"));
    assert_eq!(config.get_options(), Some("-c work_mem=4MB"));
    assert_eq!(config.get_keepalives_retries(), Some(7));
    assert_eq!(config.get_keepalives_idle(), Duration::from_secs(11));
    assert_eq!(
        config.get_tcp_user_timeout(),
        Some(&Duration::from_secs(12))
    );
}

#[test]
fn what_is_not_said_has_a_default() {
    let config = config("postgres://enlist@db/enlist");
    assert_eq!(config.get_application_name(), Some("enlist"));
    assert_eq!(config.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
    assert_eq!(config.get_keepalives_idle(), KEEPALIVES_IDLE);
    assert_eq!(config.get_tcp_user_timeout(), Some(&TCP_USER_TIMEOUT));
    assert_eq!(config.get_ssl_mode(), SslMode::Prefer);
}

#[test]
fn a_time_out_of_zero_is_none() {
    let url = PostgresUrl::parse("postgres://enlist@db/enlist?connect_timeout=0").unwrap();
    assert_eq!(url.connector().unwrap().deadline(), None);
}

#[test]
fn the_deadline_has_room_for_every_host() {
    let url = PostgresUrl::parse("postgres://enlist@one,two/enlist?connect_timeout=3").unwrap();
    let deadline = url.connector().unwrap().deadline();
    assert_eq!(deadline, Some(Duration::from_secs(12)));
}

#[test]
fn an_address_without_a_host_is_its_own_name() {
    let url = PostgresUrl::parse("postgres:///enlist?hostaddr=127.0.0.1&sslmode=require").unwrap();
    assert_eq!(url.to_string(), "postgres://127.0.0.1:5432/enlist");
}

#[test]
fn each_mode_is_told_to_tokio_postgres() {
    for (mode, expected) in [
        ("disable", SslMode::Disable),
        ("allow", SslMode::Prefer),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
        ("verify-ca", SslMode::Require),
        ("verify-full", SslMode::Require),
    ] {
        let config = config(&format!("postgres://db/enlist?sslmode={mode}"));
        assert_eq!(config.get_ssl_mode(), expected, "{mode}");
    }
    let system = config("postgres://db/enlist?sslrootcert=system");
    assert_eq!(system.get_ssl_mode(), SslMode::Require);
}

#[test]
fn a_unix_socket_needs_no_tls_and_no_files() {
    let text = "postgres://enlist@/enlist?host=/run/pg&sslmode=verify-full&sslrootcert=/none";
    let url = PostgresUrl::parse(text).unwrap();
    assert_eq!(url.config.get_ssl_mode(), SslMode::Disable);
    assert_eq!(url.to_string(), "postgres://enlist@%2Frun%2Fpg:5432/enlist");
    url.connector().unwrap();
}

#[test]
fn what_is_wrong_is_named() {
    use UrlFault::*;
    for (text, expected) in [
        ("mysql://db/enlist", Scheme),
        ("postgres:///enlist", NoHost),
        ("postgres://one,two:1,three/enlist?port=7", UnequalNumbers),
        (
            "postgres://one/enlist?hostaddr=127.0.0.1,127.0.0.2",
            UnequalNumbers,
        ),
        (
            "postgres://db:port/enlist",
            Invalid("user, host, port or database"),
        ),
        ("postgres://a%20b/enlist", Invalid("host")),
        ("postgres://db/enlist?sslmode=no-verify", Invalid("sslmode")),
        ("postgres://db/enlist?sslrootcert=", Invalid("sslrootcert")),
        (
            "postgres://db/enlist?connect_timeout=5s",
            Invalid("connect_timeout"),
        ),
        (
            "postgres://db/enlist?target_session_attrs=primary",
            Invalid("target_session_attrs"),
        ),
        (
            "postgres://db/enlist?pgbouncer=true",
            UnknownParameter("pgbouncer".into()),
        ),
        ("postgres://db/enlist?sslmode", NoValue),
        ("postgres://db/enlist?sslcert=/a", HalfClientCertificate),
        (
            "postgres://db/enlist?sslmode=require&sslrootcert=system",
            WeakMode,
        ),
        ("postgres://db/enlist?sslnegotiation=direct", DirectNeedsTls),
        ("postgres://u:p@ss@db/enlist", MisplacedAt),
        ("postgres://u:p/ss@db/enlist", MisplacedAt),
    ] {
        assert_eq!(PostgresUrl::parse(text), Err(expected), "{text}");
    }
}

#[test]
fn a_password_is_shown_nowhere() {
    for text in [
        "postgres://enlist:hunter2@db/enlist",
        "postgres://enlist@db/enlist?password=hunter2",
        "postgres://enlist%3Ahunter2@db/enlist",
        "postgres://enlist@db/enlist?options=-c%20my.key%3Dhunter2",
    ] {
        let url = PostgresUrl::parse(text).unwrap();
        let connector = url.connector().unwrap();
        let shown = format!("{url} {url:?} {connector} {connector:?}");
        assert!(shown.contains("@db:5432/enlist"), "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn a_fault_repeats_no_password_wherever_it_went() {
    for text in [
        "hunter2",
        "postgres://enlist:hunter2",
        "postgres://enlist:hunter2@db:hunter2/enlist",
        "postgres://enlist:x@hunter2@db/enlist",
        "postgres://enlist:x/hunter2@db/enlist",
        "postgres://enlist:x?hunter2=y@db/enlist",
        "postgres://enlist:x/hunter2%40db",
        "postgres://enlist%3Ahunter2%40db/enlist",
        "postgres://enlist@db/enlist?password=x&hunter2=y",
        "postgres://enlist@db/enlist?password=x&hunter2",
        "postgres://enlist@db/enlist?sslmode=hunter2",
        "postgres://enlist@db/enlist?connect_timeout=hunter2",
        "postgres://enlist@db/enlist?x%20hunter2=y",
        "postgres://enlist:hunter2@db/enlist?sslkey=hunter2",
        "postgres://%FFhunter2@db/enlist",
    ] {
        let fault = PostgresUrl::parse(text).unwrap_err();
        let shown = format!("{fault} {fault:?}");
        assert!(!shown.contains(SECRET), "{text}: {shown}");
    }
}

#[test]
fn a_file_that_is_not_there_or_is_something_else_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.txt");
    std::fs::write(&other, "hunter2").unwrap();
    let missing = folder.path().join("missing.crt");
    for (parameters, expected) in [
        (format!("sslrootcert={}", missing.display()), "missing.crt"),
        (
            format!("sslrootcert={}", other.display()),
            "other.txt holds no usable certificate",
        ),
        (
            format!("sslcert={0}&sslkey={0}", other.display()),
            "other.txt",
        ),
    ] {
        let url = PostgresUrl::parse(&format!("postgres://db/enlist?{parameters}")).unwrap();
        let fault = url.connector().unwrap_err();
        assert!(fault.to_string().contains(expected), "{fault}");
        assert!(!format!("{fault} {fault:?}").contains(SECRET), "{fault:?}");
    }
}
