//! Two things at the same moment while a registration waits for a person.

use enlist_gateways::sandbox::{Authentication, Operation};
use enlist_registration::engine::Verification;
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
