//! Of the engine itself: what handlers of the service do, without HTTP.

use std::sync::Arc;

use enlist_domain::SignUp;
use enlist_registration::engine::{
    Beginning, Completing, Driven, Engine, Given, JourneyProof, Terms, Verification,
};
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::CardIs;
use enlist_registration::ports::{RequestRecord, Signal, StoreFault};
use enlist_registration::state::Registration;
use enlist_registration::steps::Order;
use secrecy::ExposeSecret;

use super::super::{PATIENCE, Person, Told};
use super::{Part, Proof, Proved, Said};
use crate::process;
use crate::stock::Payer;
use crate::world::World;

pub(super) async fn sign_up(
    world: &Arc<World>,
    person: Person,
    order: Order,
    key: Option<u64>,
) -> Option<Told> {
    let answered = world.ask(async move |world, process, engine| {
        answer(&world, process, &engine, person, order, key).await
    });
    answered.await
}

/// What the service does with a form; the way of `sign_up` in the service.
async fn answer(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    person: Person,
    order: Order,
    key: Option<u64>,
) -> Told {
    let stock = &world.stock;
    let sign_up = SignUp {
        email: stock.email(person.address),
        password: stock.password(),
        profile: stock.profile(),
        payment: stock.payment(person.payer),
        plan: stock.plan(person.is_paid),
    };
    let tokens = engine.tokens();
    let record = key.map(|key| RequestRecord {
        key: tokens.request_key(&key.to_string()),
        fingerprint: tokens.fingerprint(&[&format!("{:?}{}", person.payer, person.is_paid)]),
    });
    let terms = Terms {
        order,
        language: None,
    };
    match engine.begin(sign_up, record, terms).await {
        Ok(Beginning::KeyIsUsed(earlier)) => {
            let (earlier, registration) = *earlier;
            match record {
                Some(record) if record.fingerprint == earlier.fingerprint => stands(&registration),
                _ => Told::KeyReused,
            }
        }
        Ok(beginning) => settle(world, process, engine, beginning).await,
        Err(_) => Told::Failed,
    }
}

/// Drives what was begun, and says what became of it.
async fn settle(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    beginning: Beginning,
) -> Told {
    match beginning {
        Beginning::Begun(begun) => {
            let id = begun.id;
            let driven = process::start_driving(world, process, engine, *begun);
            let driven = tokio::select! {
                biased;
                driven = driven => driven.ok(),
                () = world.executor.sleep(PATIENCE) => None,
            };
            if let Some(Driven::LetGo(registration)) = &driven
                && (registration.status.rests() || registration.status.waits_for_a_person())
            {
                return stands(registration);
            }
            match engine.ports().store.registration(id).await {
                Ok(Some(registration)) => stands(&registration),
                Ok(None) | Err(_) => Told::Failed,
            }
        }
        Beginning::Waits(begun) => stands(&begun),
        Beginning::EmailTaken => Told::Taken,
        Beginning::KeyIsUsed(_) => Told::KeyReused,
        Beginning::Declined(_) => Told::Declined,
        Beginning::GatewayUnavailable | Beginning::GatewayRejected => Told::NotBegun,
        Beginning::JourneyIsClosed => Told::Closed,
    }
}

fn stands(registration: &Registration) -> Told {
    let opened = registration.opened_at.is_some();
    Told::Stands(registration.id, registration.status, opened)
}

pub(super) async fn begin_journey(world: &Arc<World>, person: Person) -> Option<RegistrationId> {
    let email = world.stock.email(person.address);
    let begun = world.ask(async move |_, _, engine| engine.begin_journey(email, None).await);
    let journey = begun.await?.ok()?;
    Some(journey.id)
}

pub(super) async fn resend(world: &Arc<World>, journey: RegistrationId) {
    let asked = world.ask(async move |_, _, engine| engine.resend_journey_mail(journey).await);
    // Whoever asks sees whether a mail comes.
    drop(asked.await);
}

pub(super) async fn prove_journey(
    world: &Arc<World>,
    journey: RegistrationId,
    proof: Proof,
) -> Proved {
    let proof =
        world.ask(async move |_, _, engine| prove_journey_once(&engine, journey, proof).await);
    match proof.await {
        Some(Ok(
            JourneyProof::Accepted(_)
            | JourneyProof::AlreadyVerified(_)
            | JourneyProof::LinkIsUsed(_),
        )) => Proved::Verified,
        Some(Ok(JourneyProof::Expired | JourneyProof::Unknown | JourneyProof::MailRefused)) => {
            Proved::TooLate
        }
        _ => Proved::Again,
    }
}

async fn prove_journey_once(
    engine: &Engine,
    journey: RegistrationId,
    proof: Proof,
) -> Result<JourneyProof, StoreFault> {
    let tokens = engine.tokens();
    match proof {
        Proof::Link(serial, by) => {
            let link = tokens.journey_link(journey, serial);
            engine
                .verify_journey_by_link(link.expose_secret(), by)
                .await
        }
        Proof::CodeOf(serial) => {
            let code = tokens.code(journey, serial);
            engine
                .verify_journey_by_code(journey, code.expose_secret())
                .await
        }
        Proof::WrongCode => engine.verify_journey_by_code(journey, WRONG_CODE).await,
    }
}

/// What is typed instead of a code.
pub(super) const WRONG_CODE: &str = "000000";

pub(super) async fn say(
    world: &Arc<World>,
    journey: RegistrationId,
    person: Person,
    part: Part,
) -> Said {
    let stock = Arc::clone(&world.stock);
    let given = world.ask(async move |_, _, engine| match part {
        Part::Profile => engine.give_profile(journey, stock.profile()).await,
        Part::Plan => match stock.plan(person.is_paid) {
            Some(plan) => engine.give_plan(journey, &plan).await,
            None => Ok(Given::Gone),
        },
        Part::Card => match stock.payment(person.payer) {
            Some(payment) => engine.give_card(journey, payment).await,
            None => Ok(Given::Gone),
        },
    });
    match given.await {
        Some(Ok(Given::Kept(_))) => Said::Kept,
        Some(Ok(Given::Refused(_) | Given::Gone)) => Said::Refused,
        _ => Said::Again,
    }
}

pub(super) async fn complete(
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
    answered.await
}

pub(super) async fn prove(
    world: &Arc<World>,
    registration: RegistrationId,
    proof: Proof,
) -> Proved {
    let proved = world.ask(async move |world, process, engine| {
        let tokens = engine.tokens();
        let verified = match proof {
            Proof::Link(..) => {
                let link = tokens.link_token(registration);
                engine.verify_by_link(link.expose_secret()).await
            }
            Proof::CodeOf(serial) => {
                let code = tokens.code(registration, serial);
                engine
                    .verify_by_code(registration, code.expose_secret())
                    .await
            }
            Proof::WrongCode => engine.verify_by_code(registration, WRONG_CODE).await,
        };
        match verified {
            Ok(Verification::Accepted(registration)) => {
                let driven = process::start_driving(&world, process, &engine, *registration);
                drop(driven);
                Proved::Verified
            }
            Ok(Verification::NotYet) | Err(_) => Proved::Again,
            Ok(_) => Proved::TooLate,
        }
    });
    proved.await.unwrap_or(Proved::Again)
}

pub(super) async fn confirm(world: &Arc<World>, registration: RegistrationId) {
    let told = world.ask(async move |world, process, engine| {
        process::signal(&world, process, &engine, registration, Signal::ActionTaken).await
    });
    // If nobody hears it, a webhook or a look tells.
    drop(told.await);
}
