//! Stripe as a `PaymentGateway`.

use async_trait::async_trait;
use enlist_domain::{Money, RawCard};
use enlist_registration::ids::{ChargeId, CustomerId, RegistrationId, SubscriptionId};
use enlist_registration::ports::{
    CallKey, Customer, Holdings, NewCustomer, NewSubscription, Outcome, PaymentGateway,
    PaymentMethod, Search, Standing, Subscription,
};

use super::Stripe;
use super::errors::outcome;

/// As it is stored in `billing_info.payment_gateway` and named in the configuration.
pub const NAME: &str = "stripe";

#[async_trait]
impl PaymentGateway for Stripe {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn tokenize_card(&self, key: &CallKey, card: &RawCard) -> Outcome<PaymentMethod> {
        self.make_payment_method(key, card).await
    }

    async fn create_customer(
        &self,
        key: &CallKey,
        customer: &NewCustomer<'_>,
    ) -> Outcome<Customer> {
        self.make_customer(key, customer).await
    }

    async fn start_subscription(
        &self,
        key: &CallKey,
        subscription: &NewSubscription<'_>,
    ) -> Outcome<Subscription> {
        self.make_subscription(key, subscription).await
    }

    async fn retrieve_subscription(&self, id: &SubscriptionId) -> Outcome<Subscription> {
        self.look_at_subscription(id).await
    }

    async fn holdings(&self, search: &Search<'_>) -> Outcome<Holdings> {
        outcome(self.search(search).await)
    }

    async fn cancel_subscription(&self, id: &SubscriptionId) -> Outcome<()> {
        self.end_subscription(id).await
    }

    async fn refund_charge(&self, key: &CallKey, charge: &ChargeId, amount: Money) -> Outcome<()> {
        self.give_back(key, charge, amount).await
    }

    async fn delete_customer(&self, id: &CustomerId, registration: RegistrationId) -> Outcome<()> {
        self.remove_customer(id, registration).await
    }

    async fn standing(
        &self,
        customer: &CustomerId,
        subscription: Option<&SubscriptionId>,
    ) -> Outcome<Standing> {
        outcome(self.account_standing(customer, subscription).await)
    }
}
