//! Where customers and charges are: in the sandbox, in this process; or at Stripe, over HTTP.

pub(crate) mod stripe;

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use enlist_fake_stripe::RefundStatus;
use enlist_gateways::sandbox::{Authentication, Calls, Fault, FaultKind, Ledger, Sandbox};
use enlist_registration::ids::SubscriptionId;
use enlist_registration::ports::{Outcome, PaymentGateway};

use super::clock::{block_on, poll_once};
use stripe::StripeProvider;

/// A payment provider: the gateway as the engine calls it, and what only its owner can do.
#[derive(Clone)]
pub(crate) enum Provider {
    Sandbox(Arc<Sandbox>),
    Stripe(Arc<StripeProvider>),
}

impl Provider {
    /// As the engine sees it.
    pub(crate) fn gateway(&self) -> &dyn PaymentGateway {
        match self {
            Self::Sandbox(sandbox) => sandbox.as_ref(),
            Self::Stripe(stripe) => &stripe.adapter,
        }
    }

    /// Makes a call to its end, while simulated time stands still.
    pub(crate) fn make<F: Future>(&self, call: F) -> F::Output {
        match self {
            Self::Sandbox(_) => block_on(call),
            Self::Stripe(stripe) => stripe.make(call),
        }
    }

    /// The answer to a call, waited for while simulated time stands still, unless it never comes.
    pub(crate) async fn answer<T>(&self, call: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        match self {
            Self::Sandbox(sandbox) => {
                let hung_before = hung(sandbox);
                let mut call = pin!(call);
                // A fault strikes before the call first waits.
                if let Poll::Ready(outcome) = poll_once(call.as_mut()) {
                    return outcome;
                }
                if hung(sandbox) > hung_before {
                    return call.await;
                }
                block_on(call)
            }
            Self::Stripe(stripe) => match stripe.answer(call) {
                Some(outcome) => outcome,
                None => pending().await,
            },
        }
    }

    pub(crate) fn switch_on(&self, fault: Fault) {
        match self {
            Self::Sandbox(sandbox) => block_on(sandbox.faults().switch_on(fault)).unwrap(),
            Self::Stripe(stripe) => stripe.switch_on(fault),
        }
    }

    /// Of each fault that was switched on, how often it struck.
    pub(crate) fn struck(&self) -> Vec<Struck> {
        match self {
            Self::Sandbox(sandbox) => {
                let faults = block_on(sandbox.faults().list()).unwrap().into_iter();
                let struck = faults.map(|fault| Struck {
                    hits: fault.hits,
                    fault: format!("{fault:?}"),
                });
                struck.collect()
            }
            Self::Stripe(stripe) => stripe.struck(),
        }
    }

    pub(crate) fn clear_faults(&self) {
        match self {
            Self::Sandbox(sandbox) => block_on(sandbox.faults().clear()).unwrap(),
            Self::Stripe(stripe) => stripe.clear_faults(),
        }
    }

    /// The person answers their bank. Whether it took the answer: it takes one.
    pub(crate) fn authenticate(
        &self,
        asked_about: &SubscriptionId,
        decision: Authentication,
    ) -> bool {
        match self {
            Self::Sandbox(sandbox) => {
                block_on(sandbox.authenticate(asked_about.as_str(), decision)).is_ok()
            }
            Self::Stripe(stripe) => stripe.authenticate(asked_about, decision),
        }
    }

    /// Panics where an invoice is open: in the sandbox there are none.
    pub(crate) fn assert_nothing_can_be_paid(&self) {
        if let Self::Stripe(stripe) = self {
            assert_eq!(stripe.open_invoices(), 0);
        }
    }

    /// How refunds stand that are made from here on.
    pub(crate) fn refunds_stand_as(&self, status: RefundStatus) {
        match self {
            Self::Sandbox(_) => panic!("every refund in the sandbox succeeds"),
            Self::Stripe(stripe) => stripe.refunds_stand_as(status),
        }
    }

    /// The bank sends back what was refunded last.
    pub(crate) fn last_refund_comes_back(&self) {
        match self {
            Self::Sandbox(_) => panic!("no refund in the sandbox fails"),
            Self::Stripe(stripe) => stripe.last_refund_comes_back(),
        }
    }

    /// The person has their bank take back what was charged last.
    pub(crate) fn last_charge_is_disputed(&self) {
        match self {
            Self::Sandbox(_) => panic!("nobody disputes a charge in the sandbox"),
            Self::Stripe(stripe) => stripe.last_charge_is_disputed(),
        }
    }

    pub(crate) fn ledger(&self) -> Ledger {
        match self {
            Self::Sandbox(sandbox) => block_on(sandbox.ledger()).unwrap(),
            Self::Stripe(stripe) => stripe.ledger(),
        }
    }

    /// Requests that have come to Stripe.
    pub(crate) fn requests(&self) -> u64 {
        match self {
            Self::Sandbox(_) => panic!("nothing is requested of the sandbox over a network"),
            Self::Stripe(stripe) => stripe.requests(),
        }
    }

    /// The sandbox counts its calls.
    pub(crate) fn calls(&self) -> Calls {
        match self {
            Self::Sandbox(sandbox) => sandbox.calls(),
            Self::Stripe(_) => panic!("Stripe does not tell who calls it at once"),
        }
    }
}

/// A fault that is or was on, and how often it struck.
pub(crate) struct Struck {
    pub(crate) hits: u64,
    pub(crate) fault: String,
}

fn hung(sandbox: &Sandbox) -> u64 {
    let faults = block_on(sandbox.faults().list()).unwrap().into_iter();
    let hangs = faults.filter(|fault| fault.kind == FaultKind::Hang);
    hangs.map(|fault| fault.hits).sum()
}
