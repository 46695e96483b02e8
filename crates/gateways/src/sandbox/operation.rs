//! The operations of a payment gateway by name, as faults and call counts speak of them.

use std::fmt;

use serde::Serialize;

/// One method of `PaymentGateway`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `tokenize_card`
    TokenizeCard,
    /// `create_customer`
    CreateCustomer,
    /// `start_subscription`
    StartSubscription,
    /// `retrieve_subscription`
    RetrieveSubscription,
    /// `holdings`
    ListHoldings,
    /// `cancel_subscription`
    CancelSubscription,
    /// `refund_charge`
    RefundCharge,
    /// `delete_customer`
    DeleteCustomer,
    /// `standing`
    RetrieveStanding,
}

impl Operation {
    /// Every operation, those that are steps of a registration first.
    pub const ALL: [Self; 9] = [
        Self::TokenizeCard,
        Self::CreateCustomer,
        Self::StartSubscription,
        Self::RetrieveSubscription,
        Self::ListHoldings,
        Self::CancelSubscription,
        Self::RefundCharge,
        Self::DeleteCustomer,
        Self::RetrieveStanding,
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
            Self::RetrieveStanding => "retrieve_standing",
        }
    }

    /// The operation of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.as_str() == name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
