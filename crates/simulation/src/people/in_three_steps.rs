//! Signing up in three steps: the address, the mail, names, a card, and the last step.

use std::sync::Arc;

use enlist_registration::engine::{Completing, Engine, Given, JourneyProof};
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::CardIs;
use enlist_registration::ports::LinkUsedBy;
use enlist_registration::state::Status;
use secrecy::ExposeSecret;

use super::at_once::{settle, stands};
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
        let email = world.stock.email(person.address);
        let begun = world.ask(async move |_, _, engine| engine.begin_journey(email, None).await);
        if let Some(Ok(journey)) = begun.await {
            return Some(journey.id);
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
                drop(
                    world
                        .ask(async move |_, _, engine| engine.resend_journey_mail(journey).await)
                        .await,
                );
            }
            continue;
        };
        let proof = world.ask(async move |_, _, engine| {
            prove_once(&engine, journey, serial, uses_link, by).await
        });
        match proof.await {
            Some(Ok(
                JourneyProof::Accepted(_)
                | JourneyProof::AlreadyVerified(_)
                | JourneyProof::LinkIsUsed(_),
            )) => {
                if world.people.strikes(0.2) {
                    // The same once more, in another tab.
                    let again = world.ask(async move |_, _, engine| {
                        prove_once(&engine, journey, serial, uses_link, by).await
                    });
                    drop(again.await);
                }
                return Next::GoOn;
            }
            Some(Ok(JourneyProof::Expired | JourneyProof::Unknown | JourneyProof::MailRefused)) => {
                return Next::Leave;
            }
            _ => {}
        }
    }
    Next::Leave
}

async fn prove_once(
    engine: &Engine,
    journey: RegistrationId,
    serial: u32,
    uses_link: bool,
    by: LinkUsedBy,
) -> Result<JourneyProof, enlist_registration::ports::StoreFault> {
    let tokens = engine.tokens();
    if uses_link {
        let link = tokens.journey_link(journey, serial);
        return engine
            .verify_journey_by_link(link.expose_secret(), by)
            .await;
    }
    let code = tokens.code(journey, serial);
    engine
        .verify_journey_by_code(journey, code.expose_secret())
        .await
}

/// Names, plan, card.
async fn fill_in(world: &Arc<World>, journey: RegistrationId, person: Person) -> Next {
    let profile = world.stock.profile();
    let given = say(world, move |engine| {
        let profile = profile.clone();
        async move { engine.give_profile(journey, profile).await }
    });
    if given.await == Next::Leave {
        return Next::Leave;
    }
    if let Some(plan) = world.stock.plan(person.is_paid) {
        let given = say(world, move |engine| {
            let plan = plan.clone();
            async move { engine.give_plan(journey, &plan).await }
        });
        if given.await == Next::Leave {
            return Next::Leave;
        }
    }
    give_card(world, journey, person).await
}

async fn give_card(world: &Arc<World>, journey: RegistrationId, person: Person) -> Next {
    if person.payer == Payer::Nobody {
        return Next::GoOn;
    }
    let stock = Arc::clone(&world.stock);
    say(world, move |engine| {
        let payment = stock.payment(person.payer);
        async move {
            match payment {
                Some(payment) => engine.give_card(journey, payment).await,
                None => Ok(Given::Gone),
            }
        }
    })
    .await
}

/// Says something until it is kept.
async fn say<A>(world: &Arc<World>, say: impl Fn(Arc<Engine>) -> A + Clone + Send + 'static) -> Next
where
    A: Future<Output = Result<Given, enlist_registration::ports::StoreFault>> + Send,
{
    for _ in 0..TRIES {
        if world.feels_like(Fault::PageAbandoned) {
            return Next::Leave;
        }
        let say = say.clone();
        let given = world.ask(async move |_, _, engine| say(engine).await);
        match given.await {
            Some(Ok(Given::Kept(_))) => return Next::GoOn,
            Some(Ok(Given::Refused(_) | Given::Gone)) => return Next::Leave,
            _ => {}
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
    let answered = world.ask(async move |world, process, engine| {
        let pending = match engine.journey(journey).await {
            Ok(Some(pending)) => pending,
            Ok(None) => return Told::Closed,
            Err(_) => return Told::Failed,
        };
        let led_to = pending.registration;
        let card_is = match person.payer {
            Payer::Nobody => CardIs::Optional,
            _ => CardIs::Needed,
        };
        let plan = world.stock.plan(person.is_paid);
        let completing = engine.complete(pending, world.stock.password(), plan, card_is, None);
        match completing.await {
            Ok(Completing::Missing(_)) => Told::Closed,
            Ok(Completing::Went(beginning)) => {
                match settle(&world, process, &engine, beginning).await {
                    // It led to a registration already: how does that stand?
                    Told::Closed => match led_to {
                        Some(id) => match engine.ports().store.registration(id).await {
                            Ok(Some(registration)) => stands(&registration),
                            _ => Told::Failed,
                        },
                        None => Told::Closed,
                    },
                    told => told,
                }
            }
            Err(_) => Told::Failed,
        }
    });
    tokio::select! {
        biased;
        told = answered => told,
        () = world.executor.sleep(super::PATIENCE * 2) => None,
    }
}
