//! A call that leaves something behind stays on its way, unanswered, and arrives long after it was
//! given up: at any moment of what follows.

use std::collections::BTreeSet;

use enlist_gateways::sandbox::Operation;
use enlist_registration::steps::{Kind, Order};

use super::cell::Cell;
use super::steps::{
    made_under, operation_of, operations_of, paid_and_undone, people_who_verify, steps_of,
};
use crate::checks::Expected;
use crate::world::World;
use crate::world::gate::{Call, Point, Side, Strike};
use crate::world::people::{AtTheBank, Inbox, Journey, RAW_PAID, TOKEN_FREE, TOKEN_PAID};

pub(super) fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for journey in people_who_verify() {
        for operation in leaving_something(&journey) {
            cells.extend(held_up(Cell::of(journey), operation));
        }
    }
    for undone in undone_soon() {
        for operation in leaving_something(&undone.journey) {
            cells.extend(held_up(undone.clone(), operation));
        }
    }
    cells
}

/// Undone while the call can still be under way: nothing is under way for a day.
fn undone_soon() -> Vec<Cell> {
    let refused = |person| Journey::fails(person, AtTheBank::Confirms, Inbox::RefusesTheMail);
    let mut cells: Vec<Cell> = [RAW_PAID, TOKEN_PAID, TOKEN_FREE]
        .map(|person| Cell::of(refused(person)))
        .into();
    let charged_later = refused(TOKEN_PAID).in_order(Order::ChargeAtVerification);
    cells.push(Cell::of(charged_later));
    cells.extend(paid_and_undone());
    cells
}

/// The operations of a journey's steps that leave something at the gateway, as far as it comes.
fn leaving_something(journey: &Journey) -> Vec<Operation> {
    let steps = steps_of(journey).into_iter();
    let remote = steps.filter(|step| step.kind == Kind::Remote);
    let made = operations_of(journey, &[]);
    remote
        .map(operation_of)
        .filter(|operation| made.contains(operation))
        .collect()
}

/// One call is late, so that its repeat overtakes it; or as many as are ever made going forward, so
/// that everything is undone.
fn held_up(of: Cell, operation: Operation) -> Vec<Cell> {
    let attempts = World::new().limits.attempts;
    let mut cells = Vec::new();
    for late in [1, attempts] {
        // As many make it end before anything else can strike.
        if late == attempts && !of.strikes.is_empty() {
            continue;
        }
        let expected = match late {
            1 => Expected::of(of.journey.end),
            _ => Expected::Undone,
        };
        let hold = Strike::HoldUp(operation, late);
        let strikes: Vec<Strike> = of.strikes.iter().copied().chain([hold]).collect();
        let moments = moments_after(&of.journey, &strikes, operation, late);
        let cell = Cell {
            strikes,
            expected: Some(expected),
            ..of.clone()
        };
        cells.extend(moments.into_iter().map(|moment| {
            let deliver = Strike::DeliverAt(moment);
            Cell {
                strikes: cell.strikes.iter().copied().chain([deliver]).collect(),
                ..cell.clone()
            }
        }));
        // Delivered when all is over.
        cells.push(cell);
    }
    cells
}

/// Every call that follows the last one that is late.
fn moments_after(
    journey: &Journey,
    strikes: &[Strike],
    operation: Operation,
    late: u32,
) -> Vec<Point> {
    let calls = made_under(journey, strikes);
    let last = (Call::Gateway(operation), late);
    let begin = calls.iter().position(|call| *call == last);
    let begin = begin.expect("so many calls were made");
    let moments: BTreeSet<(Call, u32)> = calls[begin + 1..].iter().copied().collect();
    let before = |(call, nth)| Point {
        call,
        nth,
        side: Side::Before,
    };
    moments.into_iter().map(before).collect()
}
