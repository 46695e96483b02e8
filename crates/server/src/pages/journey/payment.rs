//! `/registrations/{id}/payment`: the last step. Plan, card and password come in one form; the card is
//! kept as a token before the rest is looked at, so that it is typed once whatever is wrong with the rest.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use enlist_domain::{Field, FieldFaults, RawSignUp};
use enlist_registration::engine::{Given, NoToken};
use enlist_registration::journey::{CardIs, Journey, JourneyCard};
use enlist_registration::state::{Failure, Registration, Status};

use super::{Visited, not_kept, steps, to, to_next};
use crate::app::App;
use crate::http::{self, Preference, Problem, expired, what_now};
use crate::journeys::{self, Completion};
use crate::language::Language;
use crate::pages::format::ledger_of_attempt;
use crate::pages::forms::{Sent, mark, read};
use crate::pages::offer::offer;
use crate::pages::sign_up::failure_before_opening;
use crate::pages::views::{
    Link, MessagePage, Notice, NoticeKind, PaymentPage, SignUpForm, StepOfJourney,
};
use crate::pages::{not_stored, page, paying_page, perhaps_begun, refusal, site, with_retry_after};
use crate::sign_up::Attempt;
use crate::{msg, words};

/// The form, with what was given before; and what was taken back, if the last attempt was undone.
pub(in crate::pages) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    visited: Visited,
) -> Response {
    let (journey, undone) = match visited.open() {
        Ok(open) => open,
        Err(id) => return to(id),
    };
    if journey.profile.is_none() {
        return to_next(&app, &journey);
    }
    let step = Step {
        app: &app,
        language,
        journey: &journey,
        undone: undone.as_deref(),
    };
    step.show()
}

/// Gives the card, if one was typed, and takes the last step.
pub(in crate::pages) async fn submit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    visited: Visited,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (journey, undone) = match visited.open() {
        Ok(open) => open,
        Err(id) => return Ok(to(id)),
    };
    if journey.profile.is_none() {
        return Ok(to_next(&app, &journey));
    }
    let Sent {
        raw,
        kept,
        is_for_language,
        ..
    } = read(pairs);
    let step = Step {
        app: &app,
        language,
        journey: &journey,
        undone: undone.as_deref(),
    };
    if is_for_language {
        return Ok(step.told(StatusCode::OK, kept));
    }
    if let Err(problem) = http::count(&app, peer, &headers) {
        return Ok(step.refused(kept, &problem));
    }
    let (card, last) = apart(raw);
    if !step.needs(&card) {
        let wait = Preference::of(&headers).wait(app.settings.server.wait);
        return complete(step, last, kept, wait).await;
    }
    let given = match journeys::give_card(&app, journey.id, card).await {
        Ok(Ok(given)) => given,
        Err(fault) => return Ok(step.refused(kept, &not_stored(fault))),
        Ok(Err(mut faults)) => {
            let password = journeys::check_password(&app, &journey, last).await;
            faults.append(password.err().unwrap_or_default());
            return Ok(step.invalid(kept, &faults));
        }
    };
    match given {
        Given::Kept(journey) => {
            let wait = Preference::of(&headers).wait(app.settings.server.wait);
            // Another card: what became of the one before is of no interest any more.
            let step = Step {
                journey: &journey,
                undone: None,
                ..step
            };
            complete(step, last, kept, wait).await
        }
        Given::NoToken(why) => {
            let problem = match why {
                NoToken::Declined(decline) => http::declined(&app, decline),
                NoToken::GatewayUnavailable => http::gateway_unavailable(&app),
                NoToken::GatewayRejected => http::gateway_rejected(&app),
            };
            Ok(step.refused(kept, &problem))
        }
        other => not_kept(&other, journey.id),
    }
}

async fn complete(
    step: Step<'_>,
    raw: RawSignUp,
    kept: SignUpForm,
    wait: Duration,
) -> Result<Response, Problem> {
    let Step {
        app,
        language,
        journey,
        ..
    } = step;
    let attempt = match journeys::complete(app, journey.clone(), raw, None, wait).await {
        Ok(Completion::Tried(attempt)) => attempt,
        Ok(Completion::Missing(_) | Completion::DoneOtherwise | Completion::Overtaken) => {
            return Ok(to(journey.id));
        }
        Ok(Completion::Gone) => return Err(expired()),
        Err(fault) => return Ok(step.refused(kept, &perhaps_begun(fault))),
    };
    let problem = match attempt {
        Attempt::Stands(registration)
        | Attempt::Repeated(registration)
        | Attempt::StillRunning(registration) => {
            return Ok(match failure_before_opening(&registration) {
                Some(failure) if registration.status == Status::Undone => {
                    let problem = http::failed(app, language, &registration, failure);
                    let undone = Some(&*registration);
                    let response = Step { undone, ..step }.told(problem.kind.row().1, kept);
                    with_retry_after(&problem, response)
                }
                // What is under way, or being taken back, is shown on its own page.
                _ => to(journey.id),
            });
        }
        Attempt::Invalid(faults) => return Ok(step.invalid(kept, &faults)),
        Attempt::EmailTaken => return Ok(step.email_taken()),
        Attempt::KeyReused => return Ok(to(journey.id)),
        Attempt::Declined(decline) => http::declined(app, decline),
        Attempt::GatewayUnavailable => http::gateway_unavailable(app),
        Attempt::GatewayRejected => http::gateway_rejected(app),
    };
    Ok(step.refused(kept, &problem))
}

/// The card and the plan for the one request, the password and the plan for the other.
fn apart(raw: RawSignUp) -> (RawSignUp, RawSignUp) {
    let last = RawSignUp {
        password: raw.password,
        plan: raw.plan.clone(),
        ..RawSignUp::default()
    };
    let card = RawSignUp {
        plan: raw.plan,
        payment_method: raw.payment_method,
        card_number: raw.card_number,
        expiry_month: raw.expiry_month,
        expiry_year: raw.expiry_year,
        cvv: raw.cvv,
        ..RawSignUp::default()
    };
    (card, last)
}

/// The last step of one journey, in one request.
#[derive(Clone, Copy)]
struct Step<'r> {
    app: &'r Arc<App>,
    language: Language,
    journey: &'r Journey,
    /// The last attempt, if it was undone and nothing was corrected since.
    undone: Option<&'r Registration>,
}

impl<'r> Step<'r> {
    fn show(self) -> Response {
        let mut form = SignUpForm::default();
        let tried = self.undone.and_then(|it| it.intent.plan.as_ref());
        let tried = tried.map(|plan| plan.name.as_str());
        let plan = tried.or(self.journey.plan.as_deref());
        form.plan.value = plan.unwrap_or_default().to_owned();
        self.told(StatusCode::OK, form)
    }

    /// With what became of the last attempt.
    fn told(self, status: StatusCode, form: SignUpForm) -> Response {
        let failure = self.undone.and_then(|undone| {
            let failure = undone.failure.as_ref()?;
            Some((undone, failure))
        });
        let notice = failure.map(|(undone, failure)| Notice {
            language: self.language,
            kind: NoticeKind::Error,
            title: self.language.tell(words::reason(failure)),
            text: self.language.tell(what_now(self.app, undone, failure)),
        });
        match failure {
            Some((_, Failure::EmailTaken)) => self.email_taken(),
            _ => self.again(status, form, notice),
        }
    }

    /// Whether a card is to be given first: one was typed, or none is there that could be charged.
    fn needs(self, card: &RawSignUp) -> bool {
        let is_typed = Field::ALL
            .into_iter()
            .any(|field| field != Field::Plan && card.has(field));
        let plan = card.plan.as_deref().map(str::trim);
        let plan = plan.and_then(|name| self.app.settings.plans.get(name));
        let is_needed = journeys::card_is(self.app, plan) == CardIs::Needed;
        is_typed || (is_needed && self.card().is_none())
    }

    /// The card that was given and can be charged.
    fn card(self) -> Option<&'r JourneyCard> {
        journeys::card(self.app, self.journey, self.undone)
    }

    fn invalid(self, mut kept: SignUpForm, faults: &FieldFaults) -> Response {
        mark(&mut kept, self.language, faults);
        self.again(StatusCode::UNPROCESSABLE_ENTITY, kept, None)
    }

    fn refused(self, kept: SignUpForm, problem: &Problem) -> Response {
        let notice = refusal(self.language, problem);
        let response = self.again(problem.kind.row().1, kept, Some(notice));
        with_retry_after(problem, response)
    }

    /// The form once more, with everything kept but password and card.
    fn again(self, status: StatusCode, form: SignUpForm, notice: Option<Notice>) -> Response {
        let Self { app, language, .. } = self;
        let kept_card = self.card().map(|card| match &card.tokenized {
            Some(method) => language.card(&method.card),
            None => language.say("card-as-entered"),
        });
        let template = PaymentPage {
            site: site(app, language),
            steps: steps(
                app,
                language,
                StepOfJourney::Payment,
                Some(self.journey),
                true,
            ),
            id: self.journey.id.to_string(),
            offer: offer(app, language, &form.plan.value),
            form,
            notice,
            ledger: self
                .undone
                .map(|undone| ledger_of_attempt(language, undone, kept_card.is_some())),
            kept_card,
            email: self.journey.email.as_typed().to_owned(),
            about: about(self.journey),
            billing: billing(self.journey),
        };
        paying_page(app, status, &template)
    }

    fn email_taken(self) -> Response {
        let email = self.journey.email.as_typed();
        let template = MessagePage {
            site: site(self.app, self.language),
            title: self.language.say("account-exists"),
            text: self
                .language
                .tell(msg!("account-exists-lead", email = email)),
            action: Some(Link {
                href: "/join".to_owned(),
                label: self.language.say("use-another-address"),
            }),
        };
        page(StatusCode::CONFLICT, &template)
    }
}

/// What must not be in the password, under the names of the fields.
fn about(journey: &Journey) -> String {
    let profile = journey.profile.as_ref();
    serde_json::json!({
        "email": journey.email.as_typed(),
        "first_name": profile.map(|profile| profile.first_name.as_str()),
        "last_name": profile.map(|profile| profile.last_name.as_str()),
    })
    .to_string()
}

/// Who pays, as Stripe's script is told it.
fn billing(journey: &Journey) -> String {
    let Some(profile) = &journey.profile else {
        return String::new();
    };
    let address = &profile.address;
    serde_json::json!({
        "name": profile.full_name(),
        "email": journey.email.as_typed(),
        "address": {
            "line1": address.address(),
            "line2": address.address_line2().unwrap_or_default(),
            "city": address.city().unwrap_or_default(),
            "state": address.state().unwrap_or_default(),
            "postal_code": address.zip().unwrap_or_default(),
            "country": address.country().as_str(),
        },
    })
    .to_string()
}
