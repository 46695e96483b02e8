//! `/`: the one form that creates everything.

use super::{AddressView, CardEntry, FieldError, Ledger, Notice, Offer, SignUpForm, Site};
use askama::Template;

/// GET `/`, and POST `/` again when the form could not be accepted.
#[derive(Debug, Clone, Template)]
#[template(path = "sign-up.html")]
pub(crate) struct SignUpPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// What the visitor typed, with what is wrong with it.
    pub(crate) form: SignUpForm,
    /// Why the last attempt failed.
    pub(crate) notice: Option<Notice>,
    /// The reversed ledger of the last attempt.
    pub(crate) ledger: Option<Ledger>,
    /// What can be chosen, and how it is paid for.
    pub(crate) offer: Offer,
    /// The parts of the address, as the form's country has them.
    pub(crate) address: AddressView,
    /// The hidden key under which this form may be sent any number of times.
    pub(crate) idempotency_key: String,
}

impl SignUpPage {
    /// The page's title: its heading, and whether something is wrong.
    fn title(&self) -> String {
        let heading = self.site.say("sign-up-heading");
        if self.form.has_errors() || self.notice.is_some() {
            self.site.tell("page-title-error", &[("title", heading)])
        } else {
            heading
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        self.form.errors()
    }

    /// A ledger for the script to fill.
    fn empty_ledger(&self) -> Ledger {
        Ledger::empty(self.site.language)
    }
}
