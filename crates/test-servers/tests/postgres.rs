//! A server can be started, used, stopped, killed and started again.

use enlist_test_servers::{PostgresServer, StopMode, test_database};

#[test]
fn a_database_is_new_and_goes_with_its_value() {
    let (first, second) = (test_database(), test_database());
    first.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (NULL)");
    let rows = first.query_text("SELECT n FROM t ORDER BY n");
    assert_eq!(rows, [[Some("1".to_owned())], [None]]);
    assert!(second.try_query_text("SELECT n FROM t").is_err());
    let (name, url) = (first.name().to_owned(), first.url());
    assert!(url.ends_with(&name));
    drop(first);
    let left = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    assert_eq!(second.query_text(&left).len(), 0);
}

#[test]
fn what_was_committed_outlives_a_kill_and_a_stop() {
    let server = PostgresServer::start();
    assert_eq!(server.query_text("SHOW fsync"), [[Some("on".to_owned())]]);
    let database = server.create_database();
    database.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
    let (port, process) = (server.port(), server.process());
    server.kill();
    assert!(server.try_query_text("SELECT 1").is_err());
    server.start_again();
    assert_eq!(server.port(), port);
    assert_ne!(server.process(), process);
    database.execute("INSERT INTO t VALUES (2)");
    server.restart(StopMode::Immediate);
    database.execute("INSERT INTO t VALUES (3)");
    server.restart(StopMode::Fast);
    let sum = database.query_text("SELECT sum(n) FROM t");
    assert_eq!(sum, [[Some("6".to_owned())]]);
    server.stop(StopMode::Fast);
    // Its drop must not mind that there is no server.
    drop(database);
}

#[test]
fn settings_are_taken_and_warnings_are_logged() {
    let server = PostgresServer::builder()
        .without_fsync()
        .setting("max_connections", "17")
        .start();
    let told =
        server.query_text("SELECT current_setting('max_connections'), current_setting('fsync')");
    assert_eq!(told, [["17", "off"].map(|value| Some(value.to_owned()))]);
    server.execute_in(
        "template1",
        "DO $$ BEGIN RAISE WARNING 'seen in the log'; END $$",
    );
    assert!(server.log().contains("seen in the log"));
}

#[tokio::test]
async fn it_may_be_called_inside_a_runtime() {
    let database = test_database();
    let time = database.fake_time();
    time.set_unix_microseconds(1);
    assert_eq!(database.query_text("SELECT 1"), [[Some("1".to_owned())]]);
}

#[test]
fn fake_time_is_what_sessions_see_and_tables_land_in_public() {
    let database = test_database();
    let time = database.fake_time();
    database.execute("CREATE TABLE t (at timestamptz NOT NULL DEFAULT now())");
    let microseconds = 1_795_000_000_123_457;
    time.set_unix_microseconds(microseconds);
    database.execute("INSERT INTO t DEFAULT VALUES");
    time.set_unix_microseconds(microseconds + 1);
    let told = database.query_text(
        "SELECT extract(epoch FROM at) * 1000000 = 1795000000123457, now() - at, \
                clock_timestamp() - at FROM public.t",
    );
    let expected = ["t", "00:00:00.000001", "00:00:00.000001"];
    assert_eq!(told, [expected.map(|value| Some(value.to_owned()))]);
}

#[test]
fn a_paused_server_answers_when_it_is_resumed_and_can_be_stopped() {
    let server = PostgresServer::start_without_fsync();
    server.pause();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| server.query_text("SELECT 1"));
        // That nothing comes cannot be waited for to the end; a while is enough to see a pause that is none.
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!asked.is_finished());
        server.resume();
        assert_eq!(asked.join().unwrap(), [[Some("1".to_owned())]]);
    });
    server.pause();
    server.restart(StopMode::Fast);
    server.execute("SELECT 1");
}
