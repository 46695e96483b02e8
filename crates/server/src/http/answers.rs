//! What the API answers about a registration. An answer is a function of the journal and of the
//! service's key, so that the same request gets the same answer whenever it is repeated.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use enlist_domain::Profile;
use enlist_domain::card::CardSummary;
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::Journey;
use enlist_registration::ports::Decline;
use enlist_registration::state::{Failure, Registration, Status, StepState};
use enlist_registration::steps::{Kind, Order};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::Bearer;
use super::action;
use super::problems::{Problem, ProblemType};
use super::registrations::RegistrationBody;
use crate::app::App;
use crate::journeys::{self, Standing};
use crate::language::{Language, Message};
use crate::msg;
use crate::words::{self, Line};

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

/// `200` to the use of a journey's link.
#[derive(Debug, Serialize)]
struct ConfirmedBody {
    access_token: String,
    registration: RegistrationView,
    journey: Option<JourneyView>,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// Its id.
    pub id: Uuid,
    /// As typed.
    pub email: String,
    /// Null until the address is verified.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub email_verified_at: Option<Timestamp>,
    /// When the account was opened.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
}

/// Names and address.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfileView {
    /// As sent.
    pub first_name: String,
    /// As sent.
    pub last_name: String,
    /// First line.
    pub address: String,
    /// Second line.
    pub address_line2: Option<String>,
    /// City.
    pub city: String,
    /// State, province or region.
    pub state: String,
    /// Postal code.
    pub zip: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// What may be shown of a card.
#[derive(Debug, Serialize, ToSchema)]
pub struct BillingView {
    /// `visa`, `mastercard`, ….
    pub brand: &'static str,
    /// The last four digits.
    pub last4: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// Four digits.
    pub expiry_year: u16,
}

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    /// The gateway's id.
    pub id: String,
    /// The plan's name.
    pub plan: String,
    /// `active`.
    pub status: &'static str,
    /// What was charged, in minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: &'static str,
    /// When the next charge is due.
    #[schema(value_type = String, format = DateTime)]
    pub current_period_end: Timestamp,
}

/// A registration.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RegistrationView {
    /// Its id.
    pub id: Uuid,
    /// `pending`, `running`, `awaiting_action`, `awaiting_verification`, `undoing`, `registered` or
    /// `undone`; `stuck` while undoing takes longer than an hour.
    pub status: &'static str,
    /// The first part of the journey that is missing (`pending` only): `verification`, `profile`,
    /// `payment_method` or `completion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<&'static str>,
    /// When it is forgotten (`pending` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Until when the address is to be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verify_by: Option<Timestamp>,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Where the person confirms the payment with their bank (`awaiting_action` only; none where the
    /// gateway's script asks them).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_url: Option<String>,
    /// What the gateway's script in the page confirms the payment with (`awaiting_action` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// What the gateway's script in the page is opened with (`awaiting_action` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publishable_key: Option<String>,
    /// Why it is being, or was, undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
    /// The steps, in order.
    pub steps: Vec<Line>,
    /// The sentence that closes a registration that was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closing: Option<String>,
}

/// What was said on a journey so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct JourneyView {
    /// As typed.
    pub email: String,
    /// Names and address.
    pub profile: Option<ProfileView>,
    /// Whether a card was given that can be charged.
    pub has_payment_method: bool,
    /// What may be shown of the card; null for a token that was made in the browser.
    pub billing: Option<BillingView>,
    /// The plan's name.
    pub plan: Option<String>,
}

impl JourneyView {
    /// What was said.
    pub fn of(app: &App, journey: &Journey) -> Self {
        let card = journeys::card(app, journey);
        let tokenized = card.and_then(|card| card.tokenized.as_ref());
        Self {
            email: journey.email.as_typed().to_owned(),
            profile: journey.profile.as_ref().map(ProfileView::from),
            has_payment_method: card.is_some(),
            billing: tokenized.map(|method| BillingView::from(&method.card)),
            plan: journey.plan.clone(),
        }
    }
}

/// Why a registration failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FailureView {
    /// For a program: `declined`, `gateway_unavailable`, `not_verified`, ….
    pub reason: &'static str,
    /// What happened, for a person.
    pub title: String,
    /// What is left of it and what to do, for a person.
    pub detail: String,
    /// The gateway's word for a decline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
}

impl RegistrationView {
    /// A registration as it stands.
    pub fn of(app: &App, language: Language, registration: &Registration) -> Self {
        let stuck_after = app
            .engine
            .limits()
            .stuck_after
            .try_into()
            .unwrap_or_default();
        let is_stuck = registration.is_stuck(app.clock.now(), stuck_after);
        Self {
            id: registration.id.0,
            status: if is_stuck {
                "stuck"
            } else {
                registration.status.as_str()
            },
            next: None,
            expires_at: None,
            verify_by: verify_by(registration),
            created_at: registration.begun_at,
            action_url: None,
            client_secret: None,
            publishable_key: None,
            failure: registration
                .failure
                .as_ref()
                .map(|failure| FailureView::of(app, language, registration, failure)),
            steps: words::lines(language, registration),
            closing: words::closing(registration).map(|closing| language.tell(&closing)),
        }
    }

    /// A pending one.
    pub fn pending(app: &App, journey: &Journey) -> Self {
        Self {
            id: journey.id.0,
            status: "pending",
            next: Some(journeys::first_missing(app, journey).as_str()),
            expires_at: Some(journey.expires_at),
            verify_by: journey.verified_at.is_none().then_some(journey.expires_at),
            created_at: journey.begun_at,
            action_url: None,
            client_secret: None,
            publishable_key: None,
            failure: None,
            steps: Vec::new(),
            closing: None,
        }
    }

    /// The same, with what the person needs in order to confirm a payment.
    pub async fn with_action(app: &App, language: Language, registration: &Registration) -> Self {
        let mut view = Self::of(app, language, registration);
        if let Some(action) = action::awaited(app, registration).await {
            view.action_url = action.url;
            view.client_secret = Some(action.client_secret.expose_secret().to_owned());
            view.publishable_key = action.publishable_key;
        }
        view
    }
}

impl FailureView {
    fn of(app: &App, language: Language, registration: &Registration, failure: &Failure) -> Self {
        let decline_code = match failure {
            Failure::Declined(decline) => Some(decline.code.clone()),
            _ => None,
        };
        Self {
            reason: failure.as_str(),
            title: language.tell(words::reason(failure)),
            detail: language.tell(what_now(app, registration, failure)),
            decline_code,
        }
    }
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

impl From<&Profile> for ProfileView {
    fn from(profile: &Profile) -> Self {
        let address = &profile.address;
        Self {
            first_name: profile.first_name.as_str().to_owned(),
            last_name: profile.last_name.as_str().to_owned(),
            address: address.address().to_owned(),
            address_line2: address.address_line2().map(ToOwned::to_owned),
            city: address.city().unwrap_or_default().to_owned(),
            state: address.state().unwrap_or_default().to_owned(),
            zip: address.zip().unwrap_or_default().to_owned(),
            country: address.country().as_str().to_owned(),
        }
    }
}

impl From<&CardSummary> for BillingView {
    fn from(card: &CardSummary) -> Self {
        Self {
            brand: card.brand.as_str(),
            last4: card.last4.clone(),
            expiry_month: card.expiry.month(),
            expiry_year: card.expiry.year(),
        }
    }
}

/// Until when the address is to be verified, or was to be when the account was opened. What was waited
/// for last may have been the bank.
fn verify_by(registration: &Registration) -> Option<Timestamp> {
    let is_waited_for = registration.status == Status::AwaitingVerification;
    let was_opened =
        registration.opened_at.is_some() && registration.intent.order == Order::VerifyAfter;
    registration.act_by.filter(|_| is_waited_for || was_opened)
}

fn subscription(registration: &Registration) -> Option<SubscriptionView> {
    let plan = registration.intent.paid_plan()?;
    let subscription = registration.progress.subscription.as_ref()?;
    Some(SubscriptionView {
        id: subscription.id.to_string(),
        plan: plan.name.clone(),
        status: "active",
        amount_minor: plan.price.amount_minor(),
        currency: plan.price.currency().code(),
        current_period_end: subscription.current_period_end,
    })
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
        registration: RegistrationView::pending(app, journey),
    };
    (StatusCode::ACCEPTED, location(journey.id), Json(body)).into_response()
}

/// `200` to the use of a journey's link, with what whoever used it goes on with.
pub fn confirmed(
    app: &App,
    language: Language,
    journey: Box<Journey>,
    access_token: String,
) -> Response {
    let standing = Standing::Pending(journey);
    let RegistrationBody {
        registration,
        journey,
    } = RegistrationBody::of(app, language, &standing, Bearer::Reader);
    Json(ConfirmedBody {
        access_token,
        registration,
        journey,
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
