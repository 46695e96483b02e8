//! What a driver does: how its requests are carried out, and what it asks for next.

use enlist_registration::state::Status;

use crate::bounds::Plant;
use crate::facts::{Facts, Seconds};
use crate::gateway::{Call, Gateway, Said, Will};
use crate::model::{Driver, How, One, Record, Registrations, State};
use crate::script::{Answer, Look, Next, Request, Task};

impl Registrations {
    /// In which ways a driver's request may be carried out.
    pub(crate) fn steps(
        &self,
        state: &State,
        one: &One,
        driver: &Driver,
        mut may: impl FnMut(How),
    ) {
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
        [How::Lost, How::Refused, How::Rejected]
            .into_iter()
            .for_each(&mut may);
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

    pub(crate) fn step(
        &self,
        state: &mut State,
        index: usize,
        slot: usize,
        how: How,
        record: Record,
    ) -> Option<()> {
        let driver = state.all[index].drivers[slot].as_ref()?;
        let (asks, is_current) = (driver.asks, driver.base.is_current);
        state.left.faults -= u8::from(how.is_a_fault());
        if let How::Done(Will::Ask) | How::Unheard(Will::Ask) = how {
            state.left.questions -= 1;
        }
        let answer = match asks {
            Request::Call(call) => {
                state.all[index].late |= call.makes_something() && !is_current;
                Answer::Said(self.call(&mut state.all[index], call, how))
            }
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
    pub(crate) fn answered(
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
        if let (Request::Save(facts, _) | Request::Close(facts), Answer::Written) =
            (driver.asks, answer)
        {
            driver.begin_anew(facts.aged(at), facts.status);
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
    pub(crate) fn record(
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

    /// Somebody sets out, and has the answer to their first question.
    pub(crate) fn start(
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
    pub(crate) fn rouse(&self, state: &mut State, index: usize, slot: usize) -> Option<()> {
        let one = &mut state.all[index];
        let driver = one.drivers[slot].as_mut()?;
        match self.theatre.next(driver.task, &driver.base, &driver.lines) {
            Next::Asks(request) => driver.asks = request,
            Next::Ends | Next::Looked(_) => one.drivers[slot] = None,
        }
        Some(())
    }

    /// A call is made, in whatever way.
    pub(crate) fn call(&self, one: &mut One, call: Call, how: How) -> Said {
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
            one.under_way.push((call, 0));
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
    pub(crate) fn may_record(&self) -> bool {
        matches!((self.task, self.asks), (task, Request::Call(_)) if !matches!(task, Task::Recheck(_)))
    }

    /// When its last answer came.
    pub(crate) fn at(&self) -> Seconds {
        self.lines.last().map_or(0, |line| line.1)
    }

    /// It goes on as if it had just been handed `facts`.
    pub(crate) fn begin_anew(&mut self, facts: Facts, recorded: Status) {
        (self.task, self.base, self.recorded) = (Task::Drive, facts, recorded);
        self.lines.clear();
        self.since = 0;
    }

    /// What it was handed is not the newest any more.
    pub(crate) fn supersede(&mut self) {
        if let Some((Answer::Row(facts), _)) = self.lines.first_mut() {
            facts.is_current = false;
        }
    }
}
