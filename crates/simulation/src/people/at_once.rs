//! Signing up in one request.

use std::sync::Arc;

use enlist_registration::state::Status;
use enlist_registration::steps::Order;

use super::{PATIENCE, Person, TRIES, Told};
use crate::faults::Fault;
use crate::world::World;

/// From the form to an answer, in as many tries as it takes.
pub(super) async fn sign_up(world: &Arc<World>, person: Person, order: Order) {
    let mut person = person;
    let mut key = person.has_key.then(|| world.next_number());
    for _ in 0..TRIES {
        let told = send(world, person, order, key).await;
        if let Some(told) = &told {
            world.check_told(&person, told);
            if let (Some(key), Told::Stands(id, ..)) = (key, told) {
                world.check_key(key, *id);
            }
        }
        match told {
            // Nobody knows: again, with the key if there is one.
            None | Some(Told::Failed) => {}
            // Under way, and nobody waited longer.
            Some(Told::Stands(id, status, _)) => {
                world.think_twice(id);
                if status != Status::Undone {
                    return;
                }
                // Another card, and so another request.
                person = person.with_a_good_card();
                key = person.has_key.then(|| world.next_number());
            }
            Some(Told::Declined | Told::NotBegun) => {
                person = person.with_a_good_card();
                key = person.has_key.then(|| world.next_number());
            }
            Some(Told::Taken | Told::KeyReused | Told::Closed) => return,
        }
        if world.feels_like(Fault::PageAbandoned) {
            return;
        }
        world.a_moment(1, 40).await;
    }
}

/// Sends the form once, or as often as somebody clicks.
async fn send(world: &Arc<World>, person: Person, order: Order, key: Option<u64>) -> Option<Told> {
    if world.feels_like(Fault::SentTwice) {
        let (first, second) = tokio::join!(
            biased;
            send_once(world, person, order, key),
            send_once(world, person, order, key)
        );
        if let (Some(key), Some(Told::Stands(id, ..))) = (key, &second) {
            world.check_key(key, *id);
        }
        return first;
    }
    let leaves_early = match key {
        Some(_) => world.feels_like(Fault::Disconnected),
        None => world.feels_like(Fault::DisconnectedWithoutKey),
    };
    if leaves_early {
        let early = world
            .people
            .between(std::time::Duration::ZERO, PATIENCE / 20);
        return tokio::select! {
            biased;
            () = world.executor.sleep(early) => None,
            told = send_once(world, person, order, key) => told,
        };
    }
    send_once(world, person, order, key).await
}

async fn send_once(
    world: &Arc<World>,
    person: Person,
    order: Order,
    key: Option<u64>,
) -> Option<Told> {
    tokio::select! {
        biased;
        told = world.ask_to_sign_up(person, order, key) => told,
        () = world.executor.sleep(PATIENCE) => None,
    }
}
