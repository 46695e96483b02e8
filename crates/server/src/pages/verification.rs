//! `/verify/{token}`: where the mailed link leads. Opening it changes nothing, because mail scanners
//! open links too; the button confirms.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use enlist_registration::state::{Registration, Status};

use super::views::{VerifyPage, VerifyResult, VerifyResultPage};
use super::{page, site};
use crate::app::App;
use crate::http::{Problem, ProblemType, settle};
use crate::language::Language;

/// Asks.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
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
) -> Result<Response, Problem> {
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
