//! Many sign-ups with one address at the same moment, in one request and by journeys in three steps.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::{Password, PasswordHash, SignUp};
use enlist_registration::engine::{
    Beginning, BeginningFault, Completing, Driven, Engine, Given, JourneyProof, Terms,
};
use enlist_registration::journey::{CardIs, Journey as Pending};
use enlist_registration::ports::{Clock, HashingFault, PasswordHasher};
use enlist_registration::state::Status;
use enlist_storage::{Isolation, Mode};
use secrecy::ExposeSecret;
use tokio::sync::Barrier;

use crate::checks::{Expected, leftovers};
use crate::world::clock::{SimClock, poll_once};
use crate::world::database::{Ground, on_each_ground};
use crate::world::gate::{Call, Point, Side, Stopped, StoreCall, Strike};
use crate::world::living::{EMAIL, live};
use crate::world::people::{By, Card, Journey, Person, RAW_PAID, TOKEN_PAID};
use crate::world::server::Server;
use crate::world::{Ran, World, stand_in_hash};

on_each_ground! {
    of_twenty_sign_ups_at_once_one_gets_the_address,
    twenty_sign_ups_at_once_with_a_declined_card_leave_the_address_free,
    of_many_last_steps_at_once_one_gets_the_address,
    two_last_steps_are_not_taken_for_one,
    a_last_step_that_comes_after_the_undo_of_another_begins_nothing,
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
    JourneyIsClosed,
}

async fn end(engine: &Engine, begun: Result<Beginning, BeginningFault>) -> End {
    match begun {
        Ok(Beginning::EmailTaken) => End::EmailTaken,
        Ok(Beginning::JourneyIsClosed) => End::JourneyIsClosed,
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
    let begin = || engine.begin(person.sign_up(EMAIL), None, Terms::default());
    all_at_once(world, &engine, (0..CROWD).map(|_| begin()).collect())
}

fn all_at_once(
    world: &World,
    engine: &Engine,
    beginnings: Vec<impl Future<Output = Result<Beginning, BeginningFault>>>,
) -> Vec<End> {
    let mut under_way: Vec<_> = beginnings.into_iter().map(Box::pin).collect();
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
        .map(|beginning| world.run(end(engine, beginning)));
    ends.collect()
}

/// So many journeys with the same address, of which nothing is missing but the last step.
async fn ready(engine: &Engine, person: Person, journeys: usize) -> Vec<Pending> {
    let mut ready = Vec::new();
    for _ in 0..journeys {
        let SignUp {
            email,
            profile,
            payment,
            ..
        } = person.sign_up(EMAIL);
        let begun = engine.begin_journey(email, None).await.unwrap();
        let code = engine.tokens().code(begun.id, begun.mail_serial);
        let proof = engine.verify_journey_by_code(begun.id, code.expose_secret());
        let proof = proof.await.unwrap();
        assert!(matches!(proof, JourneyProof::Accepted(_)), "{proof:?}");
        engine.give_profile(begun.id, profile).await.unwrap();
        match engine.give_card(begun.id, payment.unwrap()).await.unwrap() {
            Given::Kept(journey) => ready.push(*journey),
            other => panic!("{other:?}"),
        }
    }
    ready
}

async fn complete(
    engine: &Engine,
    person: Person,
    journey: Pending,
) -> Result<Beginning, BeginningFault> {
    let SignUp { password, plan, .. } = person.sign_up(EMAIL);
    let completing = engine.complete(journey, password, plan, CardIs::Needed, None);
    match completing.await? {
        Completing::Went(beginning) => Ok(beginning),
        Completing::Missing(part) => panic!("{} is missing", part.as_str()),
    }
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

/// Of different journeys, of the same one, and of several ones each several times.
const JOURNEYS: [usize; 3] = [10, 1, 5];

fn of_many_last_steps_at_once_one_gets_the_address(ground: &Ground) {
    for journeys in JOURNEYS {
        let world = World::on(ground, None);
        let engine = world.process_with(Arc::new(SlowHasher(world.clock.clone())));
        let ready = world.run(ready(&engine, TOKEN_PAID, journeys));
        let last_steps = ready.iter().cycle().take(CROWD);
        let last_steps = last_steps.map(|it| complete(&engine, TOKEN_PAID, it.clone()));
        let ends = all_at_once(&world, &engine, last_steps.collect());
        assert_eq!(the_account_is_one(&ends, journeys), 0);
        world.walker().journey = world.newest().map(|newest| newest.id);
        let journey = Journey::verified(TOKEN_PAID).in_three_steps(By::Code);
        assert_eq!(leftovers(&world, &journey, Expected::Registered), []);
    }
}

/// Of those that took the last step of the one journey that led to the account, the others find it closed;
/// whoever took another's finds the address taken.
///
/// Between different processes one may claim the address that another has let go of a moment ago, by opening
/// the account: it is undone before it has asked the gateway for anything. How many such there were is
/// returned.
fn the_account_is_one(ends: &[End], journeys: usize) -> usize {
    assert_eq!(count(ends, &End::Stands(Status::Registered)), 1);
    let late = count(ends, &End::Stands(Status::Undone));
    let same = (CROWD / journeys - 1) * (1 + late);
    // While one that is undone is not at rest yet its journey is closed, and afterwards open again.
    let closed = count(ends, &End::JourneyIsClosed);
    assert!(closed <= same && closed >= CROWD / journeys - 1, "{ends:?}");
    let taken = count(ends, &End::EmailTaken);
    assert_eq!(taken, CROWD - 1 - late - closed, "{ends:?}");
    late
}

/// A last step stands still when all is ready for its journal row, and another of the same journey is
/// taken: both were to have the journey's id.
fn late_last_step<'e>(
    world: &World,
    engine: &'e Engine,
    person: Person,
    journey: &Pending,
) -> (
    Stopped,
    Pin<Box<impl Future<Output = Result<Beginning, BeginningFault>> + use<'e>>>,
) {
    world.gate.arm(Strike::StopAt(Point {
        call: Call::Store(StoreCall::Begin),
        nth: 1,
        side: Side::Before,
    }));
    let mut late = Box::pin(complete(engine, person, journey.clone()));
    match world.run_until_stopped(late.as_mut()) {
        Ran::Stopped(stopped) => (stopped, late),
        Ran::Ended(begun) => panic!("it was not stopped: {begun:?}"),
    }
}

/// Even in one process, which holds what the other began.
fn two_last_steps_are_not_taken_for_one(ground: &Ground) {
    let world = World::on(ground, None);
    let engine = world.process();
    let ready = world.run(ready(&engine, TOKEN_PAID, 1)).pop().unwrap();
    let (stopped, late) = late_last_step(&world, &engine, TOKEN_PAID, &ready);
    let begun = world.run(complete(&engine, TOKEN_PAID, ready.clone()));
    assert!(matches!(begun, Ok(Beginning::Begun(_))), "{begun:?}");
    world.gate.release(stopped);
    let late = world.run(late);
    assert!(matches!(late, Ok(Beginning::JourneyIsClosed)), "{late:?}");
    assert_eq!(
        world.run(end(&engine, begun)),
        End::Stands(Status::Registered)
    );
    world.walker().journey = Some(ready.id);
    let journey = Journey::verified(TOKEN_PAID).in_three_steps(By::Code);
    assert_eq!(leftovers(&world, &journey, Expected::Registered), []);
}

/// It finds that another led to a registration; the next try begins one with an id of its own.
fn a_last_step_that_comes_after_the_undo_of_another_begins_nothing(ground: &Ground) {
    let world = World::on(ground, None);
    let declined = TOKEN_PAID.with("declined", Card::Token("tok_chargeCustomerFail"));
    let (first, second) = (world.process(), world.process());
    let ready = world.run(ready(&first, declined, 1)).pop().unwrap();
    let (stopped, late) = late_last_step(&world, &second, declined, &ready);
    let undone = world.run(async {
        let begun = complete(&first, declined, ready.clone()).await;
        end(&first, begun).await
    });
    assert_eq!(undone, End::Stands(Status::Undone));
    world.gate.release(stopped);
    let late = world.run(late);
    assert!(matches!(late, Ok(Beginning::JourneyIsClosed)), "{late:?}");
    world.walker().journey = Some(ready.id);
    let journey = Journey::verified(declined).in_three_steps(By::Code);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
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

/// In real time, by so many processes: the last steps of so many journeys.
async fn last_steps_on_threads(world: &World, processes: usize, journeys: usize) {
    let together = Arc::new(Together(Barrier::new(CROWD)));
    let engines: Vec<_> = (0..processes)
        .map(|_| Arc::new(world.process_with(together.clone())))
        .collect();
    let ready = ready(&engines[0], TOKEN_PAID, journeys).await;
    let mut under_way = tokio::task::JoinSet::new();
    for number in 0..CROWD {
        let engine = Arc::clone(&engines[number / journeys % processes]);
        let journey = ready[number % journeys].clone();
        under_way.spawn(async move {
            let begun = complete(&engine, TOKEN_PAID, journey).await;
            end(&engine, begun).await
        });
    }
    let ends = under_way.join_all().await;
    let late = the_account_is_one(&ends, journeys);
    let rows = async |table| world.outside.rows_of(table).await.unwrap().len();
    assert_eq!(rows("registrations").await, 1 + late);
    assert_eq!(rows("users").await, 1);
    assert_eq!(rows("subscriptions").await, 1);
    let ledger = world.ledger();
    // Nobody was charged in vain.
    assert_eq!((ledger.customers.len(), ledger.charges.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_last_steps_on_many_threads_one_gets_the_address() {
    for journeys in JOURNEYS {
        let world = World::on(&Ground::Memory(Mode::Threaded), None);
        last_steps_on_threads(&world, 1, journeys).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_last_steps_by_four_processes_one_gets_the_address_at_any_isolation() {
    for isolation in ISOLATIONS {
        for journeys in JOURNEYS {
            let server = Server::on_threads(isolation, 4).await;
            let world = World::on(&Ground::Server(Arc::new(server)), None);
            last_steps_on_threads(&world, 4, journeys).await;
        }
    }
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
