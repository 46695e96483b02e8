//! What CI searches: bounds that are small enough for a minute, and the bugs that must show within them.
//! README.md has the figures of larger ones.

use std::collections::BTreeSet;

use enlist_model::bounds::{Bounds, Plant};
use enlist_model::search::{Found, Until, search, shortest};
use enlist_registration::steps::Order;

/// Searches everything within bounds like the least ones, in every order of steps.
fn search_each(widen: impl Fn(&mut Bounds)) -> Vec<Found> {
    let orders = Order::ALL.into_iter();
    let found = orders.map(|order| {
        let mut bounds = Bounds::small(order);
        widen(&mut bounds);
        let found = search(bounds, Until::Everything);
        assert!(found.broken.is_empty(), "{bounds:?}: {:#?}", found.broken);
        found
    });
    found.collect()
}

#[test]
fn a_call_that_fails_and_a_driver_that_wakes_up_late_leave_everything_or_nothing() {
    let found = search_each(|bounds| (bounds.left.faults, bounds.left.pauses) = (1, 1));
    for found in found {
        assert!(found.impossible.is_empty(), "{:?}", found.impossible);
    }
}

#[test]
fn a_crash_with_what_was_recorded_lost_leaves_everything_or_nothing() {
    search_each(|bounds| {
        let left = &mut bounds.left;
        (left.faults, left.crashes, left.losses) = (1, 1, 1);
    });
    search_each(|bounds| {
        let left = &mut bounds.left;
        (left.pauses, left.crashes, left.losses) = (1, 1, 1);
    });
}

#[test]
fn two_calls_that_fail_leave_everything_or_nothing() {
    search_each(|bounds| (bounds.left.faults, bounds.both_looks) = (2, true));
}

#[test]
fn whatever_a_person_answers_to_their_bank_leaves_everything_or_nothing() {
    search_each(|bounds| {
        let left = &mut bounds.left;
        (left.questions, left.notices, left.faults) = (1, 1, 1);
    });
}

#[test]
fn an_operator_who_undoes_leaves_nothing() {
    search_each(|bounds| {
        let left = &mut bounds.left;
        (left.operator, left.questions, left.crashes) = (1, 1, 1);
    });
}

#[test]
fn a_day_later_with_every_key_forgotten_nothing_is_left_either() {
    search_each(|bounds| {
        let left = &mut bounds.left;
        (left.days, left.faults, left.crashes) = (1, 1, 1);
    });
}

/// In the one order in which it once did not hold: the others have a third fewer states, and nothing new.
#[test]
fn a_step_that_was_sent_again_and_not_recorded_is_waited_for() {
    let mut bounds = Bounds::small(Order::VerifyFirst);
    let left = &mut bounds.left;
    (left.days, left.faults, left.crashes, left.losses) = (1, 2, 1, 1);
    let found = search(bounds, Until::Everything);
    assert!(found.broken.is_empty(), "{:#?}", found.broken);
}

#[test]
fn a_free_plan_leaves_everything_or_nothing() {
    search_each(|bounds| {
        bounds.paid = false;
        (bounds.left.faults, bounds.left.pauses) = (1, 1);
    });
}

#[test]
fn of_two_registrations_for_one_address_at_most_one_is_there() {
    search_each(|bounds| {
        bounds.rival = true;
        bounds.left.crashes = 1;
    });
}

#[test]
fn every_planted_bug_shows() {
    for plant in Plant::ALL {
        let found = shortest(plant.bounds());
        assert!(!found.broken.is_empty(), "{plant:?} was not noticed");
    }
}

#[test]
fn the_properties_that_are_planted_against_are_all_of_them() {
    let mut broken = BTreeSet::new();
    for plant in Plant::ALL {
        let found = search(plant.bounds(), Until::Everything);
        broken.extend(found.broken.into_iter().map(|(property, _)| property));
    }
    let of_all = enlist_model::properties::all();
    let never: Vec<&str> = of_all
        .iter()
        .filter(|property| property.expectation.discovery_is_failure())
        .map(|property| property.name)
        .filter(|name| !broken.contains(name))
        .collect();
    assert_eq!(never, Vec::<&str>::new(), "nothing planted breaks these");
}

#[test]
fn the_status_that_a_write_expects_is_a_second_lock_on_the_same_door() {
    let mut bounds = Bounds::small(Order::VerifyAfter);
    bounds.plant = Some(Plant::NoExpectedStatus);
    (bounds.left.pauses, bounds.left.crashes) = (1, 1);
    let found = search(bounds, Until::Everything);
    assert!(found.broken.is_empty(), "{:#?}", found.broken);
}

#[test]
fn the_same_search_twice_finds_the_same() {
    let bounds = Plant::NoSecondLook.bounds();
    let [first, second] = [(); 2].map(|()| search(bounds, Until::Broken(9)));
    assert_eq!(first.states, second.states);
    assert_eq!(first.broken, second.broken);
}
