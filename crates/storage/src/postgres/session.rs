//! How one statement is carried out: on a connection of the pool, with a bounded wait, again after
//! what may be tried again, and with it known whether an answer was lost on the way.
//!
//! Every method of the store is one statement at a time, each a transaction of its own. So a process
//! that is paused holds no transaction open.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use enlist_registration::limits::later;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::fault::{Again, Fault};
use super::parameters::{Moment, Parameter};
use super::{Database, Use};

/// How often a statement is tried that others were faster than. Each of those others has done its
/// work meanwhile, so this many in a row are a stampede on one row.
const ATTEMPTS_AMONG_OTHERS: u32 = 40;

/// How often a connection is looked for in vain, or lost, before the caller is told. With the pauses
/// between, long enough for a restart of the database under a light load.
const ATTEMPTS_AT_CONNECTING: u32 = 6;

/// The first pause; each further one is twice as long, less up to half of it by chance.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const FIRST_PAUSE_OF_CONNECTING: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE_OF_CONNECTING: Duration = Duration::from_millis(800);

/// How much longer than the server's own limit we wait for its answer: a way there and back.
const GRACE: Duration = Duration::from_secs(1);

/// How long a connection is kept that gave no answer.
const LONGEST_WAIT_FOR_IDLE: Duration = Duration::from_secs(60);

/// What came of a statement that was carried out.
pub(super) struct Written {
    /// What it returned.
    pub(super) rows: Vec<Row>,
    /// By our clock, before the database was asked for what is returned here.
    pub(super) asked_at: Timestamp,
    /// Whether an earlier try may have been carried out too.
    pub(super) was_in_doubt: bool,
}

impl Database {
    /// Carries out a statement that changes something, once or, where an answer was lost, perhaps
    /// twice.
    pub(super) async fn write(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Written, Fault> {
        if self.purpose == Use::Reading {
            return Err(Fault::ReadOnly);
        }
        self.persist(statement, parameters, Transaction::Chosen)
            .await
    }

    /// Carries out a statement that changes nothing.
    pub(super) async fn read(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Fault> {
        let read = self.persist(statement, parameters, Transaction::Implicit);
        Ok(read.await?.rows)
    }

    /// See [`PostgresStore::accepts_writes`](super::PostgresStore::accepts_writes).
    pub(super) async fn accepts_writes(&self) -> Result<bool, Fault> {
        const ACCEPTS: &str = "
            SELECT NOT pg_is_in_recovery()
                AND current_setting('default_transaction_read_only') = 'off' AS accepts_writes";
        let rows = self.read(ACCEPTS, &[]).await?;
        let accepts = rows.first().map(|row| row.try_get("accepts_writes"));
        Ok(accepts.transpose()?.unwrap_or(false))
    }

    /// See [`PostgresStore::clock_ahead`](super::PostgresStore::clock_ahead).
    pub(super) async fn clock_ahead(&self) -> Result<SignedDuration, Fault> {
        let read = self.persist("SELECT now() AS now", &[], Transaction::Implicit);
        let Written { rows, asked_at, .. } = read.await?;
        let row = rows.first().ok_or(Fault::Missing("the database's time"))?;
        let theirs: Moment = row.try_get("now")?;
        Ok(asked_at.duration_since(theirs.0))
    }

    async fn persist(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
        transaction: Transaction,
    ) -> Result<Written, Fault> {
        let mut tries = Tries::new(self.options.timeout);
        loop {
            let asked_at = self.clock.now();
            match self.attempt(statement, parameters, transaction).await {
                Ok((rows, waited)) => {
                    return Ok(Written {
                        rows,
                        asked_at: later(asked_at, waited),
                        was_in_doubt: tries.was_in_doubt,
                    });
                }
                Err(fault) => wait(self.pause_after(fault, &mut tries)?).await,
            }
        }
    }

    /// How long to wait before the next try; the fault, if there is to be none.
    fn pause_after(&self, fault: Fault, tries: &mut Tries) -> Result<Duration, Fault> {
        match fault.again() {
            Again::No => Err(fault),
            Again::Unprepared => {
                tries.unprepared += 1;
                match tries.unprepared {
                    // A plan that was made before a migration: every connection may have it.
                    1 => drop(self.pool.retain(|_, _| false)),
                    // On a new connection, too.
                    2 => note_pooler(&self.is_pooled),
                    _ => return Err(fault),
                }
                Ok(Duration::ZERO)
            }
            Again::OthersWereFaster => {
                tries.outrun += 1;
                if tries.outrun == ATTEMPTS_AMONG_OTHERS {
                    return Err(fault);
                }
                Ok(self.pause(tries.outrun, FIRST_PAUSE, LONGEST_PAUSE))
            }
            again @ (Again::NotReached | Again::InDoubt) => {
                tries.was_in_doubt |= again == Again::InDoubt;
                if fault.condemns_other_connections() {
                    // They were made to the same server: they may be as dead, or as read-only, and
                    // would use up the attempts one by one.
                    self.pool.retain(|_, _| false);
                }
                tries.unreached += 1;
                if tries.unreached == ATTEMPTS_AT_CONNECTING || tries.are_over() {
                    return Err(fault);
                }
                let error = &fault as &dyn std::error::Error;
                tracing::debug!(error, "the database is asked again");
                Ok(self.pause(
                    tries.unreached,
                    FIRST_PAUSE_OF_CONNECTING,
                    LONGEST_PAUSE_OF_CONNECTING,
                ))
            }
        }
    }

    /// One try. Also how long it waited for a connection.
    async fn attempt(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
        transaction: Transaction,
    ) -> Result<(Vec<Row>, Duration), Fault> {
        let before = self.clock.now();
        let connection = self.pool.get().await?;
        let waited = Duration::try_from(self.clock.now().duration_since(before));
        let limit = self.options.timeout + GRACE;
        let run = self.run(&connection, statement, parameters, transaction);
        let done = match tokio::time::timeout(limit, run).await {
            Ok(done) => done.map_err(Fault::from),
            Err(_) => Err(Fault::NoAnswer(limit)),
        };
        match done {
            Ok(rows) => Ok((rows, waited.unwrap_or_default())),
            Err(fault @ Fault::NoAnswer(_)) => {
                tokio::spawn(let_go_once_idle(connection));
                Err(fault)
            }
            Err(fault) => {
                if fault.again() != Again::OthersWereFaster {
                    drop(Object::take(connection));
                }
                Err(fault)
            }
        }
    }

    async fn run(
        &self,
        connection: &Object,
        statement: &str,
        parameters: &[Parameter<'_>],
        transaction: Transaction,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        if !self.is_pooled.load(Ordering::Relaxed) {
            return prepared(connection, statement, parameters).await;
        }
        let typed: Vec<_> = parameters
            .iter()
            .map(|(value, sql_type)| (*value, sql_type.clone()))
            .collect();
        match transaction {
            Transaction::Implicit => connection.query_typed(statement, &typed).await,
            Transaction::Chosen => {
                // Sent together, without waiting for one another's answers.
                let (begun, done, committed) = tokio::join!(
                    connection.batch_execute(&self.begin),
                    connection.query_typed(statement, &typed),
                    connection.batch_execute("COMMIT"),
                );
                begun?;
                let rows = done?;
                committed?;
                Ok(rows)
            }
        }
    }

    fn pause(&self, attempt: u32, first: Duration, longest: Duration) -> Duration {
        let mut bytes = [0u8; 4];
        self.random.fill(&mut bytes);
        let jitter = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
        let full = first.saturating_mul(1 << attempt.min(16)).min(longest);
        full.mul_f64(1.0 - jitter / 2.0)
    }
}

/// What the tries of one statement have come to.
struct Tries {
    was_in_doubt: bool,
    outrun: u32,
    unreached: u32,
    unprepared: u32,
    until: Instant,
}

impl Tries {
    /// A server that does not answer at all is asked twice: somebody waits.
    fn new(timeout: Duration) -> Self {
        Self {
            was_in_doubt: false,
            outrun: 0,
            unreached: 0,
            unprepared: 0,
            until: Instant::now() + 2 * timeout,
        }
    }

    fn are_over(&self) -> bool {
        Instant::now() >= self.until
    }
}

/// In what transaction a statement is carried out.
#[derive(Clone, Copy, Debug)]
enum Transaction {
    /// Its own, as the session has it.
    Implicit,
    /// Its own, at the isolation and with the limits that were chosen. Where the session has those
    /// already, this is the same.
    Chosen,
}

/// From now on connections are taken for ones that are handed out by the transaction.
pub(super) fn note_pooler(is_pooled: &AtomicBool) {
    if !is_pooled.swap(true, Ordering::Relaxed) {
        tracing::info!("the database is reached through a pooler: settings go by transaction");
    }
}

/// Keeps a connection's place in the pool until the server is done with what it was given: a server
/// that waits for its standby goes on doing so when we hang up, and others in place of that connection
/// would use up all that it has. Not for ever: the connection may be one to a server that hangs, while
/// another took its place.
async fn let_go_once_idle(connection: Object) {
    let answered = tokio::time::timeout(LONGEST_WAIT_FOR_IDLE, connection.simple_query(""));
    if !matches!(answered.await, Ok(Ok(_))) {
        drop(Object::take(connection));
    }
}

/// A statement that the server parses and plans once per connection.
async fn prepared(
    connection: &Object,
    statement: &str,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let types: Vec<Type> = parameters
        .iter()
        .map(|(_, sql_type)| sql_type.clone())
        .collect();
    let values: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|(value, _)| *value).collect();
    let statement = connection.prepare_typed_cached(statement, &types).await?;
    connection.query(&statement, &values).await
}

/// The database's time is real time, whatever the clock says that the store was given.
pub(super) async fn wait(pause: Duration) {
    let never = std::future::pending::<()>();
    // That it does not end in time is what is waited for.
    let _ = tokio::time::timeout(pause, never).await;
}
