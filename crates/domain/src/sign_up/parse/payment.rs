//! The payment fields: which of them are needed, and from raw values to a [`Payment`].

use crate::card::{CardBrand, CardNumber, Expiry, ExpiryFault, RawCard, SecurityCode, expiry};
use crate::plan::Plan;
use crate::sign_up::{
    CardRequirement, Fault, Field, FieldFaults, Payment, PaymentToken, RawSignUp, SignUpRules,
};

impl RawSignUp {
    /// Takes the payment fields out of the form and checks them for a sign-up with `plan`. None is
    /// fine where the rules ask for none; a card that was given anyway is used.
    ///
    /// # Errors
    ///
    /// Every fault of these fields.
    pub fn parse_payment(
        &mut self,
        plan: Option<&Plan>,
        rules: &SignUpRules<'_>,
    ) -> Result<Option<Payment>, FieldFaults> {
        self.parse_payment_as(rules.card_need(plan), rules)
    }

    pub(super) fn parse_payment_as(
        &mut self,
        need: CardNeed,
        rules: &SignUpRules<'_>,
    ) -> Result<Option<Payment>, FieldFaults> {
        let token = self.take_secret(Field::PaymentMethod);
        let has_card = Field::RAW_CARD.into_iter().any(|field| self.has(field));
        let mut faults = FieldFaults::default();
        match (token, has_card) {
            (Some(_), true) => faults.add(Field::PaymentMethod, Fault::TokenAndCard),
            (Some(token), false) => match PaymentToken::parse(token) {
                Ok(token) => return Ok(Some(Payment::Token(token))),
                Err(fault) => faults.add(Field::PaymentMethod, fault),
            },
            (None, true) if rules.accept_raw_cards => {
                return self.parse_card(rules).map(|card| Some(Payment::Card(card)));
            }
            (None, true) => faults.add(Field::CardNumber, Fault::CardNotAccepted),
            (None, false) => match need {
                CardNeed::Optional => return Ok(None),
                // The form that people see has these four fields; each of them is marked.
                CardNeed::Required if rules.accept_raw_cards => {
                    return self.parse_card(rules).map(|card| Some(Payment::Card(card)));
                }
                CardNeed::Required => faults.add(Field::PaymentMethod, Fault::Missing),
            },
        }
        Err(faults)
    }

    fn parse_card(&mut self, rules: &SignUpRules<'_>) -> Result<RawCard, FieldFaults> {
        let mut faults = FieldFaults::default();
        let number = self.take_secret(Field::CardNumber);
        if number.is_none() {
            faults.add(Field::CardNumber, Fault::Missing);
        }
        let number = number.and_then(|raw| {
            CardNumber::parse(raw)
                .map_err(|fault| faults.add(Field::CardNumber, fault))
                .ok()
        });
        let expiry = self.parse_expiry(rules, &mut faults);
        // Without a number, any length that some brand has will do.
        let brand = number
            .as_ref()
            .map_or(CardBrand::Unknown, CardNumber::brand);
        let code = self.take_secret(Field::Cvv);
        if code.is_none() {
            faults.add(Field::Cvv, Fault::Missing);
        }
        let code = code.and_then(|raw| {
            SecurityCode::parse(raw, brand)
                .map_err(|fault| faults.add(Field::Cvv, fault))
                .ok()
        });
        let card = match (number, expiry, code) {
            (Some(number), Some(expiry), Some(security_code)) => Some(RawCard {
                number,
                expiry,
                security_code,
            }),
            _ => None,
        };
        faults.unless_empty(card)
    }

    fn parse_expiry(&self, rules: &SignUpRules<'_>, faults: &mut FieldFaults) -> Option<Expiry> {
        let month = self.required(Field::ExpiryMonth, faults);
        let year = self.required(Field::ExpiryYear, faults);
        // Each alone first, so that a wrong month does not hide a wrong year.
        let alone = [
            (
                Field::ExpiryMonth,
                month.and_then(|month| expiry::parse_month(month).err()),
            ),
            (
                Field::ExpiryYear,
                year.and_then(|year| expiry::parse_year(year, rules.today).err()),
            ),
        ];
        for (field, fault) in alone {
            if let Some(fault) = fault {
                faults.add(field, fault);
            }
        }
        let (month, year) = month.zip(year)?;
        Expiry::parse(month, year, rules.today)
            .map_err(|fault| {
                let field = match fault {
                    ExpiryFault::Month => Field::ExpiryMonth,
                    ExpiryFault::Year | ExpiryFault::Past | ExpiryFault::TooFarAhead => {
                        Field::ExpiryYear
                    }
                };
                faults.add(field, fault);
            })
            .ok()
    }
}

/// Whether this sign-up needs a card.
#[derive(Clone, Copy)]
pub(super) enum CardNeed {
    Required,
    Optional,
}

impl SignUpRules<'_> {
    pub(super) fn card_need(&self, plan: Option<&Plan>) -> CardNeed {
        match (self.card, plan.is_some_and(Plan::is_paid)) {
            (CardRequirement::Required, _) | (CardRequirement::PaidPlans, true) => {
                CardNeed::Required
            }
            (CardRequirement::PaidPlans, false) => CardNeed::Optional,
        }
    }
}
