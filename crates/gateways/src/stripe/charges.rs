//! Money taken, and given back.

use enlist_domain::Money;
use enlist_registration::ids::{ChargeId, CustomerId};
use enlist_registration::ports::{CallKey, HeldCharge, Outcome, Trouble};
use serde::Deserialize;

use super::Stripe;
use super::errors::Failure;
use super::form::Form;
use super::lists;
use super::objects::ChargeObject;

#[derive(Deserialize)]
struct RefundObject {
    status: Option<String>,
}

impl Stripe {
    /// Gives `amount` back. A charge that was given back in full is no fault; Stripe never gives back
    /// more than was taken.
    pub(super) async fn give_back(
        &self,
        key: &CallKey,
        charge: &ChargeId,
        amount: Money,
    ) -> Outcome<()> {
        let form = Form::new()
            .with("charge", charge.as_str())
            .with("amount", &amount.amount_minor().to_string());
        match self
            .client
            .post::<RefundObject>("refunds", form, Some(key))
            .await
        {
            Ok(refund) => match refund.object.status.as_deref() {
                // The bank did not take it; the charge is as it was before.
                Some(status @ ("failed" | "canceled")) => {
                    let what = format!("the refund of {charge} ended as {status}");
                    Outcome::Retryable(Trouble::new(what))
                }
                _ => Outcome::Done(()),
            },
            Err(failure) if failure.says_refunded() => Outcome::Done(()),
            Err(failure) => failure.into_outcome(),
        }
    }

    /// What was taken from a customer, deleted or not.
    pub(super) async fn charges_of(
        &self,
        customer: &CustomerId,
    ) -> Result<Vec<HeldCharge>, Failure> {
        let of_customer = || Form::new().with("customer", customer.as_str());
        let found: Vec<ChargeObject> = lists::all(&self.client, "charges", of_customer).await?;
        let held = found.iter().map(ChargeObject::held);
        Ok(held
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    }
}
