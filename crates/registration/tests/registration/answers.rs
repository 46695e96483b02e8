//! What whoever proves an address is answered, by the mailed link and by the code: the words, the number of
//! tries, and the moment from which it is too late.

use enlist_gateways::sandbox::Operation;
use enlist_registration::engine::{
    Beginning, Completing, Driven, Engine, Given, JourneyLink, JourneyProof, Terms, Verification,
};
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::{Journey as Pending, Starter};
use enlist_registration::ports::{JourneyChange, LinkUsedBy, Signal};
use enlist_registration::state::{Failure, Registration, Status};
use enlist_registration::steps::Order;
use jiff::SignedDuration;
use secrecy::ExposeSecret;

use crate::world::gate::{Call, Point, Side, StoreCall, Strike};
use crate::world::living::{EMAIL, finish};
use crate::world::people::{Journey, Person, RAW_PAID, TOKEN_PAID};
use crate::world::{Ran, World};

const MOMENT: SignedDuration = SignedDuration::from_micros(1);

fn begun(world: &World, engine: &Engine) -> Pending {
    let email = TOKEN_PAID.sign_up(EMAIL).email;
    world.run(engine.begin_journey(email, None)).unwrap()
}

/// The code of the newest mail.
fn code(engine: &Engine, id: RegistrationId, serial: u32) -> String {
    engine.tokens().code(id, serial).expose_secret().to_owned()
}

/// Six digits, and not that code.
fn another_code(right: &str) -> &'static str {
    if right == "000000" {
        "000001"
    } else {
        "000000"
    }
}

fn prove(world: &World, engine: &Engine, pending: &Pending) {
    let code = code(engine, pending.id, pending.mail_serial);
    let proof = world.run(engine.verify_journey_by_code(pending.id, &code));
    assert!(matches!(proof, Ok(JourneyProof::Accepted(_))), "{proof:?}");
}

/// Gives everything that is asked for, and takes the last step of a journey whose address is verified.
fn complete(world: &World, engine: &Engine, id: RegistrationId, person: Person) -> Registration {
    let form = person.sign_up(EMAIL);
    let given = [
        world.run(engine.give_profile(id, form.profile)),
        world.run(engine.give_card(id, form.payment.unwrap())),
        world.run(engine.give_plan(id, form.plan.as_ref().unwrap())),
    ];
    let all_kept = given.iter().all(|it| matches!(it, Ok(Given::Kept(_))));
    assert!(all_kept, "{given:?}");
    let pending = world.run(engine.journey(id)).unwrap().unwrap();
    let completed = engine.complete(pending, form.password, form.plan, person.card_is(), None);
    match world.run(completed) {
        Ok(Completing::Went(Beginning::Begun(registration))) => *registration,
        other => panic!("not begun: {other:?}"),
    }
}

fn drive(world: &World, engine: &Engine, registration: Registration) -> Registration {
    match world.run(engine.drive(registration)) {
        Driven::LetGo(registration) => *registration,
        other => panic!("not driven: {other:?}"),
    }
}

/// A registration in one request whose account waits for its address to be verified.
fn waiting(world: &World, engine: &Engine) -> Registration {
    let form = TOKEN_PAID.sign_up(EMAIL);
    match world.run(engine.begin(form, None, Terms::default())) {
        Ok(Beginning::Begun(registration)) => drive(world, engine, *registration),
        other => panic!("not begun: {other:?}"),
    }
}

#[test]
fn a_journey_is_there_until_the_moment_it_expires() {
    let world = World::new();
    let engine = world.process();
    let pending = begun(&world, &engine);
    let link = engine.tokens().journey_link(pending.id, 1);
    let looks = || {
        let alone = world.run(engine.journey(pending.id)).unwrap();
        let both = world.run(engine.journey_and_registration(pending.id));
        let link = world.run(engine.journey_of_link(link.expose_secret()));
        (alone.is_some(), both.unwrap().is_some(), link.unwrap())
    };
    world.pass_until(pending.expires_at - MOMENT);
    let (alone, both, link) = looks();
    assert!(alone && both);
    let Some(JourneyLink::Lives {
        serial: 1,
        registration: None,
        ..
    }) = link
    else {
        panic!("{link:?}");
    };
    world.pass_until(pending.expires_at);
    let (alone, both, link) = looks();
    assert!(!alone && !both);
    assert!(matches!(link, Some(JourneyLink::Forgotten)), "{link:?}");
    let by_code = engine.verify_journey_by_code(pending.id, "123456");
    let by_code = world.run(by_code).unwrap();
    assert!(matches!(by_code, JourneyProof::Expired), "{by_code:?}");
}

/// What it led to is shown for as long as it is something.
#[test]
fn a_journey_that_led_to_an_account_is_there_after_it_expired_and_one_that_was_undone_is_not() {
    for end in [Status::Registered, Status::Undone] {
        let world = World::new();
        let engine = world.process();
        let pending = begun(&world, &engine);
        prove(&world, &engine, &pending);
        let id = complete(&world, &engine, pending.id, TOKEN_PAID).id;
        if end == Status::Undone {
            world.pass_until(world.newest().unwrap().deadline_at);
        }
        finish(&world, &Journey::verified(TOKEN_PAID));
        assert_eq!(world.newest().unwrap().status, end);
        let expires_at = world.run(engine.ports().store.journey(pending.id));
        world.pass_until(expires_at.unwrap().unwrap().expires_at);
        let link = engine.tokens().journey_link(pending.id, 1);
        let link = world.run(engine.journey_of_link(link.expose_secret()));
        let both = world.run(engine.journey_and_registration(pending.id));
        match (end, link.unwrap(), both.unwrap()) {
            (
                Status::Registered,
                Some(JourneyLink::Finished(journey)),
                Some((_, Some(registration))),
            ) => {
                assert_eq!(journey.registration, Some(id));
                assert_eq!(registration.id, id);
            }
            (Status::Undone, Some(JourneyLink::Forgotten), None) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_forged_link_leads_nowhere() {
    let world = World::new();
    let engine = world.process();
    let pending = begun(&world, &engine);
    let (link, token) = (
        engine.tokens().journey_link(pending.id, 1),
        engine.tokens().link_token(pending.id),
    );
    // Each kind of link leads only where it was made for.
    let leads = world.run(engine.journey_of_link(token.expose_secret()));
    assert!(leads.unwrap().is_none());
    let leads = world.run(engine.registration_of_link(link.expose_secret()));
    assert!(leads.unwrap().is_none());
    let waiting = waiting(&world, &engine);
    let token = engine.tokens().link_token(waiting.id);
    let leads = world.run(engine.registration_of_link(token.expose_secret()));
    assert_eq!(leads.unwrap().map(|it| it.id), Some(waiting.id));
}

#[test]
fn a_journeys_link_works_once_and_what_it_gave_goes_on() {
    for by in [LinkUsedBy::Starter, LinkUsedBy::Reader] {
        let world = World::new();
        let engine = world.process();
        let pending = begun(&world, &engine);
        let link = engine.tokens().journey_link(pending.id, 1);
        let use_it = || world.run(engine.verify_journey_by_link(link.expose_secret(), by));
        let first = use_it();
        assert!(matches!(first, Ok(JourneyProof::Accepted(_))), "{first:?}");
        let second = use_it();
        assert!(
            matches!(second, Ok(JourneyProof::LinkIsUsed(_))),
            "{second:?}"
        );
        let access = engine.journey_access(pending.id, 1);
        let (tokens, shown) = (engine.tokens(), access.expose_secret());
        assert!(tokens.journey_access_is_right(pending.id, 1, shown));
        // Whoever began it goes on in its name only if they have shown that they read the mail.
        let registration = complete(&world, &engine, pending.id, TOKEN_PAID);
        let goes_on_in_its_name = registration.id == pending.id;
        assert_eq!(goes_on_in_its_name, by == LinkUsedBy::Starter);
    }
}

/// What became of a code, of a journey or of a registration.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Accepted,
    Wrong { tries_left: u32 },
    NotACode,
    Exhausted,
}

impl From<JourneyProof> for Typed {
    fn from(proof: JourneyProof) -> Self {
        match proof {
            JourneyProof::Accepted(_) => Self::Accepted,
            JourneyProof::WrongCode { tries_left } => Self::Wrong { tries_left },
            JourneyProof::NotACode => Self::NotACode,
            JourneyProof::CodeExhausted => Self::Exhausted,
            other => panic!("{other:?}"),
        }
    }
}

impl From<Verification> for Typed {
    fn from(verification: Verification) -> Self {
        match verification {
            Verification::Accepted(_) => Self::Accepted,
            Verification::WrongCode { tries_left } => Self::Wrong { tries_left },
            Verification::NotACode => Self::NotACode,
            Verification::CodeExhausted => Self::Exhausted,
            other => panic!("{other:?}"),
        }
    }
}

/// Wrong codes are counted down, what is no code is not, and the last try is worth as much as the first.
fn five_tries(right: &str, types: impl Fn(&str) -> Typed, is_right_in_the_end: bool) {
    for tries_left in (1..5).rev() {
        assert_eq!(types(another_code(right)), Typed::Wrong { tries_left });
        assert_eq!(types("12345"), Typed::NotACode);
    }
    if is_right_in_the_end {
        assert_eq!(types(right), Typed::Accepted);
    } else {
        assert_eq!(types(another_code(right)), Typed::Exhausted);
        assert_eq!(types(right), Typed::Exhausted);
    }
}

#[test]
fn a_journeys_code_may_be_typed_five_times() {
    for is_right_in_the_end in [true, false] {
        let world = World::new();
        let engine = world.process();
        let pending = begun(&world, &engine);
        let right = code(&engine, pending.id, 1);
        let types = |code: &str| {
            let proof = engine.verify_journey_by_code(pending.id, code);
            world.run(proof).unwrap().into()
        };
        five_tries(&right, types, is_right_in_the_end);
    }
}

#[test]
fn a_registrations_code_may_be_typed_five_times() {
    for is_right_in_the_end in [true, false] {
        let world = World::new();
        let engine = world.process();
        let waiting = waiting(&world, &engine);
        let right = code(&engine, waiting.id, 1);
        let types = |code: &str| {
            let verification = engine.verify_by_code(waiting.id, code);
            world.run(verification).unwrap().into()
        };
        five_tries(&right, types, is_right_in_the_end);
    }
}

/// Or the codes of journeys beyond an address's ration could be guessed without an end.
#[test]
fn the_code_of_a_mail_that_was_never_sent_proves_nothing() {
    let mut world = World::new();
    world.limits.mails_per_address = 1;
    let engine = world.process();
    begun(&world, &engine);
    let beyond = begun(&world, &engine).id;
    let unsent = code(&engine, beyond, 0);
    let answer = world.run(engine.verify_journey_by_code(beyond, &unsent));
    let answer = answer.unwrap();
    assert!(
        matches!(answer, JourneyProof::WrongCode { tries_left: 4 }),
        "{answer:?}"
    );
}

#[test]
fn a_journey_that_was_verified_needs_no_code() {
    let world = World::new();
    let engine = world.process();
    let pending = begun(&world, &engine);
    prove(&world, &engine, &pending);
    let again = world.run(engine.verify_journey_by_code(pending.id, "any"));
    let Ok(JourneyProof::AlreadyVerified(journey)) = again else {
        panic!("{again:?}");
    };
    assert_eq!(journey.starter, Starter::Proved);
}

fn refuse_mail(world: &World, engine: &Engine, id: RegistrationId) {
    let refused = world.run(engine.refuse_journey_mail(id)).unwrap();
    assert!(matches!(refused, JourneyChange::Made(_)), "{refused:?}");
}

#[test]
fn whose_mail_was_refused_is_told_so_by_link_and_code() {
    let world = World::new();
    let engine = world.process();
    let pending = begun(&world, &engine);
    refuse_mail(&world, &engine, pending.id);
    let code = code(&engine, pending.id, 1);
    let by_code = world.run(engine.verify_journey_by_code(pending.id, &code));
    assert!(
        matches!(by_code, Ok(JourneyProof::MailRefused)),
        "{by_code:?}"
    );
    // Not even a try is counted.
    let tried = world.gate.count(Call::Store(StoreCall::CountJourneyCode));
    assert_eq!(tried, 0);
    let link = engine.tokens().journey_link(pending.id, 1);
    let by_link = engine.verify_journey_by_link(link.expose_secret(), LinkUsedBy::Starter);
    let by_link = world.run(by_link);
    assert!(
        matches!(by_link, Ok(JourneyProof::MailRefused)),
        "{by_link:?}"
    );
}

/// Between the look at the journey and the change of it somebody else was faster.
#[test]
fn a_right_code_that_comes_second_proves_what_was_proved_and_nothing_where_the_mail_was_refused() {
    for was_refused in [false, true] {
        let world = World::new();
        let (engine, other) = (world.process(), world.process());
        let pending = begun(&world, &engine);
        world.gate.arm(Strike::StopAt(Point {
            call: Call::Store(StoreCall::VerifyJourney),
            nth: 1,
            side: Side::Before,
        }));
        let code = code(&engine, pending.id, 1);
        let mut proving = Box::pin(engine.verify_journey_by_code(pending.id, &code));
        let Ran::Stopped(stopped) = world.run_until_stopped(proving.as_mut()) else {
            panic!("nothing was changed");
        };
        if was_refused {
            refuse_mail(&world, &other, pending.id);
        } else {
            prove(&world, &other, &pending);
        }
        world.gate.release(stopped);
        match (was_refused, world.run(proving).unwrap()) {
            (false, JourneyProof::Accepted(journey)) => {
                assert_eq!(journey.starter, Starter::Proved);
            }
            (true, JourneyProof::MailRefused) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_registration_of_a_journey_has_the_journeys_card() {
    let world = World::new();
    let engine = world.process();
    let pending = begun(&world, &engine);
    prove(&world, &engine, &pending);
    let registration = complete(&world, &engine, pending.id, RAW_PAID);
    let stored = world.run(engine.journey(pending.id)).unwrap().unwrap();
    assert_eq!(stored.registration, Some(registration.id));
    let card = stored.card.unwrap();
    let intent = &registration.intent;
    assert_eq!(intent.payment_method.as_ref(), Some(&card.method));
    assert!(card.tokenized.is_some());
    assert_eq!(intent.tokenized, card.tokenized);
    assert!(intent.card_was_raw);
    // It is verified from its first event on, and nothing is waited for.
    assert_eq!(intent.order, Order::VerifyFirst);
    let resting = drive(&world, &engine, registration);
    assert_eq!(resting.status, Status::Registered);
}

/// A journey's registration opens its account and rests in one step: who held the address a moment ago may be
/// its account now.
#[test]
fn an_account_that_appears_with_the_last_step_is_seen_before_the_gateway_is_asked() {
    let world = World::new();
    let engine = world.process();
    let pending = begun(&world, &engine);
    prove(&world, &engine, &pending);
    let appears = Strike::AccountAppears(StoreCall::HasAccount);
    world.gate.arm(appears);
    let registration = complete(&world, &engine, pending.id, TOKEN_PAID);
    assert_eq!(registration.failure, Some(Failure::EmailTaken));
    let resting = drive(&world, &engine, registration);
    assert_eq!(resting.status, Status::Undone);
    let made = world.gate.count(Call::Gateway(Operation::CreateCustomer));
    assert_eq!(made, 0);
}

#[test]
fn a_registration_that_is_being_undone_is_past_proving() {
    let world = World::new();
    let engine = world.process();
    let waiting = waiting(&world, &engine);
    let undone = world.run(engine.signal(waiting.id, Signal::Undo));
    assert!(undone.is_ok(), "{undone:?}");
    let right = code(&engine, waiting.id, 1);
    let late = world.run(engine.verify_by_code(waiting.id, &right));
    assert!(matches!(late, Ok(Verification::Expired)), "{late:?}");
}
