//! The port, method by method, each one transaction.

use std::time::Duration;

use std::collections::BTreeMap;

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
use enlist_registration::state::{Failure, Lease, Registration, Status};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use enlist_registration::tokens::KeyedHash;
use jiff::Timestamp;

use super::tables::{Account, Hands, NotMade, Record, Tables, to_micros};
use super::{MemoryStore, fault, journeys};
use crate::bugs::Bug;

/// How far databases tell times apart.
const TICK: std::time::Duration = std::time::Duration::from_micros(1);

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault> {
        self.write(|tables, now| begin(tables, &new, now, self.lease_end(now)))
    }

    async fn record(&self, registration: &Registration, events: &[Event]) {
        self.write_lazily(Record {
            registration: registration.clone(),
            events: events.to_vec(),
        });
    }

    async fn save(
        &self,
        registration: &Registration,
        expected: Status,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        self.update(registration, expected, Hands::Kept, events)
    }

    async fn park(
        &self,
        registration: &Registration,
        expected: Status,
        due_at: Timestamp,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        self.update(registration, expected, Hands::LetGoUntil(due_at), events)
    }

    async fn open_account(
        &self,
        registration: &Registration,
        expected: Status,
        job: Option<&NewJob>,
        events: &[Event],
    ) -> Result<Opened, WriteFault> {
        self.write(|tables, now| open_account(tables, registration, expected, job, events, now))
    }

    async fn close_account(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        self.write(|tables, _| {
            match tables.may_write(registration, Status::Undoing, events) {
                Ok(()) => {}
                Err(not_made) => return not_made.into_result(()),
            }
            tables.write(registration, Hands::Kept, events);
            if !tables.has_bug(Bug::AccountIsNotClosed)
                && let Some(account) = tables.accounts.remove(&registration.intent.user)
            {
                tables.users_by_email.remove(&account.email);
            }
            Ok(())
        })
    }

    async fn rest(
        &self,
        registration: &Registration,
        expected: Status,
        follow_up: &[NewJob],
        events: &[Event],
    ) -> Result<(), WriteFault> {
        self.write(|tables, now| {
            match tables.may_write(registration, expected, events) {
                Ok(()) => {}
                Err(not_made) => return not_made.into_result(()),
            }
            tables.write(registration, Hands::Resting, events);
            if registration.has_subscription_at(StepName::Finish) {
                let subscription = registration.progress.subscription.as_ref();
                if let Some(account) = tables.accounts.get_mut(&registration.intent.user) {
                    account.subscription = subscription.map(|it| it.id.clone());
                }
            }
            let forgets = tables.has_bug(Bug::SecondLookIsNotQueued);
            for job in follow_up.iter().filter(|_| !forgets) {
                tables.queue(job, now);
            }
            Ok(())
        })
    }

    async fn renew_lease(
        &self,
        registration: RegistrationId,
        generation: Generation,
    ) -> Result<Lease, WriteFault> {
        self.write(|tables, now| {
            let end = self.lease_end(now);
            let unchecked = tables.has_bug(Bug::GenerationIsNotChecked);
            let renewed = tables.change(registration, |row| {
                let is_newest = row.registration.lease.generation == generation || unchecked;
                let renews = is_newest && row.owner.is_some();
                if renews {
                    row.lease_expires_at = Some(end);
                }
                renews
            });
            match renewed {
                Some(true) => Ok(Lease::given(generation, end, self.lease)),
                _ => Err(WriteFault::Superseded),
            }
        })
    }

    async fn claim_due(&self, owner: OwnerId, limit: u32) -> Result<Vec<Registration>, StoreFault> {
        self.write(|tables, now| {
            let end = self.lease_end(now);
            let due = tables.due(now, limit).into_iter();
            let claimed = due.filter_map(|id| tables.claim(id, owner, end, self.lease));
            Ok(claimed.collect())
        })
    }

    async fn signal(
        &self,
        registration: RegistrationId,
        signal: Signal,
        owner: OwnerId,
        next_deadline: Timestamp,
    ) -> Result<Signalled, StoreFault> {
        self.write(|tables, now| {
            if !takes_signal(tables, registration, signal, now) {
                let found = tables.rows.get(&registration);
                return Ok(match found {
                    Some(row) => Signalled::NotWaiting(Box::new(row.read())),
                    None => Signalled::Unknown,
                });
            }
            let end = self.lease_end(now);
            tables.change(registration, |row| {
                let it = &mut row.registration;
                match signal {
                    Signal::Verified => {
                        it.status = Status::Running;
                        it.verified_at = Some(now);
                        it.deadline_at = to_micros(next_deadline);
                    }
                    Signal::ActionTaken => {
                        it.status = Status::Running;
                        it.deadline_at = to_micros(next_deadline);
                        it.not_before = None;
                    }
                    Signal::MailRefused => doom(it, Failure::MailRefused),
                    Signal::Undo => doom(it, Failure::ByOperator),
                }
            });
            let claimed = tables.claim(registration, owner, end, self.lease);
            if let (Signal::Verified, Some(claimed)) = (signal, &claimed)
                && let Some(account) = tables.accounts.get_mut(&claimed.intent.user)
            {
                account.verified_at = account.verified_at.or(Some(now));
            }
            Ok(claimed.map_or(Signalled::Unknown, |it| Signalled::Claimed(Box::new(it))))
        })
    }

    async fn count_code_attempt(&self, registration: RegistrationId) -> Result<u32, StoreFault> {
        Ok(self.write(|tables, _| {
            let counted = tables.change(registration, |row| {
                let tried = row.registration.code_attempts.saturating_add(1);
                row.registration.code_attempts = tried;
                tried
            });
            counted.unwrap_or(1)
        }))
    }

    async fn ask_for_mail(
        &self,
        registration: RegistrationId,
        job: JobId,
        ration: MailRation,
    ) -> Result<MailAsked, StoreFault> {
        Ok(self.write(|tables, now| ask_for_mail(tables, registration, job, ration, now)))
    }

    async fn note(&self, registration: RegistrationId, event: &Event) -> Result<(), StoreFault> {
        self.write(|tables, _| {
            tables.change(registration, |row| {
                row.append(std::slice::from_ref(event));
            });
            Ok(())
        })
    }

    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreFault> {
        Ok(self.read(|tables| tables.rows.get(&id).map(super::Row::read)))
    }

    async fn request(
        &self,
        key: &KeyedHash,
    ) -> Result<Option<(RequestRecord, Registration)>, StoreFault> {
        Ok(self.read(|tables| earlier_request(tables, key)))
    }

    async fn email_is_taken(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        let email = email.normalised();
        Ok(self.read(|tables| {
            tables.users_by_email.contains_key(email) || tables.held.contains_key(email)
        }))
    }

    async fn events(
        &self,
        registration: RegistrationId,
        after: u32,
    ) -> Result<Vec<Event>, StoreFault> {
        Ok(self.read(|tables| {
            let row = tables.rows.get(&registration);
            let events = row.map(|row| row.events.as_slice()).unwrap_or_default();
            let newer = events.iter().filter(|event| event.seq > after);
            newer.cloned().collect()
        }))
    }

    async fn registrations(
        &self,
        filter: &RegistrationFilter,
    ) -> Result<Vec<Registration>, StoreFault> {
        Ok(self.read(|tables| {
            let rows = tables.rows.values().filter(|row| {
                let it = &row.registration;
                let email = filter.email.as_ref();
                filter.status.is_none_or(|status| status == it.status)
                    && email.is_none_or(|email| email.normalised() == it.intent.email.normalised())
            });
            let mut found: Vec<Registration> = rows.map(super::Row::read).collect();
            found.sort_by_key(|it| std::cmp::Reverse((it.begun_at, it.id)));
            found.truncate(filter.limit as usize);
            found
        }))
    }

    async fn under_way_elsewhere(
        &self,
        gateway: &str,
        now: Timestamp,
    ) -> Result<Vec<UnderWay>, StoreFault> {
        Ok(self.read(|tables| {
            let mut found: BTreeMap<String, UnderWay> = BTreeMap::new();
            let rows = tables.rows.values().map(|row| &row.registration);
            let elsewhere = rows.filter(|it| !it.status.rests() && it.intent.gateway != gateway);
            for it in elsewhere {
                let gateway = it.intent.gateway.clone();
                let under_way = found.entry(gateway.clone()).or_insert(UnderWay {
                    gateway,
                    held: 0,
                    unverified: 0,
                });
                let has_time = it.status == Status::AwaitingVerification
                    && it.act_by.is_some_and(|act_by| act_by > now);
                match has_time {
                    true => under_way.unverified += 1,
                    false => under_way.held += 1,
                }
            }
            found.into_values().collect()
        }))
    }

    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreFault> {
        Ok(self.read(|tables| {
            tables.accounts.get(&id).map(|account| UserRecord {
                id,
                email: account.typed.clone(),
                email_verified_at: account.verified_at,
                created_at: account.created_at,
            })
        }))
    }

    async fn account_at_gateway(&self, id: UserId) -> Result<Option<AccountAtGateway>, StoreFault> {
        Ok(self.read(|tables| {
            let account = tables.accounts.get(&id)?;
            Some(AccountAtGateway {
                gateway: account.gateway.clone(),
                customer: account.customer.clone()?,
                subscription: account.subscription.clone(),
            })
        }))
    }

    async fn take_news(&self, news: &News, job: JobId) -> Result<Noted, StoreFault> {
        Ok(self.write(|tables, now| take_news(tables, news, job, now)))
    }

    async fn reflect(&self, job: &Job, standing: &Standing) -> Result<Reflected, StoreFault> {
        Ok(self.write(|tables, _| {
            let user = tables
                .rows
                .get(&job.registration)
                .map(|row| row.registration.intent.user);
            let account = user.and_then(|user| tables.accounts.get_mut(&user));
            let Some(account) = account else {
                return Reflected::NoAccount;
            };
            if account
                .reflected_at
                .is_some_and(|moment| moment > job.queued_at)
            {
                return Reflected::Outdated;
            }
            account.reflected_at = Some(job.queued_at);
            account.standing = Some(standing.clone());
            Reflected::Written
        }))
    }

    async fn claim_jobs(
        &self,
        kind: JobKind,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Job>, StoreFault> {
        Ok(self
            .write(|tables, now| tables.claim_jobs(kind, owner, now, self.lease_end(now), limit)))
    }

    async fn finish_job(&self, job: &Job, error: Option<&str>) -> Result<(), WriteFault> {
        self.write(|tables, now| {
            change_held_job(tables, job, |row| {
                row.finished_at = Some(now);
                row.given_up = error.map(str::to_owned);
            })
        })
    }

    async fn retry_job(&self, job: &Job, after: Duration, _: &str) -> Result<(), WriteFault> {
        self.write(|tables, now| {
            let due_at = to_micros(later(now, after));
            change_held_job(tables, job, |row| row.due_at = due_at)
        })
    }

    /// Journeys that have expired, keys, finished jobs and what gateways told. The personal data of
    /// journals stays: nobody here looks at it.
    async fn forget(
        &self,
        rested_before: Timestamp,
        begun_before: Timestamp,
        _: u32,
    ) -> Result<u64, StoreFault> {
        Ok(self.write(|tables, now| {
            let count = |tables: &Tables| tables.keys.len() + tables.jobs.len() + tables.told.len();
            let before = count(tables);
            let journeys = journeys::forget(tables, now);
            let rows = &tables.rows;
            tables.keys.retain(|_, id| {
                rows.get(id)
                    .is_some_and(|row| row.registration.begun_at >= begun_before)
            });
            tables
                .jobs
                .retain(|_, row| row.finished_at.is_none_or(|moment| moment >= rested_before));
            tables.told.retain(|_, moment| *moment >= rested_before);
            (journeys + before - count(tables)) as u64
        }))
    }
}

impl MemoryStore {
    fn update(
        &self,
        registration: &Registration,
        expected: Status,
        hands: Hands,
        events: &[Event],
    ) -> Result<(), WriteFault> {
        self.write(|tables, _| {
            match tables.may_write(registration, expected, events) {
                Ok(()) => {}
                Err(not_made) => return not_made.into_result(()),
            }
            tables.write(registration, hands, events);
            Ok(())
        })
    }
}

impl NotMade {
    /// A write that was made before is as good as made now.
    fn into_result<T>(self, made: T) -> Result<T, WriteFault> {
        match self {
            Self::MadeBefore => Ok(made),
            Self::Superseded => Err(WriteFault::Superseded),
        }
    }
}

fn begin(
    tables: &mut Tables,
    new: &NewRegistration<'_>,
    now: Timestamp,
    lease_end: Timestamp,
) -> Result<Begun, StoreFault> {
    let registration = new.registration;
    let email = registration.intent.email.normalised();
    let waits_until = new.waits_until();
    let owner = waits_until.is_none().then_some(new.owner);
    let is_begun = tables.rows.get(&registration.id).is_some_and(|row| {
        row.registration.intent.user == registration.intent.user
            && row.owner == owner
            && row.registration.lease.generation == registration.lease.generation
    });
    if let Some(journey) = new.journey
        && !journeys::may_close(tables, journey, now)
    {
        return Ok(match is_begun {
            true => Begun::Begun,
            false => Begun::JourneyIsClosed,
        });
    }
    let key = new.request.and_then(|it| earlier_request(tables, &it.key));
    let id_is_used = tables.rows.contains_key(&registration.id);
    let is_held = tables.held.contains_key(email);
    if is_begun || key.is_some() || id_is_used || is_held {
        return match key {
            _ if is_begun => Ok(Begun::Begun),
            Some(earlier) => Ok(Begun::KeyIsUsed(Box::new(earlier))),
            None if is_held => Ok(Begun::EmailIsHeld),
            None if new.journey.is_some() => Ok(Begun::JourneyIsClosed),
            None => Err(fault("begin a registration", "its id is used")),
        };
    }
    if tables.users_by_email.contains_key(email) && !tables.has_bug(Bug::AccountsShareAnAddress) {
        return Ok(Begun::EmailHasAccount);
    }
    let lease = waits_until.is_none().then_some(lease_end);
    let hands = (owner, lease, waits_until);
    tables.insert(registration, hands, new.request.copied());
    if let Some(mail) = new.mail {
        tables.queue(mail, now);
    }
    tables.change(registration.id, |row| row.append(new.events));
    if let Some(row) = new.journey.and_then(|id| tables.journeys.get_mut(&id))
        && tables.bug != Some(Bug::JourneyStaysOpen)
    {
        row.journey.registration = Some(registration.id);
    }
    Ok(Begun::Begun)
}

fn earlier_request(tables: &Tables, key: &KeyedHash) -> Option<(RequestRecord, Registration)> {
    let id = tables.keys.get(&key.0)?;
    let row = tables.rows.get(id)?;
    Some((row.request?, row.read()))
}

fn open_account(
    tables: &mut Tables,
    registration: &Registration,
    expected: Status,
    job: Option<&NewJob>,
    events: &[Event],
    now: Timestamp,
) -> Result<Opened, WriteFault> {
    match tables.may_write(registration, expected, events) {
        Ok(()) => {}
        Err(not_made) => return not_made.into_result(Opened::Opened),
    }
    let intent = &registration.intent;
    let email = intent.email.normalised().to_owned();
    if tables.users_by_email.contains_key(&email) && !tables.has_bug(Bug::AccountsShareAnAddress) {
        return Ok(Opened::EmailHasAccount);
    }
    let Some(customer) = &registration.progress.customer else {
        return Err(fault("open an account", "the customer at the gateway is missing").into());
    };
    let hands = match (registration.status.rests(), registration.act_by) {
        (true, _) => Hands::Resting,
        (false, Some(act_by)) => Hands::LetGoUntil(act_by),
        (false, None) => {
            return Err(fault("open an account", "the deadline of verification is missing").into());
        }
    };
    let subscription = registration.progress.subscription.as_ref();
    let is_written = registration.has_subscription_at(StepName::OpenAccount)
        && !tables.has_bug(Bug::SubscriptionIsNotWritten);
    let account = Account {
        registration: registration.id,
        email: email.clone(),
        typed: intent.email.clone(),
        verified_at: registration.verified_at.map(to_micros),
        created_at: registration.opened_at.map_or(now, to_micros),
        gateway: intent.gateway.clone(),
        customer: Some(customer.id.clone()),
        subscription: subscription.filter(|_| is_written).map(|it| it.id.clone()),
        reflected_at: None,
        standing: None,
    };
    tables.write(registration, hands, events);
    tables.accounts.insert(intent.user, account);
    tables.users_by_email.insert(email, intent.user);
    if let Some(job) = job
        && !tables.has_bug(Bug::MailIsNotQueued)
    {
        tables.queue(job, now);
        if job.kind == JobKind::VerificationMail {
            note_mail(tables, registration.id, job.serial, now);
        }
    }
    Ok(Opened::Opened)
}

fn takes_signal(tables: &Tables, id: RegistrationId, signal: Signal, now: Timestamp) -> bool {
    let Some(row) = tables.rows.get(&id) else {
        return false;
    };
    let it = &row.registration;
    let is_free = row.is_free(now);
    match signal {
        Signal::Verified if tables.has_bug(Bug::UndoingTurnsForward) => {
            is_free && !it.status.rests()
        }
        Signal::Verified => {
            it.status == Status::AwaitingVerification
                && it.act_by.is_some_and(|act_by| act_by > now)
                && it.failure.is_none()
                && is_free
        }
        Signal::ActionTaken => it.status == Status::AwaitingAction && it.failure.is_none(),
        Signal::MailRefused | Signal::Undo => {
            it.status.waits_for_a_person()
                && ((it.status == Status::AwaitingAction && it.failure.is_none()) || is_free)
        }
    }
}

fn doom(registration: &mut Registration, failure: Failure) {
    registration.failure.get_or_insert(failure);
}

fn ask_for_mail(
    tables: &mut Tables,
    id: RegistrationId,
    job: JobId,
    ration: MailRation,
    now: Timestamp,
) -> MailAsked {
    let waiting = tables.rows.get(&id).map(|row| &row.registration);
    let waiting = waiting.filter(|it| {
        it.status == Status::AwaitingVerification
            && it.act_by.is_some_and(|act_by| act_by > now)
            && it.failure.is_none()
    });
    let Some(waiting) = waiting else {
        return MailAsked::NotWaiting;
    };
    if waiting.mail_serial >= ration.mails {
        return MailAsked::Exhausted;
    }
    let not_before = waiting.last_mail_at.map(|last| later(last, ration.apart));
    if let Some(moment) = not_before.filter(|moment| *moment > now) {
        return MailAsked::TooSoon(moment);
    }
    let serial = waiting.mail_serial.saturating_add(1);
    let job = NewJob {
        id: job,
        kind: JobKind::VerificationMail,
        registration: id,
        serial,
        due_at: now,
    };
    tables.queue(&job, now);
    note_mail(tables, id, serial, now);
    MailAsked::Queued
}

fn note_mail(tables: &mut Tables, id: RegistrationId, serial: u32, now: Timestamp) {
    tables.change(id, |row| {
        row.registration.mail_serial = serial;
        row.registration.last_mail_at = Some(now);
        row.registration.code_attempts = 0;
    });
}

fn take_news(tables: &mut Tables, news: &News, job: JobId, now: Timestamp) -> Noted {
    let named = news.registration.filter(|id| tables.rows.contains_key(id));
    let by_customer = || {
        let customer = news.customer.as_ref()?;
        let mut accounts = tables.accounts.values();
        let account = accounts.find(|it| it.customer.as_ref() == Some(customer))?;
        Some(account.registration)
    };
    let registration = named.or_else(by_customer);
    if tables.told.contains_key(&news.event) {
        return Noted::Known;
    }
    tables.told.insert(news.event.clone(), now);
    let Some(registration) = registration else {
        return Noted::Foreign;
    };
    let user = tables
        .rows
        .get(&registration)
        .map(|row| row.registration.intent.user);
    let account = user.and_then(|user| tables.accounts.get(&user));
    let reflected_at = account.and_then(|account| account.reflected_at);
    let queued_at = reflected_at.map_or(now, |moment| later(moment, TICK).max(now));
    let job = NewJob {
        id: job,
        kind: JobKind::Reflect,
        registration,
        serial: 0,
        due_at: now,
    };
    tables.queue(&job, queued_at);
    Noted::Queued(registration)
}

fn change_held_job(
    tables: &mut Tables,
    job: &Job,
    change: impl FnOnce(&mut super::JobRow),
) -> Result<(), WriteFault> {
    let changed = tables.change_job(job.id, |row| {
        let is_held =
            row.generation == job.generation && row.finished_at.is_none() && row.owner.is_some();
        if is_held {
            row.owner = None;
            row.lease_expires_at = None;
            change(row);
        }
        is_held
    });
    match changed {
        Some(true) => Ok(()),
        _ => Err(WriteFault::Superseded),
    }
}
