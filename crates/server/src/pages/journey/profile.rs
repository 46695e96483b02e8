//! `/registrations/{id}/profile`: the second step, names and billing address.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use enlist_domain::Profile;
use enlist_registration::engine::Given;
use enlist_registration::journey::Journey;

use super::{Visited, not_kept, steps, to, to_payment};
use crate::app::App;
use crate::http::Problem;
use crate::journeys;
use crate::language::Language;
use crate::pages::forms::{mark, read};
use crate::pages::views::{AddressView, Notice, ProfilePage, SignUpForm, StepOfJourney};
use crate::pages::{not_stored, page, refusal, site, with_retry_after};

/// The form, with what was given before.
pub(in crate::pages) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    visited: Visited,
) -> Response {
    match visited.open() {
        Ok((journey, _)) => {
            let form = journey.profile.as_ref().map(filled_in).unwrap_or_default();
            let template = form_page(&app, language, &journey, form, None);
            page(StatusCode::OK, &template)
        }
        Err(id) => to(id),
    }
}

/// Keeps it and goes on.
pub(in crate::pages) async fn submit(
    State(app): State<Arc<App>>,
    language: Language,
    visited: Visited,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (journey, _) = match visited.open() {
        Ok(open) => open,
        Err(id) => return Ok(to(id)),
    };
    let mut sent = read(pairs);
    if sent.is_for_language {
        let template = form_page(&app, language, &journey, sent.kept, None);
        return Ok(page(StatusCode::OK, &template));
    }
    let profile = match sent.raw.parse_profile(&journeys::rules(&app)) {
        Ok(profile) => profile,
        Err(faults) => {
            mark(&mut sent.kept, language, &faults);
            let template = form_page(&app, language, &journey, sent.kept, None);
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &template));
        }
    };
    // The same once more changes nothing: what was taken back meanwhile is still told on the next page.
    if journey.profile.as_ref() == Some(&profile) {
        return Ok(to_payment(journey.id));
    }
    match app.engine.give_profile(journey.id, profile).await {
        Ok(Given::Kept(journey)) => Ok(to_payment(journey.id)),
        Ok(other) => not_kept(&other, journey.id),
        Err(fault) => {
            let problem = not_stored(fault);
            let notice = refusal(language, &problem);
            let template = form_page(&app, language, &journey, sent.kept, Some(notice));
            let response = page(problem.kind.row().1, &template);
            Ok(with_retry_after(&problem, response))
        }
    }
}

fn filled_in(profile: &Profile) -> SignUpForm {
    let address = &profile.address;
    let mut form = SignUpForm::default();
    for (field, value) in [
        (&mut form.first_name, profile.first_name.as_str()),
        (&mut form.last_name, profile.last_name.as_str()),
        (&mut form.country, address.country().as_str()),
        (&mut form.address, address.address()),
        (
            &mut form.address_line2,
            address.address_line2().unwrap_or_default(),
        ),
        (&mut form.city, address.city().unwrap_or_default()),
        (&mut form.state, address.state().unwrap_or_default()),
        (&mut form.zip, address.zip().unwrap_or_default()),
    ] {
        field.value = value.to_owned();
    }
    form
}

fn form_page(
    app: &App,
    language: Language,
    journey: &Journey,
    mut form: SignUpForm,
    notice: Option<Notice>,
) -> ProfilePage {
    if form.country.value.is_empty() {
        form.country.value = app.settings.default_country.as_str().to_owned();
    }
    ProfilePage {
        site: site(app, language),
        steps: steps(app, language, StepOfJourney::Profile, Some(journey), true),
        id: journey.id.to_string(),
        address: AddressView::new(language, &form.country.value),
        form,
        notice,
    }
}
