//! A process living through a journey: it begins, drives, claims what is due, and the person acts when
//! it is their turn.

use std::time::Duration;

use enlist_gateways::sandbox::Authentication;
use enlist_registration::engine::{Beginning, BeginningFault, Engine, Terms, Verification};
use enlist_registration::ids::SubscriptionId;
use enlist_registration::ports::{Clock, Signal, Signalled};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::Order;
use secrecy::ExposeSecret;

use super::World;
use super::lies::Lie;
use super::people::{AtTheBank, Inbox, Journey, Way};
use super::walking::{READING, has_something_to_say, say_one_thing};
use crate::checks;

pub(crate) const EMAIL: &str = "jane@example.com";

/// How long a process that has nothing to do waits before it looks again.
pub(super) const IDLE: Duration = Duration::from_secs(5);

/// How often a process looks for work before it is taken to look for ever: longer than any outage
/// here, at [`IDLE`] each.
const MOST_ROUNDS: u32 = 3_000;

/// How far a process is to see a registration through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Until it rests.
    Rest,
    /// Until it rests or waits for a person.
    RestOrWait,
}

/// What changes by itself while a process lives, as an outage that ends; called now and then.
pub(crate) type Weather<'a> = &'a dyn Fn();

/// From the form to the end.
pub(crate) async fn live(world: &World, engine: &Engine, journey: &Journey, weather: Weather<'_>) {
    if let Way::AtOnce(order) = journey.way {
        begin(world, engine, journey, order).await;
    }
    if !world.is_retiring() {
        see_through(world, engine, journey, weather, Goal::Rest).await;
    }
}

/// In one request, which is not made again if it fails.
async fn begin(world: &World, engine: &Engine, journey: &Journey, order: Order) {
    let order = match world.lie {
        Some(Lie::OrdersAreForgotten) => Order::default(),
        _ => order,
    };
    let terms = Terms {
        order,
        ..Terms::default()
    };
    let sign_up = journey.person.sign_up(EMAIL);
    let begun = engine.begin(sign_up, None, terms).await;
    let refusal = match begun {
        Ok(Beginning::Begun(registration)) => {
            engine.drive(*registration).await;
            None
        }
        Ok(Beginning::Waits(_)) => None,
        Ok(Beginning::JourneyIsClosed) => Some("journey is closed"),
        Ok(Beginning::EmailTaken) => Some("e-mail taken"),
        Ok(Beginning::KeyIsUsed(_)) => Some("key is used"),
        Ok(Beginning::Declined(_)) => Some("declined"),
        Ok(Beginning::GatewayUnavailable) => Some("gateway unavailable"),
        Ok(Beginning::GatewayRejected) => Some("gateway rejected"),
        Err(BeginningFault::Store(_)) => Some("store failed"),
        Err(BeginningFault::Hashing(_)) => Some("hashing failed"),
    };
    *world.refusal.lock().unwrap() = refusal;
}

/// Claims and drives until nothing is left to be done. Who signs up in three steps goes on with them.
pub(crate) async fn see_through(
    world: &World,
    engine: &Engine,
    journey: &Journey,
    weather: Weather<'_>,
    goal: Goal,
) {
    for _ in 0..MOST_ROUNDS {
        weather();
        if has_something_to_say(world, journey) {
            say_one_thing(world, engine, journey).await;
            if world.is_retiring() {
                return;
            }
            continue;
        }
        let busy = drive_what_is_due(engine).await;
        let Some(registration) = world.newest() else {
            return;
        };
        let waits = registration.status.waits_for_a_person();
        if waits {
            checks::while_it_waits(world, journey, &registration);
        }
        let reached = registration.status.rests() || (goal == Goal::RestOrWait && waits);
        let goes_on = has_something_to_say(world, journey);
        if (reached && !goes_on) || world.is_retiring() {
            return;
        }
        if busy || goes_on {
            continue;
        }
        match registration.status {
            Status::AwaitingVerification => {
                read_mail(world, engine, journey.inbox, &registration).await;
            }
            Status::AwaitingAction => {
                visit_bank(world, engine, journey.bank, &registration).await;
            }
            _ => world.clock.sleep(IDLE).await,
        }
        if world.is_retiring() {
            return;
        }
    }
    panic!("no rest after {MOST_ROUNDS} rounds: {:?}", world.newest());
}

/// Whether anything was. A claim that failed is tried again the next time.
pub(super) async fn drive_what_is_due(engine: &Engine) -> bool {
    let claimed = engine.claim_due(64).await.unwrap_or_default();
    let busy = !claimed.is_empty();
    for registration in claimed {
        engine.drive(registration).await;
    }
    busy
}

/// Lives until the registration waits for a person, or goes back for long.
pub(crate) fn until_it_waits(world: &World, journey: &Journey) -> Registration {
    let engine = world.process();
    world.retire(true);
    world.run(live(world, &engine, journey, &|| {}));
    world.retire(false);
    world.newest().unwrap()
}

/// Another process sees it through to its end.
pub(crate) fn finish(world: &World, journey: &Journey) {
    let engine = world.process();
    world.run(see_through(world, &engine, journey, &|| {}, Goal::Rest));
}

async fn read_mail(world: &World, engine: &Engine, inbox: Inbox, waiting: &Registration) {
    match inbox {
        Inbox::Verifies => {
            world.clock.sleep(READING).await;
            let token = engine.tokens().link_token(waiting.id);
            let verified = engine.verify_by_link(token.expose_secret()).await;
            match verified {
                Ok(Verification::Accepted(registration)) => drop(engine.drive(*registration).await),
                _ => world.clock.sleep(IDLE).await,
            }
        }
        Inbox::NeverVerifies => sleep_until_due(world, waiting).await,
        Inbox::RefusesTheMail => signal(world, engine, waiting, Signal::MailRefused).await,
        Inbox::IsUndone => signal(world, engine, waiting, Signal::Undo).await,
    }
}

async fn visit_bank(world: &World, engine: &Engine, bank: AtTheBank, waiting: &Registration) {
    let asked_about = waiting.progress.incomplete_subscription.clone();
    let answer = |decision| answer_bank(world, asked_about.as_ref(), decision);
    match bank {
        AtTheBank::Confirms => answer(Authentication::Confirm),
        AtTheBank::ConfirmsUnnoticed => {
            answer(Authentication::Confirm);
            return world.clock.sleep(world.limits.look_again_after).await;
        }
        AtTheBank::Refuses => answer(Authentication::Refuse),
        AtTheBank::NeverAnswers => return sleep_until_due(world, waiting).await,
        AtTheBank::IsUndone => return signal(world, engine, waiting, Signal::Undo).await,
    }
    signal(world, engine, waiting, Signal::ActionTaken).await;
}

fn answer_bank(world: &World, asked_about: Option<&SubscriptionId>, decision: Authentication) {
    let asked_about = asked_about.expect("whoever waits for the bank knows what it asks about");
    world.provider.authenticate(asked_about, decision);
}

async fn signal(world: &World, engine: &Engine, waiting: &Registration, signal: Signal) {
    match engine.signal(waiting.id, signal).await {
        Ok(Signalled::Claimed(registration)) => drop(engine.drive(*registration).await),
        _ => world.clock.sleep(IDLE).await,
    }
}

async fn sleep_until_due(world: &World, waiting: &Registration) {
    let act_by = waiting.act_by.expect("a wait has an end");
    let rest = Duration::try_from(act_by.duration_since(world.clock.now())).unwrap_or(IDLE);
    world.clock.sleep(rest.max(IDLE)).await;
}
