//! nginx with the configuration that the documentation shows, and what that configuration promises.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use enlist_test_servers::{Nginx, PostgresServer};

use crate::cluster::Cluster;
use crate::support::chance::Chance;
use crate::support::client::{Answer, Client, NoAnswer};
use crate::support::journeys::{Card, Journey};
use crate::support::person::send;
use crate::support::service::Settings;
use crate::support::site::Site;

const CONFIGURATION: &str = include_str!("../../../../docs/examples/nginx.conf");

/// The documented proxy, with other ports and as many replicas as there are.
pub fn before(replicas: &[SocketAddr]) -> Nginx {
    let is_server = |line: &&str| line.trim_start().starts_with("server 127.0.0.1:");
    let shown = CONFIGURATION.lines().find(is_server).expect("it has one");
    let mut text = String::new();
    let mut servers = replicas.iter();
    for line in CONFIGURATION.lines() {
        if is_server(&line) {
            for replica in servers.by_ref() {
                let server = shown.replace("127.0.0.1:8081", &replica.to_string());
                writeln!(text, "{server}").unwrap();
            }
        } else {
            let line = line.replace("listen 80;", "listen 127.0.0.1:{listen_port};");
            writeln!(text, "{line}").unwrap();
        }
    }
    Nginx::from_config(&text, replicas)
}

#[test]
fn the_proxy_repeats_only_what_is_safe_to_repeat() {
    // Each proxy is new: one that was hung up on looks elsewhere for a while.
    let post = |client: &Client| client.post("/api/users", &[], "{}");
    assert_eq!(times_heard(post), 1, "a POST was repeated");
    assert_eq!(times_heard(|client| client.get("/healthz")), 2);
}

#[test]
fn a_replica_that_is_not_there_is_passed_over() {
    // Bound and let go of: nobody listens there.
    let bound = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = bound.local_addr().unwrap();
    drop(bound);
    let server = Arc::new(PostgresServer::start_without_fsync());
    let cluster = Cluster::start(1, Site::on(&server), &Settings::without_faults());
    let somebody = cluster.replicas[0].address();
    let proxy = before(&[nobody, somebody]);
    let client = Client::new(proxy.port());
    for number in 0..4 {
        let email = format!("person-{number}@example.com");
        assert_eq!(send(&client, &person(&email)).unwrap().status, 201);
    }
}

#[test]
fn steps_pass_the_proxy_as_they_happen() {
    let server = Arc::new(PostgresServer::start_without_fsync());
    let slow = "ENLIST_GATEWAY__SANDBOX__LATENCY";
    let settings = Settings::with(vec![(slow, "250ms".to_owned())]);
    let cluster = Cluster::start(2, Site::on(&server), &settings);
    let journey = Journey {
        is_async: true,
        ..person("ada@example.com")
    };
    let answer = send(&cluster.client(), &journey).unwrap();
    let id = answer.body["registration"]["id"].as_str().unwrap();
    let token = answer.body["access_token"].as_str().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", cluster.proxy_port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    write!(
        stream,
        "GET /api/registrations/{id}/events HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let first = lines.by_ref().find(|line| line.starts_with("event: "));
    assert_eq!(first.as_deref(), Some("event: step"));
    let users = cluster.site.tables.rows("SELECT id FROM users");
    assert!(users.is_empty(), "the first step came after the last");
    assert!(lines.any(|line| line == "event: end"), "no end");
}

#[test]
fn an_event_may_be_larger_than_a_form_and_figures_are_not_for_everybody() {
    let server = Arc::new(PostgresServer::start_without_fsync());
    let cluster = Cluster::start(1, Site::on(&server), &Settings::without_faults());
    let client = cluster.client();
    let event = format!("{{\"id\": \"{}\"}}", "e".repeat(100 * 1024));
    let told = client.post("/api/gateway-webhooks/stripe", &[], &event);
    // With the sandbox there is no such route: it is the service that says so.
    assert_eq!(told.unwrap().status, 404);
    let form = client.post("/api/users", &[], &event);
    assert_eq!(form.unwrap().status, 413);
    assert_eq!(client.get("/metrics").unwrap().status, 403);
    assert_eq!(client.get("/healthz").unwrap().status, 200);
}

fn person(email: &str) -> Journey {
    Journey {
        email: email.to_owned(),
        card: Card::Token("pm_card_visa"),
        plan: "pro",
        key: Some(email.to_owned()),
        is_async: false,
        ..Journey::new(&mut Chance::new(0), 0)
    }
}

/// How often a request arrives at two replicas that hang up on everybody.
fn times_heard(ask: impl FnOnce(&Client) -> Result<Answer, NoAnswer>) -> usize {
    let heard = Arc::new(AtomicUsize::new(0));
    let addresses: Vec<_> = (0..2).map(|_| hang_up_on_everybody(&heard)).collect();
    let proxy = before(&addresses);
    let NoAnswer = ask(&Client::new(proxy.port())).unwrap_err();
    heard.load(Ordering::SeqCst)
}

/// Accepts connections, reads what comes, counts it, and closes.
fn hang_up_on_everybody(heard: &Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::clone(heard);
    thread::spawn(move || {
        for mut connection in listener.incoming().map(Result::unwrap) {
            // Counted before it hangs up, after which the answer can be there at once.
            if connection.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                heard.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    address
}
