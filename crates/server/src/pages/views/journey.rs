//! The journey in three steps: a page per step, and the indicator that they share.

use askama::Template;

use super::{
    AddressView, AwaitingVerification, CardEntry, FieldError, Ledger, Notice, Offer, SignUpForm,
    Site,
};

/// One of the three steps, as the indicator counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StepOfJourney {
    /// The address, until it is confirmed.
    Email,
    /// Names and billing address.
    Profile,
    /// Plan, card, password.
    Payment,
}

/// The quiet indicator: where the person is, what is done, and the way back to it.
#[derive(Debug, Clone, Template)]
#[template(path = "_steps.html")]
pub(crate) struct Steps {
    /// Words.
    pub(crate) site: Site,
    /// Where the person is.
    pub(crate) current: StepOfJourney,
    /// Whether the address was confirmed.
    pub(crate) has_email: bool,
    /// Whether names and address were given.
    pub(crate) has_profile: bool,
    /// The path of the pending registration; none before it was begun.
    pub(crate) path: Option<String>,
}

/// One step of the indicator.
struct StepView {
    name: String,
    is_current: bool,
    is_done: bool,
    /// Where it is, if one may go there.
    href: Option<String>,
}

impl Steps {
    fn all(&self) -> [StepView; 3] {
        let path = self.path.as_ref();
        let below = |part: &str| path.map(|path| format!("{path}/{part}"));
        let (email, profile, payment) = (
            path.map(|_| "/join".to_owned()),
            below("profile").filter(|_| self.has_email),
            below("payment").filter(|_| self.has_email && self.has_profile),
        );
        let view = |step, name: String, is_done, href: Option<String>| StepView {
            name,
            is_current: step == self.current,
            is_done: is_done && step != self.current,
            href: href.filter(|_| step != self.current),
        };
        [
            view(
                StepOfJourney::Email,
                self.site.say("step-email"),
                self.has_email,
                email,
            ),
            view(
                StepOfJourney::Profile,
                self.site.say("step-profile"),
                self.has_profile,
                profile,
            ),
            view(
                StepOfJourney::Payment,
                self.site.say("step-payment"),
                false,
                payment,
            ),
        ]
    }
}

/// GET `/join`, and POST `/join` again when the address could not be accepted.
#[derive(Debug, Clone, Template)]
#[template(path = "join.html")]
pub(crate) struct JoinPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// Where this is.
    pub(crate) steps: Steps,
    /// What was typed.
    pub(crate) form: SignUpForm,
    /// Why it could not be taken.
    pub(crate) notice: Option<Notice>,
    /// The address that this browser has confirmed, which goes on as it is.
    pub(crate) confirmed: bool,
    /// Whether there is the one form, too.
    pub(crate) has_one_form: bool,
}

/// GET `/registrations/{id}` before the address is confirmed, or after somebody else confirmed it.
#[derive(Debug, Clone, Template)]
#[template(path = "check-mail.html")]
pub(crate) struct CheckMailPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// Where this is.
    pub(crate) steps: Steps,
    /// The pending registration's id.
    pub(crate) id: String,
    /// Code, time and the next mail.
    pub(crate) wait: AwaitingVerification,
    /// The link was opened in another browser, on whatever device.
    pub(crate) elsewhere: bool,
    /// A message above the content, such as "A new mail is on its way."
    pub(crate) notice: Option<Notice>,
}

/// GET and POST `/registrations/{id}/profile`.
#[derive(Debug, Clone, Template)]
#[template(path = "profile.html")]
pub(crate) struct ProfilePage {
    /// Header and footer.
    pub(crate) site: Site,
    /// Where this is.
    pub(crate) steps: Steps,
    /// The pending registration's id.
    pub(crate) id: String,
    /// What was given or typed.
    pub(crate) form: SignUpForm,
    /// Why it could not be kept.
    pub(crate) notice: Option<Notice>,
    /// The parts of the address, as the form's country has them.
    pub(crate) address: AddressView,
}

/// GET and POST `/registrations/{id}/payment`.
#[derive(Debug, Clone, Template)]
#[template(path = "payment.html")]
pub(crate) struct PaymentPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// Where this is.
    pub(crate) steps: Steps,
    /// The pending registration's id.
    pub(crate) id: String,
    /// What was given or typed, but for password and card.
    pub(crate) form: SignUpForm,
    /// Why the last attempt failed.
    pub(crate) notice: Option<Notice>,
    /// The reversed ledger of the last attempt.
    pub(crate) ledger: Option<Ledger>,
    /// What can be chosen, and how it is paid for.
    pub(crate) offer: Offer,
    /// The card that was given before and need not be typed again: "Visa •••• 4242".
    pub(crate) kept_card: Option<String>,
    /// The confirmed address, under which password managers keep the password.
    pub(crate) email: String,
    /// Whose password is chosen, which it must not have in it: JSON.
    pub(crate) about: String,
    /// Who pays, as Stripe's script wants it: JSON.
    pub(crate) billing: String,
}

/// The title of a page with a form: its heading, and whether something is wrong.
fn title(site: &Site, heading: String, is_wrong: bool) -> String {
    match is_wrong {
        true => site.tell("page-title-error", &[("title", heading)]),
        false => heading,
    }
}

impl JoinPage {
    fn title(&self) -> String {
        let is_wrong = self.form.has_errors() || self.notice.is_some();
        title(&self.site, self.site.say("sign-up-heading"), is_wrong)
    }
}

impl CheckMailPage {
    fn heading(&self) -> String {
        match self.elsewhere {
            true => self.site.say("elsewhere"),
            false => self.site.say("check-mail"),
        }
    }

    fn title(&self) -> String {
        title(&self.site, self.heading(), self.wait.code_error.is_some())
    }
}

impl ProfilePage {
    fn title(&self) -> String {
        let heading = self.site.say("step-profile-heading");
        let is_wrong = self.form.has_errors() || self.notice.is_some();
        title(&self.site, heading, is_wrong)
    }

    fn errors(&self) -> Vec<FieldError> {
        self.form.errors()
    }
}

impl PaymentPage {
    fn title(&self) -> String {
        let is_wrong = self.form.has_errors() || self.notice.is_some();
        title(&self.site, self.site.say("step-payment-heading"), is_wrong)
    }

    /// In the order of this page, which asks for the password last.
    fn errors(&self) -> Vec<FieldError> {
        let mut errors = self.form.errors();
        errors.sort_by_key(|error| error.field == "password");
        errors
    }

    /// Whether the fields for another card are in view from the start.
    fn is_other_card_open(&self) -> bool {
        [&self.form.card_number, &self.form.expiry, &self.form.cvv]
            .into_iter()
            .any(|field| field.error.is_some())
    }
}
