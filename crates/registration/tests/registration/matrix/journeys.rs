//! What people and banks do, with nothing failing: every way of declining, confirming, refusing and
//! giving up.

use enlist_registration::state::Status;
use enlist_registration::steps::{Order, StepName};

use super::cell::Cell;
use super::steps::{DECLINED_WHEN_ATTACHED, journeys, people_who_verify};
use crate::checks::Expected;
use crate::world::gate::{StoreCall, Strike};
use crate::world::people::{
    ASKED, AtTheBank, By, Card, Corrects, Inbox, Journey, Person, RAW_PAID, TOKEN_FREE, TOKEN_PAID,
};

pub(super) fn cells() -> Vec<Cell> {
    let mut cells: Vec<Cell> = journeys().into_iter().map(Cell::of).collect();
    cells.extend(banks());
    cells.extend(inboxes());
    cells.extend(declines());
    cells.extend(taken_meanwhile());
    cells.extend(before_anything_is_charged());
    cells.extend(in_three_steps());
    cells
}

fn banks() -> impl Iterator<Item = Cell> {
    let raw = ASKED.with("3-D Secure, raw card", Card::Raw("4000002500003155"));
    let then_declined = ASKED.with(
        "3-D Secure, declined then",
        Card::Token("tok_threeDSecureRequiredInsufficientFunds"),
    );
    let fails = |bank| Journey::fails(ASKED, bank, Inbox::Verifies);
    let unnoticed = Journey {
        bank: AtTheBank::ConfirmsUnnoticed,
        ..Journey::verified(ASKED)
    };
    let journeys = [
        Journey::verified(raw),
        Journey::never_verified(ASKED),
        unnoticed,
        fails(AtTheBank::IsUndone),
        Journey::fails(then_declined, AtTheBank::Confirms, Inbox::Verifies),
    ];
    journeys.into_iter().map(Cell::of)
}

fn inboxes() -> impl Iterator<Item = Cell> {
    let people = [RAW_PAID, TOKEN_PAID, TOKEN_FREE, ASKED];
    people.into_iter().flat_map(|person| {
        [Inbox::RefusesTheMail, Inbox::IsUndone].map(|inbox| {
            let failed_at = Some(StepName::VerifyEmail);
            let journey = Journey::fails(person, AtTheBank::Confirms, inbox);
            Cell {
                failed_at,
                ..Cell::of(journey)
            }
        })
    })
}

/// A card can be declined when it is tokenised, when it is attached and when it is charged.
fn declines() -> impl Iterator<Item = Cell> {
    let at = |person: Person, name, card, failed_at| {
        let journey = Journey {
            end: Status::Undone,
            ..Journey::verified(person.with(name, card))
        };
        Cell {
            failed_at: Some(failed_at),
            ..Cell::of(journey)
        }
    };
    let attached = Card::Raw("4000000000000002");
    let charged = Card::Raw("4000000000000341");
    let create = StepName::CreateCustomer;
    let start = StepName::StartSubscription;
    let at_the_gateway = [
        at(
            RAW_PAID,
            "raw card, declined when attached",
            attached,
            create,
        ),
        at(RAW_PAID, "raw card, declined when charged", charged, start),
        at(
            TOKEN_PAID,
            "declined for want of funds",
            Card::Token("tok_chargeDeclinedInsufficientFunds"),
            create,
        ),
        at(
            TOKEN_PAID,
            "unheard-of token",
            Card::Token("pm_unheard_of"),
            create,
        ),
        at(
            TOKEN_FREE,
            "free, declined when attached",
            Card::Token("tok_chargeDeclined"),
            create,
        ),
    ];
    let when_tokenised = RAW_PAID.with("no test card", Card::Raw("4111111111111111"));
    let before_anything = Cell {
        expected: Some(Expected::Nothing),
        ..Cell::of(Journey::verified(when_tokenised))
    };
    at_the_gateway.into_iter().chain([before_anything])
}

/// The address got an account by other means while the gateway was called.
fn taken_meanwhile() -> impl Iterator<Item = Cell> {
    let journeys = people_who_verify().into_iter();
    journeys.map(|journey| Cell {
        strikes: vec![Strike::AccountAppears(StoreCall::OpenAccount)],
        failed_at: Some(StepName::OpenAccount),
        ..Cell::of(Journey {
            end: Status::Undone,
            ..journey
        })
    })
}

/// The mail is refused, or an operator undoes it, before the address is verified: in every order but the
/// usual one before anything is charged.
fn before_anything_is_charged() -> impl Iterator<Item = Cell> {
    let orders = [Order::VerifyFirst, Order::ChargeAtVerification];
    let ends = [Inbox::NeverVerifies, Inbox::RefusesTheMail, Inbox::IsUndone];
    orders.into_iter().flat_map(move |order| {
        ends.map(|inbox| {
            let journey = Journey::fails(TOKEN_FREE, AtTheBank::Confirms, inbox);
            Cell {
                failed_at: Some(StepName::VerifyEmail),
                ..Cell::of(journey.in_order(order))
            }
        })
    })
}

/// With every way to prove the address, and every moment at which a card can be declined.
fn in_three_steps() -> impl Iterator<Item = Cell> {
    let proofs = [By::Code, By::CodeOfASecondMail, By::Link, By::LinkElsewhere];
    let paid = proofs.map(|by| Journey::verified(TOKEN_PAID).in_three_steps(by));
    let abandoned = Cell {
        expected: Some(Expected::Nothing),
        ..Cell::of(Journey::never_verified(TOKEN_PAID).in_three_steps(By::Code))
    };
    let no_test_card = RAW_PAID.with("no test card", Card::Raw("4111111111111111"));
    let declined_when_given = Journey::verified(no_test_card).in_three_steps(By::Code);
    let gives_up = Cell {
        expected: Some(Expected::Nothing),
        ..Cell::of(declined_when_given)
    };
    let asked = ASKED.with("3-D Secure, another card", Card::Raw("4000002500003155"));
    let corrected = [
        Journey {
            corrects: Corrects::BeforeTheLastStep(RAW_PAID.card),
            ..declined_when_given
        },
        Journey {
            corrects: Corrects::AfterAnUndo(asked.card),
            ..Journey::verified(DECLINED_WHEN_ATTACHED).in_three_steps(By::Link)
        },
    ];
    let fails = [
        AtTheBank::Refuses,
        AtTheBank::NeverAnswers,
        AtTheBank::IsUndone,
    ]
    .map(|bank| Journey::fails(ASKED, bank, Inbox::Verifies).in_three_steps(By::LinkElsewhere));
    let journeys = paid.into_iter().chain(corrected).chain(fails).map(Cell::of);
    journeys.chain([abandoned, gives_up])
}
