//! `POST /api/setup-intents`: what Stripe's script in a page needs so that a card goes from the browser
//! to Stripe, and this server sees a token.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use enlist_registration::ports::{Outcome, Trouble};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::answers;
use super::problems::{Problem, ProblemBody, not_found};
use super::users::count;
use crate::app::App;

/// What Stripe's script is opened with.
#[derive(Serialize, ToSchema)]
#[schema(as = SetupIntent)]
pub struct SetupIntentBody {
    /// For this browser only; good for one card.
    pub client_secret: String,
    /// The key that browsers are given.
    pub publishable_key: String,
}

/// Prepares the entry of a card (only with Stripe): makes a SetupIntent, which costs and binds nothing.
/// What `stripe.confirmSetup` yields with it, `pm_…`, is the `payment_method` of a sign-up. Counted
/// like a sign-up. Refused where a browser says that a page of another site asks.
#[utoipa::path(
    post,
    path = "/api/setup-intents",
    tag = "registration",
    responses(
        (status = 201, description = "A card can be entered.", body = SetupIntentBody),
        (status = 403, description = "A page of another site asks.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many sign-ups.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "Stripe refused our request.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Stripe is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<SetupIntentBody>), Problem> {
    let (Some(stripe), Some(settings)) = (app.gateway.stripe(), app.settings.gateway.stripe())
    else {
        return Err(not_found().await);
    };
    count(&app, peer, &headers)?;
    match stripe.create_setup_intent().await {
        Outcome::Done(made) => {
            let body = SetupIntentBody {
                client_secret: made.client_secret.expose_secret().to_owned(),
                publishable_key: settings.publishable_key.clone(),
            };
            Ok((StatusCode::CREATED, Json(body)))
        }
        Outcome::Retryable(trouble) | Outcome::InDoubt(trouble) => {
            let trouble = trouble.summary;
            tracing::warn!(trouble, "a SetupIntent could not be made");
            Err(answers::gateway_unavailable(&app))
        }
        Outcome::Rejected(trouble) => Err(refused(&app, &trouble)),
        Outcome::Declined(_) | Outcome::RequiresAction(_) => {
            Err(refused(&app, &Trouble::new("no card was asked about")))
        }
    }
}

fn refused(app: &App, trouble: &Trouble) -> Problem {
    let trouble = &trouble.summary;
    tracing::error!(trouble, "Stripe refused to make a SetupIntent");
    answers::gateway_rejected(app)
}
