//! The journey in three steps, from raw fields to where it stands: the way that API and pages have in
//! common.

use std::sync::Arc;
use std::time::Duration;

use enlist_domain::{
    CardRequirement, EmailAddress, Field, FieldFaults, Language, Plan, RawSignUp, SignUpRules,
};
use enlist_registration::engine::{Beginning, BeginningFault, Completing, Given};
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::{CardIs, Journey, JourneyCard, Part};
use enlist_registration::ports::{RequestRecord, StoreFault};
use enlist_registration::state::{Registration, Status};
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::sign_up::{Attempt, parts_of, repeat, settle_beginning};

/// How often the last step is tried again that finds the journey closed meanwhile, and then open.
const ATTEMPTS: u32 = 3;

/// What an id stands for.
#[derive(Debug)]
pub enum Standing {
    /// A pending registration: something is still to be said.
    Pending(Box<Journey>),
    /// A registration; and the journey that it came from, unless that is forgotten or there was none. One
    /// that has expired is kept only where the registration is not undone.
    Begun(Box<Registration>, Option<Box<Journey>>),
}

/// What became of the last step.
pub enum Completion {
    /// As with a sign-up in one request.
    Tried(Attempt),
    /// Something is missing; this is the first.
    Missing(Part),
    /// It was done before, with another password or another plan.
    DoneOtherwise,
    /// Each time, another request was faster, and what it began was undone by the time that we looked.
    Overtaken,
    /// The journey has expired.
    Gone,
}

/// What `id` stands for: a journey leads on to the registration that its last step began.
pub async fn standing(app: &App, id: RegistrationId) -> Result<Option<Standing>, StoreFault> {
    let Some((journey, begun)) = app.engine.journey_and_registration(id).await? else {
        let registration = app.store.registration(id).await?;
        return Ok(registration.map(|it| Standing::Begun(Box::new(it), None)));
    };
    let journey = Box::new(journey);
    Ok(Some(match begun {
        Some(registration) => Standing::Begun(Box::new(registration), Some(journey)),
        None => Standing::Pending(journey),
    }))
}

/// Begins a journey.
pub async fn begin(
    app: &App,
    email: EmailAddress,
    language: Option<Language>,
) -> Result<Journey, StoreFault> {
    let journey = app.engine.begin_journey(email, language).await?;
    app.watch.ring_for_journey_mail();
    Ok(journey)
}

/// A card, and the plan if it is named. Err: what is not in order.
pub async fn give_card(
    app: &App,
    journey: RegistrationId,
    mut raw: RawSignUp,
) -> Result<Result<Given, FieldFaults>, StoreFault> {
    let rules = SignUpRules {
        card: CardRequirement::Required,
        ..rules(app)
    };
    let plan = match raw.parse_plan(&rules) {
        Ok(plan) => plan,
        Err(mut faults) => {
            if let Err(others) = raw.parse_payment(None, &rules) {
                faults.append(others);
            }
            return Ok(Err(faults));
        }
    };
    let payment = match raw.parse_payment(plan.as_ref(), &rules) {
        Ok(Some(payment)) => payment,
        // The rules above ask for one.
        Ok(None) => return Ok(Err(FieldFaults::default())),
        Err(faults) => return Ok(Err(faults)),
    };
    let given = app.engine.give_card(journey, payment).await?;
    match (given, plan) {
        (Given::Kept(_), Some(plan)) => Ok(Ok(app.engine.give_plan(journey, &plan).await?)),
        (given, _) => Ok(Ok(given)),
    }
}

/// The last step, with the password and perhaps the plan; `key` is the request's Idempotency-Key.
pub async fn complete(
    app: &Arc<App>,
    mut journey: Journey,
    mut raw: RawSignUp,
    key: Option<&str>,
    wait: Duration,
) -> Result<Completion, BeginningFault> {
    // White space is no plan, as everywhere.
    let named = raw.plan.take().filter(|plan| !plan.trim().is_empty());
    raw.plan = named.or_else(|| journey.plan.clone());
    for _ in 0..ATTEMPTS {
        let request = key.map(|key| record(app, key, &journey, &raw));
        if let Some(repeated) = repeated(app, request, &raw).await? {
            return Ok(Completion::Tried(repeated));
        }
        if let Some(done) = done_before(app, &journey, &raw).await? {
            return Ok(done);
        }
        let completion = try_to_complete(app, &journey, again(&raw), request, wait).await?;
        if let Some(completion) = completion {
            return Ok(completion);
        }
        // Another request was faster, or what was in the way is undone by now.
        match app.engine.journey(journey.id).await? {
            Some(found) => journey = found,
            None => return Ok(Completion::Gone),
        }
    }
    Ok(Completion::Overtaken)
}

/// Checks a password without doing anything with it.
pub async fn check_password(
    app: &App,
    journey: &Journey,
    mut raw: RawSignUp,
) -> Result<(), FieldFaults> {
    name_person(&mut raw, journey);
    let check = move || raw.parse_password().map(drop);
    app.checks.run(check).await
}

/// Whose password it is: their own name would be a bad one.
fn name_person(raw: &mut RawSignUp, journey: &Journey) {
    raw.set(Field::Email, journey.email.as_typed().to_owned());
    if let Some(profile) = &journey.profile {
        raw.set(Field::FirstName, profile.first_name.as_str().to_owned());
        raw.set(Field::LastName, profile.last_name.as_str().to_owned());
    }
}

/// What is asked of a sign-up.
pub fn rules(app: &App) -> SignUpRules<'_> {
    SignUpRules {
        plans: &app.settings.plans,
        card: app.settings.card,
        accept_raw_cards: app.settings.accept_raw_cards,
        default_country: app.settings.default_country,
        today: app.clock.now().to_zoned_datetime(TimeZone::UTC).date(),
    }
}

/// The gate: the first part of a journey that is missing. `last` is what it led to last.
pub fn first_missing(app: &App, journey: &Journey, last: Option<&Registration>) -> Part {
    let plan = journey.plan.as_deref();
    let plan = plan.and_then(|name| app.settings.plans.get(name));
    journey.first_missing(card_is(app, plan), gateway(app), last)
}

/// The card that was given, if the gateway in use can charge it, also after what the journey led to last.
pub fn card<'a>(
    app: &App,
    journey: &'a Journey,
    last: Option<&Registration>,
) -> Option<&'a JourneyCard> {
    journey.usable_card(gateway(app), last)
}

fn gateway(app: &App) -> &'static str {
    app.engine.ports().gateway.name()
}

/// Whether a card must have been given for `plan`.
pub fn card_is(app: &App, plan: Option<&Plan>) -> CardIs {
    card_is_by(app.settings.card, plan)
}

/// The same by the configuration alone.
pub fn card_is_by(card: CardRequirement, plan: Option<&Plan>) -> CardIs {
    match card {
        CardRequirement::Required => CardIs::Needed,
        CardRequirement::PaidPlans if plan.is_some_and(Plan::is_paid) => CardIs::Needed,
        CardRequirement::PaidPlans => CardIs::Optional,
    }
}

/// By what a last step will be recognised: what was said until then, and the plan. The password is
/// compared with its hash instead.
fn record(app: &App, key: &str, journey: &Journey, raw: &RawSignUp) -> RequestRecord {
    let id = journey.id.to_string();
    let profile = journey.profile.as_ref().map(parts_of).unwrap_or_default();
    // Also one that is used up: the same request is to be known again after it used it up.
    let card = journey.card_at(gateway(app));
    let card = card.map_or("", |card| card.method.0.as_str());
    let plan = raw.plan.as_deref().unwrap_or_default().trim();
    let tokens = app.engine.tokens();
    let parts = [&["completion", &id][..], &profile, &[card, plan]].concat();
    RequestRecord {
        key: tokens.request_key(key),
        fingerprint: tokens.fingerprint(&parts),
    }
}

/// What came of the request with the same key, if there was one: also where it was undone since, and
/// without a key would be tried once more.
async fn repeated(
    app: &App,
    request: Option<RequestRecord>,
    raw: &RawSignUp,
) -> Result<Option<Attempt>, StoreFault> {
    let (Some(request), Some(password)) = (request, &raw.password) else {
        return Ok(None);
    };
    let Some(earlier) = app.store.request(&request.key).await? else {
        return Ok(None);
    };
    let repeated = repeat(app, (request, password.clone()), earlier);
    Ok(Some(repeated.await))
}

/// The same last step once more is answered once more; another one is not taken for it.
async fn done_before(
    app: &App,
    journey: &Journey,
    raw: &RawSignUp,
) -> Result<Option<Completion>, StoreFault> {
    let Some(id) = journey.registration else {
        return Ok(None);
    };
    let Some(registration) = app.store.registration(id).await? else {
        return Ok(None);
    };
    if registration.status == Status::Undone {
        return Ok(None);
    }
    let plan = registration
        .intent
        .plan
        .as_ref()
        .map(|plan| plan.name.as_str());
    let is_same_plan = raw.plan.as_deref().map(str::trim) == plan;
    let hash = registration.intent.password_hash.clone();
    let is_same_password = match &raw.password {
        Some(password) => app.hasher.verify(hash, password.clone()).await,
        None => false,
    };
    Ok(Some(match is_same_plan && is_same_password {
        false => Completion::DoneOtherwise,
        true if registration.status == Status::Running => {
            Completion::Tried(Attempt::StillRunning(Box::new(registration)))
        }
        true => Completion::Tried(Attempt::Repeated(Box::new(registration))),
    }))
}

/// None: the journey was closed meanwhile.
async fn try_to_complete(
    app: &Arc<App>,
    journey: &Journey,
    mut raw: RawSignUp,
    request: Option<RequestRecord>,
    wait: Duration,
) -> Result<Option<Completion>, BeginningFault> {
    let sent = raw.password.clone();
    name_person(&mut raw, journey);
    let checked = {
        let rules_of = Arc::clone(app);
        let check = move || {
            let plan = raw.parse_plan(&rules(&rules_of));
            let password = raw.parse_password();
            match (password, plan) {
                (Ok(password), Ok(plan)) => Ok((password, plan)),
                (Err(mut faults), Err(others)) => {
                    faults.append(others);
                    Err(faults)
                }
                (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => Err(faults),
            }
        };
        app.checks.clone().run(check).await
    };
    let (password, plan) = match checked {
        Ok(checked) => checked,
        Err(faults) => return Ok(Some(Completion::Tried(Attempt::Invalid(faults)))),
    };
    let card_is = card_is(app, plan.as_ref());
    let (app, journey) = (Arc::clone(app), journey.clone());
    let drivers = app.drivers.clone();
    // In a task of its own, as a sign-up in one request.
    let completing = async move {
        let completing = app
            .engine
            .complete(journey, password, plan, card_is, request)
            .await?;
        Ok(match completing {
            Completing::Missing(part) => Some(Completion::Missing(part)),
            Completing::Went(Beginning::JourneyIsClosed) => None,
            Completing::Went(beginning) => {
                let attempt = settle_beginning(&app, beginning, request.zip(sent), wait).await;
                Some(Completion::Tried(attempt))
            }
        })
    };
    drivers.carry_out(completing).await
}

/// The password and the plan, to be tried once more.
fn again(raw: &RawSignUp) -> RawSignUp {
    let password = raw.password.as_ref();
    RawSignUp {
        password: password.map(|it| SecretString::from(it.expose_secret().to_owned())),
        plan: raw.plan.clone(),
        ..RawSignUp::default()
    }
}
