//! A service whose gateway was changed: what was begun at another is never asked about at the new one, where
//! nothing of it would be found and whatever it left behind would be taken for undone.

use std::time::Duration;

use enlist_gateways::sandbox::Operation;
use enlist_registration::engine::{AccountStanding, Beginning, Driven, Recheck, Terms};
use enlist_registration::state::Status;

use crate::checks::{Expected, leftovers};
use crate::world::World;
use crate::world::gate::Call;
use crate::world::living::{EMAIL, finish, live};
use crate::world::people::{Journey, TOKEN_PAID};

const ELSEWHERE: &str = "elsewhere";

fn gateway_calls(world: &World) -> usize {
    let calls = world.gate.calls().into_iter();
    let of_gateway = calls.filter(|(call, _)| matches!(call, Call::Gateway(_)));
    of_gateway.count()
}

#[test]
fn what_was_begun_at_another_gateway_is_left_alone_until_that_is_back() {
    let world = World::new();
    let form = TOKEN_PAID.sign_up(EMAIL);
    let begun = world.run(world.process().begin(form, None, Terms::default()));
    let Ok(Beginning::Begun(begun)) = begun else {
        panic!("not begun: {begun:?}");
    };
    let driven = world.run(world.process_at(ELSEWHERE).drive(*begun));
    let Driven::LetGo(parked) = driven else {
        panic!("not let go of: {driven:?}");
    };
    assert_eq!(gateway_calls(&world), 0);
    assert_eq!(parked.status, Status::Running);
    let due = || world.run(world.process_at(ELSEWHERE).claim_due(8)).unwrap();
    world.pass(Duration::from_secs(299));
    assert_eq!(due().len(), 0);
    world.pass(Duration::from_secs(1));
    assert_eq!(due().len(), 1);
    world.pass(world.limits.lease);
    // It is too late then to go on.
    finish(&world, &Journey::verified(TOKEN_PAID));
    assert_eq!(world.newest().unwrap().status, Status::Undone);
    let journey = Journey::verified(TOKEN_PAID);
    assert_eq!(leftovers(&world, &journey, Expected::Undone), []);
}

#[test]
fn a_second_look_at_another_gateway_is_put_off() {
    let world = World::new();
    let journey = Journey::never_verified(TOKEN_PAID);
    world.run(live(&world, &world.process(), &journey, &|| {}));
    let undone = world.newest().unwrap();
    assert_eq!(undone.status, Status::Undone);
    let before = gateway_calls(&world);
    let look = world.second_look_by(&world.process_at(ELSEWHERE), undone.id, 1, 0);
    let Recheck::NotYet(trouble) = look else {
        panic!("{look:?}");
    };
    assert!(trouble.summary.contains("sandbox"), "{}", trouble.summary);
    assert_eq!(gateway_calls(&world), before);
}

#[test]
fn how_an_account_stands_is_asked_of_its_own_gateway() {
    let world = World::new();
    let journey = Journey::verified(TOKEN_PAID);
    world.run(live(&world, &world.process(), &journey, &|| {}));
    let registered = world.newest().unwrap();
    let asked = || world.gate.count(Call::Gateway(Operation::RetrieveStanding));
    let there = world.run(world.process_at(ELSEWHERE).standing(&registered));
    let Ok(AccountStanding::Elsewhere(gateway)) = there else {
        panic!("{there:?}");
    };
    assert_eq!((gateway.as_str(), asked()), ("sandbox", 0));
    let here = world.run(world.process().standing(&registered));
    assert!(matches!(here, Ok(AccountStanding::Stands(_))), "{here:?}");
    assert_eq!(asked(), 1);
}
