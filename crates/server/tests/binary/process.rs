//! The binary in a folder of its own: commands that end, and a service that is ended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// How often a service was started, to tell their output apart.
static SERVED: AtomicUsize = AtomicUsize::new(0);

/// A folder to run in: the data directory in it is the default one.
pub(crate) struct Folder {
    folder: TempDir,
}

/// A service that listens on a port of its own. Killed when dropped.
pub(crate) struct Serving {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    port: u16,
    agent: ureq::Agent,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) cookie: String,
    pub(crate) text: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path().join("enlist-data")
    }

    /// The binary with arguments, run here, knowing nothing of this machine's configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enlist"));
        command.args(arguments).current_dir(self.path()).env_clear();
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it to its end, with these variables set. A service would take a free port.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.command(arguments);
        command.env("ENLIST_SERVER__LISTEN", "127.0.0.1:0");
        command.envs(variables.iter().copied()).output().unwrap()
    }

    /// Serves on a free port, with these variables set, and waits until it says where.
    pub(crate) fn serve(&self, variables: &[(&str, &str)]) -> Serving {
        // Two may be started in one folder at the same moment.
        let number = SERVED.fetch_add(1, Ordering::Relaxed);
        let stdout = self.path().join(format!("stdout-{number}"));
        let stderr = self.path().join(format!("stderr-{number}"));
        let child = self
            .command(&["serve"])
            .env("ENLIST_SERVER__LISTEN", "127.0.0.1:0")
            .env("ENLIST_PASSWORDS__MEMORY_KIB", "8")
            .env("ENLIST_PASSWORDS__PASSES", "1")
            .envs(variables.iter().copied())
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // A server that answers before it has read a body may close the connection after it.
            .max_idle_connections(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let mut serving = Serving {
            child,
            stdout,
            stderr,
            port: 0,
            agent,
        };
        serving.port = until("it says where it serves", || {
            let ended = serving.child.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?}: {}", serving.log());
            // The curl line is the last that is written.
            let said = serving.said();
            let listening = said.lines().find(|line| line.contains("is running on"))?;
            said.contains("curl").then(|| {
                listening
                    .trim_end_matches('.')
                    .rsplit(':')
                    .next()?
                    .parse()
                    .ok()
            })?
        });
        serving
    }
}

impl Serving {
    /// What it wrote for people.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.call().unwrap())
    }

    /// Posts a body; an error is a connection that broke.
    pub(crate) fn try_post(
        &self,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send(body).map(Answer::read)
    }

    pub(crate) fn post_json(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        self.try_post(path, &body.to_string(), &headers).unwrap()
    }

    /// As a browser without JavaScript sends it.
    pub(crate) fn post_form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
        ];
        self.try_post(path, &body, &headers).unwrap()
    }

    /// The mails to an address, the newest first, once there is one.
    pub(crate) fn mail_to(&self, address: &str) -> Value {
        until("the mail arrives", || {
            let mails = self.get("/mailbox/messages", &[]).json();
            let mails = mails.as_array().unwrap();
            mails.iter().find(|mail| mail["to"] == address).cloned()
        })
    }

    /// Asks it to end, as an operator does, and waits until it has.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.ask_to_end();
        self.wait()
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_end(&self) {
        self.send_signal("-TERM");
    }

    fn send_signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        until("it ends", || self.child.try_wait().unwrap())
    }

    /// `kill -9`, while requests are under way.
    pub(crate) fn kill_now(&self) {
        self.send_signal("-KILL");
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    fn read(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        Self {
            status: response.status().as_u16(),
            location: header("location"),
            cookie: header("set-cookie"),
            text: response.body_mut().read_to_string().unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// Everybody's form, for an address.
pub(crate) fn person(email: &str) -> Value {
    json!({
        "email": email, "password": "correct horse battery staple 7",
        "first_name": "Ada", "last_name": "Lovelace", "address": "12 Main Street",
        "city": "Springfield", "state": "IL", "zip": "62701", "plan": "pro",
        "payment_method": "tok_visa",
    })
}

/// The text of an output, of a command that ended with a code.
pub(crate) fn ended_with(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    (stdout, stderr)
}

/// Looks again and again until something is there; the bound is for what never comes.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    const PAUSE: Duration = Duration::from_millis(20);
    const MOST_LOOKS: u32 = 3000;
    for _ in 0..MOST_LOOKS {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("waited in vain: {what}");
}
