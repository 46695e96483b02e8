//! Whether the service lives, is ready, and how it does; and where to report a weakness.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use enlist_registration::ports::RegistrationFilter;

use super::problems::{Problem, ProblemBody, ProblemType};
use crate::app::App;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database answers too.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 503, description = "The database does not answer.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    let one = RegistrationFilter {
        limit: 1,
        ..RegistrationFilter::default()
    };
    app.store.registrations(&one).await?;
    Ok("ready\n")
}

/// Figures, as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    match &app.metrics {
        Some(handle) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
            (kind, handle.render()).into_response()
        }
        None => (StatusCode::OK, "").into_response(),
    }
}

/// RFC 9116.
pub async fn security_txt(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let next_year = app
        .clock
        .now()
        .checked_add(jiff::SignedDuration::from_hours(24 * 180))
        .map_err(|_| Problem::new(ProblemType::Internal, "The clock is off."))?;
    let text = format!(
        "Contact: {url}/problems/internal\nExpires: {expires}\nPreferred-Languages: en\n\
         Canonical: {url}/.well-known/security.txt\n",
        url = app.public_url,
        expires = next_year.strftime("%Y-%m-%dT00:00:00Z"),
    );
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
