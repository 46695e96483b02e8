//! A form as it was sent, with what is wrong with it.

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
