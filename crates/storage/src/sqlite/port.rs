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

use super::fault::Fault;
use super::{
    SqliteStore, accounts, begin, claims, jobs, journal, mails, news, reads, retention, signals,
    timeline,
};

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        let (registration, events) = (new.registration.clone(), new.events.to_vec());
        let (request, mail) = (new.request.copied(), new.mail.cloned());
        let (owner, journey) = (new.owner, new.journey);
        let begin = move |tx: &super::Tx<'_>| {
            let new = NewRegistration {
                registration: &registration,
                owner,
                request: request.as_ref(),
                mail: mail.as_ref(),
                journey,
                events: &events,
            };
            begin::begin(tx, &new)
        };
        self.write(begin)
            .await
            .map_err(|fault| fault.into_store("begin a registration"))
    }

    async fn record(&self, registration: &Registration, events: &[Event]) {
        let (registration, events) = (registration.clone(), events.to_vec());
        let id = registration.id;
        let work = move |tx: &super::Tx<'_>| journal::record(tx, &registration, &events);
        self.write_lazily(work, move |outcome| log_lost_record(id, outcome))
            .await;
    }

    async fn save(
        &self,
        registration: &Registration,
        expected: Status,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let (registration, events) = (registration.clone(), events.to_vec());
        self.write(move |tx| journal::save(tx, &registration, expected, &events))
            .await
            .or_else(|fault| fault.unless_made_before(()))
            .map_err(|fault| fault.into_write("save a decision"))
    }

    async fn park(
        &self,
        registration: &Registration,
        expected: Status,
        due_at: Timestamp,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let (registration, events) = (registration.clone(), events.to_vec());
        self.write(move |tx| journal::park(tx, &registration, expected, due_at, &events))
            .await
            .or_else(|fault| fault.unless_made_before(()))
            .map_err(|fault| fault.into_write("let go of a registration"))
    }

    async fn open_account(
        &self,
        registration: &Registration,
        expected: Status,
        job: Option<&NewJob>,
        events: &[Event],
    ) -> Result<Opened, WriteFault> {
        let (registration, events) = (registration.clone(), events.to_vec());
        let job = job.cloned();
        let open = move |tx: &super::Tx<'_>| {
            accounts::open_account(tx, &registration, expected, job.as_ref(), &events)
        };
        self.write(open)
            .await
            .or_else(|fault| fault.unless_made_before(Opened::Opened))
            .map_err(|fault| fault.into_write("open an account"))
    }

    async fn close_account(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let (registration, events) = (registration.clone(), events.to_vec());
        self.write(move |tx| accounts::close_account(tx, &registration, &events))
            .await
            .or_else(|fault| fault.unless_made_before(()))
            .map_err(|fault| fault.into_write("close an account"))
    }

    async fn rest(
        &self,
        registration: &Registration,
        expected: Status,
        follow_up: &[NewJob],
        events: &[Event],
    ) -> Result<(), WriteFault> {
        let (registration, events) = (registration.clone(), events.to_vec());
        let follow_up = follow_up.to_vec();
        self.write(move |tx| journal::rest(tx, &registration, expected, &follow_up, &events))
            .await
            .or_else(|fault| fault.unless_made_before(()))
            .map_err(|fault| fault.into_write("close a journal"))
    }

    async fn renew_lease(
        &self,
        registration: RegistrationId,
        generation: Generation,
    ) -> Result<Lease, WriteFault> {
        self.write(move |tx| journal::renew_lease(tx, registration, generation))
            .await
            .map_err(|fault| fault.into_write("renew a lease"))
    }

    async fn claim_due(&self, owner: OwnerId, limit: u32) -> Result<Vec<Registration>, StoreFault> {
        self.write(move |tx| claims::claim_due(tx, owner, limit))
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
        self.write(move |tx| signals::signal(tx, registration, signal, owner, next_deadline))
            .await
            .map_err(|fault| fault.into_store("give a registration a signal"))
    }

    async fn count_code_attempt(&self, registration: RegistrationId) -> Result<u32, StoreFault> {
        self.write(move |tx| mails::count_code_attempt(tx, registration))
            .await
            .map_err(|fault| fault.into_store("count a code"))
    }

    async fn ask_for_mail(
        &self,
        registration: RegistrationId,
        job: JobId,
        ration: MailRation,
    ) -> Result<MailAsked, StoreFault> {
        self.write(move |tx| mails::ask_for_mail(tx, registration, job, ration))
            .await
            .map_err(|fault| fault.into_store("queue a mail"))
    }

    async fn note(&self, registration: RegistrationId, event: &Event) -> Result<(), StoreFault> {
        let event = event.clone();
        self.write(move |tx| timeline::note(tx, registration, &event))
            .await
            .map_err(|fault| fault.into_store("add to a timeline"))
    }

    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreFault> {
        self.read(move |connection| reads::registration(connection, id))
            .await
            .map_err(|fault| fault.into_store("read a registration"))
    }

    async fn request(
        &self,
        key: &KeyedHash,
    ) -> Result<Option<(RequestRecord, Registration)>, StoreFault> {
        let key = *key;
        self.read(move |connection| reads::request(connection, &key))
            .await
            .map_err(|fault| fault.into_store("look for an idempotency key"))
    }

    async fn email_is_taken(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        let email = email.clone();
        self.read(move |connection| reads::email_is_taken(connection, &email))
            .await
            .map_err(|fault| fault.into_store("look for an e-mail address"))
    }

    async fn events(
        &self,
        registration: RegistrationId,
        after: u32,
    ) -> Result<Vec<Event>, StoreFault> {
        self.read(move |connection| timeline::events(connection, registration, after))
            .await
            .map_err(|fault| fault.into_store("read a timeline"))
    }

    async fn registrations(
        &self,
        filter: &RegistrationFilter,
    ) -> Result<Vec<Registration>, StoreFault> {
        let filter = filter.clone();
        self.read(move |connection| reads::registrations(connection, &filter))
            .await
            .map_err(|fault| fault.into_store("list registrations"))
    }

    async fn under_way_elsewhere(
        &self,
        gateway: &str,
        now: Timestamp,
    ) -> Result<Vec<UnderWay>, StoreFault> {
        let gateway = gateway.to_owned();
        self.read(move |connection| reads::under_way_elsewhere(connection, &gateway, now))
            .await
            .map_err(|fault| fault.into_store("count registrations by gateway"))
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreFault> {
        self.read(move |connection| accounts::user(connection, id))
            .await
            .map_err(|fault| fault.into_store("read a user"))
    }

    async fn account_at_gateway(&self, id: UserId) -> Result<Option<AccountAtGateway>, StoreFault> {
        self.read(move |connection| news::account_at_gateway(connection, id))
            .await
            .map_err(|fault| fault.into_store("read where an account is"))
    }

    async fn take_news(&self, news: &News, job: JobId) -> Result<Noted, StoreFault> {
        let news = news.clone();
        self.write(move |tx| news::take_news(tx, &news, job))
            .await
            .map_err(|fault| fault.into_store("record what a gateway told"))
    }

    async fn reflect(&self, job: &Job, standing: &Standing) -> Result<Reflected, StoreFault> {
        let (job, standing) = (job.clone(), standing.clone());
        self.write(move |tx| news::reflect(tx, &job, &standing))
            .await
            .map_err(|fault| fault.into_store("bring an account in line with its gateway"))
    }

    async fn claim_jobs(
        &self,
        kind: JobKind,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Job>, StoreFault> {
        self.write(move |tx| jobs::claim_jobs(tx, kind, owner, limit))
            .await
            .map_err(|fault| fault.into_store("claim jobs"))
    }

    async fn finish_job(&self, job: &Job, error: Option<&str>) -> Result<(), WriteFault> {
        let (job, error) = (job.clone(), error.map(str::to_owned));
        self.write(move |tx| jobs::finish_job(tx, &job, error.as_deref()))
            .await
            .map_err(|fault| fault.into_write("finish a job"))
    }

    async fn retry_job(&self, job: &Job, after: Duration, error: &str) -> Result<(), WriteFault> {
        let (job, error) = (job.clone(), error.to_owned());
        self.write(move |tx| jobs::retry_job(tx, &job, after, &error))
            .await
            .map_err(|fault| fault.into_write("put off a job"))
    }

    async fn forget(
        &self,
        rested_before: Timestamp,
        begun_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreFault> {
        let forget =
            move |tx: &super::Tx<'_>| retention::forget(tx, rested_before, begun_before, limit);
        let forgotten = async {
            let changed = self.write(forget).await?;
            if changed > 0 {
                // Or the log would still have what the file has not.
                self.empty_the_log().await?;
            }
            Ok::<u64, Fault>(changed)
        };
        forgotten
            .await
            .map_err(|fault| fault.into_store("forget what is old"))
    }
}

/// Nobody waits for a record, so this is where its failure is handled: by going on without it.
fn log_lost_record(id: RegistrationId, outcome: Result<(), Fault>) {
    match outcome {
        Ok(()) => {}
        Err(Fault::Superseded) => {
            tracing::debug!(registration = %id, "a record came too late: others drive it by now");
        }
        Err(fault) => {
            let error = &fault as &dyn std::error::Error;
            tracing::warn!(registration = %id, error, "a record was lost");
        }
    }
}
