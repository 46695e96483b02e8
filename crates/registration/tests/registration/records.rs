//! What a process on PostgreSQL has recorded and nobody has waited for: it is in the memory of that
//! process for a moment.

use std::time::Duration;

use enlist_gateways::sandbox::Operation;
use enlist_registration::steps::StepName;
use enlist_registration::timeline::EventKind;

use crate::checks::{Expected, leftovers};
use crate::world::database::Ground;
use crate::world::gate::{Call, Point, Side, StoreCall, Strike};
use crate::world::living::{Goal, live, see_through};
use crate::world::people::{Journey, TOKEN_PAID};
use crate::world::{Ran, World};

const JOURNEY: Journey = Journey::verified(TOKEN_PAID);

/// Right after it recorded what the gateway had made.
const RECORDED: Strike = Strike::StopAt(Point {
    call: Call::Store(StoreCall::Record),
    nth: 1,
    side: Side::After,
});

/// Under which generations it is told that the customer was made.
fn told_by(world: &World) -> Vec<i64> {
    let events = world.events(world.newest().unwrap().id);
    let told = events.into_iter().filter(|event| {
        event.step == Some(StepName::CreateCustomer) && event.kind == EventKind::Done
    });
    told.map(|event| event.generation.0).collect()
}

#[test]
fn what_a_paused_driver_had_recorded_is_refused_when_it_wakes_superseded() {
    let world = World::on(&Ground::postgres(), None);
    world.gate.arm(RECORDED);
    let (first, second) = (world.process(), world.process());
    let mut living = Box::pin(live(&world, &first, &JOURNEY, &|| {}));
    let Ran::Stopped(stopped) = world.run_until_stopped(living.as_mut()) else {
        panic!("nothing was recorded");
    };
    world.pause_first(1);
    world.pass(world.limits.lease);
    world.run(see_through(
        &world,
        &second,
        &JOURNEY,
        &|| {},
        Goal::RestOrWait,
    ));
    assert_eq!(told_by(&world), [2]);
    let before = world.tables();
    world.retire(true);
    world.resume();
    world.gate.release(stopped);
    world.run(living);
    world.pass(Duration::from_secs(1));
    assert_eq!(told_by(&world), [2]);
    assert_eq!(world.tables(), before);
    world.retire(false);
    world.run(see_through(&world, &second, &JOURNEY, &|| {}, Goal::Rest));
    assert_eq!(leftovers(&world, &JOURNEY, Expected::Registered), []);
}

#[test]
fn a_record_is_written_soon_unless_its_process_dies_first() {
    for (dies, told) in [(false, vec![1]), (true, vec![2])] {
        let world = World::on(&Ground::postgres(), None);
        world.gate.arm(RECORDED);
        let (first, second) = (world.process(), world.process());
        let mut living = Box::pin(live(&world, &first, &JOURNEY, &|| {}));
        let stopped = world.run_until_stopped(living.as_mut());
        assert!(matches!(stopped, Ran::Stopped(_)), "nothing was recorded");
        assert!(told_by(&world).is_empty(), "it has waited for no time");
        drop(living);
        if dies {
            world.crash();
        }
        world.pass(world.limits.lease);
        world.run(see_through(&world, &second, &JOURNEY, &|| {}, Goal::Rest));
        assert_eq!(told_by(&world), told);
        let made = world.gate.count(Call::Gateway(Operation::CreateCustomer));
        assert_eq!(made, if dies { 2 } else { 1 });
        assert_eq!(leftovers(&world, &JOURNEY, Expected::Registered), []);
    }
}
