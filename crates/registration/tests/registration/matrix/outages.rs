//! The store fails: each write that the engine makes is refused, or made and its answer lost, once and
//! for long.

use super::cell::Cell;
use super::steps::{journeys, undisturbed};
use crate::checks::Expected;
use crate::world::gate::{Call, StoreCall, Strike};
use crate::world::people::Journey;

pub(super) fn cells() -> Vec<Cell> {
    journeys().iter().flat_map(of_journey).collect()
}

fn of_journey(journey: &Journey) -> Vec<Cell> {
    let (calls, _) = undisturbed(journey);
    let mut written: Vec<StoreCall> = calls
        .into_iter()
        .filter_map(|(call, _)| match call {
            Call::Store(call) => Some(call),
            Call::Gateway(_) => None,
        })
        .collect();
    written.sort();
    written.dedup();
    let mut cells = Vec::new();
    for call in written {
        for times in [1, u32::MAX] {
            for strike in [Strike::Refuse(call, times), Strike::LoseAnswer(call, times)] {
                // Nobody waits for the answer to a record.
                if matches!(strike, Strike::LoseAnswer(StoreCall::Record, _)) {
                    continue;
                }
                cells.push(Cell {
                    strikes: vec![strike],
                    expected: Some(outcome(strike, journey)),
                    ..Cell::of(*journey)
                });
            }
        }
    }
    cells
}

/// Before the journal row is written nothing was begun; once it is, the registration goes its way. Who
/// signs up in three steps says again what was not heard.
fn outcome(strike: Strike, journey: &Journey) -> Expected {
    match strike {
        _ if journey.way.is_in_three_steps() => Expected::of(journey.end),
        Strike::Refuse(StoreCall::EmailIsTaken | StoreCall::Begin, _)
        | Strike::LoseAnswer(StoreCall::EmailIsTaken, _) => Expected::Nothing,
        _ => Expected::of(journey.end),
    }
}
