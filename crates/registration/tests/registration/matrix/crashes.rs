//! The process dies, or is paused, before or after any call that it makes, going forward and going
//! back; another takes over.

use super::cell::{After, Aftermath, Cell, Records, Takeover};
use super::steps::{JOURNEYS, points_of};
use crate::world::gate::{Call, StoreCall, Strike};

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
    let takeovers = TAKEOVERS.into_iter().filter(|it| it.after == After::TheLease);
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
    let takeovers = TAKEOVERS.into_iter().filter(|it| it.records == Records::Kept);
    struck(takeovers.map(Aftermath::Sleeps))
}

fn struck(aftermaths: impl IntoIterator<Item = Aftermath>) -> Vec<Cell> {
    let aftermaths: Vec<Aftermath> = aftermaths.into_iter().collect();
    let mut cells = Vec::new();
    for journey in JOURNEYS {
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
