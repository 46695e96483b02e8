//! `/`: the one form that creates everything.

use super::{AddressView, Ledger, Notice, Site};
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
    /// What can be chosen, in order. None hides the choice.
    pub(crate) plans: Vec<PlanView>,
    /// The parts of the address, as the form's country has them.
    pub(crate) address: AddressView,
    /// Whether a free plan asks for a card too (`billing.card = "required"`).
    pub(crate) free_needs_card: bool,
    /// Where the card is entered.
    pub(crate) card_entry: CardEntry,
    /// The hidden key under which this form may be sent any number of times.
    pub(crate) idempotency_key: String,
}

impl SignUpPage {
    /// The plan that is preselected, else the first.
    pub(crate) fn selected_plan(&self) -> Option<&PlanView> {
        self.plans
            .iter()
            .find(|plan| plan.name == self.form.plan.value)
            .or_else(|| self.plans.first())
    }

    /// The page's title: its heading, and whether something is wrong.
    fn title(&self) -> String {
        let heading = self.site.say("sign-up-heading");
        if self.form.has_errors() {
            self.site.tell("page-title-error", &[("title", heading)])
        } else {
            heading
        }
    }

    /// A ledger for the script to fill.
    fn empty_ledger(&self) -> Ledger {
        Ledger::empty(self.site.language)
    }

    /// The attributes of the field for the card's date.
    fn expiry_attributes(&self) -> String {
        let placeholder = self.site.say("field-expiry-placeholder");
        format!(
            " inputmode=\"numeric\" autocomplete=\"cc-exp\" placeholder=\"{placeholder}\" \
             maxlength=\"9\" required"
        )
    }

    fn is_selected_plan(&self, plan: &PlanView) -> bool {
        self.selected_plan()
            .is_some_and(|selected| selected.name == plan.name)
    }
}

/// One plan as a card of the radio group, and what the summary says once it is chosen.
#[derive(Debug, Clone)]
pub(crate) struct PlanView {
    /// The plan's name in the configuration: the radio's value.
    pub(crate) name: String,
    /// "Pro"
    pub(crate) title: String,
    /// "$29.00 / month" or "Free"
    pub(crate) price: String,
    /// Without a price, and so without a charge.
    pub(crate) free: bool,
    /// "Start Pro for $29.00 / month" or "Create free account": the words of the button.
    pub(crate) action: String,
    /// What is charged today: "$29.00" or "Nothing".
    pub(crate) today: String,
    /// The next charge: "$29.00 on 23 Dec 2026" or "None".
    pub(crate) next_charge: String,
}

/// Where a card is entered.
#[derive(Debug, Clone)]
pub(crate) enum CardEntry {
    /// In fields of the form; these are the sandbox's cards.
    Fields(Vec<TestCard>),
    /// In Stripe's own, once the visitor gets there: card data does not come here.
    Stripe(StripeElement),
}

impl CardEntry {
    /// Stripe's, if that is it.
    pub(crate) fn stripe(&self) -> Option<&StripeElement> {
        match self {
            Self::Fields(_) => None,
            Self::Stripe(element) => Some(element),
        }
    }
}

/// What the page needs in order to show Stripe's Payment Element.
#[derive(Debug, Clone)]
pub(crate) struct StripeElement {
    /// Where Stripe.js is.
    pub(crate) script_url: String,
    /// Only test cards are taken, and no money.
    pub(crate) is_test: bool,
}

/// One card of the sandbox, which a button fills in.
#[derive(Debug, Clone)]
pub(crate) struct TestCard {
    /// Spaced as on the card.
    pub(crate) number: String,
    /// What happens with it: "Succeeds".
    pub(crate) outcome: String,
}

/// One field as it was sent. The password and the card are never filled in again: the template
/// ignores their `value`.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldView {
    /// What to fill in.
    pub(crate) value: String,
    /// What is wrong and how to put it right, a whole sentence.
    pub(crate) error: Option<String>,
}

/// The form's fields, by their names in the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignUpForm {
    pub(crate) email: FieldView,
    pub(crate) password: FieldView,
    pub(crate) first_name: FieldView,
    pub(crate) last_name: FieldView,
    pub(crate) country: FieldView,
    pub(crate) address: FieldView,
    pub(crate) address_line2: FieldView,
    pub(crate) city: FieldView,
    pub(crate) state: FieldView,
    pub(crate) zip: FieldView,
    pub(crate) plan: FieldView,
    pub(crate) card_number: FieldView,
    pub(crate) expiry: FieldView,
    pub(crate) cvv: FieldView,
    /// What is wrong with a field that the page does not show.
    pub(crate) other_errors: Vec<String>,
}

/// One line of the error summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The id of the input it is about.
    pub(crate) field: &'static str,
    /// What is wrong and how to put it right.
    pub(crate) message: String,
}

impl SignUpForm {
    /// Says what is wrong with a field of the request; the first message for a field stays.
    /// `expiry_month` and `expiry_year` are one input on the page.
    pub(crate) fn set_error(&mut self, field: &str, message: String) {
        match self.field_mut(field) {
            Some(view) => {
                view.error.get_or_insert(message);
            }
            None => self.other_errors.push(message),
        }
    }

    /// The field of that name in the request, if the page shows it.
    pub(crate) fn field_mut(&mut self, field: &str) -> Option<&mut FieldView> {
        Some(match field {
            "email" => &mut self.email,
            "password" => &mut self.password,
            "first_name" => &mut self.first_name,
            "last_name" => &mut self.last_name,
            "country" => &mut self.country,
            "address" => &mut self.address,
            "address_line2" => &mut self.address_line2,
            "city" => &mut self.city,
            "state" => &mut self.state,
            "zip" => &mut self.zip,
            "plan" => &mut self.plan,
            "card_number" => &mut self.card_number,
            "expiry" | "expiry_month" | "expiry_year" => &mut self.expiry,
            "cvv" => &mut self.cvv,
            _ => return None,
        })
    }

    /// What is wrong, in the order of the page.
    pub(crate) fn errors(&self) -> Vec<FieldError> {
        [
            ("email", &self.email),
            ("password", &self.password),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("country", &self.country),
            ("address", &self.address),
            ("address_line2", &self.address_line2),
            ("city", &self.city),
            ("state", &self.state),
            ("zip", &self.zip),
            ("plan", &self.plan),
            ("card_number", &self.card_number),
            ("expiry", &self.expiry),
            ("cvv", &self.cvv),
        ]
        .into_iter()
        .filter_map(|(field, view)| {
            let message = view.error.clone()?;
            Some(FieldError { field, message })
        })
        .collect()
    }

    /// Whether anything is wrong.
    pub(crate) fn has_errors(&self) -> bool {
        !self.other_errors.is_empty() || !self.errors().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_of_the_expiry_are_one_error_on_the_page() {
        let mut form = SignUpForm::default();
        form.set_error("expiry_month", "Enter a month from 01 to 12.".to_owned());
        form.set_error("expiry_year", "Enter a year.".to_owned());
        assert_eq!(
            form.errors(),
            [FieldError {
                field: "expiry",
                message: "Enter a month from 01 to 12.".to_owned()
            }]
        );
    }

    #[test]
    fn an_error_of_a_field_that_is_not_shown_is_not_lost() {
        let mut form = SignUpForm::default();
        form.set_error("payment_method", "This token was used before.".to_owned());
        assert!(form.has_errors());
        assert_eq!(form.other_errors, ["This token was used before."]);
    }
}
