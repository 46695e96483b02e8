//! `/api/registrations`: the journey in three steps. Nothing but what a person has said exists until the
//! last step, which begins a registration and is answered as `POST /api/users` is.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use enlist_domain::{Field, RawSignUp};
use enlist_registration::engine::{Given, NoToken};
use enlist_registration::journey::{AddressIs, Part};

use super::access::{Bearer, Followed};
use super::answers::{self, AcceptedBody, CreatedBody};
use super::prefer::Preference;
use super::problems::{Problem, ProblemBody, ProblemType};
use super::registrations::RegistrationBody;
use super::request_body::{self, FieldProblem};
use super::users::{answer, count, idempotency_key};
use crate::app::App;
use crate::journeys::{self, Completion};
use crate::language::{Language, wanted};
use crate::msg;

/// What is said of oneself in a journey.
pub const PROFILE: &[Field] = &[
    Field::FirstName,
    Field::LastName,
    Field::Address,
    Field::AddressLine2,
    Field::City,
    Field::State,
    Field::Zip,
    Field::Country,
];
/// How one pays, and perhaps for which plan.
pub const PAYMENT: &[Field] = &[
    Field::PaymentMethod,
    Field::CardNumber,
    Field::ExpiryMonth,
    Field::ExpiryYear,
    Field::Cvv,
    Field::Plan,
];
/// What the last step brings.
pub const COMPLETION: &[Field] = &[Field::Password, Field::Plan];

/// Begins a journey: a mail with a link and a code is sent to the address. The answer is the same
/// whether or not the address has an account; its owner is told by the mail.
#[utoipa::path(
    post,
    path = "/api/registrations",
    tag = "journey",
    request_body(content = super::openapi::EmailBody, content_type = "application/json"),
    responses(
        (status = 202, description = "A mail is on its way.", body = AcceptedBody, headers(("Location" = String))),
        (status = 400, description = "Not a JSON object.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The address is not in order.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn begin(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    count(&app, peer, &headers)?;
    let raw = fields(&headers, body, &[Field::Email])?;
    let email = raw.parse_email().map_err(|faults| Problem::from(&faults))?;
    let journey = journeys::begin(&app, email, wanted(&headers)).await?;
    Ok(answers::pending(&app, language, &journey))
}

/// Names and billing address, in the place of earlier ones.
#[utoipa::path(
    put,
    path = "/api/registrations/{id}/profile",
    tag = "journey",
    params(("id" = String, Path, description = "The registration's id.")),
    request_body(content = super::openapi::ProfileBody, content_type = "application/json"),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "It is kept.", body = RegistrationBody),
        (status = 400, description = "Not a JSON object.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The access token is missing or wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The address was confirmed by somebody else who reads its mail.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such registration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The address is not verified yet, or the registration has begun.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "It was not completed in time, or mail to the address is refused: begin again.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are not in order.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn put_profile(
    State(app): State<Arc<App>>,
    language: Language,
    followed: Followed,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<RegistrationBody>, Problem> {
    let journey = followed.on_the_way()?;
    let raw = fields(&headers, body, PROFILE)?;
    let profile = raw
        .parse_profile(&journeys::rules(&app))
        .map_err(|faults| Problem::from(&faults))?;
    let given = app.engine.give_profile(journey.id, profile).await?;
    kept(&app, language, given, followed.bearer).await
}

/// The card, in the place of an earlier one: a token of the gateway, or where that is accepted a raw card,
/// which is turned into one. The plan may be named, too.
#[utoipa::path(
    put,
    path = "/api/registrations/{id}/payment-method",
    tag = "journey",
    params(("id" = String, Path, description = "The registration's id.")),
    request_body(content = super::openapi::PaymentMethodBody, content_type = "application/json"),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "It is kept.", body = RegistrationBody),
        (status = 400, description = "Not a JSON object.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The access token is missing or wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 402, description = "The card was declined.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The address was confirmed by somebody else who reads its mail.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such registration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The address is not verified yet, or the registration has begun.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "It was not completed in time, or mail to the address is refused: begin again.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are not in order.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The gateway refused our request.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The gateway or the database is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn put_payment_method(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    followed: Followed,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<RegistrationBody>, Problem> {
    // Each may ask the gateway about a card, which is what those who test stolen ones are after.
    count(&app, peer, &headers)?;
    let journey = followed.on_the_way()?;
    let raw = fields(&headers, body, PAYMENT)?;
    let given = journeys::give_card(&app, journey.id, raw).await?;
    match given {
        Ok(given) => kept(&app, language, given, followed.bearer).await,
        Err(faults) => Err(Problem::from(&faults)),
    }
}

/// The last step: what was said on the way begins a registration, with this password and this plan, and
/// is carried out completely or not at all. Sent again, it is answered again; after an undo it begins another
/// attempt, unless it has the `Idempotency-Key` of the one before. After a decline another card can be
/// given, and this be sent once more, with a new key.
#[utoipa::path(
    post,
    path = "/api/registrations/{id}/completion",
    tag = "journey",
    params(
        ("id" = String, Path, description = "The registration's id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters, chosen by the client, new for each attempt. The same key with the same entries gets the same answer, also where the attempt was undone since; without a key, that begins another attempt."),
        ("Prefer" = Option<String>, Header, description = "`respond-async` to get 202 as soon as the registration is durable; `wait=N` to wait at most N seconds (RFC 7240)."),
    ),
    request_body(content = super::openapi::CompletionBody, content_type = "application/json"),
    security(("access_token" = [])),
    responses(
        (status = 201, description = "Everything exists.", body = CreatedBody, headers(("Location" = String))),
        (status = 202, description = "Still running, or the person must confirm the payment with their bank.", body = AcceptedBody, headers(("Location" = String))),
        (status = 400, description = "Not a JSON object, or an Idempotency-Key that is none.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The access token is missing or wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 402, description = "Declined: nothing was created and nothing was charged.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The address was confirmed by somebody else who reads its mail.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such registration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Something is missing, the address has an account, or the registration has begun with other entries or is still running.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "It was not completed in time, or mail to the address is refused: begin again.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are not in order, or an Idempotency-Key that came with other entries before.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many sign-ups.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The gateway refused our request: everything is undone, or being undone.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The gateway or the database is away: everything is undone, or being undone.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn complete(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    followed: Followed,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    count(&app, peer, &headers)?;
    let journey = followed.on_the_way()?.clone();
    let key = idempotency_key(&headers)?;
    let raw = fields(&headers, body, COMPLETION)?;
    let (preference, usual) = (Preference::of(&headers), app.settings.server.wait);
    let (key, wait) = (key.as_deref(), preference.wait(usual));
    let response = match journeys::complete(&app, journey, raw, key, wait).await? {
        Completion::Tried(attempt) => answer(&app, language, attempt).await,
        Completion::Missing(part) => missing(part).into_response(),
        Completion::DoneOtherwise => answers::has_begun().into_response(),
        Completion::Overtaken => answers::overtaken().into_response(),
        Completion::Gone => answers::expired().into_response(),
    };
    Ok(preference.noted_in(response, usual))
}

/// What came of something that was said.
async fn kept(
    app: &App,
    language: Language,
    given: Given,
    bearer: Bearer,
) -> Result<Json<RegistrationBody>, Problem> {
    match given {
        Given::Kept(journey) => {
            let last = app.engine.registration_of(&journey).await?;
            let body = RegistrationBody::pending(app, language, &journey, last.as_ref(), bearer);
            Ok(Json(body))
        }
        Given::Refused(journey) if journey.address_is() == AddressIs::Refused => {
            Err(answers::mail_refused())
        }
        Given::Refused(journey) if journey.verified_at.is_none() => {
            Err(missing(Part::Verification))
        }
        Given::Refused(_) => Err(answers::has_begun()),
        Given::NoToken(NoToken::Declined(decline)) => Err(answers::declined(app, decline)),
        Given::NoToken(NoToken::GatewayUnavailable) => Err(answers::gateway_unavailable(app)),
        Given::NoToken(NoToken::GatewayRejected) => Err(answers::gateway_rejected(app)),
        Given::Gone => Err(answers::expired()),
    }
}

/// The first thing that is missing, and where it goes.
pub fn missing(part: Part) -> Problem {
    let detail = match part {
        Part::Verification => msg!("missing-verification"),
        Part::Profile => msg!("missing-profile"),
        Part::PaymentMethod => msg!("missing-payment-method"),
        Part::Completion => msg!("missing-completion"),
    };
    Problem {
        next: Some(part),
        ..Problem::new(ProblemType::RegistrationIncomplete, detail)
    }
}

/// The fields of a body, of which only `allowed` ones may be there: all that is wrong with their names
/// and types at once.
pub fn fields(headers: &HeaderMap, body: Bytes, allowed: &[Field]) -> Result<RawSignUp, Problem> {
    request_body::require_json(headers)?;
    let parsed = request_body::parse(body)
        .map_err(|sentence| Problem::new(ProblemType::MalformedRequest, sentence))?;
    let misplaced = Field::ALL
        .into_iter()
        .filter(|field| !allowed.contains(field) && parsed.raw.has(*field))
        .map(|field| FieldProblem {
            field: field.as_str().to_owned(),
            code: "unknown_field",
            message: msg!("fault-other-step"),
        });
    let problems: Vec<FieldProblem> = parsed.problems.into_iter().chain(misplaced).collect();
    match problems.is_empty() {
        true => Ok(parsed.raw),
        false => Err(Problem::invalid(problems)),
    }
}
