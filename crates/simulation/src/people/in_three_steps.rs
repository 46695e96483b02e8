//! Signing up in three steps: the address, the mail, names, a card, and the last step.

use std::sync::Arc;

use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::LinkUsedBy;
use enlist_registration::state::Status;

use super::asking::{Part, Proof, Proved, Said};
use super::{Person, TRIES, Told};
use crate::faults::Fault;
use crate::stock::Payer;
use crate::world::World;

/// How often somebody looks whether the mail has come.
const LOOKS: u32 = 30;

/// What somebody does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

/// From the address to the end.
pub(super) async fn walk(world: &Arc<World>, person: Person) {
    let mut person = person;
    let Some(journey) = begin(world, person).await else {
        return;
    };
    // Some try what may not be done yet.
    let is_hasty = world.people.strikes(0.1);
    if !is_hasty && prove(world, journey).await == Next::Leave {
        return;
    }
    if fill_in(world, journey, person).await == Next::Leave
        && (!is_hasty
            || prove(world, journey).await == Next::Leave
            || fill_in(world, journey, person).await == Next::Leave)
    {
        return;
    }
    for _ in 0..TRIES {
        if world.feels_like(Fault::PageAbandoned) {
            return;
        }
        let told = complete(world, journey, person).await;
        if let Some(told) = &told {
            world.check_told(&person, told);
        }
        match told {
            Some(Told::Stands(id, status, _)) => {
                world.think_twice(id);
                match status {
                    Status::Undone => {
                        person = person.with_a_good_card();
                        if give_card(world, journey, person).await == Next::Leave {
                            return;
                        }
                    }
                    // Under way: how it ends is seen by whoever asks again.
                    Status::Running | Status::Undoing => {}
                    _ => {
                        if world.people.strikes(0.2) {
                            // Back, and another name: too late.
                            fill_in(world, journey, person).await;
                        }
                        return;
                    }
                }
            }
            Some(Told::Declined) => person = person.with_a_good_card(),
            Some(Told::Taken) => return,
            _ => {}
        }
        world.a_moment(2, 30).await;
    }
}

async fn begin(world: &Arc<World>, person: Person) -> Option<RegistrationId> {
    for _ in 0..TRIES {
        if let Some(journey) = world.ask_for_journey(person).await {
            return Some(journey);
        }
        if world.feels_like(Fault::PageAbandoned) {
            return None;
        }
        world.a_moment(1, 20).await;
    }
    None
}

/// By the code or by the link, once the mail is there.
async fn prove(world: &Arc<World>, journey: RegistrationId) -> Next {
    if world.feels_like(Fault::VerificationAbandoned) {
        return Next::Leave;
    }
    let uses_link = world.people.strikes(0.5);
    let by = match world.people.strikes(0.5) {
        true => LinkUsedBy::Starter,
        false => LinkUsedBy::Reader,
    };
    for look in 1..=LOOKS {
        world.a_moment(2, 10).await;
        let Some(serial) = world.post.newest(journey) else {
            if look % 10 == 0 {
                world.ask_for_mail(journey).await;
            }
            continue;
        };
        let proof = match uses_link {
            true => Proof::Link(serial, by),
            false => Proof::CodeOf(serial),
        };
        match world.prove_journey(journey, proof).await {
            Proved::Verified => {
                if world.people.strikes(0.2) {
                    // The same once more, in another tab.
                    world.prove_journey(journey, proof).await;
                }
                return Next::GoOn;
            }
            Proved::TooLate => return Next::Leave,
            Proved::Again => {}
        }
    }
    Next::Leave
}

/// Names, plan, card.
async fn fill_in(world: &Arc<World>, journey: RegistrationId, person: Person) -> Next {
    for part in [Part::Profile, Part::Plan] {
        if say(world, journey, person, part).await == Next::Leave {
            return Next::Leave;
        }
    }
    give_card(world, journey, person).await
}

async fn give_card(world: &Arc<World>, journey: RegistrationId, person: Person) -> Next {
    match person.payer {
        Payer::Nobody => Next::GoOn,
        _ => say(world, journey, person, Part::Card).await,
    }
}

/// Says something until it is kept.
async fn say(world: &Arc<World>, journey: RegistrationId, person: Person, part: Part) -> Next {
    for _ in 0..TRIES {
        if world.feels_like(Fault::PageAbandoned) {
            return Next::Leave;
        }
        match world.say(journey, person, part).await {
            Said::Kept => return Next::GoOn,
            Said::Refused => return Next::Leave,
            Said::Again => {}
        }
        world.a_moment(1, 15).await;
    }
    Next::Leave
}

async fn complete(world: &Arc<World>, journey: RegistrationId, person: Person) -> Option<Told> {
    let twice = world.feels_like(Fault::SentTwice);
    let first = complete_once(world, journey, person);
    if !twice {
        return first.await;
    }
    let second = complete_once(world, journey, person);
    let (first, _) = tokio::join!(biased; first, second);
    first
}

async fn complete_once(
    world: &Arc<World>,
    journey: RegistrationId,
    person: Person,
) -> Option<Told> {
    tokio::select! {
        biased;
        told = world.ask_to_complete(journey, person) => told,
        () = world.executor.sleep(super::PATIENCE * 2) => None,
    }
}
