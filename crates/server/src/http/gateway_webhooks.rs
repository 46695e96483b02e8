//! `POST /api/gateway-webhooks/stripe`: Stripe tells that something changed. What is signed is recorded
//! once and answered at once; whoever has the job then asks Stripe how things stand. Nothing is ever
//! made here, and of the content nothing is believed but ids.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use enlist_gateways::stripe::NAME;
use enlist_gateways::stripe::webhooks::{EVENTS, Event, WebhookFault};
use enlist_registration::ids::JobId;
use enlist_registration::ports::{News, Noted};
use metrics::counter;
use serde_json::{Value, json};

use super::problems::{Problem, ProblemBody, ProblemType, not_found, too_large};
use crate::app::App;
use crate::msg;

/// Where Stripe is to send events, below `server.public_url`.
pub const PATH: &str = "/api/gateway-webhooks/stripe";

/// The largest event, in bytes. Stripe's have a few KB; with many lines on an invoice some dozens.
pub(super) const MOST_BODY_BYTES: usize = 256 * 1024;

/// When an event that could not be recorded may be sent again. Stripe has a pace of its own.
const SEND_AGAIN: Duration = Duration::from_secs(5);

/// Takes an event of Stripe's (only with Stripe and `gateway.stripe.webhook_secret`). Repeats and any
/// order are fine.
#[utoipa::path(
    post,
    path = PATH,
    tag = "gateway",
    request_body(content = Object, content_type = "application/json", description = "An event as Stripe sends it."),
    params(("Stripe-Signature" = String, Header, description = "`t=…,v1=…`, by one of the endpoint's secrets.")),
    responses(
        (status = 200, description = "It is recorded, or was before.", body = Object),
        (status = 400, description = "It is not signed, was signed too long ago, or is no event.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "More than 256 KiB.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away: send it again.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn take_from_stripe(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let stripe = app.settings.gateway.stripe();
    let Some(webhooks) = stripe.and_then(|stripe| stripe.webhooks.as_ref()) else {
        return Err(not_found().await);
    };
    let body = body.map_err(|rejection| {
        count("unread", None);
        tracing::debug!(reason = %rejection, "an event could not be read");
        too_large(MOST_BODY_BYTES)
    })?;
    let signature = headers.get("stripe-signature");
    let signature = signature.and_then(|value| value.to_str().ok());
    let (now, tolerance) = (app.clock.now(), webhooks.tolerance);
    let event = webhooks.secrets.read(signature, &body, now, tolerance);
    let event = event.map_err(not_believed)?;
    record(&app, event).await?;
    Ok(Json(json!({})))
}

/// Records it, and wakes whoever asks Stripe what it is about.
async fn record(app: &App, event: Event) -> Result<(), Problem> {
    let job = JobId::new(app.clock.now(), app.random.as_ref());
    let news = News {
        gateway: NAME,
        event: event.id,
        kind: event.kind,
        registration: event.registration,
        customer: event.customer,
    };
    let noted = app.store.take_news(&news, job).await.map_err(|fault| {
        count("unrecorded", Some(&news.kind));
        let error = &fault as &dyn std::error::Error;
        tracing::error!(error, "an event could not be recorded");
        let detail = msg!("event-not-recorded");
        Problem::new(ProblemType::DatabaseUnavailable, detail).retry_after(SEND_AGAIN)
    })?;
    let outcome = match noted {
        Noted::Queued(_) => {
            app.watch.ring_for_news();
            "queued"
        }
        Noted::Known => "known",
        Noted::Foreign => "foreign",
    };
    count(outcome, Some(&news.kind));
    tracing::debug!(event = news.event, kind = news.kind, outcome, "Stripe told");
    Ok(())
}

fn not_believed(fault: WebhookFault) -> Problem {
    let (outcome, kind) = match fault {
        WebhookFault::NoSignature | WebhookFault::NotSigned => {
            ("not_signed", ProblemType::InvalidSignature)
        }
        WebhookFault::TooOld => ("too_old", ProblemType::InvalidSignature),
        WebhookFault::Unreadable => ("unreadable", ProblemType::MalformedRequest),
    };
    count(outcome, None);
    tracing::debug!(reason = %fault, "an event was not believed");
    Problem::new(kind, msg!("event-not-taken", why = fault.to_string()))
}

/// Of the types of events, which are Stripe's to invent, those have a label that are asked for.
fn count(outcome: &'static str, kind: Option<&str>) {
    let kind = kind.map_or("", |kind| {
        let known = EVENTS.iter().find(|known| **known == kind);
        known.copied().unwrap_or("other")
    });
    counter!("enlist_gateway_events_total", "outcome" => outcome, "kind" => kind).increment(1);
}
