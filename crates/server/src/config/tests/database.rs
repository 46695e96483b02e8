//! The keys that name databases, and those that say how PostgreSQL is used.

use enlist_storage::Isolation;

use super::*;

const URL: &str = "postgres://enlist:canary-password@db.example.com/enlist";
const SHOWN: &str = "postgres://enlist@db.example.com:5432/enlist";

fn faults(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let Unusable(faults) = load(variables).unwrap_err();
    faults
        .into_iter()
        .map(|fault| (fault.key, fault.message))
        .collect()
}

#[test]
fn a_database_is_a_file_or_on_a_server() {
    for (written, shown) in [
        ("", "./enlist-data/enlist.db"),
        ("sqlite:/srv/enlist.db", "/srv/enlist.db"),
        ("sqlite:///srv/enlist.db", "/srv/enlist.db"),
        ("sqlite:here.db", "here.db"),
        (URL, SHOWN),
        ("postgresql://enlist@db.example.com/enlist", SHOWN),
    ] {
        let settings = load(&[("ENLIST_DATABASE__URL", written)]).unwrap();
        assert_eq!(settings.database.to_string(), shown, "{written}");
    }
}

#[test]
fn what_names_no_database_is_a_fault_that_shows_nothing_of_it() {
    for wrong in [
        "sqlite:",
        "mysql://enlist:canary@db/enlist",
        "postgres:enlist:canary",
        "postgres://enlist:canary@/enlist",
        "postgres://enlist:canary@db/enlist?canary=1",
        "enlist:canary@db",
    ] {
        for (variable, key) in [
            ("ENLIST_DATABASE__URL", "database.url"),
            ("ENLIST_GATEWAY__SANDBOX__BOOKS", "gateway.sandbox.books"),
        ] {
            let found = faults(&[(variable, wrong)]);
            assert_eq!(found.len(), 1, "{wrong}: {found:?}");
            assert_eq!(found[0].0, key);
            assert!(!found[0].1.contains("canary@"), "{wrong}: {found:?}");
        }
    }
}

#[test]
fn settings_in_print_show_no_password() {
    let settings = load(&[("ENLIST_DATABASE__URL", URL)]).unwrap();
    let printed = format!("{settings:?}");
    assert!(printed.contains("db.example.com"), "{printed}");
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn the_sandbox_keeps_its_books_with_the_database_unless_told_otherwise() {
    let books = |variables: &[(&str, &str)]| {
        let settings = load(variables).unwrap();
        settings.gateway.sandbox().unwrap().books.to_string()
    };
    let on_postgres = ("ENLIST_DATABASE__URL", URL);
    assert_eq!(books(&[]), "./enlist-data/sandbox.db");
    assert_eq!(books(&[on_postgres]), SHOWN);
    let own_file = ("ENLIST_GATEWAY__SANDBOX__BOOKS", "sqlite:/srv/books.db");
    assert_eq!(books(&[on_postgres, own_file]), "/srv/books.db");
    let on_server = ("ENLIST_GATEWAY__SANDBOX__BOOKS", URL);
    assert_eq!(books(&[on_server]), SHOWN);
}

#[test]
fn the_sandbox_and_the_service_do_not_write_one_file() {
    let found = faults(&[
        ("ENLIST_DATABASE__URL", "sqlite:/srv/enlist.db"),
        ("ENLIST_GATEWAY__SANDBOX__BOOKS", "sqlite:/srv/enlist.db"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "gateway.sandbox.books");
}

#[test]
fn how_postgresql_is_used_is_read_within_its_ranges() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.postgres.isolation, Isolation::ReadCommitted);
    assert_eq!(settings.postgres.connections, 16);
    assert_eq!(settings.postgres.timeout, Duration::from_secs(5));
    assert!(settings.migrate);
    let settings = load(&[
        ("ENLIST_DATABASE__ISOLATION", "serializable"),
        ("ENLIST_DATABASE__CONNECTIONS", "1000"),
        ("ENLIST_DATABASE__TIMEOUT", "100ms"),
        ("ENLIST_DATABASE__MIGRATE", "false"),
    ])
    .unwrap();
    assert_eq!(settings.postgres.isolation, Isolation::Serializable);
    assert_eq!(settings.postgres.connections, 1000);
    assert_eq!(settings.postgres.timeout, Duration::from_millis(100));
    assert!(!settings.migrate);
    for (variable, wrong) in [
        ("ENLIST_DATABASE__ISOLATION", "chaos"),
        ("ENLIST_DATABASE__CONNECTIONS", "0"),
        ("ENLIST_DATABASE__CONNECTIONS", "1001"),
        ("ENLIST_DATABASE__TIMEOUT", "99ms"),
        ("ENLIST_DATABASE__TIMEOUT", "11min"),
        ("ENLIST_DATABASE__MIGRATE", "perhaps"),
    ] {
        assert_eq!(faults(&[(variable, wrong)]).len(), 1, "{variable}={wrong}");
    }
}

#[test]
fn a_statement_may_not_outlast_a_lease_where_the_database_is_on_a_server() {
    let short = [
        ("ENLIST_REGISTRATION__LEASE", "2s"),
        ("ENLIST_GATEWAY__TIMEOUT", "1s"),
    ];
    let (too_long, as_long) = (
        ("ENLIST_DATABASE__TIMEOUT", "3s"),
        ("ENLIST_DATABASE__TIMEOUT", "2s"),
    );
    // A file is written by one process, which no other waits for.
    load(&[short[0], short[1], too_long]).unwrap();
    let on_postgres = ("ENLIST_DATABASE__URL", URL);
    let found = faults(&[short[0], short[1], on_postgres, too_long]);
    assert_eq!(found.len(), 1, "{found:?}");
    let (key, message) = &found[0];
    assert_eq!(key, "database.timeout");
    assert!(message.contains("registration.lease (2s)"), "{message}");
    load(&[short[0], short[1], on_postgres, as_long]).unwrap();
}

#[test]
fn time_outs_that_nobody_chose_give_way_to_a_short_lease() {
    let lease = ("ENLIST_REGISTRATION__LEASE", "3s");
    let settings = load(&[lease, ("ENLIST_DATABASE__URL", URL)]).unwrap();
    assert_eq!(settings.postgres.timeout, Duration::from_secs(3));
    assert_eq!(settings.limits.call_timeout, Duration::from_millis(2500));
    let usual = load(&[]).unwrap();
    assert_eq!(usual.postgres.timeout, Duration::from_secs(5));
    assert_eq!(usual.limits.call_timeout, Duration::from_secs(8));
}
