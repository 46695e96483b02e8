//! What can happen: the states of the model and the steps between them. Everything that a driver decides
//! is decided by the production engine ([`Theatre`]); here is what surrounds it: the journal with its
//! conditions, the gateway, persons, time, crashes.

use std::hash::{DefaultHasher, Hash, Hasher};

use enlist_registration::state::Status;
use stateright::{Model, Property};

use crate::bounds::{Bounds, Plant};
use crate::facts::{DAY, Facts, HOUR, Seconds, TICK};
use crate::gateway::{Call, Gateway, Will};
use crate::properties;
use crate::script::{Answer, Line, Look, Request, Task, Theatre, Told};
use crate::settling::Settled;

/// A driver's clock stands still once so much has passed since it was handed what it has in hand, until
/// it is handed something newer. By then its lease has expired and its doubts have settled. Nobody relies
/// on the clock of a driver: leases are by the journal's, which goes on.
pub const LONGEST: Seconds = 2 * TICK;

/// A model: bounds, and the engine that decides.
pub struct Registrations {
    /// How much may happen.
    pub bounds: Bounds,
    /// The production engine.
    pub theatre: Theatre,
    /// From which states it is known that a fair continuation comes to rest.
    pub settled: Settled,
}

/// Everything there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The registrations: one, or two for the same address.
    pub all: Vec<One>,
    /// What may still go wrong.
    pub left: Left,
}

/// How much may still go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Left {
    /// Calls that fail in whatever way.
    pub faults: u8,
    /// Crashes of a driver.
    pub crashes: u8,
    /// Drivers that are slow for so long that they are taken for dead.
    pub pauses: u8,
    /// Records that are lost.
    pub losses: u8,
    /// Times that an operator undoes a registration.
    pub operator: u8,
    /// Days that pass at once.
    pub days: u8,
    /// Banks that ask the person.
    pub questions: u8,
    /// Notices that the person has answered, whether they have or not.
    pub notices: u8,
}

/// One registration and all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct One {
    /// Its row in the journal.
    pub row: Option<Row>,
    /// Its account.
    pub account: Account,
    /// What the gateway holds.
    pub gateway: Gateway,
    /// Calls that were sent, and have not arrived, and how long ago.
    pub under_way: Vec<(Call, Seconds)>,
    /// A call arrived later than a doubt settles, or was sent by somebody who had been superseded.
    pub late: bool,
    /// Whoever has it in hand, or believes so, or is looking a second time.
    pub drivers: Vec<Option<Driver>>,
    /// The second looks that are still to come.
    pub looks: Looks,
    /// It was decided to undo it, or something was taken back.
    pub undoing: bool,
}

/// Its row in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// What it says.
    pub facts: Facts,
    /// Somebody holds it.
    pub held: bool,
    /// When it is due, if nobody holds it.
    pub due: Seconds,
    /// It is on the disk. Only a planted bug makes it otherwise.
    pub durable: bool,
}

/// The rows of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Account {
    /// User, profile, billing details.
    pub open: bool,
    /// The row in `subscriptions`.
    pub subscription: bool,
}

/// The second looks that are still to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Looks {
    /// The first.
    pub first: bool,
    /// The last.
    pub last: bool,
}

/// Somebody at work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Driver {
    /// What it set out to do.
    pub task: Task,
    /// With what.
    pub base: Facts,
    /// The status that it knows the journal to have.
    pub recorded: Status,
    /// What it was answered since.
    pub lines: Vec<Line>,
    /// How long ago the last answer came.
    pub since: Seconds,
    /// What it asks for.
    pub asks: Request,
}

/// Something that happens to the registration of that index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A driver's request is carried out; what it records of that is kept, or lost.
    Step(usize, usize, How, Record),
    /// A driver's process dies.
    Crash(usize, usize),
    /// Somebody sweeps the journal.
    Sweep(usize, usize),
    /// Somebody tells something.
    Tell(usize, usize, Told),
    /// Somebody looks a second time.
    Look(usize, usize, Look),
    /// The person answers their bank's question.
    Person(usize, bool),
    /// A call arrives late.
    Arrive(usize, usize),
    /// Time passes, for all.
    Pass(Seconds),
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// Whoever takes over will see it.
    Kept,
    /// Nobody will.
    Lost,
}

/// How a request is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// As it should be; the gateway decides.
    Done(Will),
    /// Done, and the answer is lost.
    Unheard(Will),
    /// Lost on the way.
    Lost,
    /// Given up by the caller, and still under way.
    Late,
    /// Refused for now.
    Refused,
    /// Refused for good.
    Rejected,
}

impl Model for Registrations {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let one = |drivers: usize| {
            let mut all = vec![None; drivers];
            all[0] = Some(Driver {
                task: Task::Begin,
                base: self.theatre.begun(),
                recorded: self.theatre.begun().status,
                lines: vec![],
                since: 0,
                asks: Request::Begin(self.theatre.begun()),
            });
            One {
                row: None,
                account: Account::default(),
                gateway: Gateway::default(),
                under_way: vec![],
                late: false,
                drivers: all,
                looks: Looks::default(),
                undoing: false,
            }
        };
        let mut all = vec![one(2)];
        if self.bounds.rival {
            all.push(one(1));
        }
        let left = self.bounds.left;
        vec![State { all, left }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (index, one) in state.all.iter().enumerate() {
            for (slot, driver) in one.drivers.iter().enumerate() {
                match driver {
                    Some(driver) => {
                        let records = driver.may_record() && state.left.losses > 0;
                        self.steps(state, one, driver, |how| {
                            actions.push(Action::Step(index, slot, how, Record::Kept));
                            if records {
                                actions.push(Action::Step(index, slot, how, Record::Lost));
                            }
                        });
                        if state.left.crashes > 0 {
                            actions.push(Action::Crash(index, slot));
                        }
                    }
                    None => self.openings(state, one, index, slot, actions),
                }
            }
            if one.gateway.payable().is_some() {
                actions.push(Action::Person(index, true));
                actions.push(Action::Person(index, false));
            }
            actions.extend((0..one.under_way.len()).map(|call| Action::Arrive(index, call)));
        }
        actions.extend([self.bounds.tick, HOUR].map(Action::Pass));
        // A call that was sent a day ago has arrived or never will, and no process sleeps for so long.
        if state.left.days > 0 && state.all.iter().all(One::is_still) {
            actions.push(Action::Pass(DAY));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = last.clone();
        let happened = match action {
            Action::Step(index, slot, how, record) => {
                self.step(&mut next, index, slot, how, record)
            }
            Action::Crash(index, slot) => {
                next.left.crashes -= 1;
                let one = &mut next.all[index];
                one.drivers[slot] = None;
                one.row = one.row.filter(|row| row.durable);
                Some(())
            }
            Action::Sweep(index, slot) => {
                next.left.pauses -= u8::from(next.all[index].is_in_hand());
                self.claim(&mut next, index, slot, Task::Sweep)
            }
            Action::Tell(index, slot, told) => {
                next.left.operator -= u8::from(told == Told::Undo);
                next.left.notices -= u8::from(told == Told::ActionTaken);
                next.left.days -= u8::from(told == Told::VerifiedLate);
                self.claim(&mut next, index, slot, Task::Signal(told))
            }
            Action::Look(index, slot, look) => {
                let facts = next.all[index].row?.facts;
                let answer = Answer::Row(facts);
                self.start(&mut next, index, slot, Task::Recheck(look), facts, answer)
            }
            Action::Person(index, confirms) => {
                let (number, refused) = next.all[index].gateway.payable()?;
                (confirms || !refused).then(|| next.all[index].gateway.answer(number, confirms))
            }
            Action::Arrive(index, call) => {
                let one = &mut next.all[index];
                let (call, age) = one.under_way.remove(call);
                one.late |= age >= LONGEST;
                one.gateway.take(call, Will::Do);
                Some(())
            }
            Action::Pass(seconds) => {
                next.left.days -= u8::from(seconds == DAY);
                next.all.iter_mut().for_each(|one| one.pass(seconds));
                Some(())
            }
        };
        happened?;
        for one in &mut next.all {
            // Who of two is which makes no difference.
            one.drivers.sort_by_cached_key(name);
        }
        Some(next).filter(|next| next != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl Registrations {
    /// What may happen where nobody is at work.
    fn openings(
        &self,
        state: &State,
        one: &One,
        index: usize,
        slot: usize,
        actions: &mut Vec<Action>,
    ) {
        let Some(row) = one.row else { return };
        let may = state.left.pauses > 0 || !one.is_in_hand();
        if row.is_due() && may && self.bounds.plant != Some(Plant::NoSweeping) {
            actions.push(Action::Sweep(index, slot));
        }
        let told = [
            (Told::Verified, 1),
            (
                Told::VerifiedLate,
                if one.is_still() { state.left.days } else { 0 },
            ),
            (Told::ActionTaken, state.left.notices),
            (Told::Undo, state.left.operator),
        ];
        for (told, left) in told {
            if row.takes(told) && left > 0 {
                actions.push(Action::Tell(index, slot, told));
            }
        }
        if one.looks.first {
            actions.push(Action::Look(index, slot, Look::First));
        }
        // A day later nothing is under way any more, and no process has slept for so long.
        if one.looks.last && !one.looks.first && one.is_still() {
            actions.push(Action::Look(index, slot, Look::Last));
        }
    }
}

/// One number for everything about a driver.
pub fn name(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl One {
    /// The address is claimed by it, or has its account.
    pub fn holds_address(&self) -> bool {
        let moves = self.row.is_some_and(|row| !row.facts.status.rests());
        moves || self.account.open
    }

    /// Nobody is at work on it, and nothing is under way.
    pub fn is_still(&self) -> bool {
        self.under_way.is_empty() && self.drivers.iter().all(Option::is_none)
    }

    /// A living driver has it in hand.
    fn is_in_hand(&self) -> bool {
        let held = self.row.is_some_and(|row| row.held);
        held && self.drivers.iter().flatten().any(|one| one.base.is_current)
    }

    fn pass(&mut self, seconds: Seconds) {
        if let Some(row) = &mut self.row {
            row.facts = row.facts.aged(seconds);
            row.due = match row.due - seconds {
                ..=0 => 0,
                left @ 1..=120 => left,
                _ => HOUR,
            };
        }
        for (_, age) in &mut self.under_way {
            *age = (*age + seconds).min(LONGEST);
        }
        for driver in self.drivers.iter_mut().flatten() {
            let at = driver.at();
            driver.since = (at + driver.since + seconds).min(LONGEST) - at;
        }
        if seconds == DAY {
            self.gateway.forget_keys();
        }
    }
}
