//! `/verify/{token}`: where the mailed link leads. Opening it changes nothing, because mail scanners
//! open links too; the button confirms.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use enlist_registration::engine::{JourneyLink, JourneyProof};
use enlist_registration::journey::Journey;
use enlist_registration::ports::LinkUsedBy;
use enlist_registration::state::{Registration, Status};
use secrecy::ExposeSecret;

use super::journey::{self, Place, Visited};
use super::views::{VerifyPage, VerifyResult, VerifyResultPage};
use super::{page, site};
use crate::app::App;
use crate::http::{self, Followed, Problem, ProblemType, settle, settle_journey};
use crate::language::Language;

/// Asks.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(link) = app.engine.journey_of_link(&token).await? {
        return show_journey(&app, language, &token, link, &headers).await;
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
                    is_journey: false,
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

/// Asks whoever opened the link of a journey, unless this browser goes on with it already. Whether the
/// link was used before shows itself when it is used.
async fn show_journey(
    app: &App,
    language: Language,
    token: &str,
    link: JourneyLink,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let journey = match link {
        JourneyLink::Lives { journey, .. } => journey,
        JourneyLink::Finished(journey) => return used(app, language, headers, &journey).await,
        JourneyLink::Forgotten => return Ok(result(app, language, VerifyResult::Forgotten)),
    };
    if let Some(Place::Open(..) | Place::Begun(_)) = place_here(app, headers, &journey).await? {
        return Ok(journey::to(journey.id));
    }
    let template = VerifyPage {
        site: site(app, language),
        email: journey.email.as_typed().to_owned(),
        action: format!("/verify/{token}"),
        is_journey: true,
    };
    Ok(page(StatusCode::OK, &template))
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
    let wants_page = http::wants_html(headers);
    let (journey, serial) = match link {
        JourneyLink::Lives {
            journey, serial, ..
        } => (journey, serial),
        JourneyLink::Finished(journey) if wants_page => {
            return used(app, language, headers, &journey).await;
        }
        JourneyLink::Finished(journey) => {
            let problem = settle_journey(JourneyProof::LinkIsUsed(journey)).map(drop);
            return problem.map(IntoResponse::into_response);
        }
        JourneyLink::Forgotten if wants_page => {
            return Ok(result(app, language, VerifyResult::Forgotten));
        }
        JourneyLink::Forgotten => return Err(http::expired()),
    };
    let (by, access) = match http::is_starter(app, headers, journey.id) {
        true => (LinkUsedBy::Starter, http::access_token(app, journey.id)),
        false => {
            let access = app.engine.journey_access(journey.id, serial);
            (LinkUsedBy::Reader, access.expose_secret().to_owned())
        }
    };
    let proof = app.engine.verify_journey_by_link(token, by).await?;
    if let (JourneyProof::LinkIsUsed(journey), true) = (&proof, wants_page) {
        return used(app, language, headers, journey).await;
    }
    let journey = settle_journey(proof)?;
    let jar = CookieJar::new().add(http::cookie(app, journey.id, &access));
    let answer = match wants_page {
        true => journey::to(journey.id),
        false => http::confirmed(app, language, journey, access).into_response(),
    };
    Ok((jar, answer).into_response())
}

/// A link works once. Where it was used, or the code typed, there is nothing that it is needed for.
async fn used(
    app: &App,
    language: Language,
    headers: &HeaderMap,
    journey: &Journey,
) -> Result<Response, Problem> {
    let resend = match place_here(app, headers, journey).await? {
        Some(Place::Open(..) | Place::Begun(_)) => return Ok(journey::to(journey.id)),
        Some(Place::CheckMail(_) | Place::Elsewhere(_)) => {
            Some(format!("/registrations/{}/resend", journey.id))
        }
        Some(Place::Refused(_)) | None => None,
    };
    Ok(result(app, language, VerifyResult::Used { resend }))
}

/// How a journey stands for this browser, if it has a cookie of it.
async fn place_here(
    app: &App,
    headers: &HeaderMap,
    journey: &Journey,
) -> Result<Option<Place>, Problem> {
    let followed = Followed::by_browser(app, headers).await?;
    let followed = followed.filter(|followed| followed.id == journey.id);
    Ok(followed.map(|followed| Visited::from(followed).place))
}

fn result(app: &App, language: Language, result: VerifyResult) -> Response {
    let status = match result {
        VerifyResult::Confirmed { .. } | VerifyResult::AlreadyConfirmed { .. } => StatusCode::OK,
        VerifyResult::Expired | VerifyResult::Forgotten | VerifyResult::Used { .. } => {
            StatusCode::GONE
        }
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
