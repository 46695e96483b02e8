//! `/join`: the first step, which asks for nothing but the address.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use enlist_registration::journey::Journey;
use enlist_registration::state::Registration;

use super::{Place, Visited, steps, to};
use crate::app::App;
use crate::config::VerificationMode;
use crate::http::{self, Followed, Problem};
use crate::journeys;
use crate::language::Language;
use crate::pages::forms::{mark, read};
use crate::pages::views::{JoinPage, Notice, SignUpForm, StepOfJourney};
use crate::pages::{not_stored, page, refusal, site, with_retry_after};

/// An empty form; in the browser of a pending registration, one with its address.
pub(in crate::pages) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let known = visited(&app, &headers).await?;
    let mut form = SignUpForm::default();
    if let Some(journey) = known.as_ref().and_then(journey_of) {
        form.email.value = journey.email.as_typed().to_owned();
    }
    let page = join_page(&app, language, form, known.as_ref(), None);
    Ok(self::page(StatusCode::OK, &page))
}

/// Begins a journey, or goes on with the one that this browser has begun with the same address.
pub(in crate::pages) async fn submit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let known = visited(&app, &headers).await?;
    let mut sent = read(pairs);
    if sent.is_for_language {
        let page = join_page(&app, language, sent.kept, known.as_ref(), None);
        return Ok(self::page(StatusCode::OK, &page));
    }
    let email = match sent.raw.parse_email() {
        Ok(email) => email,
        Err(faults) => {
            mark(&mut sent.kept, language, &faults);
            let page = join_page(&app, language, sent.kept, known.as_ref(), None);
            return Ok(self::page(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
    };
    let is_same = |visited: &Visited| {
        let journey = journey_of(visited).map(|journey| &journey.email);
        let running = running_of(visited).map(|registration| &registration.intent.email);
        let address = journey.or(running);
        address.is_some_and(|address| address.normalised() == email.normalised())
    };
    if let Some(known) = known.as_ref().filter(|known| is_same(known)) {
        // Pressed twice, or come back: nothing is lost, and no other mail is sent.
        return Ok(to(known.id));
    }
    let refused = |problem: &Problem, kept| {
        let notice = refusal(language, problem);
        let page = join_page(&app, language, kept, known.as_ref(), Some(notice));
        with_retry_after(problem, self::page(problem.kind.row().1, &page))
    };
    if let Err(problem) = http::count(&app, peer, &headers) {
        return Ok(refused(&problem, sent.kept));
    }
    let journey = match journeys::begin(&app, email, Some(language.tag())).await {
        Ok(journey) => journey,
        Err(fault) => return Ok(refused(&not_stored(fault), sent.kept)),
    };
    let token = http::access_token(&app, journey.id);
    let jar = CookieJar::new().add(http::cookie(&app, journey.id, &token));
    Ok((jar, to(journey.id)).into_response())
}

/// What this browser is about, if it is about anything.
async fn visited(app: &App, headers: &HeaderMap) -> Result<Option<Visited>, Problem> {
    let followed = Followed::by_browser(app, headers).await?;
    Ok(followed.map(Visited::from))
}

/// The journey on which something can still be said.
fn journey_of(visited: &Visited) -> Option<&Journey> {
    match &visited.place {
        Place::CheckMail(journey) | Place::Elsewhere(journey) | Place::Open(journey, _) => {
            Some(journey)
        }
        Place::Refused(_) | Place::Begun(_) => None,
    }
}

/// The registration that is under way: it has the address, so another one would be in vain.
fn running_of(visited: &Visited) -> Option<&Registration> {
    match &visited.place {
        Place::Begun(registration) if !registration.status.rests() => Some(registration),
        _ => None,
    }
}

fn join_page(
    app: &App,
    language: Language,
    form: SignUpForm,
    known: Option<&Visited>,
    notice: Option<Notice>,
) -> JoinPage {
    let journey = known.and_then(journey_of);
    let confirmed = matches!(known, Some(known) if matches!(known.place, Place::Open(..)));
    JoinPage {
        site: site(app, language),
        steps: steps(app, language, StepOfJourney::Email, journey, confirmed),
        form,
        notice,
        confirmed,
        has_one_form: app.settings.verification_mode == VerificationMode::After,
    }
}
