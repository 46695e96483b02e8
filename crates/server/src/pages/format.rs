//! Turns registrations into what pages show.

use std::time::Duration;

use enlist_domain::EmailAddress;
use enlist_registration::limits::later;
use enlist_registration::state::Registration;
use enlist_registration::steps::StepName;
use enlist_registration::tokens::CODE_DIGITS;
use jiff::Timestamp;

use super::views::{AwaitingVerification, Ledger};
use crate::app::App;
use crate::language::Language;
use crate::words::{self, Line, LineState};

/// The ledger of a registration.
pub(super) fn ledger(language: Language, registration: &Registration) -> Ledger {
    Ledger {
        language,
        lines: words::lines(language, registration),
        closing: words::closing(registration).map(|closing| language.tell(&closing)),
    }
}

/// That of an undone attempt at the last step of a journey. What was said before it still stands: the
/// address, and the card if it can be charged in another attempt.
pub(super) fn ledger_of_attempt(
    language: Language,
    registration: &Registration,
    card_is_kept: bool,
) -> Ledger {
    let mut ledger = ledger(language, registration);
    let standing = [
        Some(StepName::VerifyEmail),
        card_is_kept.then_some(StepName::TokenizeCard),
    ];
    for step in standing.into_iter().flatten() {
        let is_struck =
            |line: &&mut Line| line.step == step.as_str() && line.state == LineState::Undone;
        if let Some(line) = ledger.lines.iter_mut().find(is_struck) {
            *line = words::line(language, registration, step, LineState::Done);
        }
    }
    ledger
}

/// A mail with a link and a code that was sent, and what is wrong with the code that was typed.
pub(super) struct MailSent<'r> {
    pub(super) to: &'r EmailAddress,
    pub(super) at: Option<Timestamp>,
    /// Until when the address can be confirmed.
    pub(super) expires_at: Option<Timestamp>,
    pub(super) code_error: Option<String>,
}

/// The wait for the address to be confirmed, before the last step or after it.
pub(super) fn awaiting_verification(
    app: &App,
    language: Language,
    mail: MailSent<'_>,
) -> AwaitingVerification {
    let pause = app.engine.limits().resend_after;
    let next_mail = mail
        .at
        .and_then(|sent| {
            Duration::try_from(later(sent, pause).duration_since(app.clock.now())).ok()
        })
        .unwrap_or_default();
    let (verify_by, verify_by_rfc3339) = mail
        .expires_at
        .map(|when| (language.moment(when), when.to_string()))
        .unwrap_or_default();
    AwaitingVerification {
        email: mail.to.as_typed().to_owned(),
        code_length: CODE_DIGITS,
        code_error: mail.code_error,
        verify_by,
        verify_by_rfc3339,
        resend_after_seconds: next_mail.as_secs() + u64::from(next_mail.subsec_nanos() > 0),
    }
}
