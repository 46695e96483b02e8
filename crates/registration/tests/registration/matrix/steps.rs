//! What the table of steps says, as the gate and the sandbox speak of it, and the calls that the engine
//! is seen to make.

use enlist_gateways::sandbox::{FaultKind, Operation};
use enlist_registration::state::Registration;
use enlist_registration::steps::{Kind, Step, StepName, Undo, VERIFY_AFTER};

use crate::world::World;
use crate::world::gate::{Call, Point, Side, StoreCall};
use crate::world::living::live;
use crate::world::people::{
    ASKED, AtTheBank, Card, Inbox, Journey, RAW_PAID, TOKEN_FREE, TOKEN_PAID,
};

pub(crate) const FAULT_KINDS: [FaultKind; 6] = [
    FaultKind::FailBefore,
    FaultKind::FailAfter,
    FaultKind::LoseReply,
    FaultKind::Hang,
    FaultKind::Refuse,
    FaultKind::RateLimit,
];

/// The journeys in which any call may be stopped.
pub(crate) const JOURNEYS: [Journey; 11] = [
    Journey::verified(RAW_PAID),
    Journey::verified(TOKEN_PAID),
    Journey::verified(TOKEN_FREE),
    Journey::never_verified(RAW_PAID),
    Journey::never_verified(TOKEN_PAID),
    Journey::never_verified(TOKEN_FREE),
    Journey::verified(ASKED),
    Journey::fails(ASKED, AtTheBank::Refuses, Inbox::Verifies),
    Journey::fails(ASKED, AtTheBank::NeverAnswers, Inbox::Verifies),
    Journey::fails(
        TOKEN_PAID.with("declined when attached", Card::Token("tok_chargeDeclined")),
        AtTheBank::NeverAnswers,
        Inbox::Verifies,
    ),
    Journey::fails(
        TOKEN_PAID.with(
            "declined when charged",
            Card::Token("tok_chargeCustomerFail"),
        ),
        AtTheBank::NeverAnswers,
        Inbox::Verifies,
    ),
];

/// What a step does to the world going forward; none where it only waits.
pub(crate) fn call_of(step: &Step) -> Option<Call> {
    match step.kind {
        Kind::Wait => None,
        Kind::Preparation | Kind::Remote => Some(Call::Gateway(operation_of(step))),
        Kind::Local => Some(Call::Store(match step.name {
            StepName::HoldEmail => StoreCall::Begin,
            StepName::OpenAccount => StoreCall::OpenAccount,
            StepName::Finish => StoreCall::Rest,
            StepName::TokenizeCard
            | StepName::CreateCustomer
            | StepName::StartSubscription
            | StepName::VerifyEmail => unreachable!("no local step"),
        })),
    }
}

/// The sandbox knows a remote step by its name.
pub(crate) fn operation_of(step: &Step) -> Operation {
    Operation::from_name(step.name.as_str()).expect("the sandbox has an operation of this name")
}

/// What the undo of a step asks of the gateway.
pub(crate) fn undone_by(step: &Step) -> &'static [Operation] {
    match step.undo {
        Undo::Nothing(_) | Undo::ReleaseEmail | Undo::CloseAccount => &[],
        Undo::DeleteCustomer => &[Operation::ListHoldings, Operation::DeleteCustomer],
        Undo::CancelAndRefund => &[
            Operation::ListHoldings,
            Operation::CancelSubscription,
            Operation::RefundCharge,
        ],
    }
}

/// A journey that nothing strikes: the calls in their order, and how it ended.
pub(crate) fn undisturbed(journey: &Journey) -> (Vec<(Call, u32)>, Option<Registration>) {
    let world = World::new();
    let engine = world.process();
    world.run(live(&world, &engine, journey, &|| {}));
    (world.gate.calls(), world.newest())
}

/// The steps that a journey has.
pub(crate) fn steps_of(journey: &Journey) -> Vec<&'static Step> {
    let (_, registration) = undisturbed(journey);
    registration.expect("it began").steps().collect()
}

/// Every moment at which the process of a journey can be stopped.
pub(crate) fn points_of(journey: &Journey) -> Vec<Point> {
    let (calls, _) = undisturbed(journey);
    let on_both_sides = |(call, nth)| Side::ALL.map(|side| Point { call, nth, side });
    calls.into_iter().flat_map(on_both_sides).collect()
}

#[test]
fn the_journeys_make_every_call_of_the_table() {
    let mut made: Vec<Call> = JOURNEYS
        .iter()
        .flat_map(|journey| undisturbed(journey).0)
        .map(|(call, _)| call)
        .collect();
    made.sort();
    for step in VERIFY_AFTER {
        let undo = undone_by(step).iter().map(|undo| Call::Gateway(*undo));
        for call in call_of(step).into_iter().chain(undo) {
            assert!(
                made.contains(&call),
                "{call:?} of {} is never made",
                step.name.as_str()
            );
        }
    }
}
