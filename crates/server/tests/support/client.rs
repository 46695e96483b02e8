//! HTTP, as a client sees it: an answer, or none.

use std::time::Duration;

use serde_json::Value;

/// Longer than any pause of the service, so that a client never gives up first.
const PATIENCE: Duration = Duration::from_secs(20);

/// One client of one start of the service, or of the gateway beside it.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Null if it is no JSON.
    pub body: Value,
}

/// The connection broke: nobody knows whether the request was carried out.
#[derive(Clone, Copy, Debug)]
pub struct NoAnswer;

impl Client {
    pub fn new(port: u16) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PATIENCE))
            .proxy(None)
            .build();
        Self {
            agent: config.into(),
            base: format!("http://127.0.0.1:{port}"),
        }
    }

    pub fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        self.get_with(path, &[])
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, NoAnswer> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.call())
    }

    /// Sends `body` with `headers`; a content type is one of them.
    pub fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, NoAnswer> {
        send(
            self.agent.post(format!("{}{path}", self.base)),
            headers,
            body,
        )
    }

    /// As [`Client::post`].
    pub fn put(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, NoAnswer> {
        send(
            self.agent.put(format!("{}{path}", self.base)),
            headers,
            body,
        )
    }

    pub fn delete(&self, path: &str) -> Result<Answer, NoAnswer> {
        read(self.agent.delete(format!("{}{path}", self.base)).call())
    }
}

fn send(
    mut request: ureq::RequestBuilder<ureq::typestate::WithBody>,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer, NoAnswer> {
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(request.send(body))
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, NoAnswer> {
    let mut answer = answer.map_err(|_| NoAnswer)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(1 << 30);
    let body = body.read_to_string().map_err(|_| NoAnswer)?;
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    // A proxy's own words for a connection that broke.
    if matches!(status, 502 | 504) && body.is_null() {
        return Err(NoAnswer);
    }
    Ok(Answer { status, body })
}
