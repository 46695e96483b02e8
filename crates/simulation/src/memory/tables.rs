//! The rows, and the transactions on them that several methods of the port share.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use enlist_domain::EmailAddress;
use enlist_registration::ids::{Generation, JobId, OwnerId, RegistrationId, UserId};
use enlist_registration::jobs::{Job, JobKind, NewJob};
use enlist_registration::journey::Journey;
use enlist_registration::limits::{earlier, later};
use enlist_registration::ports::{AddressRation, RequestRecord, Standing};
use enlist_registration::state::{Lease, Registration, Status};
use enlist_registration::timeline::Event;
use jiff::Timestamp;

use crate::bugs::Bug;

/// A journal row.
#[derive(Clone, Debug)]
pub struct Row {
    /// As the port has it.
    pub registration: Registration,
    /// Who holds it.
    pub owner: Option<OwnerId>,
    /// Until when.
    pub lease_expires_at: Option<Timestamp>,
    /// When it is due, if nobody holds it.
    pub due_at: Option<Timestamp>,
    /// By what the request is known again.
    pub request: Option<RequestRecord>,
    /// Its timeline.
    pub events: Vec<Event>,
    /// When the lease ended that it was claimed from, if it was.
    pub claimed_from: Option<Timestamp>,
    /// Which row it was: who is due at the same moment is taken in this order.
    number: u64,
}

/// An account: what `users`, `profiles`, `billing_info` and `subscriptions` hold of one user.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose registration it was.
    pub registration: RegistrationId,
    /// Normalised.
    pub email: String,
    /// As typed.
    pub typed: EmailAddress,
    /// When the address was verified.
    pub verified_at: Option<Timestamp>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// At which gateway.
    pub gateway: String,
    /// The row in `billing_info`.
    pub customer: Option<enlist_registration::ids::CustomerId>,
    /// The row in `subscriptions`.
    pub subscription: Option<enlist_registration::ids::SubscriptionId>,
    /// What it was brought in line with.
    pub reflected_at: Option<Timestamp>,
    /// How it was brought in line last.
    pub standing: Option<Standing>,
}

/// Deferred work.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// As it was queued.
    pub job: NewJob,
    /// When.
    pub queued_at: Timestamp,
    /// Not before.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Under which claim.
    pub generation: Generation,
    /// Who holds it.
    pub owner: Option<OwnerId>,
    /// Until when.
    pub lease_expires_at: Option<Timestamp>,
    /// When it was done, or given up.
    pub finished_at: Option<Timestamp>,
    /// Why it was given up.
    pub given_up: Option<String>,
}

/// A pending registration.
#[derive(Clone, Debug)]
pub struct JourneyRow {
    /// As the port has it.
    pub journey: Journey,
    /// Links of mails up to this number work no more.
    pub links_used_to: u32,
}

/// A record that nobody waits for.
pub struct Record {
    pub registration: Registration,
    pub events: Vec<Event>,
}

/// In whose hands a registration is after a write.
#[derive(Clone, Copy)]
pub enum Hands {
    Kept,
    LetGoUntil(Timestamp),
    Resting,
}

/// Why a write was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMade {
    /// Others have it.
    Superseded,
    /// By an earlier try it was.
    MadeBefore,
}

/// Every table.
#[derive(Default)]
pub struct Tables {
    pub rows: BTreeMap<RegistrationId, Row>,
    pub accounts: BTreeMap<UserId, Account>,
    pub jobs: BTreeMap<JobId, JobRow>,
    pub journeys: BTreeMap<RegistrationId, JourneyRow>,
    /// `registrations_email_held`.
    pub held: BTreeMap<String, RegistrationId>,
    /// `one_user_per_email`.
    pub users_by_email: BTreeMap<String, UserId>,
    /// `one_registration_per_key`.
    pub keys: BTreeMap<[u8; 32], RegistrationId>,
    /// What gateways told.
    pub told: BTreeMap<String, Timestamp>,
    pub bug: Option<Bug>,
    due: BTreeSet<(Timestamp, u64, RegistrationId)>,
    jobs_due: BTreeSet<(JobPlace, Timestamp, JobId)>,
    rows_made: u64,
}

/// Kinds of jobs, in an order.
type JobPlace = u8;

fn place(kind: JobKind) -> JobPlace {
    match kind {
        JobKind::VerificationMail => 0,
        JobKind::JourneyMail => 1,
        JobKind::Recheck => 2,
        JobKind::Reflect => 3,
    }
}

impl Row {
    fn is_due_at(&self) -> Option<Timestamp> {
        let moving = !self.registration.status.rests();
        self.lease_expires_at.or(self.due_at).filter(|_| moving)
    }

    /// As the port has it.
    pub fn read(&self) -> Registration {
        let mut registration = self.registration.clone();
        registration.lease.expires_at = self.lease_expires_at.unwrap_or(Timestamp::UNIX_EPOCH);
        registration.lease.given_at = Timestamp::UNIX_EPOCH;
        registration
    }

    /// In nobody's hands, or in those of somebody who fell silent.
    pub fn is_free(&self, now: Timestamp) -> bool {
        self.owner.is_none() || self.lease_expires_at.is_none_or(|end| end <= now)
    }
}

impl Tables {
    pub fn has_bug(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// A new journal row. Whether it may be one was looked at.
    pub fn insert(
        &mut self,
        registration: &Registration,
        hands: (Option<OwnerId>, Option<Timestamp>, Option<Timestamp>),
        request: Option<RequestRecord>,
    ) {
        let number = self.rows_made;
        self.rows_made += 1;
        let (owner, lease_expires_at, due_at) = hands;
        let row = Row {
            registration: as_kept(registration),
            owner,
            lease_expires_at,
            due_at,
            request,
            events: Vec::new(),
            claimed_from: None,
            number,
        };
        self.index(&row);
        let email = registration.intent.email.normalised().to_owned();
        if !self.has_bug(Bug::EmailIsNotClaimed) {
            self.held.insert(email, registration.id);
        }
        if let Some(request) = request
            && !self.has_bug(Bug::KeyIsForgotten)
        {
            self.keys.insert(request.key.0, registration.id);
        }
        self.rows.insert(registration.id, row);
    }

    /// Changes a row and keeps the indexes right.
    pub fn change<T>(
        &mut self,
        id: RegistrationId,
        change: impl FnOnce(&mut Row) -> T,
    ) -> Option<T> {
        let row = self.rows.get_mut(&id)?;
        let before = row.is_due_at();
        let was_resting = row.registration.status.rests();
        let changed = change(row);
        let (after, number) = (row.is_due_at(), row.number);
        let rests = row.registration.status.rests() && !was_resting;
        if before != after {
            if let Some(moment) = before {
                self.due.remove(&(moment, number, id));
            }
            if let Some(moment) = after {
                self.due.insert((moment, number, id));
            }
        }
        if rests {
            self.release(id);
        }
        Some(changed)
    }

    /// The claim on the address ends.
    pub fn release(&mut self, id: RegistrationId) {
        let Some(row) = self.rows.get(&id) else {
            return;
        };
        let outlives =
            self.has_bug(Bug::EmailIsNeverReleased) && row.registration.status == Status::Undone;
        let email = row.registration.intent.email.normalised();
        if self.held.get(email) == Some(&id) && !outlives {
            let email = email.to_owned();
            self.held.remove(&email);
        }
    }

    /// Who is due, the longest first.
    pub fn due(&self, now: Timestamp, limit: u32) -> Vec<RegistrationId> {
        let ripe = match self.bug {
            Some(Bug::LeasesAreNotRespected) => later(now, Duration::from_secs(8)),
            _ => now,
        };
        let due = self.due.iter().take_while(|(moment, ..)| *moment <= ripe);
        let due = due.filter(|(.., id)| !self.is_overlooked(*id));
        let due = due.take(limit as usize).map(|(.., id)| *id);
        due.collect()
    }

    fn is_overlooked(&self, id: RegistrationId) -> bool {
        let row = &self.rows[&id];
        match self.bug {
            Some(Bug::LeasesNeverExpire) => row.owner.is_some(),
            Some(Bug::DeadlinesAreForgotten) => {
                row.registration.status == Status::AwaitingVerification
            }
            _ => false,
        }
    }

    /// A new owner, a new lease, a new generation.
    pub fn claim(
        &mut self,
        id: RegistrationId,
        owner: OwnerId,
        lease_end: Timestamp,
        lasts: Duration,
    ) -> Option<Registration> {
        let keeps_generation = self.has_bug(Bug::ClaimKeepsTheGeneration);
        self.change(id, |row| {
            row.owner = Some(owner);
            row.claimed_from = row.lease_expires_at.replace(lease_end);
            row.due_at = None;
            let lease = &mut row.registration.lease;
            if !keeps_generation {
                lease.generation = lease.generation.next();
            }
            let mut claimed = row.read();
            claimed.lease = Lease::given(claimed.lease.generation, lease_end, lasts);
            claimed
        })
    }

    /// Whether whoever has this copy may write.
    pub fn may_write(
        &self,
        registration: &Registration,
        expected: Status,
        events: &[Event],
    ) -> Result<(), NotMade> {
        let row = self.rows.get(&registration.id).ok_or(NotMade::Superseded)?;
        let is_newest = row.registration.lease.generation == registration.lease.generation
            || self.has_bug(Bug::GenerationIsNotChecked);
        let stands_so = row.registration.status == expected;
        let is_held = row.owner.is_some() || self.has_bug(Bug::GenerationIsNotChecked);
        if is_newest && stands_so && is_held {
            return Ok(());
        }
        let was_made = events.last().is_some_and(|event| row.has(event));
        Err(match was_made {
            true => NotMade::MadeBefore,
            false => NotMade::Superseded,
        })
    }

    /// Writes the journal row of a held registration, whose writer was looked at.
    pub fn write(&mut self, registration: &Registration, hands: Hands, events: &[Event]) {
        let id = registration.id;
        self.change(id, |row| {
            // What persons change at any time is left alone, and the generation is not for the writer.
            let kept = &mut row.registration;
            kept.status = registration.status;
            kept.progress.clone_from(&registration.progress);
            kept.failure.clone_from(&registration.failure);
            kept.deadline_at = to_micros(registration.deadline_at);
            kept.act_by = registration.act_by.map(to_micros);
            kept.verified_at = registration.verified_at.map(to_micros);
            kept.opened_at = registration.opened_at.map(to_micros);
            kept.rested_at = registration.rested_at.map(to_micros);
            kept.undoing_since = registration.undoing_since.map(to_micros);
            kept.attempts = registration.attempts;
            kept.not_before = registration.not_before.map(to_micros);
            kept.next_seq = kept.next_seq.max(registration.next_seq);
            row.due_at = None;
            match hands {
                Hands::Kept => {}
                Hands::LetGoUntil(moment) => row.due_at = Some(to_micros(moment)),
                Hands::Resting => {}
            }
            if !matches!(hands, Hands::Kept) {
                row.owner = None;
                row.lease_expires_at = None;
            }
            row.append(events);
        });
        if self.has_bug(Bug::EmailIsReleasedEarly) && registration.status == Status::Undoing {
            self.release(id);
        }
    }

    /// Writes progress, if whoever has this copy may.
    pub fn record(&mut self, record: &Record) {
        let registration = &record.registration;
        let writes_anyway = self.has_bug(Bug::GenerationIsNotChecked);
        self.change(registration.id, |row| {
            let is_newest = row.registration.lease.generation == registration.lease.generation;
            if !(is_newest || writes_anyway) || row.owner.is_none() {
                return;
            }
            row.registration.progress = registration.progress.clone();
            row.registration.failure = registration.failure.clone();
            row.registration.attempts = registration.attempts;
            row.registration.not_before = registration.not_before.map(to_micros);
            let next_seq = row.registration.next_seq.max(registration.next_seq);
            row.registration.next_seq = next_seq;
            row.append(&record.events);
        });
    }

    /// Queues a job, unless it is there.
    pub fn queue(&mut self, job: &NewJob, queued_at: Timestamp) {
        if self.jobs.contains_key(&job.id) {
            return;
        }
        let due_at = to_micros(job.due_at);
        self.jobs_due.insert((place(job.kind), due_at, job.id));
        let row = JobRow {
            job: job.clone(),
            queued_at,
            due_at,
            attempts: 0,
            generation: Generation(0),
            owner: None,
            lease_expires_at: None,
            finished_at: None,
            given_up: None,
        };
        self.jobs.insert(job.id, row);
    }

    /// Changes a job and keeps the index right.
    pub fn change_job<T>(&mut self, id: JobId, change: impl FnOnce(&mut JobRow) -> T) -> Option<T> {
        let row = self.jobs.get_mut(&id)?;
        let kind = place(row.job.kind);
        let before = row.lease_expires_at.unwrap_or(row.due_at);
        let changed = change(row);
        let after = row.lease_expires_at.unwrap_or(row.due_at);
        let is_queued = row.finished_at.is_none();
        self.jobs_due.remove(&(kind, before, id));
        if is_queued {
            self.jobs_due.insert((kind, after, id));
        }
        Some(changed)
    }

    /// Claims jobs of one kind.
    pub fn claim_jobs(
        &mut self,
        kind: JobKind,
        owner: OwnerId,
        now: Timestamp,
        lease_end: Timestamp,
        limit: u32,
    ) -> Vec<Job> {
        let kind_at = place(kind);
        let first = (kind_at, Timestamp::MIN, JobId(uuid::Uuid::nil()));
        let of_kind = self.jobs_due.range(first..);
        let due = of_kind.take_while(|(at, moment, _)| *at == kind_at && *moment <= now);
        let due: Vec<JobId> = due.take(limit as usize).map(|(.., id)| *id).collect();
        let claim = |id: JobId| {
            self.change_job(id, |row| {
                row.owner = Some(owner);
                row.lease_expires_at = Some(lease_end);
                row.generation = row.generation.next();
                row.attempts += 1;
                Job {
                    id,
                    kind,
                    registration: row.job.registration,
                    serial: row.job.serial,
                    attempts: row.attempts - 1,
                    queued_at: row.queued_at,
                    generation: row.generation,
                }
            })
        };
        due.into_iter().filter_map(claim).collect()
    }

    /// All processes are dead: what they held is due.
    pub fn release_leases(&mut self, now: Timestamp) {
        let held = self.rows.iter().filter(|(_, row)| row.owner.is_some());
        let held: Vec<RegistrationId> = held.map(|(id, _)| *id).collect();
        for id in held {
            self.change(id, |row| {
                row.owner = None;
                row.lease_expires_at = None;
                row.due_at = Some(now);
            });
        }
        let held = self.jobs.iter().filter(|(_, row)| row.owner.is_some());
        let held: Vec<JobId> = held.map(|(id, _)| *id).collect();
        for id in held {
            self.change_job(id, |row| {
                row.owner = None;
                row.lease_expires_at = None;
            });
        }
    }

    /// Whether no registration that a journey led to is under way or done.
    pub fn is_open(&self, journey: &Journey) -> bool {
        let led_to = journey.registration.and_then(|id| self.rows.get(&id));
        match (journey.registration, led_to) {
            (None, _) => true,
            (Some(_), row) => row.is_some_and(|row| row.registration.status == Status::Undone),
        }
    }

    /// How many mails the journeys of an address have caused lately.
    pub fn mails_to(&self, email: &str, now: Timestamp, ration: AddressRation) -> u32 {
        let since = earlier(now, ration.within);
        let journeys = self.journeys.values().map(|row| &row.journey);
        let of_it = journeys.filter(|it| it.email.normalised() == email && it.begun_at > since);
        of_it.map(|it| it.mail_serial).sum()
    }

    fn index(&mut self, row: &Row) {
        if let Some(moment) = row.is_due_at() {
            self.due.insert((moment, row.number, row.registration.id));
        }
    }
}

/// Databases tell times apart by microseconds.
pub fn to_micros(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}

/// A registration as it is read back.
fn as_kept(registration: &Registration) -> Registration {
    let mut kept = registration.clone();
    for moment in [&mut kept.begun_at, &mut kept.deadline_at] {
        *moment = to_micros(*moment);
    }
    for moment in [
        &mut kept.act_by,
        &mut kept.verified_at,
        &mut kept.opened_at,
        &mut kept.rested_at,
        &mut kept.undoing_since,
        &mut kept.not_before,
        &mut kept.last_mail_at,
    ] {
        *moment = moment.map(to_micros);
    }
    kept
}

impl Row {
    /// Adds events; one whose number is taken moves up.
    pub fn append(&mut self, events: &[Event]) {
        for event in events {
            let last = self.events.last().map_or(0, |event| event.seq);
            let mut event = event.clone();
            event.seq = event.seq.max(last + 1);
            event.at = to_micros(event.at);
            let next = event.seq + 1;
            self.registration.next_seq = self.registration.next_seq.max(next);
            self.events.push(event);
        }
    }

    fn has(&self, event: &Event) -> bool {
        let mut events = self.events.iter();
        events.any(|it| {
            it.generation == event.generation
                && it.at == to_micros(event.at)
                && it.kind == event.kind
                && it.step == event.step
                && it.detail == event.detail
        })
    }
}
