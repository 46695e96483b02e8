//! The real store behind the gate.

use std::time::Duration;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use enlist_registration::ids::{Generation, JobId, OwnerId, RegistrationId, UserId};
use enlist_registration::jobs::{Job, JobKind, NewJob};
use enlist_registration::ports::{
    AccountAtGateway, Begun, MailAsked, MailRation, NewRegistration, News, Noted, Opened,
    Reflected, RegistrationFilter, RequestRecord, Signal, Signalled, Standing, Store, StoreFault,
    UnderWay, UserRecord, WriteFault,
};
use enlist_registration::state::{Lease, Registration, Status};
use enlist_registration::timeline::Event;
use enlist_registration::tokens::KeyedHash;
use jiff::Timestamp;

use super::database::Access;
use super::gate::{Call, Gate, Passage, StoreCall};
use super::lies::Lie;

pub(crate) struct GatedStore {
    pub(crate) access: Access,
    pub(crate) gate: Arc<Gate>,
    pub(crate) lie: Option<Lie>,
    /// A beginning that is not written yet.
    pub(crate) put_off: Mutex<Option<PutOff>>,
}

pub(crate) struct PutOff {
    registration: Registration,
    owner: OwnerId,
    events: Vec<Event>,
}

/// Makes a call through the gate, which may fail it before or after its effect. What is made in `$making`
/// goes straight to the store.
macro_rules! gated {
    ($self:ident, $call:ident, $making:expr) => {
        gated!($self, $call, _passage, $making)
    };
    ($self:ident, $call:ident, $passage:ident, $making:expr) => {{
        let call = Call::Store(StoreCall::$call);
        let (nth, $passage) = $self.gate.before(call).await;
        if $passage == Passage::Fails {
            return Err(fault("not done").into());
        }
        let answer = $self.access.make($making).await;
        if $self.gate.after(call, nth).await == Passage::Fails {
            return Err(fault("done, and the answer was lost").into());
        }
        answer
    }};
}
pub(super) use gated;

pub(super) fn fault(what: &'static str) -> StoreFault {
    StoreFault {
        attempted: "do what it was asked",
        source: what.into(),
    }
}

impl GatedStore {
    pub(super) fn store(&self) -> &dyn Store {
        self.access.store()
    }

    /// Under which generation a driver writes.
    async fn as_written(&self, registration: &Registration) -> Registration {
        let mut written = registration.clone();
        if self.lie == Some(Lie::OldDriversWrite)
            && let Ok(Some(present)) = self.store().registration(registration.id).await
        {
            written.lease.generation = present.lease.generation;
        }
        written
    }

    async fn write_what_was_put_off(&self) {
        let put_off = self.put_off.lock().unwrap().take();
        if let Some(begin) = put_off {
            let (registration, owner) = (&begin.registration, begin.owner);
            let begun = self.store().begin(NewRegistration {
                events: &begin.events,
                ..NewRegistration::of(registration, owner)
            });
            begun.await.unwrap();
        }
    }

    async fn begin_or_put_off(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        match self.lie {
            Some(Lie::JournalIsWrittenAfterTheCall) => {}
            Some(Lie::JourneysStayOpen) => {
                let journey = None;
                return self.store().begin(NewRegistration { journey, ..new }).await;
            }
            _ => return self.store().begin(new).await,
        }
        *self.put_off.lock().unwrap() = Some(PutOff {
            registration: new.registration.clone(),
            owner: new.owner,
            events: new.events.to_vec(),
        });
        Ok(Begun::Begun)
    }

    async fn close_or_pretend(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        match self.lie {
            Some(Lie::AccountIsNotClosed) => {
                self.store()
                    .save(registration, Status::Undoing, events)
                    .await
            }
            _ => self.store().close_account(registration, events).await,
        }
    }
}

#[async_trait]
impl Store for GatedStore {
    async fn begin(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        let begin = self.begin_or_put_off(new);
        gated!(self, Begin, begin)
    }

    async fn record(&self, registration: &Registration, events: &[Event]) {
        let call = Call::Store(StoreCall::Record);
        let (nth, passage) = self.gate.before(call).await;
        if passage == Passage::Fails {
            return;
        }
        let record = async {
            self.write_what_was_put_off().await;
            let registration = self.as_written(registration).await;
            self.store().record(&registration, events).await;
        };
        self.access.make(record).await;
        self.access.note_record();
        self.gate.after(call, nth).await;
    }

    async fn save(
        &self,
        registration: &Registration,
        expected: Status,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let save = async {
            let registration = self.as_written(registration).await;
            self.store().save(&registration, expected, events).await
        };
        gated!(self, Save, save)
    }

    async fn park(
        &self,
        registration: &Registration,
        expected: Status,
        due_at: Timestamp,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let park = async {
            let registration = self.as_written(registration).await;
            let store = self.store();
            store.park(&registration, expected, due_at, events).await
        };
        gated!(self, Park, park)
    }

    async fn open_account(
        &self,
        registration: &Registration,
        expected: Status,
        job: Option<&NewJob>,
        events: &[Event],
    ) -> Result<Opened, WriteFault> {
        let open = async |passage| {
            if passage == Passage::EmailHasAccount {
                return Ok(Opened::EmailHasAccount);
            }
            let registration = self.as_written(registration).await;
            let store = self.store();
            store
                .open_account(&registration, expected, job, events)
                .await
        };
        gated!(self, OpenAccount, passage, open(passage))
    }

    async fn close_account(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let close = async {
            let registration = self.as_written(registration).await;
            self.close_or_pretend(&registration, events).await
        };
        gated!(self, CloseAccount, close)
    }

    async fn rest(
        &self,
        registration: &Registration,
        expected: Status,
        follow_up: &[NewJob],
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let rest = async {
            let registration = self.as_written(registration).await;
            let store = self.store();
            store.rest(&registration, expected, follow_up, events).await
        };
        gated!(self, Rest, rest)
    }

    async fn renew_lease(
        &self,
        registration: RegistrationId,
        generation: Generation,
    ) -> Result<Lease, WriteFault> {
        let renew = async {
            let mut generation = generation;
            if self.lie == Some(Lie::OldDriversWrite)
                && let Some(present) = self.store().registration(registration).await?
            {
                generation = present.lease.generation;
            }
            self.store().renew_lease(registration, generation).await
        };
        gated!(self, RenewLease, renew)
    }

    async fn claim_due(&self, owner: OwnerId, limit: u32) -> Result<Vec<Registration>, StoreFault> {
        gated!(self, ClaimDue, self.store().claim_due(owner, limit))
    }

    async fn signal(
        &self,
        registration: RegistrationId,
        signal: Signal,
        owner: OwnerId,
        next_deadline: Timestamp,
    ) -> Result<Signalled, StoreFault> {
        let signal = self
            .store()
            .signal(registration, signal, owner, next_deadline);
        gated!(self, Signal, signal)
    }

    async fn email_is_taken(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        gated!(self, EmailIsTaken, self.store().email_is_taken(email))
    }

    async fn count_code_attempt(&self, registration: RegistrationId) -> Result<u32, StoreFault> {
        self.access
            .make(self.store().count_code_attempt(registration))
            .await
    }

    async fn ask_for_mail(
        &self,
        registration: RegistrationId,
        job: JobId,
        ration: MailRation,
    ) -> Result<MailAsked, StoreFault> {
        self.access
            .make(self.store().ask_for_mail(registration, job, ration))
            .await
    }

    async fn note(&self, registration: RegistrationId, event: &Event) -> Result<(), StoreFault> {
        self.access
            .make(self.store().note(registration, event))
            .await
    }

    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreFault> {
        self.access.make(self.store().registration(id)).await
    }

    async fn request(
        &self,
        key: &KeyedHash,
    ) -> Result<Option<(RequestRecord, Registration)>, StoreFault> {
        self.access.make(self.store().request(key)).await
    }

    async fn events(&self, id: RegistrationId, after: u32) -> Result<Vec<Event>, StoreFault> {
        self.access.make(self.store().events(id, after)).await
    }

    async fn registrations(
        &self,
        filter: &RegistrationFilter,
    ) -> Result<Vec<Registration>, StoreFault> {
        self.access.make(self.store().registrations(filter)).await
    }

    async fn under_way_elsewhere(
        &self,
        gateway: &str,
        now: Timestamp,
    ) -> Result<Vec<UnderWay>, StoreFault> {
        self.access
            .make(self.store().under_way_elsewhere(gateway, now))
            .await
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreFault> {
        self.access.make(self.store().user(id)).await
    }

    async fn account_at_gateway(&self, id: UserId) -> Result<Option<AccountAtGateway>, StoreFault> {
        self.access.make(self.store().account_at_gateway(id)).await
    }

    async fn take_news(&self, news: &News, job: JobId) -> Result<Noted, StoreFault> {
        self.access.make(self.store().take_news(news, job)).await
    }

    async fn reflect(&self, job: &Job, standing: &Standing) -> Result<Reflected, StoreFault> {
        self.access.make(self.store().reflect(job, standing)).await
    }

    async fn claim_jobs(
        &self,
        kind: JobKind,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Job>, StoreFault> {
        self.access
            .make(self.store().claim_jobs(kind, owner, limit))
            .await
    }

    async fn finish_job(&self, job: &Job, error: Option<&str>) -> Result<(), WriteFault> {
        self.access.make(self.store().finish_job(job, error)).await
    }

    async fn retry_job(&self, job: &Job, after: Duration, error: &str) -> Result<(), WriteFault> {
        self.access
            .make(self.store().retry_job(job, after, error))
            .await
    }

    async fn forget(
        &self,
        rested_before: Timestamp,
        begun_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreFault> {
        self.access
            .make(self.store().forget(rested_before, begun_before, limit))
            .await
    }
}
