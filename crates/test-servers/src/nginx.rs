//! A reverse proxy in front of several processes.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpStream};

use tempfile::TempDir;

use crate::guard::Guard;
use crate::machine::{Port, find_nginx, text_of, wait_for, we_are_root};

/// Everything that nginx would else write to the system's directories.
const FRAME: &str = "\
daemon off;
worker_processes 1;
error_log stderr notice;
pid {directory}/nginx.pid;
{user}
events { worker_connections 1024; }
http {
    access_log {directory}/access.log;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{text}
}
";

/// One request after the other to one upstream after the other.
const ROUND_ROBIN: &str = "
    upstream balanced {
{upstream_servers}
    }
    server {
        listen 127.0.0.1:{listen_port};
        location / {
            proxy_pass http://balanced;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
{location}
        }
    }
";

/// An nginx with a configuration of the test's.
pub struct Nginx {
    guard: Guard,
    port: Port,
    home: TempDir,
}

impl Nginx {
    /// Passes requests on in turn. `location` holds further lines for its `location /`, such as
    /// `proxy_next_upstream error timeout non_idempotent;`.
    pub fn balancing(upstreams: &[SocketAddr], location: &str) -> Self {
        Self::from_config(&ROUND_ROBIN.replace("{location}", location), upstreams)
    }

    /// With `text` inside of `http { … }`. In it, `{listen_port}` becomes the port to listen on,
    /// `{upstream_servers}` one line `server ADDRESS;` for each upstream, `{directory}` a directory of the
    /// proxy's own.
    pub fn from_config(text: &str, upstreams: &[SocketAddr]) -> Self {
        let program =
            find_nginx().expect("nginx is on this machine (Debian: `apt-get install nginx-light`)");
        // Not a service user's: as root it starts, and so reads a test's certificates wherever they are.
        let home = tempfile::Builder::new().prefix("enlist-nginx-").tempdir();
        let (home, port) = (home.expect("a directory can be made"), Port::reserve());
        let file = home.path().join("nginx.conf");
        let text = filled_in(text, &port, upstreams, &text_of(home.path()));
        fs::write(&file, text).expect("the proxy's directory can be written to");
        let mut command = vec![text_of(&program), "-e".to_owned(), "stderr".to_owned()];
        command.extend(["-p".to_owned(), text_of(home.path())]);
        command.extend(["-c".to_owned(), text_of(&file)]);
        let log = home.path().join("log");
        let guard = Guard::start(&command, home.path(), &log, "TERM");
        let proxy = Self { guard, port, home };
        wait_for(
            "nginx to listen",
            || proxy.log(),
            || {
                let log = proxy.log();
                assert!(proxy.guard.is_running(), "nginx ended at once:\n{log}");
                TcpStream::connect(("127.0.0.1", proxy.port.number)).is_ok()
            },
        );
        proxy
    }

    /// On 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number)
    }

    /// The proxy's main process.
    pub fn process(&self) -> u32 {
        self.guard.server()
    }

    /// All that it has logged so far, requests excepted.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

fn filled_in(text: &str, port: &Port, upstreams: &[SocketAddr], directory: &str) -> String {
    let mut servers = String::new();
    for upstream in upstreams {
        writeln!(servers, "        server {upstream};").unwrap();
    }
    let user = if we_are_root() { "user root;" } else { "" };
    FRAME
        .replace("{text}", text)
        .replace("{user}", user)
        .replace("{listen_port}", &port.number.to_string())
        .replace("{upstream_servers}", &servers)
        .replace("{directory}", directory)
}
