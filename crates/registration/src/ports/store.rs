//! The database as a registration sees it: methods named by intention, one transaction each.
//!
//! Every write names the generation it was made under and the status it expects, and changes exactly
//! one row or none: none is [`WriteFault::Superseded`].

use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use jiff::Timestamp;

use super::gateway::Standing;
use super::journeys::JourneyStore;
use crate::ids::{CustomerId, Generation, JobId, OwnerId, RegistrationId, SubscriptionId, UserId};
use crate::jobs::{Job, JobKind, NewJob};
use crate::state::{Lease, Registration, Status};
use crate::timeline::Event;
use crate::tokens::KeyedHash;

/// The database could not be asked, or could not answer.
#[derive(Debug, thiserror::Error)]
#[error("the database failed to {attempted}")]
pub struct StoreFault {
    /// What was attempted, to follow "failed to".
    pub attempted: &'static str,
    /// What it said.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A write was not made.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// Another driver took over: whoever holds this copy must stop.
    #[error("the registration is in other hands by now")]
    Superseded,
    /// The database failed; the write may be tried again.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// A journal row to be written, and what is written with it, in one transaction.
#[derive(Clone, Copy, Debug)]
pub struct NewRegistration<'a> {
    /// The row. One that waits for its person from the beginning is in nobody's hands.
    pub registration: &'a Registration,
    /// Who drives it.
    pub owner: OwnerId,
    /// By what the request is known again.
    pub request: Option<&'a RequestRecord>,
    /// The mail that asks for the address to be verified.
    pub mail: Option<&'a NewJob>,
    /// The journey of which it is the last step: it must be open, and points to this registration
    /// afterwards.
    pub journey: Option<RegistrationId>,
    /// The first lines of its timeline.
    pub events: &'a [Event],
}

impl<'a> NewRegistration<'a> {
    /// One with nothing beside it.
    pub fn of(registration: &'a Registration, owner: OwnerId) -> Self {
        Self {
            registration,
            owner,
            request: None,
            mail: None,
            journey: None,
            events: &[],
        }
    }

    /// Until when nobody holds it, if it waits for its person from the beginning.
    pub fn waits_until(&self) -> Option<Timestamp> {
        let waits = self.registration.status == Status::AwaitingVerification;
        self.registration.act_by.filter(|_| waits)
    }
}

/// What became of a beginning.
#[derive(Debug)]
pub enum Begun {
    /// The journal row is written; the e-mail is held.
    Begun,
    /// An account has this address.
    EmailHasAccount,
    /// Another registration that is under way has this address.
    EmailIsHeld,
    /// A registration with this idempotency key exists.
    KeyIsUsed(Box<(RequestRecord, Registration)>),
    /// The journey is over, or a registration that it led to is not undone.
    JourneyIsClosed,
}

/// What became of opening the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// All rows exist, and the mail's job.
    Opened,
    /// An account with this address appeared by other means; nothing was written.
    EmailHasAccount,
}

/// What is remembered of a request with an `Idempotency-Key`: two hashes under the service's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// Of the key.
    pub key: KeyedHash,
    /// Of the request, without password, card number and security code.
    pub fingerprint: KeyedHash,
}

/// What a person, a gateway or an operator did to a registration that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The address was verified.
    Verified,
    /// The person confirmed, or refused, with their bank: look again.
    ActionTaken,
    /// The mail was refused for good.
    MailRefused,
    /// An operator wants it undone.
    Undo,
}

/// What became of a signal.
#[derive(Debug)]
pub enum Signalled {
    /// The registration is in the caller's hands and goes on.
    Claimed(Box<Registration>),
    /// It was not waiting for this; here is how it stands.
    NotWaiting(Box<Registration>),
    /// There is no such registration.
    Unknown,
}

/// What became of asking for the mail again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailAsked {
    /// A job was queued.
    Queued,
    /// Too soon: ask again at this moment.
    TooSoon(Timestamp),
    /// As many as one registration may cause were sent.
    Exhausted,
    /// It does not wait for verification.
    NotWaiting,
}

/// What is rationed when a mail is asked for again.
#[derive(Clone, Copy, Debug)]
pub struct MailRation {
    /// How many mails a registration may cause.
    pub mails: u32,
    /// Not before this long after the last.
    pub apart: std::time::Duration,
}

/// A user as other parts of the service see one.
#[derive(Clone, Debug)]
pub struct UserRecord {
    /// Its id.
    pub id: UserId,
    /// As typed.
    pub email: EmailAddress,
    /// When the address was verified.
    pub email_verified_at: Option<Timestamp>,
    /// When the account was opened.
    pub created_at: Timestamp,
}

/// Most characters that a gateway's id of an event may have (`event_id_is_short`): Stripe's have 28,
/// and promise no more than 255.
pub const MAX_EVENT_CHARACTERS: usize = 255;

/// Something that a gateway told by itself: a webhook's event, verified. Ids only. What has changed is
/// never taken from an event, which may be old or come twice; it says whom to ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Which gateway tells, as in `billing_info.payment_gateway`.
    pub gateway: &'static str,
    /// The gateway's id of it, by which a repeat is known; at most [`MAX_EVENT_CHARACTERS`].
    pub event: String,
    /// What it is about, in the gateway's words: `customer.subscription.updated`.
    pub kind: String,
    /// The registration that the metadata names, if it names one.
    pub registration: Option<RegistrationId>,
    /// The customer that it is about, if it names one.
    pub customer: Option<CustomerId>,
}

/// What became of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is recorded, and a job is queued for this registration.
    Queued(RegistrationId),
    /// It was told before: nothing was done.
    Known,
    /// It is about nothing of ours: recorded, so that a repeat is cheap, and nothing to do.
    Foreign,
}

/// What became of a [`Standing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reflected {
    /// The tables say the same.
    Written,
    /// They say what was fetched for newer news already, and were left alone.
    Outdated,
    /// There is no account (any more).
    NoAccount,
}

/// Where an account is at its gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAtGateway {
    /// Which gateway.
    pub gateway: String,
    /// The customer that pays.
    pub customer: CustomerId,
    /// The subscription that its row in `subscriptions` is about, the newest if there were several;
    /// none for a free plan.
    pub subscription: Option<SubscriptionId>,
}

/// Which registrations to list.
#[derive(Clone, Debug, Default)]
pub struct RegistrationFilter {
    /// Only those that stand so.
    pub status: Option<Status>,
    /// Only those of this address.
    pub email: Option<EmailAddress>,
    /// At most so many, newest first.
    pub limit: u32,
}

/// How many registrations under way were begun at one gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Which gateway.
    pub gateway: String,
    /// They need their gateway to go on.
    pub held: u32,
    /// They wait for their address to be confirmed, and still have time for it: that needs no gateway. If
    /// nobody confirms it, they need one.
    pub unverified: u32,
}

/// The database. `claim…` methods hand a registration to `owner` under a new generation; a lease's
/// expiry is by the database's clock.
#[async_trait]
pub trait Store: JourneyStore {
    /// Writes the journal row, which claims the e-mail and the idempotency key. Waits for the disk.
    async fn begin(&self, new: NewRegistration<'_>) -> Result<Begun, StoreFault>;

    /// Records progress (never the status: only a durable write changes where a registration stands)
    /// without waiting for the disk (D4). May be lost, never half done; dropped if the registration
    /// is in other hands.
    async fn record(&self, registration: &Registration, events: &[Event]);

    /// Records a decision, and the driver keeps the registration. Waits for the disk.
    async fn save(
        &self,
        registration: &Registration,
        expected: Status,
        events: &[Event],
    ) -> Result<(), WriteFault>;

    /// Records where the registration stands and lets go of it: it is due again at `due_at`, or when
    /// a signal comes. Waits for the disk.
    async fn park(
        &self,
        registration: &Registration,
        expected: Status,
        due_at: Timestamp,
        events: &[Event],
    ) -> Result<(), WriteFault>;

    /// Writes user, profile, billing details, the subscription that runs, `job` and the journal in one
    /// transaction. Parks the registration until `registration.act_by` where it waits for the person, and
    /// otherwise closes it. Waits for the disk.
    async fn open_account(
        &self,
        registration: &Registration,
        expected: Status,
        job: Option<&NewJob>,
        events: &[Event],
    ) -> Result<Opened, WriteFault>;

    /// Deletes what `open_account` wrote, in one transaction, and keeps the lease. Rows that are gone
    /// are as good as deleted. Waits for the disk.
    async fn close_account(
        &self,
        registration: &Registration,
        events: &[Event],
    ) -> Result<(), WriteFault>;

    /// Closes the journal, as `registered` or as `undone`, which ends the claim on the e-mail, and
    /// queues what follows. One that closes as `registered` and whose subscription began after its
    /// account was opened gets its row in `subscriptions`. Waits for the disk.
    async fn rest(
        &self,
        registration: &Registration,
        expected: Status,
        follow_up: &[NewJob],
        events: &[Event],
    ) -> Result<(), WriteFault>;

    /// Extends the lease by its full length. Visible to others at once.
    async fn renew_lease(
        &self,
        registration: RegistrationId,
        generation: Generation,
    ) -> Result<Lease, WriteFault>;

    /// Claims registrations that need driving: moving ones whose lease has expired, waiting ones
    /// whose deadline has passed. At most `limit`, the longest due first.
    async fn claim_due(&self, owner: OwnerId, limit: u32) -> Result<Vec<Registration>, StoreFault>;

    /// Gives a waiting registration a signal and claims it: one that nobody holds, or one in
    /// [`Status::AwaitingAction`] whose holder only looks what became of it. `Verified` also marks the user's address
    /// as verified, in the same transaction. Waits for the disk.
    async fn signal(
        &self,
        registration: RegistrationId,
        signal: Signal,
        owner: OwnerId,
        next_deadline: Timestamp,
    ) -> Result<Signalled, StoreFault>;

    /// Counts a try of a code against the newest mail, before the code is looked at; returns how many
    /// there are now.
    async fn count_code_attempt(&self, registration: RegistrationId) -> Result<u32, StoreFault>;

    /// Queues another verification mail, with a new code, within `ration`.
    async fn ask_for_mail(
        &self,
        registration: RegistrationId,
        job: JobId,
        ration: MailRation,
    ) -> Result<MailAsked, StoreFault>;

    /// Adds to the timeline of a registration that nobody may be driving.
    async fn note(&self, registration: RegistrationId, event: &Event) -> Result<(), StoreFault>;

    /// One registration.
    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreFault>;

    /// The registration that was begun with this idempotency key.
    async fn request(
        &self,
        key: &KeyedHash,
    ) -> Result<Option<(RequestRecord, Registration)>, StoreFault>;

    /// Whether an account or a registration under way has this address. A hint, to save work: only
    /// [`Store::begin`] decides.
    async fn email_is_taken(&self, email: &EmailAddress) -> Result<bool, StoreFault>;

    /// The timeline after event number `after` (0 for all), in order.
    async fn events(
        &self,
        registration: RegistrationId,
        after: u32,
    ) -> Result<Vec<Event>, StoreFault>;

    /// Registrations, newest first.
    async fn registrations(
        &self,
        filter: &RegistrationFilter,
    ) -> Result<Vec<Registration>, StoreFault>;

    /// How many registrations are under way that were begun at another gateway than `gateway`, for each
    /// such gateway by its name; `now` decides who still has time.
    async fn under_way_elsewhere(
        &self,
        gateway: &str,
        now: Timestamp,
    ) -> Result<Vec<UnderWay>, StoreFault>;

    /// One user.
    async fn user(&self, id: UserId) -> Result<Option<UserRecord>, StoreFault>;

    /// Where a user's account is at its gateway, as the tables have it: they keep it for as long as the
    /// account exists, whatever was taken out of the journal.
    async fn account_at_gateway(&self, id: UserId) -> Result<Option<AccountAtGateway>, StoreFault>;

    /// Records news once, by its id, and queues `job` ([`JobKind::Reflect`]) with it, in one
    /// transaction. For the registration that it names, if there is such a one; otherwise for the one
    /// whose account has its customer. Waits for the disk: afterwards the gateway may forget it.
    ///
    /// The job is queued by the database's clock, and later than whatever this account was brought in
    /// line with before, even if that clock was set back: see [`Store::reflect`].
    async fn take_news(&self, news: &News, job: JobId) -> Result<Noted, StoreFault>;

    /// Brings the account of `job`'s registration in line with how it stands at the gateway:
    /// `billing_info` and its newest row in `subscriptions`, in one transaction. Waits for the disk.
    ///
    /// `standing` must have been fetched after `job` was queued. Then the order in which jobs are done
    /// does not matter, nor how often: whatever changes after a fetch has an event of its own, and so
    /// a job that is queued later and fetches later. What was fetched for the job that was queued last
    /// is right, or will be overwritten by one that is still to come; so an account takes nothing from
    /// a job that was queued before the last that it was brought in line with (`reflected_at`).
    async fn reflect(&self, job: &Job, standing: &Standing) -> Result<Reflected, StoreFault>;

    /// Claims jobs of one kind that are due, for as long as a lease. At most `limit`, the longest due
    /// first.
    async fn claim_jobs(
        &self,
        kind: JobKind,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Job>, StoreFault>;

    /// A claimed job is done, or given up for `error`.
    async fn finish_job(&self, job: &Job, error: Option<&str>) -> Result<(), WriteFault>;

    /// A claimed job is to be tried again after so long, by the database's clock: to one that is behind it would be
    /// due at once, and again and again. `error` says why.
    async fn retry_job(&self, job: &Job, after: Duration, error: &str) -> Result<(), WriteFault>;

    /// Strips personal data from journals that have rested since before `rested_before`, forgets
    /// idempotency keys of registrations begun before `begun_before`, deletes finished jobs, and what
    /// gateways told, as old as the journals; and deletes journeys that have expired. Of those that led to a
    /// registration that is not undone it removes profile, card and plan, and deletes them when that is
    /// stripped. A journal is not stripped while a second look at it is queued, which searches by the address, nor
    /// before the journey that led to it is emptied. At most `limit` of each; returns how many rows changed.
    async fn forget(
        &self,
        rested_before: Timestamp,
        begun_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreFault>;
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::saga::tests::samples::{NOW, Plan, registration};

    #[test]
    fn only_who_waits_for_the_address_from_the_beginning_is_in_nobodys_hands() {
        let owner = OwnerId(Uuid::from_u128(1));
        let mut begun = registration(Plan::Paid);
        begun.act_by = Some(NOW);
        assert_eq!(NewRegistration::of(&begun, owner).waits_until(), None);
        begun.status = Status::AwaitingVerification;
        assert_eq!(NewRegistration::of(&begun, owner).waits_until(), Some(NOW));
    }
}
