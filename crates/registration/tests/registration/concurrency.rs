//! Many sign-ups with one address at the same moment.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::{Password, PasswordHash};
use enlist_registration::engine::{Beginning, BeginningFault, Driven, Engine, Terms};
use enlist_registration::ports::{Clock, HashingFault, PasswordHasher};
use enlist_registration::state::Status;
use enlist_storage::{Isolation, Mode};
use tokio::sync::Barrier;

use crate::checks::{Expected, leftovers};
use crate::world::clock::{SimClock, poll_once};
use crate::world::database::{Ground, on_each_ground};
use crate::world::living::{EMAIL, live};
use crate::world::people::{Card, Journey, Person, RAW_PAID, TOKEN_PAID};
use crate::world::server::Server;
use crate::world::{World, stand_in_hash};

on_each_ground! {
    of_twenty_sign_ups_at_once_one_gets_the_address,
    twenty_sign_ups_at_once_with_a_declined_card_leave_the_address_free,
}

const CROWD: usize = 20;

const ISOLATIONS: [Isolation; 3] = [
    Isolation::ReadCommitted,
    Isolation::RepeatableRead,
    Isolation::Serializable,
];

/// Where each of a crowd ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Stands(Status),
    EmailTaken,
}

async fn end(engine: &Engine, begun: Result<Beginning, BeginningFault>) -> End {
    match begun {
        Ok(Beginning::EmailTaken) => End::EmailTaken,
        Ok(Beginning::Begun(registration)) => match engine.drive(*registration).await {
            Driven::LetGo(registration) => End::Stands(registration.status),
            other => panic!("not driven: {other:?}"),
        },
        other => panic!("neither begun nor taken: {other:?}"),
    }
}

/// Takes its time, so that everybody has looked whether the address is free before anybody takes it.
struct SlowHasher(Arc<SimClock>);

#[async_trait]
impl PasswordHasher for SlowHasher {
    async fn hash(&self, _: Password) -> Result<PasswordHash, HashingFault> {
        self.0.sleep(Duration::from_millis(300)).await;
        Ok(stand_in_hash())
    }
}

/// All begin at once, in one thread; who has begun is driven when all know where they stand.
fn crowd(world: &World, person: Person) -> Vec<End> {
    let engine = world.process_with(Arc::new(SlowHasher(world.clock.clone())));
    let mut under_way: Vec<_> = (0..CROWD)
        .map(|_| Box::pin(engine.begin(person.sign_up(EMAIL), None, Terms::default())))
        .collect();
    let mut begun = Vec::new();
    while !under_way.is_empty() {
        under_way.retain_mut(|one| match poll_once(one.as_mut()) {
            Poll::Ready(beginning) => {
                begun.push(beginning);
                false
            }
            Poll::Pending => true,
        });
        assert!(
            under_way.is_empty() || world.clock.advance(),
            "nobody goes on"
        );
    }
    let ends = begun
        .into_iter()
        .map(|beginning| world.run(end(&engine, beginning)));
    ends.collect()
}

fn count(ends: &[End], end: &End) -> usize {
    ends.iter().filter(|other| *other == end).count()
}

fn of_twenty_sign_ups_at_once_one_gets_the_address(ground: &Ground) {
    for person in [RAW_PAID, TOKEN_PAID] {
        let world = World::on(ground, None);
        let ends = crowd(&world, person);
        assert_eq!(count(&ends, &End::Stands(Status::AwaitingVerification)), 1);
        assert_eq!(count(&ends, &End::EmailTaken), CROWD - 1);
        // The one goes on to its account; nobody else left anything.
        let journey = Journey::verified(person);
        world.run(live(&world, &world.process(), &journey, &|| {}));
        assert_eq!(leftovers(&world, &journey, Expected::Registered), []);
    }
}

fn twenty_sign_ups_at_once_with_a_declined_card_leave_the_address_free(ground: &Ground) {
    let world = World::on(ground, None);
    let declined = TOKEN_PAID.with("declined", Card::Token("tok_chargeDeclined"));
    let ends = crowd(&world, declined);
    assert_eq!(count(&ends, &End::Stands(Status::Undone)), 1);
    assert_eq!(count(&ends, &End::EmailTaken), CROWD - 1);
    assert_eq!(
        leftovers(&world, &Journey::verified(declined), Expected::Undone),
        []
    );
}

/// Lets nobody go on before all are there.
struct Together(Barrier);

#[async_trait]
impl PasswordHasher for Together {
    async fn hash(&self, _: Password) -> Result<PasswordHash, HashingFault> {
        self.0.wait().await;
        Ok(stand_in_hash())
    }
}

/// In real time, by so many processes.
async fn crowd_on_threads(world: &World, processes: usize) {
    let together = Arc::new(Together(Barrier::new(CROWD)));
    let engines: Vec<_> = (0..processes)
        .map(|_| Arc::new(world.process_with(together.clone())))
        .collect();
    let mut under_way = tokio::task::JoinSet::new();
    for engine in engines.iter().cycle().take(CROWD) {
        let engine = Arc::clone(engine);
        under_way.spawn(async move {
            let begun = engine
                .begin(TOKEN_PAID.sign_up(EMAIL), None, Terms::default())
                .await;
            end(&engine, begun).await
        });
    }
    let ends = under_way.join_all().await;
    assert_eq!(count(&ends, &End::Stands(Status::AwaitingVerification)), 1);
    assert_eq!(count(&ends, &End::EmailTaken), CROWD - 1);
    let rows = async |table| world.outside.rows_of(table).await.unwrap().len();
    assert_eq!(rows("registrations").await, 1);
    assert_eq!(rows("users").await, 1);
    let ledger = world.ledger();
    assert_eq!((ledger.customers.len(), ledger.charges.len()), (1, 1));
    let email = TOKEN_PAID.sign_up(EMAIL).email;
    let store = world.outside.store();
    assert!(store.email_is_taken(&email).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_sign_ups_on_many_threads_one_gets_the_address() {
    let world = World::on(&Ground::Memory(Mode::Threaded), None);
    crowd_on_threads(&world, 1).await;
}

/// Several rounds: who meets whom is chance.
const ROUNDS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_sign_ups_by_four_processes_one_gets_the_address_at_any_isolation() {
    for isolation in ISOLATIONS {
        for _ in 0..ROUNDS {
            let server = Server::on_threads(isolation, 4).await;
            let world = World::on(&Ground::Server(Arc::new(server)), None);
            crowd_on_threads(&world, 4).await;
        }
    }
}
