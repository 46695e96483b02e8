//! `/sandbox/…` as JSON: what the sandbox gateway holds, and its faults.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use enlist_gateways::sandbox::{Fault, FaultFault, Sandbox, SandboxError};
use serde_json::Value;

use super::problems::{Problem, ProblemBody, ProblemType, internal, not_found};
use super::request_body::{FieldProblem, require_json};
use crate::app::App;

/// The sandbox, where it is the gateway in use: what routes of its own are given.
pub struct SandboxInUse(pub Arc<Sandbox>);

impl FromRequestParts<Arc<App>> for SandboxInUse {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match app.gateway.sandbox() {
            Some(sandbox) => Ok(Self(Arc::clone(sandbox))),
            None => Err(not_found().await),
        }
    }
}

/// Everything the sandbox gateway holds (only with it): customers, payment methods, subscriptions,
/// charges, refunds.
#[utoipa::path(
    get,
    path = "/sandbox/ledger",
    tag = "sandbox",
    responses((status = 200, description = "The ledger.", body = super::openapi::LedgerBody)),
)]
pub async fn ledger(SandboxInUse(sandbox): SandboxInUse) -> Result<Json<Value>, Problem> {
    let ledger = sandbox.ledger().await.map_err(|fault| broken(&fault))?;
    serde_json::to_value(ledger)
        .map(Json)
        .map_err(|_| internal())
}

/// The faults that are switched on (only with the sandbox gateway).
#[utoipa::path(
    get,
    path = "/sandbox/faults",
    tag = "sandbox",
    responses((status = 200, body = super::openapi::FaultsBody)),
)]
pub async fn list_faults(SandboxInUse(sandbox): SandboxInUse) -> Result<Json<Value>, Problem> {
    let faults = sandbox.faults().list().await;
    let faults = faults.map_err(|fault| broken(&fault))?;
    Ok(Json(serde_json::json!({ "faults": faults })))
}

/// Switches a fault on (only with the sandbox gateway).
#[utoipa::path(
    post,
    path = "/sandbox/faults",
    tag = "sandbox",
    request_body = super::openapi::FaultBody,
    responses(
        (status = 201, description = "It is on.", body = super::openapi::FaultsBody),
        (status = 400, description = "Not what this reads.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "No such step, or a count or rate out of range.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn switch_on_fault(
    SandboxInUse(sandbox): SandboxInUse,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    require_json(&headers)?;
    let fault: Fault = serde_json::from_slice(&body).map_err(|error| {
        let detail = format!("The body is not a fault: {error}.");
        Problem::new(ProblemType::MalformedRequest, detail)
    })?;
    let switched_on = sandbox.faults().switch_on(fault).await;
    switched_on.map_err(|fault| match fault {
        FaultFault::Sandbox(fault) => broken(&fault),
        FaultFault::Invalid(fault) => Problem::invalid(vec![FieldProblem {
            field: "fault".to_owned(),
            code: "invalid".to_owned(),
            message: fault.to_string(),
        }]),
    })?;
    let faults = list_faults(SandboxInUse(sandbox)).await?;
    Ok((StatusCode::CREATED, faults))
}

/// Switches every fault off (only with the sandbox gateway).
#[utoipa::path(
    delete,
    path = "/sandbox/faults",
    tag = "sandbox",
    responses((status = 204, description = "All are off.")),
)]
pub async fn clear_faults(SandboxInUse(sandbox): SandboxInUse) -> Result<StatusCode, Problem> {
    let cleared = sandbox.faults().clear().await;
    cleared.map_err(|fault| broken(&fault))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The sandbox itself failed.
fn broken(fault: &SandboxError) -> Problem {
    tracing::error!(
        error = fault as &dyn std::error::Error,
        "the sandbox failed"
    );
    internal()
}
