//! Every error answer: `application/problem+json` (RFC 9457), with a `type` that resolves to a page of
//! the documentation.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use enlist_domain::FieldFaults;
use enlist_registration::engine::BeginningFault;
use enlist_registration::journey::Part;
use enlist_registration::ports::StoreFault;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

pub use super::problem_types::ProblemType;

use super::answers::RegistrationView;
use super::request_body::{FieldProblem, FieldProblemBody};
use crate::app::App;
use crate::language::{Language, Message};
use crate::{msg, pages, words};

/// An error answer, before it is written.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which kind.
    pub kind: ProblemType,
    /// Cause and remedy, for a person.
    pub detail: Message,
    /// When to come back.
    pub retry_after: Option<Duration>,
    /// What is wrong, field by field.
    pub errors: Vec<FieldProblem>,
    /// The gateway's word for a decline.
    pub decline_code: Option<String>,
    /// The registration concerned.
    pub registration: Option<Box<RegistrationView>>,
    /// Opens the registration's door, for whoever began it.
    pub access_token: Option<SecretString>,
    /// The first part of a journey that is missing.
    pub next: Option<Part>,
}

/// An error answer, as it is written: RFC 9457 and our own members.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// Resolves to a page of the documentation.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind, in a few words.
    pub title: String,
    /// The status, once more.
    pub status: u16,
    /// Cause and remedy, for a person.
    pub detail: String,
    /// What is wrong, field by field (`invalid-input` only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblemBody>,
    /// The gateway's word for a decline, as Stripe spells them (`card-declined` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// The registration concerned, where one was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<Box<RegistrationView>>,
    /// Opens `GET /api/registrations/{id}` and its events, where a registration was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// The first part that is missing (`registration-incomplete` only): `verification`, `profile`,
    /// `payment_method` or `completion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<&'static str>,
}

impl Problem {
    /// A problem with nothing but its sentence.
    pub fn new(kind: ProblemType, detail: Message) -> Self {
        Self {
            kind,
            detail,
            retry_after: None,
            errors: Vec::new(),
            decline_code: None,
            registration: None,
            access_token: None,
            next: None,
        }
    }

    /// The same, to be tried again after `pause`.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Fields that are not in order.
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = msg!("correct-the-fields");
        Self {
            errors,
            ..Self::new(ProblemType::InvalidInput, detail)
        }
    }

    /// A request that was refused before a handler read it.
    fn of_refusal(status: StatusCode) -> Option<Self> {
        let (kind, detail) = match status {
            StatusCode::PAYLOAD_TOO_LARGE => return Some(too_large(super::MOST_BODY_BYTES)),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                (ProblemType::UnsupportedMediaType, msg!("body-other-type"))
            }
            status if status.is_client_error() => {
                (ProblemType::MalformedRequest, msg!("request-not-read"))
            }
            status if status.is_server_error() => return Some(internal()),
            _ => return None,
        };
        Some(Self::new(kind, detail))
    }

    /// The value of `Retry-After`, rounded up: too early is of no use.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        let pause = self.retry_after?;
        Some((pause.as_secs() + u64::from(pause.subsec_nanos() > 0)).max(1))
    }

    /// As it is written in a language, with types that start with `public_url`.
    pub fn body(self, language: Language, public_url: &str) -> ProblemBody {
        let (slug, status, title) = self.kind.row();
        let errors = self.errors.into_iter().map(|problem| FieldProblemBody {
            field: problem.field,
            code: problem.code,
            message: language.tell(&problem.message),
        });
        ProblemBody {
            kind: format!("{public_url}/problems/{slug}"),
            title: language.tell(&title),
            status: status.as_u16(),
            detail: language.tell(&self.detail),
            errors: errors.collect(),
            decline_code: self.decline_code,
            registration: self.registration,
            access_token: self
                .access_token
                .map(|token| token.expose_secret().to_owned()),
            next: self.next.map(Part::as_str),
        }
    }
}

impl From<&FieldFaults> for Problem {
    fn from(faults: &FieldFaults) -> Self {
        Self::invalid(field_problems(faults))
    }
}

/// The faults of a form, as the API tells them.
pub fn field_problems(faults: &FieldFaults) -> Vec<FieldProblem> {
    faults
        .iter()
        .map(|found| FieldProblem {
            field: found.field.as_str().to_owned(),
            code: found.fault.code(),
            message: words::of_field(found),
        })
        .collect()
}

impl From<StoreFault> for Problem {
    fn from(fault: StoreFault) -> Self {
        tracing::error!(error = &fault as &dyn std::error::Error, "a request failed");
        Self::new(ProblemType::DatabaseUnavailable, msg!("will-show-itself"))
            .retry_after(Duration::from_secs(5))
    }
}

impl From<BeginningFault> for Problem {
    fn from(fault: BeginningFault) -> Self {
        match fault {
            BeginningFault::Store(fault) => fault.into(),
            BeginningFault::Hashing(_) => {
                tracing::error!(error = &fault as &dyn std::error::Error, "a request failed");
                internal()
            }
        }
    }
}

/// A fault of ours of which nothing more is to be told.
pub fn internal() -> Problem {
    Problem::new(ProblemType::Internal, msg!("our-fault"))
}

/// A problem travels as an extension of its response until [`render`] writes it: only there is it
/// known where the service is reached, whether a person or a program asked, and in which language.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.row().1.into_response();
        if let Some(seconds) = self.retry_after_seconds() {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        if self.kind == ProblemType::Unauthorized {
            let challenge = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes problems: as a page for a person's browser, as JSON for everybody else. What was refused
/// before a handler read it, or ended in a panic, is a problem as well.
pub async fn render(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let wants_page = !is_api && wants_html(request.headers());
    let language = request.extensions().get::<Language>().copied();
    let language = language.unwrap_or_else(Language::english);
    let mut response = next.run(request).await;
    if response.extensions().get::<Problem>().is_none()
        && !is_page(&response)
        && let Some(problem) = Problem::of_refusal(response.status())
    {
        response = problem.into_response();
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    if wants_page {
        return (parts, pages::problem(&app, language, &problem)).into_response();
    }
    let json = HeaderValue::from_static("application/problem+json");
    let mut response = (parts, Json(problem.body(language, &app.public_url))).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Whether a handler wrote a page of its own, such as the form with its errors.
fn is_page(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Whether a browser asks for a page.
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// A body of more than `most_bytes`.
pub fn too_large(most_bytes: usize) -> Problem {
    let detail = msg!("body-limit", most = most_bytes / 1024);
    Problem::new(ProblemType::BodyTooLarge, detail)
}

/// No route has this address.
pub async fn not_found() -> Problem {
    Problem::new(ProblemType::NotFound, msg!("check-address"))
}

/// The route has no such method.
pub async fn method_not_allowed() -> Problem {
    Problem::new(ProblemType::MethodNotAllowed, msg!("see-openapi"))
}

/// A handler panicked: a bug, logged by the panic hook. The answer tells nothing of it.
pub fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
