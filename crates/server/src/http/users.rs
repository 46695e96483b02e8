//! `POST /api/users`: one registration in one request.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::answers::{self, AcceptedBody, CreatedBody};
use super::prefer::Preference;
use super::problems::{Problem, ProblemBody, ProblemType, field_problems};
use super::request_body;
use crate::app::App;
use crate::language::{Language, wanted};
use crate::limits::client_address;
use crate::msg;
use crate::sign_up::{Attempt, sign_up};

/// The longest `Idempotency-Key`, in characters: as Stripe has it.
pub const LONGEST_KEY: usize = 255;

/// Signs up: user, profile, billing details, customer with payment method and, for a paid plan,
/// subscription with first charge, completely or not at all.
#[utoipa::path(
    post,
    path = "/api/users",
    tag = "registration",
    request_body(content = super::openapi::SignUpBody, content_type = "application/json"),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters, chosen by the client, new for each registration. The same key with the same body gets the same answer."),
        ("Prefer" = Option<String>, Header, description = "`respond-async` to get 202 as soon as the registration is durable; `wait=N` to wait at most N seconds (RFC 7240)."),
    ),
    responses(
        (status = 201, description = "Everything exists.", body = CreatedBody, headers(("Location" = String))),
        (status = 202, description = "Still running, or the person must confirm the payment with their bank.", body = AcceptedBody, headers(("Location" = String))),
        (status = 400, description = "Not a JSON object, or an Idempotency-Key that is none.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 402, description = "Declined: nothing was created and nothing was charged.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The e-mail address is taken, or the same registration is still running.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "More than 64 KiB.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are not in order, all of them at once; or an Idempotency-Key that came with another body before.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many sign-ups.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The gateway refused our request: everything is undone, or being undone.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The gateway or the database is away: everything is undone, or being undone.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    count(&app, peer, &headers)?;
    request_body::require_json(&headers)?;
    let key = idempotency_key(&headers)?;
    let preference = Preference::of(&headers);
    let parsed = request_body::parse(body)
        .map_err(|sentence| Problem::new(ProblemType::MalformedRequest, sentence))?;
    if !parsed.problems.is_empty() {
        return Err(all_problems(&app, parsed).await);
    }
    let wait = preference.wait(app.settings.server.wait);
    let attempt = sign_up(&app, parsed.raw, key.as_deref(), wanted(&headers), wait).await?;
    let response = answer(&app, language, attempt).await;
    Ok(preference.noted_in(response, app.settings.server.wait))
}

/// The answer to a sign-up, whichever way it came.
pub async fn answer(app: &App, language: Language, attempt: Attempt) -> Response {
    match attempt {
        Attempt::Stands(registration) | Attempt::Repeated(registration) => {
            answers::to_creation(app, language, &registration).await
        }
        Attempt::StillRunning(registration) => {
            answers::still_running(app, language, &registration).into_response()
        }
        Attempt::Invalid(faults) => Problem::from(&faults).into_response(),
        Attempt::KeyReused => {
            Problem::new(ProblemType::IdempotencyKeyReused, msg!("send-other-key")).into_response()
        }
        Attempt::EmailTaken => answers::email_taken().into_response(),
        Attempt::Declined(decline) => answers::declined(app, decline).into_response(),
        Attempt::GatewayUnavailable => answers::gateway_unavailable(app).into_response(),
        Attempt::GatewayRejected => answers::gateway_rejected(app).into_response(),
    }
}

/// Counts one sign-up of a client.
pub fn count(app: &App, peer: SocketAddr, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(limiter) = &app.limiter else {
        return Ok(());
    };
    let client = client_address(peer, headers, &app.settings.server.trusted_proxies);
    limiter.count(client).map_err(|pause| {
        Problem::new(ProblemType::RateLimited, msg!("wait-a-moment")).retry_after(pause)
    })
}

/// Names, types and values: everything that is wrong, at once.
async fn all_problems(app: &Arc<App>, parsed: request_body::Parsed) -> Problem {
    let request_body::Parsed { raw, mut problems } = parsed;
    if let Err(faults) = crate::sign_up::check(app, raw).await {
        let named: Vec<String> = problems
            .iter()
            .map(|problem| problem.field.clone())
            .collect();
        let others = field_problems(&faults).into_iter();
        problems.extend(others.filter(|problem| !named.contains(&problem.field)));
    }
    Problem::invalid(problems)
}

/// The IETF draft writes the key as a quoted string; most clients send it bare. Both are read.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let invalid = || {
        let remedy = msg!("send-one-key", most = LONGEST_KEY);
        Problem::new(ProblemType::InvalidIdempotencyKey, remedy)
    };
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| invalid())?.trim();
    let key = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let is_key =
        (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if values.next().is_some() || !is_key {
        return Err(invalid());
    }
    Ok(Some(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &str) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", value.parse().unwrap());
        idempotency_key(&headers)
    }

    #[test]
    fn an_idempotency_key_is_read_quoted_or_bare() {
        assert_eq!(key("\"8e03978e\"").unwrap(), key("8e03978e").unwrap());
        assert!(idempotency_key(&HeaderMap::new()).unwrap().is_none());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for value in ["", "\"\"", "two words", &"x".repeat(256)] {
            assert!(key(value).is_err(), "{value}");
        }
    }
}
