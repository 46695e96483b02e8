//! The matrix is sharp: each bug that is planted in the world is reported, by the check that is there
//! for it.

use std::collections::BTreeMap;

use enlist_gateways::sandbox::Operation;
use enlist_registration::steps::Order;

use crate::matrix::{families, run_all};
use crate::world::database::Ground;
use crate::world::lies::Lie;
use crate::world::people::{By, TOKEN_PAID, Way};

/// Somebody who signs up in one request, and is asked to verify when all is done.
const USUAL: fn(Way) -> bool = |way| way == Way::AtOnce(Order::VerifyAfter);

/// Runs the cells of one family for one person in a world with the bug, on SQLite. Which checks reported
/// it, and in how many cells; without the bug none does.
fn caught(family: &str, bug: Lie) -> BTreeMap<&'static str, usize> {
    caught_on(Ground::memory, 1, USUAL, family, bug)
}

/// The same for those who sign up in such a way.
fn caught_among(ways: fn(Way) -> bool, family: &str, bug: Lie) -> BTreeMap<&'static str, usize> {
    caught_on(Ground::memory, 1, ways, family, bug)
}

/// The same on PostgreSQL, with one of so many of the cells.
fn caught_on_postgresql(one_of: usize, family: &str, bug: Lie) -> BTreeMap<&'static str, usize> {
    caught_on(Ground::postgres, one_of, USUAL, family, bug)
}

fn caught_on(
    ground: fn() -> Ground,
    one_of: usize,
    ways: fn(Way) -> bool,
    family: &str,
    bug: Lie,
) -> BTreeMap<&'static str, usize> {
    let (_, mut cells) = families().find(|(name, _)| *name == family).unwrap();
    cells.retain(|cell| cell.journey.person.name == TOKEN_PAID.name && ways(cell.journey.way));
    let cells: Vec<_> = cells.into_iter().step_by(one_of).collect();
    assert!(!cells.is_empty(), "nobody signs up in such a way");
    assert_eq!(
        run_all(&cells, ground, None).violated,
        [],
        "there is another bug"
    );
    let mut caught = BTreeMap::new();
    for (_, violations) in run_all(&cells, ground, Some(bug)).violated {
        for violation in violations {
            *caught.entry(violation.check).or_default() += 1;
        }
    }
    eprintln!("{bug:?}, {family} ({} cells): {caught:?}", cells.len());
    caught
}

#[test]
fn a_customer_that_is_not_deleted_is_noticed() {
    let caught = caught("journeys", Lie::UndoIsSkipped(Operation::DeleteCustomer));
    assert!(caught.contains_key("live_customers"));
    assert!(caught.contains_key("attached_cards"));
}

#[test]
fn a_charge_that_is_not_refunded_is_noticed() {
    let caught = caught("journeys", Lie::UndoIsSkipped(Operation::RefundCharge));
    assert!(caught.contains_key("kept_charges"));
}

#[test]
fn an_account_that_is_not_closed_is_noticed() {
    let caught = caught("journeys", Lie::AccountIsNotClosed);
    for check in [
        "rows_of_users",
        "rows_of_subscriptions",
        "the_address_is_free",
    ] {
        assert!(caught.contains_key(check), "{check}");
    }
}

#[test]
fn a_journal_that_is_written_after_the_call_is_noticed() {
    let caught = caught("crash", Lie::JournalIsWrittenAfterTheCall);
    assert!(caught.contains_key("effects_without_a_journal"));
    assert!(caught.contains_key("live_customers"));
}

#[test]
fn a_success_that_is_taken_for_a_failure_is_noticed() {
    let caught = caught(
        "the gateway fails going forward",
        Lie::DoubtIsTakenForFailure,
    );
    assert!(caught.contains_key("live_customers"));
    assert!(caught.contains_key("it_rests_as_expected"));
}

#[test]
fn a_repeat_under_another_key_is_noticed() {
    let caught = caught(
        "the gateway fails going forward",
        Lie::EachAttemptHasItsOwnKey,
    );
    assert!(caught.contains_key("charged_at_most_once"));
    assert!(caught.contains_key("made_at_most_once"));
}

#[test]
fn a_superseded_driver_that_writes_is_noticed() {
    let caught = caught("two drivers at once", Lie::OldDriversWrite);
    assert!(caught.contains_key("a_superseded_driver_writes_nothing"));
}

#[test]
fn a_charge_before_the_address_is_verified_is_noticed() {
    let charged_later = |way| way == Way::AtOnce(Order::ChargeAtVerification);
    for family in ["journeys", "crash"] {
        let caught = caught_among(charged_later, family, Lie::CustomersAreChargedAtOnce);
        assert!(caught.contains_key("nothing_is_charged_before_verification"));
        assert!(caught.contains_key("charges_while_it_waits"));
    }
}

#[test]
fn an_order_of_steps_that_is_not_followed_is_noticed() {
    let bug = Lie::OrdersAreForgotten;
    let charged_later = |way| way == Way::AtOnce(Order::ChargeAtVerification);
    let caught_later = caught_among(charged_later, "journeys", bug);
    for check in [
        "nothing_is_charged_before_verification",
        "subscription_while_it_waits",
    ] {
        assert!(caught_later.contains_key(check), "{check}");
    }
    let verified_first = |way| way == Way::AtOnce(Order::VerifyFirst);
    let caught_first = caught_among(verified_first, "journeys", bug);
    for check in [
        "nothing_is_at_the_gateway_before_verification",
        "account_while_it_waits",
        "customers_while_it_waits",
    ] {
        assert!(caught_first.contains_key(check), "{check}");
    }
}

#[test]
fn a_last_step_that_does_not_close_its_journey_is_noticed() {
    for family in ["journeys", "two drivers at once"] {
        let caught = caught_among(Way::is_in_three_steps, family, Lie::JourneysStayOpen);
        assert!(caught.contains_key("a_journey_that_led_to_an_account_is_closed"));
        assert!(caught.contains_key("a_journey_leads_to_its_registration"));
    }
}

#[test]
fn a_journey_that_goes_on_unverified_is_noticed() {
    let caught = caught_among(
        Way::is_in_three_steps,
        "journeys",
        Lie::JourneysGoOnUnverified,
    );
    assert!(caught.contains_key("nothing_goes_on_unverified"));
}

#[test]
fn a_link_that_works_twice_is_noticed() {
    let by_link = |way| way == Way::InThreeSteps(By::Link);
    let caught = caught_among(by_link, "journeys", Lie::LinksWorkTwice);
    assert!(caught.contains_key("a_link_works_once"));
}

#[test]
fn an_entry_that_is_forgotten_is_noticed() {
    let caught = caught_among(Way::is_in_three_steps, "journeys", Lie::EntriesAreForgotten);
    assert!(caught.contains_key("nothing_said_is_lost"));
}

#[test]
fn on_postgresql_a_journal_that_is_written_after_the_call_is_noticed() {
    let caught = caught_on_postgresql(4, "crash", Lie::JournalIsWrittenAfterTheCall);
    assert!(caught.contains_key("effects_without_a_journal"));
}

#[test]
fn on_postgresql_an_account_that_is_not_closed_is_noticed() {
    let caught = caught_on_postgresql(1, "journeys", Lie::AccountIsNotClosed);
    assert!(caught.contains_key("rows_of_users"));
}

#[test]
fn on_postgresql_a_superseded_driver_that_writes_is_noticed() {
    let caught = caught_on_postgresql(4, "two drivers at once", Lie::OldDriversWrite);
    assert!(caught.contains_key("a_superseded_driver_writes_nothing"));
}
