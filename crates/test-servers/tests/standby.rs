//! A synchronous standby has what the primary committed, and can take its place.

use enlist_test_servers::PostgresServer;

#[test]
fn what_was_committed_is_on_the_standby_that_is_promoted() {
    let primary = PostgresServer::start();
    let standby = PostgresServer::synchronous_standby_of(&primary);
    assert!(standby.try_query_text("CREATE TABLE t (n int)").is_err());
    primary.execute("CREATE TABLE t (n int)");
    primary.execute("INSERT INTO t SELECT generate_series(1, 1000)");
    primary.kill();
    standby.promote();
    standby.execute("INSERT INTO t VALUES (1001)");
    let count = standby.query_text("SELECT count(*) FROM t");
    assert_eq!(count, [[Some("1001".to_owned())]]);
}

#[test]
fn a_commit_waits_for_the_standby() {
    let primary = PostgresServer::start();
    let standby = PostgresServer::synchronous_standby_of(&primary);
    standby.pause();
    std::thread::scope(|scope| {
        let commit = scope.spawn(|| primary.execute("CREATE TABLE t (n int)"));
        let waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        while primary.query_text(waits).is_empty() {
            assert!(!commit.is_finished());
        }
        standby.resume();
        commit.join().unwrap();
    });
}
