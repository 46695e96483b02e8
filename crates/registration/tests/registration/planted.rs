//! The matrix is sharp: each bug that is planted in the world is reported, by the check that is there
//! for it.

use std::collections::BTreeMap;

use enlist_gateways::sandbox::Operation;

use crate::matrix::{families, run_all};
use crate::world::database::Ground;
use crate::world::lies::Lie;
use crate::world::people::TOKEN_PAID;

/// Runs the cells of one family for one person in a world with the bug, on SQLite. Which checks reported
/// it, and in how many cells; without the bug none does.
fn caught(family: &str, bug: Lie) -> BTreeMap<&'static str, usize> {
    caught_on(Ground::memory, 1, family, bug)
}

/// The same on PostgreSQL, with one of so many of the cells.
fn caught_on_postgresql(one_of: usize, family: &str, bug: Lie) -> BTreeMap<&'static str, usize> {
    caught_on(Ground::postgres, one_of, family, bug)
}

fn caught_on(
    ground: fn() -> Ground,
    one_of: usize,
    family: &str,
    bug: Lie,
) -> BTreeMap<&'static str, usize> {
    let (_, mut cells) = families().find(|(name, _)| *name == family).unwrap();
    cells.retain(|cell| cell.journey.person.name == TOKEN_PAID.name);
    let cells: Vec<_> = cells.into_iter().step_by(one_of).collect();
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
