//! What the API shows of users, cards, registrations and journeys.

use enlist_domain::Profile;
use enlist_domain::card::CardSummary;
use enlist_registration::journey::{AddressIs, Journey, Part};
use enlist_registration::state::{Failure, Registration, Status};
use enlist_registration::steps::Order;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::what_now;
use crate::app::App;
use crate::http::action;
use crate::journeys;
use crate::language::Language;
use crate::words::{self, Line};

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
    /// City; like the next two empty where none was given.
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
    /// The first part of the journey that is missing (`pending`, or `undone` where another attempt can be
    /// made): `verification`, `profile`, `payment_method` or `completion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<&'static str>,
    /// When it is forgotten (`pending`, or `undone` before it had begun).
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
    pub fn of(app: &App, journey: &Journey, last: Option<&Registration>) -> Self {
        let card = journeys::card(app, journey, last);
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

    /// A pending one; or one that is over because mail to its address is refused.
    /// `next` is the first part that is missing.
    pub fn pending(app: &App, language: Language, journey: &Journey, next: Part) -> Self {
        let is_over = journey.address_is() == AddressIs::Refused;
        Self {
            id: journey.id.0,
            status: if is_over {
                Status::Undone.as_str()
            } else {
                "pending"
            },
            next: (!is_over).then_some(next.as_str()),
            expires_at: Some(journey.expires_at),
            verify_by: (journey.address_is() == AddressIs::Unproved).then_some(journey.expires_at),
            created_at: journey.begun_at,
            action_url: None,
            client_secret: None,
            publishable_key: None,
            failure: is_over.then(|| FailureView::of_refused_mail(app, language)),
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
    pub(super) fn of(
        app: &App,
        language: Language,
        registration: &Registration,
        failure: &Failure,
    ) -> Self {
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

impl FailureView {
    /// Why a journey is over whose mail was refused: nothing was begun.
    fn of_refused_mail(app: &App, language: Language) -> Self {
        let failure = Failure::MailRefused;
        let remedy = words::remedy(&failure, &app.brand);
        Self {
            reason: failure.as_str(),
            title: language.tell(words::reason(&failure)),
            detail: language.tell(words::nothing_is_left().then(remedy)),
            decline_code: None,
        }
    }
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

/// The subscription that a registration made, if its plan has one.
pub(super) fn subscription(registration: &Registration) -> Option<SubscriptionView> {
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
