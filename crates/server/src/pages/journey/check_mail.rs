//! The gate while the address is not proved by whoever looks: the code, the next mail, and what else to
//! do.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use enlist_registration::journey::Journey;
use enlist_registration::limits::later;
use enlist_registration::tokens::CODE_DIGITS;

use super::steps;
use crate::app::App;
use crate::language::Language;
use crate::pages::views::{AwaitingVerification, CheckMailPage, Notice, StepOfJourney};
use crate::pages::{page, site};

/// Whose proof is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Who {
    /// Anybody who reads mail at the address.
    Anybody,
    /// Whoever began: somebody else has given theirs.
    Starter,
}

/// "Check your mail", or that the link was opened elsewhere.
pub(in crate::pages) fn render(
    app: &App,
    language: Language,
    journey: &Journey,
    who: Who,
    status: StatusCode,
    notice: Option<Notice>,
    code_error: Option<String>,
) -> Response {
    let pause = later(journey.last_mail_at, app.engine.limits().resend_after);
    let pause = Duration::try_from(pause.duration_since(app.clock.now())).unwrap_or_default();
    let wait = AwaitingVerification {
        email: journey.email.as_typed().to_owned(),
        code_length: CODE_DIGITS,
        code_error,
        verify_by: language.moment(journey.expires_at),
        verify_by_rfc3339: journey.expires_at.to_string(),
        resend_after_seconds: pause.as_secs() + u64::from(pause.subsec_nanos() > 0),
    };
    let template = CheckMailPage {
        site: site(app, language),
        steps: steps(app, language, StepOfJourney::Email, Some(journey), false),
        id: journey.id.to_string(),
        wait,
        elsewhere: who == Who::Starter,
        notice,
    };
    page(status, &template)
}
