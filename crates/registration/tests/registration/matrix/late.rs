//! A call that leaves something behind stays on its way, unanswered, and arrives long after it was
//! given up: at any moment of what follows.

use std::collections::BTreeSet;

use enlist_gateways::sandbox::Operation;
use enlist_registration::steps::Kind;

use super::cell::Cell;
use super::steps::{operation_of, steps_of};
use crate::checks::Expected;
use crate::world::World;
use crate::world::gate::{Call, Point, Side, Strike};
use crate::world::living::live;
use crate::world::people::{AtTheBank, Inbox, Journey, RAW_PAID, TOKEN_FREE, TOKEN_PAID};

pub(super) fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for person in [RAW_PAID, TOKEN_PAID, TOKEN_FREE] {
        // Undone while the call can still be under way: nothing is under way for a day.
        let refused = Journey::fails(person, AtTheBank::Confirms, Inbox::RefusesTheMail);
        let journeys = [Journey::verified(person), refused];
        for journey in journeys {
            for step in steps_of(&journey) {
                if step.kind == Kind::Remote {
                    cells.extend(held_up(journey, operation_of(step)));
                }
            }
        }
    }
    cells
}

/// One call is late, so that its repeat overtakes it; or as many as are ever made going forward, so
/// that everything is undone.
fn held_up(journey: Journey, operation: Operation) -> Vec<Cell> {
    let attempts = World::new().limits.attempts;
    let mut cells = Vec::new();
    for late in [1, attempts] {
        let expected = match late {
            1 => Expected::of(journey.end),
            _ => Expected::Undone,
        };
        let hold = Strike::HoldUp(operation, late);
        let cell = Cell {
            strikes: vec![hold],
            expected: Some(expected),
            ..Cell::of(journey)
        };
        cells.extend(
            moments_after(&journey, operation, late)
                .into_iter()
                .map(|moment| {
                    let deliver = Strike::DeliverAt(moment);
                    Cell {
                        strikes: vec![hold, deliver],
                        ..cell.clone()
                    }
                }),
        );
        // Delivered when all is over.
        cells.push(cell);
    }
    cells
}

/// Every call that follows the last one that is late.
fn moments_after(journey: &Journey, operation: Operation, late: u32) -> Vec<Point> {
    let world = World::new();
    world.gate.arm(Strike::HoldUp(operation, late));
    let engine = world.process();
    world.run(live(&world, &engine, journey, &|| {}));
    let calls = world.gate.calls();
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
