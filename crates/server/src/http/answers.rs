//! What the API answers about a registration. An answer is a function of the journal and of the
//! service's key, so that the same request gets the same answer whenever it is repeated.

mod views;

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::{Journey, Part};
use enlist_registration::limits::later;
use enlist_registration::ports::Decline;
use enlist_registration::state::{Failure, Registration, Status, StepState};
use enlist_registration::steps::{Kind, Order};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::Bearer;
use super::problems::{Problem, ProblemType};
use super::registrations::RegistrationBody;
use crate::app::App;
use crate::journeys::Standing;
use crate::language::{Language, Message};
use crate::msg;
use crate::words;

pub use views::{
    BillingView, JourneyView, ProfileView, RegistrationView, SubscriptionView, UserView,
};

use views::subscription;

/// When to ask again about a registration that runs.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// When to try again where the gateway was away.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// To whoever is to look into their mailbox.
fn check_your_mail() -> Message {
    msg!("check-your-mail")
}

/// `201`: everything exists.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedBody {
    /// For a person; a constant of the API, in English always.
    pub message: &'static str,
    /// Opens `GET /api/registrations/{id}` and its events.
    pub access_token: String,
    /// The user.
    pub user: UserView,
    /// Names and address.
    pub profile: ProfileView,
    /// What may be shown of the card; null for a free sign-up without one.
    pub billing: Option<BillingView>,
    /// The subscription; null without a paid plan.
    pub subscription: Option<SubscriptionView>,
    /// The registration.
    pub registration: RegistrationView,
}

/// `202`: still running, or waiting for the person.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptedBody {
    /// For a person.
    pub message: String,
    /// Opens `GET /api/registrations/{id}` and its events.
    pub access_token: String,
    /// The registration.
    pub registration: RegistrationView,
}

/// `200` to the use of a mailed link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Confirmed)]
pub struct ConfirmedBody {
    /// In a sign-up in three steps: with what whoever used the link goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// The registration.
    registration: RegistrationView,
    /// What was said so far, in a sign-up in three steps.
    journey: Option<JourneyView>,
}

/// What is left of a registration that failed, and what to do.
pub fn what_now(app: &App, registration: &Registration, failure: &Failure) -> Message {
    words::leftovers(registration).then(words::remedy(failure, &app.brand))
}

/// The answer to the request that began a registration.
pub async fn to_creation(app: &App, language: Language, registration: &Registration) -> Response {
    if registration.opened_at.is_some() {
        return created(app, language, registration);
    }
    match &registration.failure {
        Some(failure) if registration.undoing_since.is_some() => {
            failed(app, language, registration, failure).into_response()
        }
        _ => accepted(app, language, registration).await,
    }
}

/// `201`, as it was when the account was opened.
fn created(app: &App, language: Language, registration: &Registration) -> Response {
    let opened = as_opened(registration);
    let view = RegistrationView {
        status: opened.status.as_str(),
        failure: None,
        closing: None,
        verify_by: verify_by_when_opened(app, registration),
        steps: words::lines(language, &opened),
        ..RegistrationView::of(app, language, registration)
    };
    let verified_at = registration.verified_at;
    let body = CreatedBody {
        message: match opened.status {
            Status::Registered => "User registered successfully!",
            _ => "User registered successfully! Please check your email for verification.",
        },
        access_token: access_token(app, registration.id),
        user: UserView {
            id: registration.intent.user.0,
            email: registration.intent.email.as_typed().to_owned(),
            email_verified_at: verified_at.filter(|_| opened.status == Status::Registered),
            created_at: registration.opened_at,
        },
        profile: ProfileView::from(&registration.intent.profile),
        billing: registration
            .payment_method()
            .map(|method| BillingView::from(&method.card)),
        subscription: subscription(registration)
            .filter(|_| registration.intent.order != Order::ChargeAtVerification),
        registration: view,
    };
    (StatusCode::CREATED, location(registration.id), Json(body)).into_response()
}

/// Until when the address was to be verified when the account was opened. What the journal says is waited for
/// until then may be the bank by now, or nobody.
fn verify_by_when_opened(app: &App, registration: &Registration) -> Option<Timestamp> {
    match (registration.intent.order, registration.status) {
        (Order::VerifyFirst, _) => None,
        (Order::VerifyAfter, _) | (_, Status::AwaitingVerification) => registration.act_by,
        (Order::ChargeAtVerification, _) => registration
            .opened_at
            .map(|opened_at| later(opened_at, app.settings.limits.verify_within)),
    }
}

/// A registration as it stood when its account was opened, whatever became of it since: the person was
/// waited for, unless they had verified the address first.
fn as_opened(registration: &Registration) -> Registration {
    let mut opened = registration.clone();
    let verified_first = registration.intent.order == Order::VerifyFirst;
    opened.status = match verified_first {
        true => Status::Registered,
        false => Status::AwaitingVerification,
    };
    opened.failure = None;
    opened.progress.failed_at = None;
    let mut before = true;
    for step in registration.steps() {
        before = before && (verified_first || step.kind != Kind::Wait);
        let state = if before {
            StepState::Done
        } else {
            StepState::Open
        };
        opened.progress.set(step.name, state);
    }
    opened
}

/// `202`.
async fn accepted(app: &App, language: Language, registration: &Registration) -> Response {
    let message = match registration.status {
        Status::AwaitingAction => msg!("bank-asks"),
        Status::AwaitingVerification => check_your_mail(),
        _ => msg!("registration-runs"),
    };
    let body = AcceptedBody {
        message: language.tell(&message),
        access_token: access_token(app, registration.id),
        registration: RegistrationView::with_action(app, language, registration).await,
    };
    (StatusCode::ACCEPTED, location(registration.id), Json(body)).into_response()
}

/// `202` to the first step of a journey: the same whoever has the address.
pub fn pending(app: &App, language: Language, journey: &Journey) -> Response {
    let body = AcceptedBody {
        message: language.tell(check_your_mail()),
        access_token: access_token(app, journey.id),
        registration: RegistrationView::pending(app, language, journey, Part::Verification),
    };
    (StatusCode::ACCEPTED, location(journey.id), Json(body)).into_response()
}

/// `200` to the use of a journey's link, with what whoever used it goes on with. `last` is what the journey
/// led to.
pub fn confirmed(
    app: &App,
    language: Language,
    journey: Box<Journey>,
    last: Option<Registration>,
    access_token: String,
) -> Response {
    let standing = match last {
        Some(registration) => Standing::Begun(Box::new(registration), Some(journey)),
        None => Standing::Pending(journey),
    };
    let RegistrationBody {
        registration,
        journey,
    } = RegistrationBody::of(app, language, &standing, Bearer::Reader);
    Json(ConfirmedBody {
        access_token: Some(access_token),
        registration,
        journey,
    })
    .into_response()
}

/// `200` to the use of the link of a sign-up in one request. It opens no other door.
pub fn verified(app: &App, language: Language, registration: &Registration) -> Response {
    Json(ConfirmedBody {
        access_token: None,
        registration: RegistrationView::of(app, language, registration),
        journey: None,
    })
    .into_response()
}

/// What is to be changed has begun.
pub fn has_begun() -> Problem {
    Problem::new(ProblemType::RegistrationBegun, msg!("last-step-was-taken"))
}

/// A journey is over.
pub fn expired() -> Problem {
    Problem::new(ProblemType::VerificationExpired, msg!("journey-forgotten"))
}

/// A journey is over: mail to its address is refused for good.
pub fn mail_refused() -> Problem {
    let detail = msg!("mail-refused").then(words::nothing_is_left());
    Problem::new(ProblemType::MailRefused, detail)
}

/// Why a registration failed, as an error answer.
pub fn failed(
    app: &App,
    language: Language,
    registration: &Registration,
    failure: &Failure,
) -> Problem {
    let kind = match failure {
        Failure::Declined(_) => ProblemType::CardDeclined,
        Failure::GatewayUnavailable => ProblemType::GatewayUnavailable,
        Failure::GatewayRejected => ProblemType::GatewayRejected,
        Failure::OutOfTime => ProblemType::OutOfTime,
        Failure::ActionAbandoned => ProblemType::ActionAbandoned,
        Failure::EmailTaken => ProblemType::EmailTaken,
        Failure::NotVerified | Failure::MailRefused | Failure::ByOperator => {
            ProblemType::RegistrationUndone
        }
    };
    let decline_code = match failure {
        Failure::Declined(decline) => Some(decline.code.clone()),
        _ => None,
    };
    let detail = words::reason(failure).then(what_now(app, registration, failure));
    Problem {
        retry_after: matches!(failure, Failure::GatewayUnavailable | Failure::OutOfTime)
            .then_some(TRY_AGAIN),
        decline_code,
        registration: Some(Box::new(RegistrationView::of(app, language, registration))),
        access_token: Some(app.engine.tokens().access_token(registration.id)),
        ..Problem::new(kind, detail)
    }
}

/// The same request is still being carried out.
pub fn still_running(app: &App, language: Language, registration: &Registration) -> Problem {
    let detail = msg!("first-request-runs");
    Problem {
        registration: Some(Box::new(RegistrationView::of(app, language, registration))),
        access_token: Some(app.engine.tokens().access_token(registration.id)),
        ..Problem::new(ProblemType::RegistrationRunning, detail).retry_after(ASK_AGAIN)
    }
}

/// Others, which were sent at the same time, were faster.
pub fn overtaken() -> Problem {
    let detail = msg!("others-were-faster");
    Problem::new(ProblemType::RegistrationRunning, detail).retry_after(ASK_AGAIN)
}

/// The gateway could not be reached before anything was begun.
pub fn gateway_unavailable(app: &App) -> Problem {
    nothing_begun(
        app,
        ProblemType::GatewayUnavailable,
        &Failure::GatewayUnavailable,
    )
    .retry_after(TRY_AGAIN)
}

/// The gateway refused us before anything was begun.
pub fn gateway_rejected(app: &App) -> Problem {
    nothing_begun(app, ProblemType::GatewayRejected, &Failure::GatewayRejected)
}

/// The card was declined before anything was begun.
pub fn declined(app: &App, decline: Decline) -> Problem {
    let decline_code = Some(decline.code.clone());
    let failure = Failure::Declined(decline);
    Problem {
        decline_code,
        ..nothing_begun(app, ProblemType::CardDeclined, &failure)
    }
}

/// What ended a sign-up that had not become a registration.
fn nothing_begun(app: &App, kind: ProblemType, failure: &Failure) -> Problem {
    let remedy = words::remedy(failure, &app.brand);
    let detail = words::reason(failure).then(words::nothing_is_left());
    Problem::new(kind, detail.then(remedy))
}

/// An account or a registration has the address.
pub fn email_taken() -> Problem {
    Problem::new(ProblemType::EmailTaken, msg!("address-in-use"))
}

/// Opens the registration's door for whoever began it.
pub fn access_token(app: &App, id: RegistrationId) -> String {
    app.engine
        .tokens()
        .access_token(id)
        .expose_secret()
        .to_owned()
}

fn location(id: RegistrationId) -> [(header::HeaderName, HeaderValue); 1] {
    let path = format!("/api/registrations/{id}");
    // A UUID is always a valid header value.
    let value = HeaderValue::from_str(&path).unwrap_or(HeaderValue::from_static("/api"));
    [(header::LOCATION, value)]
}
