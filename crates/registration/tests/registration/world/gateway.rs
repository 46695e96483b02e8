//! The provider's gateway behind the gate. Its answers come from another thread; they are waited for while
//! simulated time stands still, so that a run is the same every time.

use std::future::pending;
use std::sync::Arc;

use async_trait::async_trait;
use enlist_domain::{Money, RawCard};
use enlist_gateways::sandbox::Operation;
use enlist_registration::ids::{ChargeId, CustomerId, RegistrationId, SubscriptionId};
use enlist_registration::ports::{
    CallKey, Customer, Holdings, NewCustomer, NewSubscription, Outcome, PaymentGateway,
    PaymentMethod, RefundAttempt, Search, Sought, Standing, Subscription,
};
use enlist_registration::steps::StepName;

use super::gate::{Call, Gate, Parcel, Passage};
use super::lies::Lie;
use super::people::{TOKEN_PAID, plans};
use super::provider::Provider;

pub(crate) struct GatedGateway {
    pub(crate) name: &'static str,
    pub(crate) provider: Provider,
    pub(crate) gate: Arc<Gate>,
    pub(crate) lie: Option<Lie>,
}

impl GatedGateway {
    async fn through<T, F: Future<Output = Outcome<T>>>(
        &self,
        operation: Operation,
        parcel: impl FnOnce() -> Parcel,
        call: impl Fn() -> F,
    ) -> Outcome<T> {
        let at_the_gate = Call::Gateway(operation);
        let (nth, passage) = self.gate.before(at_the_gate).await;
        match passage {
            Passage::HeldUp => {
                self.gate.hold_up(parcel());
                return pending().await;
            }
            Passage::Doubled => drop(self.provider.answer(call()).await),
            Passage::Free | Passage::Fails | Passage::EmailHasAccount => {}
        }
        let outcome = self.provider.answer(call()).await;
        self.gate.after(at_the_gate, nth).await;
        match (outcome, self.lie) {
            (Outcome::InDoubt(trouble), Some(Lie::DoubtIsTakenForFailure)) => {
                Outcome::Rejected(trouble)
            }
            (outcome, _) => outcome,
        }
    }

    /// With the key that the step itself would have: what it does later is a repeat.
    async fn charge(&self, registration: RegistrationId, customer: &Customer) {
        let plans = plans();
        let subscription = NewSubscription {
            registration,
            customer: &customer.id,
            plan: plans.get(TOKEN_PAID.plan).unwrap(),
        };
        let key = CallKey::of_step(registration, StepName::StartSubscription);
        let call = self
            .provider
            .gateway()
            .start_subscription(&key, &subscription);
        drop(self.provider.answer(call).await);
    }

    fn skips(&self, undo: Operation) -> bool {
        self.lie == Some(Lie::UndoIsSkipped(undo))
    }

    /// The key, unless the gateway is to be asked under another one each time.
    fn key(&self, key: &CallKey, operation: Operation, registration: RegistrationId) -> CallKey {
        if self.lie != Some(Lie::EachAttemptHasItsOwnKey) {
            return key.clone();
        }
        let attempt = self.gate.count(Call::Gateway(operation));
        let attempt = RefundAttempt::OfUndo(attempt);
        CallKey::of_refund(registration, &ChargeId(operation.to_string()), attempt)
    }
}

fn never_held_up() -> Parcel {
    unreachable!("only what leaves something behind is held up")
}

#[async_trait]
impl PaymentGateway for GatedGateway {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn tokenize_card(&self, key: &CallKey, card: &RawCard) -> Outcome<PaymentMethod> {
        let call = || self.provider.gateway().tokenize_card(key, card);
        self.through(Operation::TokenizeCard, never_held_up, call)
            .await
    }

    async fn create_customer(
        &self,
        key: &CallKey,
        customer: &NewCustomer<'_>,
    ) -> Outcome<Customer> {
        let operation = Operation::CreateCustomer;
        let key = self.key(key, operation, customer.registration);
        let parcel = || {
            let (provider, key) = (self.provider.clone(), key.clone());
            let (email, profile) = (customer.email.clone(), customer.profile.clone());
            let payment_method = customer.payment_method.cloned();
            let registration = customer.registration;
            let arrives = move || {
                let customer = NewCustomer {
                    registration,
                    email: &email,
                    profile: &profile,
                    payment_method: payment_method.as_ref(),
                };
                let call = provider.gateway().create_customer(&key, &customer);
                drop(provider.make(call));
            };
            Box::new(arrives) as Parcel
        };
        let call = || self.provider.gateway().create_customer(&key, customer);
        let outcome = self.through(operation, parcel, call).await;
        if self.lie == Some(Lie::CustomersAreChargedAtOnce)
            && let Outcome::Done(made) = &outcome
        {
            self.charge(customer.registration, made).await;
        }
        outcome
    }

    async fn start_subscription(
        &self,
        key: &CallKey,
        subscription: &NewSubscription<'_>,
    ) -> Outcome<Subscription> {
        let operation = Operation::StartSubscription;
        let key = self.key(key, operation, subscription.registration);
        let parcel = || {
            let (provider, key) = (self.provider.clone(), key.clone());
            let (customer, plan) = (subscription.customer.clone(), subscription.plan.clone());
            let registration = subscription.registration;
            let arrives = move || {
                let subscription = NewSubscription {
                    registration,
                    customer: &customer,
                    plan: &plan,
                };
                let call = provider.gateway().start_subscription(&key, &subscription);
                drop(provider.make(call));
            };
            Box::new(arrives) as Parcel
        };
        let call = || {
            self.provider
                .gateway()
                .start_subscription(&key, subscription)
        };
        self.through(operation, parcel, call).await
    }

    async fn retrieve_subscription(&self, id: &SubscriptionId) -> Outcome<Subscription> {
        let call = || self.provider.gateway().retrieve_subscription(id);
        self.through(Operation::RetrieveSubscription, never_held_up, call)
            .await
    }

    async fn holdings(&self, search: &Search<'_>) -> Outcome<Holdings> {
        if search.sought == Sought::Everything && search.customer.is_none() {
            self.gate.note_wide_search();
        }
        let call = || self.provider.gateway().holdings(search);
        self.through(Operation::ListHoldings, never_held_up, call)
            .await
    }

    async fn cancel_subscription(&self, id: &SubscriptionId) -> Outcome<()> {
        if self.skips(Operation::CancelSubscription) {
            return Outcome::Done(());
        }
        let call = || self.provider.gateway().cancel_subscription(id);
        self.through(Operation::CancelSubscription, never_held_up, call)
            .await
    }

    async fn refund_charge(&self, key: &CallKey, charge: &ChargeId, amount: Money) -> Outcome<()> {
        if self.skips(Operation::RefundCharge) {
            return Outcome::Done(());
        }
        let call = || self.provider.gateway().refund_charge(key, charge, amount);
        self.through(Operation::RefundCharge, never_held_up, call)
            .await
    }

    async fn delete_customer(&self, id: &CustomerId, registration: RegistrationId) -> Outcome<()> {
        if self.skips(Operation::DeleteCustomer) {
            return Outcome::Done(());
        }
        let call = || self.provider.gateway().delete_customer(id, registration);
        self.through(Operation::DeleteCustomer, never_held_up, call)
            .await
    }

    async fn standing(
        &self,
        customer: &CustomerId,
        subscription: Option<&SubscriptionId>,
    ) -> Outcome<Standing> {
        let call = || self.provider.gateway().standing(customer, subscription);
        self.through(Operation::RetrieveStanding, never_held_up, call)
            .await
    }
}
