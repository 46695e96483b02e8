//! Turns registrations into what pages show.

use enlist_registration::state::Registration;

use super::views::Ledger;
use crate::language::Language;
use crate::words;

/// The ledger of a registration.
pub(super) fn ledger(language: Language, registration: &Registration) -> Ledger {
    Ledger {
        language,
        lines: words::lines(language, registration),
        closing: words::closing(registration).map(|closing| language.tell(&closing)),
    }
}
