//! Two things at the same moment while a registration waits for a person.

use std::time::Duration;

use enlist_gateways::sandbox::{Authentication, Fault, FaultKind, Operation};
use enlist_registration::engine::{Driven, Engine, Verification};
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{Clock, Signal, Signalled};
use enlist_registration::state::{Registration, Status};
use jiff::SignedDuration;
use secrecy::ExposeSecret;

use crate::checks::{Expected, leftovers};
use crate::world::database::{Ground, on_each_ground};
use crate::world::gate::{Call, Point, Side, Strike};
use crate::world::living::{Goal, finish, see_through, until_it_waits};
use crate::world::people::{ASKED, AtTheBank, Inbox, Journey, TOKEN_PAID};
use crate::world::{Ran, World};

on_each_ground! {
    at_the_deadline_the_sweep_wins_and_a_microsecond_before_it_the_click,
    a_click_during_the_undoing_changes_nothing,
    a_payment_confirmed_at_any_moment_of_the_undoing_is_given_back,
    a_confirmation_whose_notice_is_lost_is_found_by_the_next_look,
    looking_in_vain_leaves_no_line_and_the_deadline_still_undoes,
    a_notice_that_comes_during_a_look_is_heard,
    a_notice_whose_looks_fail_undoes_nobody_and_the_next_look_finds_the_confirmation,
}

fn at_the_deadline_the_sweep_wins_and_a_microsecond_before_it_the_click(ground: &Ground) {
    let microsecond = SignedDuration::from_micros(1);
    let cases = [
        (microsecond, Expected::Registered),
        (SignedDuration::ZERO, Expected::Undone),
    ];
    for (early, expected) in cases {
        for click_first in [true, false] {
            let world = World::on(ground, None);
            let journey = Journey::never_verified(TOKEN_PAID);
            let registration = until_it_waits(&world, &journey);
            world.pass_until(registration.act_by.unwrap() - early);
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

fn a_click_during_the_undoing_changes_nothing(ground: &Ground) {
    let world = World::on(ground, None);
    let journey = Journey::fails(TOKEN_PAID, AtTheBank::Confirms, Inbox::RefusesTheMail);
    let registration = until_it_waits(&world, &journey);
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

fn a_payment_confirmed_at_any_moment_of_the_undoing_is_given_back(ground: &Ground) {
    let journey = Journey::fails(ASKED, AtTheBank::IsUndone, Inbox::Verifies);
    let world = World::on(ground, None);
    until_it_waits(&world, &journey);
    let made = world.gate.calls().len();
    finish(&world, &journey);
    let moments = world.gate.calls().split_off(made);
    assert!(moments.len() > 5, "{moments:?}");
    let mut paid = 0;
    for (call, nth) in moments {
        for side in Side::ALL {
            let world = World::on(ground, None);
            let asked = until_it_waits(&world, &journey);
            let point = Point { call, nth, side };
            world.gate.arm(Strike::StopAt(point));
            let engine = world.process();
            let mut undoing = Box::pin(see_through(&world, &engine, &journey, &|| {}, Goal::Rest));
            let Ran::Stopped(stopped) = world.run_until_stopped(undoing.as_mut()) else {
                panic!("never came to {point}");
            };
            let subscription = asked.progress.incomplete_subscription.unwrap();
            let confirm = Authentication::Confirm;
            paid += usize::from(world.provider.authenticate(&subscription, confirm));
            world.gate.release(stopped);
            world.run(undoing);
            assert_eq!(leftovers(&world, &journey, Expected::Undone), [], "{point}");
        }
    }
    assert!(paid > 5, "the bank took the confirmation {paid} times only");
}

/// An engine looks: it claims what is due, which is one registration, and drives it. None: nothing is.
fn look(world: &World, engine: &Engine) -> Option<Registration> {
    let mut due = world.run(engine.claim_due(8)).unwrap();
    let driven = world.run(engine.drive(due.pop()?));
    assert!(due.is_empty(), "{due:?}");
    match driven {
        Driven::LetGo(registration) => Some(*registration),
        other => panic!("{other:?}"),
    }
}

fn confirm(world: &World, asked: &Registration) {
    let subscription = asked.progress.incomplete_subscription.clone().unwrap();
    let confirm = Authentication::Confirm;
    assert!(world.provider.authenticate(&subscription, confirm));
}

fn stands(world: &World) -> Status {
    world.newest().unwrap().status
}

fn a_confirmation_whose_notice_is_lost_is_found_by_the_next_look(ground: &Ground) {
    let world = World::on(ground, None);
    let journey = Journey::verified(ASKED);
    let asked = until_it_waits(&world, &journey);
    let engine = world.process();
    let look_again_after = world.limits.look_again_after;
    world.pass(look_again_after);
    let still_waits = look(&world, &engine).expect("due after a minute");
    assert_eq!(still_waits.status, Status::AwaitingAction);
    confirm(&world, &asked);
    world.pass(look_again_after / 2);
    assert!(look(&world, &engine).is_none(), "nobody looks all the time");
    assert_eq!(stands(&world), Status::AwaitingAction);
    world.pass(look_again_after / 2);
    let found = look(&world, &engine).expect("due after two minutes");
    assert_eq!(found.status, Status::AwaitingVerification);
    finish(&world, &journey);
    assert_eq!(leftovers(&world, &journey, Expected::Registered), []);
}

fn looking_in_vain_leaves_no_line_and_the_deadline_still_undoes(ground: &Ground) {
    let world = World::on(ground, None);
    let journey = Journey::fails(ASKED, AtTheBank::NeverAnswers, Inbox::Verifies);
    let asked = until_it_waits(&world, &journey);
    let lines = world.events(asked.id);
    let (engine, act_by) = (world.process(), asked.act_by.unwrap());
    let made = world
        .gate
        .count(Call::Gateway(Operation::RetrieveSubscription));
    for minute in 1..60 {
        world.pass(Duration::from_secs(60));
        if let Some(looked) = look(&world, &engine) {
            assert_eq!(looked.status, Status::AwaitingAction, "{minute}");
            assert_eq!(looked.act_by, Some(act_by));
        }
        assert_eq!(stands(&world), Status::AwaitingAction, "{minute}");
    }
    let looks = world
        .gate
        .count(Call::Gateway(Operation::RetrieveSubscription))
        - made;
    assert_eq!(looks, 6, "after 1, 2, 4, 8, 16 and 32 minutes");
    assert_eq!(world.events(asked.id), lines);
    world.pass_until(act_by);
    let undone = look(&world, &engine).expect("due at its deadline");
    assert_eq!(undone.status, Status::Undone);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

/// The look was answered before the person confirmed, and comes to its end after the notice.
fn a_notice_that_comes_during_a_look_is_heard(ground: &Ground) {
    let world = World::on(ground, None);
    let journey = Journey::verified(ASKED);
    let asked = until_it_waits(&world, &journey);
    let (looks, hears) = (world.process(), world.process());
    world.pass(world.limits.look_again_after);
    let due = world.run(looks.claim_due(8)).unwrap().pop().unwrap();
    let retrieve = Call::Gateway(Operation::RetrieveSubscription);
    world.gate.arm(Strike::StopAt(Point {
        call: retrieve,
        nth: world.gate.count(retrieve) + 1,
        side: Side::After,
    }));
    let mut looking = Box::pin(looks.drive(due));
    let Ran::Stopped(stopped) = world.run_until_stopped(looking.as_mut()) else {
        panic!("it did not look");
    };
    confirm(&world, &asked);
    let heard = notice(&world, &hears, asked.id);
    assert_eq!(heard.status, Status::AwaitingVerification);
    world.gate.release(stopped);
    let driven = world.run(looking);
    assert!(matches!(driven, Driven::Superseded), "{driven:?}");
    finish(&world, &journey);
    assert_eq!(leftovers(&world, &journey, Expected::Registered), []);
}

/// A notice must not make the wait less patient than silence: the person has confirmed.
fn a_notice_whose_looks_fail_undoes_nobody_and_the_next_look_finds_the_confirmation(
    ground: &Ground,
) {
    for kind in [FaultKind::FailBefore, FaultKind::Hang, FaultKind::RateLimit] {
        let world = World::on(ground, None);
        let journey = Journey::verified(ASKED);
        let asked = until_it_waits(&world, &journey);
        let engine = world.process();
        world.pass(Duration::from_secs(300));
        confirm(&world, &asked);
        let retrieve = Call::Gateway(Operation::RetrieveSubscription);
        let made = world.gate.count(retrieve);
        let fails = Fault::at_rate(Operation::RetrieveSubscription, kind, 1.0);
        world.provider.switch_on(fails);
        // Whoever waits for the outcome is answered that it waits: it is let go of.
        let heard = notice(&world, &engine, asked.id);
        assert_eq!(heard.status, Status::AwaitingAction);
        assert_eq!(world.gate.count(retrieve) - made, world.limits.attempts);
        assert_eq!(stands(&world), Status::AwaitingAction);
        world.provider.clear_faults();
        assert!(look(&world, &engine).is_none(), "it is not due yet");
        let act_within = SignedDuration::try_from(world.limits.act_within).unwrap();
        let waited = world
            .clock
            .now()
            .duration_since(asked.act_by.unwrap() - act_within);
        world.pass(waited.unsigned_abs());
        let found = look(&world, &engine).expect("due when the wait is twice as long");
        assert_eq!(found.status, Status::AwaitingVerification);
        finish(&world, &journey);
        assert_eq!(leftovers(&world, &journey, Expected::Registered), []);
    }
}

/// A webhook says that the person has answered.
fn notice(world: &World, engine: &Engine, id: RegistrationId) -> Registration {
    match world.run(engine.signal(id, Signal::ActionTaken)).unwrap() {
        Signalled::Claimed(claimed) => match world.run(engine.drive(*claimed)) {
            Driven::LetGo(registration) => *registration,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}
