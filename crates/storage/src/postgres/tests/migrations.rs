//! How a schema comes to be, and which databases are refused.

mod held_up;
mod upgrades;

use enlist_registration::ports::Store;
use enlist_registration::tokens::KeyedHash;

use super::*;
use crate::contract::*;
use crate::postgres::migrate::LOCK;
use crate::{KeyCheck, Migrated, migrate_postgres};

fn without_migrating() -> PostgresOptions {
    PostgresOptions {
        migrate: false,
        ..PostgresOptions::default()
    }
}

async fn refusal(url: &str, options: PostgresOptions) -> PostgresOpenFault {
    open_store(url, options).await.err().expect("a refusal")
}

fn migrations(database: &Database) -> Vec<String> {
    let versions = "SELECT version::text FROM refinery_schema_history ORDER BY version";
    let rows = database.query_text(versions);
    rows.into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_start_at_the_same_moment_migrate_once() {
    let database = test_database();
    let opens = (0..6).map(|_| {
        let url = database.url();
        tokio::spawn(async move {
            open_store(&url, PostgresOptions::default())
                .await
                .map(|_| ())
        })
    });
    for open in opens.collect::<Vec<_>>() {
        open.await.unwrap().unwrap();
    }
    assert_eq!(migrations(&database), ["1", "2", "3", "4", "5", "6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_says_from_which_schema_to_which() {
    let database = test_database();
    let url = PostgresUrl::parse(&database.url()).unwrap();
    let migrated = migrate_postgres(&url).await.unwrap();
    assert_eq!(migrated, Migrated { from: 0, to: 6 });
    let migrated = migrate_postgres(&url).await.unwrap();
    assert_eq!(migrated, Migrated { from: 6, to: 6 });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_schema_is_refused_with_the_command_and_left_as_it_is() {
    let database = test_database();
    let refused = refusal(&database.url(), without_migrating()).await;
    assert!(matches!(
        refused,
        PostgresOpenFault::OlderSchema {
            found: 0,
            known: 6,
            ..
        }
    ));
    let sentence = refused.to_string();
    assert!(sentence.ends_with("run `enlist migrate`"), "{sentence}");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.query_text(tables)[0][0].as_deref(), Some("0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused_with_a_sentence() {
    let database = test_database();
    open_store(&database.url(), PostgresOptions::default())
        .await
        .unwrap();
    database.execute(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
         VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')",
    );
    for options in [PostgresOptions::default(), without_migrating()] {
        let refused = refusal(&database.url(), options).await;
        assert!(matches!(
            refused,
            PostgresOpenFault::NewerSchema {
                found: 99,
                known: 6,
                ..
            }
        ));
        let sentence = refused.to_string();
        assert!(
            sentence.contains("was migrated by a newer version of Enlist"),
            "{sentence}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_another_program_are_left_alone() {
    for tables in [
        "CREATE TABLE users (name text)",
        "CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY, name varchar(255),
             applied_on varchar(255), checksum varchar(255));
         INSERT INTO refinery_schema_history VALUES (1, 'songs', '', '1')",
    ] {
        let database = test_database();
        database.execute(tables);
        let refused = refusal(&database.url(), PostgresOptions::default()).await;
        assert!(
            matches!(refused, PostgresOpenFault::NotOurs { .. }),
            "{refused:?}"
        );
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(database.query_text(tables)[0][0].as_deref(), Some("1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_is_rolled_back_whole() {
    let database = test_database();
    database.execute("CREATE TABLE jobs (name text)");
    let refused = refusal(&database.url(), PostgresOptions::default()).await;
    assert!(
        matches!(refused, PostgresOpenFault::Migration { .. }),
        "{refused:?}"
    );
    let sentence = refused.to_string();
    assert!(sentence.contains("\"jobs\" already exists"), "{sentence}");
    let users = "SELECT to_regclass('users') IS NULL";
    assert_eq!(database.query_text(users)[0][0].as_deref(), Some("t"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_up_to_date_is_opened_without_the_lock_by_a_role_that_only_reads_and_writes_rows() {
    let on_server = OnServer::new(Isolation::default()).await;
    let role = format!("rows_of_{}", on_server.database.name());
    on_server.database.execute(&format!(
        "CREATE ROLE {role} LOGIN;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let rival = on_server.session().await;
    let lock = format!("SELECT pg_advisory_lock({LOCK})");
    rival.batch_execute(&lock).await.unwrap();
    let url = on_server.database.url();
    let url = url.replace("//enlist@", &format!("//{role}@"));
    let world = on_server.world();
    for options in [PostgresOptions::default(), without_migrating()] {
        let store = open_store(&url, options).await.unwrap();
        assert!(!store.email_is_taken(&email(1)).await.unwrap());
        store.close().await;
    }
    let store = open_with_clock(&url, options(Isolation::default()), on_server.clock.clone()).await;
    let world = World {
        store: Arc::new(store.unwrap()),
        ..world
    };
    signals::registered(&world, 1).await;
    undone(&world, 2).await;
    world.pass_seconds(100);
    let never = jiff::Timestamp::UNIX_EPOCH;
    assert_eq!(world.store.forget(world.now(), never, 10).await.unwrap(), 2);
    drop(world);
    let forget_role = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    on_server.database.execute(&forget_role);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_key_is_adopted_known_told_from_another_and_replaced() {
    let on_server = OnServer::new(Isolation::default()).await;
    let [one, other] = [1, 2].map(|byte| KeyedHash([byte; 32]));
    let store = &on_server.store;
    assert_eq!(store.adopt_key(&one).await.unwrap(), KeyCheck::First);
    assert_eq!(store.adopt_key(&one).await.unwrap(), KeyCheck::Known);
    assert_eq!(store.adopt_key(&other).await.unwrap(), KeyCheck::Differs);
    store.replace_key(&other).await.unwrap();
    assert_eq!(store.adopt_key(&other).await.unwrap(), KeyCheck::Known);
    assert_eq!(store.adopt_key(&one).await.unwrap(), KeyCheck::Differs);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_adopt_a_key_at_once_one_is_first() {
    for isolation in [Isolation::ReadCommitted, Isolation::Serializable] {
        for second in [1, 2] {
            let on_server = OnServer::new(isolation).await;
            let [one, other] = [1, second].map(|byte| KeyedHash([byte; 32]));
            let (one, other) = tokio::join!(
                on_server.store.adopt_key(&one),
                on_server.store.adopt_key(&other)
            );
            let mut found = [one.unwrap(), other.unwrap()];
            found.sort_by_key(|it| *it != KeyCheck::First);
            let expected = if second == 1 {
                KeyCheck::Known
            } else {
                KeyCheck::Differs
            };
            assert_eq!(found, [KeyCheck::First, expected]);
        }
    }
}
