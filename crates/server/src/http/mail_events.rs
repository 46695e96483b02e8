//! `POST /api/mail-events`: whoever delivers our mails tells that one came back. A permanent bounce of the mail
//! that somebody waits for ends their registration; everything else is noted and passed over.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use enlist_domain::EmailAddress;
use enlist_gateways::signatures::SignatureFault;
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{JourneyChange, Signal, Signalled, StoreFault};
use enlist_registration::state::Status;
use metrics::counter;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::problems::{Problem, ProblemBody, ProblemType, not_found};
use crate::app::App;
use crate::mail::registration_of;
use crate::msg;

/// What carries the signature.
const SIGNATURE: &str = "enlist-signature";

/// When events that could not be acted on may be sent again.
const SEND_AGAIN: Duration = Duration::from_secs(5);

/// What became of a mail that was taken for delivery. Other members are passed over.
#[derive(Deserialize, ToSchema)]
pub struct MailEvent {
    /// The mail's `Message-ID`, with its brackets or without.
    #[schema(
        example = "<01a208a3-28dc-73ae-8ca4-8613ab7381df.01a208a3-2906-7c79-9210-8ee61ebf75dc@join.example.com>"
    )]
    message_id: String,
    /// The address that it went to.
    #[schema(example = "ada@example.com")]
    email: String,
    /// `bounced`; others are passed over.
    #[schema(example = "bounced")]
    event: String,
    /// Whether it will never be delivered.
    #[serde(default)]
    permanent: bool,
}

/// What an event led to, as the figures name it.
#[derive(Clone, Copy)]
enum Effect {
    /// The registration is being undone, or was pending and is over.
    Undone,
    /// It no longer waits, or is not of this address.
    NotWaiting,
    /// There is no such mail of ours.
    Unknown,
    /// It is no permanent bounce.
    PassedOver,
}

impl Effect {
    fn as_str(self) -> &'static str {
        match self {
            Self::Undone => "undone",
            Self::NotWaiting => "not_waiting",
            Self::Unknown => "unknown",
            Self::PassedOver => "passed_over",
        }
    }
}

/// Takes what a mail server tells of mails (only with `mail.events_secret`). Repeats and any order are fine.
#[utoipa::path(
    post,
    path = "/api/mail-events",
    tag = "mail",
    request_body = [MailEvent],
    params(("Enlist-Signature" = String, Header, description = "`t=…,v1=…`: seconds since 1970, and the HMAC-SHA-256 of `t.body` in hexadecimal, by `mail.events_secret`.")),
    responses(
        (status = 200, description = "It is acted on, or was before.", body = Object),
        (status = 400, description = "It is not signed, was signed too long ago, or is no list of events.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "More than 64 KiB.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away: send it again.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn take(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let Some(settings) = &app.settings.mail.events else {
        return Err(not_found().await);
    };
    let body = body.map_err(|_| super::problems::too_large(super::MOST_BODY_BYTES))?;
    let signature = headers.get(SIGNATURE).and_then(|it| it.to_str().ok());
    let (now, tolerance) = (app.clock.now(), settings.tolerance);
    let signed = settings.secrets.verify(signature, &body, now, tolerance);
    signed.map_err(not_believed)?;
    let events: Vec<MailEvent> = serde_json::from_slice(&body).map_err(|_| {
        count("unreadable");
        let detail = msg!("events-no-list");
        Problem::new(ProblemType::MalformedRequest, detail)
    })?;
    for event in &events {
        let effect = act_on(&app, event).await.map_err(|fault| {
            count("unrecorded");
            let error = &fault as &dyn std::error::Error;
            tracing::error!(error, "a mail event could not be acted on");
            let detail = msg!("events-not-acted-on");
            Problem::new(ProblemType::DatabaseUnavailable, detail).retry_after(SEND_AGAIN)
        })?;
        count(effect.as_str());
    }
    Ok(Json(json!({})))
}

fn not_believed(fault: SignatureFault) -> Problem {
    count(match fault {
        SignatureFault::NoSignature | SignatureFault::NotSigned => "not_signed",
        SignatureFault::TooOld => "too_old",
    });
    tracing::debug!(reason = %fault, "mail events were not believed");
    let detail = msg!("events-not-taken", why = fault.to_string());
    Problem::new(ProblemType::InvalidSignature, detail)
}

fn count(outcome: &'static str) {
    counter!("enlist_mail_events_total", "outcome" => outcome).increment(1);
}

/// What is undone is undone by a driver of its own: nobody waits for it here.
async fn act_on(app: &App, event: &MailEvent) -> Result<Effect, StoreFault> {
    if event.event != "bounced" || !event.permanent {
        return Ok(Effect::PassedOver);
    }
    let Some(id) = registration_of(&event.message_id) else {
        return Ok(Effect::Unknown);
    };
    let Some(registration) = app.store.registration(id).await? else {
        return end_journey(app, id, event).await;
    };
    let is_waiting = registration.status == Status::AwaitingVerification;
    if !is_waiting || !is_about(event, &registration.intent.email) {
        return Ok(Effect::NotWaiting);
    }
    match app.engine.signal(id, Signal::MailRefused).await? {
        Signalled::Claimed(claimed) => {
            tracing::info!(registration = %id, "its mail bounced for good: it is undone");
            drop(app.drivers.start(*claimed));
            Ok(Effect::Undone)
        }
        Signalled::NotWaiting(_) => Ok(Effect::NotWaiting),
        Signalled::Unknown => Ok(Effect::Unknown),
    }
}

/// A pending registration, which has nothing that would have to be undone.
async fn end_journey(
    app: &App,
    id: RegistrationId,
    event: &MailEvent,
) -> Result<Effect, StoreFault> {
    let Some(journey) = app.engine.journey(id).await? else {
        return Ok(Effect::Unknown);
    };
    if !is_about(event, &journey.email) {
        return Ok(Effect::NotWaiting);
    }
    Ok(match app.engine.refuse_journey_mail(id).await? {
        JourneyChange::Made(_) => {
            tracing::info!(registration = %id, "its mail bounced for good: the journey is over");
            Effect::Undone
        }
        JourneyChange::Refused(_) => Effect::NotWaiting,
        JourneyChange::Gone => Effect::Unknown,
    })
}

/// Whether an event is about a mail to this address, and not to one that it was forwarded to.
fn is_about(event: &MailEvent, address: &EmailAddress) -> bool {
    EmailAddress::parse(&event.email).is_ok_and(|it| it.normalised() == address.normalised())
}
