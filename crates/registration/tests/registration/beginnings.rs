//! What is written at the beginning, what is answered before anything is, and how often a gateway is asked
//! for a token.

use std::time::Duration;

use enlist_gateways::sandbox::{Fault, FaultKind, Operation};
use enlist_registration::engine::{Beginning, Engine, Terms};
use enlist_registration::ports::{Clock, RequestRecord};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::{Order, StepName};
use enlist_registration::timeline::EventKind;
use jiff::SignedDuration;

use crate::world::World;
use crate::world::gate::Call;
use crate::world::living::{EMAIL, finish};
use crate::world::people::{Journey, Person, RAW_PAID, TOKEN_PAID};

fn begin(world: &World, engine: &Engine, person: Person, order: Order) -> Beginning {
    let terms = Terms {
        order,
        ..Terms::default()
    };
    let begun = engine.begin(person.sign_up(EMAIL), None, terms);
    world.run(begun).unwrap()
}

/// How often the gateway was asked for a token.
fn asked_for_a_token(world: &World) -> u32 {
    world.gate.count(Call::Gateway(Operation::TokenizeCard))
}

type Told = (Option<StepName>, EventKind);

/// What is told of a registration, in order; the numbers have no gap, and observers hear the same.
fn told(world: &World, registration: &Registration) -> Vec<Told> {
    let events = world.events(registration.id);
    let numbers: Vec<u32> = events.iter().map(|event| event.seq).collect();
    let in_order: Vec<u32> = (1..).take(events.len()).collect();
    assert_eq!(numbers, in_order);
    assert_eq!(world.heard(registration.id), events);
    let told = events.into_iter().map(|event| (event.step, event.kind));
    told.collect()
}

#[test]
fn the_first_events_say_what_was_done_before_the_journal_row() {
    let world = World::new();
    let engine = world.process();
    let Beginning::Begun(begun) = begin(&world, &engine, RAW_PAID, Order::VerifyAfter) else {
        panic!("not begun");
    };
    assert_eq!(begun.next_seq, 3);
    let before = [
        (Some(StepName::TokenizeCard), EventKind::Done),
        (Some(StepName::HoldEmail), EventKind::Done),
    ];
    assert_eq!(told(&world, &begun), before);
    let card = world.events(begun.id).remove(0).detail.unwrap();
    assert!(card.contains("4242"), "{card}");
    world.pass(world.limits.lease);
    finish(&world, &Journey::verified(RAW_PAID));
    let all = told(&world, &begun);
    assert_eq!(all[..2], before);
    assert_eq!(all.last(), Some(&(None, EventKind::Registered)), "{all:?}");
}

#[test]
fn where_the_address_is_verified_first_the_mail_is_queued_with_the_journal_row() {
    let world = World::new();
    let engine = world.process();
    let Beginning::Waits(waits) = begin(&world, &engine, TOKEN_PAID, Order::VerifyFirst) else {
        panic!("it does not wait");
    };
    assert_eq!(waits.status, Status::AwaitingVerification);
    assert_eq!(
        told(&world, &waits),
        [
            (Some(StepName::HoldEmail), EventKind::Done),
            (Some(StepName::VerifyEmail), EventKind::Waiting),
        ]
    );
    let jobs = world.rows("jobs");
    let mails: Vec<_> = jobs
        .iter()
        .map(|job| (job["kind"].as_deref(), job["registration_id"].as_deref()))
        .collect();
    let id = waits.id.to_string();
    assert_eq!(mails, [(Some("verification_mail"), Some(id.as_str()))]);
}

#[test]
fn for_an_address_that_is_taken_no_card_is_turned_into_a_token() {
    let world = World::new();
    let engine = world.process();
    let first = begin(&world, &engine, RAW_PAID, Order::VerifyAfter);
    assert!(matches!(first, Beginning::Begun(_)), "{first:?}");
    assert_eq!(asked_for_a_token(&world), 1);
    let second = begin(&world, &engine, RAW_PAID, Order::VerifyAfter);
    assert!(matches!(second, Beginning::EmailTaken), "{second:?}");
    assert_eq!(asked_for_a_token(&world), 1);
}

#[test]
fn for_a_request_that_is_known_no_card_is_turned_into_a_token() {
    let world = World::new();
    let engine = world.process();
    let request = RequestRecord {
        key: engine.tokens().request_key("the same"),
        fingerprint: engine.tokens().fingerprint(&["the same"]),
    };
    let send = || {
        let form = RAW_PAID.sign_up(EMAIL);
        world.run(engine.begin(form, Some(request), Terms::default()))
    };
    let Ok(Beginning::Begun(begun)) = send() else {
        panic!("not begun");
    };
    let again = send();
    let Ok(Beginning::KeyIsUsed(earlier)) = again else {
        panic!("{again:?}");
    };
    assert_eq!((earlier.0, earlier.1.id), (request, begun.id));
    assert_eq!(asked_for_a_token(&world), 1);
}

/// Whoever tries to sign up while the gateway refuses every connection, and how long that takes.
fn in_vain(world: &World) -> Duration {
    let refuse = Fault::at_rate(Operation::TokenizeCard, FaultKind::Refuse, 1.0);
    world.provider.switch_on(refuse);
    let began_at = world.clock.now();
    let answer = begin(world, &world.process(), RAW_PAID, Order::VerifyAfter);
    assert!(
        matches!(answer, Beginning::GatewayUnavailable),
        "{answer:?}"
    );
    let took = world.clock.now().duration_since(began_at);
    Duration::try_from(took).unwrap()
}

#[test]
fn after_the_last_try_nobody_waits() {
    let mut world = World::new();
    world.limits.attempts = 1;
    assert_eq!(in_vain(&world), Duration::ZERO);
    assert_eq!(asked_for_a_token(&world), 1);
}

#[test]
fn a_token_is_asked_for_as_often_as_the_time_allows_and_no_longer() {
    let mut world = World::new();
    world.limits.attempts = 1_000;
    let took = in_vain(&world);
    let within = world.limits.prepare_within;
    assert!(took < within, "{took:?}");
    assert!(took + world.limits.longest_pause >= within, "{took:?}");
}

/// Up to half of a pause is taken away by chance; of many, a quarter.
#[test]
fn pauses_are_of_any_length_that_chance_may_make_them() {
    let mut world = World::new();
    world.limits.attempts = u32::MAX;
    world.limits.prepare_within = Duration::from_mins(30);
    let took = in_vain(&world);
    let mean = took / asked_for_a_token(&world);
    let share = mean.div_duration_f64(world.limits.longest_pause);
    assert!((0.7..0.8).contains(&share), "{share}");
}

#[test]
fn an_engine_works_by_the_limits_that_it_was_given() {
    let mut world = World::new();
    world.limits.attempts = 7;
    world.limits.verify_within = Duration::from_hours(3);
    let engine = world.process();
    assert_eq!(engine.limits().attempts, 7);
    let email = TOKEN_PAID.sign_up(EMAIL).email;
    let journey = world.run(engine.begin_journey(email, None)).unwrap();
    let lasts = journey.expires_at.duration_since(journey.begun_at);
    assert_eq!(lasts, SignedDuration::from_hours(3));
}
