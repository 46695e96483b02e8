//! Checks of what the gateway holds: nothing without an account, nothing twice.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::checks::Offender;
use super::telling::Told;
use super::world::World;

pub fn orphaned_customers(world: &World, _: &Told) -> Vec<Offender> {
    let live = world.live_customers();
    live.map(|held| (held.registration_id.0, held.id.to_string()))
        .filter(|(registration, _)| is_orphan(world, *registration))
        .map(offender)
        .collect()
}

pub fn orphaned_subscriptions(world: &World, _: &Told) -> Vec<Offender> {
    let live = world.live_subscriptions();
    live.map(|held| (held.registration_id.0, held.id.to_string()))
        .filter(|(registration, _)| is_orphan(world, *registration))
        .map(offender)
        .collect()
}

pub fn orphaned_charges(world: &World, _: &Told) -> Vec<Offender> {
    let live = world.live_charges();
    live.map(|held| (held.registration_id.0, held.id.to_string()))
        .filter(|(registration, _)| is_orphan(world, *registration))
        .map(offender)
        .collect()
}

pub fn left_by_the_undone(world: &World, _: &Told) -> Vec<Offender> {
    let customers = world.live_customers();
    let customers = customers.map(|held| (held.registration_id.0, held.id.to_string()));
    let subscriptions = world.live_subscriptions();
    let subscriptions = subscriptions.map(|held| (held.registration_id.0, held.id.to_string()));
    let charges = world.live_charges();
    let charges = charges.map(|held| (held.registration_id.0, held.id.to_string()));
    let methods = world
        .ledger
        .payment_methods
        .iter()
        .filter(|method| method.live);
    let methods = methods.filter_map(|held| Some((held.registration_id?.0, held.id.to_string())));
    customers
        .chain(subscriptions)
        .chain(charges)
        .chain(methods)
        .filter(|(registration, _)| {
            let made = world.registrations.get(registration);
            made.is_some_and(|made| made.status == "undone")
        })
        .map(offender)
        .collect()
}

pub fn unknown_holdings(world: &World, _: &Told) -> Vec<Offender> {
    let customers = world.ledger.customers.iter();
    let customers = customers.map(|held| (held.registration_id.0, held.id.to_string()));
    let subscriptions = world.ledger.subscriptions.iter();
    let subscriptions = subscriptions.map(|held| (held.registration_id.0, held.id.to_string()));
    let charges = world.ledger.charges.iter();
    let charges = charges.map(|held| (held.registration_id.0, held.id.to_string()));
    customers
        .chain(subscriptions)
        .chain(charges)
        .filter(|(registration, _)| !world.registrations.contains_key(registration))
        .map(offender)
        .collect()
}

/// The person confirmed, and the service was killed before it heard of it. Once the word has been
/// repeated until it was answered, as a webhook is, the registration must have gone on.
pub fn charged_while_awaiting(world: &World, _: &Told) -> Vec<Offender> {
    let live = world.live_charges();
    live.map(|held| (held.registration_id.0, held.id.to_string()))
        .filter(|(registration, _)| world.awaits_action(*registration))
        .map(offender)
        .collect()
}

/// A page that is still open could pay it.
pub fn payable(world: &World, _: &Told) -> Vec<Offender> {
    let open = world.open_invoices.iter();
    open.filter(|(registration, _)| !world.awaits_action(*registration))
        .map(|(registration, payment)| offender((*registration, format!("payment {payment}"))))
        .collect()
}

pub fn refunded_too_much(world: &World, _: &Told) -> Vec<Offender> {
    let mut refunded: BTreeMap<&str, i64> = BTreeMap::new();
    for refund in &world.ledger.refunds {
        *refunded.entry(refund.charge_id.as_str()).or_default() += refund.amount_minor;
    }
    let charges = world.ledger.charges.iter();
    let wrong = charges.filter(|charge| {
        let taken = if charge.status == "succeeded" {
            charge.amount_minor
        } else {
            0
        };
        let back = refunded.remove(charge.id.as_str()).unwrap_or_default();
        back > taken || back != charge.refunded_minor
    });
    let mut offenders: Vec<Offender> = wrong
        .map(|charge| offender((charge.registration_id.0, charge.id.to_string())))
        .collect();
    offenders.extend(refunded.keys().map(|charge| Offender {
        registration: None,
        what: format!("a refund of {charge}, which does not exist"),
    }));
    offenders
}

/// Neither a user nor a registration that waits for the bank has it.
fn is_orphan(world: &World, registration: Uuid) -> bool {
    !world.has_user(registration) && !world.awaits_action(registration)
}

fn offender((registration, held): (Uuid, String)) -> Offender {
    Offender {
        registration: Some(registration),
        what: held,
    }
}
