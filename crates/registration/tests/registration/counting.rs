//! What a registration costs: gateway calls one after another, waits for the disk, and what runs side
//! by side.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use async_trait::async_trait;
use enlist_domain::{Password, PasswordHash};
use enlist_gateways::sandbox::Operation;
use enlist_registration::engine::{Beginning, Driven, Terms};
use enlist_registration::ports::{HashingFault, PasswordHasher};
use enlist_registration::state::Status;

use crate::world::database::Ground;
use crate::world::gate::{Call, Point, Side, Strike};
use crate::world::living::EMAIL;
use crate::world::people::{Person, RAW_PAID, TOKEN_FREE, TOKEN_PAID};
use crate::world::provider::stripe::Lost;
use crate::world::{Ran, World, stand_in_hash};

/// Signs up, until the account waits for verification.
fn open_account(world: &World, person: Person) {
    let engine = world.process();
    world.run(async {
        let begun = engine
            .begin(person.sign_up(EMAIL), None, Terms::default())
            .await;
        let Ok(Beginning::Begun(registration)) = begun else {
            panic!("not begun: {begun:?}");
        };
        let driven = engine.drive(*registration).await;
        assert!(
            matches!(&driven, Driven::LetGo(it) if it.status == Status::AwaitingVerification),
            "{driven:?}"
        );
    });
}

fn gateway_calls(world: &World) -> Vec<Operation> {
    let calls = world.gate.calls().into_iter();
    calls
        .filter_map(|(call, _)| match call {
            Call::Gateway(operation) => Some(operation),
            Call::Store(_) => None,
        })
        .collect()
}

#[test]
fn the_gateway_is_called_once_per_step_and_never_twice_at_once() {
    use Operation::{CreateCustomer, StartSubscription, TokenizeCard};
    let expected: [(Person, &[Operation]); 3] = [
        (RAW_PAID, &[TokenizeCard, CreateCustomer, StartSubscription]),
        (TOKEN_PAID, &[CreateCustomer, StartSubscription]),
        (TOKEN_FREE, &[CreateCustomer]),
    ];
    for (person, calls) in expected {
        let world = World::new();
        open_account(&world, person);
        assert_eq!(gateway_calls(&world), calls, "{}", person.name);
        let at_once = world.provider.calls().most_at_once_per_registration;
        assert_eq!(at_once, 1, "{}", person.name);
    }
}

#[test]
fn at_stripe_each_step_is_one_request() {
    for (person, requests) in [(RAW_PAID, 3), (TOKEN_PAID, 2), (TOKEN_FREE, 1)] {
        let world = World::on(&Ground::stripe(Lost::Closed), None);
        open_account(&world, person);
        assert_eq!(world.provider.requests(), requests, "{}", person.name);
    }
}

#[test]
fn a_registration_waits_for_the_disk_twice() {
    for person in [RAW_PAID, TOKEN_PAID, TOKEN_FREE] {
        let world = World::new();
        let before = world.database.durable_waits();
        open_account(&world, person);
        let waits = world.database.durable_waits() - before;
        assert_eq!(waits, 2, "{}", person.name);
    }
}

const WAITING: u8 = 0;
const HASHING: u8 = 1;
const ALLOWED: u8 = 2;

/// Begins to hash, and ends when it is allowed to.
struct PatientHasher(AtomicU8);

#[async_trait]
impl PasswordHasher for PatientHasher {
    async fn hash(&self, _: Password) -> Result<PasswordHash, HashingFault> {
        self.0.store(HASHING, Ordering::Relaxed);
        std::future::poll_fn(|_| match self.0.load(Ordering::Relaxed) {
            ALLOWED => Poll::Ready(()),
            _ => Poll::Pending,
        })
        .await;
        Ok(stand_in_hash())
    }
}

#[test]
fn the_password_is_hashed_while_the_card_is_tokenised() {
    let world = World::new();
    let hasher = Arc::new(PatientHasher(AtomicU8::new(WAITING)));
    world.gate.arm(Strike::StopAt(Point {
        call: Call::Gateway(Operation::TokenizeCard),
        nth: 1,
        side: Side::Before,
    }));
    let engine = world.process_with(hasher.clone());
    let mut beginning = Box::pin(engine.begin(RAW_PAID.sign_up(EMAIL), None, Terms::default()));
    // The call stands at the gateway's door, and does not go on by itself; nor does the hashing.
    let Ran::Stopped(tokenising) = world.run_until_stopped(beginning.as_mut()) else {
        panic!("the card was not tokenised");
    };
    assert_eq!(hasher.0.load(Ordering::Relaxed), HASHING);
    hasher.0.store(ALLOWED, Ordering::Relaxed);
    world.gate.release(tokenising);
    let begun = world.run(beginning);
    assert!(matches!(begun, Ok(Beginning::Begun(_))), "{begun:?}");
}
