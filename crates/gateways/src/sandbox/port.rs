//! The sandbox as a `PaymentGateway`: what arrives is taken apart, and card data ends here.

use async_trait::async_trait;
use enlist_domain::{Money, RawCard};
use enlist_registration::ids::{ChargeId, CustomerId, RegistrationId, SubscriptionId};
use enlist_registration::ports::{
    CallKey, Customer, Holdings, NewCustomer, NewSubscription, Outcome, PaymentGateway,
    PaymentMethod, Search, Standing, Subscription,
};

use super::Sandbox;
use super::cards::TestCard;
use super::customers::{self, CustomerRequest};
use super::idempotency::Request;
use super::operation::Operation;
use super::payment_methods::{self, NewToken};
use super::subscriptions::{self, SubscriptionRequest};
use super::{charges, holdings, standing};

#[async_trait]
impl PaymentGateway for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    /// Two cards of one brand with the same last four digits and expiry are the same parameters: the
    /// number is not part of what is remembered under the key, nor anything made from it.
    async fn tokenize_card(&self, key: &CallKey, card: &RawCard) -> Outcome<PaymentMethod> {
        let registration = registration_in(key);
        let summary = card.summary();
        let request = Request::new(Operation::TokenizeCard, registration, key, &summary);
        let token = NewToken {
            registration,
            summary,
            card: TestCard::of(card),
        };
        self.keyed(request, move |books| {
            payment_methods::tokenize(books, &token)
        })
        .await
    }

    async fn create_customer(
        &self,
        key: &CallKey,
        customer: &NewCustomer<'_>,
    ) -> Outcome<Customer> {
        let NewCustomer {
            registration,
            email,
            profile,
            payment_method,
        } = *customer;
        let parameters = (registration, email.as_typed(), profile, payment_method);
        let request = Request::new(
            Operation::CreateCustomer,
            Some(registration),
            key,
            &parameters,
        );
        let customer = CustomerRequest {
            registration,
            email: email.as_typed().to_owned(),
            name: profile.full_name(),
            payment_method: payment_method.cloned(),
        };
        self.keyed(request, move |books| customers::create(books, &customer))
            .await
    }

    async fn start_subscription(
        &self,
        key: &CallKey,
        subscription: &NewSubscription<'_>,
    ) -> Outcome<Subscription> {
        let NewSubscription {
            registration,
            customer,
            plan,
        } = *subscription;
        let parameters = (registration, customer, plan);
        let request = Request::new(
            Operation::StartSubscription,
            Some(registration),
            key,
            &parameters,
        );
        let subscription = SubscriptionRequest {
            registration,
            customer: customer.clone(),
            plan: plan.clone(),
        };
        self.keyed(request, move |books| {
            subscriptions::start(books, &subscription)
        })
        .await
    }

    async fn retrieve_subscription(&self, id: &SubscriptionId) -> Outcome<Subscription> {
        let id = id.clone();
        self.unkeyed(Operation::RetrieveSubscription, None, move |books| {
            subscriptions::retrieve(books, &id)
        })
        .await
    }

    async fn holdings(&self, search: &Search<'_>) -> Outcome<Holdings> {
        let registration = search.registration;
        let customer = search.customer.cloned();
        self.unkeyed(Operation::ListHoldings, Some(registration), move |books| {
            holdings::list(books, registration, customer.as_ref())
        })
        .await
    }

    async fn cancel_subscription(&self, id: &SubscriptionId) -> Outcome<()> {
        let id = id.clone();
        self.unkeyed(Operation::CancelSubscription, None, move |books| {
            subscriptions::cancel(books, &id)
        })
        .await
    }

    async fn refund_charge(&self, key: &CallKey, charge: &ChargeId, amount: Money) -> Outcome<()> {
        let registration = registration_in(key);
        let request = Request::new(
            Operation::RefundCharge,
            registration,
            key,
            &(charge, amount),
        );
        let charge = charge.clone();
        self.keyed(request, move |books| {
            charges::refund(books, &charge, amount)
        })
        .await
    }

    async fn delete_customer(&self, id: &CustomerId, registration: RegistrationId) -> Outcome<()> {
        let id = id.clone();
        self.unkeyed(
            Operation::DeleteCustomer,
            Some(registration),
            move |books| customers::delete(books, &id, registration),
        )
        .await
    }

    async fn standing(
        &self,
        customer: &CustomerId,
        subscription: Option<&SubscriptionId>,
    ) -> Outcome<Standing> {
        let (customer, subscription) = (customer.clone(), subscription.cloned());
        self.unkeyed(Operation::RetrieveStanding, None, move |books| {
            standing::fetch(books, &customer, subscription.as_ref())
        })
        .await
    }
}

/// A key begins with the id of the registration that it is made for.
fn registration_in(key: &CallKey) -> Option<RegistrationId> {
    let (registration, _) = key.as_str().split_once(':')?;
    registration.parse().ok()
}
