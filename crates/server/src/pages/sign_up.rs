//! `/`: the form, and what becomes of it. With JavaScript the script sends it and reads JSON; without,
//! the browser sends it and gets a page. Both go the way of `POST /api/users`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use enlist_registration::state::{Failure, Registration};
use uuid::Uuid;

use super::format::ledger;
use super::forms::{mark, read};
use super::offer::offer;
use super::views::{AddressView, Notice, SignUpForm, SignUpPage};
use super::{paying_page, perhaps_begun, refusal, site, with_retry_after};
use crate::app::App;
use crate::http::{self, Preference, Problem, ProblemType};
use crate::language::Language;
use crate::msg;
use crate::sign_up::{Attempt, sign_up};

/// An empty form.
pub(super) async fn show(State(app): State<Arc<App>>, language: Language) -> Response {
    unsent(&app, language, SignUpForm::default())
}

/// The form before anything was done with it.
fn unsent(app: &App, language: Language, form: SignUpForm) -> Response {
    let template = form_page(app, language, form, None, None);
    paying_page(app, StatusCode::OK, &template)
}

/// Signs up.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let sent = read(pairs);
    if sent.is_for_language {
        return Ok(unsent(&app, language, sent.kept));
    }
    let is_script = !http::wants_html(&headers);
    if let Err(problem) = http::count(&app, peer, &headers) {
        return if is_script {
            Err(problem)
        } else {
            Ok(under_its_key(&app, language, sent.kept, sent.key, &problem))
        };
    }
    let wait = Preference::of(&headers).wait(app.settings.server.wait);
    let spoken = Some(language.tag());
    let attempt = match sign_up(&app, sent.raw, sent.key.as_deref(), spoken, wait).await {
        Ok(attempt) => attempt,
        Err(fault) if is_script => return Err(fault.into()),
        Err(fault) => {
            let problem = perhaps_begun(fault);
            return Ok(under_its_key(&app, language, sent.kept, sent.key, &problem));
        }
    };
    let jar = match &attempt {
        Attempt::Stands(registration)
        | Attempt::Repeated(registration)
        | Attempt::StillRunning(registration) => {
            let token = http::access_token(&app, registration.id);
            CookieJar::new().add(http::cookie(&app, registration.id, &token))
        }
        _ => CookieJar::new(),
    };
    let response = if is_script {
        http::answer(&app, language, attempt).await
    } else {
        as_page(&app, language, sent.kept, attempt).await
    };
    Ok((jar, response).into_response())
}

/// What a browser without JavaScript gets.
async fn as_page(
    app: &App,
    language: Language,
    mut kept: SignUpForm,
    attempt: Attempt,
) -> Response {
    match attempt {
        Attempt::Stands(registration)
        | Attempt::Repeated(registration)
        | Attempt::StillRunning(registration) => match failure_before_opening(&registration) {
            Some(failure) => {
                let problem = http::failed(app, language, &registration, failure);
                again(app, language, kept, &problem, Some(&registration))
            }
            None => Redirect::to(&format!("/registrations/{}", registration.id)).into_response(),
        },
        Attempt::Invalid(faults) => {
            mark(&mut kept, language, &faults);
            paying_page(
                app,
                StatusCode::UNPROCESSABLE_ENTITY,
                &form_page(app, language, kept, None, None),
            )
        }
        Attempt::KeyReused => {
            let detail = msg!("form-sent-with-other-entries");
            again(
                app,
                language,
                kept,
                &Problem::new(ProblemType::IdempotencyKeyReused, detail),
                None,
            )
        }
        Attempt::EmailTaken => again(app, language, kept, &http::email_taken(), None),
        Attempt::Declined(decline) => {
            again(app, language, kept, &http::declined(app, decline), None)
        }
        Attempt::GatewayUnavailable => {
            again(app, language, kept, &http::gateway_unavailable(app), None)
        }
        Attempt::GatewayRejected => again(app, language, kept, &http::gateway_rejected(app), None),
    }
}

pub(super) fn failure_before_opening(registration: &Registration) -> Option<&Failure> {
    let began_to_undo = registration.undoing_since.is_some() && registration.opened_at.is_none();
    registration.failure.as_ref().filter(|_| began_to_undo)
}

/// The form once more, with everything kept but the password and the card.
fn again(
    app: &App,
    language: Language,
    kept: SignUpForm,
    problem: &Problem,
    registration: Option<&Registration>,
) -> Response {
    let notice = refusal(language, problem);
    let ledger = registration.map(|registration| ledger(language, registration));
    let template = form_page(app, language, kept, Some(notice), ledger);
    refused(app, problem, &template)
}

fn refused(app: &App, problem: &Problem, template: &SignUpPage) -> Response {
    let response = paying_page(app, problem.kind.row().1, template);
    with_retry_after(problem, response)
}

/// The same where it is not known whether the form, or the same form before, has begun something: under the key that
/// it was sent with, so that sending it once more begins nothing else.
fn under_its_key(
    app: &App,
    language: Language,
    kept: SignUpForm,
    key: Option<String>,
    problem: &Problem,
) -> Response {
    let notice = refusal(language, problem);
    let mut template = form_page(app, language, kept, Some(notice), None);
    if let Some(key) = key {
        template.idempotency_key = key;
    }
    refused(app, problem, &template)
}

fn form_page(
    app: &App,
    language: Language,
    mut form: SignUpForm,
    notice: Option<Notice>,
    ledger: Option<super::views::Ledger>,
) -> SignUpPage {
    if form.country.value.is_empty() {
        form.country.value = app.settings.default_country.as_str().to_owned();
    }
    let mut chance = [0u8; 16];
    app.random.fill(&mut chance);
    SignUpPage {
        site: site(app, language),
        offer: offer(app, language, &form.plan.value),
        address: AddressView::new(language, &form.country.value),
        form,
        notice,
        ledger,
        idempotency_key: Uuid::from_bytes(chance).simple().to_string(),
    }
}
