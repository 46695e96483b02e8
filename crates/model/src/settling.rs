//! Liveness. Stateright's `eventually` does not see a path that ends in a cycle, and here there are cycles:
//! a driver may be superseded for ever by others that are as slow. So it is asked of every state that is
//! reached whether it comes to rest once nothing goes wrong any more: late calls arrive, nobody crashes,
//! whoever is at work goes on, what is due is swept, time passes, and no person does anything. That is
//! one fixed continuation, carried out with the same production code, and it must end within
//! [`MOST_STEPS`] in a state in which nothing moves and nothing is left over.

use std::collections::HashMap;
use std::sync::Mutex;

use stateright::Model;

use crate::bounds::Plant;
use crate::facts::{HOUR, TICK};
use crate::gateway::Will;
use crate::model::{Action, How, Record, Registrations, State, name};
use crate::properties::is_clean;
use crate::script::{Look, lock};

/// How many steps coming to rest may take.
pub const MOST_STEPS: usize = 100;

/// Of which states it is known whether the continuation comes to rest.
#[derive(Default)]
pub struct Settled(Mutex<HashMap<u64, bool>>);

/// Whether `state` comes to rest, and clean, once nothing goes wrong any more.
pub fn comes_to_rest(model: &Registrations, state: &State) -> bool {
    let mut passed = vec![];
    let mut now = state.clone();
    let rests = loop {
        // What may still go wrong does not matter to a continuation in which nothing does.
        let name = name(&now.all);
        if let Some(known) = lock(&model.settled.0).get(&name) {
            break *known;
        }
        passed.push(name);
        if passed.len() > MOST_STEPS {
            break false;
        }
        match step(model, &now) {
            Some(next) => now = next,
            None => break is_at_rest(&now),
        }
    };
    let known = passed.into_iter().map(|name| (name, rests));
    lock(&model.settled.0).extend(known);
    rests
}

/// The next step of the continuation; none if nothing moves any more.
fn step(model: &Registrations, state: &State) -> Option<State> {
    let next = next(model, state).into_iter();
    next.filter_map(|action| model.next_state(state, action))
        .next()
}

/// What may be next, the first first.
fn next(model: &Registrations, state: &State) -> Vec<Action> {
    let mut actions = vec![];
    for (index, one) in state.all.iter().enumerate() {
        let at_work = |slot: &usize| one.drivers[*slot].is_some();
        let slots = 0..one.drivers.len();
        if let Some(slot) = slots.clone().find(at_work) {
            actions.push(Action::Step(index, slot, How::Done(Will::Do), Record::Kept));
        } else if !one.under_way.is_empty() {
            actions.push(Action::Arrive(index, 0));
        } else if one.looks.first {
            actions.push(Action::Look(index, 0, Look::First));
        } else if one.looks.last {
            actions.push(Action::Look(index, 0, Look::Last));
        } else if one.row.is_some_and(|row| row.is_due())
            && model.bounds.plant != Some(Plant::NoSweeping)
        {
            actions.push(Action::Sweep(index, 0));
        }
    }
    let moving = || {
        let rows = state.all.iter().filter_map(|one| one.row);
        rows.filter(|row| !row.facts.status.rests())
    };
    if actions.is_empty() && moving().next().is_some() {
        let all_wait = moving().all(|row| row.facts.status.waits_for_a_person());
        actions.push(Action::Pass(if all_wait { HOUR } else { TICK }));
    }
    actions
}

fn is_at_rest(state: &State) -> bool {
    state.all.iter().all(|one| {
        let rests = one.row.is_none_or(|row| row.facts.status.rests());
        rests && is_clean(one)
    })
}
