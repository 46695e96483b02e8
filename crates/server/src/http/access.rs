//! Who may follow a registration: whoever bears the access token of the creating answer, or on a journey
//! what its mailed link was exchanged for; in the `Authorization` header, or in the cookie that the pages
//! set.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::{AddressIs, Journey, Part, Starter};
use enlist_registration::ports::StoreFault;
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::Order;

use super::answers::{expired, has_begun, mail_refused};
use super::journeys::missing;
use super::problems::{Problem, ProblemType};
use crate::app::App;
use crate::journeys::{self, Standing};
use crate::msg;

/// The cookie of the page: the id and the token of the registration that was begun last.
const COOKIE: &str = "enlist_registration";

/// A registration, pending or begun, that the caller may follow, as it stands now.
pub struct Followed {
    /// What the token is for. A journey's id stands for the registration that it led to, too.
    pub id: RegistrationId,
    /// What it is.
    pub standing: Standing,
    /// As whom.
    pub bearer: Bearer,
}

/// By which of two tokens somebody follows a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// That of the creating answer.
    Starter,
    /// What a mailed link was exchanged for: they read mail at the address.
    Reader,
}

impl Bearer {
    /// Whether they may go on with a journey, and see what was said on it. Whoever began it only once
    /// they have shown that they read mail at its address, and not somebody whom it was sent to.
    pub fn may_go_on(self, journey: &Journey) -> Result<(), Problem> {
        match journey.address_is() {
            AddressIs::Verified => {}
            AddressIs::Unproved => return Err(missing(Part::Verification)),
            AddressIs::Refused => return Err(mail_refused()),
        }
        match (self, journey.starter) {
            (Self::Reader, _) | (Self::Starter, Starter::Proved) => Ok(()),
            (Self::Starter, Starter::Unproved) => Err(Problem::new(
                ProblemType::ConfirmedElsewhere,
                msg!("confirmed-elsewhere"),
            )),
        }
    }
}

impl Followed {
    /// The journey, whether or not its last step has begun a registration.
    pub fn journey(&self) -> Option<&Journey> {
        match &self.standing {
            Standing::Pending(journey) => Some(journey),
            Standing::Begun(_, journey) => journey.as_deref(),
        }
    }

    /// The journey, if the caller may go on with it. Its last step may have been taken: whether anything can
    /// still be said is for the database to decide, and the last step sent again is to be answered again.
    pub fn on_the_way(&self) -> Result<&Journey, Problem> {
        let journey = self
            .journey()
            .ok_or_else(|| self.why_nothing_can_be_said())?;
        self.bearer.may_go_on(journey)?;
        Ok(journey)
    }
}

impl Followed {
    /// Of what is not, or no more, a journey. One that expired after its last attempt was undone is over, and
    /// what is left is that registration.
    pub fn why_nothing_can_be_said(&self) -> Problem {
        match &self.standing {
            Standing::Begun(registration, None)
                if registration.status == Status::Undone
                    && registration.intent.order == Order::VerifyFirst =>
            {
                expired()
            }
            _ => has_begun(),
        }
    }
}

impl Followed {
    /// What a browser has the cookie of; none once that is forgotten.
    pub async fn by_browser(app: &App, headers: &HeaderMap) -> Result<Option<Self>, StoreFault> {
        let jar = CookieJar::from_headers(headers);
        let found = jar.get(COOKIE).and_then(|cookie| {
            let (id, token) = cookie.value().split_once('.')?;
            let id: RegistrationId = id.parse().ok()?;
            Some((id, bearer(app, id, token)?))
        });
        let Some((id, bearer)) = found else {
            return Ok(None);
        };
        let standing = standing(app, id, bearer).await?;
        Ok(standing.map(|standing| Self {
            id,
            standing,
            bearer,
        }))
    }
}

impl FromRequestParts<Arc<App>> for Followed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| not_found())?;
        let id: RegistrationId = id.parse().map_err(|_| not_found())?;
        let token = presented(&parts.headers, id).ok_or_else(unauthorized)?;
        // Checked before the journal is asked: whether an id exists is nobody else's business.
        let bearer = bearer(app, id, &token).ok_or_else(unauthorized)?;
        let standing = standing(app, id, bearer).await?.ok_or_else(not_found)?;
        Ok(Self {
            id,
            standing,
            bearer,
        })
    }
}

/// How it stands, as far as that is the bearer's business. What somebody else's journey came to, who
/// proved the address that it was begun with, is not its starter's.
pub async fn standing(
    app: &App,
    id: RegistrationId,
    bearer: Bearer,
) -> Result<Option<Standing>, StoreFault> {
    let now = app.clock.now();
    let standing = journeys::standing(app, id).await?;
    Ok(standing.and_then(|standing| match standing {
        Standing::Begun(registration, Some(journey)) => {
            let has_expired = journey.expires_at <= now;
            match (bearer.may_go_on(&journey), has_expired) {
                (Ok(()), false) => Some(Standing::Begun(registration, Some(journey))),
                // Nothing can be said on it any more.
                (Ok(()), true) => Some(Standing::Begun(registration, None)),
                (Err(_), false) => Some(Standing::Pending(journey)),
                (Err(_), true) => None,
            }
        }
        visible => Some(visible),
    }))
}

fn bearer(app: &App, id: RegistrationId, token: &str) -> Option<Bearer> {
    let tokens = app.engine.tokens();
    if tokens.access_token_is_right(id, token) {
        return Some(Bearer::Starter);
    }
    let mails = app.engine.limits().mails;
    let is_reader = tokens.journey_access_is_right(id, mails, token);
    is_reader.then_some(Bearer::Reader)
}

/// Whether a browser has the cookie of whoever began a journey.
pub fn is_starter(app: &App, headers: &HeaderMap, id: RegistrationId) -> bool {
    presented(headers, id)
        .is_some_and(|token| app.engine.tokens().access_token_is_right(id, &token))
}

/// A registration that was begun and that the caller may follow, as it stands now.
pub struct Accessible(pub Registration);

impl FromRequestParts<Arc<App>> for Accessible {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let followed = Followed::from_request_parts(parts, app).await?;
        match followed.standing {
            Standing::Begun(registration, _) => Ok(Self(*registration)),
            Standing::Pending(journey) => {
                followed.bearer.may_go_on(&journey)?;
                Err(missing(journeys::first_missing(app, &journey, None)))
            }
        }
    }
}

/// The cookie that lets a browser follow its registration. For as long as the browser is open.
pub fn cookie(app: &App, id: RegistrationId, token: &str) -> Cookie<'static> {
    Cookie::build((COOKIE, format!("{id}.{token}")))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.public_url.starts_with("https://"))
        .build()
}

fn presented(headers: &HeaderMap, id: RegistrationId) -> Option<String> {
    if let Some(token) = bearer_token(headers) {
        return Some(token);
    }
    let jar = CookieJar::from_headers(headers);
    let (of, token) = jar.get(COOKIE)?.value().split_once('.')?;
    (of == id.to_string()).then(|| token.to_owned())
}

/// Another scheme is not ours: a proxy that asks for a password passes `Basic` on with every request.
fn bearer_token(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(axum::http::header::AUTHORIZATION)?;
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

fn unauthorized() -> Problem {
    Problem::new(ProblemType::Unauthorized, msg!("send-access-token"))
}

fn not_found() -> Problem {
    Problem::new(ProblemType::NotFound, msg!("no-registration"))
}
