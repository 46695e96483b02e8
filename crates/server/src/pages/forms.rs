//! Forms as browsers send them: what they say, and what of it may be filled in again.

use enlist_domain::{Fault, Field, FieldFaults, RawSignUp};

use super::views::SignUpForm;
use crate::language::Language;
use crate::{msg, words};

/// A form as it was sent.
pub(super) struct Sent {
    pub(super) raw: RawSignUp,
    pub(super) key: Option<String>,
    /// It is sent only to be written in another language (`_languages-of-form.html`), as it is.
    pub(super) is_for_language: bool,
    /// What is filled in again: never a secret.
    pub(super) kept: SignUpForm,
}

/// Reads it.
pub(super) fn read(pairs: Vec<(String, String)>) -> Sent {
    let mut sent = Sent {
        raw: RawSignUp::default(),
        key: None,
        is_for_language: false,
        kept: SignUpForm::default(),
    };
    for (name, value) in pairs {
        match name.as_str() {
            "idempotency_key" => {
                let is_key =
                    (1..=255).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic());
                sent.key = is_key.then_some(value);
            }
            // In which one, the address says (`language::negotiate`).
            "language" => sent.is_for_language = true,
            // As printed on the card: MM / YY.
            "expiry" => {
                let (month, year) = value.split_once('/').unwrap_or((&value, ""));
                sent.raw.set(Field::ExpiryMonth, month.trim().to_owned());
                sent.raw.set(Field::ExpiryYear, year.trim().to_owned());
            }
            // Fields that the page does not have are not read; a browser's extension may add some.
            _ => {
                let Some(field) = Field::from_name(&name) else {
                    continue;
                };
                if !field.is_secret()
                    && let Some(view) = sent.kept.field_mut(field.as_str())
                {
                    view.value = value.clone();
                }
                sent.raw.set(field, value);
            }
        }
    }
    sent
}

/// Says beside each field what is wrong with it.
pub(super) fn mark(form: &mut SignUpForm, language: Language, faults: &FieldFaults) {
    for found in faults.iter() {
        let message = match (found.field, &found.fault) {
            // Whoever sent a page's form without its script had no field for it.
            (Field::PaymentMethod, Fault::Missing) => msg!("fault-card-needs-script"),
            // What a program may send in its place is nothing that a person is asked for.
            (Field::CardNumber, Fault::Missing) => msg!("missing-card-number"),
            _ => words::of_field(found),
        };
        form.set_error(found.field.as_str(), language.tell(&message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_but_for_password_and_card() {
        let pairs = [
            ("email", "ada@example.com"),
            ("password", "canary-password"),
            ("card_number", "4242424242424242"),
            ("expiry", "12 / 30"),
            ("cvv", "987"),
            ("utm_source", "extension"),
        ];
        let sent = read(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        );
        assert_eq!(sent.kept.email.value, "ada@example.com");
        let kept = format!("{:?}", sent.kept);
        for secret in ["canary-password", "4242", "987"] {
            assert!(!kept.contains(secret), "{secret} is kept");
        }
        assert_eq!(sent.raw.expiry_month.as_deref(), Some("12"));
        assert_eq!(sent.raw.expiry_year.as_deref(), Some("30"));
    }
}
