//! The sandbox gateway: a payment gateway in one SQLite file or in a PostgreSQL database, with Stripe's
//! test cards and Stripe's idempotency, that can be told to fail in every way a real one does. For
//! trying the service out and for its tests; it moves no money.

mod answer;
mod authentication;
mod books;
mod calls;
mod cards;
mod charges;
mod customers;
mod error;
mod faults;
mod holdings;
mod home;
mod idempotency;
mod ledger;
mod operation;
mod payment_methods;
mod port;
mod postgres;
mod sql;
mod sqlite;
mod standing;
mod subscriptions;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use enlist_postgres::Connector;
use enlist_registration::ports::{Clock, Random};

use books::Books;
use calls::Door;
use faults::FaultsHome;
use home::Home;
use postgres::Postgres;
use sql::Sql;
use worker::Worker;

pub use authentication::{
    AUTHENTICATION_FAILED, Authenticated, Authentication, AuthenticationFault,
    AuthenticationResult, Question,
};
pub use books::INCOMPLETE_FOR;
pub use calls::Calls;
pub use cards::{Behaviour, INVALID_PAYMENT_METHOD, NOT_A_TEST_CARD, TEST_CARDS, TestCard};
pub use error::SandboxError;
pub use faults::{ActiveFault, Fault, FaultFault, FaultKind, Faults};
pub use idempotency::KEY_KEPT_FOR;
pub use ledger::{
    Ledger, LedgerCharge, LedgerCustomer, LedgerPaymentMethod, LedgerRefund, LedgerSubscription,
};
pub use operation::Operation;

/// The gateway. Each call's effect and the answer stored under its key commit together; a call that
/// has arrived takes effect even if its caller goes away.
///
/// What is not guaranteed: a power failure may lose the latest calls in a file (a kill of the process
/// does not), and a key that two processes use on the same books at the same moment makes the second
/// wait where Stripe would answer 409.
pub struct Sandbox {
    worker: Worker,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    faults: FaultsHome,
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
        let home = Home::Sqlite(sqlite::open(path)?);
        Self::on(home, FaultsHome::in_memory(), clock, random)
    }

    /// Opens the sandbox in a PostgreSQL database, in the schema `enlist_sandbox`, and makes its tables
    /// if there are none. Every sandbox on the database is the same gateway, with the same faults.
    pub async fn on_postgres(
        connector: Connector,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, SandboxError> {
        let home = Home::Postgres(Box::new(Postgres::new(connector)));
        let sandbox = Self::on(home, FaultsHome::Books, clock, random)?;
        sandbox.worker.at_home(Home::make_tables).await?;
        Ok(sandbox)
    }

    /// A sandbox that forgets everything when it is dropped.
    pub fn in_memory(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self, SandboxError> {
        let home = Home::Sqlite(sqlite::in_memory()?);
        Self::on(home, FaultsHome::in_memory(), clock, random)
    }

    fn on(
        home: Home,
        faults: FaultsHome,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, SandboxError> {
        Ok(Self {
            worker: Worker::start(home)?,
            faults,
            clock,
            random,
            latency: Duration::ZERO,
            door: Door::default(),
        })
    }

    /// The same sandbox with faults that the configuration names. One that is on already, since another
    /// replica has switched it on, is not switched on twice.
    pub async fn with_faults(
        self,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<Self, FaultFault> {
        self.faults().complete_with(faults).await?;
        Ok(self)
    }

    /// The same sandbox with every answer this much later; the effect is not.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// The failures that are on; to switch on, list and clear.
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
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

    /// Works on the books in one transaction, on the thread that owns them. `work` may be done again, after
    /// a transaction that was rolled back.
    async fn on_books<T: Send + 'static>(
        &self,
        work: impl Fn(&Books<'_>) -> Result<T, SandboxError> + Send + 'static,
    ) -> Result<T, SandboxError> {
        let clock = Arc::clone(&self.clock);
        let random = Arc::clone(&self.random);
        let in_transaction = move |sql: &dyn Sql| {
            let books = Books::open(sql, clock.now(), &*random)?;
            work(&books)
        };
        self.worker.run(in_transaction).await
    }
}
