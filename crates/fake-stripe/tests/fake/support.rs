//! A running fake and a client for it.

use std::time::Duration;

use enlist_fake_stripe::{API_VERSION, Control, FakeStripe, SECRET_KEY, Settings};
use serde_json::Value;
use tokio::runtime::Runtime;
use ureq::http;

/// A fake, and the runtime that it runs on.
pub struct World {
    pub fake: FakeStripe,
    pub control: Control,
    agent: ureq::Agent,
    runtime: Runtime,
}

/// What a call was answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Value,
}

/// How a call differs from the usual one.
#[derive(Clone, Copy, Default)]
pub struct Call<'a> {
    pub key: Option<&'a str>,
    pub authorization: Option<&'a str>,
    pub version: Option<&'a str>,
}

impl World {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let fake = runtime.block_on(FakeStripe::start(settings)).unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .max_idle_connections(0)
            .build()
            .new_agent();
        Self {
            control: fake.control(),
            fake,
            agent,
            runtime,
        }
    }

    /// Stops the fake.
    pub fn stop(&self) {
        self.runtime.block_on(self.fake.stop());
    }

    pub fn post(&self, path: &str, form: &str) -> Reply {
        self.try_post(path, form, Call::default()).unwrap()
    }

    pub fn post_with_key(&self, path: &str, form: &str, key: &str) -> Reply {
        let call = Call {
            key: Some(key),
            ..Call::default()
        };
        self.try_post(path, form, call).unwrap()
    }

    pub fn try_post(&self, path: &str, form: &str, call: Call<'_>) -> Result<Reply, ureq::Error> {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.fake.url()))
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(key) = call.key {
            request = request.header("idempotency-key", key);
        }
        Reply::read(headers(request, call).send(form)?)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.try_get(path, Call::default()).unwrap()
    }

    pub fn try_get(&self, path: &str, call: Call<'_>) -> Result<Reply, ureq::Error> {
        let request = self.agent.get(format!("{}{path}", self.fake.url()));
        Reply::read(headers(request, call).call()?)
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.try_delete(path).unwrap()
    }

    pub fn try_delete(&self, path: &str) -> Result<Reply, ureq::Error> {
        let request = self.agent.delete(format!("{}{path}", self.fake.url()));
        Reply::read(headers(request, Call::default()).call()?)
    }

    /// JSON, as a browser or whoever runs the fake sends it. No key.
    pub fn post_json(&self, path: &str, json: &Value) -> Reply {
        let request = self
            .agent
            .post(format!("{}{path}", self.fake.url()))
            .header("content-type", "application/json");
        Reply::read(request.send(json.to_string()).unwrap()).unwrap()
    }

    /// A customer with this card as the default.
    pub fn customer(&self, card: &str) -> String {
        let form = format!(
            "email=jane@example.com&payment_method={card}\
             &invoice_settings[default_payment_method]={card}"
        );
        self.post("/v1/customers", &form).done().id()
    }

    /// A subscription of this customer, as the service asks for it.
    pub fn subscribe(&self, customer: &str, behavior: &str) -> Reply {
        let form = format!(
            "customer={customer}&items[0][price]=price_starter_month&payment_behavior={behavior}\
             &expand[]=latest_invoice.confirmation_secret&expand[]=latest_invoice.payments"
        );
        self.post("/v1/subscriptions", &form)
    }

    /// The charges of a customer, newest first.
    pub fn charges(&self, customer: &str) -> Vec<Value> {
        let list = self.get(&format!("/v1/charges?customer={customer}")).done();
        list.body["data"].as_array().unwrap().clone()
    }
}

fn headers<B>(request: ureq::RequestBuilder<B>, call: Call<'_>) -> ureq::RequestBuilder<B> {
    let usual = format!("Bearer {SECRET_KEY}");
    request
        .header("authorization", call.authorization.unwrap_or(&usual))
        .header("stripe-version", call.version.unwrap_or(API_VERSION))
}

impl Reply {
    fn read(mut response: http::Response<ureq::Body>) -> Result<Self, ureq::Error> {
        let text = response.body_mut().read_to_string()?;
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
    }

    /// The same reply, which must be a success.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self
    }

    /// The status, the type and the code of an error.
    pub fn error(&self) -> (u16, &str, &str) {
        let text = |name: &str| self.body["error"][name].as_str().unwrap_or_default();
        (self.status, text("type"), text("code"))
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
