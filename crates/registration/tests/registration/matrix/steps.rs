//! What the table of steps says, as the gate and the sandbox speak of it, and the calls that the engine
//! is seen to make.

use std::collections::BTreeSet;

use enlist_gateways::sandbox::{FaultKind, Operation};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::{Kind, Order, Step, StepName, Undo};

use super::cell::Cell;
use crate::world::World;
use crate::world::gate::{Call, Point, Side, StoreCall, Strike};
use crate::world::living::live;
use crate::world::people::{
    ASKED, AtTheBank, By, Card, Corrects, Inbox, Journey, NO_CARD, Person, RAW_PAID, TOKEN_FREE,
    TOKEN_PAID, Way,
};

pub(crate) const FAULT_KINDS: [FaultKind; 6] = [
    FaultKind::FailBefore,
    FaultKind::FailAfter,
    FaultKind::LoseReply,
    FaultKind::Hang,
    FaultKind::Refuse,
    FaultKind::RateLimit,
];

/// The journeys in which any call may be stopped: in each way to sign up, so that each list of steps is
/// gone through, with every kind of end.
pub(crate) fn journeys() -> Vec<Journey> {
    let mut journeys = VERIFY_AFTER.to_vec();
    let others = [
        (Order::VerifyFirst, &VERIFY_FIRST[..]),
        (Order::ChargeAtVerification, &CHARGE_AT_VERIFICATION),
    ];
    for (order, others) in others {
        journeys.extend(others.iter().map(|journey| journey.in_order(order)));
    }
    journeys.extend(IN_THREE_STEPS);
    journeys
}

const VERIFY_AFTER: [Journey; 11] = [
    Journey::verified(RAW_PAID),
    Journey::verified(TOKEN_PAID),
    Journey::verified(TOKEN_FREE),
    Journey::never_verified(RAW_PAID),
    Journey::never_verified(TOKEN_PAID),
    Journey::never_verified(TOKEN_FREE),
    Journey::verified(ASKED),
    REFUSES_THEIR_BANK,
    NEVER_ANSWERS_THEIR_BANK,
    Journey::fails(
        DECLINED_WHEN_ATTACHED,
        AtTheBank::NeverAnswers,
        Inbox::Verifies,
    ),
    DECLINES_WHEN_CHARGED,
];

const VERIFY_FIRST: [Journey; 6] = [
    Journey::verified(RAW_PAID),
    Journey::verified(NO_CARD),
    Journey::never_verified(TOKEN_PAID),
    Journey::verified(ASKED),
    REFUSES_THEIR_BANK,
    DECLINES_WHEN_CHARGED,
];

const CHARGE_AT_VERIFICATION: [Journey; 5] = [
    Journey::verified(TOKEN_PAID),
    Journey::never_verified(RAW_PAID),
    Journey::verified(ASKED),
    NEVER_ANSWERS_THEIR_BANK,
    DECLINES_WHEN_CHARGED,
];

const IN_THREE_STEPS: [Journey; 6] = [
    Journey::verified(RAW_PAID).in_three_steps(By::Code),
    Journey::verified(TOKEN_FREE).in_three_steps(By::LinkElsewhere),
    Journey::verified(NO_CARD).in_three_steps(By::CodeOfASecondMail),
    Journey::verified(ASKED).in_three_steps(By::Link),
    NEVER_ANSWERS_THEIR_BANK.in_three_steps(By::Code),
    Journey {
        corrects: Corrects::AfterAnUndo(TOKEN_PAID.card),
        ..Journey::verified(DECLINED_WHEN_CHARGED).in_three_steps(By::Code)
    },
];

pub(crate) const DECLINED_WHEN_ATTACHED: Person =
    TOKEN_PAID.with("declined when attached", Card::Token("tok_chargeDeclined"));
pub(crate) const DECLINED_WHEN_CHARGED: Person = TOKEN_PAID.with(
    "declined when charged",
    Card::Token("tok_chargeCustomerFail"),
);
const DECLINES_WHEN_CHARGED: Journey = Journey::fails(
    DECLINED_WHEN_CHARGED,
    AtTheBank::NeverAnswers,
    Inbox::Verifies,
);
const NEVER_ANSWERS_THEIR_BANK: Journey =
    Journey::fails(ASKED, AtTheBank::NeverAnswers, Inbox::Verifies);
const REFUSES_THEIR_BANK: Journey = Journey::fails(ASKED, AtTheBank::Refuses, Inbox::Verifies);

/// One way of each kind: one for each order in one request, and one in three steps.
pub(crate) const WAYS: [Way; 4] = [
    Way::AtOnce(Order::VerifyAfter),
    Way::AtOnce(Order::VerifyFirst),
    Way::AtOnce(Order::ChargeAtVerification),
    Way::InThreeSteps(By::Code),
];

/// People who verify, in each way to sign up: with either kind of card and plan, and where there is a way
/// to test it that differs, without a card.
pub(crate) fn people_who_verify() -> Vec<Journey> {
    let mut journeys = Vec::new();
    for way in WAYS {
        let people: &[Person] = match way {
            Way::AtOnce(Order::VerifyAfter) => &[RAW_PAID, TOKEN_PAID, TOKEN_FREE],
            // A free plan makes it the usual order.
            Way::AtOnce(Order::ChargeAtVerification) => &[TOKEN_PAID],
            Way::AtOnce(Order::VerifyFirst) => &[TOKEN_PAID, NO_CARD],
            Way::InThreeSteps(_) => &[RAW_PAID, NO_CARD],
        };
        let verified = people.iter().map(|person| Journey::verified(*person));
        journeys.extend(verified.map(|journey| journey.by_way_of(way)));
    }
    journeys
}

/// Where the address is verified first there is one way to undo what is paid, without a failure: the
/// address has an account by other means when one is to be opened.
pub(crate) fn paid_and_undone() -> [Cell; 2] {
    [WAYS[1], WAYS[3]].map(|way| Cell {
        strikes: vec![Strike::AccountAppears(StoreCall::OpenAccount)],
        ..Cell::of(Journey {
            end: Status::Undone,
            ..Journey::verified(TOKEN_PAID).by_way_of(way)
        })
    })
}

/// What a step does to the world going forward; none where it only waits.
fn call_of(order: Order, step: &Step) -> Option<Call> {
    match step.kind {
        Kind::Wait => None,
        Kind::Preparation | Kind::Remote => Some(Call::Gateway(operation_of(step))),
        Kind::Local => Some(Call::Store(match step.name {
            StepName::HoldEmail => StoreCall::Begin,
            StepName::OpenAccount => StoreCall::OpenAccount,
            // One transaction with what is before it.
            StepName::Finish if order == Order::VerifyFirst => StoreCall::OpenAccount,
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

/// The operations of the gateway that a journey asks for when such strikes hit.
pub(crate) fn operations_of(journey: &Journey, strikes: &[Strike]) -> BTreeSet<Operation> {
    let calls = made_under(journey, strikes).into_iter();
    let operations = calls.filter_map(|(call, _)| match call {
        Call::Gateway(operation) => Some(operation),
        Call::Store(_) => None,
    });
    operations.collect()
}

/// The calls of a journey, in their order, when such strikes hit.
pub(crate) fn made_under(journey: &Journey, strikes: &[Strike]) -> Vec<(Call, u32)> {
    let world = World::new();
    for strike in strikes {
        world.gate.arm(*strike);
    }
    let engine = world.process();
    world.run(live(&world, &engine, journey, &|| {}));
    world.gate.calls()
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
fn the_journeys_make_every_call_of_each_list() {
    for order in Order::ALL {
        let journeys = journeys().into_iter();
        let follow: Vec<Journey> = journeys.filter(|it| it.way.order() == order).collect();
        let undisturbed = follow.iter().flat_map(|journey| undisturbed(journey).0);
        let [undone, _] = paid_and_undone();
        let undoing = match order {
            Order::VerifyFirst => made_under(&undone.journey, &undone.strikes),
            _ => Vec::new(),
        };
        let made: Vec<Call> = undisturbed.chain(undoing).map(|(call, _)| call).collect();
        for step in order.steps() {
            let undo = undone_by(step).iter().map(|undo| Call::Gateway(*undo));
            for call in call_of(order, step).into_iter().chain(undo) {
                // Once it is charged, nothing but the last step is left, and that goes forward.
                let never = order == Order::ChargeAtVerification
                    && call == Call::Gateway(Operation::RefundCharge);
                assert!(
                    made.contains(&call) || never,
                    "{call:?} of {} is never made in {order:?}",
                    step.name.as_str()
                );
            }
        }
    }
}

#[test]
fn the_journeys_make_every_call_that_is_made_in_three_steps() {
    let calls = IN_THREE_STEPS
        .iter()
        .flat_map(|journey| undisturbed(journey).0);
    let made: Vec<Call> = calls.map(|(call, _)| call).collect();
    for call in StoreCall::ALL.into_iter().filter(|it| it.is_of_a_journey()) {
        assert!(made.contains(&Call::Store(call)), "{call:?} is never made");
    }
}
