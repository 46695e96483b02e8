//! What always holds (protocol, section 6), looked at after every write and every effect at the gateway,
//! and once more when everything rests. Each check has a name, which says what is wrong when it fails.

mod at_rest;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use enlist_registration::ids::{Generation, JobId, OwnerId, RegistrationId};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::journey::AddressIs;
use enlist_registration::ports::{HeldSubscriptionState, NewRegistration, Proof};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::Order;
use enlist_registration::timeline::EventKind;

use crate::executor::locked;
use crate::faults::Fault;
use crate::gateway::Made;
use crate::http::Answer;
use crate::memory::{Account, Row, Tables};
use crate::world::{Wire, World};

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which check failed.
    pub check: &'static str,
    /// What was found.
    pub what: String,
}

/// What was written.
pub enum Written<'a> {
    /// A journal row.
    Begun(&'a NewRegistration<'a>),
    /// The row of a held registration.
    Moved(&'a Registration),
    /// An account, with the row.
    Opened(&'a Registration),
    /// Somebody holds it now.
    Claimed(&'a Registration, OwnerId, How),
}

/// How a registration came into somebody's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was due, or nobody held it any more.
    ByTime,
    /// By a signal.
    BySignal,
}

/// What was seen so far.
#[derive(Default)]
pub struct Checks {
    seen: Mutex<Seen>,
    looks: AtomicU64,
}

#[derive(Default)]
struct Seen {
    violations: Vec<Violation>,
    /// Where each registration stood when it was written last.
    statuses: BTreeMap<RegistrationId, Status>,
    /// Who works under each generation.
    owners: BTreeMap<(RegistrationId, Generation), OwnerId>,
    /// What each journey led to.
    led_to: BTreeMap<RegistrationId, Vec<RegistrationId>>,
    /// Journeys whose address was proved, and the links that proved it.
    proved: BTreeSet<RegistrationId>,
    links: BTreeSet<(RegistrationId, u32)>,
    /// Which registration each idempotency key began, as people were told.
    keys: BTreeMap<u64, RegistrationId>,
    /// What each key was answered once everything existed, of which registration.
    created: BTreeMap<(u64, RegistrationId), String>,
    /// Of whom the gateway did not tell everything.
    untold: BTreeSet<RegistrationId>,
    /// For whom a call arrived after whoever sent it had given up.
    late: BTreeSet<RegistrationId>,
}

impl Checks {
    /// What was not as it should be.
    pub fn violations(&self) -> Vec<Violation> {
        locked(&self.seen).violations.clone()
    }

    /// Whether anything was not as it should be.
    pub fn has_failed(&self) -> bool {
        !locked(&self.seen).violations.is_empty()
    }

    /// How often something was looked at.
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// An event of the gateway was never told.
    pub fn note_untold(&self, registration: RegistrationId) {
        locked(&self.seen).untold.insert(registration);
    }

    fn has_late(&self, registration: RegistrationId) -> bool {
        locked(&self.seen).late.contains(&registration)
    }

    /// A call arrived after whoever sent it had given up.
    pub fn note_late(&self, registration: RegistrationId) {
        locked(&self.seen).late.insert(registration);
    }

    /// Notes that something is not as it should be, unless `holds`.
    pub fn check(&self, check: &'static str, holds: bool, what: impl FnOnce() -> String) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        if !holds {
            let what = what();
            locked(&self.seen)
                .violations
                .push(Violation { check, what });
        }
    }
}

impl World {
    /// A write was made.
    pub fn after_write(&self, process: usize, written: &Written<'_>) {
        self.trace_write(written);
        let registration = match written {
            Written::Begun(new) => {
                self.check_beginning(new);
                new.registration
            }
            Written::Moved(registration) | Written::Opened(registration) => {
                self.check_writer(process, registration);
                registration
            }
            Written::Claimed(registration, owner, how) => {
                self.note_owner(registration, *owner);
                if *how == How::ByTime {
                    self.check_claim(registration.id);
                }
                registration
            }
        };
        self.check_turn(registration.id);
        if let Written::Opened(registration) = written {
            self.check_mail_is_queued(registration);
        }
        self.check_one(registration.id);
    }

    /// Something happened at the gateway.
    pub fn after_effect(
        &self,
        registration: RegistrationId,
        request: &'static str,
        answer: &impl std::fmt::Debug,
    ) {
        let row_is_there = self
            .memory
            .look(|tables| tables.rows.contains_key(&registration));
        self.checks
            .check("no_effect_without_a_durable_record", row_is_there, || {
                format!("{request} for {registration}, which is not in the journal: {answer:?}")
            });
        self.check_one(registration);
    }

    /// How one registration stands, at any moment.
    pub fn check_one(&self, id: RegistrationId) {
        let books = locked(&self.books);
        let made = books.of(id);
        self.memory.look(|tables| {
            let Some(row) = tables.rows.get(&id) else {
                return;
            };
            self.check_timeline(row);
            self.check_money(row, &made);
            let account = tables.accounts.get(&row.registration.intent.user);
            if let Some(account) = account {
                self.check_account(row, account, &made);
            }
            self.check_claims(tables, row);
            // After a doubt a second look finds what arrived late, and only that may be there for it.
            let is_clean = !row.registration.progress.doubted || !self.checks.has_late(id);
            if row.registration.status == Status::Undone && is_clean {
                self.check_nothing_is_left(row, account, &made);
            }
        });
    }

    /// Nobody writes under an old generation: it would stand behind what was written under a newer one.
    fn check_timeline(&self, row: &Row) {
        let written = row.events.iter().rev();
        let mut written = written.filter(|event| event.kind != EventKind::Rechecked);
        let (last, before) = (written.next(), written.next());
        let is_in_order = match (before, last) {
            (Some(before), Some(last)) => before.generation <= last.generation,
            _ => true,
        };
        self.checks
            .check("nobody_writes_under_an_old_generation", is_in_order, || {
                format!("{}: {before:?}, then {last:?}", row.registration.id)
            });
    }

    /// Invariant 2, as far as money goes: never charged twice, and not before it is allowed.
    fn check_money(&self, row: &Row, made: &Made<'_>) {
        let it = &row.registration;
        let kept = made.kept_charges();
        self.checks.check("charged_at_most_once", kept <= 1, || {
            format!("{} {:?}: {}", it.id, it.status, made.describe())
        });
        let is_early = it.intent.order != Order::VerifyAfter
            && it.verified_at.is_none()
            && made.charges().next().is_some();
        self.checks
            .check("nothing_is_charged_before_verification", !is_early, || {
                format!("{} {:?}: {}", it.id, it.status, made.describe())
            });
    }

    /// Invariant 2: a user has everything that belongs to one, at any moment.
    fn check_account(&self, row: &Row, account: &Account, made: &Made<'_>) {
        let it = &row.registration;
        let what =
            |missing: &str| format!("{} {:?}: {missing}: {}", it.id, it.status, made.describe());
        let is_opened = it.opened_at.is_some();
        self.checks.check(
            "account_and_journal_are_written_together",
            is_opened,
            || what("it was not opened"),
        );
        let mut customers = made.live_customers();
        let lives = customers.any(|customer| Some(&customer.id) == account.customer.as_ref());
        self.checks
            .check("customer_of_the_account_lives", lives, || {
                what("no such customer")
            });
        let is_paid_now = it.intent.paid_plan().is_some()
            && (it.intent.order != Order::ChargeAtVerification || it.status == Status::Registered);
        if !is_paid_now {
            return;
        }
        let active = made.live_subscriptions();
        let active = active.filter(|it| it.state == HeldSubscriptionState::Active);
        let ids: Vec<_> = active.map(|it| it.subscription.id.clone()).collect();
        let is_the_one = ids.len() == 1 && account.subscription.as_ref() == ids.first();
        self.checks
            .check("account_has_its_one_subscription", is_the_one, || {
                what(&format!("{:?} in the tables", account.subscription))
            });
        let is_paid = made.kept_charges() == 1;
        self.checks
            .check("account_is_paid_once", is_paid, || what("not paid once"));
    }

    /// Invariant 1.
    fn check_claims(&self, tables: &Tables, row: &Row) {
        let it = &row.registration;
        let email = it.intent.email.normalised();
        let holder = tables.held.get(email);
        let holds = match it.status.rests() {
            true => holder != Some(&it.id),
            false => holder == Some(&it.id),
        };
        self.checks
            .check("address_is_held_while_under_way", holds, || {
                format!("{} {:?}: {email} is held by {holder:?}", it.id, it.status)
            });
        let accounts = tables
            .accounts
            .values()
            .filter(|account| account.email == email);
        let accounts = accounts.count();
        self.checks
            .check("one_account_per_address", accounts <= 1, || {
                format!("{accounts} accounts of {email}")
            });
    }

    /// Invariant 3.
    fn check_nothing_is_left(&self, row: &Row, account: Option<&Account>, made: &Made<'_>) {
        let it = &row.registration;
        let nothing = made.live_customers().next().is_none()
            && made.live_subscriptions().next().is_none()
            && made.kept_charges() == 0;
        self.checks
            .check("undone_leaves_nothing_at_the_gateway", nothing, || {
                format!("{}: {}", it.id, made.describe())
            });
        self.checks
            .check("undone_leaves_no_account", account.is_none(), || {
                format!("{}: {account:?}", it.id)
            });
    }

    /// Decision D2, and that rest is rest.
    fn check_turn(&self, id: RegistrationId) {
        // Not as the writer has it: what was made before may have been followed by more.
        let row = |tables: &Tables| tables.rows.get(&id).map(|row| row.registration.status);
        let Some(status) = self.memory.look(row) else {
            return;
        };
        let before = locked(&self.checks.seen).statuses.insert(id, status);
        let may = match before {
            Some(Status::Undoing) => matches!(status, Status::Undoing | Status::Undone),
            Some(rested @ (Status::Registered | Status::Undone)) => status == rested,
            _ => true,
        };
        self.checks
            .check("an_undoing_never_turns_forward", may, || {
                format!("{id}: {before:?}, then {status:?}")
            });
    }

    fn check_beginning(&self, new: &NewRegistration<'_>) {
        let id = new.registration.id;
        let status = |tables: &Tables, id: &RegistrationId| {
            tables.rows.get(id).map(|row| row.registration.status)
        };
        self.note_owner(new.registration, new.owner);
        let Some(journey) = new.journey else {
            return;
        };
        let (led_to, is_proved) = {
            let mut seen = locked(&self.checks.seen);
            let led_to = seen.led_to.entry(journey).or_default();
            let before = led_to.clone();
            if !led_to.contains(&id) {
                led_to.push(id);
            }
            (before, seen.proved.contains(&journey))
        };
        self.checks.check("journeys_are_proved", is_proved, || {
            format!("{journey} led to {id}, and nobody had proved its address")
        });
        let others = led_to.iter().filter(|other| **other != id);
        let undone = self.memory.look(|tables| {
            others
                .into_iter()
                .all(|other| status(tables, other) == Some(Status::Undone))
        });
        self.checks
            .check("one_registration_per_journey", undone, || {
                format!("{journey} led to {led_to:?} before {id}")
            });
    }

    /// A journey takes an entry only while nothing that it led to is under way or done.
    pub fn check_entry(&self, journey: RegistrationId) {
        let led_to = locked(&self.checks.seen).led_to.get(&journey).cloned();
        let led_to = led_to.unwrap_or_default();
        let undone = self.memory.look(|tables| {
            let mut rows = led_to.iter().filter_map(|id| tables.rows.get(id));
            rows.all(|row| row.registration.status == Status::Undone)
        });
        self.checks
            .check("closed_journeys_take_nothing", undone, || {
                format!("{journey} led to {led_to:?}")
            });
    }

    /// Each link proves an address once.
    pub fn check_proof(&self, journey: RegistrationId, proof: Proof) {
        let is_first = {
            let mut seen = locked(&self.checks.seen);
            seen.proved.insert(journey);
            match proof {
                Proof::Link { serial, .. } => seen.links.insert((journey, serial)),
                Proof::Code => true,
            }
        };
        self.checks.check("links_work_once", is_first, || {
            format!("{journey}: {proof:?}")
        });
    }

    /// Invariant 9: no mail without a committed job.
    pub fn check_mail(&self, job: JobId, registration: RegistrationId) {
        let is_there = self.memory.look(|tables| tables.jobs.contains_key(&job));
        self.checks.check("no_mail_without_a_commit", is_there, || {
            format!("mail {job} of {registration}")
        });
    }

    /// Invariant 9: a mail's job is done only once the mail was accepted, or nobody needs it.
    pub fn check_finished_job(&self, job: &Job) {
        let is_mail = matches!(job.kind, JobKind::VerificationMail | JobKind::JourneyMail);
        if !is_mail {
            return;
        }
        let is_needed = self.memory.look(|tables| match job.kind {
            // To where mail is refused none is sent.
            JobKind::JourneyMail => {
                let row = tables.journeys.get(&job.registration);
                row.is_none_or(|row| row.journey.address_is() != AddressIs::Refused)
            }
            _ => {
                let row = tables.rows.get(&job.registration);
                row.is_some_and(|row| row.registration.status == Status::AwaitingVerification)
            }
        });
        // Whoever found that nobody needs it may be overtaken by nothing: no wait begins twice.
        let is_sent = self.post.has_accepted(job.id) || !is_needed;
        self.checks
            .check("every_mail_is_sent", is_sent, || format!("{job:?}"));
    }

    fn check_mail_is_queued(&self, registration: &Registration) {
        if registration.status != Status::AwaitingVerification {
            return;
        }
        let is_queued = self.memory.look(|tables| {
            let mut jobs = tables.jobs.values().map(|row| &row.job);
            jobs.any(|job| {
                job.registration == registration.id && job.kind == JobKind::VerificationMail
            })
        });
        self.checks
            .check("the_mail_is_queued_with_the_account", is_queued, || {
                registration.id.to_string()
            });
    }

    /// Whoever writes is who claimed it last.
    fn check_writer(&self, process: usize, registration: &Registration) {
        let key = (registration.id, registration.lease.generation);
        let owner = locked(&self.checks.seen).owners.get(&key).copied();
        let writes = self.engine(process).map(|engine| engine.owner());
        // A process that died just now has written what it wrote.
        let is_owner = writes.is_none() || owner == writes;
        self.checks
            .check("one_driver_per_generation", is_owner, || {
                format!("{key:?} is {owner:?}'s, and {writes:?} writes")
            });
    }

    /// Nobody is taken from who holds a lease.
    fn check_claim(&self, id: RegistrationId) {
        let now = self.executor.now();
        let claimed_from = self.memory.look(|tables| {
            let row = tables.rows.get(&id);
            row.and_then(|row| row.claimed_from)
        });
        let was_free = claimed_from.is_none_or(|end| end <= now);
        self.checks.check("leases_are_respected", was_free, || {
            format!("{id} was claimed at {now} from a lease until {claimed_from:?}")
        });
    }

    fn note_owner(&self, registration: &Registration, owner: OwnerId) {
        let key = (registration.id, registration.lease.generation);
        let before = locked(&self.checks.seen).owners.insert(key, owner);
        let is_alone = before.is_none_or(|before| before == owner);
        self.checks
            .check("one_driver_per_generation", is_alone, || {
                format!("{key:?} is {before:?}'s and {owner:?}'s")
            });
    }

    /// The same key is told the same registration.
    pub fn check_key(&self, key: u64, registration: RegistrationId) {
        let before = *locked(&self.checks.seen)
            .keys
            .entry(key)
            .or_insert(registration);
        // Keys are forgotten after a day: where clocks are a day apart, at once (docs/decisions/0028).
        let clocks = [Fault::ClockAhead, Fault::ClockBehind];
        let may_be_forgotten = self.wire == Wire::Http
            && clocks
                .iter()
                .any(|clock| self.weather.tally().of(*clock) > 0);
        let is_one = before == registration || may_be_forgotten;
        self.checks.check("one_registration_per_key", is_one, || {
            format!("key {key} began {before} and {registration}")
        });
    }

    /// The same key is told the same, once it is told that everything exists.
    pub fn check_same_answer(&self, key: u64, answer: &Answer) {
        let Some(registration) = answer.registration().filter(|_| answer.status == 201) else {
            return;
        };
        let text = &answer.text;
        let before = {
            let mut seen = locked(&self.checks.seen);
            let created = seen.created.entry((key, registration));
            created.or_insert_with(|| text.clone()).clone()
        };
        self.checks
            .check("the_same_key_gets_the_same_answer", before == *text, || {
                format!("key {key}: {before}, and then {text}")
            });
    }

    fn trace_write(&self, written: &Written<'_>) {
        let (registration, owner) = match written {
            Written::Begun(new) => (new.registration, Some(new.owner)),
            Written::Moved(it) | Written::Opened(it) => (*it, None),
            Written::Claimed(it, owner, _) => (*it, Some(*owner)),
        };
        let generation = registration.lease.generation.0.cast_unsigned();
        let owner = owner.map_or(0, |owner| owner.0.as_u64_pair().1);
        let id = registration.id.0.as_u64_pair().1;
        let word = id ^ owner.rotate_left(7) ^ generation ^ ((registration.status as u64) << 56);
        self.note(word, String::new);
    }
}
