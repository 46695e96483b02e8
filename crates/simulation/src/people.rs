//! Who signs up, and what they do: at once or in three steps, impatiently, twice, with another card after
//! a decline, at their bank, with their mail, or not at all.

mod asking;
mod at_once;
mod in_three_steps;
mod later;

use std::sync::Arc;
use std::time::Duration;

use enlist_registration::ids::RegistrationId;
use enlist_registration::state::Status;
use enlist_registration::steps::Order;

use crate::executor::Machine;
use crate::faults::Fault;
use crate::gateway::Card;
use crate::stock::Payer;
use crate::world::World;

/// How long somebody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(12);

/// How often somebody tries again what did not work, before they leave.
const TRIES: u32 = 12;

/// Somebody who signs up.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub number: usize,
    /// Of which address: several may have the same.
    pub address: usize,
    pub payer: Payer,
    pub is_paid: bool,
    pub way: Way,
    /// Whether their program sends an idempotency key.
    pub has_key: bool,
}

/// How somebody signs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In one request.
    AtOnce(Order),
    /// In three steps.
    InThreeSteps,
}

/// What somebody was told.
#[derive(Clone, Debug)]
pub enum Told {
    /// Where a registration stands.
    Stands(RegistrationId, Status, bool),
    /// The address is taken.
    Taken,
    /// The card is no good.
    Declined,
    /// Nothing was begun: later, or never.
    NotBegun,
    /// The key came with another request before.
    KeyReused,
    /// Something is missing, or somebody else went on.
    Closed,
    /// The service failed to answer.
    Failed,
}

impl Person {
    /// Somebody, of a run's people.
    fn new(world: &World, number: usize, addresses: usize) -> Self {
        let chance = &world.people;
        let card = match chance.below(20) {
            0 | 1 => Card::DeclinedWhenAttached,
            2 | 3 => Card::DeclinedWhenCharged,
            4..=6 => Card::Asks,
            _ => Card::Good,
        };
        let is_paid = chance.strikes(0.75);
        let payer = match chance.below(10) {
            0 if !is_paid => Payer::Nobody,
            0..=5 => Payer::Token(card),
            _ => Payer::Number(card),
        };
        let way = match chance.below(8) {
            0..=2 => Way::AtOnce(Order::VerifyAfter),
            3 => Way::AtOnce(Order::VerifyFirst),
            4 | 5 => Way::AtOnce(Order::ChargeAtVerification),
            _ => Way::InThreeSteps,
        };
        Self {
            number,
            address: chance.below(addresses),
            payer,
            is_paid,
            way,
            has_key: chance.strikes(0.6),
        }
    }

    /// The same with another card.
    fn with_a_good_card(self) -> Self {
        let payer = match self.payer {
            Payer::Nobody => Payer::Nobody,
            Payer::Token(_) => Payer::Token(Card::Good),
            Payer::Number(_) => Payer::Number(Card::Good),
        };
        Self { payer, ..self }
    }
}

impl World {
    /// So many people come, most of them soon.
    pub fn people_come(self: &Arc<Self>, count: usize) {
        let addresses = 1 + count / 2 + self.people.below(2 * count.max(1));
        for number in 0..count {
            let person = Person::new(self, number, addresses);
            let latest = match self.people.strikes(0.8) {
                true => Duration::from_mins(1),
                false => Duration::from_mins(20),
            };
            let comes_after = self.people.between(Duration::ZERO, latest);
            let world = Arc::clone(self);
            let flying = self.begin_flight();
            self.executor.spawn(Machine::OUTSIDE, async move {
                world.executor.sleep(comes_after).await;
                world.note(10, || format!("person {number}: {person:?}"));
                match person.way {
                    Way::AtOnce(order) => at_once::sign_up(&world, person, order).await,
                    Way::InThreeSteps => in_three_steps::walk(&world, person).await,
                }
                drop(flying);
            });
        }
    }

    /// What somebody was told must be so.
    fn check_told(&self, person: &Person, told: &Told) {
        self.note(11, || format!("person {} is told: {told:?}", person.number));
        let Told::Stands(id, status, was_opened) = told else {
            return;
        };
        let row = self.memory.look(|tables| tables.rows.get(id).cloned());
        self.checks
            .check("what_was_answered_is_durable", row.is_some(), || {
                format!("{id} {status:?}")
            });
        let Some(row) = row else {
            return;
        };
        let now = row.registration.status;
        // Who was told of an end was told the truth; who was told that the account is open was too.
        let is_so = !status.rests() || now == *status;
        let opened = !was_opened || row.registration.opened_at.is_some();
        self.checks
            .check("what_was_answered_is_so", is_so && opened, || {
                format!("{id} {status:?}, and it is {now:?}")
            });
    }

    /// Somebody waits a moment.
    async fn a_moment(&self, shortest_s: u64, longest_s: u64) {
        let between = [shortest_s, longest_s].map(Duration::from_secs);
        let moment = self.people.between(between[0], between[1]);
        self.executor.sleep(moment).await;
    }

    /// Whether a person does what a person may do.
    fn feels_like(&self, fault: Fault) -> bool {
        self.weather.strikes(fault)
    }
}
