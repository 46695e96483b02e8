//! Checks of the journey in three steps: what was answered is still known, what was left halfway has left
//! nothing, and what was completed is one account.

use uuid::Uuid;

use super::checks::Offender;
use super::telling::Told;
use super::walks::Said;
use super::world::{Pending, World};

/// What was found on the way, when somebody came back, and what the tables say at the end.
pub fn lost(world: &World, told: &Told) -> Vec<Offender> {
    let on_the_way = told.lost.iter().map(|(id, what)| of(*id, what.clone()));
    let at_the_end = told.walks.iter().filter_map(|(id, said)| {
        let what = missing(said, world.pending.get(id))?;
        Some(of(*id, format!("{what}; {said:?}")))
    });
    on_the_way.chain(at_the_end).collect()
}

/// The first thing that was answered and that its row does not say.
fn missing(said: &Said, row: Option<&Pending>) -> Option<&'static str> {
    let Some(row) = row else {
        return (!said.may_be_over()).then_some("the row is gone");
    };
    // What was said last may have been kept; and a row whose time is over, and that led to an account, is
    // emptied.
    let is_empty = row.first_name.is_none() && !row.has_card && row.plan.is_none();
    let is_emptied = is_empty && row.registration.is_some() && said.may_be_over();
    if said.is_in_doubt || is_emptied {
        return None;
    }
    let is_other_card = |last4: &Option<String>| !row.has_card || row.last4 != *last4;
    if row.email != said.email {
        Some("another address")
    } else if said.is_verified && !row.is_verified {
        Some("not verified")
    } else if row.first_name != said.first_name {
        Some("another profile")
    } else if said.card.as_ref().is_some_and(is_other_card) {
        Some("another card")
    } else if row.plan != said.plan {
        Some("another plan")
    } else {
        None
    }
}

/// Neither a registration nor anything at the gateway, and nobody has their address. Nor does anything
/// stand in a row whose first step had no answer.
pub fn left_behind(world: &World, told: &Told) -> Vec<Offender> {
    let left = told.walks.iter().filter(|(_, said)| !said.is_meant);
    let left = left.filter_map(|(id, said)| Some(of(*id, leftover(world, *id, said)?)));
    let unknown = world.pending.iter().filter(|(id, row)| {
        let has_said = row.is_verified || row.registration.is_some();
        has_said && !told.walks.contains_key(id)
    });
    let unknown = unknown.map(|(id, row)| of(*id, format!("nobody's: {row:?}")));
    left.chain(unknown).collect()
}

fn leftover(world: &World, id: Uuid, said: &Said) -> Option<String> {
    let ledger = &world.ledger;
    let mut held = ledger.customers.iter().map(|it| it.registration_id.0);
    let mut taken = ledger.charges.iter().map(|it| it.registration_id.0);
    let mut running = ledger.subscriptions.iter().map(|it| it.registration_id.0);
    let has_address = |email: &String| *email == said.email && !said.is_contested();
    let mut claims = world.registrations.values().map(|it| &it.email);
    if held.any(|it| it == id) || taken.any(|it| it == id) || running.any(|it| it == id) {
        Some("something at the gateway".to_owned())
    } else if world.registrations.contains_key(&id) || claims.any(has_address) {
        Some(format!("a registration of {}", said.email))
    } else if world.users.values().any(has_address) {
        Some(format!("a user with {}", said.email))
    } else {
        None
    }
}

/// Whoever was told that everything exists has one account, and was told the same each time.
pub fn not_completed_once(world: &World, told: &Told) -> Vec<Offender> {
    let walks = told
        .walks
        .iter()
        .filter(|(_, said)| !said.opened.is_empty());
    let wrong = walks.filter_map(|(id, said)| Some(of(*id, not_once(world, *id, said)?)));
    wrong.collect()
}

fn not_once(world: &World, id: Uuid, said: &Said) -> Option<String> {
    let told = &said.opened[0];
    if let Some(other) = said.opened.iter().find(|other| *other != told) {
        return Some(format!("two answers: {told}\n    then {other}"));
    }
    let registration: Uuid = told["registration"]["id"].as_str()?.parse().ok()?;
    let made = world.registrations.get(&registration);
    let is_done = made.is_some_and(|made| made.status == "registered");
    let accounts = world.users.values().filter(|email| **email == said.email);
    let accounts = accounts.count();
    let led_to = world.pending.get(&id).map(|row| row.registration);
    let is_named = led_to.is_none_or(|led_to| led_to == Some(registration));
    let is_right = is_done && world.has_user(registration) && accounts == 1 && is_named;
    (!is_right).then(|| format!("{accounts} accounts, row leads to {led_to:?}, told {told}"))
}

/// Rows whose time was over when the service was started last.
pub fn outlived(world: &World, _: &Told) -> Vec<Offender> {
    let over = world.pending.iter().filter(|(_, row)| row.is_over);
    over.map(|(id, row)| of(*id, format!("{row:?}"))).collect()
}

fn of(journey: Uuid, what: String) -> Offender {
    Offender {
        registration: Some(journey),
        what,
    }
}
