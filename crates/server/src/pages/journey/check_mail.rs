//! The gate while the address is not proved by whoever looks: the code, the next mail, and what else to
//! do.

use axum::http::StatusCode;
use axum::response::Response;
use enlist_registration::journey::Journey;

use super::steps;
use crate::app::App;
use crate::language::Language;
use crate::pages::format::{MailSent, awaiting_verification};
use crate::pages::views::{CheckMailPage, Notice, StepOfJourney};
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
    let mail = MailSent {
        to: &journey.email,
        at: Some(journey.last_mail_at),
        expires_at: Some(journey.expires_at),
        code_error,
    };
    let template = CheckMailPage {
        site: site(app, language),
        steps: steps(app, language, StepOfJourney::Email, Some(journey), false),
        id: journey.id.to_string(),
        wait: awaiting_verification(app, language, mail),
        elsewhere: who == Who::Starter,
        notice,
    };
    page(status, &template)
}
