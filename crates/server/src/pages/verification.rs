//! `/verify/{token}`: where the mailed link leads. Opening it changes nothing, because mail scanners
//! open links too; the button confirms.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use enlist_registration::engine::JourneyLink;
use enlist_registration::ports::LinkUsedBy;
use enlist_registration::state::{Registration, Status};
use secrecy::ExposeSecret;

use super::views::{VerifyPage, VerifyResult, VerifyResultPage};
use super::{page, site};
use crate::app::App;
use crate::http::{self, Problem, ProblemType, settle, settle_journey};
use crate::language::Language;

/// Asks.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    if let Some(link) = app.engine.journey_of_link(&token).await? {
        return Ok(show_journey(&app, language, &token, link));
    }
    let Some(registration) = app.engine.registration_of_link(&token).await? else {
        return Ok(result(&app, language, VerifyResult::Unknown));
    };
    let email = address(&registration);
    Ok(match registration.status {
        _ if registration.verified_at.is_some() && registration.status != Status::Undone => {
            result(&app, language, VerifyResult::AlreadyConfirmed { email })
        }
        Status::Undoing | Status::Undone => result(&app, language, VerifyResult::Expired),
        _ => {
            let action = format!("/verify/{token}");
            page(
                StatusCode::OK,
                &VerifyPage {
                    site: site(&app, language),
                    email,
                    action,
                },
            )
        }
    })
}

/// Confirms.
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    language: Language,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(link) = app.engine.journey_of_link(&token).await? {
        return confirm_journey(&app, language, &token, link, &headers).await;
    }
    let Some(registration) = app.engine.registration_of_link(&token).await? else {
        return Ok(result(&app, language, VerifyResult::Unknown));
    };
    let email = address(&registration);
    let proof = app.engine.verify_by_link(&token).await?;
    Ok(match settle(&app, proof).await {
        Ok(Some(_)) => result(&app, language, VerifyResult::Confirmed { email }),
        Ok(None) => result(&app, language, VerifyResult::AlreadyConfirmed { email }),
        Err(problem) if problem.kind == ProblemType::VerificationExpired => {
            result(&app, language, VerifyResult::Expired)
        }
        Err(problem) if problem.kind == ProblemType::NotFound => {
            result(&app, language, VerifyResult::Unknown)
        }
        Err(problem) => return Err(problem),
    })
}

/// Asks whoever opened the link of a journey. Whether it was used before shows itself when it is used.
fn show_journey(app: &App, language: Language, token: &str, link: JourneyLink) -> Response {
    match link.journey {
        Some(journey) => page(
            StatusCode::OK,
            &VerifyPage {
                site: site(app, language),
                email: journey.email.as_typed().to_owned(),
                action: format!("/verify/{token}"),
            },
        ),
        None => result(app, language, VerifyResult::Expired),
    }
}

/// Uses the link of a journey up. Whoever did so goes on with it: in the browser that it was begun in as
/// before, elsewhere with a token of their own.
async fn confirm_journey(
    app: &App,
    language: Language,
    token: &str,
    link: JourneyLink,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let Some(journey) = link.journey else {
        return Ok(result(app, language, VerifyResult::Expired));
    };
    let (by, access) = match http::is_starter(app, headers, journey.id) {
        true => (LinkUsedBy::Starter, http::access_token(app, journey.id)),
        false => {
            let access = app.engine.journey_access(journey.id, link.serial);
            (LinkUsedBy::Reader, access.expose_secret().to_owned())
        }
    };
    let proof = app.engine.verify_journey_by_link(token, by).await?;
    let journey = settle_journey(proof)?;
    let jar = CookieJar::new().add(http::cookie(app, journey.id, &access));
    let answer = match http::wants_html(headers) {
        true => Redirect::to(&format!("/registrations/{}", journey.id)).into_response(),
        false => http::confirmed(app, language, journey, access).into_response(),
    };
    Ok((jar, answer).into_response())
}

fn result(app: &App, language: Language, result: VerifyResult) -> Response {
    let status = match result {
        VerifyResult::Confirmed { .. } | VerifyResult::AlreadyConfirmed { .. } => StatusCode::OK,
        VerifyResult::Expired => StatusCode::GONE,
        VerifyResult::Unknown => StatusCode::NOT_FOUND,
    };
    page(
        status,
        &VerifyResultPage {
            site: site(app, language),
            result,
        },
    )
}

fn address(registration: &Registration) -> String {
    registration.intent.email.as_typed().to_owned()
}
