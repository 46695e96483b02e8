//! `open_account`, `close_account`, `user`: all of an account or nothing.

use enlist_domain::profile::AddressLine;
use enlist_domain::{Country, PlanCatalogue, PostalAddress};
use enlist_registration::jobs::JobKind;
use enlist_registration::ports::{Begun, NewRegistration, Opened, WriteFault};
use enlist_registration::state::{Registration, Status, StepState};
use enlist_registration::steps::{Order, StepName};

use super::driving::assert_superseded;
use super::*;

pub(crate) async fn an_account_is_opened_and_parked(world: &World) {
    let begun = begun(world, 1).await;
    world.pass_seconds(1);
    let opened = about_to_open(world, begun);
    open(world, &opened).await;
    assert_same(&stored(world, opened.id).await, &opened);
    let user = world
        .store
        .user(opened.intent.user)
        .await
        .unwrap()
        .expect("a user");
    assert_eq!(user.email.as_typed(), "Person1@Example.com");
    assert_eq!(
        (user.email_verified_at, user.created_at),
        (None, world.now())
    );
    // Nobody holds it, and it is not due before its deadline.
    world.pass_seconds(20);
    assert!(world.store.claim_due(SECOND, 10).await.unwrap().is_empty());
    let mails = world
        .store
        .claim_jobs(JobKind::VerificationMail, FIRST, 10)
        .await
        .unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].registration, mails[0].serial), (opened.id, 1));
}

pub(crate) async fn an_account_without_a_card_or_a_paid_plan_is_opened(world: &World) {
    for (number, plan) in [
        (1, None),
        (2, PlanCatalogue::default().get("free").cloned()),
    ] {
        let mut free = registration(world, number);
        free.intent.plan = plan;
        free.intent.payment_method = None;
        free.intent.tokenized = None;
        world
            .store
            .begin(NewRegistration::of(&free, FIRST))
            .await
            .unwrap();
        let mut opened = about_to_open(world, free);
        opened.progress.subscription = None;
        opened.progress.customer.as_mut().unwrap().payment_method = None;
        open(world, &opened).await;
        assert!(
            world
                .store
                .user(opened.intent.user)
                .await
                .unwrap()
                .is_some()
        );
    }
}

pub(crate) async fn an_address_without_city_state_and_postal_code_is_kept(world: &World) {
    let mut of_macao = registration(world, 1);
    let line = AddressLine::parse("163 Avenida da Praia Grande").unwrap();
    let country = Country::parse("MO").unwrap();
    of_macao.intent.profile.address =
        PostalAddress::new(line, None, None, None, None, country).unwrap();
    world
        .store
        .begin(NewRegistration::of(&of_macao, FIRST))
        .await
        .unwrap();
    let opened = about_to_open(world, of_macao);
    open(world, &opened).await;
    assert_same(&stored(world, opened.id).await, &opened);
    let rows = (world.table)("profiles").await;
    let parts = ["city", "state", "zip"].map(|part| rows[0][part].as_deref());
    assert_eq!(parts, [Some(""); 3]);
}

pub(crate) async fn an_account_is_opened_once(world: &World) {
    let opened = opened(world, 1).await;
    let job = mail_job(world, &opened);
    assert_superseded(
        world
            .store
            .open_account(&opened, Status::Running, Some(&job), &[])
            .await,
    );
}

pub(crate) async fn an_account_that_appeared_meanwhile_stops_the_opening(world: &World) {
    // Two registrations of one address are possible only where one comes by other means; here the
    // first account's registration is at rest, and the second began before that.
    let second = begun(world, 2).await;
    signals::registered(world, 1).await;
    let mut opening = about_to_open(world, second.clone());
    opening.intent.email = email(1);
    let job = mail_job(world, &opening);
    let events = [event(world, 1, "never")];
    let opened = world
        .store
        .open_account(&opening, Status::Running, Some(&job), &events)
        .await;
    assert_eq!(opened.unwrap(), Opened::EmailHasAccount);
    assert_same(&stored(world, second.id).await, &second);
    assert!(
        world
            .store
            .user(opening.intent.user)
            .await
            .unwrap()
            .is_none()
    );
    assert!(world.store.events(second.id, 0).await.unwrap().is_empty());
    // The driver still holds it.
    let turned = turned_back(world, &second);
    world
        .store
        .save(&turned, Status::Running, &[])
        .await
        .unwrap();
}

pub(crate) async fn an_account_without_its_customer_is_not_opened(world: &World) {
    let begun = begun(world, 1).await;
    let mut opening = about_to_open(world, begun.clone());
    opening.progress.customer = None;
    let job = mail_job(world, &opening);
    let opened = world
        .store
        .open_account(&opening, Status::Running, Some(&job), &[])
        .await;
    assert!(matches!(opened, Err(WriteFault::Store(_))), "{opened:?}");
    assert!(world.store.user(begun.intent.user).await.unwrap().is_none());
    assert_same(&stored(world, begun.id).await, &begun);
}

pub(crate) async fn closing_an_account_leaves_nothing_of_it(world: &World) {
    let held = doomed(world, 1).await;
    let mut closed = held.clone();
    closed.progress.set(
        StepName::OpenAccount,
        enlist_registration::state::StepState::Undone,
    );
    world.store.close_account(&closed, &[]).await.unwrap();
    assert!(world.store.user(held.intent.user).await.unwrap().is_none());
    let read = stored(world, held.id).await;
    assert_same(&read, &closed);
    let held_until = |it: &Registration| (it.lease.generation, it.lease.expires_at);
    assert_eq!(
        held_until(&read),
        held_until(&held),
        "the driver keeps its lease"
    );
    assert!(
        world.store.email_is_taken(&email(1)).await.unwrap(),
        "until it rests"
    );
}

pub(crate) async fn closing_twice_is_as_good_as_once(world: &World) {
    let held = doomed(world, 1).await;
    world.store.close_account(&held, &[]).await.unwrap();
    world.store.close_account(&held, &[]).await.unwrap();
    // And of an account that was never opened.
    let undoing = undoing(world, 2).await;
    world.store.close_account(&undoing, &[]).await.unwrap();
}

pub(crate) async fn a_closed_account_frees_the_email_at_rest(world: &World) {
    let held = doomed(world, 1).await;
    world.store.close_account(&held, &[]).await.unwrap();
    let rested = rested(world, &held, Status::Undone);
    world
        .store
        .rest(&rested, Status::Undoing, &[], &[])
        .await
        .unwrap();
    assert!(!world.store.email_is_taken(&email(1)).await.unwrap());
    let mut again = registration(world, 2);
    again.intent.email = email(1);
    let begun = world
        .store
        .begin(NewRegistration::of(&again, FIRST))
        .await
        .unwrap();
    assert!(matches!(begun, Begun::Begun), "{begun:?}");
}

/// Opened, refused by the mail server, taken over and turned back.
async fn doomed(world: &World, number: u128) -> enlist_registration::state::Registration {
    let waiting = opened(world, number).await;
    let claimed = signals::claimed_by_undo(world, waiting.id).await;
    let turned = turned_back(world, &claimed);
    world
        .store
        .save(&turned, Status::AwaitingVerification, &[])
        .await
        .unwrap();
    turned
}

pub(crate) async fn an_account_whose_address_was_verified_first_is_opened_and_done(world: &World) {
    let mut first = registration(world, 1);
    first.intent.order = Order::VerifyFirst;
    first.verified_at = Some(world.now());
    for step in [
        StepName::TokenizeCard,
        StepName::HoldEmail,
        StepName::VerifyEmail,
    ] {
        first.progress.set(step, StepState::Done);
    }
    let new = NewRegistration::of(&first, FIRST);
    assert!(matches!(
        world.store.begin(new).await.unwrap(),
        Begun::Begun
    ));
    let mut opened = paid(first);
    world.pass_seconds(1);
    opened.open(moment(world));
    assert_eq!(opened.status, Status::Registered);
    let written = world
        .store
        .open_account(&opened, Status::Running, None, &[])
        .await;
    assert_eq!(written.unwrap(), Opened::Opened);
    assert_same(&stored(world, opened.id).await, &opened);
    let user = world.store.user(opened.intent.user).await.unwrap().unwrap();
    assert_eq!(user.email_verified_at, opened.verified_at);
    let subscriptions = (world.table)("subscriptions").await;
    assert_eq!(subscriptions.len(), 1);
    let mails = world
        .store
        .claim_jobs(JobKind::VerificationMail, FIRST, 10)
        .await;
    assert!(mails.unwrap().is_empty(), "nothing is left to be verified");
}

pub(crate) async fn a_subscription_that_began_after_the_account_is_written_at_the_end(
    world: &World,
) {
    let mut late = registration(world, 1);
    late.intent.order = Order::ChargeAtVerification;
    let new = NewRegistration::of(&late, FIRST);
    assert!(matches!(
        world.store.begin(new).await.unwrap(),
        Begun::Begun
    ));
    let mut opened = paid(late);
    let subscription = opened.progress.subscription.take();
    opened
        .progress
        .set(StepName::StartSubscription, StepState::Open);
    opened.open(moment(world));
    open(world, &opened).await;
    assert!((world.table)("subscriptions").await.is_empty());
    let mut verified = signals::verified(world, opened.id).await;
    verified.note_verified();
    verified.progress.subscription = subscription;
    verified
        .progress
        .set(StepName::StartSubscription, StepState::Done);
    world.pass_seconds(1);
    verified.finish(world.now());
    let rest = world.store.rest(&verified, Status::Running, &[], &[]);
    rest.await.unwrap();
    assert_same(&stored(world, opened.id).await, &verified);
    assert_eq!((world.table)("subscriptions").await.len(), 1);
}

/// One that is undone after its account was opened has nothing to be written.
pub(crate) async fn an_undone_registration_that_was_never_charged_has_no_subscription(
    world: &World,
) {
    let mut late = registration(world, 1);
    late.intent.order = Order::ChargeAtVerification;
    let new = NewRegistration::of(&late, FIRST);
    assert!(matches!(
        world.store.begin(new).await.unwrap(),
        Begun::Begun
    ));
    let turned = turned_back(world, &late);
    let save = world.store.save(&turned, Status::Running, &[]);
    save.await.unwrap();
    let rested = rested(world, &turned, Status::Undone);
    let rest = world.store.rest(&rested, Status::Undoing, &[], &[]);
    rest.await.unwrap();
    assert!((world.table)("subscriptions").await.is_empty());
}
