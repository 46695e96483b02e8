//! What there is while a registration waits for a person (invariant 2, as far as the order of its steps
//! has come).

use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::Order;

use crate::world::World;
use crate::world::people::Journey;

/// What was done before the wait is there, and what comes after it is not.
pub(crate) fn while_it_waits(world: &World, journey: &Journey, waiting: &Registration) {
    let order = journey.way.order();
    let awaits_verification = waiting.status == Status::AwaitingVerification;
    let is_open = match order {
        Order::VerifyAfter => awaits_verification,
        Order::VerifyFirst => false,
        Order::ChargeAtVerification => true,
    };
    let is_paid = journey.person.pays() && awaits_verification && order == Order::VerifyAfter;
    let expect = |check, table, expected| {
        let rows = world.rows(table);
        world.check(check, rows.len() == usize::from(expected), &rows);
    };
    expect("account_while_it_waits", "users", is_open);
    expect("subscription_while_it_waits", "subscriptions", is_paid);

    let ledger = world.ledger();
    // Their bank takes the money when they confirm, whoever notices.
    if awaits_verification {
        let charges = ledger.charges.iter().filter(|charge| charge.live).count();
        world.check(
            "charges_while_it_waits",
            charges == usize::from(is_paid),
            &ledger.charges,
        );
    }
    let has_customer = !(awaits_verification && order == Order::VerifyFirst);
    let customers = ledger.customers.iter().filter(|it| it.live).count();
    world.check(
        "customers_while_it_waits",
        customers == usize::from(has_customer),
        &ledger.customers,
    );
}
