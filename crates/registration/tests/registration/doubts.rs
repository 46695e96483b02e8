//! Drivers, doubts and undoings that take long.

use std::time::Duration;

use enlist_fake_stripe::RefundStatus;
use enlist_gateways::sandbox::{Authentication, Fault, FaultKind, Operation};
use enlist_registration::engine::{Beginning, Recheck, Terms};
use enlist_registration::ids::ChargeId;
use enlist_registration::jobs::JobKind;
use enlist_registration::limits::later;
use enlist_registration::ports::{
    CallKey, Clock, Customer, NewCustomer, NewSubscription, Outcome, RefundAttempt, Signal,
    Signalled,
};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::EventKind;
use jiff::SignedDuration;

use crate::checks::{Expected, leftovers};
use crate::world::clock::poll_once;
use crate::world::database::{Ground, on_each_ground};
use crate::world::gate::{Call, Point, Side, StoreCall, Strike};
use crate::world::lies::Lie;
use crate::world::living::{EMAIL, Goal, finish, live, see_through, until_it_waits};
use crate::world::people::{ASKED, AtTheBank, Inbox, Journey, RAW_PAID, TOKEN_PAID};
use crate::world::provider::stripe::Lost;
use crate::world::{Ran, World};

on_each_ground! {
    a_driver_that_waits_for_the_gateway_is_not_taken_over,
    an_undoing_that_is_refused_for_hours_tries_ever_more_rarely_and_is_shown_as_stuck,
    a_doubt_that_outlives_the_keys_is_settled_by_listing,
    a_customer_that_a_forgotten_key_made_is_deleted_with_the_other,
    while_the_keys_last_no_undo_goes_through_what_others_bought,
    nothing_is_concluded_from_a_list_while_the_last_call_may_be_under_way,
    a_question_that_nobody_heard_and_that_was_refused_leaves_nothing,
    a_token_that_an_unheard_call_used_up_leads_to_the_customer_that_it_made,
    what_arrives_after_everything_was_forgotten_is_found_by_the_second_look,
    a_charge_whose_customer_is_gone_is_found_by_the_second_look,
    a_second_look_that_a_slow_clock_asks_for_comes_no_earlier,
    what_a_slow_clock_waits_for_is_not_looked_at_each_second,
}

fn a_driver_that_waits_for_the_gateway_is_not_taken_over(ground: &Ground) {
    let world = World::on(ground, None);
    let hang = Fault::at_rate(Operation::CreateCustomer, FaultKind::Hang, 1.0);
    world.provider.switch_on(hang);
    let (first, second) = (world.process(), world.process());
    let journey = Journey::verified(TOKEN_PAID);
    let mut living = Box::pin(live(&world, &first, &journey, &|| {}));
    let begun_at = world.clock.now();
    loop {
        assert!(poll_once(living.as_mut()).is_pending());
        if world.newest().unwrap().status != Status::Running {
            break;
        }
        assert!(world.clock.advance());
        let claimed = world.run(second.claim_due(8)).unwrap();
        assert_eq!(claimed.len(), 0, "at {}", world.clock.now());
    }
    let driven_for = world.clock.now().duration_since(begun_at);
    let lease = SignedDuration::try_from(world.limits.lease).unwrap();
    assert!(driven_for > lease * 3, "{driven_for:?}");
}

fn an_undoing_that_is_refused_for_hours_tries_ever_more_rarely_and_is_shown_as_stuck(
    ground: &Ground,
) {
    let world = World::on(ground, None);
    let journey = Journey::fails(TOKEN_PAID, AtTheBank::Confirms, Inbox::RefusesTheMail);
    let registration = until_it_waits(&world, &journey);
    let refuse = Fault::at_rate(Operation::DeleteCustomer, FaultKind::Refuse, 1.0);
    world.provider.switch_on(refuse);
    let engine = world.process();
    let refused = world
        .run(engine.signal(registration.id, Signal::MailRefused))
        .unwrap();
    let Signalled::Claimed(claimed) = refused else {
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
        last.detail.as_ref().unwrap().contains("connection"),
        "{last:?}"
    );

    world.provider.clear_faults();
    finish(&world, &journey);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

fn a_doubt_that_outlives_the_keys_is_settled_by_listing(ground: &Ground) {
    let world = World::on(ground, None);
    let journey = Journey::verified(TOKEN_PAID);
    let doubtful = whose_customer_is_in_doubt(&world, &journey);
    world.pass_until(later(doubtful.begun_at, Duration::from_hours(25)));
    let made = world.gate.count(Call::Gateway(Operation::CreateCustomer));
    finish(&world, &journey);
    let made_since = world.gate.count(Call::Gateway(Operation::CreateCustomer)) - made;
    assert_eq!(
        made_since, 0,
        "the key is forgotten: asking under it would make another"
    );
    world.provider.clear_faults();
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

/// Two processes' clocks are a day apart: the gateway has forgotten a key that is believed to be young, and
/// whoever asks under it in order to settle a doubt makes a second customer (simulation, seed 20039638).
fn a_customer_that_a_forgotten_key_made_is_deleted_with_the_other(ground: &Ground) {
    let world = World::on(ground, None);
    let journey = Journey::verified(TOKEN_PAID);
    let doubtful = whose_customer_is_in_doubt(&world, &journey);
    world.provider.clear_faults();
    make_customer(&world, &doubtful, &another_key(&doubtful, 1));
    let live = |world: &World| {
        let customers = world.ledger().customers.into_iter();
        customers.filter(|customer| customer.live).count()
    };
    assert_eq!(live(&world), 2);
    finish(&world, &journey);
    assert_eq!(world.newest().unwrap().status, Status::Undone);
    assert_eq!(live(&world), 0);
}

/// With many others such a search takes longer than a call may, however often it is tried: at Stripe
/// undoings never came to rest after some thousand sign-ups (`kill`, seed 20261128).
fn while_the_keys_last_no_undo_goes_through_what_others_bought(ground: &Ground) {
    let world = World::on(ground, None);
    let journey = Journey::verified(TOKEN_PAID);
    world.gate.arm(Strike::StopAt(Point {
        call: Call::Gateway(Operation::CreateCustomer),
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
    // Too late to go on, and nobody knows what the first driver sent.
    world.pass_until(world.newest().unwrap().deadline_at);
    finish(&world, &journey);
    assert_eq!(world.newest().unwrap().status, Status::Undone);
    assert_eq!(world.gate.wide_searches(), 0);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

fn nothing_is_concluded_from_a_list_while_the_last_call_may_be_under_way(ground: &Ground) {
    let world = World::on(ground, None);
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
    world.pass_until(forgotten_at - SignedDuration::from_secs(10));
    world.gate.arm(Strike::HoldUp(create, 2));
    // The second call arrives when everything is said to be undone.
    let rests = Call::Store(StoreCall::Rest);
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

/// Nobody heard that the bank asks, and when the call is repeated the person has refused: to Stripe that is a
/// decline, by which nobody learns what the incomplete subscription is called.
fn a_question_that_nobody_heard_and_that_was_refused_leaves_nothing(ground: &Ground) {
    let world = World::on(ground, None);
    let journey = Journey::fails(ASKED, AtTheBank::NeverAnswers, Inbox::Verifies);
    world.gate.arm(Strike::StopAt(Point {
        call: Call::Gateway(Operation::StartSubscription),
        nth: 1,
        side: Side::After,
    }));
    let first = world.process();
    let mut living = Box::pin(live(&world, &first, &journey, &|| {}));
    assert!(matches!(
        world.run_until_stopped(living.as_mut()),
        Ran::Stopped(_)
    ));
    drop(living);
    let asked_about = world.ledger().subscriptions[0].id.clone();
    world
        .provider
        .authenticate(&asked_about, Authentication::Refuse);
    world.pass(world.limits.lease);
    finish(&world, &journey);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
    world.provider.assert_nothing_can_be_paid();
}

/// The gateway has made the customer, and has not stored that it did: to the repeat, the token is used up.
fn a_token_that_an_unheard_call_used_up_leads_to_the_customer_that_it_made(ground: &Ground) {
    let lie = Lie::EachAttemptHasItsOwnKey;
    for failures in [1, World::new().limits.attempts] {
        let world = World::on(ground, Some(lie));
        let lose = Fault::times(Operation::CreateCustomer, FaultKind::LoseReply, failures);
        world.provider.switch_on(lose);
        let journey = Journey {
            end: Status::Undone,
            ..Journey::verified(RAW_PAID)
        };
        let engine = world.process();
        world.run(live(&world, &engine, &journey, &|| {}));
        assert_eq!(world.ledger().customers.len(), 1);
        assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
    }
}

fn what_arrives_after_everything_was_forgotten_is_found_by_the_second_look(ground: &Ground) {
    let world = World::on(ground, None);
    let lose = Fault::at_rate(Operation::CreateCustomer, FaultKind::Hang, 1.0);
    world.provider.switch_on(lose);
    let journey = Journey::verified(TOKEN_PAID);
    let doubtful = until_it_waits(&world, &journey);
    world.provider.clear_faults();
    finish(&world, &journey);
    assert_eq!(world.newest().unwrap().status, Status::Undone);
    // A day later the gateway has forgotten the key, and a call that was still somewhere arrives.
    world.pass(Duration::from_hours(25));
    let forgotten = CallKey::of_step(doubtful.id, StepName::CreateCustomer);
    make_customer(&world, &doubtful, &forgotten);
    let look = |job| world.second_look(doubtful.id, job, 0);
    assert_eq!(look(1), Recheck::Clean("1 customer deleted".to_owned()));
    assert_eq!(look(2), Recheck::Clean("nothing was there".to_owned()));
    assert!(
        world
            .ledger()
            .customers
            .iter()
            .all(|customer| !customer.live)
    );
}

fn a_charge_whose_customer_is_gone_is_found_by_the_second_look(ground: &Ground) {
    let world = World::on(ground, None);
    let undone = undone_with_a_late_charge(&world);
    assert_eq!(kept_charges(&world), 1);
    let look = world.second_look(undone.id, 1, 0);
    assert_eq!(look, Recheck::Clean("1 charge refunded".to_owned()));
    assert_eq!(kept_charges(&world), 0);
}

/// Simulation, seed 10907964: it came at once, before what it was to find.
fn a_second_look_that_a_slow_clock_asks_for_comes_no_earlier(ground: &Ground) {
    let world = World::on(ground, None);
    whose_customer_is_in_doubt(&world, &Journey::verified(TOKEN_PAID));
    world.provider.clear_faults();
    let slow = world.process_behind(Duration::from_hours(24));
    // To this clock it is a day until the last call can have ended.
    while world.newest().unwrap().status != Status::Undone {
        for due in world.run(slow.claim_due(8)).unwrap() {
            world.run(slow.drive(due));
        }
        world.pass(Duration::from_mins(30));
    }
    let store = &slow.ports().store;
    let looks = || world.run(store.claim_jobs(JobKind::Recheck, slow.owner(), 8));
    let [first, _] = world.limits.recheck_after;
    // Less the half-hour from above.
    world.pass(first - Duration::from_mins(31));
    assert_eq!(looks().unwrap(), []);
    world.pass(Duration::from_mins(1));
    assert_eq!(looks().unwrap().len(), 1);
}

/// Simulation, seed 305701694: to everybody's clock the person had a day left that was over by the database's.
fn what_a_slow_clock_waits_for_is_not_looked_at_each_second(ground: &Ground) {
    let world = World::on(ground, None);
    let slow = world.process_behind(Duration::from_hours(24));
    let form = TOKEN_PAID.sign_up(EMAIL);
    let begun = world.run(slow.begin(form, None, Terms::default()));
    let Ok(Beginning::Begun(begun)) = begun else {
        panic!("not begun: {begun:?}");
    };
    world.run(slow.drive(*begun));
    assert_eq!(world.newest().unwrap().status, Status::AwaitingVerification);
    let mut claims = 0;
    for _ in 0..3 * 3_600 {
        for due in world.run(slow.claim_due(8)).unwrap() {
            claims += 1;
            world.run(slow.drive(due));
        }
        world.pass(Duration::from_secs(1));
    }
    assert_eq!(claims, 3, "once an hour");
    assert_eq!(world.newest().unwrap().status, Status::AwaitingVerification);
}

/// The bank does not take the money, and says so at once: Stripe would repeat that answer under its key for
/// a day, and so the next try has another.
#[test]
fn a_refund_that_fails_in_a_second_look_is_made_by_its_next_try() {
    let world = World::on(&Ground::stripe(Lost::Closed), None);
    let undone = undone_with_a_late_charge(&world);
    world.provider.refunds_stand_as(RefundStatus::Failed);
    for attempt in 0..2 {
        let look = world.second_look(undone.id, 1, attempt);
        assert!(matches!(look, Recheck::NotYet(_)), "{look:?}");
    }
    world.provider.refunds_stand_as(RefundStatus::Succeeded);
    let look = world.second_look(undone.id, 1, 2);
    assert_eq!(look, Recheck::Clean("1 charge refunded".to_owned()));
    assert_eq!(kept_charges(&world), 0);
}

/// The money is on its way, and comes back when the look is over: the next look is another job.
#[test]
fn a_refund_that_fails_after_a_second_look_is_made_by_the_next() {
    let world = World::on(&Ground::stripe(Lost::Closed), None);
    let undone = undone_with_a_late_charge(&world);
    world.provider.refunds_stand_as(RefundStatus::Pending);
    let look = |job| world.second_look(undone.id, job, 0);
    assert_eq!(look(1), Recheck::Clean("1 charge refunded".to_owned()));
    world.provider.last_refund_comes_back();
    assert_eq!(kept_charges(&world), 1);
    world.provider.refunds_stand_as(RefundStatus::Succeeded);
    assert_eq!(look(2), Recheck::Clean("1 charge refunded".to_owned()));
    assert_eq!(kept_charges(&world), 0);
}

/// As of a card that was stolen: its owner disputes the charge before the wait for the address is over.
#[test]
fn a_charge_that_is_disputed_does_not_keep_an_undoing_from_its_end() {
    let world = World::on(&Ground::stripe(Lost::Closed), None);
    let engine = world.process();
    let begun = world.run(engine.begin(TOKEN_PAID.sign_up(EMAIL), None, Terms::default()));
    let Ok(Beginning::Begun(begun)) = begun else {
        panic!("not begun: {begun:?}");
    };
    world.run(engine.drive(*begun));
    assert_eq!(world.newest().unwrap().status, Status::AwaitingVerification);
    world.provider.last_charge_is_disputed();
    world.pass(world.limits.verify_within);
    for due in world.run(engine.claim_due(8)).unwrap() {
        world.run(engine.drive(due));
    }
    assert_eq!(world.newest().unwrap().status, Status::Undone);
    let ledger = world.ledger();
    assert!(ledger.refunds.is_empty());
    assert!(ledger.customers.iter().all(|customer| !customer.live));
}

/// A registration that is being undone: its customer was made, and nobody heard of it. The gateway goes on losing
/// its replies.
fn whose_customer_is_in_doubt(world: &World, journey: &Journey) -> Registration {
    let lose = Fault::at_rate(Operation::CreateCustomer, FaultKind::LoseReply, 1.0);
    world.provider.switch_on(lose);
    let doubtful = until_it_waits(world, journey);
    assert_eq!(doubtful.status, Status::Undoing);
    doubtful
}

/// A registration that rests, and what a call that was late has left of it: a charge, whose customer is
/// gone.
fn undone_with_a_late_charge(world: &World) -> Registration {
    let journey = Journey::fails(TOKEN_PAID, AtTheBank::Confirms, Inbox::RefusesTheMail);
    let engine = world.process();
    world.run(live(world, &engine, &journey, &|| {}));
    let undone = world.newest().unwrap();
    let customer = make_customer(world, &undone, &another_key(&undone, 1)).id;
    let subscription = NewSubscription {
        registration: undone.id,
        customer: &customer,
        plan: undone.intent.paid_plan().unwrap(),
    };
    let key = another_key(&undone, 2);
    let gateway = world.provider.gateway();
    let started = gateway.start_subscription(&key, &subscription);
    assert!(matches!(world.provider.make(started), Outcome::Done(_)));
    let deleted = gateway.delete_customer(&customer, undone.id);
    assert!(matches!(world.provider.make(deleted), Outcome::Done(())));
    undone
}

fn kept_charges(world: &World) -> usize {
    let ledger = world.ledger();
    ledger.charges.iter().filter(|charge| charge.live).count()
}

/// A customer at the gateway that nobody expects any more.
fn make_customer(world: &World, registration: &Registration, key: &CallKey) -> Customer {
    let intent = &registration.intent;
    let customer = NewCustomer {
        registration: registration.id,
        email: &intent.email,
        profile: &intent.profile,
        payment_method: intent.payment_method.as_ref(),
    };
    let made = world.provider.gateway().create_customer(key, &customer);
    match world.provider.make(made) {
        Outcome::Done(customer) => customer,
        other => panic!("not made: {other:?}"),
    }
}

/// A key that the registration never used.
fn another_key(registration: &Registration, number: u32) -> CallKey {
    let attempt = RefundAttempt::OfUndo(number);
    CallKey::of_refund(registration.id, &ChargeId("none".to_owned()), attempt)
}
