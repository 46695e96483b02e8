//! Signing up in one request.

use std::sync::Arc;

use enlist_domain::SignUp;
use enlist_registration::engine::{Beginning, Driven, Engine, Terms};
use enlist_registration::ports::RequestRecord;
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::Order;

use super::{PATIENCE, Person, TRIES, Told};
use crate::faults::Fault;
use crate::process;
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
    let answered = world.ask(async move |world, process, engine| {
        answer(&world, process, &engine, person, order, key).await
    });
    tokio::select! {
        biased;
        told = answered => told,
        () = world.executor.sleep(PATIENCE) => None,
    }
}

/// What the service does with a form; the way of `sign_up` in the service.
async fn answer(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    person: Person,
    order: Order,
    key: Option<u64>,
) -> Told {
    let stock = &world.stock;
    let sign_up = SignUp {
        email: stock.email(person.address),
        password: stock.password(),
        profile: stock.profile(),
        payment: stock.payment(person.payer),
        plan: stock.plan(person.is_paid),
    };
    let tokens = engine.tokens();
    let record = key.map(|key| RequestRecord {
        key: tokens.request_key(&key.to_string()),
        fingerprint: tokens.fingerprint(&[&format!("{:?}{}", person.payer, person.is_paid)]),
    });
    let terms = Terms {
        order,
        language: None,
    };
    match engine.begin(sign_up, record, terms).await {
        Ok(Beginning::KeyIsUsed(earlier)) => {
            let (earlier, registration) = *earlier;
            match record {
                Some(record) if record.fingerprint == earlier.fingerprint => stands(&registration),
                _ => Told::KeyReused,
            }
        }
        Ok(beginning) => settle(world, process, engine, beginning).await,
        Err(_) => Told::Failed,
    }
}

/// Drives what was begun, and says what became of it.
pub(super) async fn settle(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    beginning: Beginning,
) -> Told {
    match beginning {
        Beginning::Begun(begun) => {
            let id = begun.id;
            let driven = process::start_driving(world, process, engine, *begun);
            let driven = tokio::select! {
                biased;
                driven = driven => driven.ok(),
                () = world.executor.sleep(PATIENCE) => None,
            };
            if let Some(Driven::LetGo(registration)) = &driven
                && (registration.status.rests() || registration.status.waits_for_a_person())
            {
                return stands(registration);
            }
            match engine.ports().store.registration(id).await {
                Ok(Some(registration)) => stands(&registration),
                Ok(None) | Err(_) => Told::Failed,
            }
        }
        Beginning::Waits(begun) => stands(&begun),
        Beginning::EmailTaken => Told::Taken,
        Beginning::KeyIsUsed(_) => Told::KeyReused,
        Beginning::Declined(_) => Told::Declined,
        Beginning::GatewayUnavailable | Beginning::GatewayRejected => Told::NotBegun,
        Beginning::JourneyIsClosed => Told::Closed,
    }
}

pub(super) fn stands(registration: &Registration) -> Told {
    let opened = registration.opened_at.is_some();
    Told::Stands(registration.id, registration.status, opened)
}
