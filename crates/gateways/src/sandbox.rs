//! The sandbox gateway: a payment gateway in one SQLite file, with Stripe's test cards and Stripe's
//! idempotency, that can be told to fail in every way a real one does. For trying the service out and
//! for its tests; it moves no money.

mod answer;
mod authentication;
mod books;
mod calls;
mod cards;
mod charges;
mod customers;
mod error;
mod faults;
mod file;
mod holdings;
mod idempotency;
mod ledger;
mod operation;
mod payment_methods;
mod port;
mod subscriptions;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use enlist_registration::ports::{Clock, Random};
use rusqlite::Connection;

use books::Books;
use calls::Door;
use worker::Worker;

pub use authentication::{
    AUTHENTICATION_FAILED, Authenticated, Authentication, AuthenticationFault,
    AuthenticationResult, Question,
};
pub use books::INCOMPLETE_FOR;
pub use calls::Calls;
pub use cards::{Behaviour, INVALID_PAYMENT_METHOD, NOT_A_TEST_CARD, TEST_CARDS, TestCard};
pub use error::SandboxError;
pub use faults::{
    ActiveFault, EVERY_STEP, Fault, FaultFault, FaultKind, FaultTarget, Faults, MAX_FAULTS,
};
pub use idempotency::KEY_KEPT_FOR;
pub use ledger::{
    Ledger, LedgerCharge, LedgerCustomer, LedgerPaymentMethod, LedgerRefund, LedgerSubscription,
};
pub use operation::Operation;

/// The gateway. Each call's effect and the answer stored under its key commit together; a call that
/// has arrived takes effect even if its caller goes away.
///
/// What is not guaranteed: a power failure may lose the latest calls (a kill of the process does
/// not), and a key that two processes use on one file at the same moment makes the second wait where
/// Stripe would answer 409.
pub struct Sandbox {
    worker: Worker,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    faults: Faults,
    latency: Duration,
    door: Door,
}

impl Sandbox {
    /// Opens the sandbox's file, and makes it if there is none; its folder must exist.
    pub fn open(
        path: &Path,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, SandboxError> {
        Self::on(file::open(path)?, clock, random)
    }

    /// A sandbox that forgets everything when it is dropped.
    pub fn in_memory(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self, SandboxError> {
        Self::on(file::in_memory()?, clock, random)
    }

    fn on(
        connection: Connection,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, SandboxError> {
        Ok(Self {
            worker: Worker::start(connection)?,
            faults: Faults::new(Arc::clone(&random)),
            clock,
            random,
            latency: Duration::ZERO,
            door: Door::default(),
        })
    }

    /// The same sandbox with faults that the configuration names.
    pub fn with_faults(self, faults: impl IntoIterator<Item = Fault>) -> Result<Self, FaultFault> {
        for fault in faults {
            self.faults.switch_on(fault)?;
        }
        Ok(self)
    }

    /// The same sandbox with every answer this much later; the effect is not.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// The failures that are on; to switch on, list and clear.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Everything that the gateway holds or held. Faults do not touch it.
    pub async fn ledger(&self) -> Result<Ledger, SandboxError> {
        self.on_books(ledger::read).await
    }

    /// Which calls have arrived since the sandbox was opened.
    pub fn calls(&self) -> Calls {
        self.door.calls()
    }

    /// What the bank asks the person about a first payment, as long as it is not answered. `waiting` is
    /// the subscription's id or the client secret of the `RequiresAction`.
    pub async fn question(&self, waiting: &str) -> Result<Question, AuthenticationFault> {
        let waiting = waiting.to_owned();
        self.on_books(move |books| authentication::question(books, &waiting))
            .await?
    }

    /// Answers, for the person, what their bank asks about a first payment. `waiting` is the
    /// subscription's id or the client secret of the `RequiresAction`. Confirming takes the charge and
    /// activates the subscription (unless the card is one that is declined even then); refusing ends it
    /// with nothing taken. Faults do not touch it.
    pub async fn authenticate(
        &self,
        waiting: &str,
        decision: Authentication,
    ) -> Result<Authenticated, AuthenticationFault> {
        let waiting = waiting.to_owned();
        self.on_books(move |books| authentication::settle(books, &waiting, decision))
            .await?
    }

    /// Works on the books in one transaction, on the thread that owns them.
    async fn on_books<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Books<'_>) -> Result<T, SandboxError> + Send + 'static,
    ) -> Result<T, SandboxError> {
        let clock = Arc::clone(&self.clock);
        let random = Arc::clone(&self.random);
        let in_transaction = move |sql: &rusqlite::Transaction<'_>| {
            let books = Books::open(sql, clock.now(), &*random)?;
            work(&books)
        };
        self.worker.run(in_transaction).await
    }
}
