//! `/`: the one form; or, where the address is verified first, the first of three steps.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::{join, sign_up};
use crate::app::App;
use crate::config::VerificationMode;
use crate::http::Problem;
use crate::language::Language;

/// An empty form.
pub(super) async fn show(
    app: State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match app.settings.verification_mode {
        VerificationMode::First => join::show(app, language, headers).await,
        VerificationMode::After => Ok(sign_up::show(app, language).await),
    }
}

/// What it was sent with.
pub(super) async fn submit(
    app: State<Arc<App>>,
    peer: ConnectInfo<SocketAddr>,
    language: Language,
    headers: HeaderMap,
    form: Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    match app.settings.verification_mode {
        VerificationMode::First => join::submit(app, peer, language, headers, form).await,
        VerificationMode::After => sign_up::submit(app, peer, language, headers, form).await,
    }
}
