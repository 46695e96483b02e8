//! What people do once they were answered: they read their mail, visit their bank, or have an operator
//! undo it.

use std::sync::Arc;
use std::time::Duration;

use enlist_registration::ids::{RegistrationId, SubscriptionId};
use enlist_registration::ports::{LinkUsedBy, Signal};

use super::asking::{Proof, Proved};
use crate::executor::{Machine, locked};
use crate::faults::Fault;
use crate::process;
use crate::world::World;

/// How often somebody tries to get through.
const TRIES: u32 = 60;

impl World {
    /// The mail of a registration is in somebody's inbox.
    pub fn read_verification(self: &Arc<Self>, registration: RegistrationId, serial: u32) {
        if self.weather.strikes(Fault::VerificationAbandoned) {
            return self.note(12, || format!("the owner of {registration} never verifies"));
        }
        let world = Arc::clone(self);
        let flying = self.begin_flight();
        self.executor.spawn(Machine::OUTSIDE, async move {
            world.a_moment(2, 300).await;
            let mistypes = world.people.strikes(0.2);
            let uses_link = world.people.strikes(0.6);
            if mistypes {
                world.prove(registration, Proof::WrongCode).await;
            }
            for _ in 0..TRIES {
                let proof = match uses_link {
                    true => Proof::Link(serial, LinkUsedBy::Reader),
                    false => Proof::CodeOf(serial),
                };
                match world.prove(registration, proof).await {
                    Proved::Verified | Proved::TooLate => break,
                    Proved::Again => world.a_moment(5, 60).await,
                }
            }
            drop(flying);
        });
    }

    /// Somebody's bank asks.
    pub fn ask_at_the_bank(self: &Arc<Self>, registration: RegistrationId, asked: SubscriptionId) {
        if self.weather.strikes(Fault::ActionAbandoned) {
            return self.note(13, || {
                format!("the owner of {registration} never answers the bank")
            });
        }
        let world = Arc::clone(self);
        let flying = self.begin_flight();
        self.executor.spawn(Machine::OUTSIDE, async move {
            world.a_moment(2, 900).await;
            let confirms = world.people.strikes(0.8);
            let now = world.executor.now();
            let told = {
                let mut books = locked(&world.books);
                books.authenticate(now, &asked, confirms);
                std::mem::take(&mut books.outbox)
            };
            world.note(14, || {
                format!("the owner of {registration} answers the bank: {confirms}")
            });
            world.after_effect(registration, "authenticate", &asked);
            world.tell(told);
            // The page tells the service; if not, a webhook or a look does.
            if world.people.strikes(0.5) {
                world.say_that_the_bank_was_answered(registration).await;
            }
            drop(flying);
        });
    }

    /// Somebody has second thoughts, and an operator undoes it.
    pub(super) fn think_twice(self: &Arc<Self>, registration: RegistrationId) {
        if !self.weather.strikes(Fault::OperatorUndid) {
            return;
        }
        let world = Arc::clone(self);
        let flying = self.begin_flight();
        self.executor.spawn(Machine::OUTSIDE, async move {
            let latest = Duration::from_mins(3);
            world
                .executor
                .sleep(world.people.between(Duration::ZERO, latest))
                .await;
            let told = world.ask(async move |world, process, engine| {
                process::signal(&world, process, &engine, registration, Signal::Undo).await
            });
            drop(told.await);
            drop(flying);
        });
    }
}
