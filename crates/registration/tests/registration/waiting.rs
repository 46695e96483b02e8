//! Two things at the same moment while a registration waits for a person, and undoings that take long.

use std::time::Duration;

use enlist_gateways::sandbox::{Authentication, Fault, FaultKind, Operation};
use enlist_registration::engine::{Recheck, Verification};
use enlist_registration::limits::later;
use enlist_registration::ports::{CallKey, Clock, NewCustomer, Outcome, PaymentGateway, Signal};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::EventKind;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use crate::checks::{Expected, leftovers};
use crate::world::clock::block_on;
use crate::world::gate::{Call, Point, Side, Strike};
use crate::world::living::{Goal, live, see_through};
use crate::world::people::{ASKED, AtTheBank, Inbox, Journey, TOKEN_PAID};
use crate::world::{Ran, World};

/// A registration that waits for a person.
fn waiting(world: &World, journey: &Journey) -> Registration {
    let engine = world.process();
    world.retire(true);
    world.run(live(world, &engine, journey, &|| {}));
    world.retire(false);
    world.newest().unwrap()
}

fn pass_until(world: &World, moment: Timestamp) {
    let left = moment.duration_since(world.clock.now());
    world.pass(Duration::try_from(left).unwrap());
}

fn finish(world: &World, journey: &Journey) {
    let engine = world.process();
    world.run(see_through(world, &engine, journey, &|| {}, Goal::Rest));
}

#[test]
fn at_the_deadline_the_sweep_wins_and_a_microsecond_before_it_the_click() {
    let microsecond = SignedDuration::from_micros(1);
    let cases = [
        (microsecond, Expected::Registered),
        (SignedDuration::ZERO, Expected::Undone),
    ];
    for (early, expected) in cases {
        for click_first in [true, false] {
            let world = World::new();
            let journey = Journey::never_verified(TOKEN_PAID);
            let registration = waiting(&world, &journey);
            pass_until(&world, registration.act_by.unwrap() - early);
            let (clicks, sweeps) = (world.process(), world.process());
            let token = clicks.tokens().link_token(registration.id);
            let click = || {
                world
                    .run(clicks.verify_by_link(token.expose_secret()))
                    .unwrap()
            };
            let sweep = || world.run(sweeps.claim_due(8)).unwrap();
            let (clicked, swept) = match click_first {
                true => {
                    let clicked = click();
                    (clicked, sweep())
                }
                false => {
                    let swept = sweep();
                    (click(), swept)
                }
            };
            let won = match (clicked, swept.as_slice()) {
                (Verification::Accepted(won), []) => {
                    assert_eq!(expected, Expected::Registered);
                    *won
                }
                (Verification::Expired, [won]) => {
                    assert_eq!(expected, Expected::Undone);
                    won.clone()
                }
                other => panic!("both or neither: {other:?}"),
            };
            world.run(sweeps.drive(won));
            assert_eq!(leftovers(&world, &journey, expected), []);
        }
    }
}

#[test]
fn a_click_during_the_undoing_changes_nothing() {
    let world = World::new();
    let journey = Journey::fails(TOKEN_PAID, AtTheBank::Confirms, Inbox::RefusesTheMail);
    let registration = waiting(&world, &journey);
    let engine = world.process();
    world.gate.arm(Strike::StopAt(Point {
        call: Call::Gateway(Operation::CancelSubscription),
        nth: 1,
        side: Side::Before,
    }));
    let mut undoing = Box::pin(see_through(&world, &engine, &journey, &|| {}, Goal::Rest));
    let Ran::Stopped(stopped) = world.run_until_stopped(undoing.as_mut()) else {
        panic!("it was not undone");
    };
    let token = engine.tokens().link_token(registration.id);
    let clicked = world
        .run(engine.verify_by_link(token.expose_secret()))
        .unwrap();
    assert!(matches!(clicked, Verification::Expired), "{clicked:?}");
    world.gate.release(stopped);
    world.run(undoing);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

#[test]
fn a_payment_confirmed_at_any_moment_of_the_undoing_is_given_back() {
    let journey = Journey::fails(ASKED, AtTheBank::IsUndone, Inbox::Verifies);
    let world = World::new();
    waiting(&world, &journey);
    let made = world.gate.calls().len();
    finish(&world, &journey);
    let moments = world.gate.calls().split_off(made);
    assert!(moments.len() > 5, "{moments:?}");
    let mut paid = 0;
    for (call, nth) in moments {
        for side in Side::ALL {
            let world = World::new();
            let asked = waiting(&world, &journey);
            let point = Point { call, nth, side };
            world.gate.arm(Strike::StopAt(point));
            let engine = world.process();
            let mut undoing = Box::pin(see_through(&world, &engine, &journey, &|| {}, Goal::Rest));
            let Ran::Stopped(stopped) = world.run_until_stopped(undoing.as_mut()) else {
                panic!("never came to {point}");
            };
            let subscription = asked.progress.incomplete_subscription.unwrap();
            let confirm = world
                .sandbox
                .authenticate(subscription.as_str(), Authentication::Confirm);
            paid += usize::from(block_on(confirm).is_ok());
            world.gate.release(stopped);
            world.run(undoing);
            assert_eq!(leftovers(&world, &journey, Expected::Undone), [], "{point}");
        }
    }
    assert!(paid > 5, "the bank took the confirmation {paid} times only");
}

#[test]
fn an_undoing_that_is_refused_for_hours_tries_ever_more_rarely_and_is_shown_as_stuck() {
    let world = World::new();
    let journey = Journey::fails(TOKEN_PAID, AtTheBank::Confirms, Inbox::RefusesTheMail);
    let registration = waiting(&world, &journey);
    let refuse = Fault::at_rate(Operation::DeleteCustomer, FaultKind::Refuse, 1.0);
    world.sandbox.faults().switch_on(refuse).unwrap();
    let engine = world.process();
    let refused = world
        .run(engine.signal(registration.id, Signal::MailRefused))
        .unwrap();
    let enlist_registration::ports::Signalled::Claimed(claimed) = refused else {
        panic!("not claimed: {refused:?}");
    };
    world.run(engine.drive(*claimed));
    let tries = || world.gate.count(Call::Gateway(Operation::DeleteCustomer));
    let mut tries_per_hour = Vec::new();
    for _ in 0..3 {
        let before = tries();
        for _ in 0..720 {
            world.pass(Duration::from_secs(5));
            for due in world.run(engine.claim_due(8)).unwrap() {
                world.run(engine.drive(due));
            }
        }
        tries_per_hour.push(tries() - before);
    }
    // Once a minute, when the pauses have grown to their longest; up to half of one is chance.
    assert!(tries_per_hour[0] <= 150, "{tries_per_hour:?}");
    assert!(
        (55..=125).contains(&tries_per_hour[2]),
        "{tries_per_hour:?}"
    );
    let undoing = world.newest().unwrap();
    assert_eq!(undoing.status, Status::Undoing);
    let stuck_after = SignedDuration::try_from(world.limits.stuck_after).unwrap();
    assert!(undoing.is_stuck(world.clock.now(), stuck_after));
    let events = world.events(undoing.id);
    let last = events.last().unwrap();
    assert_eq!(last.kind, EventKind::UndoRetrying);
    assert!(
        last.detail.as_ref().unwrap().contains("refused"),
        "{last:?}"
    );

    world.sandbox.faults().clear();
    finish(&world, &journey);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

#[test]
fn a_doubt_that_outlives_the_keys_is_settled_by_listing() {
    let world = World::new();
    let lose = Fault::at_rate(Operation::CreateCustomer, FaultKind::LoseReply, 1.0);
    world.sandbox.faults().switch_on(lose).unwrap();
    let journey = Journey::verified(TOKEN_PAID);
    let doubtful = waiting(&world, &journey);
    assert_eq!(doubtful.status, Status::Undoing);
    pass_until(&world, later(doubtful.begun_at, Duration::from_hours(25)));
    let made = world.gate.count(Call::Gateway(Operation::CreateCustomer));
    finish(&world, &journey);
    let made_since = world.gate.count(Call::Gateway(Operation::CreateCustomer)) - made;
    assert_eq!(
        made_since, 0,
        "the key is forgotten: asking under it would make another"
    );
    world.sandbox.faults().clear();
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

#[test]
fn nothing_is_concluded_from_a_list_while_the_last_call_may_be_under_way() {
    let world = World::new();
    let journey = Journey::verified(TOKEN_PAID);
    let create = Operation::CreateCustomer;
    // The first driver dies before it calls; whoever takes over, a moment before the keys are
    // forgotten, asks twice under the key and hears nothing.
    world.gate.arm(Strike::StopAt(Point {
        call: Call::Gateway(create),
        nth: 1,
        side: Side::Before,
    }));
    let first = world.process();
    let mut living = Box::pin(live(&world, &first, &journey, &|| {}));
    assert!(matches!(
        world.run_until_stopped(living.as_mut()),
        Ran::Stopped(_)
    ));
    drop(living);
    let begun_at = world.newest().unwrap().begun_at;
    let forgotten_at = later(begun_at, world.limits.keys_kept_for);
    pass_until(&world, forgotten_at - SignedDuration::from_secs(10));
    world.gate.arm(Strike::HoldUp(create, 2));
    // The second call arrives when everything is said to be undone.
    let rests = Call::Store(crate::world::gate::StoreCall::Rest);
    world.gate.arm(Strike::StopAt(Point {
        call: rests,
        nth: 1,
        side: Side::Before,
    }));
    let engine = world.process();
    let mut recovery = Box::pin(see_through(&world, &engine, &journey, &|| {}, Goal::Rest));
    let Ran::Stopped(stopped) = world.run_until_stopped(recovery.as_mut()) else {
        panic!("it never came to rest");
    };
    assert_eq!(world.gate.count(Call::Gateway(create)), 3);
    let last_sent_by = later(forgotten_at, world.limits.call_timeout);
    let settled = later(last_sent_by, world.limits.call_timeout);
    assert!(
        world.clock.now() >= settled,
        "concluded at {}",
        world.clock.now()
    );
    world.gate.release(stopped);
    world.run(recovery);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

#[test]
fn what_arrives_after_everything_was_forgotten_is_found_by_the_second_look() {
    let world = World::new();
    let lose = Fault::at_rate(Operation::CreateCustomer, FaultKind::Hang, 1.0);
    world.sandbox.faults().switch_on(lose).unwrap();
    let journey = Journey::verified(TOKEN_PAID);
    let doubtful = waiting(&world, &journey);
    world.sandbox.faults().clear();
    finish(&world, &journey);
    assert_eq!(world.newest().unwrap().status, Status::Undone);
    // A day later the gateway has forgotten the key, and a call that was still somewhere arrives.
    world.pass(Duration::from_hours(25));
    let intent = &doubtful.intent;
    let customer = NewCustomer {
        registration: doubtful.id,
        email: &intent.email,
        profile: &intent.profile,
        payment_method: intent.payment_method.as_ref(),
    };
    let key = CallKey::of_step(doubtful.id, StepName::CreateCustomer);
    let made = block_on(world.sandbox.create_customer(&key, &customer));
    assert!(matches!(made, Outcome::Done(_)), "{made:?}");
    let look = || world.run(world.process().recheck(doubtful.id)).unwrap();
    assert_eq!(look(), Recheck::Clean("1 customer deleted".to_owned()));
    assert_eq!(look(), Recheck::Clean("nothing was there".to_owned()));
    assert!(
        world
            .ledger()
            .customers
            .iter()
            .all(|customer| !customer.live)
    );
}
