//! What the run amounted to, for a person.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::gateway::Gateway;
use super::stripe::{Deliveries, WAYS};
use super::telling::Told;
use super::walks::{Said, Stage};
use super::world::World;
use super::{accounts, checks};

/// Counts of one run.
#[derive(Default)]
pub struct Figures {
    /// Nobody answers in the place of what was killed.
    pub is_one_process: bool,
    pub kills: u32,
    pub kills_at_start: u32,
    pub pauses: u32,
    /// Of a gateway beside the service.
    pub gateway_pauses: u32,
    /// How long it took, after the last request, until everything was at rest.
    pub settled_after: Duration,
    /// And until every answer to a bank was noticed.
    pub noticed_after: Duration,
    begun: usize,
    taken_over: usize,
    /// How many registrations stand how; those undone by reason.
    standing: BTreeMap<String, u32>,
    statuses: BTreeMap<u16, u32>,
    unanswered: u32,
    repeated_keys: usize,
    mails: usize,
    /// Journeys in three steps, by what became of them.
    walks: BTreeMap<&'static str, u32>,
    /// Of which steps the connection broke.
    cut_at: BTreeMap<Stage, u32>,
    banks: BTreeMap<String, u32>,
    beside: Option<Beside>,
    orphans: usize,
    double_charges: usize,
}

/// What a gateway beside the service has to say.
struct Beside {
    calls: u64,
    deliveries: Deliveries,
    /// Events recorded, however often they were delivered.
    news: usize,
}

impl Figures {
    pub fn count(&mut self, world: &World, told: &Told, gateway: &Gateway) {
        self.begun = world.registrations.len();
        let registrations = || world.registrations.values();
        self.taken_over = registrations().filter(|it| it.generation > 1).count();
        for registration in registrations() {
            let standing = match &registration.failure {
                Some(reason) => format!("{} ({reason})", registration.status),
                None => registration.status.clone(),
            };
            *self.standing.entry(standing).or_default() += 1;
        }
        self.statuses.clone_from(&told.statuses);
        self.unanswered = told.unanswered;
        let answers = told.by_key.values();
        self.repeated_keys = answers.filter(|(_, answers)| answers.len() > 1).count();
        self.mails = told.mails.len();
        self.cut_at.clone_from(&told.cut_at);
        for (id, said) in &told.walks {
            *self.walks.entry(outcome(said)).or_default() += 1;
            if !world.pending.contains_key(id) {
                *self.walks.entry(FORGOTTEN).or_default() += 1;
            }
        }
        self.banks.clone_from(&told.banks);
        self.beside = gateway.beside().map(|stripe| Beside {
            calls: stripe.calls(),
            deliveries: stripe.deliveries(),
            news: world.news,
        });
        self.orphans = checks::orphans(world, told);
        self.double_charges = accounts::not_charged_once(world, told).len();
    }
}

/// What becomes of a journey in three steps. One that is forgotten was something else before.
const REGISTERED: &str = "registered";
const LEFT: &str = "left before the last step";
const FORGOTTEN: &str = "forgotten by the end";

fn outcome(said: &Said) -> &'static str {
    match (said.is_meant, said.opened.is_empty()) {
        (_, false) => REGISTERED,
        (true, true) => "completed in vain",
        (false, true) => LEFT,
    }
}

/// So many kills surely see everything that a person can do.
const KILLS_THAT_TELL: u32 = 50;

impl Figures {
    /// A long run of one process has cut journeys off at every step, and has seen them end in every way.
    fn expect_every_step(&self) {
        if !self.is_one_process || self.kills < KILLS_THAT_TELL {
            return;
        }
        for stage in Stage::ALL {
            assert!(
                self.cut_at.contains_key(&stage),
                "never cut off at {stage:?}"
            );
        }
        for outcome in [REGISTERED, LEFT, FORGOTTEN] {
            assert!(self.walks.contains_key(outcome), "no journey was {outcome}");
        }
    }

    /// A long run has seen confirmations that were learnt of in each way.
    pub fn expect_every_way(&self) {
        self.expect_every_step();
        if self.beside.is_none() || self.kills < KILLS_THAT_TELL {
            return;
        }
        for way in WAYS {
            let confirmed = format!("Confirm: {way}");
            assert!(self.banks.contains_key(&confirmed), "never {confirmed}");
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kills,
            kills_at_start,
            pauses,
            begun,
            taken_over,
            ..
        } = self;
        writeln!(
            f,
            "{kills} kills ({kills_at_start} while starting), {pauses} pauses"
        )?;
        writeln!(f, "{begun} registrations begun, {taken_over} changed hands")?;
        let settled_after_ms = self.settled_after.as_millis();
        writeln!(
            f,
            "all at rest {settled_after_ms} ms after the last request"
        )?;
        for (standing, count) in &self.standing {
            writeln!(f, "    {count:>6} {standing}")?;
        }
        let Self {
            unanswered,
            repeated_keys,
            mails,
            ..
        } = self;
        let statuses = &self.statuses;
        writeln!(f, "answers {statuses:?}, {unanswered} connections broke")?;
        writeln!(
            f,
            "{repeated_keys} keys answered more than once, {mails} mails"
        )?;
        writeln!(f, "banks {:?}", self.banks)?;
        writeln!(f, "journeys {:?}, cut off at {:?}", self.walks, self.cut_at)?;
        self.tell_of_the_gateway(f)?;
        let Self {
            orphans,
            double_charges,
            ..
        } = self;
        write!(
            f,
            "{orphans} orphans, {double_charges} accounts not charged exactly once"
        )
    }
}

impl Figures {
    fn tell_of_the_gateway(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Beside {
            calls,
            deliveries,
            news,
        }) = &self.beside
        else {
            return Ok(());
        };
        let Deliveries {
            delivered,
            given_up,
            ..
        } = deliveries;
        let (pauses, noticed_after_ms) = (self.gateway_pauses, self.noticed_after.as_millis());
        writeln!(f, "the gateway was paused {pauses} times, {calls} calls")?;
        writeln!(
            f,
            "{delivered} webhooks delivered, {given_up} given up; {news} events recorded"
        )?;
        writeln!(
            f,
            "every answer to a bank noticed after {noticed_after_ms} ms more"
        )
    }
}
