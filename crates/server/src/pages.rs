//! The pages that people see. GET changes nothing; a form of another site is refused.

mod format;
mod forms;
mod home;
mod journey;
mod mailbox;
mod offer;
mod password;
mod problems;
mod registration;
mod sandbox;
mod sign_up;
pub(crate) mod verification;
mod views;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use crate::app::App;
use crate::http::{Offered, Problem, ProblemType, internal, policy_with_stripe, refuse_cross_site};
use crate::language::{Language, Message};
use crate::msg;

pub use problems::problem;
#[cfg(test)]
pub(crate) use problems::problem_page_source;

use journey::{join, payment, profile};
use views::{Notice, NoticeKind, Site};

/// The routes of the pages.
pub fn routes(offered: Offered) -> Router<Arc<App>> {
    let mut routes = Router::new()
        .route("/", get(home::show).post(home::submit))
        .route("/join", get(join::show).post(join::submit))
        .route("/password-strength", post(password::judge))
        .route("/registrations/{id}", get(registration::show))
        .route(
            "/registrations/{id}/profile",
            get(profile::show).post(profile::submit),
        )
        .route(
            "/registrations/{id}/payment",
            get(payment::show).post(payment::submit),
        )
        .route(
            "/registrations/{id}/verification",
            post(registration::verify).get(registration::to_itself),
        )
        .route(
            "/registrations/{id}/resend",
            post(registration::resend).get(registration::to_itself),
        )
        .route(
            "/verify/{token}",
            get(verification::show).post(verification::confirm),
        )
        .route(
            "/verify/{token}/mail",
            post(verification::send_another).get(verification::to_link),
        )
        .route("/docs", get(problems::index))
        .route("/problems/{slug}", get(problems::show));
    if offered.mailbox {
        routes = routes
            .route("/mailbox", get(mailbox::list))
            .route("/mailbox/{id}", get(mailbox::mail))
            .route("/mailbox/{id}/html", get(mailbox::html));
    }
    if offered.sandbox {
        routes = routes
            .route("/sandbox", get(sandbox::show).post(sandbox::change_faults))
            .route(
                "/sandbox/authenticate/{client_secret}",
                get(sandbox::ask_bank).post(sandbox::answer_bank),
            );
    }
    routes.route_layer(middleware::from_fn(refuse_cross_site))
}

/// What a visitor's address had in this place, to be put into another address: whatever it is, it stays one part of the
/// path.
fn path_segment(text: &str) -> PercentEncode<'_> {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    utf8_percent_encode(text, KEPT)
}

/// What every page has.
fn site(app: &App, language: Language) -> Site {
    Site {
        language,
        brand: Arc::clone(&app.brand),
        mailbox: app.mailbox.is_some(),
        sandbox: app.gateway.sandbox().is_some(),
    }
}

/// A page on which a person pays: with Stripe, its script may be loaded there, and nowhere else.
fn paying_page(app: &App, status: StatusCode, template: &impl Template) -> Response {
    let mut response = page(status, template);
    if let Some(stripe) = app.settings.gateway.stripe() {
        let policy = policy_with_stripe(stripe);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Why something was not done, to stand above the form that asked for it.
fn refusal(language: Language, problem: &Problem) -> Notice {
    let (_, _, title) = problem.kind.row();
    Notice {
        language,
        kind: NoticeKind::Error,
        title: language.tell(&title),
        text: language.tell(&problem.detail),
    }
}

/// What a person is told where the database failed, who has no key to send again.
fn not_stored(fault: impl Into<Problem>) -> Problem {
    in_own_words(fault.into(), msg!("remedy-try-again"))
}

/// The same at the last step, of which nobody knows whether it was taken.
fn perhaps_begun(fault: impl Into<Problem>) -> Problem {
    in_own_words(fault.into(), msg!("perhaps-begun"))
}

fn in_own_words(problem: Problem, remedy: Message) -> Problem {
    match problem.kind {
        ProblemType::DatabaseUnavailable => Problem {
            detail: remedy,
            ..problem
        },
        _ => problem,
    }
}

/// The same answer, with when to try again.
fn with_retry_after(problem: &Problem, mut response: Response) -> Response {
    if let Some(seconds) = problem.retry_after_seconds() {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A page with its status.
fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a page was not rendered"
            );
            internal().into_response()
        }
    }
}
