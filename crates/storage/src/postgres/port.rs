//! The port, method by method: what is done, and what it is called when it fails.

mod journeys;

use std::time::Duration;

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

use super::fault::{Again, Fault};
use super::journal::Hands;
use super::records::Record;
use super::timeline::Together;
use super::{
    PostgresStore, accounts, begin, claims, jobs, journal, mails, news, reads, retention, signals,
    timeline,
};

impl PostgresStore {
    /// What this driver recorded and still waits, and the events of its next write together with that
    /// record's.
    async fn joined(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> (Option<Record>, Together) {
        let record = self.database.records.of(registration).await;
        let earlier = record.as_ref().map(Record::events).unwrap_or_default();
        let together = Together::new(earlier.to_vec(), events);
        (record, together)
    }

    /// A record whose write was refused waits again, as it was. Where the write may have been made the
    /// record is dropped: it must not undo what the write says (and may be lost, D4).
    fn put_back_unless_made<T>(&self, record: Option<Record>, written: &Result<T, Fault>) {
        if let (Some(record), Err(fault)) = (record, written)
            && !matches!(fault, Fault::Superseded)
            && fault.again() == Again::No
        {
            self.database.records.put_back(record);
        }
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        begin::begin(&self.database, &new)
            .await
            .map_err(|fault| fault.into_store("begin a registration"))
    }

    async fn record(&self, registration: &Registration, events: &[Event]) {
        self.database.records.add(registration, events);
    }

    async fn save(
        &self,
        registration: &Registration,
        expected: Status,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let (record, all) = self.joined(registration, events).await;
        let database = &self.database;
        let written = journal::update(database, registration, expected, Hands::Kept, &all).await;
        self.put_back_unless_made(record, &written);
        written.map_err(|fault| fault.into_write("save a decision"))
    }

    async fn park(
        &self,
        registration: &Registration,
        expected: Status,
        due_at: Timestamp,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let (record, all) = self.joined(registration, events).await;
        let (database, hands) = (&self.database, Hands::LetGoUntil(due_at));
        let written = journal::update(database, registration, expected, hands, &all).await;
        self.put_back_unless_made(record, &written);
        written.map_err(|fault| fault.into_write("let go of a registration"))
    }

    async fn open_account(
        &self,
        registration: &Registration,
        expected: Status,
        job: Option<&NewJob>,
        events: &[Event],
    ) -> Result<Opened, WriteFault> {
        let (record, all) = self.joined(registration, events).await;
        let database = &self.database;
        let written = accounts::open_account(database, registration, expected, job, &all).await;
        match (&written, record) {
            // Nothing was written, of the record neither.
            (Ok(Opened::EmailHasAccount), Some(record)) => self.database.records.put_back(record),
            (_, record) => self.put_back_unless_made(record, &written),
        }
        written.map_err(|fault| fault.into_write("open an account"))
    }

    async fn close_account(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let (record, all) = self.joined(registration, events).await;
        let database = &self.database;
        let written = accounts::close_account(database, registration, &all).await;
        self.put_back_unless_made(record, &written);
        written.map_err(|fault| fault.into_write("close an account"))
    }

    async fn rest(
        &self,
        registration: &Registration,
        expected: Status,
        follow_up: &[NewJob],
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let (record, all) = self.joined(registration, events).await;
        let database = &self.database;
        let written = journal::rest(database, registration, expected, follow_up, &all).await;
        self.put_back_unless_made(record, &written);
        written.map_err(|fault| fault.into_write("close a journal"))
    }

    async fn renew_lease(
        &self,
        registration: RegistrationId,
        generation: Generation,
    ) -> Result<Lease, WriteFault> {
        journal::renew_lease(&self.database, registration, generation)
            .await
            .map_err(|fault| fault.into_write("renew a lease"))
    }

    async fn claim_due(&self, owner: OwnerId, limit: u32) -> Result<Vec<Registration>, StoreFault> {
        claims::claim_due(&self.database, owner, limit)
            .await
            .map_err(|fault| fault.into_store("claim what is due"))
    }

    async fn signal(
        &self,
        registration: RegistrationId,
        signal: Signal,
        owner: OwnerId,
        next_deadline: Timestamp,
    ) -> Result<Signalled, StoreFault> {
        signals::signal(&self.database, registration, signal, owner, next_deadline)
            .await
            .map_err(|fault| fault.into_store("give a registration a signal"))
    }

    async fn count_code_attempt(&self, registration: RegistrationId) -> Result<u32, StoreFault> {
        mails::count_code_attempt(&self.database, registration)
            .await
            .map_err(|fault| fault.into_store("count a code"))
    }

    async fn ask_for_mail(
        &self,
        registration: RegistrationId,
        job: JobId,
        ration: MailRation,
    ) -> Result<MailAsked, StoreFault> {
        mails::ask_for_mail(&self.database, registration, job, ration)
            .await
            .map_err(|fault| fault.into_store("queue a mail"))
    }

    async fn note(&self, registration: RegistrationId, event: &Event) -> Result<(), StoreFault> {
        timeline::note(&self.database, registration, event)
            .await
            .map_err(|fault| fault.into_store("add to a timeline"))
    }

    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreFault> {
        reads::registration(&self.database, id)
            .await
            .map_err(|fault| fault.into_store("read a registration"))
    }

    async fn request(
        &self,
        key: &KeyedHash,
    ) -> Result<Option<(RequestRecord, Registration)>, StoreFault> {
        reads::request(&self.database, key)
            .await
            .map_err(|fault| fault.into_store("look for an idempotency key"))
    }

    async fn email_is_taken(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        let taken = reads::taken_by(&self.database, email).await;
        taken
            .map(|taken| taken.is_some())
            .map_err(|fault| fault.into_store("look for an e-mail address"))
    }

    async fn events(
        &self,
        registration: RegistrationId,
        after: u32,
    ) -> Result<Vec<Event>, StoreFault> {
        timeline::events(&self.database, registration, after)
            .await
            .map_err(|fault| fault.into_store("read a timeline"))
    }

    async fn registrations(
        &self,
        filter: &RegistrationFilter,
    ) -> Result<Vec<Registration>, StoreFault> {
        reads::registrations(&self.database, filter)
            .await
            .map_err(|fault| fault.into_store("list registrations"))
    }

    async fn under_way_elsewhere(
        &self,
        gateway: &str,
        now: Timestamp,
    ) -> Result<Vec<UnderWay>, StoreFault> {
        reads::under_way_elsewhere(&self.database, gateway, now)
            .await
            .map_err(|fault| fault.into_store("count registrations by gateway"))
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreFault> {
        accounts::user(&self.database, id)
            .await
            .map_err(|fault| fault.into_store("read a user"))
    }

    async fn account_at_gateway(&self, id: UserId) -> Result<Option<AccountAtGateway>, StoreFault> {
        news::account_at_gateway(&self.database, id)
            .await
            .map_err(|fault| fault.into_store("read where an account is"))
    }

    async fn take_news(&self, news: &News, job: JobId) -> Result<Noted, StoreFault> {
        news::take_news(&self.database, news, job)
            .await
            .map_err(|fault| fault.into_store("record what a gateway told"))
    }

    async fn reflect(&self, job: &Job, standing: &Standing) -> Result<Reflected, StoreFault> {
        news::reflect(&self.database, job, standing)
            .await
            .map_err(|fault| fault.into_store("bring an account in line with its gateway"))
    }

    async fn claim_jobs(
        &self,
        kind: JobKind,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Job>, StoreFault> {
        jobs::claim_jobs(&self.database, kind, owner, limit)
            .await
            .map_err(|fault| fault.into_store("claim jobs"))
    }

    async fn finish_job(&self, job: &Job, error: Option<&str>) -> Result<(), WriteFault> {
        jobs::finish_job(&self.database, job, error)
            .await
            .map_err(|fault| fault.into_write("finish a job"))
    }

    async fn retry_job(&self, job: &Job, after: Duration, error: &str) -> Result<(), WriteFault> {
        jobs::retry_job(&self.database, job, after, error)
            .await
            .map_err(|fault| fault.into_write("put off a job"))
    }

    async fn forget(
        &self,
        rested_before: Timestamp,
        begun_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreFault> {
        retention::forget(&self.database, rested_before, begun_before, limit)
            .await
            .map_err(|fault| fault.into_store("forget what is old"))
    }
}
