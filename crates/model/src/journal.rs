//! The journal of the model: rows, and the conditions under which they are written and handed out. The
//! production statements are in `crates/storage`; their contract is tested there.

use enlist_registration::state::Status;

use crate::bounds::{Bounds, Plant};
use crate::facts::{Facts, Seconds};
use crate::model::{Account, Driver, Looks, One, Registrations, Row, State};
use crate::script::{Answer, Request, Task, Told};

/// The least that `registration.lease` leaves after it was extended.
pub(crate) const LEASE: Seconds = 10;

impl Registrations {
    pub(crate) fn begin(
        &self,
        state: &mut State,
        index: usize,
        slot: usize,
        facts: Facts,
    ) -> Option<()> {
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
    pub(crate) fn write(
        &self,
        state: &mut State,
        index: usize,
        slot: usize,
        request: Request,
    ) -> Answer {
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
        one.commit(request, &facts.aged(at), at, &self.bounds);
        Answer::Written
    }

    /// The journal hands a registration to whoever asks for it, under a new generation.
    pub(crate) fn claim(
        &self,
        state: &mut State,
        index: usize,
        slot: usize,
        task: Task,
    ) -> Option<()> {
        let one = &mut state.all[index];
        let row = one.row.as_mut()?;
        let deadline = self.bounds.deadline();
        let facts = match task {
            Task::Signal(Told::Verified) => row.facts.verified(deadline),
            Task::Signal(Told::VerifiedLate) => {
                one.gateway.forget_keys();
                row.facts.begun_long_ago().verified(deadline)
            }
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
}

impl One {
    /// What a write changes, if it is made.
    fn commit(&mut self, request: Request, facts: &Facts, at: Seconds, bounds: &Bounds) {
        let Some(row) = &mut self.row else { return };
        let lease = row.facts.lease;
        row.facts = *facts;
        (row.facts.lease, row.facts.is_current) = (lease, true);
        row.facts = row.facts.aged(0);
        row.durable = true;
        match request {
            Request::Park(_, _, due) => row.let_go((due - at).max(0)),
            Request::Open(_, _, subscription) => {
                row.let_go(row.facts.act_by().unwrap_or(0));
                self.account = Account {
                    open: true,
                    subscription,
                };
            }
            Request::Close(_) => self.account = Account::default(),
            Request::Rest(_, _, looks, subscription) => {
                row.let_go(0);
                let looks = looks && bounds.plant != Some(Plant::NoSecondLook);
                self.looks = Looks {
                    first: looks && bounds.both_looks,
                    last: looks,
                };
                self.account.subscription |= subscription;
            }
            _ => {}
        }
        self.undoing |= matches!(facts.status, Status::Undoing | Status::Undone);
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
    pub(crate) fn takes(&self, told: Told) -> bool {
        let in_nobodys_hands = !self.held || self.facts.lease <= 0;
        let (status, alive) = (self.facts.status, !self.facts.doomed);
        let waits_for_bank = status == Status::AwaitingAction && alive;
        match told {
            Told::Verified | Told::VerifiedLate => {
                let in_time = self.facts.act_by().is_some_and(|act_by| act_by > 0);
                status == Status::AwaitingVerification && alive && in_time && in_nobodys_hands
            }
            Told::ActionTaken => waits_for_bank,
            Told::Undo => waits_for_bank || status.waits_for_a_person() && in_nobodys_hands,
        }
    }

    pub(crate) fn let_go(&mut self, due: Seconds) {
        (self.held, self.due) = (false, due);
        self.facts.lease = 0;
    }
}
