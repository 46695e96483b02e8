//! One sign-up, from raw fields to where it rests or is left to run: the way that the API and the page
//! have in common.

use std::sync::Arc;
use std::time::Duration;

use enlist_domain::{FieldFaults, Language, Payment, Profile, RawSignUp, SignUp};
use enlist_registration::engine::{Beginning, BeginningFault, Driven, Terms};
use enlist_registration::ports::{Decline, RequestRecord, StoreFault};
use enlist_registration::state::{Registration, Status};
use secrecy::SecretString;

use crate::app::App;
use crate::journeys;
use crate::tasks::within;

/// What became of a sign-up.
pub enum Attempt {
    /// It was begun now; here is how it stood when the waiting ended.
    Stands(Box<Registration>),
    /// The same request was answered before; here is what it began.
    Repeated(Box<Registration>),
    /// The same request is still being carried out.
    StillRunning(Box<Registration>),
    /// The fields are not in order.
    Invalid(FieldFaults),
    /// The idempotency key came with another request before.
    KeyReused,
    /// An account or a registration has the address.
    EmailTaken,
    /// The card was declined before anything was begun.
    Declined(Decline),
    /// The gateway could not be reached before anything was begun.
    GatewayUnavailable,
    /// The gateway refused us before anything was begun.
    GatewayRejected,
}

/// Signs up: checks the fields, begins, drives in a task of its own, and waits for at most `wait`.
pub async fn sign_up(
    app: &Arc<App>,
    raw: RawSignUp,
    key: Option<&str>,
    language: Option<Language>,
    wait: Duration,
) -> Result<Attempt, BeginningFault> {
    let sign_up = match check(app, raw).await {
        Ok(sign_up) => sign_up,
        Err(faults) => return Ok(Attempt::Invalid(faults)),
    };
    let request = key.map(|key| record(app, key, &sign_up));
    // Kept for one purpose: to tell whether a repeated request is the same one.
    let password = request.map(|_| SecretString::from(sign_up.password.expose().to_owned()));
    let app = Arc::clone(app);
    let drivers = app.drivers.clone();
    // In a task of its own: a client that goes away must not stop it between the journal row and the
    // first step.
    let begun = async move { begin(&app, sign_up, language, request.zip(password), wait).await };
    drivers.carry_out(begun).await
}

async fn begin(
    app: &App,
    sign_up: SignUp,
    language: Option<Language>,
    request: Option<(RequestRecord, SecretString)>,
    wait: Duration,
) -> Result<Attempt, BeginningFault> {
    let record = request.as_ref().map(|(record, _)| *record);
    let terms = Terms {
        order: app.settings.order(),
        language,
    };
    let beginning = app.engine.begin(sign_up, record, terms).await?;
    Ok(settle_beginning(app, beginning, request, wait).await)
}

/// Drives what was begun, and says what became of it when the waiting ended.
pub async fn settle_beginning(
    app: &App,
    beginning: Beginning,
    request: Option<(RequestRecord, SecretString)>,
    wait: Duration,
) -> Attempt {
    match beginning {
        Beginning::Begun(begun) => Attempt::Stands(Box::new(follow(app, *begun, wait).await)),
        Beginning::Waits(begun) => Attempt::Stands(begun),
        Beginning::KeyIsUsed(earlier) => match request {
            Some(repeated) => repeat(app, repeated, *earlier).await,
            None => Attempt::KeyReused,
        },
        // Only what comes of a journey is refused so, and whoever completes one looks for it.
        Beginning::JourneyIsClosed => Attempt::KeyReused,
        Beginning::EmailTaken => Attempt::EmailTaken,
        Beginning::Declined(decline) => Attempt::Declined(decline),
        Beginning::GatewayUnavailable => Attempt::GatewayUnavailable,
        Beginning::GatewayRejected => Attempt::GatewayRejected,
    }
}

/// Drives what was begun just now. Where the database goes away meanwhile, it stands as it began:
/// whoever is told that can follow it, while one who is told to repeat would meet their own claim to
/// the address.
async fn follow(app: &App, begun: Registration, wait: Duration) -> Registration {
    let id = begun.id;
    drive(app, begun.clone(), wait)
        .await
        .unwrap_or_else(|fault| {
            let error = &fault as &dyn std::error::Error;
            tracing::warn!(registration = %id, error, "how it stands could not be read");
            begun
        })
}

/// Drives a registration that this process holds, and returns how it stands once it is let go of, or
/// once `wait` is over. It goes on either way.
pub async fn drive(
    app: &App,
    registration: Registration,
    wait: Duration,
) -> Result<Registration, StoreFault> {
    let begun = registration.clone();
    let driven = app.drivers.start(registration);
    if wait.is_zero() {
        return Ok(begun);
    }
    if let Some(Driven::LetGo(registration)) = within(app.clock.as_ref(), wait, driven).await
        && (registration.status.rests() || registration.status.waits_for_a_person())
    {
        return Ok(*registration);
    }
    Ok(app.store.registration(begun.id).await?.unwrap_or(begun))
}

/// Checks the fields. Judging a password takes up to a tenth of a second of a core.
pub async fn check(app: &Arc<App>, raw: RawSignUp) -> Result<SignUp, FieldFaults> {
    let app = Arc::clone(app);
    app.checks
        .clone()
        .run(move || raw.parse(&journeys::rules(&app)))
        .await
}

/// By what the request will be recognised. The password is compared with its hash instead; of a card
/// only what may be stored is taken (PCI DSS 4.0.1, 3.3.1 and 3.5.1).
fn record(app: &App, key: &str, sign_up: &SignUp) -> RequestRecord {
    let payment = match &sign_up.payment {
        None => String::new(),
        Some(Payment::Token(token)) => format!("token {}", token.expose()),
        Some(Payment::Card(card)) => {
            let card = card.summary();
            format!(
                "card {} {} {}",
                card.brand.as_str(),
                card.last4,
                card.expiry
            )
        }
    };
    let tokens = app.engine.tokens();
    let fingerprint = tokens.fingerprint(
        &[
            &[sign_up.email.as_typed()][..],
            &parts_of(&sign_up.profile),
            &[
                sign_up.plan.as_ref().map_or("", |plan| plan.name.as_str()),
                &payment,
            ],
        ]
        .concat(),
    );
    RequestRecord {
        key: tokens.request_key(key),
        fingerprint,
    }
}

/// Names and billing address, as a fingerprint covers them.
pub fn parts_of(profile: &Profile) -> [&str; 8] {
    let address = &profile.address;
    [
        profile.first_name.as_str(),
        profile.last_name.as_str(),
        address.address(),
        address.address_line2().unwrap_or_default(),
        address.city().unwrap_or_default(),
        address.state().unwrap_or_default(),
        address.zip().unwrap_or_default(),
        address.country().as_str(),
    ]
}

/// The answer to a request whose key is known.
pub async fn repeat(
    app: &App,
    (request, password): (RequestRecord, SecretString),
    (earlier, registration): (RequestRecord, Registration),
) -> Attempt {
    let hash = registration.intent.password_hash.clone();
    if request.fingerprint != earlier.fingerprint || !app.hasher.verify(hash, password).await {
        return Attempt::KeyReused;
    }
    if registration.status == Status::Running && registration.opened_at.is_none() {
        return Attempt::StillRunning(Box::new(registration));
    }
    Attempt::Repeated(Box::new(registration))
}
