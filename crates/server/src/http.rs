//! The web server: the router is the table of contents.

mod access;
mod action;
mod answers;
mod assets;
mod confirmation;
mod cross_site;
mod events;
mod gateway_webhooks;
mod health;
mod journeys;
mod mail_events;
mod mailbox;
mod offered;
mod openapi;
mod policy;
mod prefer;
mod problem_types;
mod problems;
mod registrations;
mod request_body;
mod sandbox;
mod setup_intents;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::language;
use crate::pages;

pub use access::{Bearer, Followed, cookie, is_starter, standing};
pub use action::ClientSecrets;
pub use answers::{
    ConfirmedBody, RegistrationView, access_token, confirmed, declined, email_taken, expired,
    failed, gateway_rejected, gateway_unavailable, mail_refused, verified, what_now,
};
pub use assets::brand;
pub use cross_site::refuse_cross_site;
pub use gateway_webhooks::PATH as STRIPE_WEBHOOKS;
pub use mailbox::MailboxInUse;
pub use offered::Offered;
pub use openapi::document;
pub use policy::with_stripe as policy_with_stripe;
pub use prefer::Preference;
pub use problems::{Problem, ProblemBody, ProblemType, internal, not_found, wants_html};
pub use registrations::{ask_for_mail, settle, settle_journey};
pub use sandbox::SandboxInUse;
pub use users::{answer, count};

/// What is read of a request before anything else is done with it: for the fuzz targets, which call
/// it without a service around it.
#[doc(hidden)]
pub mod fuzzing {
    pub use super::journeys::{COMPLETION, PAYMENT, PROFILE, fields};
    pub use super::request_body::{FieldProblem, Parsed, parse};
    pub use super::users::{LONGEST_KEY, idempotency_key};
}

/// The largest request body, in bytes. The largest form that passes has about 4 KB.
const MOST_BODY_BYTES: usize = 64 * 1024;

/// The API, as `/openapi.json` describes it.
pub(crate) fn api(offered: Offered) -> OpenApiRouter<Arc<App>> {
    let mut api = OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(users::create))
        .routes(routes!(journeys::begin))
        .routes(routes!(journeys::put_profile))
        .routes(routes!(journeys::put_payment_method))
        .routes(routes!(journeys::complete))
        .routes(routes!(registrations::show))
        .routes(routes!(events::stream))
        .routes(routes!(confirmation::confirm))
        .routes(routes!(registrations::verify))
        .routes(routes!(registrations::resend));
    if offered.stripe {
        let card_forms = OpenApiRouter::new()
            .routes(routes!(setup_intents::create))
            .layer(middleware::from_fn(refuse_cross_site));
        api = api.merge(card_forms);
    }
    if offered.stripe_webhooks {
        let events = OpenApiRouter::new()
            .routes(routes!(gateway_webhooks::take_from_stripe))
            .layer(DefaultBodyLimit::max(gateway_webhooks::MOST_BODY_BYTES));
        api = api.merge(events);
    }
    if offered.sandbox {
        api = api.routes(routes!(sandbox::ledger)).routes(routes!(
            sandbox::list_faults,
            sandbox::switch_on_fault,
            sandbox::clear_faults
        ));
    }
    if offered.mail_events {
        api = api.routes(routes!(mail_events::take));
    }
    if offered.mailbox {
        api = api.routes(routes!(mailbox::messages));
    }
    api.routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(openapi::serve))
}

/// Everything the service answers.
pub fn router(app: Arc<App>) -> Router {
    let offered = Offered::by(&app);
    let (api, _) = api(offered).split_for_parts();
    api.merge(pages::routes(offered))
        .route("/assets/{*path}", get(assets::serve))
        .route("/.well-known/security.txt", get(health::security_txt))
        .fallback(problems::not_found)
        .method_not_allowed_fallback(problems::method_not_allowed)
        .layer(CatchPanicLayer::custom(problems::after_panic))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            problems::render,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            language::negotiate,
        ))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(header(header::CONTENT_SECURITY_POLICY, policy::OWN))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(header(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
        .layer(CompressionLayer::new())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_failure(()),
        )
        .with_state(app)
}

/// Sets a header where the answer has none of that name.
fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// What is logged of a request: the route, never the path or the query, which may hold a token.
fn span(request: &axum::extract::Request) -> tracing::Span {
    let route = request.extensions().get::<axum::extract::MatchedPath>();
    let route = route.map_or("unmatched", axum::extract::MatchedPath::as_str);
    tracing::debug_span!("request", method = %request.method(), route)
}
