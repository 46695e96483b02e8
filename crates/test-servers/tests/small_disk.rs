//! A small disk gets full, and has room again.

use enlist_test_servers::SmallDisk;

#[test]
fn a_full_disk_refuses_and_takes_again_what_is_written_when_there_is_room() {
    let disk = SmallDisk::start(64);
    let server = disk.server();
    server.execute("CREATE TABLE t (content text); INSERT INTO t VALUES ('before')");
    disk.fill();
    let grow = "INSERT INTO t SELECT repeat(md5(n::text), 100) FROM generate_series(1, 1000) n";
    let fault = server.try_query_text(grow).unwrap_err();
    assert_eq!(fault.code().unwrap().code(), "53100");
    let count = server.query_text("SELECT count(*) FROM t");
    assert_eq!(count, [[Some("1".to_owned())]]);
    server.execute("CHECKPOINT");
    disk.free();
    server.execute(grow);
}
