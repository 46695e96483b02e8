//! The database as a process reaches it: writes are refused, or made and reported as lost, records are
//! lost, and the process may die before or after each of them. Every write that was made is looked at.

mod journeys;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use enlist_registration::ids::{Generation, JobId, OwnerId, RegistrationId, UserId};
use enlist_registration::jobs::{Job, JobKind, NewJob};
use enlist_registration::limits::later;
use enlist_registration::ports::{
    AccountAtGateway, Begun, MailAsked, MailRation, NewRegistration, News, Noted, Opened,
    Reflected, RegistrationFilter, RequestRecord, Signal, Signalled, Standing, Store, StoreFault,
    UnderWay, UserRecord, WriteFault,
};
use enlist_registration::state::{Lease, Registration, Status};
use enlist_registration::timeline::Event;
use enlist_registration::tokens::KeyedHash;
use jiff::Timestamp;

use crate::bugs::Bug;
use crate::checks::{How, Written};
use crate::executor::locked;
use crate::faults::Fault;
use crate::world::{World, duty, machine};

/// The store, as one process reaches it.
pub struct SimStore {
    world: Arc<World>,
    process: usize,
    /// A beginning that is not written yet (a bug).
    put_off: Mutex<Option<PutOff>>,
}

struct PutOff {
    registration: Registration,
    owner: OwnerId,
    request: Option<RequestRecord>,
    events: Vec<Event>,
}

/// Makes a write: it may be refused before, or reported as lost afterwards.
macro_rules! write {
    ($self:ident, $name:literal, $id:expr, $making:expr) => {{
        $self.before($name, $id).await?;
        let made = $making.await;
        $self.world.note(100, || {
            let process = $self.process;
            format!("process {process}: {} {}: {}", $name, $id, told(&made))
        });
        $self.after($name, $id).await?;
        made
    }};
}
use write;

/// Makes a read, which may fail.
macro_rules! read {
    ($self:ident, $making:expr) => {{
        $self.before_reading().await?;
        $making.await
    }};
}
use read;

impl SimStore {
    pub fn new(world: &Arc<World>, process: usize) -> Self {
        Self {
            world: Arc::clone(world),
            process,
            put_off: Mutex::default(),
        }
    }

    fn ground(&self) -> &dyn Store {
        self.world.ground.as_ref()
    }

    async fn before(&self, name: &'static str, id: RegistrationId) -> Result<(), StoreFault> {
        let world = &self.world;
        world.pass(self.process).await;
        if world.weather.strikes(Fault::DatabaseSlow) {
            let longest = Duration::from_secs(25);
            let stands_still = world.network.between(Duration::from_millis(100), longest);
            world.alarm_at_lease_end();
            world.executor.sleep(stands_still).await;
        }
        if world.weather.strikes(Fault::CommitRefused) {
            world.note(101, || {
                format!("process {}: {name} {id}: refused", self.process)
            });
            world.alarm_at_lease_end();
            return Err(fault("refused"));
        }
        Ok(())
    }

    async fn after(&self, name: &'static str, id: RegistrationId) -> Result<(), StoreFault> {
        let world = &self.world;
        if world.weather.strikes(Fault::CommitLost) {
            world.note(102, || {
                format!("process {}: {name} {id}: answer lost", self.process)
            });
            world.alarm_at_lease_end();
            return Err(fault("made, and the answer was lost"));
        }
        world.pass(self.process).await;
        Ok(())
    }

    async fn before_reading(&self) -> Result<(), StoreFault> {
        self.world.pass(self.process).await;
        match self.world.weather.strikes_at(Fault::CommitRefused, 0.3) {
            true => Err(fault("refused")),
            false => Ok(()),
        }
    }

    /// As a database server's store tells a lease: its end by the clock of whoever holds it (decision 0018).
    fn as_told(&self, lease: Lease) -> Lease {
        Lease {
            expires_at: self.world.by_clock_of(self.process, lease.expires_at),
            ..lease
        }
    }

    /// A write was made: everything that must hold is looked at.
    fn written(&self, what: Written<'_>) {
        self.world.after_write(self.process, &what);
    }

    fn alarm(&self, moment: Timestamp, duties: u8) {
        self.world.alarm(moment, duties);
    }

    /// See [`Bug::JournalAfterTheCall`].
    async fn write_what_was_put_off(&self) {
        let put_off = locked(&self.put_off).take();
        if let Some(put_off) = put_off {
            let new = NewRegistration {
                request: put_off.request.as_ref(),
                events: &put_off.events,
                ..NewRegistration::of(&put_off.registration, put_off.owner)
            };
            drop(self.ground().begin(new).await);
        }
    }

    async fn begin_or_pretend(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        let is_held = new.waits_until().is_none() && new.journey.is_none();
        let put_off = || PutOff {
            registration: new.registration.clone(),
            owner: new.owner,
            request: new.request.copied(),
            events: new.events.to_vec(),
        };
        match self.world.bug {
            Some(Bug::JournalAfterTheCall) if is_held => {
                *locked(&self.put_off) = Some(put_off());
                Ok(Begun::Begun)
            }
            Some(Bug::AnswerBeforeTheCommit) if is_held => {
                let (world, put_off) = (Arc::clone(&self.world), put_off());
                self.world
                    .executor
                    .spawn(machine(self.process), async move {
                        world.executor.sleep(Duration::from_millis(40)).await;
                        let new = NewRegistration {
                            request: put_off.request.as_ref(),
                            events: &put_off.events,
                            ..NewRegistration::of(&put_off.registration, put_off.owner)
                        };
                        drop(world.ground.begin(new).await);
                    });
                Ok(Begun::Begun)
            }
            _ => self.ground().begin(new).await,
        }
    }
}

fn told<T: std::fmt::Debug, E: std::fmt::Display>(made: &Result<T, E>) -> String {
    match made {
        Ok(value) => {
            let text = format!("{value:?}");
            let short: String = text.chars().take(60).collect();
            short
        }
        Err(fault) => fault.to_string(),
    }
}

pub(crate) fn fault(what: &'static str) -> StoreFault {
    StoreFault {
        attempted: "do what it was asked",
        source: what.into(),
    }
}

#[async_trait]
impl Store for SimStore {
    async fn begin(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        let id = new.registration.id;
        write!(self, "begin", id, async {
            let begun = self.begin_or_pretend(new).await;
            if let Ok(Begun::Begun) = &begun {
                self.written(Written::Begun(&new));
                if let Some(due_at) = new.waits_until() {
                    self.alarm(due_at, duty::REGISTRATIONS);
                    self.alarm(
                        self.world.executor.now(),
                        duty::of(JobKind::VerificationMail),
                    );
                }
            }
            begun
        })
    }

    async fn record(&self, registration: &Registration, events: &[Event]) {
        self.world.pass(self.process).await;
        if self.world.weather.strikes(Fault::RecordLost) {
            return;
        }
        self.write_what_was_put_off().await;
        self.ground().record(registration, events).await;
        self.world.note(103, || {
            let what = events.first().map(|event| (event.step, event.kind));
            format!(
                "process {}: record {}: {what:?}",
                self.process, registration.id
            )
        });
        self.world.pass(self.process).await;
    }

    async fn save(
        &self,
        registration: &Registration,
        expected: Status,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        write!(self, "save", registration.id, async {
            let saved = self.ground().save(registration, expected, events).await;
            if saved.is_ok() {
                self.written(Written::Moved(registration));
            }
            saved
        })
    }

    async fn park(
        &self,
        registration: &Registration,
        expected: Status,
        due_at: Timestamp,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        write!(self, "park", registration.id, async {
            let ground = self.ground();
            let parked = ground.park(registration, expected, due_at, events).await;
            if parked.is_ok() {
                self.written(Written::Moved(registration));
                self.alarm(due_at, duty::REGISTRATIONS);
            }
            parked
        })
    }

    async fn open_account(
        &self,
        registration: &Registration,
        expected: Status,
        job: Option<&NewJob>,
        events: &[Event],
    ) -> Result<Opened, WriteFault> {
        if let Err(fault) = self.before("open_account", registration.id).await {
            self.open_half(registration, job);
            self.world.check_one(registration.id);
            return Err(fault.into());
        }
        let ground = self.ground();
        let opened = ground
            .open_account(registration, expected, job, events)
            .await;
        self.world.note(104, || {
            format!(
                "process {}: open_account {}: {opened:?}",
                self.process, registration.id
            )
        });
        if let Ok(Opened::Opened) = &opened {
            self.written(Written::Opened(registration));
            if let Some(act_by) = registration.act_by {
                self.alarm(act_by, duty::REGISTRATIONS);
            }
            if let Some(job) = job {
                self.alarm(job.due_at, duty::of(job.kind));
            }
        }
        self.after("open_account", registration.id).await?;
        opened
    }

    async fn close_account(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        write!(self, "close_account", registration.id, async {
            let closed = self.ground().close_account(registration, events).await;
            if closed.is_ok() {
                self.written(Written::Moved(registration));
            }
            closed
        })
    }

    async fn rest(
        &self,
        registration: &Registration,
        expected: Status,
        follow_up: &[NewJob],
        events: &[Event],
    ) -> Result<(), WriteFault> {
        write!(self, "rest", registration.id, async {
            let ground = self.ground();
            let rested = ground.rest(registration, expected, follow_up, events).await;
            if rested.is_ok() {
                self.written(Written::Moved(registration));
                for job in follow_up {
                    self.alarm(job.due_at, duty::of(job.kind));
                }
            }
            rested
        })
    }

    async fn renew_lease(
        &self,
        registration: RegistrationId,
        generation: Generation,
    ) -> Result<Lease, WriteFault> {
        let renewed = write!(
            self,
            "renew_lease",
            registration,
            self.ground().renew_lease(registration, generation)
        );
        Ok(self.as_told(renewed?))
    }

    async fn claim_due(&self, owner: OwnerId, limit: u32) -> Result<Vec<Registration>, StoreFault> {
        self.before_reading().await?;
        let claimed = self.ground().claim_due(owner, limit).await;
        if let Ok(claimed) = &claimed {
            for it in claimed {
                self.world.note(105, || {
                    let generation = it.lease.generation.0;
                    format!("process {}: claims {} ({generation})", self.process, it.id)
                });
                self.written(Written::Claimed(it, owner, How::ByTime));
            }
            if claimed.is_empty() {
                return Ok(Vec::new());
            }
        }
        self.after("claim_due", RegistrationId(uuid::Uuid::nil()))
            .await?;
        let mut claimed = claimed?;
        for it in &mut claimed {
            it.lease = self.as_told(it.lease);
        }
        Ok(claimed)
    }

    async fn signal(
        &self,
        registration: RegistrationId,
        signal: Signal,
        owner: OwnerId,
        next_deadline: Timestamp,
    ) -> Result<Signalled, StoreFault> {
        let signalled = write!(self, "signal", registration, async {
            let ground = self.ground();
            let signalled = ground
                .signal(registration, signal, owner, next_deadline)
                .await;
            if let Ok(Signalled::Claimed(claimed)) = &signalled {
                self.written(Written::Claimed(claimed, owner, How::BySignal));
            }
            signalled
        });
        Ok(match signalled? {
            Signalled::Claimed(mut claimed) => {
                claimed.lease = self.as_told(claimed.lease);
                Signalled::Claimed(claimed)
            }
            other => other,
        })
    }

    async fn count_code_attempt(&self, registration: RegistrationId) -> Result<u32, StoreFault> {
        let ground = self.ground();
        write!(
            self,
            "count_code",
            registration,
            ground.count_code_attempt(registration)
        )
    }

    async fn ask_for_mail(
        &self,
        registration: RegistrationId,
        job: JobId,
        ration: MailRation,
    ) -> Result<MailAsked, StoreFault> {
        write!(self, "ask_for_mail", registration, async {
            let asked = self.ground().ask_for_mail(registration, job, ration).await;
            self.alarm(
                self.world.executor.now(),
                duty::of(JobKind::VerificationMail),
            );
            asked
        })
    }

    async fn note(&self, registration: RegistrationId, event: &Event) -> Result<(), StoreFault> {
        write!(
            self,
            "note",
            registration,
            self.ground().note(registration, event)
        )
    }

    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreFault> {
        read!(self, self.ground().registration(id))
    }

    async fn request(
        &self,
        key: &KeyedHash,
    ) -> Result<Option<(RequestRecord, Registration)>, StoreFault> {
        read!(self, self.ground().request(key))
    }

    async fn email_is_taken(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        read!(self, self.ground().email_is_taken(email))
    }

    async fn events(&self, id: RegistrationId, after: u32) -> Result<Vec<Event>, StoreFault> {
        read!(self, self.ground().events(id, after))
    }

    async fn registrations(
        &self,
        filter: &RegistrationFilter,
    ) -> Result<Vec<Registration>, StoreFault> {
        read!(self, self.ground().registrations(filter))
    }

    async fn under_way_elsewhere(
        &self,
        gateway: &str,
        now: Timestamp,
    ) -> Result<Vec<UnderWay>, StoreFault> {
        read!(self, self.ground().under_way_elsewhere(gateway, now))
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreFault> {
        read!(self, self.ground().user(id))
    }

    async fn account_at_gateway(&self, id: UserId) -> Result<Option<AccountAtGateway>, StoreFault> {
        read!(self, self.ground().account_at_gateway(id))
    }

    async fn take_news(&self, news: &News, job: JobId) -> Result<Noted, StoreFault> {
        let about = news
            .registration
            .unwrap_or(RegistrationId(uuid::Uuid::nil()));
        write!(self, "take_news", about, async {
            let taken = self.ground().take_news(news, job).await;
            self.alarm(self.world.executor.now(), duty::of(JobKind::Reflect));
            taken
        })
    }

    async fn reflect(&self, job: &Job, standing: &Standing) -> Result<Reflected, StoreFault> {
        let ground = self.ground();
        write!(
            self,
            "reflect",
            job.registration,
            ground.reflect(job, standing)
        )
    }

    async fn claim_jobs(
        &self,
        kind: JobKind,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Job>, StoreFault> {
        self.before_reading().await?;
        let claimed = self.ground().claim_jobs(kind, owner, limit).await?;
        if claimed.is_empty() {
            return Ok(claimed);
        }
        self.world.note(106, || {
            format!(
                "process {}: claims {} jobs {kind:?}",
                self.process,
                claimed.len()
            )
        });
        self.after("claim_jobs", claimed[0].registration).await?;
        Ok(claimed)
    }

    async fn finish_job(&self, job: &Job, error: Option<&str>) -> Result<(), WriteFault> {
        write!(self, "finish_job", job.registration, async {
            let finished = self.ground().finish_job(job, error).await;
            if finished.is_ok() && error.is_none() {
                self.world.check_finished_job(job);
            }
            finished
        })
    }

    async fn retry_job(&self, job: &Job, after: Duration, error: &str) -> Result<(), WriteFault> {
        write!(self, "retry_job", job.registration, async {
            let put_off = self.ground().retry_job(job, after, error).await;
            self.alarm(later(self.world.executor.now(), after), duty::of(job.kind));
            put_off
        })
    }

    async fn forget(
        &self,
        rested_before: Timestamp,
        begun_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreFault> {
        read!(
            self,
            self.ground().forget(rested_before, begun_before, limit)
        )
    }
}

impl SimStore {
    /// See [`Bug::AccountsAreHalfWritten`] and [`Bug::MailBeforeTheCommit`].
    fn open_half(&self, registration: &Registration, job: Option<&NewJob>) {
        match self.world.bug {
            Some(Bug::AccountsAreHalfWritten) => self.world.memory.write_half(registration),
            Some(Bug::MailBeforeTheCommit) => {
                if let Some(job) = job {
                    self.world.deliver(&Job {
                        id: job.id,
                        kind: job.kind,
                        registration: job.registration,
                        serial: job.serial,
                        attempts: 0,
                        queued_at: later(self.world.executor.now(), Duration::ZERO),
                        generation: Generation::FIRST,
                    });
                }
            }
            _ => {}
        }
    }
}
