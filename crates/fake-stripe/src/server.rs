//! The fake on a socket: HTTP becomes requests, answers become HTTP, or get lost on their way.

mod client_routes;
mod connection;
mod fake_routes;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::control::Control;
use crate::core::Core;
use crate::faults::FaultKind;
use crate::message::{Request, Response};

use connection::{Doors, Switch};

/// The largest body: far more than any call has.
const LARGEST_BODY_BYTES: usize = 64 * 1024;

/// What every handler is given.
#[derive(Clone)]
pub(crate) struct Server {
    core: Arc<Core>,
    control: Control,
    stopping: CancellationToken,
}

/// A server that runs until it is stopped or dropped.
pub(crate) struct Running {
    stopping: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Running {
    pub(crate) async fn stop(&self) {
        self.stopping.cancel();
        let task = self.task.lock().await.take();
        if let Some(task) = task {
            // A task that panicked has stopped, too.
            task.await.ok();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

pub(crate) async fn start(
    address: SocketAddr,
    core: Arc<Core>,
    control: Control,
) -> io::Result<(SocketAddr, Running)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let stopping = CancellationToken::new();
    let server = Server {
        core,
        control,
        stopping: stopping.clone(),
    };
    let webhooks = crate::webhooks::deliver(Arc::clone(&server.core), stopping.clone());
    tokio::spawn(webhooks);
    let router = Router::new()
        .nest("/_fake", fake_routes::routes())
        .merge(client_routes::routes())
        .fallback(api)
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES))
        .with_state(server)
        .into_make_service_with_connect_info::<Switch>();
    let stopped = stopping.clone();
    let serving = axum::serve(Doors::new(listener, stopping.clone()), router)
        .with_graceful_shutdown(async move { stopped.cancelled().await });
    let task = tokio::spawn(async move {
        // It ends when it is stopped, and there is nobody to tell an error to.
        serving.await.ok();
    });
    let task = Mutex::new(Some(task));
    Ok((address, Running { stopping, task }))
}

/// Every call of Stripe's API. The work goes on although the client goes away meanwhile.
async fn api(
    State(server): State<Server>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> HttpResponse {
    let request = request_of(&method, &uri, &headers, &body);
    let outcome = server.core.handle(&request);
    hold_up(&server, outcome.delivery.held_key).await;
    deliver(outcome.response, outcome.delivery.lost_by, &switch, &server).await
}

/// Waits as long as an answer takes. The key is in use meanwhile, even if the client goes away.
async fn hold_up(server: &Server, held_key: Option<String>) {
    let core = Arc::clone(&server.core);
    let latency = core.lock().latency;
    let clock = Arc::clone(core.clock());
    let wait = async move {
        if !latency.is_zero() {
            clock.sleep(latency).await;
        }
        if let Some(key) = held_key {
            core.release(&key);
        }
    };
    if latency.is_zero() {
        wait.await;
    } else {
        // A task that panicked has held the answer up long enough.
        tokio::spawn(wait).await.ok();
    }
}

/// Sends an answer, or loses it.
async fn deliver(
    response: Response,
    lost_by: Option<FaultKind>,
    switch: &Switch,
    server: &Server,
) -> HttpResponse {
    match lost_by {
        None | Some(FaultKind::FailBefore | FaultKind::FailAfter | FaultKind::RateLimit) => {
            http_of(response)
        }
        Some(FaultKind::LoseReply | FaultKind::Refuse) => {
            switch.close();
            HttpResponse::default()
        }
        Some(FaultKind::Reset) => {
            switch.reset();
            HttpResponse::default()
        }
        Some(FaultKind::Truncate) => connection::truncated(http_of(response)).await,
        Some(FaultKind::Garble) => {
            let body = Body::from("{\"id\": \"cus_");
            let mut garbled = http_of(response).map(|_| body);
            *garbled.status_mut() = StatusCode::OK;
            garbled
        }
        Some(FaultKind::BadGateway) => {
            let kind = [(header::CONTENT_TYPE, "text/html")];
            let page = "<html><head><title>502 Bad Gateway</title></head></html>";
            (StatusCode::BAD_GATEWAY, kind, page).into_response()
        }
        Some(FaultKind::Hang) => {
            server.stopping.cancelled().await;
            switch.close();
            HttpResponse::default()
        }
    }
}

fn request_of(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Request {
    let header = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    Request {
        method: method.as_str().to_owned(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(body).into_owned(),
        content_type: header("content-type"),
        authorization: header("authorization"),
        version: header("stripe-version"),
        idempotency_key: header("idempotency-key"),
    }
}

fn http_of(response: Response) -> HttpResponse {
    let mut http = axum::Json(response.body).into_response();
    *http.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        // What was sent as a header can be sent back as one.
        if let Ok(value) = HeaderValue::from_str(&value) {
            http.headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    http
}
