//! What can happen: the states of the model and the steps between them. Everything that a driver decides
//! is decided by the production engine ([`Theatre`]); here is what surrounds it: the journal with its
//! conditions, the gateway, persons, time, crashes.

use std::hash::{DefaultHasher, Hash, Hasher};

use enlist_registration::state::Status;
use stateright::{Model, Property};

use crate::bounds::{Bounds, Plant};
use crate::facts::{DAY, Facts, HOUR, Seconds, TICK};
use crate::gateway::{Call, Gateway, Said, Will};
use crate::properties;
use crate::script::{Answer, Line, Look, Next, Request, Task, Theatre, Told};
use crate::settling::Settled;

/// The least that `registration.lease` leaves after it was extended.
const LEASE: Seconds = 10;

/// A driver's clock stands still once so much has passed since it was handed what it has in hand, until
/// it is handed something newer. By then its lease has expired and its doubts have settled. Nobody relies
/// on the clock of a driver: leases are by the journal's, which goes on.
const LONGEST: Seconds = 2 * TICK;

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
    /// Calls that were sent, and have not arrived.
    pub under_way: Vec<Call>,
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
        let quiet = |one: &One| one.under_way.is_empty() && one.drivers.iter().all(Option::is_none);
        if state.left.days > 0 && state.all.iter().all(quiet) {
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
                let call = one.under_way.remove(call);
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
fn openings(&self, state: &State, one: &One, index: usize, slot: usize, actions: &mut Vec<Action>) {
    let Some(row) = one.row else { return };
    let may = state.left.pauses > 0 || !one.is_in_hand();
        if row.is_due() && may && self.bounds.plant != Some(Plant::NoSweeping) {
        actions.push(Action::Sweep(index, slot));
    }
    let told = [
        (Told::Verified, 1),
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
    let quiet = one.under_way.is_empty() && one.drivers.iter().all(Option::is_none);
    if one.looks.last && !one.looks.first && quiet {
        actions.push(Action::Look(index, slot, Look::Last));
    }
}

    /// In which ways a driver's request may be carried out.
    fn steps(&self, state: &State, one: &One, driver: &Driver, mut may: impl FnMut(How)) {
        let left = &state.left;
        let willing: &[Will] = match driver.asks {
            Request::Call(call) if one.gateway.has_answer_for(call) => &[Will::Do],
            Request::Call(Call::Create) => &[Will::Do, Will::Decline],
            Request::Call(Call::Start(_)) if left.questions > 0 => {
                &[Will::Do, Will::Decline, Will::Ask]
            }
            Request::Call(Call::Start(_)) => &[Will::Do, Will::Decline],
            _ => &[Will::Do],
        };
        willing.iter().for_each(|will| may(How::Done(*will)));
        let Request::Call(call) = driver.asks else {
            return;
        };
        if left.faults == 0 {
            return;
        }
        [How::Lost, How::Refused, How::Rejected].map(&mut may);
        if !matches!(call, Call::List { .. } | Call::Retrieve(_)) {
            willing.iter().for_each(|will| may(How::Unheard(*will)));
        }
        if call.makes_something() {
            may(How::Late);
            if !one.gateway.has_answer_for(call) {
                may(How::Done(Will::DoAndFail));
                may(How::Done(Will::Fail));
            }
        }
        if call == Call::Create && !one.gateway.has_answer_for(call) {
            may(How::Done(Will::RefuseToken));
        }
    }

    fn step(
        &self,
        state: &mut State,
        index: usize,
        slot: usize,
        how: How,
        record: Record,
    ) -> Option<()> {
        let driver = state.all[index].drivers[slot].as_ref()?;
        let asks = driver.asks;
        state.left.faults -= u8::from(how.is_a_fault());
        if let How::Done(Will::Ask) | How::Unheard(Will::Ask) = how {
            state.left.questions -= 1;
        }
        let answer = match asks {
            Request::Call(call) => Answer::Said(self.call(&mut state.all[index], call, how)),
            // What comes before the row takes its part of the budget; the lease begins with the row.
            Request::Begin(facts) => {
                let mut begun = facts.aged(driver.since);
                begun.lease = facts.lease;
                return self.begin(state, index, slot, begun);
            }
            write => self.write(state, index, slot, write),
        };
        self.answered(state, index, slot, answer, record)
    }

    /// The driver has its answer and goes on to its next question.
    fn answered(
        &self,
        state: &mut State,
        index: usize,
        slot: usize,
        answer: Answer,
        record: Record,
    ) -> Option<()> {
        let one = &mut state.all[index];
        let driver = one.drivers[slot].as_mut()?;
        let at = driver.at() + driver.since;
        driver.lines.push((answer, at));
        driver.since = 0;
        match (driver.asks, answer) {
            (Request::Save(facts, _) | Request::Close(facts), Answer::Written) => {
                driver.begin_anew(facts.aged(at), facts.status);
            }
            _ => {}
        }
        let next = self.theatre.next(driver.task, &driver.base, &driver.lines);
        match next {
            Next::Ends => one.drivers[slot] = None,
            Next::Looked(clean) => {
                if let (true, Task::Recheck(look)) = (clean, driver.task) {
                    match look {
                        Look::First => one.looks.first = false,
                        Look::Last => one.looks.last = false,
                    }
                }
                one.drivers[slot] = None;
            }
            Next::Asks(Request::Record(facts)) => {
                return self.record(state, index, slot, facts, record);
            }
            Next::Asks(request) => driver.asks = request,
        }
        // There was no record to be lost.
        (record == Record::Kept).then_some(())
    }

    /// Progress is recorded with the same breath: a driver that dies in between has lost the record, and
    /// that is among what can happen anyway.
    fn record(
        &self,
        state: &mut State,
        index: usize,
        slot: usize,
        facts: Facts,
        record: Record,
    ) -> Option<()> {
        state.left.losses -= u8::from(record == Record::Lost);
        let one = &mut state.all[index];
        let driver = one.drivers[slot].as_mut()?;
        let facts = facts.aged(driver.at());
        let recorded = driver.recorded;
        let holds = driver.base.is_current || self.bounds.plant == Some(Plant::NoGenerations);
        driver.begin_anew(facts, recorded);
        if let (Some(row), true) = (&mut one.row, holds && record == Record::Kept)
            && row.held
        {
            row.facts = row.facts.recorded(facts).aged(0);
        }
        let driver = one.drivers[slot].as_mut()?;
        match self.theatre.next(driver.task, &driver.base, &driver.lines) {
            Next::Asks(Request::Record(facts)) => {
                return self.record(state, index, slot, facts, Record::Kept);
            }
            Next::Asks(request) => driver.asks = request,
            Next::Ends | Next::Looked(_) => one.drivers[slot] = None,
        }
        Some(())
    }

    fn begin(&self, state: &mut State, index: usize, slot: usize, facts: Facts) -> Option<()> {
        // The unique index over registrations under way, and the look for an account beside it.
        let others = state.all.iter().enumerate().filter(|(at, _)| *at != index);
        let taken = others.into_iter().any(|(_, other)| other.holds_address());
        let one = &mut state.all[index];
        one.drivers[slot] = None;
        if taken && self.bounds.plant != Some(Plant::NoUniqueAddress) {
            return Some(());
        }
        let waits = facts.status == Status::AwaitingVerification;
        one.row = Some(Row {
            facts: facts.aged(0),
            held: !waits,
            due: facts.act_by().filter(|_| waits).unwrap_or(0),
            durable: self.bounds.plant != Some(Plant::RowNotDurable),
        });
        if !waits {
            one.drivers[slot] = Some(Driver {
                task: Task::Drive,
                base: facts.aged(0),
                recorded: facts.status,
                lines: vec![],
                since: 0,
                asks: Request::Read,
            });
            return self.rouse(state, index, slot);
        }
        Some(())
    }

    /// A write of a driver, on its conditions.
    fn write(&self, state: &mut State, index: usize, slot: usize, request: Request) -> Answer {
        let others = state.all.iter().enumerate().filter(|(at, _)| *at != index);
        let has_account = others.into_iter().any(|(_, other)| other.account.open);
        let one = &mut state.all[index];
        let (Some(driver), Some(row)) = (&one.drivers[slot], &mut one.row) else {
            return Answer::Superseded;
        };
        let plant = self.bounds.plant;
        let at = driver.at() + driver.since;
        let holds = row.held && driver.base.is_current || plant == Some(Plant::NoGenerations);
        if request == Request::Renew {
            if holds {
                row.facts.lease = LEASE;
            }
            return match holds {
                true => Answer::Lease(at + LEASE),
                false => Answer::Superseded,
            };
        }
        let (facts, expected) = match request {
            Request::Save(facts, expected)
            | Request::Park(facts, expected, _)
            | Request::Open(facts, expected, _)
            | Request::Rest(facts, expected, _, _) => (facts, expected),
            Request::Close(facts) => (facts, Status::Undoing),
            other => unreachable!("{other:?} is no write"),
        };
        // What the driver was begun anew with may be ahead of what the journal has.
        let expected = match expected == driver.base.status {
            true => driver.recorded,
            false => expected,
        };
        let lax = [Plant::NoExpectedStatus, Plant::UndoBeforeCommit].map(Some);
        let in_time = row.facts.status == expected || lax.contains(&plant);
        if !holds || !in_time {
            return Answer::Superseded;
        }
        if matches!(request, Request::Open(..)) && has_account {
            return Answer::EmailTaken;
        }
        if matches!(request, Request::Save(..)) && plant == Some(Plant::UndoBeforeCommit) {
            return Answer::Written;
        }
        let lease = row.facts.lease;
        row.facts = facts.aged(at);
        (row.facts.lease, row.facts.is_current) = (lease, true);
        row.facts = row.facts.aged(0);
        row.durable = true;
        match request {
            Request::Park(_, _, due) => row.let_go((due - at).max(0)),
            Request::Open(_, _, subscription) => {
                row.let_go(row.facts.act_by().unwrap_or(0));
                one.account = Account {
                    open: true,
                    subscription,
                };
            }
            Request::Close(_) => one.account = Account::default(),
            Request::Rest(_, _, looks, subscription) => {
                row.let_go(0);
                let looks = looks && plant != Some(Plant::NoSecondLook);
                one.looks = Looks {
                    first: looks && self.bounds.both_looks,
                    last: looks,
                };
                one.account.subscription |= subscription;
            }
            _ => {}
        }
        one.undoing |= matches!(facts.status, Status::Undoing | Status::Undone);
        Answer::Written
    }

    /// The journal hands a registration to whoever asks for it, under a new generation.
    fn claim(&self, state: &mut State, index: usize, slot: usize, task: Task) -> Option<()> {
        let one = &mut state.all[index];
        let row = one.row.as_mut()?;
        let deadline = self.bounds.deadline();
        let facts = match task {
            Task::Signal(Told::Verified) => row.facts.verified(deadline),
            Task::Signal(Told::ActionTaken) => row.facts.told(deadline),
            _ => row.facts,
        };
        row.facts = facts;
        row.facts.doomed |= task == Task::Signal(Told::Undo);
        row.facts.lease = LEASE;
        (row.held, row.due) = (true, 0);
        let facts = row.facts;
        if self.bounds.plant != Some(Plant::SameGeneration) {
            for driver in one.drivers.iter_mut().flatten() {
                driver.base.is_current = false;
                driver.supersede();
            }
        }
        let answer = Answer::Row(facts);
        self.start(state, index, slot, task, facts, answer)
    }

    /// Somebody sets out, and has the answer to their first question.
    fn start(
        &self,
        state: &mut State,
        index: usize,
        slot: usize,
        task: Task,
        base: Facts,
        answer: Answer,
    ) -> Option<()> {
        state.all[index].drivers[slot] = Some(Driver {
            task,
            base,
            recorded: base.status,
            lines: vec![],
            since: 0,
            asks: Request::Read,
        });
        self.answered(state, index, slot, answer, Record::Kept)
    }

    /// A driver that has a registration in hand asks its first question.
    fn rouse(&self, state: &mut State, index: usize, slot: usize) -> Option<()> {
        let one = &mut state.all[index];
        let driver = one.drivers[slot].as_mut()?;
        match self.theatre.next(driver.task, &driver.base, &driver.lines) {
            Next::Asks(request) => driver.asks = request,
            Next::Ends | Next::Looked(_) => one.drivers[slot] = None,
        }
        Some(())
    }

    /// A call is made, in whatever way.
    fn call(&self, one: &mut One, call: Call, how: How) -> Said {
        // Whatever takes something back follows the decision to.
        one.undoing |= matches!(call, Call::Cancel(_) | Call::Refund(_) | Call::Delete(_));
        let said = call_made(one, call, how);
        match (self.bounds.plant, said) {
            (Some(Plant::DoubtIsRejection), Said::InDoubt { replayed: false }) => Said::Rejected,
            (Some(Plant::ListsLag), Said::Holdings(_)) => Said::Holdings(Gateway::default()),
            (Some(Plant::NoKeys), said) => {
                one.gateway.forget_keys();
                said
            }
            (_, said) => said,
        }
    }
}

/// One number for everything about a driver.
pub fn name(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A call is made, in whatever way.
fn call_made(one: &mut One, call: Call, how: How) -> Said {
    let doubt = Said::InDoubt { replayed: false };
    match how {
        How::Done(will) => one.gateway.take(call, will),
        How::Unheard(will) => {
            one.gateway.take(call, will);
            doubt
        }
        How::Lost => doubt,
        How::Late => {
            one.under_way.push(call);
            one.under_way.sort_unstable();
            doubt
        }
        How::Refused => Said::Retryable,
        How::Rejected => Said::Rejected,
    }
}

impl How {
    fn is_a_fault(self) -> bool {
        match self {
            Self::Done(will) => {
                matches!(will, Will::DoAndFail | Will::Fail | Will::RefuseToken)
            }
            Self::Unheard(_) | Self::Lost | Self::Late | Self::Refused | Self::Rejected => true,
        }
    }
}

impl Driver {
    /// What it is answered may be something that it records at once.
    fn may_record(&self) -> bool {
        matches!((self.task, self.asks), (task, Request::Call(_)) if !matches!(task, Task::Recheck(_)))
    }

    /// When its last answer came.
    fn at(&self) -> Seconds {
        self.lines.last().map_or(0, |line| line.1)
    }

    /// It goes on as if it had just been handed `facts`.
    fn begin_anew(&mut self, facts: Facts, recorded: Status) {
        (self.task, self.base, self.recorded) = (Task::Drive, facts, recorded);
        self.lines.clear();
        self.since = 0;
    }

    /// What it was handed is not the newest any more.
    fn supersede(&mut self) {
        if let Some((Answer::Row(facts), _)) = self.lines.first_mut() {
            facts.is_current = false;
        }
    }
}

impl Row {
    /// Whether whoever sweeps would take it over.
    pub fn is_due(&self) -> bool {
        !self.facts.status.rests()
            && match self.held {
                true => self.facts.lease <= 0,
                false => self.due <= 0,
            }
    }

    /// Whether it takes a signal (`signals.rs` of either database).
    fn takes(&self, told: Told) -> bool {
        let in_nobodys_hands = !self.held || self.facts.lease <= 0;
        let (status, alive) = (self.facts.status, !self.facts.doomed);
        let waits_for_bank = status == Status::AwaitingAction && alive;
        match told {
            Told::Verified => {
                let in_time = self.facts.act_by().is_some_and(|act_by| act_by > 0);
                status == Status::AwaitingVerification && alive && in_time && in_nobodys_hands
            }
            Told::ActionTaken => waits_for_bank,
            Told::Undo => waits_for_bank || status.waits_for_a_person() && in_nobodys_hands,
        }
    }

    fn let_go(&mut self, due: Seconds) {
        (self.held, self.due) = (false, due);
        self.facts.lease = 0;
    }
}

impl One {
    /// The address is claimed by it, or has its account.
    pub fn holds_address(&self) -> bool {
        let moves = self.row.is_some_and(|row| !row.facts.status.rests());
        moves || self.account.open
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
        for driver in self.drivers.iter_mut().flatten() {
            let at = driver.at();
            driver.since = (at + driver.since + seconds).min(LONGEST) - at;
        }
        if seconds == DAY {
            self.gateway.forget_keys();
        }
    }
}
