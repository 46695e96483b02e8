//! `/registrations/{id}`: one registration, from running to rest, for the browser that began it.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use enlist_registration::ids::RegistrationId;
use enlist_registration::state::{Registration, Status};
use serde::Deserialize;

use super::format::{MailSent, awaiting_verification, ledger};
use super::journey::check_mail::{self, Who};
use super::journey::{self, Place, Visited};
use super::views::{Confirmation, Notice, NoticeKind, RegistrationPage, RegistrationState};
use super::{page, path_segment, paying_page, refusal, site};
use crate::app::App;
use crate::http::{
    self, Followed, Problem, ProblemType, RegistrationView, ask_for_mail, settle, settle_journey,
    what_now,
};
use crate::journeys::Standing;
use crate::language::Language;
use crate::words;

/// As it stands; of a pending one, the step that comes next.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    visited: Visited,
) -> Response {
    match &visited.place {
        Place::Open(_, Some(_)) => journey::to_payment(visited.id),
        Place::Open(journey, None) => journey::to_next(&app, journey),
        _ => {
            visited
                .render(&app, language, StatusCode::OK, None, None)
                .await
        }
    }
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
    visited: Visited,
    Form(form): Form<CodeForm>,
) -> Result<Response, Problem> {
    let outcome = match &visited.place {
        Place::Open(..) => Ok(()),
        Place::CheckMail(journey) | Place::Elsewhere(journey) | Place::Refused(journey) => {
            let proof = app.engine.verify_journey_by_code(journey.id, &form.code);
            settle_journey(proof.await?).map(drop)
        }
        Place::Begun(registration) => {
            let proof = app.engine.verify_by_code(registration.id, &form.code);
            settle(&app, proof.await?).await.map(drop)
        }
    };
    let is_begun = matches!(visited.place, Place::Begun(_));
    match outcome {
        Ok(()) => Ok(journey::to(visited.id)),
        Err(problem)
            if matches!(
                problem.kind,
                ProblemType::WrongCode | ProblemType::CodeExhausted
            ) =>
        {
            let status = problem.kind.row().1;
            let error = language.tell(&problem.detail);
            let page = visited.render(&app, language, status, None, Some(error));
            Ok(page.await)
        }
        Err(problem) if is_begun && problem.kind == ProblemType::VerificationExpired => {
            Ok(journey::to(visited.id))
        }
        Err(problem) => Err(problem),
    }
}

/// Sends the mail again.
pub(super) async fn resend(
    State(app): State<Arc<App>>,
    language: Language,
    visited: Visited,
) -> Result<Response, Problem> {
    let Visited { id, bearer, place } = visited;
    let standing = match place {
        Place::CheckMail(journey)
        | Place::Elsewhere(journey)
        | Place::Refused(journey)
        | Place::Open(journey, _) => Standing::Pending(journey),
        Place::Begun(registration) => Standing::Begun(registration, None),
    };
    let asked = ask_for_mail(&app, &standing).await;
    let (status, notice) = match asked {
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
                kind: NoticeKind::Waiting,
                ..refusal(language, &problem)
            };
            (StatusCode::TOO_MANY_REQUESTS, notice)
        }
        Err(problem)
            if matches!(
                problem.kind,
                ProblemType::NothingToVerify | ProblemType::MailRefused
            ) =>
        {
            return Ok(journey::to(id));
        }
        Err(problem) => return Err(problem),
    };
    // As it stands now: when the next can be asked for.
    let Some(standing) = http::standing(&app, id, bearer).await? else {
        return Err(http::expired());
    };
    let visited = Visited::from(Followed {
        id,
        standing,
        bearer,
    });
    let page = visited.render(&app, language, status, Some(notice), None);
    Ok(page.await)
}

impl Visited {
    /// The page of what can be looked at and waited for. Where something is to be said, the way there.
    async fn render(
        &self,
        app: &App,
        language: Language,
        status: StatusCode,
        notice: Option<Notice>,
        code_error: Option<String>,
    ) -> Response {
        let (journey, who) = match &self.place {
            Place::CheckMail(journey) => (journey, Who::Anybody),
            Place::Elsewhere(journey) => (journey, Who::Starter),
            Place::Refused(journey) => return journey::mail_refused(app, language, journey),
            Place::Open(..) => return journey::to_payment(self.id),
            Place::Begun(registration) => {
                let page = Page {
                    id: self.id,
                    status,
                    notice,
                    code_error,
                };
                return render(app, language, registration, page).await;
            }
        };
        // Unless it answers something else that was asked for.
        let status = match (who, status, &notice) {
            (Who::Starter, StatusCode::OK, None) => StatusCode::FORBIDDEN,
            _ => status,
        };
        check_mail::render(app, language, journey, who, status, notice, code_error)
    }
}

/// What a page says beside how its registration stands.
struct Page {
    /// By which this browser knows the registration.
    id: RegistrationId,
    status: StatusCode,
    notice: Option<Notice>,
    code_error: Option<String>,
}

async fn render(
    app: &App,
    language: Language,
    registration: &Registration,
    page: Page,
) -> Response {
    let Page {
        id,
        status,
        notice,
        code_error,
    } = page;
    let template = RegistrationPage {
        site: site(app, language),
        id: id.to_string(),
        state: state(app, language, registration, code_error).await,
        ledger: ledger(language, registration),
        notice,
    };
    match template.state {
        RegistrationState::AwaitingAction(Confirmation::ByScript(_)) => {
            paying_page(app, status, &template)
        }
        _ => self::page(status, &template),
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
        Status::AwaitingVerification => {
            let mail = MailSent {
                to: &registration.intent.email,
                at: registration.last_mail_at.or(registration.opened_at),
                expires_at: registration.act_by,
                code_error,
            };
            let wait = awaiting_verification(app, language, mail);
            RegistrationState::AwaitingVerification(wait)
        }
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

/// Where a form of the page is sent to, opened: by a reload, or by a change of the language. There is
/// nothing to be sent again.
pub(super) async fn to_itself(Path(id): Path<String>) -> Redirect {
    Redirect::to(&format!("/registrations/{}", path_segment(&id)))
}
