//! What the gateway holds (invariants 2, 3 and 4).

use enlist_gateways::sandbox::Ledger;
use enlist_registration::ids::RegistrationId;
use enlist_registration::state::Registration;
use enlist_registration::steps::Order;
use jiff::Timestamp;

use super::{Findings, Scene};

pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings) {
    let ledger = scene.world.ledger();
    everything_has_a_journal(scene, &ledger, findings);
    for registration in scene.registrations() {
        everything_is_made_once(registration.id, &ledger, findings);
        nothing_is_done_too_early(scene, registration, &ledger, findings);
    }

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
    let with_card = usize::from(scene.is_registered() && scene.journey.person.has_card());
    findings.check(
        "attached_cards",
        cards == with_card,
        &ledger.payment_methods,
    );
}

/// No remote effect without a durable record that was written before it.
fn everything_has_a_journal(scene: &Scene<'_>, ledger: &Ledger, findings: &mut Findings) {
    let ids: Vec<RegistrationId> = scene.registrations().map(|it| it.id).collect();
    let customers = ledger.customers.iter().map(|it| it.registration_id);
    let subscriptions = ledger.subscriptions.iter().map(|it| it.registration_id);
    let charges = ledger.charges.iter().map(|it| it.registration_id);
    let strangers: Vec<_> = customers
        .chain(subscriptions)
        .chain(charges)
        .filter(|owner| !ids.contains(owner))
        .collect();
    findings.check(
        "effects_without_a_journal",
        strangers.is_empty(),
        &strangers,
    );
}

/// However often the call was repeated, and however often it was undone.
fn everything_is_made_once(id: RegistrationId, ledger: &Ledger, findings: &mut Findings) {
    let charges = ledger.charges.iter().filter(|it| it.registration_id == id);
    let taken: Vec<_> = charges.filter(|it| it.status == "succeeded").collect();
    findings.check("charged_at_most_once", taken.len() <= 1, &taken);
    let taken_minor: i64 = taken.iter().map(|charge| charge.amount_minor).sum();
    let refunds = ledger.refunds.iter().filter(|it| it.registration_id == id);
    let refunded_minor: i64 = refunds.map(|refund| refund.amount_minor).sum();
    findings.check(
        "refunds_within_charges",
        refunded_minor <= taken_minor,
        &ledger.refunds,
    );
    let customers = ledger
        .customers
        .iter()
        .filter(|it| it.registration_id == id);
    let subscriptions = ledger
        .subscriptions
        .iter()
        .filter(|it| it.registration_id == id);
    findings.check(
        "made_at_most_once",
        customers.count() <= 1 && subscriptions.count() <= 1,
        (&ledger.customers, &ledger.subscriptions),
    );
}

/// What comes after `verify_email` in the list of steps was done after the address was verified, if at
/// all. A gateway may tell time in whole seconds.
fn nothing_is_done_too_early(
    scene: &Scene<'_>,
    registration: &Registration,
    ledger: &Ledger,
    findings: &mut Findings,
) {
    let is_too_early = |owner: RegistrationId, at: Timestamp| {
        owner == registration.id
            && registration
                .verified_at
                .is_none_or(|verified_at| at.as_second() < verified_at.as_second())
    };
    let order = scene.journey.way.order();
    if order == Order::VerifyAfter {
        return;
    }
    let subscriptions = ledger.subscriptions.iter();
    let mut paid = subscriptions.map(|it| (it.registration_id, it.created_at));
    let mut charges = ledger
        .charges
        .iter()
        .map(|it| (it.registration_id, it.created_at));
    let early = paid.any(|(owner, at)| is_too_early(owner, at))
        || charges.any(|(owner, at)| is_too_early(owner, at));
    findings.check(
        "nothing_is_charged_before_verification",
        !early,
        (registration.verified_at, &ledger.charges),
    );
    if order == Order::VerifyFirst {
        let mut customers = ledger.customers.iter();
        let early = customers.any(|it| is_too_early(it.registration_id, it.created_at));
        findings.check(
            "nothing_is_at_the_gateway_before_verification",
            !early,
            (registration.verified_at, &ledger.customers),
        );
    }
}
