//! The port, method by method, twice.

use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use enlist_registration::ids::{Generation, JobId, OwnerId, RegistrationId, UserId};
use enlist_registration::jobs::{Job, JobKind, NewJob};
use enlist_registration::journey::Journey;
use enlist_registration::ports::{
    AccountAtGateway, AddressRation, Begun, Entry, JourneyChange, JourneyFilter, JourneyStore,
    MailAsked, MailRation, NewRegistration, News, Noted, Opened, Proof, Reflected,
    RegistrationFilter, RequestRecord, Signal, Signalled, Standing, Store, StoreFault, UnderWay,
    UserRecord, WriteFault,
};
use enlist_registration::state::{Lease, Registration, Status};
use enlist_registration::timeline::Event;
use enlist_registration::tokens::KeyedHash;
use jiff::Timestamp;

use super::{Pair, said};

/// Declares methods that fail as a store does, or as a write does.
macro_rules! both {
    ($self:ident, $method:ident($($argument:expr),*)) => {{
        let database = $self.database.$method($($argument),*).await;
        let memory = $self.memory.$method($($argument),*).await;
        let database_said = said(&database, |_: &StoreFault| false);
        let memory_said = said(&memory, |_: &StoreFault| false);
        $self.compare(stringify!($method), &database_said, &memory_said);
        database
    }};
}

macro_rules! both_write {
    ($self:ident, $method:ident($($argument:expr),*)) => {{
        let database = $self.database.$method($($argument),*).await;
        let memory = $self.memory.$method($($argument),*).await;
        let is_superseded = |fault: &WriteFault| matches!(fault, WriteFault::Superseded);
        let database_said = said(&database, is_superseded);
        let memory_said = said(&memory, is_superseded);
        $self.compare(stringify!($method), &database_said, &memory_said);
        database
    }};
}

#[async_trait]
impl Store for Pair {
    async fn begin(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        both!(self, begin(new))
    }

    async fn record(&self, registration: &Registration, events: &[Event]) {
        self.database.record(registration, events).await;
        self.memory.record(registration, events).await;
    }

    async fn save(
        &self,
        registration: &Registration,
        expected: Status,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        both_write!(self, save(registration, expected, events))
    }

    async fn park(
        &self,
        registration: &Registration,
        expected: Status,
        due_at: Timestamp,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        both_write!(self, park(registration, expected, due_at, events))
    }

    async fn open_account(
        &self,
        registration: &Registration,
        expected: Status,
        job: Option<&NewJob>,
        events: &[Event],
    ) -> Result<Opened, WriteFault> {
        both_write!(self, open_account(registration, expected, job, events))
    }

    async fn close_account(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        both_write!(self, close_account(registration, events))
    }

    async fn rest(
        &self,
        registration: &Registration,
        expected: Status,
        follow_up: &[NewJob],
        events: &[Event],
    ) -> Result<(), WriteFault> {
        both_write!(self, rest(registration, expected, follow_up, events))
    }

    async fn renew_lease(
        &self,
        registration: RegistrationId,
        generation: Generation,
    ) -> Result<Lease, WriteFault> {
        both_write!(self, renew_lease(registration, generation))
    }

    async fn claim_due(&self, owner: OwnerId, limit: u32) -> Result<Vec<Registration>, StoreFault> {
        both!(self, claim_due(owner, limit))
    }

    async fn signal(
        &self,
        registration: RegistrationId,
        signal: Signal,
        owner: OwnerId,
        next_deadline: Timestamp,
    ) -> Result<Signalled, StoreFault> {
        both!(self, signal(registration, signal, owner, next_deadline))
    }

    async fn count_code_attempt(&self, registration: RegistrationId) -> Result<u32, StoreFault> {
        both!(self, count_code_attempt(registration))
    }

    async fn ask_for_mail(
        &self,
        registration: RegistrationId,
        job: JobId,
        ration: MailRation,
    ) -> Result<MailAsked, StoreFault> {
        both!(self, ask_for_mail(registration, job, ration))
    }

    async fn note(&self, registration: RegistrationId, event: &Event) -> Result<(), StoreFault> {
        both!(self, note(registration, event))
    }

    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreFault> {
        both!(self, registration(id))
    }

    async fn request(
        &self,
        key: &KeyedHash,
    ) -> Result<Option<(RequestRecord, Registration)>, StoreFault> {
        both!(self, request(key))
    }

    async fn email_is_taken(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        both!(self, email_is_taken(email))
    }

    async fn events(&self, id: RegistrationId, after: u32) -> Result<Vec<Event>, StoreFault> {
        both!(self, events(id, after))
    }

    async fn registrations(
        &self,
        filter: &RegistrationFilter,
    ) -> Result<Vec<Registration>, StoreFault> {
        both!(self, registrations(filter))
    }

    async fn under_way_elsewhere(
        &self,
        gateway: &str,
        now: Timestamp,
    ) -> Result<Vec<UnderWay>, StoreFault> {
        both!(self, under_way_elsewhere(gateway, now))
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreFault> {
        both!(self, user(id))
    }

    async fn account_at_gateway(&self, id: UserId) -> Result<Option<AccountAtGateway>, StoreFault> {
        both!(self, account_at_gateway(id))
    }

    async fn take_news(&self, news: &News, job: JobId) -> Result<Noted, StoreFault> {
        both!(self, take_news(news, job))
    }

    async fn reflect(&self, job: &Job, standing: &Standing) -> Result<Reflected, StoreFault> {
        both!(self, reflect(job, standing))
    }

    async fn claim_jobs(
        &self,
        kind: JobKind,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Job>, StoreFault> {
        both!(self, claim_jobs(kind, owner, limit))
    }

    async fn finish_job(&self, job: &Job, error: Option<&str>) -> Result<(), WriteFault> {
        both_write!(self, finish_job(job, error))
    }

    async fn retry_job(&self, job: &Job, after: Duration, error: &str) -> Result<(), WriteFault> {
        both_write!(self, retry_job(job, after, error))
    }

    async fn forget(
        &self,
        rested_before: Timestamp,
        begun_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreFault> {
        both!(self, forget(rested_before, begun_before, limit))
    }
}

#[async_trait]
impl JourneyStore for Pair {
    async fn begin_journey(
        &self,
        journey: &Journey,
        mail: JobId,
        ration: AddressRation,
    ) -> Result<(), StoreFault> {
        both!(self, begin_journey(journey, mail, ration))
    }

    async fn journey(&self, id: RegistrationId) -> Result<Option<Journey>, StoreFault> {
        both!(self, journey(id))
    }

    async fn count_journey_code(&self, id: RegistrationId) -> Result<u32, StoreFault> {
        both!(self, count_journey_code(id))
    }

    async fn verify_journey(
        &self,
        id: RegistrationId,
        proof: Proof,
        expires_at: Timestamp,
    ) -> Result<JourneyChange, StoreFault> {
        both!(self, verify_journey(id, proof, expires_at))
    }

    async fn refuse_journey_mail(&self, id: RegistrationId) -> Result<JourneyChange, StoreFault> {
        both!(self, refuse_journey_mail(id))
    }

    async fn journeys(&self, filter: &JourneyFilter) -> Result<Vec<Journey>, StoreFault> {
        both!(self, journeys(filter))
    }

    async fn enter(&self, id: RegistrationId, entry: &Entry) -> Result<JourneyChange, StoreFault> {
        both!(self, enter(id, entry))
    }

    async fn ask_for_journey_mail(
        &self,
        id: RegistrationId,
        job: JobId,
        ration: MailRation,
        of_address: AddressRation,
    ) -> Result<MailAsked, StoreFault> {
        both!(self, ask_for_journey_mail(id, job, ration, of_address))
    }

    async fn has_account(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        both!(self, has_account(email))
    }
}
