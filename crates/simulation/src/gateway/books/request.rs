//! What a gateway is asked, and what it answers.

use std::hash::{DefaultHasher, Hash, Hasher};

use enlist_domain::{Money, Plan};
use enlist_registration::ids::{
    ChargeId, CustomerId, PaymentMethodId, RegistrationId, SubscriptionId,
};
use enlist_registration::ports::{Customer, Holdings, PaymentMethod, Standing, Subscription};

/// One request, with everything that makes it what it is.
#[derive(Clone, Debug)]
pub enum Request {
    /// Card to token. The number is one of [`Card::number`].
    TokenizeCard { number: &'static str },
    /// A customer, with the card attached.
    CreateCustomer {
        registration: RegistrationId,
        email: String,
        name: String,
        method: Option<PaymentMethodId>,
    },
    /// A subscription and its first charge.
    StartSubscription {
        registration: RegistrationId,
        customer: CustomerId,
        plan: Plan,
    },
    /// How a subscription stands.
    RetrieveSubscription(SubscriptionId),
    /// What is held for a registration.
    ListHoldings {
        registration: RegistrationId,
        customer: Option<CustomerId>,
    },
    /// Ends a subscription.
    CancelSubscription(SubscriptionId),
    /// Gives money back.
    RefundCharge { charge: ChargeId, amount: Money },
    /// Deletes a customer.
    DeleteCustomer {
        id: CustomerId,
        registration: RegistrationId,
    },
    /// How an account stands.
    RetrieveStanding {
        customer: CustomerId,
        subscription: Option<SubscriptionId>,
    },
}

impl Request {
    /// In a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TokenizeCard { .. } => "tokenize_card",
            Self::CreateCustomer { .. } => "create_customer",
            Self::StartSubscription { .. } => "start_subscription",
            Self::RetrieveSubscription(_) => "retrieve_subscription",
            Self::ListHoldings { .. } => "list_holdings",
            Self::CancelSubscription(_) => "cancel_subscription",
            Self::RefundCharge { .. } => "refund_charge",
            Self::DeleteCustomer { .. } => "delete_customer",
            Self::RetrieveStanding { .. } => "retrieve_standing",
        }
    }

    /// For whom something is made, if something is.
    pub fn registration(&self) -> Option<RegistrationId> {
        match self {
            Self::CreateCustomer { registration, .. }
            | Self::StartSubscription { registration, .. } => Some(*registration),
            _ => None,
        }
    }

    /// Everything that a repeat must have in common with it.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::CreateCustomer {
                registration,
                email,
                name,
                method,
            } => (registration, email, name, method.as_ref().map(|it| &it.0)).hash(&mut hasher),
            Self::StartSubscription {
                registration,
                customer,
                plan,
            } => (registration, &customer.0, &plan.name, plan.price).hash(&mut hasher),
            Self::RefundCharge { charge, amount } => (&charge.0, amount).hash(&mut hasher),
            other => other.name().hash(&mut hasher),
        }
        hasher.finish()
    }
}

/// What the gateway says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A token.
    Token(PaymentMethod),
    /// A customer.
    Customer(Customer),
    /// A subscription that runs.
    Subscription(Subscription),
    /// The bank asks.
    Asks(SubscriptionId),
    /// What is held.
    Holdings(Holdings),
    /// How an account stands.
    Standing(Standing),
    /// It is done.
    Done,
    /// The card is no good.
    Declined(&'static str),
    /// The request is wrong; nothing is stored under its key.
    Wrong(String),
    /// Its key was used with other parameters.
    KeyMisused,
    /// The same 500, for ever.
    StoredFailure,
}

/// What the gateway is made to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// As it should be.
    Out,
    /// A 500 is stored, and nothing happens.
    FailBefore,
    /// It happens, and a 500 is stored.
    FailAfter,
}
