//! What must hold, and what must be possible (or the search would prove nothing). They are lines 1 to 4 and
//! 7 of ARCHITECTURE.md's table of what always holds, and the rules D1 and D2 behind them.

use enlist_registration::state::Status;
use stateright::Property;

use crate::model::{One, Registrations, State};
use crate::script::Task;
use crate::settling::comes_to_rest;

/// Every property.
pub fn all() -> Vec<Property<Registrations>> {
    vec![
        Property::always("what is registered is whole", |model, state| {
            all_are(state, |one| is_whole(model, one))
        }),
        Property::always("an open account has its customer", |_, state| {
            all_are(state, has_its_customer)
        }),
        Property::always("what is undone has no account", |_, state| {
            let undone = |one: &One| !stands(one, Status::Undone) || !one.account.open;
            all_are(state, undone)
        }),
        Property::always("what is undone has left nothing", |_, state| {
            all_are(state, |one| !is_quiet(one) || is_clean(one))
        }),
        Property::always("undone without late calls is clean at once", |_, state| {
            all_are(state, |one| {
                !stands(one, Status::Undone) || one.late || is_clean(one)
            })
        }),
        Property::always("nobody is charged twice", |_, state| {
            all_are(state, |one| one.gateway.outstanding() <= 1)
        }),
        Property::always(
            "undoing is decided first and never turns back",
            |_, state| {
                let turned = [Status::Undoing, Status::Undone];
                all_are(state, |one| {
                    !one.undoing || turned.iter().any(|status| stands(one, *status))
                })
            },
        ),
        Property::always("no effect without a row", |_, state| {
            all_are(state, |one| one.row.is_some() || !one.gateway.was_touched())
        }),
        Property::always("one driver to a generation", |_, state| {
            all_are(state, |one| {
                one.drivers.iter().flatten().filter(drives).count() <= 1
            })
        }),
        Property::always("one registration to an address", |_, state: &State| {
            state.all.iter().filter(|one| one.holds_address()).count() <= 1
        }),
        Property::always("it comes to rest", |model: &Registrations, state| {
            !model.bounds.looks_ahead || comes_to_rest(model, state)
        }),
        Property::sometimes("somebody registers", |_, state: &State| {
            state.all.iter().any(|one| stands(one, Status::Registered))
        }),
        Property::sometimes(
            "something is undone with nothing left to look for",
            |_, state: &State| {
                let undone = |one: &One| stands(one, Status::Undone) && is_quiet(one);
                state.all.iter().any(undone)
            },
        ),
        Property::sometimes("a driver is superseded", |_, state: &State| {
            let old = |one: &One| one.drivers.iter().flatten().any(|one| !one.base.is_current);
            state.all.iter().any(old)
        }),
        Property::sometimes(
            "a late call is found by a second look",
            |_, state: &State| {
                let late = |one: &One| {
                    let undone = stands(one, Status::Undone) && one.looks.last;
                    undone && one.gateway.live_customers().next().is_some()
                };
                state.all.iter().any(late)
            },
        ),
    ]
}

fn all_are(state: &State, holds: impl Fn(&One) -> bool) -> bool {
    state.all.iter().all(holds)
}

fn stands(one: &One, status: Status) -> bool {
    one.row.is_some_and(|row| row.facts.status == status)
}

/// Exactly one customer, one subscription and one charge if the plan is paid, and all rows.
fn is_whole(model: &Registrations, one: &One) -> bool {
    let Some(row) = one.row.filter(|_| stands(one, Status::Registered)) else {
        return true;
    };
    let paid = usize::from(model.bounds.paid);
    let gateway = &one.gateway;
    gateway.live_customers().eq(row.facts.customer())
        && gateway.live_subscriptions() == paid
        && gateway.outstanding() == paid
        && one.account.open
        && one.account.subscription == model.bounds.paid
}

/// While nobody undoes it, what an account needs is there. With the first charge at verification, the
/// subscription comes later.
fn has_its_customer(one: &One) -> bool {
    let undoes = stands(one, Status::Undoing) || stands(one, Status::Undone);
    if !one.account.open || undoes {
        return true;
    }
    let subscribed = !one.account.subscription || one.gateway.live_subscriptions() == 1;
    one.gateway.live_customers().count() == 1 && subscribed
}

/// At rest as undone, or never begun, and nothing is under way or to be looked at.
fn is_quiet(one: &One) -> bool {
    let undone = one.row.is_none_or(|row| row.facts.status == Status::Undone);
    let looked = !one.looks.first && !one.looks.last;
    undone && looked && one.is_still()
}

/// Nothing is left of what did not become an account.
pub fn is_clean(one: &One) -> bool {
    let registered = stands(one, Status::Registered);
    let gateway = &one.gateway;
    let nothing = gateway.live_customers().next().is_none()
        && gateway.live_subscriptions() == 0
        && gateway.outstanding() == 0
        && !one.account.open;
    registered || nothing
}

fn drives(driver: &&crate::model::Driver) -> bool {
    driver.base.is_current && !matches!(driver.task, Task::Recheck(_) | Task::Begin)
}
