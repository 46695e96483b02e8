//! Stripe, as its adapter calls it over HTTP: a strict fake of it on loopback, on simulated time.

use std::sync::Arc;
use std::time::Duration;

use enlist_fake_stripe::{
    Control, Decision, FakeStripe, Fault, FaultKind, Options, Parameters, RefundStatus, SECRET_KEY,
    Settings,
};
use enlist_gateways::sandbox;
use enlist_gateways::stripe::{Stripe, StripeSettings};
use enlist_registration::ids::SubscriptionId;
use enlist_registration::ports::{Clock, Random};
use secrecy::SecretString;
use tokio::runtime::{self, Runtime};

use super::Struck;

/// How often it is looked whether a call hangs.
const BETWEEN_LOOKS: Duration = Duration::from_micros(200);

/// Longer than any answer on loopback takes. What hangs is noticed, not timed.
const PATIENCE: Duration = Duration::from_secs(60);

/// In which way an answer is lost where a cell says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The connection is closed without a byte.
    Closed,
    /// The connection is reset.
    Reset,
    /// The connection is closed in the middle of the answer.
    Truncated,
    /// The answer is not what was asked for.
    Garbled,
    /// A proxy on the way says that it has none.
    BadGateway,
}

impl Lost {
    pub(crate) const ALL: [Self; 5] = [
        Self::Closed,
        Self::Reset,
        Self::Truncated,
        Self::Garbled,
        Self::BadGateway,
    ];

    fn kind(self) -> FaultKind {
        match self {
            Self::Closed => FaultKind::LoseReply,
            Self::Reset => FaultKind::Reset,
            Self::Truncated => FaultKind::Truncate,
            Self::Garbled => FaultKind::Garble,
            Self::BadGateway => FaultKind::BadGateway,
        }
    }
}

/// Where accounts at Stripe are made, one for each world.
pub(crate) struct StripeGround {
    runtime: Arc<Runtime>,
    parameters: Parameters,
    lost: Lost,
}

impl StripeGround {
    pub(crate) fn new(lost: Lost) -> Self {
        let mut runtime = runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let parameters = Parameters::read(&enlist_test_servers::stripe_parameters());
        Self {
            runtime: Arc::new(runtime),
            parameters: parameters.unwrap(),
            lost,
        }
    }

    pub(crate) fn account(&self, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> StripeProvider {
        let settings = Settings {
            clock,
            random,
            parameters: Some(self.parameters.clone()),
            ..Settings::default()
        };
        let fake = self.runtime.block_on(FakeStripe::start(settings)).unwrap();
        let adapter = Stripe::new(StripeSettings {
            secret_key: SecretString::from(SECRET_KEY),
            api_base: fake.url(),
            timeout: PATIENCE,
        });
        StripeProvider {
            runtime: Arc::clone(&self.runtime),
            adapter: adapter.unwrap(),
            control: fake.control(),
            lost: self.lost,
            _fake: fake,
        }
    }
}

/// One account at Stripe.
pub(crate) struct StripeProvider {
    runtime: Arc<Runtime>,
    pub(super) adapter: Stripe,
    control: Control,
    lost: Lost,
    /// Dropped last: it listens.
    _fake: FakeStripe,
}

impl StripeProvider {
    pub(super) fn make<F: Future>(&self, call: F) -> F::Output {
        self.runtime.block_on(call)
    }

    /// The answer to a call, or none if it hangs.
    pub(super) fn answer<F: Future>(&self, call: F) -> Option<F::Output> {
        let hung_before = self.hung();
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = call => Some(answer),
                () = self.until_more_hang_than(hung_before) => None,
            }
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the fake is on another thread, in real time"
    )]
    async fn until_more_hang_than(&self, hung_before: u64) {
        while self.hung() == hung_before {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    fn hung(&self) -> u64 {
        let faults = self.control.faults().list().into_iter();
        let hangs = faults.filter(|fault| fault.kind == FaultKind::Hang);
        hangs.map(|fault| fault.hits).sum()
    }

    pub(super) fn switch_on(&self, fault: sandbox::Fault) {
        let fault = Fault {
            step: fault.step,
            kind: match fault.kind {
                sandbox::FaultKind::FailBefore => FaultKind::FailBefore,
                sandbox::FaultKind::FailAfter => FaultKind::FailAfter,
                sandbox::FaultKind::LoseReply => self.lost.kind(),
                sandbox::FaultKind::Hang => FaultKind::Hang,
                sandbox::FaultKind::Refuse => FaultKind::Refuse,
                sandbox::FaultKind::RateLimit => FaultKind::RateLimit,
            },
            count: fault.count,
            rate: fault.rate,
        };
        self.control.faults().switch_on(fault).unwrap();
    }

    pub(super) fn struck(&self) -> Vec<Struck> {
        let faults = self.control.faults().list().into_iter();
        let struck = faults.map(|fault| Struck {
            hits: fault.hits,
            fault: format!("{fault:?}"),
        });
        struck.collect()
    }

    pub(super) fn clear_faults(&self) {
        self.control.faults().clear();
    }

    pub(super) fn authenticate(
        &self,
        asked_about: &SubscriptionId,
        decision: sandbox::Authentication,
    ) -> bool {
        let decision = match decision {
            sandbox::Authentication::Confirm => Decision::Succeed,
            sandbox::Authentication::Refuse => Decision::Fail,
        };
        let secret = self.control.client_secret_of(asked_about.as_str());
        secret.is_some_and(|secret| {
            let confirmed = self.control.confirm_payment(&secret);
            // A refusal is an error of the payment.
            let answered = self.control.authenticate(&secret, decision);
            confirmed.is_ok() && (answered.is_ok() || decision == Decision::Fail)
        })
    }

    pub(super) fn open_invoices(&self) -> usize {
        self.control.open_invoices().len()
    }

    pub(super) fn refunds_stand_as(&self, refunds: RefundStatus) {
        let others = self.control.options();
        self.control.set_options(Options { refunds, ..others });
    }

    pub(super) fn last_refund_comes_back(&self) {
        let last = self.ledger().refunds.pop().unwrap();
        self.control.fail_refund(&last.id).unwrap();
    }

    pub(super) fn last_charge_is_disputed(&self) {
        let last = self.ledger().charges.pop().unwrap();
        self.control.dispute_charge(last.id.as_str()).unwrap();
    }

    pub(super) fn requests(&self) -> u64 {
        self.control.calls().total()
    }

    pub(super) fn ledger(&self) -> sandbox::Ledger {
        self.control.ledger()
    }
}
