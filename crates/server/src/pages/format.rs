//! Turns registrations into what pages show.

use enlist_registration::state::Registration;
use enlist_registration::steps::StepName;

use super::views::Ledger;
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
