//! localstripe listens where it is told, remembers what it is told, and writes nothing.

use enlist_test_servers::Localstripe;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

#[test]
fn localstripe_makes_customers_on_the_loopback_interface() {
    let server = Localstripe::start();
    let address = server.url().replace("http://", "");
    let ask = |request: String| {
        let mut connection = TcpStream::connect(&address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    let head = "Host: localhost\r\nConnection: close\r\nAuthorization: Bearer sk_test_fake\r\n";
    let made = ask(format!(
        "POST /v1/customers HTTP/1.1\r\n{head}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 20\r\n\r\nemail=jane@localhost"
    ));
    assert!(made.starts_with("HTTP/1.1 200"), "{made}\n{}", server.log());
    let listed = ask(format!("GET /v1/customers HTTP/1.1\r\n{head}\r\n"));
    assert!(listed.contains("jane@localhost"), "{listed}");
}
