//! The proxy passes requests on, in turn.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use enlist_test_servers::Nginx;

#[test]
fn requests_go_to_the_upstreams_in_turn() {
    let upstreams = [upstream("first"), upstream("second")];
    let proxy = Nginx::balancing(&upstreams, "proxy_next_upstream error timeout;");
    let mut told: Vec<String> = (0..4).map(|_| ask(&proxy)).collect();
    told.sort();
    assert_eq!(told, ["first", "first", "second", "second"]);
    assert!(proxy.url().ends_with(&proxy.port().to_string()));
}

#[test]
fn a_whole_configuration_can_be_given() {
    let text = "server { listen 127.0.0.1:{listen_port}; location / { return 200 given; } }";
    assert_eq!(ask(&Nginx::from_config(text, &[])), "given");
}

/// Answers every request with its name, for as long as the test's process lives.
fn upstream(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A request without a body comes in one piece.
            let length = stream.read(&mut [0; 4096]).unwrap();
            assert_ne!(length, 0);
            let size = name.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n{name}"
            )
            .unwrap();
        }
    });
    address
}

fn ask(proxy: &Nginx) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.rsplit_once("\r\n\r\n").unwrap().1.to_owned()
}
