//! What a browser is given and what it sends: an emulated Stripe.js, the frames that it puts into a page, and the
//! calls that they make. Any page may embed them.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Server;
use crate::cards::TypedCard;
use crate::client::{self, Decision};
use crate::error::StripeError;

const CORS: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, content-type",
    ),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
];

/// A frame loads what is the fake's own and may be in any page.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    frame-ancestors *; base-uri 'none'; form-action 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

pub(super) fn routes() -> Router<Server> {
    let file = |kind, text| get(move || async move { serve(kind, text) });
    let frame = |text| {
        get(move || async move {
            (
                [(header::CONTENT_SECURITY_POLICY, FRAME_POLICY)],
                serve(HTML, text),
            )
        })
    };
    Router::new()
        .route(
            "/endive/stripe.js",
            file(SCRIPT, include_str!("../browser/stripe.js")),
        )
        .route(
            "/_client/element",
            frame(include_str!("../browser/element.html")),
        )
        .route(
            "/_client/element.js",
            file(SCRIPT, include_str!("../browser/element.js")),
        )
        .route(
            "/_client/challenge",
            frame(include_str!("../browser/challenge.html")),
        )
        .route(
            "/_client/challenge.js",
            file(SCRIPT, include_str!("../browser/challenge.js")),
        )
        .route(
            "/_client/frame.js",
            file(SCRIPT, include_str!("../browser/frame.js")),
        )
        .route(
            "/_client/frame.css",
            file(STYLE, include_str!("../browser/frame.css")),
        )
        .route("/_client/setup_intents/{id}", get(retrieve).options(allow))
        .route(
            "/_client/payment_intents/{id}",
            get(retrieve).options(allow),
        )
        .route(
            "/_client/setup_intents/{id}/confirm",
            post(confirm_setup).options(allow),
        )
        .route(
            "/_client/payment_intents/{id}/confirm",
            post(confirm_payment).options(allow),
        )
        .route("/_client/authenticate", post(authenticate).options(allow))
}

fn serve(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], CORS, text).into_response()
}

async fn allow() -> Response {
    (StatusCode::NO_CONTENT, CORS).into_response()
}

/// A card as it was typed in. Not to be printed.
#[derive(Deserialize)]
struct ConfirmSetup {
    client_secret: String,
    number: String,
    exp_month: Number,
    exp_year: Number,
    cvc: Option<String>,
}

/// `12` or `"12"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(i64),
    Text(String),
}

impl Number {
    /// A text that is no number is no month and no year.
    fn value(&self) -> i64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.trim().parse().unwrap_or(-1),
        }
    }
}

async fn confirm_setup(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(request): Json<ConfirmSetup>,
) -> Response {
    let card = TypedCard {
        number: &request.number,
        exp_month: request.exp_month.value(),
        exp_year: request.exp_year.value(),
        cvc: request.cvc.as_deref(),
    };
    let secret = &request.client_secret;
    answer(&server, &headers, || {
        client::check_id(secret, &id)?;
        server
            .core
            .work(|desk| client::confirm_setup(desk, secret, &card))
    })
}

#[derive(Deserialize)]
struct ClientSecret {
    client_secret: String,
}

async fn confirm_payment(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(ClientSecret { client_secret }): Json<ClientSecret>,
) -> Response {
    answer(&server, &headers, || {
        client::check_id(&client_secret, &id)?;
        server
            .core
            .work(|desk| client::confirm_payment(desk, &client_secret))
    })
}

async fn retrieve(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(ClientSecret { client_secret }): Query<ClientSecret>,
) -> Response {
    answer(&server, &headers, || {
        client::check_id(&client_secret, &id)?;
        server
            .core
            .work(|desk| client::retrieve(desk, &client_secret))
    })
}

#[derive(Deserialize)]
struct Authenticate {
    client_secret: String,
    outcome: Decision,
}

async fn authenticate(
    State(server): State<Server>,
    headers: HeaderMap,
    Json(request): Json<Authenticate>,
) -> Response {
    answer(&server, &headers, || {
        server
            .core
            .work(|desk| client::authenticate(desk, &request.client_secret, request.outcome))
    })
}

/// `{"setupIntent": …}`, `{"paymentIntent": …}` or `{"error": …}`.
fn answer(
    server: &Server,
    headers: &HeaderMap,
    work: impl FnOnce() -> Result<Value, StripeError>,
) -> Response {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let done = server
        .core
        .keyring()
        .admit_browser(authorization)
        .and_then(|()| work());
    match done {
        Ok(intent) => {
            let name = match intent.get("object").and_then(Value::as_str) {
                Some("setup_intent") => "setupIntent",
                _ => "paymentIntent",
            };
            (CORS, Json(json!({ name: intent }))).into_response()
        }
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, CORS, Json(error.body())).into_response()
        }
    }
}
