//! The gate that every call of the engine to the world goes through, on the way there and on the way
//! back. It keeps the list of calls, and does to them what a cell of the matrix asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard};
use std::task::Poll;

use enlist_gateways::sandbox::Operation;

/// A call of the engine to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Gateway(Operation),
    Store(StoreCall),
}

/// The calls to the store that the engine makes on the way to a registration, and while one is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StoreCall {
    EmailIsTaken,
    Begin,
    Record,
    Save,
    Park,
    OpenAccount,
    CloseAccount,
    Rest,
    RenewLease,
    ClaimDue,
    Signal,
    BeginJourney,
    CountJourneyCode,
    VerifyJourney,
    Enter,
    AskForJourneyMail,
    HasAccount,
}

impl StoreCall {
    pub(crate) const ALL: [Self; 17] = [
        Self::EmailIsTaken,
        Self::Begin,
        Self::Record,
        Self::Save,
        Self::Park,
        Self::OpenAccount,
        Self::CloseAccount,
        Self::Rest,
        Self::RenewLease,
        Self::ClaimDue,
        Self::Signal,
        Self::BeginJourney,
        Self::CountJourneyCode,
        Self::VerifyJourney,
        Self::Enter,
        Self::AskForJourneyMail,
        Self::HasAccount,
    ];

    /// Whether it is made for somebody who signs up in three steps, and by nobody who drives.
    pub(crate) fn is_of_a_journey(self) -> bool {
        matches!(
            self,
            Self::BeginJourney
                | Self::CountJourneyCode
                | Self::VerifyJourney
                | Self::Enter
                | Self::AskForJourneyMail
                | Self::HasAccount
        )
    }
}

/// On the way to the world, or on the way back with the effect done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

impl Side {
    pub(crate) const ALL: [Self; 2] = [Self::Before, Self::After];
}

/// One moment of a run: before or after the so-manieth call of a kind, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) call: Call,
    pub(crate) nth: u32,
    pub(crate) side: Side,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(f, "{side} {:?} #{}", self.call, self.nth)
    }
}

/// What is done to calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strike {
    /// Whoever makes the call stands still at this point, until released or dropped.
    StopAt(Point),
    /// The store fails before it does anything, so often.
    Refuse(StoreCall, u32),
    /// The store does it, and fails to say so, so often.
    LoseAnswer(StoreCall, u32),
    /// The network delivers each call of the operation twice.
    Twice(Operation),
    /// So many calls of the operation are on the way for long: unanswered, and without effect until
    /// they are delivered.
    HoldUp(Operation, u32),
    /// What is held up is delivered at this point.
    DeliverAt(Point),
    /// An account with the address is there when this is called.
    AccountAppears(StoreCall),
}

/// What is to become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    Free,
    Fails,
    Doubled,
    HeldUp,
    EmailHasAccount,
}

/// Somebody who stands still at the gate.
#[derive(Clone, Copy)]
pub(crate) struct Stopped(u32);

/// A call that is on its way for long.
pub(crate) type Parcel = Box<dyn FnOnce() + Send>;

#[derive(Default)]
pub(crate) struct Gate(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    calls: Vec<Call>,
    counts: BTreeMap<Call, u32>,
    wide_searches: u32,
    strikes: Vec<Armed>,
    parcels: Vec<Parcel>,
    /// How many have stood still so far, how many of them were seen, and which may go on.
    stopped: u32,
    seen: u32,
    released: BTreeSet<u32>,
}

struct Armed {
    strike: Strike,
    left: u32,
    hits: u32,
}

impl Gate {
    /// Does something to calls from now on.
    pub(crate) fn arm(&self, strike: Strike) {
        let left = match strike {
            Strike::StopAt(_) | Strike::DeliverAt(_) | Strike::AccountAppears(_) => 1,
            Strike::Refuse(_, times) | Strike::LoseAnswer(_, times) | Strike::HoldUp(_, times) => {
                times
            }
            Strike::Twice(_) => u32::MAX,
        };
        let armed = Armed {
            strike,
            left,
            hits: 0,
        };
        self.lock().strikes.push(armed);
    }

    /// From here on every call passes; how often each strike hit.
    pub(crate) fn disarm(&self) -> Vec<(Strike, u32)> {
        let strikes = std::mem::take(&mut self.lock().strikes);
        strikes
            .into_iter()
            .map(|armed| (armed.strike, armed.hits))
            .collect()
    }

    pub(crate) fn has_hit(&self) -> bool {
        self.lock().strikes.iter().any(|armed| armed.hits > 0)
    }

    /// Every call so far, in order, with its number among its kind.
    pub(crate) fn calls(&self) -> Vec<(Call, u32)> {
        let mut counts: BTreeMap<Call, u32> = BTreeMap::new();
        let calls = self.lock().calls.clone();
        calls
            .into_iter()
            .map(|call| {
                let nth = counts.entry(call).or_default();
                *nth += 1;
                (call, *nth)
            })
            .collect()
    }

    pub(crate) fn count(&self, call: Call) -> u32 {
        self.lock().counts.get(&call).copied().unwrap_or(0)
    }

    /// Somebody searches without a customer to go by: a gateway may go through what others bought.
    pub(crate) fn note_wide_search(&self) {
        self.lock().wide_searches += 1;
    }

    pub(crate) fn wide_searches(&self) -> u32 {
        self.lock().wide_searches
    }

    /// Who has come to stand still at a point since this was last asked.
    pub(crate) fn newly_stopped(&self) -> Option<Stopped> {
        let mut inside = self.lock();
        let is_new = inside.stopped > inside.seen;
        inside.seen = inside.stopped;
        is_new.then_some(Stopped(inside.stopped))
    }

    /// Whoever stands still goes on.
    pub(crate) fn release(&self, stopped: Stopped) {
        self.lock().released.insert(stopped.0);
    }

    /// Takes a call that is on its way for long.
    pub(crate) fn hold_up(&self, parcel: Parcel) {
        self.lock().parcels.push(parcel);
    }

    /// Everything that was held up arrives now.
    pub(crate) fn deliver(&self) {
        let parcels = std::mem::take(&mut self.lock().parcels);
        for parcel in parcels {
            parcel();
        }
    }

    /// A call on its way to the world: its number among its kind, and what is to become of it.
    pub(crate) async fn before(&self, call: Call) -> (u32, Passage) {
        let nth = {
            let mut inside = self.lock();
            inside.calls.push(call);
            let count = inside.counts.entry(call).or_default();
            *count += 1;
            *count
        };
        let here = Point {
            call,
            nth,
            side: Side::Before,
        };
        self.stand_at(here).await;
        (nth, self.lock().passage_before(call))
    }

    /// A call on its way back.
    pub(crate) async fn after(&self, call: Call, nth: u32) -> Passage {
        let here = Point {
            call,
            nth,
            side: Side::After,
        };
        self.stand_at(here).await;
        self.lock().passage_after(call)
    }

    async fn stand_at(&self, here: Point) {
        let (stopped, delivers) = self.lock().at(here);
        if delivers {
            self.deliver();
        }
        if let Some(Stopped(number)) = stopped {
            poll_fn(|_| match self.lock().released.contains(&number) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }
}

impl Inside {
    fn at(&mut self, here: Point) -> (Option<Stopped>, bool) {
        let stops = self.hit(|strike| matches!(strike, Strike::StopAt(point) if *point == here));
        let delivers =
            self.hit(|strike| matches!(strike, Strike::DeliverAt(point) if *point == here));
        self.stopped += u32::from(stops);
        (stops.then_some(Stopped(self.stopped)), delivers)
    }

    fn passage_before(&mut self, call: Call) -> Passage {
        match call {
            Call::Gateway(operation) => {
                if self.hit(|s| matches!(s, Strike::HoldUp(held, _) if *held == operation)) {
                    Passage::HeldUp
                } else if self.hit(|s| matches!(s, Strike::Twice(twice) if *twice == operation)) {
                    Passage::Doubled
                } else {
                    Passage::Free
                }
            }
            Call::Store(call) => {
                if self.hit(|s| matches!(s, Strike::Refuse(refused, _) if *refused == call)) {
                    Passage::Fails
                } else if self.hit(|s| matches!(s, Strike::AccountAppears(at) if *at == call)) {
                    Passage::EmailHasAccount
                } else {
                    Passage::Free
                }
            }
        }
    }

    fn passage_after(&mut self, call: Call) -> Passage {
        let loses = |strike: &Strike| matches!(strike, Strike::LoseAnswer(lost, _) if Call::Store(*lost) == call);
        match self.hit(loses) {
            true => Passage::Fails,
            false => Passage::Free,
        }
    }

    fn hit(&mut self, is_meant: impl Fn(&Strike) -> bool) -> bool {
        let meant = self
            .strikes
            .iter_mut()
            .find(|armed| armed.left > 0 && is_meant(&armed.strike));
        let Some(armed) = meant else { return false };
        armed.left -= 1;
        armed.hits += 1;
        true
    }
}
