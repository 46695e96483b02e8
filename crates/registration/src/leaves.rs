//! The leaves: each makes one kind of call, or takes one kind of effect back, and reports. Nothing
//! here decides what comes next.

mod backward;

use std::time::Duration;

use crate::ids::CustomerId;
use crate::limits::{Limits, later};
use crate::ports::{
    CallKey, Clock, Customer, HeldSubscriptionState, Holdings, NewCustomer, NewSubscription,
    Outcome, PaymentGateway, Search, Sought, Store, StoreFault, Trouble, WriteFault,
};
use crate::saga::{Gain, Resolution};
use crate::state::Registration;
use crate::steps::StepName;

/// Why a call was not made.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The lease was lost.
    LostLease,
    /// The database failed when the lease was to be extended.
    Store(StoreFault),
}

/// Calls the gateway for one registration, under its lease.
pub(crate) struct Caller<'a> {
    gateway: &'a dyn PaymentGateway,
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    limits: &'a Limits,
    registration: &'a mut Registration,
}

/// Makes a call that ends: a lease that outlasts it is made sure of first, and silence is a doubt.
/// A macro, because the call borrows what the lease is kept for.
macro_rules! call {
    ($caller:expr, $call:expr) => {{
        $caller.keep_lease().await?;
        bounded($caller.clock, $caller.limits.call_timeout, $call).await
    }};
}
use call;

impl<'a> Caller<'a> {
    pub(crate) fn new(
        gateway: &'a dyn PaymentGateway,
        store: &'a dyn Store,
        clock: &'a dyn Clock,
        limits: &'a Limits,
        registration: &'a mut Registration,
    ) -> Self {
        Self {
            gateway,
            store,
            clock,
            limits,
            registration,
        }
    }

    /// Makes a remote step's call once.
    pub(crate) async fn perform(&mut self, step: StepName) -> Result<Outcome<Gain>, Reply> {
        match step {
            StepName::CreateCustomer => Ok(self.create_customer().await?.map(Gain::Customer)),
            StepName::StartSubscription => self.start_subscription().await,
            StepName::TokenizeCard
            | StepName::HoldEmail
            | StepName::OpenAccount
            | StepName::VerifyEmail
            | StepName::Finish => unreachable!("{} is no remote step", step.as_str()),
        }
    }

    /// Finds out by listing whether a remote step happened.
    pub(crate) async fn resolve(&mut self, step: StepName) -> Result<Resolution, Reply> {
        let customer = self.known_customer();
        let sought = match step {
            StepName::CreateCustomer => Sought::Customers,
            _ => Sought::Everything,
        };
        let holdings = match self.list(customer.as_ref(), sought).await? {
            Ok(holdings) => holdings,
            Err(trouble) => return Ok(Resolution::Unknown(trouble)),
        };
        Ok(if step == StepName::CreateCustomer {
            let found = holdings.customers.into_iter().next();
            found.map_or(Resolution::Absent, |customer| {
                Resolution::Happened(Gain::Customer(customer))
            })
        } else {
            subscription_among(holdings)
        })
    }

    /// The same request whenever it is sent, going forward or in order to settle a doubt.
    async fn create_customer(&mut self) -> Result<Outcome<Customer>, Reply> {
        let key = CallKey::of_step(self.registration.id, StepName::CreateCustomer);
        self.keep_lease().await?;
        let customer = NewCustomer {
            registration: self.registration.id,
            email: &self.registration.intent.email,
            profile: &self.registration.intent.profile,
            payment_method: self.registration.intent.payment_method.as_ref(),
        };
        let call = self.gateway.create_customer(&key, &customer);
        Ok(bounded(self.clock, self.limits.call_timeout, call).await)
    }

    async fn start_subscription(&mut self) -> Result<Outcome<Gain>, Reply> {
        self.keep_lease().await?;
        let registration = &*self.registration;
        // The person was asked to confirm: see what they said, rather than asking again.
        if let Some(waiting) = &registration.progress.incomplete_subscription {
            let call = self.gateway.retrieve_subscription(waiting);
            return Ok(bounded(self.clock, self.limits.call_timeout, call)
                .await
                .map(Gain::Subscription));
        }
        let (Some(customer), Some(plan)) = (
            &registration.progress.customer,
            registration.intent.paid_plan(),
        ) else {
            unreachable!("the table puts the customer first, and asks for a paid plan")
        };
        let key = CallKey::of_step(registration.id, StepName::StartSubscription);
        let subscription = NewSubscription {
            registration: registration.id,
            customer: &customer.id,
            plan,
        };
        let call = self.gateway.start_subscription(&key, &subscription);
        Ok(bounded(self.clock, self.limits.call_timeout, call)
            .await
            .map(Gain::Subscription))
    }

    /// What the gateway holds for this registration, and for `customer` whatever its metadata says.
    async fn list(
        &mut self,
        customer: Option<&CustomerId>,
        sought: Sought,
    ) -> Result<Result<Holdings, Trouble>, Reply> {
        self.keep_lease().await?;
        let search = Search {
            registration: self.registration.id,
            email: &self.registration.intent.email,
            begun_at: self.registration.begun_at,
            quiet_for: self.registration.quiet_for(self.clock.now(), self.limits),
            customer,
            sought,
        };
        let call = self.gateway.holdings(&search);
        Ok(settled(
            bounded(self.clock, self.limits.call_timeout, call).await,
        ))
    }

    /// The customer whose id an answer told.
    fn known_customer(&self) -> Option<CustomerId> {
        let known = self.registration.progress.customer.as_ref();
        known.map(|customer| customer.id.clone())
    }

    /// Makes sure that the lease outlasts a call. A registration that rests needs none.
    async fn keep_lease(&mut self) -> Result<(), Reply> {
        if self.registration.status.rests() {
            return Ok(());
        }
        // A tenth more, so that the answer can be recorded too.
        let needed_until = later(self.clock.now(), self.limits.call_timeout.mul_f64(1.1));
        if self.registration.lease.expires_at > needed_until {
            return Ok(());
        }
        let generation = self.registration.lease.generation;
        match self
            .store
            .renew_lease(self.registration.id, generation)
            .await
        {
            Ok(lease) => {
                self.registration.lease = lease;
                Ok(())
            }
            Err(WriteFault::Superseded) => Err(Reply::LostLease),
            Err(WriteFault::Store(fault)) => Err(Reply::Store(fault)),
        }
    }
}

/// A call that ends within its time, answered or not.
pub(crate) async fn bounded<T>(
    clock: &dyn Clock,
    at_most: Duration,
    call: impl Future<Output = Outcome<T>>,
) -> Outcome<T> {
    tokio::select! {
        biased;
        outcome = call => outcome,
        () = clock.sleep(at_most) => {
            Outcome::InDoubt(Trouble::new("the gateway did not answer in time"))
        }
    }
}

/// An answer that was wanted for what it says: whatever is not `Done` is trouble.
pub(crate) fn settled<T>(outcome: Outcome<T>) -> Result<T, Trouble> {
    match outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Declined(decline) => Err(Trouble::new(format!(
            "the gateway declined: {}",
            decline.code
        ))),
        Outcome::RequiresAction(_) => Err(Trouble::new("the gateway asks for a person")),
        Outcome::Retryable(trouble) | Outcome::InDoubt(trouble) | Outcome::Rejected(trouble) => {
            Err(trouble)
        }
    }
}

/// Of several, one that runs and is paid.
fn subscription_among(holdings: Holdings) -> Resolution {
    let mut found = Resolution::Absent;
    for held in holdings.subscriptions {
        match held.state {
            HeldSubscriptionState::Active => {
                return Resolution::Happened(Gain::Subscription(held.subscription));
            }
            HeldSubscriptionState::Incomplete => {
                found = Resolution::NeedsPerson(held.subscription.id);
            }
            HeldSubscriptionState::Unpaid => found = Resolution::Unpaid,
            HeldSubscriptionState::Ended => {}
        }
    }
    found
}

#[cfg(test)]
mod tests;
