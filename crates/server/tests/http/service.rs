//! The whole service without a socket: one method per thing that somebody does with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use enlist::app::App;
use enlist::config::Settings;
use enlist::http::router;
use enlist::serve::no_peer;
use enlist::system::SystemClock;
use enlist::worker::Workers;
use enlist_registration::ports::Clock;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::answer::{Answer, Begun, Mail, PUBLIC_URL};
use crate::person::Person;
use crate::tables::Tables;

/// The default plans, with what each costs at the fake of Stripe.
const PLANS: &str = include_str!("../plans.toml");

/// A service on a data directory of its own, with its workers.
pub(crate) struct Service {
    pub(crate) app: Arc<App>,
    router: Router,
    workers: Workers,
    environment: BTreeMap<String, String>,
    data_dir: TempDir,
}

/// The name of a key's environment variable.
fn variable(name: &str) -> String {
    format!("ENLIST_{}", name.replace('.', "__").to_uppercase())
}

impl Service {
    /// With the default configuration, but for limits, the cost of hashing and the pace of workers.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these keys set.
    pub(crate) async fn with(keys: &[(&str, &str)]) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let folder = data_dir.path().display().to_string();
        let base = [
            ("data_dir", folder.as_str()),
            ("passwords.memory_kib", "8"),
            ("passwords.passes", "1"),
            ("limits.enabled", "false"),
            ("registration.sweep_interval", "20ms"),
            ("gateway.attempts", "20"),
        ];
        let environment = base
            .iter()
            .chain(keys)
            .map(|(name, value)| (variable(name), (*value).to_owned()))
            .collect();
        Self::on(data_dir, environment).await
    }

    async fn on(data_dir: TempDir, environment: BTreeMap<String, String>) -> Self {
        let file = data_dir.path().join("enlist.toml");
        std::fs::write(&file, PLANS).unwrap();
        let settings = Settings::from_sources(Some(&file), environment.clone()).unwrap();
        let app = Arc::new(
            App::open(settings, PUBLIC_URL.to_owned(), None)
                .await
                .unwrap(),
        );
        Self {
            router: router(Arc::clone(&app)),
            workers: Workers::start(&app),
            app,
            environment,
            data_dir,
        }
    }

    /// Ends it as `serve` does, and starts it again on the same data directory.
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(&[]).await
    }

    /// The same, with these keys set anew.
    pub(crate) async fn restart_with(self, keys: &[(&str, &str)]) -> Self {
        let Self {
            app,
            router,
            workers,
            mut environment,
            data_dir,
        } = self;
        workers.finish().await;
        app.drivers.finish(Duration::from_secs(10)).await;
        app.close().await;
        let left: Weak<App> = Arc::downgrade(&app);
        drop((app, router));
        // Whoever still holds the old one holds the data directory too.
        until("the old service is gone", async || {
            (left.strong_count() == 0).then_some(())
        })
        .await;
        let changed = keys.iter();
        environment.extend(changed.map(|(name, value)| (variable(name), (*value).to_owned())));
        Self::on(data_dir, environment).await
    }

    /// Serves it on a socket as well, for whoever calls it by itself; where. Ends with the runtime.
    pub(crate) async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.router.clone();
        let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        format!("http://{address}")
    }

    /// Where its files are.
    pub(crate) fn data_dir(&self) -> &std::path::Path {
        self.data_dir.path()
    }

    /// What the databases hold.
    pub(crate) fn tables(&self) -> Tables {
        Tables::of(self.data_dir.path())
    }

    /// Any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.response(request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn response(&self, mut request: Request<Body>) -> axum::response::Response {
        request.extensions_mut().insert(no_peer());
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A program gets something.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// A browser opens a page.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::ACCEPT, "text/html,*/*");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A program posts JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        self.send(json_request(path, body, headers)).await
    }

    /// A browser sends a form.
    pub(crate) async fn submit<V: AsRef<str>>(
        &self,
        path: &str,
        pairs: &[(V, V)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut encoder = form_urlencoded::Serializer::new(String::new());
        encoder.extend_pairs(
            pairs
                .iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref())),
        );
        let mut request = Request::post(path)
            .header(header::ACCEPT, "text/html,*/*")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(encoder.finish())).unwrap())
            .await
    }

    /// Signs up.
    pub(crate) async fn sign_up(&self, person: &Person) -> Answer {
        self.post("/api/users", &person.json(), &[]).await
    }

    /// Signs up under a key.
    pub(crate) async fn sign_up_under(&self, key: &str, person: &Person) -> Answer {
        self.post("/api/users", &person.json(), &[("idempotency-key", key)])
            .await
    }

    /// Signs up and says how long to wait.
    pub(crate) async fn sign_up_preferring(&self, prefer: &str, person: &Person) -> Answer {
        self.post("/api/users", &person.json(), &[("prefer", prefer)])
            .await
    }

    /// Signs up with the form of the page, without JavaScript.
    pub(crate) async fn sign_up_on_page(&self, key: &str, person: &Person) -> Answer {
        self.submit("/", &person.form(key), &[]).await
    }

    /// Asks how a registration stands.
    pub(crate) async fn follow(&self, begun: &Begun) -> Value {
        let answer = self.follow_with(&begun.id, Some(&begun.token)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["registration"].clone()
    }

    /// The same with any token, or none.
    pub(crate) async fn follow_with(&self, id: &str, token: Option<&str>) -> Answer {
        let mut request = Request::get(format!("/api/registrations/{id}"));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Its page.
    pub(crate) async fn registration_page(&self, begun: &Begun) -> String {
        let request = Request::get(format!("/registrations/{}", begun.id))
            .header(header::ACCEPT, "text/html,*/*")
            .header(header::AUTHORIZATION, format!("Bearer {}", begun.token));
        let answer = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }

    /// Waits until a registration stands so.
    pub(crate) async fn follow_until(&self, begun: &Begun, status: &str) -> Value {
        until(status, async || {
            let registration = self.follow(begun).await;
            (registration["status"] == status).then_some(registration)
        })
        .await
    }

    /// Follows the event stream to its end: names and data.
    pub(crate) async fn events(&self, begun: &Begun) -> Vec<(String, Value)> {
        self.events_while(begun, async || {}).await
    }

    /// The same, and does something once the stream has begun.
    pub(crate) async fn events_while(
        &self,
        begun: &Begun,
        act: impl AsyncFnOnce(),
    ) -> Vec<(String, Value)> {
        let request = Request::get(format!("/api/registrations/{}/events", begun.id))
            .header(header::AUTHORIZATION, format!("Bearer {}", begun.token))
            .body(Body::empty())
            .unwrap();
        let response = self.response(request).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut body = response.into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        act().await;
        let rest = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8([first, rest].concat()).unwrap();
        let events = text.split("\n\n").filter(|event| event.contains("event:"));
        events
            .map(|event| {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap().trim().to_owned()
                };
                let data = serde_json::from_str(&field("data:")).unwrap();
                (field("event:"), data)
            })
            .collect()
    }

    /// Types the code.
    pub(crate) async fn type_code(&self, begun: &Begun, code: &str) -> Answer {
        let path = format!("/api/registrations/{}/verification", begun.id);
        let bearer = format!("Bearer {}", begun.token);
        let headers = [("authorization", bearer.as_str())];
        self.post(&path, &json!({ "code": code }), &headers).await
    }

    /// Asks for another mail.
    pub(crate) async fn ask_for_mail(&self, begun: &Begun) -> Answer {
        let path = format!("/api/registrations/{}/verification/mail", begun.id);
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", begun.token))
            .body(Body::empty())
            .unwrap();
        self.send(request).await
    }

    /// Looks into the mailbox until so many mails to an address are there; the newest.
    pub(crate) async fn mail_to(&self, address: &str, count: usize) -> Mail {
        until("the mail arrives", async || {
            let mails = self.get("/mailbox/messages").await.json();
            let mails: Vec<&Value> = mails
                .as_array()
                .unwrap()
                .iter()
                .filter(|mail| mail["to"] == address)
                .collect();
            (mails.len() == count).then(|| Mail::read(mails[0]))
        })
        .await
    }

    /// Presses the button of the mailed link's page.
    pub(crate) async fn confirm_link(&self, mail: &Mail) -> Answer {
        self.submit::<&str>(&mail.link, &[], &[]).await
    }

    /// Says that the person is back from their bank.
    pub(crate) async fn back_from_bank(&self, begun: &Begun) -> Answer {
        let path = format!("/api/registrations/{}/confirmation", begun.id);
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", begun.token))
            .body(Body::empty())
            .unwrap();
        self.send(request).await
    }

    /// Tells the bank yes (`confirm`) or no (`refuse`).
    pub(crate) async fn answer_bank(&self, action_url: &str, answer: &str) -> Answer {
        let path = action_url.strip_prefix(PUBLIC_URL).unwrap();
        self.submit(path, &[("answer", answer)], &[]).await
    }

    /// Makes the gateway fail.
    pub(crate) async fn switch_on(&self, fault: Value) {
        let answer = self.post("/sandbox/faults", &fault, &[]).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// Keeps registrations from getting past a step, until faults are cleared.
    pub(crate) async fn hold_at(&self, step: &str) {
        self.switch_on(json!({"step": step, "kind": "refuse", "rate": 1.0}))
            .await;
    }

    /// Lets the gateway recover.
    pub(crate) async fn clear_faults(&self) {
        let request = Request::delete("/sandbox/faults").body(Body::empty());
        assert_eq!(self.send(request.unwrap()).await.status, 204);
    }

    /// What the gateway holds.
    pub(crate) async fn ledger(&self) -> Value {
        self.get("/sandbox/ledger").await.json()
    }

    /// The problem that an answer is: its kind, its form and that its `type` can be read up.
    pub(crate) async fn problem(&self, answer: &Answer, status: u16, kind: &str) -> Value {
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("{PUBLIC_URL}/problems/{kind}"));
        assert_eq!(problem["status"], status);
        for sentence in ["title", "detail"] {
            assert!(
                !problem[sentence].as_str().unwrap().is_empty(),
                "{sentence}"
            );
        }
        let page = self.get(&format!("/problems/{kind}")).await;
        assert_eq!(page.status, 200, "{kind} can be read up");
        problem
    }
}

/// A request as a program sends it.
pub(crate) fn json_request(path: &str, body: &Value, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

/// Looks again and again until something is there. The bound is for what never comes: nothing is
/// taken for absent because a while has passed.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    const PAUSE: Duration = Duration::from_millis(20);
    const MOST_LOOKS: u32 = 1500;
    for _ in 0..MOST_LOOKS {
        if let Some(found) = look().await {
            return found;
        }
        SystemClock.sleep(PAUSE).await;
    }
    panic!("waited in vain: {what}");
}
