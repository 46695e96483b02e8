//! Migrations that take long, and those that wait for them.

use super::*;
use crate::postgres::migrate::Schema;

/// The database's own limits must not end the lock in the middle, nor the migration, nor who waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_takes_longer_than_the_databases_limits_is_done_once() {
    let database = test_database();
    let rival = session(&database.url()).await;
    database.execute(&format!(
        "ALTER DATABASE {0} SET idle_in_transaction_session_timeout = '500ms';
         ALTER DATABASE {0} SET idle_session_timeout = '500ms';
         ALTER DATABASE {0} SET statement_timeout = '500ms'",
        database.name()
    ));
    // Whoever is to create this table waits for what becomes of the rival's.
    let create = "BEGIN; CREATE TABLE refinery_schema_history (version int4)";
    rival.batch_execute(create).await.unwrap();
    let migrate = || {
        let url = PostgresUrl::parse(&database.url()).unwrap();
        tokio::spawn(async move { migrate_postgres(&url).await })
    };
    let migrations_running = [migrate(), migrate()];
    let held_up = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
        database.name()
    );
    until(|| !database.query_text(&held_up).is_empty()).await;
    let locked = format!(
        "SELECT clock_timestamp() - activity.state_change > '1s' FROM pg_stat_activity AS activity
         JOIN pg_locks AS locks USING (pid)
         WHERE locktype = 'advisory' AND granted AND objid = {LOCK}
             AND datname = '{}'",
        database.name()
    );
    // Until the lock has been idle for twice the limit, or is gone.
    until(|| {
        let idle = database.query_text(&locked);
        idle.first()
            .is_none_or(|row| row[0].as_deref() == Some("t"))
    })
    .await;
    assert_eq!(database.query_text(&locked).len(), 1, "the lock is held");
    rival.batch_execute("ROLLBACK").await.unwrap();
    let mut from = Vec::new();
    for migration in migrations_running {
        from.push(migration.await.unwrap().unwrap().from);
    }
    from.sort_unstable();
    assert_eq!(from, [0, 6]);
    assert_eq!(migrations(&database), ["1", "2", "3", "4", "5", "6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_of_another_process_that_does_not_end_is_told() {
    let database = test_database();
    let rival = session(&database.url()).await;
    let lock = format!("SELECT pg_advisory_lock({LOCK})");
    rival.batch_execute(&lock).await.unwrap();
    let mut schema = Schema::of(&PostgresUrl::parse(&database.url()).unwrap()).unwrap();
    schema.patience = Duration::from_secs(1);
    let refused = schema.migrate().await.unwrap_err();
    let sentence = refused.to_string();
    assert!(
        sentence.starts_with("another process has been migrating")
            && sentence.contains("for more than 1 s"),
        "{sentence}"
    );
    let unlock = "SELECT pg_advisory_unlock_all()";
    rival.batch_execute(unlock).await.unwrap();
    assert_eq!(schema.migrate().await.unwrap().from, 0);
}
