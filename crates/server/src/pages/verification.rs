//! `/verify/{token}`: where the mailed link leads. Opening it changes nothing, because mail scanners
//! open links too; the button confirms.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use enlist_registration::engine::{JourneyLink, JourneyProof};
use enlist_registration::journey::Journey;
use enlist_registration::ports::LinkUsedBy;
use enlist_registration::state::{Registration, Status};
use secrecy::ExposeSecret;

use super::journey::{self, Place, Visited};
use super::views::{MessagePage, VerifyPage, VerifyResult, VerifyResultPage};
use super::{page, path_segment, site};
use crate::app::App;
use crate::http::{self, Followed, Problem, ProblemType, ask_for_mail, settle, settle_journey};
use crate::journeys::Standing;
use crate::language::Language;
use crate::msg;

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

/// Uses the link of a mail up. In a sign-up in three steps the answer has a token of its own, with which
/// whoever used the link goes on: that of the creating answer stays with whoever began it. Each link works
/// once, and not after that of a later mail. What accepts `text/html`, as browsers do, is answered with a
/// page instead, or led to the next.
#[utoipa::path(
    post,
    path = "/verify/{token}",
    tag = "verification",
    params(("token" = String, Path, description = "What stands in the mailed link.")),
    responses(
        (status = 200, description = "The address is verified.", body = http::ConfirmedBody),
        (status = 404, description = "No such link.", body = http::ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The link was used before, the registration is undone or forgotten, or mail to the address is refused.", body = http::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = http::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    language: Language,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(link) = app.engine.journey_of_link(&token).await? {
        return confirm_journey(&app, language, &token, link, &headers).await;
    }
    let wants_page = http::wants_html(&headers);
    let registration = match app.engine.registration_of_link(&token).await? {
        Some(registration) => registration,
        None if wants_page => return Ok(result(&app, language, VerifyResult::Unknown)),
        None => return Err(Problem::new(ProblemType::NotFound, msg!("no-such-link"))),
    };
    let email = address(&registration);
    let proof = app.engine.verify_by_link(&token).await?;
    Ok(match settle(&app, proof).await {
        Ok(verified) if !wants_page => {
            let registration = verified.unwrap_or(registration);
            http::verified(&app, language, &registration)
        }
        Err(problem) if !wants_page => return Err(problem),
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

/// Sends another mail to the address of a link that was used: whoever lost the place where they used it goes
/// on with that. The link need not be good for anything else, since the mail goes to its own address only.
pub(super) async fn send_another(
    State(app): State<Arc<App>>,
    language: Language,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (journey, is_open) = match app.engine.journey_of_link(&token).await? {
        Some(JourneyLink::Lives {
            journey,
            registration,
            ..
        }) => (journey, is_open(registration)),
        Some(JourneyLink::Finished(journey)) => (journey, false),
        Some(JourneyLink::Forgotten) => {
            return Ok(result(&app, language, VerifyResult::Forgotten));
        }
        None => return Ok(result(&app, language, VerifyResult::Unknown)),
    };
    if !is_open {
        return used(&app, language, &headers, &journey, None).await;
    }
    ask_for_mail(&app, &Standing::Pending(journey)).await?;
    let template = MessagePage {
        site: site(&app, language),
        title: language.say("mail-sent-again"),
        text: language.say("mail-sent-again-note"),
        action: None,
    };
    Ok(page(StatusCode::OK, &template))
}

/// A reload after that.
pub(super) async fn to_link(Path(token): Path<String>) -> Redirect {
    Redirect::to(&format!("/verify/{}", path_segment(&token)))
}

/// Whether a journey that led to a registration of this status can be gone on with.
fn is_open(registration: Option<Status>) -> bool {
    registration.is_none_or(|status| status == Status::Undone)
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
        JourneyLink::Finished(journey) => {
            return used(app, language, headers, &journey, None).await;
        }
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
    let (journey, serial, registration) = match link {
        JourneyLink::Lives {
            journey,
            serial,
            registration,
        } => (journey, serial, registration),
        JourneyLink::Finished(journey) if wants_page => {
            return used(app, language, headers, &journey, None).await;
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
        let another = is_open(registration).then(|| format!("/verify/{token}/mail"));
        return used(app, language, headers, journey, another).await;
    }
    let journey = settle_journey(proof)?;
    let jar = CookieJar::new().add(http::cookie(app, journey.id, &access));
    let answer = match wants_page {
        true => journey::to(journey.id),
        false => {
            let last = app.engine.registration_of(&journey).await?;
            http::confirmed(app, language, journey, last, access)
        }
    };
    Ok((jar, answer).into_response())
}

/// A link works once. Where it was used, or the code typed, there is nothing that it is needed for.
/// `another` is where whoever has nothing but the link has another mail sent.
async fn used(
    app: &App,
    language: Language,
    headers: &HeaderMap,
    journey: &Journey,
    another: Option<String>,
) -> Result<Response, Problem> {
    let resend = match place_here(app, headers, journey).await? {
        Some(Place::Open(..) | Place::Begun(_)) => return Ok(journey::to(journey.id)),
        Some(Place::CheckMail(_) | Place::Elsewhere(_)) => {
            Some(format!("/registrations/{}/resend", journey.id))
        }
        Some(Place::Refused(_)) => None,
        None => another,
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
