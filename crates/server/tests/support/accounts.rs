//! Checks of the accounts: each is whole, and there is one per address.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::checks::Offender;
use super::telling::Told;
use super::world::World;

pub fn shared_addresses(world: &World, _: &Told) -> Vec<Offender> {
    // Who holds an address: its user, and its registration under way. A user's own registration that
    // still waits for the verification is the same holder.
    let mut holders: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
    for (user, email) in &world.users {
        holders.entry(email).or_default().push(*user);
    }
    let under_way = world.registrations.values();
    for registration in under_way.filter(|it| !matches!(&*it.status, "registered" | "undone")) {
        let holding = holders.entry(&registration.email).or_default();
        if !holding.contains(&registration.user) {
            holding.push(registration.user);
        }
    }
    let shared = holders.into_iter().filter(|(_, holders)| holders.len() > 1);
    shared
        .map(|(email, holders)| Offender {
            registration: None,
            what: format!("{email}: {holders:?}"),
        })
        .collect()
}

pub fn torn(world: &World, _: &Told) -> Vec<Offender> {
    let parts = |user: &Uuid| {
        let has_user = world.users.contains_key(user);
        let has_profile = world.profiles.contains(user);
        (has_user, has_profile, world.billing.contains_key(user))
    };
    let ids = world
        .users
        .keys()
        .chain(&world.profiles)
        .chain(world.billing.keys());
    let subscribed = world
        .subscriptions
        .iter()
        .map(|subscription| &subscription.user);
    ids.chain(subscribed)
        .filter(|user| parts(user) != (true, true, true))
        .map(|user| {
            let what = format!("{user}: (user, profile, billing) are {:?}", parts(user));
            of_user(world, *user, what)
        })
        .collect()
}

pub fn without_one_customer(world: &World, _: &Told) -> Vec<Offender> {
    let is_right = |user: &Uuid| {
        let maker = world.maker_of(*user).map(|maker| maker.id);
        let mine = world
            .live_customers()
            .filter(|customer| Some(customer.registration_id.0) == maker)
            .map(|customer| customer.id.as_str());
        mine.eq(world.billing.get(user).map(String::as_str))
    };
    world
        .users
        .keys()
        .filter(|user| !is_right(user))
        .map(|user| of_user(world, *user, format!("user {user}")))
        .collect()
}

pub fn without_one_subscription(world: &World, _: &Told) -> Vec<Offender> {
    paid(world)
        .filter(|(user, price_minor, registration)| {
            let rows = world.subscriptions.iter().filter(|row| row.user == *user);
            let rows = rows.map(|row| {
                (
                    row.at_gateway.as_str(),
                    row.customer.as_str(),
                    row.amount_minor,
                )
            });
            let held = world.live_subscriptions();
            let held: Vec<_> = held
                .filter(|held| held.registration_id.0 == *registration && held.status == "active")
                .map(|held| {
                    (
                        held.id.as_str(),
                        held.customer_id.as_str(),
                        held.amount_minor,
                    )
                })
                .collect();
            !(held.len() == 1 && held[0].2 == *price_minor && rows.eq(held))
        })
        .map(|(user, ..)| of_user(world, user, format!("user {user}")))
        .collect()
}

pub fn not_charged_once(world: &World, _: &Told) -> Vec<Offender> {
    paid(world)
        .filter_map(|(user, price_minor, registration)| {
            // Whatever was taken, given back since or not.
            let taken: Vec<_> = world
                .ledger
                .charges
                .iter()
                .filter(|charge| {
                    charge.registration_id.0 == registration && charge.status == "succeeded"
                })
                .map(|charge| (charge.amount_minor, charge.refunded_minor))
                .collect();
            (taken != [(price_minor, 0)]).then(|| {
                of_user(
                    world,
                    user,
                    format!("user {user}: (taken, refunded) are {taken:?}"),
                )
            })
        })
        .collect()
}

pub fn free_but_charged(world: &World, _: &Told) -> Vec<Offender> {
    let free = world.users.keys().filter_map(|user| {
        let maker = world.maker_of(*user)?;
        maker.price_minor.is_none().then_some((*user, maker.id))
    });
    free.filter(|(_, registration)| {
        let charged = &world.ledger.charges;
        charged
            .iter()
            .any(|charge| charge.registration_id.0 == *registration)
            || world
                .live_subscriptions()
                .any(|held| held.registration_id.0 == *registration)
    })
    .map(|(user, _)| of_user(world, user, format!("user {user}")))
    .collect()
}

pub fn unaccounted(world: &World, _: &Told) -> Vec<Offender> {
    let says_so = |user: &Uuid| {
        world
            .maker_of(*user)
            .is_some_and(|maker| match &*maker.status {
                "awaiting_verification" => maker.has_opened && !maker.is_verified,
                "registered" => maker.has_opened && maker.is_verified,
                _ => false,
            })
    };
    let users = world.users.keys().filter(|user| !says_so(user));
    let mut offenders: Vec<_> = users
        .map(|user| of_user(world, *user, format!("user {user}")))
        .collect();
    let opened = world.registrations.values().filter(|registration| {
        matches!(
            &*registration.status,
            "awaiting_verification" | "registered"
        ) && !world.users.contains_key(&registration.user)
    });
    offenders.extend(opened.map(|registration| Offender {
        registration: Some(registration.id),
        what: format!("{} without a user", registration.status),
    }));
    offenders
}

pub fn stuck(world: &World, _: &Told) -> Vec<Offender> {
    let moving = world.registrations.values();
    moving
        .filter(|registration| matches!(&*registration.status, "running" | "undoing"))
        .map(|registration| Offender {
            registration: Some(registration.id),
            what: registration.status.clone(),
        })
        .collect()
}

/// Users with a paid plan, what it costs, and the registration that made them.
fn paid(world: &World) -> impl Iterator<Item = (Uuid, i64, Uuid)> {
    world.users.keys().filter_map(|user| {
        let maker = world.maker_of(*user)?;
        Some((*user, maker.price_minor?, maker.id))
    })
}

fn of_user(world: &World, user: Uuid, what: String) -> Offender {
    Offender {
        registration: world.maker_of(user).map(|maker| maker.id),
        what,
    }
}
