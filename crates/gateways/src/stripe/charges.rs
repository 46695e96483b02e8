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
    id: String,
    status: Option<String>,
}

impl RefundObject {
    /// The bank did not take the money; the charge is as it was before.
    fn has_failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }
}

impl Stripe {
    /// Gives `amount` back. A charge that was given back in full is no fault, and neither is one that is
    /// disputed: the bank has the money then, and decides. Stripe never gives back more than was taken.
    pub(super) async fn give_back(
        &self,
        key: &CallKey,
        charge: &ChargeId,
        amount: Money,
    ) -> Outcome<()> {
        match self.post_refund(key, charge, amount).await {
            Ok(refund) if refund.has_failed() => {
                let status = refund.status.unwrap_or_default();
                let what = format!("the refund of {charge} ended as {status}");
                Outcome::Retryable(Trouble::new(what))
            }
            Ok(_) => Outcome::Done(()),
            Err(failure) if failure.says_nothing_is_left() => Outcome::Done(()),
            Err(failure) => failure.into_outcome(),
        }
    }

    async fn post_refund(
        &self,
        key: &CallKey,
        charge: &ChargeId,
        amount: Money,
    ) -> Result<RefundObject, Failure> {
        let form = Form::new()
            .with("charge", charge.as_str())
            .with("amount", &amount.amount_minor().to_string());
        let posted = self
            .client
            .post::<RefundObject>("refunds", form, Some(key))
            .await?;
        if !posted.is_replayed {
            return Ok(posted.object);
        }
        // A stored answer says how it stood then, and the bank may have sent the money back since.
        let path = format!("refunds/{}", posted.object.id);
        self.client.get(&path, &Form::new()).await
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
