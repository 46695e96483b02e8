//! What is below `/_fake`: the same as [`Control`](crate::Control), for other processes. No key is needed.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use enlist_gateways::sandbox::Ledger;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Server;
use crate::control::{NewPrice, SubscriptionChange};
use crate::core::{Calls, SeenRequest};
use crate::faults::{ActiveFault, Fault};
use crate::ledger::OpenInvoice;
use crate::options::Options;
use crate::webhooks::{Deliveries, WebhooksRequest};

pub(super) fn routes() -> Router<Server> {
    Router::new()
        .route("/ledger", get(ledger))
        .route("/open_invoices", get(open_invoices))
        .route("/latency", post(set_latency))
        .route(
            "/faults",
            get(list_faults).post(switch_on).delete(clear_faults),
        )
        .route("/calls", get(calls))
        .route("/requests", get(requests))
        .route("/clock", post(advance))
        .route("/options", get(options).post(set_options))
        .route("/prices", post(create_price))
        .route("/webhook", get(deliveries).post(set_webhooks))
        .route("/subscriptions/{id}", post(change_subscription))
        .route("/refunds/{id}/fail", post(fail_refund))
        .route("/charges/{id}/dispute", post(dispute_charge))
        .route("/webhook_endpoints", post(create_webhook_endpoint))
}

async fn ledger(State(server): State<Server>) -> Json<Ledger> {
    Json(server.control.ledger())
}

async fn open_invoices(State(server): State<Server>) -> Json<Vec<OpenInvoice>> {
    Json(server.control.open_invoices())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Latency {
    latency_ms: u64,
}

async fn set_latency(
    State(server): State<Server>,
    Json(Latency { latency_ms }): Json<Latency>,
) -> StatusCode {
    server
        .control
        .set_latency(Duration::from_millis(latency_ms));
    StatusCode::NO_CONTENT
}

async fn list_faults(State(server): State<Server>) -> Json<Vec<ActiveFault>> {
    Json(server.control.faults().list())
}

async fn switch_on(State(server): State<Server>, Json(fault): Json<Fault>) -> Response {
    match server.control.faults().switch_on(fault) {
        Ok(()) => (StatusCode::CREATED, Json(server.control.faults().list())).into_response(),
        Err(fault) => refused(&fault.to_string()),
    }
}

async fn clear_faults(State(server): State<Server>) -> StatusCode {
    server.control.faults().clear();
    StatusCode::NO_CONTENT
}

async fn calls(State(server): State<Server>) -> Json<Calls> {
    Json(server.control.calls())
}

async fn requests(State(server): State<Server>) -> Json<Vec<SeenRequest>> {
    Json(server.control.requests_seen())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

async fn advance(
    State(server): State<Server>,
    Json(Advance { advance_ms }): Json<Advance>,
) -> StatusCode {
    server.control.advance(Duration::from_millis(advance_ms));
    StatusCode::NO_CONTENT
}

async fn options(State(server): State<Server>) -> Json<Options> {
    Json(server.control.options())
}

async fn set_options(State(server): State<Server>, Json(options): Json<Options>) -> Json<Options> {
    server.control.set_options(options);
    Json(options)
}

async fn create_price(State(server): State<Server>, Json(price): Json<NewPrice>) -> Json<Value> {
    let id = price.id.clone();
    server.control.create_price(price);
    Json(json!({ "id": id }))
}

async fn deliveries(State(server): State<Server>) -> Json<Deliveries> {
    Json(server.control.deliveries())
}

async fn set_webhooks(
    State(server): State<Server>,
    Json(webhooks): Json<WebhooksRequest>,
) -> StatusCode {
    server.control.set_webhooks(webhooks.into());
    StatusCode::NO_CONTENT
}

async fn change_subscription(
    State(server): State<Server>,
    Path(id): Path<String>,
    Json(change): Json<SubscriptionChange>,
) -> Response {
    match server.control.change_subscription(&id, &change) {
        Ok(subscription) => Json(subscription).into_response(),
        Err(error) => refused(&error.to_string()),
    }
}

async fn fail_refund(State(server): State<Server>, Path(id): Path<String>) -> Response {
    match server.control.fail_refund(&id) {
        Ok(refund) => Json(refund).into_response(),
        Err(error) => refused(&error.to_string()),
    }
}

async fn dispute_charge(State(server): State<Server>, Path(id): Path<String>) -> Response {
    match server.control.dispute_charge(&id) {
        Ok(charge) => Json(charge).into_response(),
        Err(error) => refused(&error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEndpoint {
    url: String,
    enabled_events: Vec<String>,
}

async fn create_webhook_endpoint(
    State(server): State<Server>,
    Json(endpoint): Json<NewEndpoint>,
) -> Json<Value> {
    let events: Vec<&str> = endpoint.enabled_events.iter().map(String::as_str).collect();
    let id = server
        .control
        .create_webhook_endpoint(&endpoint.url, &events);
    Json(json!({ "id": id }))
}

fn refused(why: &str) -> Response {
    let body = Json(json!({ "error": { "message": why } }));
    (StatusCode::BAD_REQUEST, body).into_response()
}
