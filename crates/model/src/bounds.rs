//! How much may happen in one search, and which bug is planted.

use std::time::Duration;

use enlist_domain::sign_up::{CardRequirement, Field, RawSignUp, SignUp, SignUpRules};
use enlist_domain::{Country, PlanCatalogue};
use enlist_registration::engine::Terms;
use enlist_registration::limits::Limits;
use enlist_registration::steps::Order;

use crate::facts::{HOUR, Seconds, TICK};
use crate::model::{Left, Registrations};
use crate::script::Theatre;
use crate::settling::Settled;

/// The budget going forward: a lease and a half, a doubt and a half.
const DEADLINE: Seconds = 3 * TICK;

/// How much may happen in one search.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// In which order the steps are taken.
    pub order: Order,
    /// The plan costs something.
    pub paid: bool,
    /// A second registration is begun for the same address.
    pub rival: bool,
    /// There are two second looks, and not only the last.
    pub both_looks: bool,
    /// What may go wrong.
    pub left: Left,
    /// How often a remote step is tried going forward.
    pub attempts: u32,
    /// How much time passes at once where seconds matter: [`TICK`], or twice as much.
    pub tick: Seconds,
    /// Of every state it is asked whether it comes to rest.
    pub looks_ahead: bool,
    /// A planted bug.
    pub plant: Option<Plant>,
}

/// A bug, planted around the production code, or in how it is put to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The journal takes a write under whatever generation.
    NoGenerations,
    /// The journal takes a write whatever status it has.
    NoExpectedStatus,
    /// Whoever sweeps works under the generation of whoever fell silent.
    SameGeneration,
    /// Whoever sweeps does not suppose that its predecessor may have sent anything.
    NoTakeover,
    /// The decision to undo is not committed: what is written next says so first.
    UndoBeforeCommit,
    /// The first call goes out before the journal row is on the disk.
    RowNotDurable,
    /// Nobody looks a second time.
    NoSecondLook,
    /// A doubt is heard as "it did not happen, and will not".
    DoubtIsRejection,
    /// The gateway's lists lag: what was made is not in them.
    ListsLag,
    /// Two registrations may claim one address.
    NoUniqueAddress,
    /// The gateway does not know its keys.
    NoKeys,
    /// Nobody sweeps.
    NoSweeping,
}

impl Plant {
    /// Every bug that shows. [`Self::NoExpectedStatus`] does not: generations alone are enough.
    pub const ALL: [Self; 11] = [
        Self::NoGenerations,
        Self::SameGeneration,
        Self::NoTakeover,
        Self::UndoBeforeCommit,
        Self::RowNotDurable,
        Self::NoSecondLook,
        Self::DoubtIsRejection,
        Self::ListsLag,
        Self::NoUniqueAddress,
        Self::NoKeys,
        Self::NoSweeping,
    ];

    /// The least that must go wrong for it to show.
    pub fn bounds(self) -> Bounds {
        let mut bounds = Bounds::small(Order::VerifyAfter);
        bounds.plant = Some(self);
        let left = &mut bounds.left;
        match self {
            Self::NoGenerations | Self::NoExpectedStatus | Self::SameGeneration => left.pauses = 1,
            Self::NoTakeover => (left.crashes, left.losses) = (1, 1),
            Self::UndoBeforeCommit | Self::RowNotDurable => left.crashes = 1,
            Self::NoSecondLook => (left.pauses, left.faults) = (1, 1),
            Self::DoubtIsRejection | Self::NoKeys => left.faults = 1,
            Self::ListsLag => left.faults = 1,
            Self::NoUniqueAddress => bounds.rival = true,
            Self::NoSweeping => left.crashes = 1,
        }
        bounds
    }
}

impl Bounds {
    /// Bounds within which nothing goes wrong, but for a card that is declined, and people who do nothing.
    pub fn small(order: Order) -> Self {
        Self {
            order,
            paid: true,
            rival: false,
            both_looks: false,
            left: Left {
                faults: 0,
                crashes: 0,
                pauses: 0,
                losses: 0,
                operator: 0,
                days: 0,
                questions: 0,
                notices: 0,
            },
            attempts: 2,
            tick: 2 * TICK,
            looks_ahead: true,
            plant: None,
        }
    }

    /// The budget going forward.
    pub fn deadline(&self) -> Seconds {
        DEADLINE
    }

    /// The numbers that the engine works by. Their order is the production's: a call may take less than
    /// a lease, a lease less than a doubt, a doubt less than the budget, and a person has longer than all
    /// of them. There are no pauses but those that outlast a doubt, because a pause that is slept through
    /// is nothing but a driver that is slow, and each may be.
    fn limits(&self) -> Limits {
        let seconds = |seconds: Seconds| Duration::from_secs(u64::from(seconds.unsigned_abs()));
        Limits {
            deadline: seconds(DEADLINE),
            call_timeout: seconds(TICK),
            attempts: self.attempts,
            first_pause: Duration::ZERO,
            longest_pause: Duration::ZERO,
            verify_within: seconds(HOUR),
            act_within: seconds(HOUR),
            look_again_after: seconds(2 * TICK),
            ..Limits::default()
        }
    }

    /// The model within these bounds.
    pub fn model(self) -> Registrations {
        let terms = Terms {
            order: self.order,
            language: None,
        };
        let without_takeover = self.plant == Some(Plant::NoTakeover);
        Registrations {
            theatre: Theatre::new(sign_up(self.paid), terms, self.limits(), without_takeover),
            bounds: self,
            settled: Settled::default(),
        }
    }
}

fn sign_up(paid: bool) -> SignUp {
    let mut form = RawSignUp::default();
    let person = [
        (Field::Email, "jane@example.org"),
        (Field::Password, "correct horse battery staple 42"),
        (Field::FirstName, "Jane"),
        (Field::LastName, "Doe"),
        (Field::Address, "1 Main Street"),
        (Field::City, "Springfield"),
        (Field::State, "IL"),
        (Field::Zip, "62701"),
        (Field::Plan, if paid { "pro" } else { "free" }),
        (Field::PaymentMethod, "pm_card_visa"),
    ];
    for (field, value) in person {
        form.set(field, value.to_owned());
    }
    let rules = SignUpRules {
        plans: &PlanCatalogue::default(),
        card: CardRequirement::Required,
        accept_raw_cards: false,
        default_country: Country::UNITED_STATES,
        today: jiff::civil::date(2026, 11, 23),
    };
    match form.parse(&rules) {
        Ok(sign_up) => sign_up,
        Err(faults) => unreachable!("the form is filled in: {faults:?}"),
    }
}
