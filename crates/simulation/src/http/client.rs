//! A request on its way to a process, and its answer on its way back.

use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use enlist::serve::no_peer;
use enlist_registration::ids::RegistrationId;
use futures_util::future::{AbortHandle, Abortable};
use http_body_util::BodyExt;
use secrecy::ExposeSecret;
use serde_json::Value;
use tower::ServiceExt;

use crate::faults::Fault;
use crate::world::{World, machine, tokens};

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body; null where it is no JSON.
    pub body: Value,
    /// Its body, as it came.
    pub text: String,
}

/// Cuts a connection once nobody waits for its answer any more.
struct Connection(AbortHandle);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl World {
    /// Sends a request to some process and waits for its answer: none if there is no process, or if it died,
    /// or if the answer was lost. Whoever stops waiting cuts the connection.
    pub async fn request(self: &Arc<Self>, request: Request<Body>) -> Option<Answer> {
        let process = self.any_process()?;
        let router = self.router(process)?;
        let mut request = request;
        request.extensions_mut().insert(no_peer());
        let what = format!("{} {}", request.method(), request.uri().path());
        let is_lost = self.weather.strikes(Fault::AnswerLost);
        let (tell, told) = tokio::sync::oneshot::channel();
        let (cut, is_cut) = AbortHandle::new_pair();
        let world = Arc::clone(self);
        self.executor.spawn(machine(process), async move {
            world.pass(process).await;
            let answered = Box::pin(answer(router, request));
            if let Ok(answer) = Abortable::new(answered, is_cut).await {
                world.pass(process).await;
                world.note(u64::from(answer.status), || {
                    format!("process {process}: {what}: {}", answer.status)
                });
                world.check_answer(&what, &answer);
                // Whoever asked may be gone.
                let _ = tell.send(answer);
            }
        });
        let connection = Connection(cut);
        let answer = told.await.ok();
        drop(connection);
        answer.filter(|_| !is_lost)
    }

    /// What no answer may be.
    fn check_answer(&self, what: &str, answer: &Answer) {
        let is_ours = answer.status != StatusCode::INTERNAL_SERVER_ERROR.as_u16();
        let describe = || format!("{what}: {} {}", answer.status, answer.text);
        self.checks.check("nothing_fails_inside", is_ours, describe);
        let is_read = answer.status != StatusCode::UNPROCESSABLE_ENTITY.as_u16()
            || answer.problem() != "invalid-input";
        self.checks
            .check("what_is_filled_in_well_is_read", is_read, describe);
    }

    /// With a JSON body, and with the access token of a registration.
    pub fn json(
        &self,
        method: &str,
        path: &str,
        bearer: Option<RegistrationId>,
        body: &Value,
    ) -> Request<Body> {
        let text = body.to_string();
        let body = match self.weather.strikes(Fault::RequestCutOff) {
            true => cut_off(&text),
            false => Body::from(text),
        };
        let mut request = Request::new(body);
        *request.method_mut() = method.parse().unwrap_or_default();
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/json"),
        );
        if let Some(bearer) = bearer {
            let token = tokens().access_token(bearer);
            let token = format!("Bearer {}", token.expose_secret());
            headers.extend(token.parse().ok().map(|it| (header::AUTHORIZATION, it)));
        }
        request
    }
}

/// Half of a body, and then the connection breaks.
fn cut_off(text: &str) -> Body {
    let half = text.as_bytes()[..text.len() / 2].to_vec();
    let parts = [
        Ok(half),
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    ];
    Body::from_stream(futures_util::stream::iter(parts))
}

async fn answer(router: axum::Router, request: Request<Body>) -> Answer {
    // A router never fails.
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status().as_u16();
    let body = pin!(response.into_body().collect());
    let bytes = body.await.map(|it| it.to_bytes()).unwrap_or_default();
    Answer {
        status,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

impl Answer {
    /// The kind of a problem; empty if it is none.
    pub fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default()
    }

    /// The registration that it tells of.
    pub fn registration(&self) -> Option<RegistrationId> {
        self.body["registration"]["id"].as_str()?.parse().ok()
    }
}
