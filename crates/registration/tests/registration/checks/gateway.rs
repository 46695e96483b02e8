//! What the gateway holds (invariants 2, 3 and 4).

use enlist_gateways::sandbox::Ledger;
use enlist_registration::ids::RegistrationId;

use super::{Findings, Scene};

pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings) {
    let ledger = scene.world.ledger();
    let id = scene
        .registration
        .as_ref()
        .map(|registration| registration.id);
    everything_has_a_journal(id, &ledger, findings);
    money_is_taken_once(id, &ledger, findings);

    let registered = usize::from(scene.is_registered());
    let paid = usize::from(scene.is_registered() && scene.journey.person.pays());
    let customers = ledger.customers.iter().filter(|it| it.live).count();
    findings.check("live_customers", customers == registered, &ledger.customers);
    let subscriptions = ledger.subscriptions.iter().filter(|it| it.live).count();
    findings.check(
        "live_subscriptions",
        subscriptions == paid,
        &ledger.subscriptions,
    );
    let running = ledger
        .subscriptions
        .iter()
        .filter(|it| it.status == "active");
    findings.check(
        "running_subscriptions",
        running.count() == paid,
        &ledger.subscriptions,
    );
    let charges = ledger.charges.iter().filter(|it| it.live).count();
    findings.check("kept_charges", charges == paid, &ledger.charges);
    let cards = ledger.payment_methods.iter().filter(|it| it.live).count();
    findings.check(
        "attached_cards",
        cards == registered,
        &ledger.payment_methods,
    );
}

/// No remote effect without a durable record that was written before it.
fn everything_has_a_journal(id: Option<RegistrationId>, ledger: &Ledger, findings: &mut Findings) {
    let customers = ledger.customers.iter().map(|it| it.registration_id);
    let subscriptions = ledger.subscriptions.iter().map(|it| it.registration_id);
    let charges = ledger.charges.iter().map(|it| it.registration_id);
    let strangers: Vec<_> = customers
        .chain(subscriptions)
        .chain(charges)
        .filter(|owner| Some(*owner) != id)
        .collect();
    findings.check(
        "effects_without_a_journal",
        strangers.is_empty(),
        &strangers,
    );
}

/// However often the call was repeated, and however often it was undone.
fn money_is_taken_once(id: Option<RegistrationId>, ledger: &Ledger, findings: &mut Findings) {
    let taken: Vec<_> = ledger
        .charges
        .iter()
        .filter(|charge| charge.status == "succeeded" && Some(charge.registration_id) == id)
        .collect();
    findings.check("charged_at_most_once", taken.len() <= 1, &taken);
    let taken_minor: i64 = taken.iter().map(|charge| charge.amount_minor).sum();
    let refunded_minor: i64 = ledger
        .refunds
        .iter()
        .map(|refund| refund.amount_minor)
        .sum();
    findings.check(
        "refunds_within_charges",
        refunded_minor <= taken_minor,
        &ledger.refunds,
    );
    let twice = ledger.customers.len() > 1 || ledger.subscriptions.len() > 1;
    findings.check(
        "made_at_most_once",
        !twice,
        (&ledger.customers, &ledger.subscriptions),
    );
}
