//! Where customers and charges are: the sandbox, in this process.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use enlist_gateways::sandbox::{
    ActiveFault, Authentication, Calls, Fault, FaultKind, Ledger, Sandbox,
};
use enlist_registration::ids::SubscriptionId;
use enlist_registration::ports::{Outcome, PaymentGateway};

use super::clock::{block_on, poll_once};

/// A payment provider: the gateway as the engine calls it, and what only its owner can do.
#[derive(Clone)]
pub(crate) enum Provider {
    Sandbox(Arc<Sandbox>),
}

impl Provider {
    /// As the engine sees it.
    pub(crate) fn gateway(&self) -> &dyn PaymentGateway {
        match self {
            Self::Sandbox(sandbox) => sandbox.as_ref(),
        }
    }

    /// Makes a call to its end, while simulated time stands still.
    pub(crate) fn make<F: Future>(&self, call: F) -> F::Output {
        match self {
            Self::Sandbox(_) => block_on(call),
        }
    }

    /// The answer to a call, waited for while simulated time stands still, unless it never comes.
    pub(crate) async fn answer<T>(&self, call: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        match self {
            Self::Sandbox(_) => {
                let hung_before = self.hung();
                let mut call = pin!(call);
                // A fault strikes before the call first waits.
                if let Poll::Ready(outcome) = poll_once(call.as_mut()) {
                    return outcome;
                }
                if self.hung() > hung_before {
                    return call.await;
                }
                block_on(call)
            }
        }
    }

    pub(crate) fn switch_on(&self, fault: Fault) {
        match self {
            Self::Sandbox(sandbox) => block_on(sandbox.faults().switch_on(fault)).unwrap(),
        }
    }

    pub(crate) fn faults(&self) -> Vec<ActiveFault> {
        match self {
            Self::Sandbox(sandbox) => block_on(sandbox.faults().list()).unwrap(),
        }
    }

    pub(crate) fn clear_faults(&self) {
        match self {
            Self::Sandbox(sandbox) => block_on(sandbox.faults().clear()).unwrap(),
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
        }
    }

    pub(crate) fn ledger(&self) -> Ledger {
        match self {
            Self::Sandbox(sandbox) => block_on(sandbox.ledger()).unwrap(),
        }
    }

    pub(crate) fn calls(&self) -> Calls {
        match self {
            Self::Sandbox(sandbox) => sandbox.calls(),
        }
    }

    fn hung(&self) -> u64 {
        let faults = self.faults().into_iter();
        let hangs = faults.filter(|fault| fault.kind == FaultKind::Hang);
        hangs.map(|fault| fault.hits).sum()
    }
}
