//! `/api/registrations/{id}`: how one registration stands, and proving its address.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use enlist_registration::engine::{JourneyProof, Verification};
use enlist_registration::journey::{AddressIs, Journey, Part};
use enlist_registration::ports::MailAsked;
use enlist_registration::state::{Registration, Status};
use enlist_registration::tokens::CODE_DIGITS;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{self, Bearer, Followed};
use super::answers::{self, JourneyView, RegistrationView};
use super::problems::{Problem, ProblemBody, ProblemType};
use super::request_body::require_json;
use crate::app::App;
use crate::journeys::{self, Standing};
use crate::language::Language;
use crate::msg;
use crate::sign_up::drive;

/// A registration.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegistrationBody {
    /// The registration.
    pub registration: RegistrationView,
    /// What was said so far (where something can still be said, and only for whoever has proved the address).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journey: Option<JourneyView>,
}

impl RegistrationBody {
    /// As it stands, with what was said on the way to it for whoever may go on.
    pub fn of(app: &App, language: Language, standing: &Standing, bearer: Bearer) -> Self {
        match standing {
            Standing::Pending(journey) => Self::pending(app, language, journey, None, bearer),
            Standing::Begun(undone, Some(journey))
                if undone.status == Status::Undone && bearer.may_go_on(journey).is_ok() =>
            {
                let last = Some(&**undone);
                let next = journeys::first_missing(app, journey, last);
                Self {
                    registration: RegistrationView {
                        next: Some(next.as_str()),
                        ..RegistrationView::of(app, language, undone)
                    },
                    journey: Some(JourneyView::of(app, journey, last)),
                }
            }
            Standing::Begun(registration, _) => {
                Self::with(RegistrationView::of(app, language, registration))
            }
        }
    }

    /// A journey on which something is to be said, with what it led to last. Whoever may not go on with it
    /// is to verify the address, and not told how far its owner has come.
    pub fn pending(
        app: &App,
        language: Language,
        journey: &Journey,
        last: Option<&Registration>,
        bearer: Bearer,
    ) -> Self {
        let may_go_on = bearer.may_go_on(journey).is_ok();
        let next = match may_go_on {
            true => journeys::first_missing(app, journey, last),
            false => Part::Verification,
        };
        Self {
            registration: RegistrationView::pending(app, language, journey, next),
            journey: may_go_on.then(|| JourneyView::of(app, journey, last)),
        }
    }

    /// One that was begun.
    pub fn with(registration: RegistrationView) -> Self {
        Self {
            registration,
            journey: None,
        }
    }
}

/// A proof of the address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerificationBody {
    /// The six digits of the newest mail.
    pub code: String,
}

/// How a registration stands.
#[utoipa::path(
    get,
    path = "/api/registrations/{id}",
    tag = "registration",
    params(("id" = String, Path, description = "The registration's id.")),
    security(("access_token" = [])),
    responses(
        (status = 200, body = RegistrationBody),
        (status = 401, description = "The access token is missing or wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such registration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    followed: Followed,
) -> Json<RegistrationBody> {
    Json(match &followed.standing {
        Standing::Begun(registration, _) if registration.status != Status::Undone => {
            let view = RegistrationView::with_action(&app, language, registration).await;
            RegistrationBody::with(view)
        }
        standing => RegistrationBody::of(&app, language, standing, followed.bearer),
    })
}

/// Proves the address with the code of the newest mail.
#[utoipa::path(
    post,
    path = "/api/registrations/{id}/verification",
    tag = "verification",
    params(("id" = String, Path, description = "The registration's id.")),
    request_body = VerificationBody,
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The address is verified.", body = RegistrationBody),
        (status = 400, description = "Not what this reads.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The access token is missing or wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such registration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is nothing to verify yet.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "Too late: the registration is undone, or being undone; or mail to the address is refused.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The code is wrong; or it is not six digits, which costs no try.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many codes were tried: ask for another mail, or use the link.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn verify(
    State(app): State<Arc<App>>,
    language: Language,
    followed: Followed,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<RegistrationBody>, Problem> {
    require_json(&headers)?;
    let body: VerificationBody = serde_json::from_slice(&body)
        .map_err(|_| Problem::new(ProblemType::MalformedRequest, msg!("body-no-code")))?;
    let registration = match followed.standing {
        Standing::Begun(registration, _) => *registration,
        Standing::Pending(journey) => {
            let proof = app.engine.verify_journey_by_code(journey.id, &body.code);
            let journey = settle_journey(proof.await?)?;
            // Whoever used the link may have taken the last step by now.
            let standing = access::standing(&app, journey.id, followed.bearer).await?;
            let standing = standing.unwrap_or(Standing::Pending(journey));
            let body = RegistrationBody::of(&app, language, &standing, followed.bearer);
            return Ok(Json(body));
        }
    };
    let proof = app
        .engine
        .verify_by_code(registration.id, &body.code)
        .await?;
    let registration = match settle(&app, proof).await? {
        Some(registration) => registration,
        None => app
            .store
            .registration(registration.id)
            .await?
            .unwrap_or(registration),
    };
    let view = RegistrationView::of(&app, language, &registration);
    Ok(Json(RegistrationBody::with(view)))
}

/// The journey whose address is proved; anything else is a problem.
pub fn settle_journey(proof: JourneyProof) -> Result<Box<Journey>, Problem> {
    match proof {
        JourneyProof::Accepted(journey) | JourneyProof::AlreadyVerified(journey) => Ok(journey),
        JourneyProof::NotACode => Err(not_a_code()),
        JourneyProof::WrongCode { tries_left } => Err(wrong_code(tries_left)),
        JourneyProof::CodeExhausted => Err(code_exhausted()),
        JourneyProof::LinkIsUsed(_) => {
            Err(Problem::new(ProblemType::LinkUsed, msg!("links-work-once")))
        }
        JourneyProof::MailRefused => Err(answers::mail_refused()),
        JourneyProof::Expired => Err(answers::expired()),
        JourneyProof::Unknown => Err(Problem::new(ProblemType::NotFound, msg!("no-registration"))),
    }
}

fn wrong_code(tries_left: u32) -> Problem {
    Problem::new(
        ProblemType::WrongCode,
        msg!("check-code", left = tries_left),
    )
}

fn not_a_code() -> Problem {
    let detail = msg!("code-has-digits", digits = CODE_DIGITS);
    Problem::new(ProblemType::WrongCode, detail)
}

fn code_exhausted() -> Problem {
    Problem::new(ProblemType::CodeExhausted, msg!("ask-for-mail"))
}

/// Goes on after a proof was accepted; anything else is a problem. None: it was verified before.
pub async fn settle(app: &App, proof: Verification) -> Result<Option<Registration>, Problem> {
    match proof {
        Verification::Accepted(registration) => Ok(Some(
            drive(app, *registration, app.settings.server.wait).await?,
        )),
        Verification::AlreadyVerified => Ok(None),
        Verification::Expired => Err(Problem::new(
            ProblemType::VerificationExpired,
            msg!("confirmed-too-late"),
        )),
        Verification::NotACode => Err(not_a_code()),
        Verification::WrongCode { tries_left } => Err(wrong_code(tries_left)),
        Verification::CodeExhausted => Err(code_exhausted()),
        Verification::NotYet => Err(Problem::new(
            ProblemType::NothingToVerify,
            msg!("no-code-yet"),
        )),
        Verification::Unknown => Err(Problem::new(ProblemType::NotFound, msg!("no-registration"))),
    }
}

/// Sends the verification mail again, with a new code.
#[utoipa::path(
    post,
    path = "/api/registrations/{id}/verification/mail",
    tag = "verification",
    params(("id" = String, Path, description = "The registration's id.")),
    security(("access_token" = [])),
    responses(
        (status = 202, description = "Another mail is on its way."),
        (status = 401, description = "The access token is missing or wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such registration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It does not wait to be verified.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "Mail to the address is refused.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too soon after the last, or too many.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn resend(
    State(app): State<Arc<App>>,
    followed: Followed,
) -> Result<StatusCode, Problem> {
    ask_for_mail(&app, &followed.standing).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Queues another mail, within the ration.
pub async fn ask_for_mail(app: &App, standing: &Standing) -> Result<(), Problem> {
    if let Standing::Pending(journey) = standing
        && journey.address_is() == AddressIs::Refused
    {
        return Err(answers::mail_refused());
    }
    let asked = match standing {
        Standing::Pending(journey) => app.engine.resend_journey_mail(journey.id).await?,
        Standing::Begun(registration, _) => app.engine.resend_mail(registration.id).await?,
    };
    match asked {
        MailAsked::Queued => {
            match standing {
                Standing::Pending(_) => app.watch.ring_for_journey_mail(),
                Standing::Begun(..) => app.watch.ring_for_mail(),
            }
            Ok(())
        }
        MailAsked::TooSoon(when) => {
            let pause = when
                .duration_since(app.clock.now())
                .try_into()
                .unwrap_or_default();
            Err(Problem::new(ProblemType::MailLimited, msg!("mail-just-sent")).retry_after(pause))
        }
        MailAsked::Exhausted => Err(Problem::new(
            ProblemType::MailLimited,
            msg!("mails-used-up"),
        )),
        MailAsked::NotWaiting => Err(Problem::new(
            ProblemType::NothingToVerify,
            msg!("waits-for-nothing"),
        )),
    }
}
