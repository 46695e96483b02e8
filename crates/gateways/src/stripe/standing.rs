//! How an account stands at Stripe, long after its registration.

use enlist_registration::ids::{CustomerId, SubscriptionId};
use enlist_registration::ports::{Standing, SubscriptionStanding, SubscriptionStatus};
use futures_util::future::try_join;

use super::Stripe;
use super::errors::Failure;
use super::form::Form;
use super::objects::{SubscriptionObject, SubscriptionState};
use super::subscriptions::path_of;

impl Stripe {
    /// Fetches the customer and, where asked for, the subscription.
    pub(super) async fn account_standing(
        &self,
        customer: &CustomerId,
        subscription: Option<&SubscriptionId>,
    ) -> Result<Standing, Failure> {
        let of_customer = self.customer_standing(customer);
        let Some(id) = subscription else {
            return Ok(Standing {
                customer: of_customer.await?,
                subscription: None,
            });
        };
        let of_subscription = self.subscription_standing(customer, id);
        let (customer, subscription) = try_join(of_customer, of_subscription).await?;
        Ok(Standing {
            customer,
            subscription: Some(subscription),
        })
    }

    async fn subscription_standing(
        &self,
        customer: &CustomerId,
        id: &SubscriptionId,
    ) -> Result<SubscriptionStanding, Failure> {
        let found = async {
            let path = path_of(id);
            match self
                .client
                .get::<SubscriptionObject>(&path, &Form::new())
                .await
            {
                Ok(found) => Ok(Some(found)),
                Err(failure) if failure.is_missing() => Ok(None),
                Err(failure) => Err(failure),
            }
        };
        let (found, charges) = try_join(found, self.charges_of(customer)).await?;
        let refunded_minor = charges.iter().map(|charge| charge.refunded_minor).sum();
        let Some(found) = found else {
            return Ok(SubscriptionStanding {
                status: SubscriptionStatus::Ended,
                current_period_end: None,
                cancel_at: None,
                refunded_minor,
            });
        };
        Ok(SubscriptionStanding {
            status: status(found.status),
            current_period_end: Some(found.current_period_end()?),
            cancel_at: found.cancel_at()?,
            refunded_minor,
        })
    }
}

fn status(state: SubscriptionState) -> SubscriptionStatus {
    match state {
        SubscriptionState::Active | SubscriptionState::Trialing => SubscriptionStatus::Active,
        SubscriptionState::PastDue => SubscriptionStatus::PastDue,
        SubscriptionState::Unpaid | SubscriptionState::Incomplete => SubscriptionStatus::Unpaid,
        SubscriptionState::Paused => SubscriptionStatus::Paused,
        SubscriptionState::Canceled | SubscriptionState::IncompleteExpired => {
            SubscriptionStatus::Ended
        }
    }
}
