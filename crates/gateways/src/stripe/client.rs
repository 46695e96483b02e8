//! One request to Stripe and its answer. Nothing is retried here, and nothing of a request or an
//! answer is logged but what a person at Stripe would ask for: its `Request-Id`.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use enlist_registration::ports::CallKey;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Method, Response, retry};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;

use super::errors::{ErrorAnswer, Failure};
use super::form::Form;
use super::{API_VERSION, StripeOpenFault, StripeSettings};

/// The longest answer that is read, in bytes: a page of a hundred subscriptions has about a third.
const LONGEST_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// How long a connection that nobody uses is kept: a little shorter than Stripe keeps it.
const IDLE_FOR: Duration = Duration::from_secs(50);

/// How long connecting may take; less than a request, so that a network that is away is told from an
/// answer that does not come.
const CONNECT_WITHIN: Duration = Duration::from_secs(4);

const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("stripe-should-retry");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Sends requests.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
}

/// An object that Stripe answered.
#[derive(Debug)]
pub(super) struct Fetched<T> {
    /// The object.
    pub(super) object: T,
    /// It is the stored answer to an earlier request with the same key, and may be old.
    pub(super) is_replayed: bool,
    /// When it answered, by its own clock.
    pub(super) answered_at: Option<Timestamp>,
}

impl Client {
    /// A client that sends the key and the version with every request.
    pub(super) fn new(settings: &StripeSettings) -> Result<Self, StripeOpenFault> {
        let mut key = format!("Bearer {}", settings.secret_key.expose_secret())
            .parse::<HeaderValue>()
            .map_err(|_| StripeOpenFault::Key)?;
        key.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, key),
            (STRIPE_VERSION, HeaderValue::from_static(API_VERSION)),
        ]);
        let builder = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("enlist/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .retry(retry::never())
            .timeout(settings.timeout)
            .connect_timeout(CONNECT_WITHIN.min(settings.timeout / 2))
            .pool_idle_timeout(IDLE_FOR);
        let builder = builder.tls_backend_preconfigured(tls(&settings.api_base)?);
        let http = builder
            .build()
            .map_err(|fault| StripeOpenFault::Client(in_words(&fault)))?;
        let base = settings.api_base.trim_end_matches('/').to_owned();
        Ok(Self { http, base })
    }

    /// Reads.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Form,
    ) -> Result<T, Failure> {
        Ok(self.fetch(path, query).await?.object)
    }

    /// Reads, and hears what the answer says beside that.
    pub(super) async fn fetch<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Form,
    ) -> Result<Fetched<T>, Failure> {
        send(self.http.get(self.url(path, query))).await
    }

    /// Deletes. May be repeated by its nature, and has no key.
    pub(super) async fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Form,
    ) -> Result<T, Failure> {
        let request = self.http.request(Method::DELETE, self.url(path, query));
        Ok(send(request).await?.object)
    }

    /// Makes or changes something, once for each key.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: Form,
        key: Option<&CallKey>,
    ) -> Result<Fetched<T>, Failure> {
        let mut request = self
            .http
            .post(self.url(path, &Form::default()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into_body());
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key.as_str());
        }
        send(request).await
    }

    fn url(&self, path: &str, query: &Form) -> String {
        let (base, query) = (&self.base, query.as_query());
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{base}/v1/{path}{separator}{query}")
    }
}

/// Whom we trust: the system's roots. Without TLS, for tests on this machine, nobody needs them.
fn tls(api_base: &str) -> Result<ClientConfig, StripeOpenFault> {
    let mut roots = RootCertStore::empty();
    if !api_base.starts_with("http://") {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(StripeOpenFault::NoRoots);
        }
    }
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|fault| StripeOpenFault::Client(fault.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

async fn send<T: DeserializeOwned>(
    request: reqwest::RequestBuilder,
) -> Result<Fetched<T>, Failure> {
    let response = request.send().await.map_err(unsent_or_unanswered)?;
    let status = response.status();
    let told = Told::read(&response);
    let body = read_body(response).await?;
    if status.is_success() {
        let object = serde_json::from_slice(&body).map_err(|fault| {
            // It names the place, never the value.
            let (line, column) = (fault.line(), fault.column());
            let what = format!("Stripe's answer cannot be read (line {line}, column {column})");
            Failure::Unanswered(told.sign(what))
        })?;
        return Ok(Fetched {
            object,
            is_replayed: told.is_replayed,
            answered_at: told.answered_at,
        });
    }
    let answer = ErrorAnswer::read(status.as_u16(), &body, told);
    Err(Failure::Answered(Box::new(answer)))
}

/// What the headers of an answer say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// By which a person at Stripe finds the request.
    pub(super) request_id: Option<String>,
    /// The answer is a stored one.
    pub(super) is_replayed: bool,
    /// Whether asking again under the same key can help, if Stripe says.
    pub(super) should_retry: Option<bool>,
    /// How long to leave Stripe alone.
    pub(super) retry_after: Option<Duration>,
    /// When it was answered, by Stripe's clock.
    pub(super) answered_at: Option<Timestamp>,
}

impl Told {
    fn read(response: &Response) -> Self {
        let text = |name: HeaderName| response.headers().get(name)?.to_str().ok();
        Self {
            request_id: text(REQUEST_ID).map(str::to_owned),
            is_replayed: text(REPLAYED) == Some("true"),
            should_retry: text(SHOULD_RETRY).and_then(|value| value.parse().ok()),
            retry_after: text(RETRY_AFTER)
                .and_then(|seconds| seconds.parse().ok())
                .map(Duration::from_secs),
            answered_at: text(DATE)
                .and_then(|date| rfc2822::parse(date).ok())
                .map(|date| date.timestamp()),
        }
    }

    /// What happened, with the request's id for whoever wants to look it up.
    pub(super) fn sign(&self, what: String) -> String {
        match &self.request_id {
            Some(id) => format!("{what} (request {id})"),
            None => what,
        }
    }
}

async fn read_body(mut response: Response) -> Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(unsent_or_unanswered)? {
        if body.len() + chunk.len() > LONGEST_ANSWER_BYTES {
            let what = "Stripe's answer is longer than any that is known";
            return Err(Failure::Unanswered(what.to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A connection that could not be made carried nothing. Everything else may have arrived.
fn unsent_or_unanswered(fault: reqwest::Error) -> Failure {
    if fault.is_connect() {
        return Failure::NotSent(format!("Stripe cannot be reached: {}", in_words(&fault)));
    }
    if fault.is_builder() {
        return Failure::NotMade(format!("a request cannot be made: {}", in_words(&fault)));
    }
    let what = if fault.is_timeout() {
        "Stripe did not answer in time".to_owned()
    } else {
        format!("Stripe's answer was lost: {}", in_words(&fault))
    };
    Failure::Unanswered(what)
}

/// An error and what caused it, without the URL, whose query may name a person.
fn in_words(fault: &reqwest::Error) -> String {
    let mut words = String::new();
    let mut source = fault.source();
    while let Some(cause) = source {
        let cause_in_words = cause.to_string();
        if !words.contains(&cause_in_words) {
            if !words.is_empty() {
                words.push_str(": ");
            }
            words.push_str(&cause_in_words);
        }
        source = cause.source();
    }
    if words.is_empty() {
        "no cause is known".to_owned()
    } else {
        words
    }
}
