//! How soon a doubt is settled, and by what: asking again under the same key where that tells, a list where
//! only that does, and never before nothing can be under way any more.

use enlist_gateways::sandbox::{Fault, FaultKind, Operation};
use enlist_registration::limits::later;
use enlist_registration::ports::{Clock, Outcome};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::EventKind;
use jiff::SignedDuration;

use crate::checks::{Expected, leftovers};
use crate::world::gate::{Call, Point, Side, Strike};
use crate::world::living::{finish, live, until_it_waits};
use crate::world::people::{AtTheBank, Card, Inbox, Journey, RAW_PAID, TOKEN_PAID};
use crate::world::{Ran, World};

const CREATE: Operation = Operation::CreateCustomer;
const LIST: Operation = Operation::ListHoldings;

/// The card is declined when the customer is made.
const DECLINED: Journey = Journey {
    end: Status::Undone,
    ..Journey::verified(RAW_PAID.with("declined when attached", Card::Raw("4000000000000002")))
};

fn calls(world: &World, operation: Operation) -> u32 {
    world.gate.count(Call::Gateway(operation))
}

/// Somebody drives until just before, or just after, the customer is made, and dies. Nobody knows whether it was.
fn dies_at_the_customer(world: &World, journey: &Journey, side: Side) -> Registration {
    world.gate.arm(Strike::StopAt(Point {
        call: Call::Gateway(CREATE),
        nth: 1,
        side,
    }));
    let first = world.process();
    let mut living = Box::pin(live(world, &first, journey, &|| {}));
    let ran = world.run_until_stopped(living.as_mut());
    assert!(matches!(ran, Ran::Stopped(_)));
    drop(living);
    world.newest().unwrap()
}

/// What an undoing takes.
struct Undoing {
    took: SignedDuration,
    /// Questions under the customer's key.
    asked: u32,
    listed: u32,
}

/// From now until nothing is left.
fn undoing(world: &World, journey: &Journey) -> Undoing {
    let before = (calls(world, CREATE), calls(world, LIST));
    let from = world.clock.now();
    finish(world, journey);
    let took = world.clock.now().duration_since(from);
    let (asked, listed) = (
        calls(world, CREATE) - before.0,
        calls(world, LIST) - before.1,
    );
    assert_eq!(world.newest().unwrap().status, Status::Undone);
    assert_eq!(leftovers(world, journey, Expected::Undone), []);
    Undoing {
        took,
        asked,
        listed,
    }
}

/// The answer itself was stored: whoever asks again is told the same, and a list tells the truth.
#[test]
fn going_forward_a_stored_failure_is_settled_by_a_list_of_customers() {
    let world = World::new();
    world
        .provider
        .switch_on(Fault::times(CREATE, FaultKind::FailAfter, 1));
    let journey = Journey::verified(TOKEN_PAID);
    world.run(live(&world, &world.process(), &journey, &|| {}));
    assert_eq!(world.newest().unwrap().status, Status::Registered);
    assert!(calls(&world, LIST) > 0);
    // What others bought is no business of this question.
    assert_eq!(world.gate.wide_searches(), 0);
}

#[test]
fn going_back_a_stored_failure_is_settled_by_a_list_at_once() {
    let world = World::new();
    let journey = Journey::verified(TOKEN_PAID);
    let dead = dies_at_the_customer(&world, &journey, Side::Before);
    world.pass_until(dead.deadline_at);
    let stored = Fault::times(CREATE, FaultKind::FailAfter, 1);
    world.provider.switch_on(stored);
    let Undoing { took, asked, .. } = undoing(&world, &journey);
    assert!(took < SignedDuration::from_mins(1), "{took:?}");
    // Once more in order to be told the same; then the key is known to tell nothing.
    assert_eq!(asked, 2);
}

/// With what is stored under the key there is no customer, and never will be: nothing has to be listed or
/// waited for.
#[test]
fn going_back_a_decline_of_the_card_says_that_there_never_was_a_customer() {
    let world = World::new();
    let dead = dies_at_the_customer(&world, &DECLINED, Side::Before);
    world.pass_until(dead.deadline_at);
    let undoing = undoing(&world, &DECLINED);
    assert_eq!(undoing.took, SignedDuration::ZERO);
    // Once for each step that may have to be undone.
    assert_eq!((undoing.asked, undoing.listed), (2, 0));
}

/// Here every answer was lost, and the journal says that a customer may have been made.
#[test]
fn going_back_a_decline_of_the_card_settles_a_doubt_too() {
    let world = World::new();
    let lose = Fault::at_rate(CREATE, FaultKind::LoseReply, 1.0);
    world.provider.switch_on(lose);
    let doubtful = until_it_waits(&world, &DECLINED);
    assert_eq!(doubtful.status, Status::Undoing);
    world.provider.clear_faults();
    let Undoing {
        took,
        asked,
        listed,
    } = undoing(&world, &DECLINED);
    assert!(took < SignedDuration::from_mins(2), "{took:?}");
    assert_eq!((asked, listed), (1, 0));
}

/// Whoever undid it before may have asked under the key for as long as that was remembered, and what was noted of
/// it may be lost.
#[test]
fn once_the_keys_are_forgotten_an_empty_list_is_believed_after_two_calls_time() {
    let world = World::new();
    let journey = Journey::verified(TOKEN_PAID);
    let dead = dies_at_the_customer(&world, &journey, Side::Before);
    let forgotten_at = later(dead.begun_at, world.limits.keys_kept_for);
    world.pass_until(forgotten_at);
    let Undoing { took, asked, .. } = undoing(&world, &journey);
    assert_eq!(asked, 0, "its key is forgotten");
    let two_calls = SignedDuration::try_from(world.limits.call_timeout * 2).unwrap();
    assert!(took >= two_calls, "{took:?}");
    assert!(took < two_calls * 2, "{took:?}");
}

/// The notice of what was sent in the meantime may be lost, and the customer that it made not be listed yet.
#[test]
fn an_undoing_that_outlasts_the_keys_waits_for_two_calls_time_after_them() {
    let world = World::new();
    let journey = Journey::verified(TOKEN_PAID);
    let fail = Fault::at_rate(CREATE, FaultKind::FailBefore, 1.0);
    world.provider.switch_on(fail);
    let doubtful = until_it_waits(&world, &journey);
    assert_eq!(doubtful.status, Status::Undoing);
    world.provider.clear_faults();
    world.pass_until(later(doubtful.begun_at, world.limits.keys_kept_for));
    let Undoing { took, asked, .. } = undoing(&world, &journey);
    assert_eq!(asked, 0, "its key is forgotten");
    let two_calls = SignedDuration::try_from(world.limits.call_timeout * 2).unwrap();
    assert!((two_calls..two_calls * 2).contains(&took), "{took:?}");
}

/// Under a key that only repeats its failure nothing can be under way for as long as a key is remembered.
#[test]
fn with_a_stored_failure_an_empty_list_is_believed_at_once() {
    let world = World::new();
    let journey = Journey::verified(TOKEN_PAID);
    for (operation, kind) in [(CREATE, FaultKind::FailAfter), (LIST, FaultKind::Refuse)] {
        world
            .provider
            .switch_on(Fault::at_rate(operation, kind, 1.0));
    }
    let doubtful = until_it_waits(&world, &journey);
    assert_eq!(doubtful.status, Status::Undoing);
    world.provider.clear_faults();
    // Somebody deletes by hand what was made.
    let made = world.ledger().customers.remove(0).id;
    let deleted = world.provider.gateway().delete_customer(&made, doubtful.id);
    assert!(matches!(world.provider.make(deleted), Outcome::Done(())));
    let Undoing { took, asked, .. } = undoing(&world, &journey);
    assert_eq!(asked, 0, "its key tells nothing");
    assert!(took < SignedDuration::from_mins(2), "{took:?}");
}

/// Nothing was ever in doubt, so nothing is looked for beside what is known.
#[test]
fn an_undoing_without_a_doubt_looks_for_no_other_customer() {
    let world = World::new();
    let journey = Journey::fails(TOKEN_PAID, AtTheBank::Confirms, Inbox::RefusesTheMail);
    world.run(live(&world, &world.process(), &journey, &|| {}));
    assert_eq!(world.newest().unwrap().status, Status::Undone);
    // For the subscription; for what was charged before the customer is deleted, and after.
    assert_eq!(calls(&world, LIST), 3);
    let events = world.events(world.newest().unwrap().id).into_iter();
    let undone = events.filter(|event| event.kind == EventKind::Undone);
    let undone: Vec<_> = undone.map(|event| (event.step, event.detail)).collect();
    let subscription = "1 subscription cancelled, 1 charge refunded".to_owned();
    let start = (Some(StepName::StartSubscription), Some(subscription));
    assert!(undone.contains(&start), "{undone:?}");
    let create = (
        Some(StepName::CreateCustomer),
        Some("1 customer deleted".to_owned()),
    );
    assert!(undone.contains(&create), "{undone:?}");
}
