//! `/api/registrations/{id}/confirmation`: the person is back from their bank.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{Signal, Signalled};
use enlist_registration::state::{Registration, Status, StepState};
use enlist_registration::steps::StepName;

use super::access::Accessible;
use super::answers::RegistrationView;
use super::problems::{Problem, ProblemBody, ProblemType};
use super::registrations::RegistrationBody;
use crate::app::App;
use crate::language::Language;
use crate::msg;
use crate::sign_up::drive;

/// Says that the person is back from their bank, whichever way they answered it: the payment is looked
/// at again, and the registration goes on, or is undone where the bank refused. Answers how it stands
/// then, or after `server.wait`. Where the bank was not answered yet, it goes on waiting.
#[utoipa::path(
    post,
    path = "/api/registrations/{id}/confirmation",
    tag = "registration",
    params(("id" = String, Path, description = "The registration's id.")),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "How it stands.", body = RegistrationBody),
        (status = 401, description = "The access token is missing or wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The address was confirmed by somebody else who reads its mail.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such registration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The bank has asked nothing (yet), or something is missing before the registration can begin.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "It was not completed in time, or mail to the address is refused: begin again.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn confirm(
    State(app): State<Arc<App>>,
    language: Language,
    Accessible(registration): Accessible,
) -> Result<Json<RegistrationBody>, Problem> {
    if !app.engine.has_gateway_of(&registration) {
        // Nobody can look: it waits until its own gateway is in use again.
        let registration = RegistrationView::of(&app, language, &registration);
        return Ok(Json(RegistrationBody::with(registration)));
    }
    let id = registration.id;
    let drivers = app.drivers.clone();
    let resumed = Arc::clone(&app);
    // In a task of its own: a client that goes away must not stop it between the claim and the drive.
    let registration = drivers
        .carry_out(async move { go_on(&resumed, language, id).await })
        .await?;
    let view = RegistrationView::with_action(&app, language, &registration).await;
    Ok(Json(RegistrationBody::with(view)))
}

async fn go_on(app: &App, language: Language, id: RegistrationId) -> Result<Registration, Problem> {
    match app.engine.signal(id, Signal::ActionTaken).await? {
        Signalled::Claimed(claimed) => Ok(drive(app, *claimed, app.settings.server.wait).await?),
        Signalled::NotWaiting(registration) if was_never_asked(&registration) => {
            let detail = msg!("bank-has-not-asked");
            Err(Problem {
                registration: Some(Box::new(RegistrationView::of(app, language, &registration))),
                ..Problem::new(ProblemType::NothingToConfirm, detail)
            })
        }
        Signalled::NotWaiting(registration) => Ok(*registration),
        Signalled::Unknown => Err(Problem::new(ProblemType::NotFound, msg!("no-registration"))),
    }
}

/// It has not come to the payment, or the payment needed no confirmation. Whoever is further, or on
/// the way back, or was woken by somebody else a moment ago, is told how it stands.
fn was_never_asked(registration: &Registration) -> bool {
    let payment = registration.progress.of(StepName::StartSubscription);
    registration.status == Status::Running
        && registration.progress.incomplete_subscription.is_none()
        && payment != StepState::Done
}
