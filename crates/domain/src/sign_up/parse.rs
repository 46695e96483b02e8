//! From raw fields to checked values: the whole form, or the part that one step of it sends.

use secrecy::SecretString;

use super::{Fault, Field, FieldFaults, RawSignUp, SignUp, SignUpRules};
use crate::email::EmailAddress;
use crate::password::{Password, PasswordFault, Strength};
use crate::plan::Plan;
use payment::CardNeed;

mod payment;
mod profile;

impl RawSignUp {
    /// Checks the whole form. The raw values are consumed; secrets that are not part of the outcome
    /// are wiped.
    ///
    /// Call it off the async threads: see [`Password::parse`] for what estimating a strength takes.
    ///
    /// # Errors
    ///
    /// Every fault of every field at once, one per field.
    pub fn parse(mut self, rules: &SignUpRules<'_>) -> Result<SignUp, FieldFaults> {
        let mut faults = FieldFaults::default();
        let email = keep(self.parse_email(), &mut faults);
        let profile = keep(self.parse_profile(rules), &mut faults);
        let password = keep(self.parse_password(), &mut faults);
        let plan = keep(self.parse_plan(rules), &mut faults);
        let needed = match &plan {
            Some(plan) => rules.card_need(plan.as_ref()),
            // Which plan was meant is not known, so neither is whether it needs a card.
            None => CardNeed::Optional,
        };
        let payment = keep(self.parse_payment_as(needed, rules), &mut faults);

        let sign_up = match (email, password, profile, payment, plan) {
            (Some(email), Some(password), Some(profile), Some(payment), Some(plan)) => {
                Some(SignUp {
                    email,
                    password,
                    profile,
                    payment,
                    plan,
                })
            }
            _ => None,
        };
        faults.unless_empty(sign_up)
    }

    /// Checks `email` alone.
    ///
    /// # Errors
    ///
    /// Its fault.
    pub fn parse_email(&self) -> Result<EmailAddress, FieldFaults> {
        let mut faults = FieldFaults::default();
        let email = self.required(Field::Email, &mut faults).and_then(|raw| {
            EmailAddress::parse(raw)
                .map_err(|fault| faults.add(Field::Email, fault))
                .ok()
        });
        faults.unless_empty(email)
    }

    /// Takes `password` out of the form and checks it, against the e-mail address and the names
    /// that the form holds.
    ///
    /// # Errors
    ///
    /// Its fault.
    pub fn parse_password(&mut self) -> Result<Password, FieldFaults> {
        self.check_password(Password::parse)
    }

    /// Takes `password` out of a form that is still being filled in, and says how strong it is, by the same
    /// rule.
    ///
    /// # Errors
    ///
    /// Its fault.
    pub fn judge_password(&mut self) -> Result<Strength, FieldFaults> {
        self.check_password(Password::judge)
    }

    fn check_password<T>(
        &mut self,
        check: fn(SecretString, &[&str]) -> Result<T, PasswordFault>,
    ) -> Result<T, FieldFaults> {
        let mut faults = FieldFaults::default();
        let Some(raw) = self.take_secret(Field::Password) else {
            faults.add(Field::Password, Fault::Missing);
            return Err(faults);
        };
        let personal: Vec<&str> = [Field::Email, Field::FirstName, Field::LastName]
            .into_iter()
            .filter_map(|field| self.value(field))
            .collect();
        let checked = check(raw, &personal)
            .map_err(|fault| faults.add(Field::Password, fault))
            .ok();
        faults.unless_empty(checked)
    }

    /// Checks `plan` alone; none is fine.
    ///
    /// # Errors
    ///
    /// Its fault, which names the plans that exist.
    pub fn parse_plan(&self, rules: &SignUpRules<'_>) -> Result<Option<Plan>, FieldFaults> {
        let Some(name) = self.value(Field::Plan) else {
            return Ok(None);
        };
        if let Some(plan) = rules.plans.get(name) {
            return Ok(Some(plan.clone()));
        }
        let known = rules.plans.iter().map(|plan| plan.name.clone()).collect();
        let mut faults = FieldFaults::default();
        faults.add(Field::Plan, Fault::UnknownPlan { known });
        Err(faults)
    }

    /// A field's text; if there is none, the fault is noted.
    fn required(&self, field: Field, faults: &mut FieldFaults) -> Option<&str> {
        let value = self.value(field);
        if value.is_none() {
            faults.add(field, Fault::Missing);
        }
        value
    }

    /// A secret, moved out of the form as it was typed; none when it is nothing but white space.
    fn take_secret(&mut self, field: Field) -> Option<SecretString> {
        let given = self.has(field);
        let secret = match field {
            Field::Password => self.password.take(),
            Field::PaymentMethod => self.payment_method.take(),
            Field::CardNumber => self.card_number.take(),
            Field::Cvv => self.cvv.take(),
            _ => None,
        };
        secret.filter(|_| given)
    }
}

/// The value, or its faults noted.
fn keep<T>(outcome: Result<T, FieldFaults>, faults: &mut FieldFaults) -> Option<T> {
    outcome.map_err(|found| faults.append(found)).ok()
}
