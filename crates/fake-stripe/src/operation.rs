//! What a call is for, by the names that faults and counts speak of: those of the sandbox gateway, and a few
//! more.

use std::fmt;

use serde::Serialize;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /v1/payment_methods`
    TokenizeCard,
    /// `POST /v1/customers`
    CreateCustomer,
    /// `POST /v1/subscriptions`
    StartSubscription,
    /// `GET /v1/subscriptions/{id}`
    RetrieveSubscription,
    /// `GET` of the lists of customers, subscriptions, invoices and charges
    ListHoldings,
    /// `DELETE /v1/subscriptions/{id}` and `POST /v1/invoices/{id}/void`
    CancelSubscription,
    /// `POST /v1/refunds`
    RefundCharge,
    /// `DELETE /v1/customers/{id}`
    DeleteCustomer,
    /// `GET /v1/customers/{id}`
    RetrieveCustomer,
    /// `POST /v1/setup_intents`
    CreateSetupIntent,
    /// `GET /v1/payment_intents/{id}`
    RetrievePaymentIntent,
    /// Every other `GET`: the account, prices, single charges and refunds, search, …
    RetrieveOther,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 12] = [
        Self::TokenizeCard,
        Self::CreateCustomer,
        Self::StartSubscription,
        Self::RetrieveSubscription,
        Self::ListHoldings,
        Self::CancelSubscription,
        Self::RefundCharge,
        Self::DeleteCustomer,
        Self::RetrieveCustomer,
        Self::CreateSetupIntent,
        Self::RetrievePaymentIntent,
        Self::RetrieveOther,
    ];

    /// As it is spelled in a fault's `step` and in the counts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenizeCard => "tokenize_card",
            Self::CreateCustomer => "create_customer",
            Self::StartSubscription => "start_subscription",
            Self::RetrieveSubscription => "retrieve_subscription",
            Self::ListHoldings => "list_holdings",
            Self::CancelSubscription => "cancel_subscription",
            Self::RefundCharge => "refund_charge",
            Self::DeleteCustomer => "delete_customer",
            Self::RetrieveCustomer => "retrieve_customer",
            Self::CreateSetupIntent => "create_setup_intent",
            Self::RetrievePaymentIntent => "retrieve_payment_intent",
            Self::RetrieveOther => "retrieve_other",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
