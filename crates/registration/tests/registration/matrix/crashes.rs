//! The process dies, or is paused, before or after any call that it makes, going forward and going
//! back; another takes over.

use super::cell::{After, Aftermath, Cell, Records, Takeover};
use super::steps::{WAYS, journeys, points_of};
use crate::world::gate::{Call, Point, Side, StoreCall, Strike};
use crate::world::living::{Goal, live, see_through};
use crate::world::people::{AtTheBank, Inbox, Journey, TOKEN_PAID};
use crate::world::{Ran, World};

const TAKEOVERS: [Takeover; 4] = [
    Takeover {
        records: Records::Kept,
        after: After::TheLease,
    },
    Takeover {
        records: Records::Lost,
        after: After::TheLease,
    },
    Takeover {
        records: Records::Kept,
        after: After::TheDeadline,
    },
    Takeover {
        records: Records::Lost,
        after: After::TheDeadline,
    },
];

pub(super) fn cells() -> Vec<Cell> {
    struck(TAKEOVERS.map(|takeover| Aftermath::Dies(takeover, 1)))
}

/// Whoever takes over dies at the next call of the same kind, and so does its successor.
pub(super) fn in_a_row() -> Vec<Cell> {
    let takeovers = TAKEOVERS
        .into_iter()
        .filter(|it| it.after == After::TheLease);
    let mut cells = struck(takeovers.map(|takeover| Aftermath::Dies(takeover, 3)));
    cells.retain(|cell| {
        // Who never claims anything never dies of a claim.
        let claims = |strike: &Strike| {
            matches!(strike, Strike::StopAt(point) if point.call == Call::Store(StoreCall::ClaimDue))
        };
        !cell.strikes.iter().any(claims)
    });
    cells
}

/// It wakes when another has taken over and has gone as far as it could.
pub(super) fn paused() -> Vec<Cell> {
    let takeovers = TAKEOVERS
        .into_iter()
        .filter(|it| it.records == Records::Kept);
    struck(takeovers.map(Aftermath::Sleeps))
}

/// It wakes while another, which has taken over, is at any of its own calls.
pub(super) fn overlapping() -> Vec<Cell> {
    let refused = Journey::fails(TOKEN_PAID, AtTheBank::Confirms, Inbox::RefusesTheMail);
    let verified = WAYS.map(|way| Journey::verified(TOKEN_PAID).by_way_of(way));
    let mut cells = Vec::new();
    for journey in verified.into_iter().chain([refused]) {
        for takeover in TAKEOVERS
            .into_iter()
            .filter(|it| it.records == Records::Kept)
        {
            // By the time that the deadline is over, whoever was not heard has said it again.
            if takeover.after == After::TheDeadline && journey.way.is_in_three_steps() {
                continue;
            }
            for point in points_of(&journey) {
                let others = calls_of_the_second(&journey, point, takeover);
                cells.extend(others.into_iter().map(|other| Cell {
                    strikes: vec![Strike::StopAt(point)],
                    aftermath: Aftermath::Overlaps(takeover, other),
                    expected: None,
                    ..Cell::of(journey)
                }));
            }
        }
    }
    cells
}

/// What the second does when the first stands still at `point`.
fn calls_of_the_second(journey: &Journey, point: Point, takeover: Takeover) -> Vec<Point> {
    let world = World::new();
    world.gate.arm(Strike::StopAt(point));
    let first = world.process();
    let mut living = Box::pin(live(&world, &first, journey, &|| {}));
    let Ran::Stopped(_) = world.run_until_stopped(living.as_mut()) else {
        unreachable!("the same journey makes the same calls")
    };
    world.pass(takeover.patience(&world));
    let made = world.gate.calls().len();
    let second = world.process();
    world.run(see_through(
        &world,
        &second,
        journey,
        &|| {},
        Goal::RestOrWait,
    ));
    let calls = world.gate.calls().split_off(made);
    let claims = Call::Store(StoreCall::ClaimDue);
    let driving = calls.into_iter().filter(|(call, _)| *call != claims);
    let before = |(call, nth)| Point {
        call,
        nth,
        side: Side::Before,
    };
    driving.map(before).collect()
}

fn struck(aftermaths: impl IntoIterator<Item = Aftermath>) -> Vec<Cell> {
    let aftermaths: Vec<Aftermath> = aftermaths.into_iter().collect();
    let mut cells = Vec::new();
    for journey in journeys() {
        for point in points_of(&journey) {
            cells.extend(aftermaths.iter().map(|aftermath| Cell {
                strikes: vec![Strike::StopAt(point)],
                aftermath: *aftermath,
                // It depends on the moment: the journal tells.
                expected: None,
                ..Cell::of(journey)
            }));
        }
    }
    cells
}
