//! Pending registrations: what a person says, one after the other, until the last step.

use std::time::Duration;

use enlist_domain::EmailAddress;
use enlist_registration::ids::{JobId, PaymentMethodId, RegistrationId};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::journey::{AddressIs, Journey, JourneyCard, Starter};
use enlist_registration::ports::{
    AddressRation, Begun, Entry, JourneyChange, JourneyFilter, Journeys, LinkUsedBy, MailAsked,
    MailRation, NewRegistration, Proof,
};
use enlist_registration::state::{Registration, Status};
use uuid::Uuid;

use super::*;

/// How long a journey lasts.
pub(crate) const LIFETIME: Duration = Duration::from_hours(24);

const OF_ADDRESS: AddressRation = AddressRation {
    mails: 3,
    within: Duration::from_hours(1),
};

const RATION: MailRation = MailRation {
    mails: 3,
    apart: Duration::from_secs(60),
};

pub(crate) async fn a_journey_is_kept_with_its_mail_and_claims_nothing(world: &World) {
    let first = journey(world, 1, "jane@example.com").await;
    let second = journey(world, 2, "Jane@example.com").await;
    assert_eq!(
        found(world, &first).await.email.as_typed(),
        "jane@example.com"
    );
    let mails = mails(world).await;
    let of = |journey: &Journey| {
        mails
            .iter()
            .filter(|job| job.registration == journey.id)
            .count()
    };
    assert_eq!((of(&first), of(&second)), (1, 1));
    assert!(mails.iter().all(|job| job.serial == 1));
    let email = EmailAddress::parse("jane@example.com").unwrap();
    assert!(!world.store.email_is_taken(&email).await.unwrap());
}

pub(crate) async fn an_address_is_not_flooded_by_whoever_types_it(world: &World) {
    for number in 1..=5 {
        journey(world, number, "jane@example.com").await;
    }
    let other = journey(world, 6, "john@example.com").await;
    let sent = mails(world).await;
    assert_eq!(sent.len(), 4, "three to the one, one to the other");
    let unsent = numbered(world, 5, "jane@example.com");
    assert_eq!(found(world, &unsent).await.mail_serial, 0);
    let at_once = ask(world, &unsent, 899).await;
    assert_eq!(at_once, MailAsked::Exhausted, "waiting does not help");
    world.pass_seconds(60);
    assert_eq!(ask(world, &unsent, 900).await, MailAsked::Exhausted);
    assert_eq!(ask(world, &other, 901).await, MailAsked::Queued);
    // An hour later they are counted anew.
    world.clock.pass(OF_ADDRESS.within);
    journey(world, 7, "jane@example.com").await;
    // With those that were claimed before, and not sent.
    assert_eq!(mails(world).await.len(), sent.len() + 2);
}

pub(crate) async fn an_address_is_not_flooded_by_many_at_once(world: &World) {
    let begin = |number: u128| {
        let journey = numbered(world, number, "jane@example.com");
        let store = world.store.clone();
        let mail = JobId(Uuid::from_u128(5_000_000 + number));
        tokio::spawn(async move {
            let begin = store.begin_journey(&journey, mail, OF_ADDRESS);
            begin.await.unwrap();
            journey
        })
    };
    let mut begun = Vec::new();
    for journey in (1..=12).map(begin).collect::<Vec<_>>() {
        begun.push(journey.await.unwrap());
    }
    assert_eq!(mails(world).await.len(), OF_ADDRESS.mails as usize);
    // Nor by asking for others.
    world.pass_seconds(60);
    let twice = AddressRation {
        mails: 2 * OF_ADDRESS.mails,
        ..OF_ADDRESS
    };
    let ask = |journey: &Journey| {
        let (store, id) = (world.store.clone(), journey.id);
        let job = JobId(Uuid::from_u128(7_000_000 + id.0.as_u128()));
        tokio::spawn(async move {
            let ask = store.ask_for_journey_mail(id, job, RATION, twice);
            ask.await.unwrap()
        })
    };
    let mut queued = 0;
    for asked in begun.iter().map(ask).collect::<Vec<_>>() {
        queued += u32::from(asked.await.unwrap() == MailAsked::Queued);
    }
    assert_eq!(queued, OF_ADDRESS.mails);
}

pub(crate) async fn another_mail_of_a_journey_needs_patience_and_ends(world: &World) {
    let journey = journey(world, 1, "jane@example.com").await;
    let soonest = world.in_seconds(60);
    assert_eq!(ask(world, &journey, 900).await, MailAsked::TooSoon(soonest));
    world.store.count_journey_code(journey.id).await.unwrap();
    for job in [901, 902] {
        world.pass_seconds(60);
        assert_eq!(ask(world, &journey, job).await, MailAsked::Queued);
    }
    let now = found(world, &journey).await;
    assert_eq!((now.mail_serial, now.code_attempts), (3, 0));
    world.pass_seconds(60);
    assert_eq!(ask(world, &journey, 903).await, MailAsked::Exhausted);
    world.clock.pass(LIFETIME);
    assert_eq!(ask(world, &journey, 904).await, MailAsked::NotWaiting);
}

pub(crate) async fn a_link_works_once_and_proves_whoever_used_it(world: &World) {
    let journey = journey(world, 1, "jane@example.com").await;
    let read = made(verify(world, &journey, link(1, LinkUsedBy::Reader)).await);
    assert_eq!(read.verified_at, Some(world.now()));
    assert_eq!(read.starter, Starter::Unproved);
    for by in [LinkUsedBy::Reader, LinkUsedBy::Starter] {
        let again = verify(world, &journey, link(1, by)).await;
        let refused = refused(again);
        assert_eq!(refused.starter, Starter::Unproved, "{by:?}");
    }
    // Whoever began it can still show that they read the mail.
    let proved = made(verify(world, &journey, Proof::Code).await);
    assert_eq!(proved.starter, Starter::Proved);
}

pub(crate) async fn a_later_mail_has_another_link_which_uses_up_the_earlier(world: &World) {
    let journey = journey(world, 1, "jane@example.com").await;
    refused(verify(world, &journey, link(2, LinkUsedBy::Reader)).await);
    world.pass_seconds(60);
    assert_eq!(ask(world, &journey, 900).await, MailAsked::Queued);
    let started = made(verify(world, &journey, link(2, LinkUsedBy::Starter)).await);
    assert_eq!(started.starter, Starter::Proved);
    refused(verify(world, &journey, link(1, LinkUsedBy::Reader)).await);
}

pub(crate) async fn nothing_is_kept_before_the_address_is_verified(world: &World) {
    let journey = journey(world, 1, "jane@example.com").await;
    for entry in entries(world) {
        refused(world.store.enter(journey.id, &entry).await.unwrap());
    }
    made(verify(world, &journey, Proof::Code).await);
    for entry in entries(world) {
        made(world.store.enter(journey.id, &entry).await.unwrap());
    }
    let now = found(world, &journey).await;
    assert_eq!(now.profile, Some(registration(world, 1).intent.profile));
    assert_eq!(now.card, Some(card("pm_1")));
    assert_eq!(now.plan.as_deref(), Some("pro"));
    made(
        world
            .store
            .enter(journey.id, &Entry::Card(card("pm_2")))
            .await
            .unwrap(),
    );
    assert_eq!(found(world, &journey).await.card, Some(card("pm_2")));
}

pub(crate) async fn the_last_step_begins_one_registration(world: &World) {
    let journey = verified(world, 1).await;
    let first = registration(world, 1);
    assert!(matches!(
        complete(world, &journey, &first).await,
        Begun::Begun
    ));
    assert_eq!(found(world, &journey).await.registration, Some(first.id));
    let second = registration(world, 2);
    let again = complete(world, &journey, &second).await;
    assert!(matches!(again, Begun::JourneyIsClosed), "{again:?}");
    assert!(world.store.registration(second.id).await.unwrap().is_none());
    refused(
        world
            .store
            .enter(journey.id, &Entry::Plan("free".to_owned()))
            .await
            .unwrap(),
    );
}

pub(crate) async fn of_many_last_steps_at_once_one_begins(world: &World) {
    let journey = verified(world, 1).await;
    let tries: Vec<_> = (1..=8)
        .map(|number| {
            let mut registration = registration(world, number);
            registration.intent.email = journey.email.clone();
            // As those that the person can follow with the token that they have.
            registration.id = journey.id;
            let (store, journey) = (world.store.clone(), journey.id);
            tokio::spawn(async move {
                let new = NewRegistration {
                    journey: Some(journey),
                    ..NewRegistration::of(&registration, FIRST)
                };
                store.begin(new).await.unwrap()
            })
        })
        .collect();
    let (mut begun, mut closed) = (0, 0);
    for attempt in tries {
        match attempt.await.unwrap() {
            Begun::Begun => begun += 1,
            Begun::JourneyIsClosed => closed += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((begun, closed), (1, 7));
}

/// The first that leads to a registration has the journey's id, and so had the other: by the same process,
/// which holds what the first began.
pub(crate) async fn two_last_steps_that_were_to_have_the_same_id_are_two(world: &World) {
    let journey = verified(world, 1).await;
    let first = registration(world, 1);
    let mut other = registration(world, 2);
    other.id = first.id;
    for again in [false, true] {
        let begun = complete(world, &journey, &first).await;
        assert!(matches!(begun, Begun::Begun), "{again}: {begun:?}");
    }
    let closed = complete(world, &journey, &other).await;
    assert!(matches!(closed, Begun::JourneyIsClosed), "{closed:?}");
    let turned = turned_back(world, &first);
    let saved = world.store.save(&turned, Status::Running, &[]).await;
    saved.unwrap();
    let rested = rested(world, &turned, Status::Undone);
    let closed = world.store.rest(&rested, Status::Undoing, &[], &[]).await;
    closed.unwrap();
    // The journey goes on, with a registration that has an id of its own.
    let late = complete(world, &journey, &other).await;
    assert!(matches!(late, Begun::JourneyIsClosed), "{late:?}");
    let next = registration(world, 3);
    let begun = complete(world, &journey, &next).await;
    assert!(matches!(begun, Begun::Begun), "{begun:?}");
}

pub(crate) async fn a_last_step_that_is_refused_leaves_the_journey_open(world: &World) {
    let journey = verified(world, 1).await;
    let holder = begun(world, 9).await;
    let mut refused = registration(world, 1);
    refused.intent.email = holder.intent.email.clone();
    let held = complete(world, &journey, &refused).await;
    assert!(matches!(held, Begun::EmailIsHeld), "{held:?}");
    assert_eq!(found(world, &journey).await.registration, None);
    let free = registration(world, 2);
    assert!(matches!(
        complete(world, &journey, &free).await,
        Begun::Begun
    ));
}

pub(crate) async fn after_an_undo_the_journey_goes_on(world: &World) {
    let journey = verified(world, 1).await;
    let first = registration(world, 1);
    assert!(matches!(
        complete(world, &journey, &first).await,
        Begun::Begun
    ));
    let turned = turned_back(world, &first);
    world
        .store
        .save(&turned, Status::Running, &[])
        .await
        .unwrap();
    refused(
        world
            .store
            .enter(journey.id, &Entry::Card(card("pm_2")))
            .await
            .unwrap(),
    );
    let rested = rested(world, &turned, Status::Undone);
    world
        .store
        .rest(&rested, Status::Undoing, &[], &[])
        .await
        .unwrap();
    // Whether the card is used up shows in the last attempt, until there is another card.
    let [profile, _, plan] = entries(world);
    for entry in [profile, plan] {
        let corrected = made(world.store.enter(journey.id, &entry).await.unwrap());
        assert_eq!(corrected.registration, Some(first.id), "{entry:?}");
    }
    let corrected = made(
        world
            .store
            .enter(journey.id, &Entry::Card(card("pm_2")))
            .await
            .unwrap(),
    );
    assert_eq!(corrected.registration, None);
    let second = registration(world, 2);
    assert!(matches!(
        complete(world, &journey, &second).await,
        Begun::Begun
    ));
}

pub(crate) async fn a_journey_expires_and_is_deleted(world: &World) {
    let abandoned = journey(world, 1, "jane@example.com").await;
    let young = journey(world, 2, "john@example.com").await;
    world.clock.pass(LIFETIME / 2);
    made(verify(world, &young, Proof::Code).await);
    forget_counted_mails(world).await;
    world.clock.pass(LIFETIME / 2);
    let late = verify(world, &abandoned, Proof::Code).await;
    assert!(matches!(late, JourneyChange::Gone), "{late:?}");
    let forgotten = world
        .store
        .forget(world.now(), world.now(), 100)
        .await
        .unwrap();
    assert_eq!(forgotten, 1);
    assert!(world.store.journey(abandoned.id).await.unwrap().is_none());
    assert!(
        world.store.journey(young.id).await.unwrap().is_some(),
        "it has as long again"
    );
    let completed = complete(world, &abandoned, &registration(world, 1)).await;
    assert!(matches!(completed, Begun::JourneyIsClosed), "{completed:?}");
}

pub(crate) async fn a_journey_that_led_to_an_account_is_emptied_and_leads_there_until_that_is_stripped(
    world: &World,
) {
    let finished = verified(world, 1).await;
    let undone = verified(world, 2).await;
    for journey in [&finished, &undone] {
        for entry in entries(world) {
            made(world.store.enter(journey.id, &entry).await.unwrap());
        }
    }
    let first = registration(world, 1);
    let begun = complete(world, &finished, &first).await;
    assert!(matches!(begun, Begun::Begun), "{begun:?}");
    let second = registration(world, 2);
    let begun = complete(world, &undone, &second).await;
    assert!(matches!(begun, Begun::Begun), "{begun:?}");
    undo(world, &second).await;
    world.clock.pass(OF_ADDRESS.within);
    forget_counted_mails(world).await;
    world.clock.pass(LIFETIME - OF_ADDRESS.within);
    let begun_before = jiff::Timestamp::UNIX_EPOCH;
    let forget = async |rested_before| {
        let forget = world.store.forget(rested_before, begun_before, 100);
        forget.await.unwrap()
    };
    assert_eq!(forget(begun_before).await, 2, "one deleted, one emptied");
    assert_eq!(forget(begun_before).await, 0, "once");
    assert!(world.store.journey(undone.id).await.unwrap().is_none());
    let left = found(world, &finished).await;
    assert_eq!(left.registration, Some(first.id));
    assert_eq!((left.profile, left.card, left.plan), (None, None, None));
    finish(world, first).await;
    assert_eq!(forget(begun_before).await, 0, "as long as the journal");
    world.pass_seconds(1);
    forget(world.now()).await;
    assert!(world.store.journey(finished.id).await.unwrap().is_none());
}

/// Were it stripped first, the journey could be emptied by somebody who does not know of that, and then
/// nobody would delete it.
pub(crate) async fn a_registration_is_stripped_once_the_journey_that_led_to_it_is_emptied(
    world: &World,
) {
    let (journey, ended) = finished(world, 1).await;
    world.clock.pass(LIFETIME / 2);
    let forget = || world.store.forget(world.now(), world.now(), 100);
    forget().await.unwrap();
    let kept = stored(world, ended.id).await.intent.email;
    assert_eq!(kept, ended.intent.email);
    let left = found(world, &journey).await;
    assert!(left.profile.is_some(), "its time is not over");
    world.clock.pass(LIFETIME / 2);
    forget().await.unwrap();
    let stripped = stored(world, ended.id).await.intent.email;
    assert_ne!(stripped, ended.intent.email);
    assert!(world.store.journey(journey.id).await.unwrap().is_none());
}

pub(crate) async fn a_journey_whose_mail_is_refused_is_over_and_is_sent_nothing(world: &World) {
    let ended = journey(world, 1, "jane@example.com").await;
    let other = journey(world, 2, "jane@example.com").await;
    let refused_at = Some(world.now());
    assert_eq!(
        made(refuse(world, &ended).await).mail_refused_at,
        refused_at
    );
    world.pass_seconds(60);
    let again = refused(refuse(world, &ended).await);
    assert_eq!(again.mail_refused_at, refused_at, "once is enough");
    for proof in [Proof::Code, link(1, LinkUsedBy::Starter)] {
        let refused = refused(verify(world, &ended, proof).await);
        assert_eq!(refused.address_is(), AddressIs::Refused, "{proof:?}");
    }
    assert_eq!(ask(world, &ended, 900).await, MailAsked::NotWaiting);
    let completed = complete(world, &ended, &registration(world, 1)).await;
    assert!(matches!(completed, Begun::JourneyIsClosed), "{completed:?}");
    // Another journey is another try: the mailbox may have been made meanwhile.
    assert_eq!(ask(world, &other, 901).await, MailAsked::Queued);
    made(verify(world, &other, Proof::Code).await);
    world.clock.pass(LIFETIME);
    assert!(matches!(refuse(world, &ended).await, JourneyChange::Gone));
}

pub(crate) async fn a_refusal_after_the_proof_changes_nothing(world: &World) {
    let journey = verified(world, 1).await;
    let late = refused(refuse(world, &journey).await);
    assert_eq!(late.address_is(), AddressIs::Verified);
    made(
        world
            .store
            .enter(journey.id, &Entry::Plan("pro".to_owned()))
            .await
            .unwrap(),
    );
    let nobody = numbered(world, 404, "nobody@example.com");
    assert!(matches!(refuse(world, &nobody).await, JourneyChange::Gone));
}

pub(crate) async fn journeys_are_listed_until_they_expire_or_lead_to_a_registration(world: &World) {
    let oldest = verified(world, 1).await;
    world.pass_seconds(1);
    let ended = journey(world, 2, "john@example.com").await;
    made(refuse(world, &ended).await);
    world.pass_seconds(1);
    let newest = journey(world, 3, "JANE@example.com").await;
    let email = Some(oldest.email.clone());
    for (which, email, limit, expected) in [
        (
            Journeys::All,
            None,
            10,
            vec![newest.id, ended.id, oldest.id],
        ),
        (Journeys::Open, None, 10, vec![newest.id, oldest.id]),
        (Journeys::Refused, None, 10, vec![ended.id]),
        (Journeys::All, email.clone(), 10, vec![newest.id, oldest.id]),
        (Journeys::Refused, email, 10, vec![]),
        (Journeys::All, None, 2, vec![newest.id, ended.id]),
    ] {
        assert_eq!(
            listed(world, which, email, limit).await,
            expected,
            "{which:?}"
        );
    }
    let first = registration(world, 1);
    complete(world, &oldest, &first).await;
    let left = listed(world, Journeys::All, None, 10).await;
    assert_eq!(left, [newest.id, ended.id], "it is a registration now");
    let turned = turned_back(world, &first);
    let saved = world.store.save(&turned, Status::Running, &[]).await;
    saved.unwrap();
    let rested = rested(world, &turned, Status::Undone);
    let closed = world.store.rest(&rested, Status::Undoing, &[], &[]).await;
    closed.unwrap();
    let open = listed(world, Journeys::Open, None, 10).await;
    assert_eq!(open, [newest.id, oldest.id], "it can be gone on with");
    world.clock.pass(LIFETIME);
    assert_eq!(listed(world, Journeys::All, None, 10).await, []);
}

async fn listed(
    world: &World,
    which: Journeys,
    email: Option<EmailAddress>,
    limit: u32,
) -> Vec<RegistrationId> {
    let filter = JourneyFilter {
        which,
        email,
        alive_at: world.now(),
        limit,
    };
    let found = world.store.journeys(&filter).await.unwrap();
    found.into_iter().map(|journey| journey.id).collect()
}

async fn undo(world: &World, registration: &Registration) {
    let turned = turned_back(world, registration);
    let saved = world.store.save(&turned, Status::Running, &[]).await;
    saved.unwrap();
    let rested = rested(world, &turned, Status::Undone);
    let closed = world.store.rest(&rested, Status::Undoing, &[], &[]).await;
    closed.unwrap();
}

/// Journey number `number`, and the account that it led to.
pub(crate) async fn finished(world: &World, number: u128) -> (Journey, Registration) {
    let journey = verified(world, number).await;
    for entry in entries(world) {
        made(world.store.enter(journey.id, &entry).await.unwrap());
    }
    let registration = registration(world, number);
    let begun = complete(world, &journey, &registration).await;
    assert!(matches!(begun, Begun::Begun), "{begun:?}");
    (journey, finish(world, registration).await)
}

/// Drives a registration that has begun to its account.
async fn finish(world: &World, begun: Registration) -> Registration {
    let waiting = about_to_open(world, begun);
    open(world, &waiting).await;
    let driven = signals::verified(world, waiting.id).await;
    let ended = rested(world, &driven, Status::Registered);
    let saved = world.store.rest(&ended, Status::Running, &[], &[]).await;
    saved.unwrap();
    ended
}

/// Once the ration counts from nought again. Where mails are counted in a table of their own, its rows are
/// among those that are forgotten.
async fn forget_counted_mails(world: &World) {
    let never = jiff::Timestamp::UNIX_EPOCH;
    world.store.forget(never, never, 100).await.unwrap();
}

async fn refuse(world: &World, journey: &Journey) -> JourneyChange {
    let refuse = world.store.refuse_journey_mail(journey.id);
    refuse.await.unwrap()
}

/// Journey number `number`, which has begun.
pub(crate) async fn journey(world: &World, number: u128, email: &str) -> Journey {
    let journey = numbered(world, number, email);
    let mail = JobId(Uuid::from_u128(5_000_000 + number));
    let begun = world.store.begin_journey(&journey, mail, OF_ADDRESS).await;
    begun.unwrap();
    journey
}

fn numbered(world: &World, number: u128, email: &str) -> Journey {
    Journey {
        id: RegistrationId(Uuid::from_u128(6_000_000 + number)),
        email: EmailAddress::parse(email).unwrap(),
        language: None,
        profile: None,
        card: None,
        plan: None,
        verified_at: None,
        mail_refused_at: None,
        starter: Starter::Unproved,
        registration: None,
        begun_at: world.now(),
        expires_at: later(world.now(), LIFETIME),
        mail_serial: 1,
        last_mail_at: world.now(),
        code_attempts: 0,
    }
}

async fn verified(world: &World, number: u128) -> Journey {
    let journey = journey(world, number, "jane@example.com").await;
    made(verify(world, &journey, Proof::Code).await)
}

pub(crate) async fn verify(world: &World, journey: &Journey, proof: Proof) -> JourneyChange {
    let expires_at = later(world.now(), LIFETIME);
    let verify = world.store.verify_journey(journey.id, proof, expires_at);
    verify.await.unwrap()
}

async fn complete(world: &World, journey: &Journey, registration: &Registration) -> Begun {
    let new = NewRegistration {
        journey: Some(journey.id),
        ..NewRegistration::of(registration, FIRST)
    };
    world.store.begin(new).await.unwrap()
}

async fn found(world: &World, journey: &Journey) -> Journey {
    world.store.journey(journey.id).await.unwrap().unwrap()
}

async fn mails(world: &World) -> Vec<Job> {
    let claim = world.store.claim_jobs(JobKind::JourneyMail, FIRST, 100);
    claim.await.unwrap()
}

/// Asks for another mail, as job number `job`.
pub(crate) async fn ask(world: &World, journey: &Journey, job: u128) -> MailAsked {
    let job = JobId(Uuid::from_u128(job));
    let ask = world
        .store
        .ask_for_journey_mail(journey.id, job, RATION, OF_ADDRESS);
    ask.await.unwrap()
}

fn link(serial: u32, by: LinkUsedBy) -> Proof {
    Proof::Link { serial, by }
}

fn card(method: &str) -> JourneyCard {
    JourneyCard {
        gateway: "sandbox".to_owned(),
        method: PaymentMethodId(method.to_owned()),
        tokenized: None,
        was_raw: false,
    }
}

fn entries(world: &World) -> [Entry; 3] {
    [
        Entry::Profile(Box::new(registration(world, 1).intent.profile)),
        Entry::Card(card("pm_1")),
        Entry::Plan("pro".to_owned()),
    ]
}

#[track_caller]
fn made(change: JourneyChange) -> Journey {
    match change {
        JourneyChange::Made(journey) => *journey,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(change: JourneyChange) -> Journey {
    match change {
        JourneyChange::Refused(journey) => *journey,
        other => panic!("{other:?}"),
    }
}
