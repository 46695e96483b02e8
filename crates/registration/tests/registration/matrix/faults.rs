//! The gateway fails: each operation that a step or its undo needs, in every way, once and for long.

use std::collections::BTreeSet;

use enlist_gateways::sandbox::{Fault, FaultKind, Operation};
use enlist_registration::steps::{Kind, Order, Step, StepName};

use super::cell::Cell;
use super::steps::{
    FAULT_KINDS, WAYS, journeys, operation_of, operations_of, paid_and_undone, people_who_verify,
    steps_of, undone_by,
};
use crate::checks::Expected;
use crate::world::gate::Strike;
use crate::world::people::{ASKED, AtTheBank, Inbox, Journey, RAW_PAID, TOKEN_FREE, TOKEN_PAID};

/// How long a failure lasts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasts {
    Once,
    ForLong,
}

impl Lasts {
    const ALL: [Self; 2] = [Self::Once, Self::ForLong];

    fn fault(self, operation: Operation, kind: FaultKind) -> Fault {
        match self {
            Self::Once => Fault::times(operation, kind, 1),
            Self::ForLong => Fault::at_rate(operation, kind, 1.0),
        }
    }
}

/// Every kind of failure, and how long it lasts.
fn failures() -> impl Iterator<Item = (FaultKind, Lasts)> {
    FAULT_KINDS
        .into_iter()
        .flat_map(|kind| Lasts::ALL.map(|lasts| (kind, lasts)))
}

pub(super) fn going_forward() -> Vec<Cell> {
    let mut cells = Vec::new();
    for journey in people_who_verify() {
        for step in steps_of(&journey) {
            if !matches!(step.kind, Kind::Preparation | Kind::Remote) {
                continue;
            }
            for (kind, lasts) in failures() {
                let (expected, failed_at) = outcome(&journey, step, kind, lasts);
                cells.push(Cell {
                    faults: vec![lasts.fault(operation_of(step), kind)],
                    expected: Some(expected),
                    failed_at,
                    ..Cell::of(journey)
                });
            }
        }
    }
    cells
}

fn outcome(
    journey: &Journey,
    step: &Step,
    kind: FaultKind,
    lasts: Lasts,
) -> (Expected, Option<StepName>) {
    match (step.kind, kind, lasts) {
        (_, _, Lasts::Once) => (Expected::Registered, None),
        // Who signs up in three steps gives the card again.
        (Kind::Preparation, _, Lasts::ForLong) if journey.way.is_in_three_steps() => {
            (Expected::Registered, None)
        }
        (Kind::Preparation, _, Lasts::ForLong) => (Expected::Nothing, None),
        // It happened, and a look at what the gateway holds tells.
        (_, FaultKind::FailAfter, Lasts::ForLong) => (Expected::Registered, None),
        (_, _, Lasts::ForLong) => (Expected::Undone, Some(step.name)),
    }
}

pub(super) fn going_back() -> Vec<Cell> {
    let mut cells = Vec::new();
    for undone in undone() {
        let undos = steps_of(&undone.journey).into_iter().flat_map(undone_by);
        let undos: BTreeSet<Operation> = undos.copied().collect();
        let made = operations_of(&undone.journey, &undone.strikes);
        for operation in undos.intersection(&made).copied() {
            for (kind, lasts) in failures() {
                cells.push(Cell {
                    faults: vec![lasts.fault(operation, kind)],
                    ..undone.clone()
                });
            }
        }
    }
    cells
}

/// In each list of steps, all that comes before the last chance to go back is undone: where the address
/// is verified first, because it got an account by other means.
fn undone() -> Vec<Cell> {
    let mut cells: Vec<Cell> = [RAW_PAID, TOKEN_PAID, TOKEN_FREE]
        .map(|person| Cell::of(Journey::never_verified(person)))
        .into();
    let order = Order::ChargeAtVerification;
    cells.push(Cell::of(
        Journey::never_verified(TOKEN_PAID).in_order(order),
    ));
    let refused = Journey::fails(ASKED, AtTheBank::Refuses, Inbox::Verifies);
    cells.push(Cell::of(refused.in_order(order)));
    cells.extend(paid_and_undone());
    cells
}

/// The person has answered their bank, and the look at what they said fails: until their time is up it is
/// looked again, whether anybody was told of the answer or not.
pub(super) fn looking_again() -> Vec<Cell> {
    let unnoticed = Journey {
        bank: AtTheBank::ConfirmsUnnoticed,
        ..Journey::verified(ASKED)
    };
    let refuses = Journey::fails(ASKED, AtTheBank::Refuses, Inbox::Verifies);
    let never_answers = Journey::fails(ASKED, AtTheBank::NeverAnswers, Inbox::Verifies);
    let mut journeys = vec![Journey::verified(ASKED), unnoticed, refuses, never_answers];
    let others = WAYS.into_iter().skip(1);
    journeys.extend(others.flat_map(|way| [unnoticed, refuses].map(|it| it.by_way_of(way))));
    let mut cells = Vec::new();
    for journey in journeys {
        for (kind, lasts) in failures() {
            cells.push(Cell {
                faults: vec![lasts.fault(Operation::RetrieveSubscription, kind)],
                ..Cell::of(journey)
            });
        }
    }
    cells
}

/// A step is in doubt, and meanwhile the way to look, or the way back, is blocked too.
pub(super) fn doubt_without_sight() -> Vec<Cell> {
    let mut cells = Vec::new();
    for journey in people_who_verify() {
        for step in steps_of(&journey) {
            if step.kind != Kind::Remote {
                continue;
            }
            for (doubt, blocked) in doubts(step) {
                for kind in FAULT_KINDS {
                    cells.push(Cell {
                        faults: vec![
                            Lasts::ForLong.fault(operation_of(step), doubt),
                            Lasts::ForLong.fault(blocked, kind),
                        ],
                        expected: Some(Expected::Undone),
                        failed_at: Some(step.name),
                        ..Cell::of(journey)
                    });
                }
            }
        }
    }
    cells
}

/// How a step can come into doubt, and what is then called that can be blocked: a burnt key is looked
/// into by listing; another doubt is settled by the same key, and so by the operation that fails.
fn doubts(step: &Step) -> Vec<(FaultKind, Operation)> {
    let mut doubts = vec![(FaultKind::FailAfter, Operation::ListHoldings)];
    if step.name == StepName::CreateCustomer {
        return doubts;
    }
    for doubt in [FaultKind::FailBefore, FaultKind::LoseReply, FaultKind::Hang] {
        doubts.push((doubt, Operation::ListHoldings));
        doubts.push((doubt, Operation::DeleteCustomer));
    }
    for doubt in [FaultKind::LoseReply, FaultKind::Hang] {
        doubts.push((doubt, Operation::CancelSubscription));
        doubts.push((doubt, Operation::RefundCharge));
    }
    doubts
}

/// Done twice, undone twice: the network delivers every call of one kind twice.
pub(super) fn made_twice() -> Vec<Cell> {
    let mut cells = Vec::new();
    for journey in journeys() {
        let operations = operations_of(&journey, &[]);
        cells.extend(operations.into_iter().map(|operation| Cell {
            strikes: vec![Strike::Twice(operation)],
            ..Cell::of(journey)
        }));
    }
    cells
}
