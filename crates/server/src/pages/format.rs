//! Turns registrations into what pages show.

use enlist_registration::state::Registration;

use super::views::Ledger;
use crate::words;

/// The ledger of a registration.
pub(super) fn ledger(registration: &Registration) -> Ledger {
    Ledger {
        lines: words::lines(registration),
        closing: words::closing(registration),
    }
}
