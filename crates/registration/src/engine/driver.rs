//! One registration in hand: each method does one thing that the engine decided and records it.

use std::time::Duration;

use jiff::Timestamp;

use super::{Engine, Recheck};
use crate::ids::JobId;
use crate::jobs::{JobKind, NewJob};
use crate::leaves::{Caller, Reply};
use crate::ports::{Direction, Opened, RefundAttempt, StoreFault, Trouble, WriteFault};
use crate::saga::{Draft, Moment, Reversal};
use crate::state::{Failure, Registration, Status};
use crate::steps::StepName;
use crate::timeline::{Event, EventKind};

/// How often a write is tried before the registration is left to whoever claims it next.
const WRITE_ATTEMPTS: u32 = 4;

/// A pause up to this long is slept through; for a longer one the registration is let go of.
const LONGEST_NAP: Duration = Duration::from_secs(2);

/// Why driving ends.
pub(super) enum Stop {
    /// Nobody holds the registration any more, as it should be.
    LetGo,
    /// Somebody else holds it.
    Superseded,
    /// The database failed.
    Store(StoreFault),
}

impl From<WriteFault> for Stop {
    fn from(fault: WriteFault) -> Self {
        match fault {
            WriteFault::Superseded => Self::Superseded,
            WriteFault::Store(fault) => Self::Store(fault),
        }
    }
}

/// A registration, the engine that drives it, and what of it the journal has.
pub(super) struct Driver<'e> {
    engine: &'e Engine,
    registration: Registration,
    /// The status that the journal has.
    recorded: Status,
}

/// Tries a write again while the database fails, a few times. An expression, because the write
/// borrows the driver.
macro_rules! write {
    ($driver:expr, $write:expr) => {{
        let mut attempt = 1;
        loop {
            match $write.await {
                Err(WriteFault::Store(fault)) if attempt < WRITE_ATTEMPTS => {
                    tracing::warn!(
                        registration = %$driver.registration.id,
                        error = &fault as &dyn std::error::Error,
                        "a write failed and is tried again"
                    );
                    let limits = &$driver.engine.limits;
                    let pause = limits.pause(attempt, limits.longest_pause, $driver.engine.jitter());
                    $driver.engine.ports.clock.sleep(pause).await;
                    attempt += 1;
                }
                other => break other.map_err(Stop::from),
            }
        }
    }};
}

impl<'e> Driver<'e> {
    pub(super) fn new(engine: &'e Engine, registration: Registration) -> Self {
        let recorded = registration.status;
        Self {
            engine,
            registration,
            recorded,
        }
    }

    pub(super) fn registration(&self) -> &Registration {
        &self.registration
    }

    pub(super) fn into_registration(self) -> Registration {
        self.registration
    }

    /// Makes a step's call once and notes what came of it.
    pub(super) async fn call(&mut self, step: StepName) -> Result<(), Stop> {
        self.engine
            .ports
            .observer
            .working(self.registration.id, step, Direction::Forward);
        let outcome = self.caller().perform(step).await?;
        let jitter = self.engine.jitter();
        let draft = self
            .registration
            .apply(step, outcome, moment(self.engine, jitter));
        self.record_if_any(draft).await;
        Ok(())
    }

    /// Asks by list whether a step happened, and notes the answer.
    pub(super) async fn resolve(&mut self, step: StepName) -> Result<(), Stop> {
        let said = self.caller().resolve(step).await?;
        let jitter = self.engine.jitter();
        let draft = self
            .registration
            .resolve(step, said, moment(self.engine, jitter));
        self.record_if_any(draft).await;
        Ok(())
    }

    /// Takes a step back at the gateway, as far as it lets us.
    pub(super) async fn reverse(&mut self, step: StepName) -> Result<(), Stop> {
        self.engine
            .ports
            .observer
            .working(self.registration.id, step, Direction::Backward);
        let reversal = self.caller().reverse(step).await?;
        let jitter = self.engine.jitter();
        let draft = self
            .registration
            .apply_reversal(step, reversal, moment(self.engine, jitter));
        self.record(draft).await;
        Ok(())
    }

    /// Writes the account, the mail's job if its address is still to be verified, and the journal in one
    /// transaction (D3).
    pub(super) async fn open_account(&mut self) -> Result<(), Stop> {
        let step = StepName::OpenAccount;
        self.engine
            .ports
            .observer
            .working(self.registration.id, step, Direction::Forward);
        let mut opened = self.registration.clone();
        opened.open(moment(self.engine, 0.0));
        let (follows, job) = if opened.status == Status::AwaitingVerification {
            let mail = (JobKind::VerificationMail, opened.mail_serial);
            let draft = Draft::step(StepName::VerifyEmail, EventKind::Waiting, None);
            (draft, Some(self.new_job(mail.0, mail.1, Duration::ZERO)))
        } else {
            (Draft::whole(EventKind::Registered, None), None)
        };
        let user = opened.intent.user.to_string();
        let drafts = [Draft::step(step, EventKind::Done, user), follows];
        let events = drafts.map(|draft| number(self.engine, &mut opened, draft));
        let store = &self.engine.ports.store;
        match write!(
            self,
            store.open_account(&opened, self.recorded, job.as_ref(), &events)
        )? {
            Opened::Opened => {
                self.adopt(opened, &events);
                Err(Stop::LetGo)
            }
            Opened::EmailHasAccount => {
                self.registration.failure = Some(Failure::EmailTaken);
                Ok(())
            }
        }
    }

    /// Deletes the account's rows in one transaction.
    pub(super) async fn close_account(&mut self) -> Result<(), Stop> {
        let step = StepName::OpenAccount;
        self.engine
            .ports
            .observer
            .working(self.registration.id, step, Direction::Backward);
        let mut closed = self.registration.clone();
        let reversal = Reversal::Complete("account removed".to_owned());
        let draft = closed.apply_reversal(step, reversal, moment(self.engine, 0.0));
        let events = [number(self.engine, &mut closed, draft)];
        write!(
            self,
            self.engine.ports.store.close_account(&closed, &events)
        )?;
        self.adopt(closed, &events);
        Ok(())
    }

    /// Commits the decision to undo, before the first undo (D2).
    pub(super) async fn turn_back(&mut self, failure: Failure) -> Result<(), Stop> {
        let mut turned = self.registration.clone();
        let reason = failure.as_str().to_owned();
        turned.turn_back(failure, self.engine.ports.clock.now());
        let draft = Draft::whole(EventKind::UndoDecided, reason);
        let events = [number(self.engine, &mut turned, draft)];
        write!(
            self,
            self.engine
                .ports
                .store
                .save(&turned, self.recorded, &events)
        )?;
        self.adopt(turned, &events);
        Ok(())
    }

    /// Notes that the person has verified the address: the signal has committed it.
    pub(super) async fn note_verified(&mut self) -> Result<(), Stop> {
        let draft = self.registration.note_verified();
        self.record(draft).await;
        Ok(())
    }

    /// Closes the journal of a registration of which everything is done.
    pub(super) async fn finish(&mut self) -> Result<(), Stop> {
        let mut finished = self.registration.clone();
        finished.finish(self.engine.ports.clock.now());
        let draft = Draft::whole(EventKind::Registered, None);
        self.rest(finished, vec![draft], &[]).await
    }

    /// Closes the journal of a registration of which nothing is left.
    pub(super) async fn clear(&mut self) -> Result<(), Stop> {
        let mut cleared = self.registration.clone();
        cleared.status = Status::Undone;
        cleared.rested_at = Some(self.engine.ports.clock.now());
        let drafts = vec![
            Draft::step(StepName::HoldEmail, EventKind::Undone, None),
            Draft::whole(EventKind::Cleared, None),
        ];
        let looks_again = cleared.progress.doubted;
        let delays = self.engine.limits.recheck_after.into_iter();
        let follow_up: Vec<NewJob> = delays
            .filter(|_| looks_again)
            .map(|delay| self.new_job(JobKind::Recheck, 0, delay))
            .collect();
        self.rest(cleared, drafts, &follow_up).await
    }

    async fn rest(
        &mut self,
        mut rested: Registration,
        drafts: Vec<Draft>,
        follow_up: &[NewJob],
    ) -> Result<(), Stop> {
        let events: Vec<Event> = drafts
            .into_iter()
            .map(|draft| number(self.engine, &mut rested, draft))
            .collect();
        let store = &self.engine.ports.store;
        write!(self, store.rest(&rested, self.recorded, follow_up, &events))?;
        self.adopt(rested, &events);
        Err(Stop::LetGo)
    }

    /// Lets go of the registration until the person acts, or until it is to be looked after again. No
    /// pause is left in the journal: whoever goes on at the person's signal has nothing to wait for.
    pub(super) async fn await_person(&mut self, moment: Timestamp) -> Result<(), Stop> {
        self.registration.not_before = None;
        self.park(moment).await
    }

    /// Lets go of the registration until `moment`, or until a signal comes.
    async fn park(&mut self, moment: Timestamp) -> Result<(), Stop> {
        let (now, lease) = (self.engine.ports.clock.now(), &self.registration.lease);
        let due_at = lease.due_at(moment, now);
        let store = &self.engine.ports.store;
        write!(
            self,
            store.park(&self.registration, self.recorded, due_at, &[])
        )?;
        Err(Stop::LetGo)
    }

    /// Waits: asleep if it is short, otherwise by letting go.
    pub(super) async fn pause_until(&mut self, moment: Timestamp) -> Result<(), Stop> {
        let now = self.engine.ports.clock.now();
        let pause = Duration::try_from(moment.duration_since(now)).unwrap_or_default();
        if pause > LONGEST_NAP {
            return self.park(moment).await;
        }
        self.engine.ports.clock.sleep(pause).await;
        Ok(())
    }

    /// Looks for leftovers of a registration that rests as undone, and takes them back.
    pub(super) async fn recheck(&mut self, attempt: RefundAttempt) -> Recheck {
        match self.caller().clear_leftovers(attempt).await {
            Ok(Reversal::Complete(found)) => Recheck::Clean(found),
            Ok(Reversal::NotYet(trouble)) => Recheck::NotYet(trouble),
            // It rests: no lease is kept, so none can be lost.
            Err(_) => Recheck::NotYet(Trouble::new("the registration is in other hands")),
        }
    }

    fn caller(&mut self) -> Caller<'_> {
        Caller::new(
            self.engine.ports.gateway.as_ref(),
            self.engine.ports.store.as_ref(),
            self.engine.ports.clock.as_ref(),
            &self.engine.limits,
            &mut self.registration,
        )
    }

    /// Without an event there is nothing to record that the next write does not say.
    async fn record_if_any(&mut self, draft: Option<Draft>) {
        if let Some(draft) = draft {
            self.record(draft).await;
        }
    }

    /// Records progress without waiting for the disk (D4).
    async fn record(&mut self, draft: Draft) {
        let event = number(self.engine, &mut self.registration, draft);
        self.engine
            .ports
            .observer
            .event(self.registration.id, &event);
        self.engine
            .ports
            .store
            .record(&self.registration, &[event])
            .await;
    }

    /// Takes what was committed for the present state.
    fn adopt(&mut self, committed: Registration, events: &[Event]) {
        self.recorded = committed.status;
        self.registration = committed;
        for event in events {
            self.engine
                .ports
                .observer
                .event(self.registration.id, event);
        }
    }

    fn new_job(&self, kind: JobKind, serial: u32, delay: Duration) -> NewJob {
        let ports = &self.engine.ports;
        let now = ports.clock.now();
        let lease = &self.registration.lease;
        NewJob {
            id: JobId::new(now, ports.random.as_ref()),
            kind,
            registration: self.registration.id,
            serial,
            // A second look that comes at once finds nothing that is on its way.
            due_at: lease.later_by(delay, now),
        }
    }
}

impl From<Reply> for Stop {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::LostLease => Self::Superseded,
            Reply::Store(fault) => Self::Store(fault),
        }
    }
}

fn moment(engine: &Engine, jitter: f64) -> Moment<'_> {
    Moment {
        now: engine.ports.clock.now(),
        limits: &engine.limits,
        jitter,
    }
}

/// Makes an event of a draft: gives it its number, time and generation.
pub(super) fn number(engine: &Engine, registration: &mut Registration, draft: Draft) -> Event {
    let seq = registration.next_seq;
    registration.next_seq += 1;
    Event {
        seq,
        at: engine.ports.clock.now(),
        generation: registration.lease.generation,
        step: draft.step,
        kind: draft.kind,
        detail: draft.detail,
    }
}
