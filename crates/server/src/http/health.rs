//! Whether the service lives, is ready, and how it does; and where to report a weakness.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use enlist_registration::ports::{RegistrationFilter, StoreFault};
use enlist_storage::Connections;
use metrics::gauge;
use tokio::time::timeout;

use super::problems::{Problem, ProblemBody, ProblemType, internal, not_found};
use crate::app::App;
use crate::msg;

/// How long the database is waited for. A healthy one answers within milliseconds; what asks for
/// readiness gives up after a few seconds, and should hear why.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database answers too, and takes writes.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 503, description = "The database does not answer, or is read-only.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    let unavailable = |detail| Problem::new(ProblemType::DatabaseUnavailable, detail);
    match timeout(READY_WITHIN, is_writable(&app)).await {
        Ok(Ok(true)) => Ok("ready\n"),
        Ok(Ok(false)) => Err(unavailable(msg!("database-read-only"))),
        Ok(Err(fault)) => Err(fault.into()),
        Err(_) => Err(unavailable(msg!("database-silent"))),
    }
}

/// Whether the database takes writes. Its tables are read as well: a database without them may say
/// that it does.
async fn is_writable(app: &App) -> Result<bool, StoreFault> {
    let one = RegistrationFilter {
        limit: 1,
        ..RegistrationFilter::default()
    };
    app.store.registrations(&one).await?;
    app.accepts_writes().await
}

fn note(connections: Connections) {
    let in_use = connections.open.saturating_sub(connections.idle);
    gauge!("enlist_database_connections", "state" => "in_use").set(in_use as f64);
    gauge!("enlist_database_connections", "state" => "idle").set(connections.idle as f64);
    gauge!("enlist_database_connections_awaited").set(connections.waiting as f64);
}

/// Figures, as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    match &app.metrics {
        Some(handle) => {
            if let Some(connections) = app.connections() {
                note(connections);
            }
            let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
            (kind, handle.render()).into_response()
        }
        None => (StatusCode::OK, "").into_response(),
    }
}

/// How long what `security.txt` says can be relied on. RFC 9116 recommends less than a year.
const SECURITY_TXT_HOURS: i64 = 180 * 24;

/// RFC 9116; only where a contact is configured.
pub async fn security_txt(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let Some(contact) = &app.settings.server.security_contact else {
        return Err(not_found().await);
    };
    let validity = jiff::SignedDuration::from_hours(SECURITY_TXT_HOURS);
    let expires = app
        .clock
        .now()
        .checked_add(validity)
        .map_err(|_| internal())?;
    let text = format!(
        "Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\n\
         Canonical: {url}/.well-known/security.txt\n",
        url = app.public_url,
        expires = expires.strftime("%Y-%m-%dT00:00:00Z"),
    );
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, text).into_response())
}
