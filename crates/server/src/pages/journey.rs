//! The journey in three steps, as pages: whoever has the cookie of a pending registration is shown the
//! step that comes next, and may go back to each that is done.

pub(super) mod check_mail;
pub(super) mod join;
pub(super) mod payment;
pub(super) mod profile;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use enlist_registration::engine::Given;
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::{AddressIs, Journey, Part};
use enlist_registration::state::{Registration, Status};

use super::views::{Link, MessagePage, StepOfJourney, Steps};
use super::{page, site};
use crate::app::App;
use crate::http::{Bearer, Followed, Problem, ProblemType, expired};
use crate::journeys::{self, Standing};
use crate::language::Language;
use crate::msg;

/// A registration, pending or begun, that this browser may follow.
pub(super) struct Visited {
    /// By which this browser knows it; of a journey that has led to a registration, still the journey's.
    pub(super) id: RegistrationId,
    /// By which token.
    pub(super) bearer: Bearer,
    /// Where it is.
    pub(super) place: Place,
}

/// Where a registration is, as far as this browser is concerned.
pub(super) enum Place {
    /// Mail to the address is refused: it is over.
    Refused(Box<Journey>),
    /// The mailed link or code is waited for.
    CheckMail(Box<Journey>),
    /// Somebody else, who reads mail at the address, has opened the link.
    Elsewhere(Box<Journey>),
    /// Something is to be said, or can be corrected; the last attempt, if it was undone.
    Open(Box<Journey>, Option<Box<Registration>>),
    /// The registration has begun, and is not undone, or was no journey.
    Begun(Box<Registration>),
}

/// A journey on which something can be said, and its last attempt, if that was undone.
type OpenJourney = (Box<Journey>, Option<Box<Registration>>);

impl From<Followed> for Visited {
    fn from(followed: Followed) -> Self {
        let Followed {
            id,
            standing,
            bearer,
        } = followed;
        let place = match standing {
            Standing::Begun(undone, Some(journey)) if undone.status == Status::Undone => {
                on_the_way(bearer, journey, Some(undone))
            }
            Standing::Begun(registration, _) => Place::Begun(registration),
            Standing::Pending(journey) => match journey.address_is() {
                AddressIs::Refused => Place::Refused(journey),
                AddressIs::Unproved => Place::CheckMail(journey),
                AddressIs::Verified => on_the_way(bearer, journey, None),
            },
        };
        Self { id, bearer, place }
    }
}

/// What was said is shown only to whoever has proved the address, also after an attempt was undone.
fn on_the_way(bearer: Bearer, journey: Box<Journey>, undone: Option<Box<Registration>>) -> Place {
    match bearer.may_go_on(&journey) {
        Ok(()) => Place::Open(journey, undone),
        Err(_) => Place::Elsewhere(journey),
    }
}

impl FromRequestParts<Arc<App>> for Visited {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let problem = match Followed::from_request_parts(parts, app).await {
            Ok(followed) => return Ok(followed.into()),
            Err(problem) => problem,
        };
        let path = Path::<String>::from_request_parts(parts, app).await;
        let Some(id) = path.ok().and_then(|Path(id)| id.parse().ok()) else {
            return Err(problem);
        };
        match problem.kind {
            // Its token is right, so it was there.
            ProblemType::NotFound => Err(expired()),
            ProblemType::Unauthorized => {
                let followed = Followed::by_browser(app, &parts.headers).await?;
                let leads_there = |followed: &Followed| match &followed.standing {
                    Standing::Begun(registration, _) => registration.id == id,
                    Standing::Pending(_) => false,
                };
                // The bank leads back to the registration, which the journey has led to.
                let followed = followed.filter(leads_there);
                followed.map(Self::from).ok_or(problem)
            }
            _ => Err(problem),
        }
    }
}

impl Visited {
    /// The journey and its last attempt, for a page on which something is said. Err: whose page to go to
    /// instead.
    pub(super) fn open(self) -> Result<OpenJourney, RegistrationId> {
        match self.place {
            Place::Open(journey, undone) => Ok((journey, undone)),
            _ => Err(self.id),
        }
    }
}

/// The page of a registration.
pub(super) fn to(id: RegistrationId) -> Response {
    Redirect::to(&format!("/registrations/{id}")).into_response()
}

/// The page of the first step that something is missing of.
pub(super) fn to_next(app: &App, journey: &Journey) -> Response {
    let id = journey.id;
    // Whether a card is missing makes no difference.
    match journeys::first_missing(app, journey, None) {
        Part::Verification => to(id),
        Part::Profile => Redirect::to(&format!("/registrations/{id}/profile")).into_response(),
        Part::PaymentMethod | Part::Completion => to_payment(id),
    }
}

pub(super) fn to_payment(id: RegistrationId) -> Response {
    Redirect::to(&format!("/registrations/{id}/payment")).into_response()
}

/// Mail to the address is refused: which address that was, and the way to give another one.
pub(super) fn mail_refused(app: &App, language: Language, journey: &Journey) -> Response {
    let email = journey.email.as_typed();
    let template = MessagePage {
        site: site(app, language),
        title: language.say("problem-mail-refused"),
        text: language.tell(msg!("mail-refused-lead", email = email)),
        action: Some(Link {
            href: "/join".to_owned(),
            label: language.say("use-another-address"),
        }),
    };
    page(StatusCode::GONE, &template)
}

/// What was said could not be kept; where to go instead.
fn not_kept(given: &Given, id: RegistrationId) -> Result<Response, Problem> {
    match given {
        Given::Gone => Err(expired()),
        // The gate knows why: not verified, or begun meanwhile.
        _ => Ok(to(id)),
    }
}

/// Where in the journey a page is.
fn steps(
    app: &App,
    language: Language,
    current: StepOfJourney,
    journey: Option<&Journey>,
    may_go_on: bool,
) -> Steps {
    let journey = journey.filter(|_| may_go_on);
    Steps {
        site: site(app, language),
        current,
        has_email: journey.is_some(),
        has_profile: journey.is_some_and(|journey| journey.profile.is_some()),
        path: journey.map(|journey| format!("/registrations/{}", journey.id)),
    }
}
