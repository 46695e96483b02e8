//! `POST /password-strength`: what the server will say of a password, while it is being chosen. Only pages use
//! it: a password's strength is estimated from lists that are too large for a page, and another estimate would
//! promise what the server does not keep.
//!
//! What comes is judged and forgotten: nothing of it is stored, and none of it is in the log.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use enlist_domain::{Field, RawSignUp, Strength};
use serde::Serialize;

use crate::app::App;
use crate::http::{Problem, ProblemType};
use crate::language::Language;
use crate::limits::client_address;
use crate::{msg, words};

/// The fields that a password is judged by.
const READ: [Field; 4] = [
    Field::Password,
    Field::Email,
    Field::FirstName,
    Field::LastName,
];

/// What is answered.
#[derive(Serialize)]
struct Verdict {
    /// `refused`, `good`, `strong`, or `unknown` where it was not judged.
    strength: &'static str,
    /// Why it would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Judges a password.
pub(super) async fn judge(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    if let Some(limiter) = &app.password_limiter {
        let client = client_address(peer, &headers, &app.settings.server.trusted_proxies);
        limiter.count(client).map_err(|pause| {
            Problem::new(ProblemType::RateLimited, msg!("too-many-passwords")).retry_after(pause)
        })?;
    }
    let mut raw = RawSignUp::default();
    for (name, value) in pairs {
        if let Some(field) = Field::from_name(&name).filter(|field| READ.contains(field)) {
            raw.set(field, value);
        }
    }
    // It takes a core, and never one that a sign-up waits for.
    let judged = app.checks.run_if_free(move || raw.judge_password()).await;
    let (strength, fault) = match &judged {
        // Too much is to be done just now.
        None => ("unknown", None),
        Some(Ok(Strength::Good)) => ("good", None),
        Some(Ok(Strength::Strong)) => ("strong", None),
        Some(Err(faults)) => ("refused", faults.get(Field::Password)),
    };
    let message = fault.map(|fault| language.tell(words::of_field(fault)));
    let verdict = Verdict { strength, message };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(verdict)).into_response())
}
