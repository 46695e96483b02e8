//! One named check per kind of leftover and per promise. Each returns what breaks it.

use std::fmt::Write as _;

use uuid::Uuid;

use super::telling::Told;
use super::world::World;
use super::{accounts, halfway, ledger, promises};

/// What breaks a check: the registration it belongs to, where one is known, and a sentence.
pub struct Offender {
    pub registration: Option<Uuid>,
    pub what: String,
}

/// A check: what must never be there, and how to find it. The numbers are those of the invariants
/// in the protocol ("What always holds").
pub type Check = (&'static str, fn(&World, &Told) -> Vec<Offender>);

pub const CHECKS: &[Check] = &[
    // 1
    (
        "two users, or two registrations under way, for one address",
        accounts::shared_addresses,
    ),
    // 2
    (
        "a user without profile or billing, or the reverse",
        accounts::torn,
    ),
    (
        "a user without exactly one live customer of its own",
        accounts::without_one_customer,
    ),
    (
        "a paid account without exactly one live subscription",
        accounts::without_one_subscription,
    ),
    (
        "a paid account that was not charged exactly once",
        accounts::not_charged_once,
    ),
    (
        "a free account that was charged or subscribed",
        accounts::free_but_charged,
    ),
    (
        "a user whose registration does not say so",
        accounts::unaccounted,
    ),
    // 3, 4
    ("a live customer without a user", ledger::orphaned_customers),
    (
        "a live subscription without a user",
        ledger::orphaned_subscriptions,
    ),
    (
        "a charge that was kept without an account",
        ledger::orphaned_charges,
    ),
    (
        "something live of a registration that was undone",
        ledger::left_by_the_undone,
    ),
    (
        "something at the gateway that no registration knows of",
        ledger::unknown_holdings,
    ),
    (
        "money taken while the bank's answer is still awaited",
        ledger::charged_while_awaiting,
    ),
    (
        "an invoice that could still be paid, though nobody is asked to",
        ledger::payable,
    ),
    ("more refunded than charged", ledger::refunded_too_much),
    // 5, and what clients were told
    ("an answer that no client should see", promises::unexpected),
    (
        "an account that was promised and is gone",
        promises::opened_and_gone,
    ),
    (
        "an account, though the client was told that it failed",
        promises::failed_and_there,
    ),
    (
        "a verification that was acknowledged and forgotten",
        promises::verified_and_forgotten,
    ),
    (
        "two answers to one idempotency key",
        promises::contradictions,
    ),
    // The three steps
    (
        "a step of a journey that was answered and is lost",
        halfway::lost,
    ),
    (
        "a journey that was left halfway and has left something",
        halfway::left_behind,
    ),
    (
        "a journey that was completed and is not exactly one account",
        halfway::not_completed_once,
    ),
    (
        "a pending registration that has outlived its time",
        halfway::outlived,
    ),
    // 6
    ("a card number or password in a file", promises::secrets),
    // 7
    ("a registration stuck in motion", accounts::stuck),
    // 9
    ("an opened account without its mail", promises::unmailed),
    (
        "a mail for what was never committed",
        promises::mailed_too_early,
    ),
];

/// How many of a kind are shown.
const SHOWN: usize = 3;

/// All broken checks, with the timelines of the first offenders; empty if everything holds.
pub fn broken(world: &World, told: &Told) -> String {
    let mut report = String::new();
    for (name, check) in CHECKS {
        let offenders = check(world, told);
        if offenders.is_empty() {
            continue;
        }
        let _ = writeln!(report, "{}: {name}", offenders.len());
        for Offender { registration, what } in offenders.iter().take(SHOWN) {
            let _ = writeln!(report, "    {what}");
            if let Some(registration) = registration {
                let timeline = world.timeline(*registration);
                let _ = writeln!(report, "    {registration}\n      {timeline}");
            }
        }
    }
    report
}

/// How many live things there are at the gateway that nobody owns.
pub fn orphans(world: &World, told: &Told) -> usize {
    let kinds = [
        ledger::orphaned_customers,
        ledger::orphaned_subscriptions,
        ledger::orphaned_charges,
    ];
    kinds.iter().map(|kind| kind(world, told).len()).sum()
}
