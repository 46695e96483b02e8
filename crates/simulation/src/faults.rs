//! What goes wrong, how often, and how often it did.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::chance::Chance;

/// Declares the faults: each with its name for people, how often it strikes an opportunity in a storm,
/// and what an opportunity is.
macro_rules! faults {
    ($($name:ident, $text:literal, $rate:literal, $at:ident;)*) => {
        /// Something that goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $(#[doc = $text] $name,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// In words.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// How often it strikes, of all opportunities, in a storm.
            pub fn rate(self) -> f64 {
                match self { $(Self::$name => $rate,)* }
            }

            /// What it can strike.
            pub fn opportunity(self) -> Opportunity {
                match self { $(Self::$name => Opportunity::$at,)* }
            }
        }
    };
}

/// What a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opportunity {
    /// Each call to the gateway.
    Call,
    /// Each write to the database.
    Write,
    /// Each await of a process.
    Await,
    /// Each process, once a while.
    Process,
    /// Each event of the gateway.
    Webhook,
    /// Each mail.
    Mail,
    /// Each request of a person.
    Person,
    /// Each run.
    Run,
    /// Each request by HTTP.
    Connection,
}

faults! {
    Refused, "call refused: connection or 429 without having happened", 0.02, Call;
    RateLimited, "429 with a time to wait", 0.02, Call;
    BadGatewayBefore, "502, and nothing happened", 0.02, Call;
    BadGatewayAfter, "502 after it happened", 0.03, Call;
    ReplyLost, "it happened, and the reply never came", 0.03, Call;
    RequestLost, "the request never arrived, and nobody said so", 0.02, Call;
    StoredBefore, "500 that is stored and replayed, and nothing happened", 0.01, Call;
    StoredAfter, "500 that is stored and replayed, and it happened", 0.015, Call;
    Delayed, "arrived after the caller had given up", 0.015, Call;
    DelayedPastLease, "arrived after the lease had expired", 0.01, Call;
    DelayedVeryLong, "arrived long after anybody could wait for it", 0.004, Call;
    Repeated, "delivered twice", 0.02, Call;
    RepeatedLate, "delivered once more, later", 0.01, Call;
    Rejected, "refused as a fault of ours, for a moment", 0.002, Call;
    KeysForgotten, "the gateway forgot its keys, after a day", 0.03, Run;
    WebhookFirst, "webhook before the response", 0.2, Webhook;
    WebhookRepeated, "webhook repeated", 0.15, Webhook;
    WebhookLate, "webhook late", 0.15, Webhook;
    WebhookNever, "webhook never", 0.1, Webhook;
    CommitRefused, "commit refused", 0.01, Write;
    CommitLost, "commit made, and reported as lost", 0.01, Write;
    RecordLost, "a record that nobody waited for lost", 0.02, Write;
    DatabaseSlow, "the database stood still", 0.002, Write;
    Crash, "a process died at an await", 0.002, Await;
    PowerFailure, "all processes died, and what was not on disk is lost", 0.15, Process;
    Pause, "a process stood still for less than its lease", 0.2, Process;
    PausePastLease, "a process stood still for longer than its lease", 0.2, Process;
    LongOutage, "no process ran for more than a day", 0.02, Process;
    ClockAhead, "a process's clock was a day ahead", 0.1, Process;
    ClockBehind, "a process's clock was a day behind", 0.1, Process;
    MailRefused, "mail refused for good", 0.03, Mail;
    MailDelayed, "mail refused for now", 0.1, Mail;
    MailAnswerLost, "mail accepted, and the answer lost", 0.05, Mail;
    MailBounced, "mail accepted, then bounced", 0.03, Mail;
    ActionAbandoned, "the person never answered their bank", 0.15, Person;
    VerificationAbandoned, "the person never verified the address", 0.1, Person;
    PageAbandoned, "the person left halfway", 0.1, Person;
    Disconnected, "the person's connection broke, and they tried again with the same key", 0.1, Person;
    DisconnectedWithoutKey, "the person's connection broke, and they tried again without a key", 0.1, Person;
    SentTwice, "the person sent the same at once", 0.05, Person;
    OperatorUndid, "an operator undid it", 0.02, Person;
    RequestCutOff, "half of a request arrived", 0.02, Connection;
    AnswerLost, "the person never got the answer", 0.03, Connection;
}

impl Fault {
    /// Those that there are without HTTP too: the others come last, and no chance is drawn for how frequent
    /// they are, so that a seed is the same run without them.
    const EVERYWHERE: &'static [Self] = Self::ALL.split_at(Self::RequestCutOff as usize).0;
}

/// The faults of one run: what strikes, and what has struck.
pub struct Weather {
    chance: Chance,
    /// How much of each fault's rate holds: 0 in calm weather, 1 in a storm.
    share: Vec<f64>,
    /// Faults that are over.
    has_cleared: AtomicBool,
    hits: Vec<AtomicU64>,
    chances: Vec<AtomicU64>,
    /// The ordinal numbers of the strikes that are to be left out, for whoever looks for the fewest that
    /// are needed.
    spared: Vec<u64>,
    struck: AtomicU64,
}

/// How much of its rate a fault has that is frequent in a run.
const FREQUENT: f64 = 12.0;

/// The weather of runs: one of ten is calm, half of the others have only a few kinds of faults, so that each
/// kind is also seen without the others, and in half of them a few kinds are frequent.
impl Weather {
    /// Of a run's seed.
    pub fn of(chance: Chance, spared: Vec<u64>) -> Self {
        let strength = match chance.below(10) {
            0 => 0.0,
            1..=4 => 0.4,
            5..=7 => 1.0,
            _ => 2.0,
        };
        let kinds_are_few = chance.strikes(0.5);
        let mut share: Vec<f64> = Fault::EVERYWHERE
            .iter()
            .map(|_| match kinds_are_few && chance.strikes(0.7) {
                true => 0.0,
                false => strength,
            })
            .collect();
        // A few are frequent, so that what takes two rare ones at once is seen too.
        if strength > 0.0 && chance.strikes(0.5) {
            for _ in 0..1 + chance.below(3) {
                share[chance.below(Fault::EVERYWHERE.len())] = FREQUENT;
            }
        }
        share.resize(Fault::ALL.len(), strength);
        let counters = || Fault::ALL.iter().map(|_| AtomicU64::new(0)).collect();
        Self {
            chance,
            share,
            has_cleared: AtomicBool::new(false),
            hits: counters(),
            chances: counters(),
            spared,
            struck: AtomicU64::new(0),
        }
    }

    /// Whether a fault strikes now.
    pub fn strikes(&self, fault: Fault) -> bool {
        self.strikes_at(fault, 1.0)
    }

    /// Whether a fault strikes now, at so many times its rate.
    pub fn strikes_at(&self, fault: Fault, times: f64) -> bool {
        if self.has_cleared() {
            return false;
        }
        let index = fault as usize;
        self.chances[index].fetch_add(1, Ordering::Relaxed);
        let rate = fault.rate() * self.share[index] * times;
        if !self.chance.strikes(rate) {
            return false;
        }
        let ordinal = self.struck.fetch_add(1, Ordering::Relaxed);
        if self.spared.contains(&ordinal) {
            return false;
        }
        self.hits[index].fetch_add(1, Ordering::Relaxed);
        true
    }

    /// The first of several that strikes.
    pub fn first_of(&self, faults: &[Fault]) -> Option<Fault> {
        faults.iter().copied().find(|fault| self.strikes(*fault))
    }

    /// From now on nothing goes wrong any more.
    pub fn clear(&self) {
        self.has_cleared.store(true, Ordering::Relaxed);
    }

    /// Whether nothing goes wrong any more.
    pub fn has_cleared(&self) -> bool {
        self.has_cleared.load(Ordering::Relaxed)
    }

    /// How often faults have struck or would have.
    pub fn struck(&self) -> u64 {
        self.struck.load(Ordering::Relaxed)
    }

    /// How often each has struck, and how often it could have.
    pub fn tally(&self) -> Tally {
        let read = |counters: &[AtomicU64]| {
            let counters = counters.iter();
            counters.map(|it| it.load(Ordering::Relaxed)).collect()
        };
        Tally {
            hits: read(&self.hits),
            chances: read(&self.chances),
        }
    }
}

/// How often each fault has struck, of how many opportunities, in the order of [`Fault::ALL`].
#[derive(Clone, Debug)]
pub struct Tally {
    /// Strikes.
    pub hits: Vec<u64>,
    /// Opportunities.
    pub chances: Vec<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            hits: vec![0; Fault::ALL.len()],
            chances: vec![0; Fault::ALL.len()],
        }
    }
}

impl Tally {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        add(&mut self.hits, &other.hits);
        add(&mut self.chances, &other.chances);
    }

    /// How often one fault has struck.
    pub fn of(&self, fault: Fault) -> u64 {
        self.hits[fault as usize]
    }
}
