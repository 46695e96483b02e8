//! `/registrations/{id}`: one registration, from running to rest, for the browser that began it.

use std::sync::Arc;
use std::time::Duration;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use enlist_registration::limits::later;
use enlist_registration::state::{Registration, Status};
use enlist_registration::tokens::CODE_DIGITS;
use serde::Deserialize;

use super::format::ledger;
use super::views::{
    AwaitingVerification, Confirmation, Notice, NoticeKind, RegistrationPage, RegistrationState,
};
use super::{page, paying_page, site};
use crate::app::App;
use crate::http::{
    Accessible, Problem, ProblemType, RegistrationView, ask_for_mail, settle, what_now,
};
use crate::journeys::Standing;
use crate::language::Language;
use crate::words;

/// As it stands.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    Accessible(registration): Accessible,
) -> Response {
    render(&app, language, &registration, StatusCode::OK, None, None).await
}

/// The code that was typed.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    code: String,
}

/// Takes the code of the newest mail.
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    language: Language,
    Accessible(registration): Accessible,
    Form(form): Form<CodeForm>,
) -> Result<Response, Problem> {
    let proof = app
        .engine
        .verify_by_code(registration.id, &form.code)
        .await?;
    match settle(&app, proof).await {
        Ok(_) => Ok(to_page(&registration)),
        Err(problem)
            if matches!(
                problem.kind,
                ProblemType::WrongCode | ProblemType::CodeExhausted
            ) =>
        {
            let status = problem.kind.row().1;
            Ok(render(
                &app,
                language,
                &registration,
                status,
                None,
                Some(language.tell(&problem.detail)),
            )
            .await)
        }
        Err(problem) if problem.kind == ProblemType::VerificationExpired => {
            Ok(to_page(&registration))
        }
        Err(problem) => Err(problem),
    }
}

/// Sends the mail again.
pub(super) async fn resend(
    State(app): State<Arc<App>>,
    language: Language,
    Accessible(registration): Accessible,
) -> Result<Response, Problem> {
    let standing = Standing::Begun(Box::new(registration.clone()), None);
    let (status, notice) = match ask_for_mail(&app, &standing).await {
        Ok(()) => {
            let notice = Notice {
                language,
                kind: NoticeKind::Done,
                title: language.say("mail-sent-again"),
                text: language.say("mail-sent-again-note"),
            };
            (StatusCode::OK, notice)
        }
        Err(problem) if problem.kind == ProblemType::MailLimited => {
            let notice = Notice {
                language,
                kind: NoticeKind::Waiting,
                title: language.tell(&problem.kind.row().2),
                text: language.tell(&problem.detail),
            };
            (StatusCode::TOO_MANY_REQUESTS, notice)
        }
        Err(problem) if problem.kind == ProblemType::NothingToVerify => {
            return Ok(to_page(&registration));
        }
        Err(problem) => return Err(problem),
    };
    let registration = app
        .store
        .registration(registration.id)
        .await?
        .unwrap_or(registration);
    Ok(render(&app, language, &registration, status, Some(notice), None).await)
}

async fn render(
    app: &App,
    language: Language,
    registration: &Registration,
    status: StatusCode,
    notice: Option<Notice>,
    code_error: Option<String>,
) -> Response {
    let template = RegistrationPage {
        site: site(app, language),
        id: registration.id.to_string(),
        state: state(app, language, registration, code_error).await,
        ledger: ledger(language, registration),
        notice,
    };
    match template.state {
        RegistrationState::AwaitingAction(Confirmation::ByScript(_)) => {
            paying_page(app, status, &template)
        }
        _ => page(status, &template),
    }
}

async fn state(
    app: &App,
    language: Language,
    registration: &Registration,
    code_error: Option<String>,
) -> RegistrationState {
    match registration.status {
        Status::Running => RegistrationState::Running,
        Status::Undoing => RegistrationState::Undoing,
        Status::AwaitingAction => {
            RegistrationState::AwaitingAction(confirmation(app, language, registration).await)
        }
        Status::Registered => RegistrationState::Registered {
            email: registration.intent.email.as_typed().to_owned(),
        },
        Status::Undone => {
            let failure = registration.failure.as_ref();
            RegistrationState::Failed {
                title: failure
                    .map(|failure| language.tell(words::reason(failure)))
                    .unwrap_or_default(),
                detail: language.tell(&match failure {
                    Some(failure) => what_now(app, registration, failure),
                    None => words::leftovers(registration),
                }),
            }
        }
        Status::AwaitingVerification => RegistrationState::AwaitingVerification(waiting(
            app,
            language,
            registration,
            code_error,
        )),
    }
}

/// How the person confirms the payment. Stripe is not asked: its script is, once they want to.
async fn confirmation(app: &App, language: Language, registration: &Registration) -> Confirmation {
    if !app.engine.has_gateway_of(registration) {
        return Confirmation::NotNow;
    }
    if let Some(stripe) = app.settings.gateway.stripe() {
        return Confirmation::ByScript(stripe.script_url.to_string());
    }
    let view = RegistrationView::with_action(app, language, registration).await;
    view.action_url
        .map_or(Confirmation::NotNow, Confirmation::OnPage)
}

fn waiting(
    app: &App,
    language: Language,
    registration: &Registration,
    code_error: Option<String>,
) -> AwaitingVerification {
    let limits = app.engine.limits();
    let next_mail = registration
        .last_mail_at
        .or(registration.opened_at)
        .map(|last| later(last, limits.resend_after))
        .and_then(|when| Duration::try_from(when.duration_since(app.clock.now())).ok())
        .unwrap_or_default();
    AwaitingVerification {
        email: registration.intent.email.as_typed().to_owned(),
        code_length: CODE_DIGITS,
        code_error,
        verify_by: registration
            .act_by
            .map(|when| language.moment(when))
            .unwrap_or_default(),
        verify_by_rfc3339: registration
            .act_by
            .map(|when| when.to_string())
            .unwrap_or_default(),
        resend_after_seconds: next_mail.as_secs() + u64::from(next_mail.subsec_nanos() > 0),
    }
}

/// Where a form of the page is sent to, opened: by a reload, or by a change of the language. There is
/// nothing to be sent again.
pub(super) async fn to_itself(Path(id): Path<String>) -> Redirect {
    // Below the same path, whatever the id is.
    Redirect::to(&format!("/registrations/{id}"))
}

fn to_page(registration: &Registration) -> Response {
    Redirect::to(&format!("/registrations/{}", registration.id)).into_response()
}
