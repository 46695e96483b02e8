//! No server outlives the process that started it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, outside of test functions"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use enlist_test_servers::PostgresServer;

/// Set where this test's program is run once more, as the one that gets killed.
const AS_MAKER: &str = "ENLIST_TEST_AS_MAKER";

const MARK: &str = "maker: ";

#[test]
fn a_killed_maker_leaves_no_server_and_no_files() {
    if std::env::var_os(AS_MAKER).is_some() {
        start_and_wait();
    }
    let mut maker = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_killed_maker_leaves_no_server_and_no_files",
            "--nocapture",
        ])
        .env(AS_MAKER, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(maker.stdout.take().unwrap()).lines();
    let told = lines.map_while(Result::ok).find_map(|line| {
        let (_, told) = line.split_once(MARK)?;
        Some(told.to_owned())
    });
    let told = told.unwrap();
    let (process, data) = told.split_once(' ').unwrap();
    let process = Path::new("/proc").join(process);
    let home = Path::new(data).parent().unwrap();
    assert!(process.exists() && home.exists());
    maker.kill().unwrap();
    maker.wait().unwrap();
    for _ in 0..3000 {
        if !process.exists() && !home.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!(
        "the server or its directory {} is still there",
        home.display()
    );
}

fn start_and_wait() -> ! {
    let server = PostgresServer::start_without_fsync();
    let data = server.query_text("SHOW data_directory")[0][0]
        .clone()
        .unwrap();
    println!("{MARK}{} {data}", server.process());
    std::io::stdout().flush().unwrap();
    loop {
        std::thread::park();
    }
}
