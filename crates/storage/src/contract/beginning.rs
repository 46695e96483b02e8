//! `begin`: who gets an e-mail and a key.

use enlist_domain::EmailAddress;
use enlist_registration::jobs::JobKind;
use enlist_registration::ports::{Begun, NewRegistration};
use enlist_registration::state::Status;
use enlist_registration::steps::Order;

use super::*;

pub(crate) async fn what_was_begun_is_read_back(world: &World) {
    let mut written = registration(world, 1);
    written.next_seq = 3;
    let events = [event(world, 1, "one"), event(world, 2, "two")];
    let record = request(1, 2);
    let begun = world
        .store
        .begin(NewRegistration {
            request: Some(&record),
            events: &events,
            ..NewRegistration::of(&written, FIRST)
        })
        .await
        .unwrap();
    assert!(matches!(begun, Begun::Begun));

    let read = stored(world, written.id).await;
    assert_same(&read, &written);
    assert_eq!(read.lease, written.lease);
    assert_eq!(world.store.events(written.id, 0).await.unwrap(), events);
    let (found, of) = world
        .store
        .request(&record.key)
        .await
        .unwrap()
        .expect("the request");
    assert_eq!((found, of.id), (record, written.id));
}

pub(crate) async fn one_of_many_beginnings_for_one_email_wins(world: &World) {
    let attempts = (1..=50).map(|number| {
        let mut registration = registration(world, number);
        registration.intent.email = email(1);
        let store = world.store.clone();
        tokio::spawn(async move {
            store
                .begin(NewRegistration::of(&registration, FIRST))
                .await
                .unwrap()
        })
    });
    let attempts: Vec<_> = attempts.collect();
    let (mut begun, mut held) = (0, 0);
    for attempt in attempts {
        match attempt.await.unwrap() {
            Begun::Begun => begun += 1,
            Begun::EmailIsHeld => held += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((begun, held), (1, 49));
}

pub(crate) async fn the_same_key_is_a_replay_even_if_the_email_is_held_too(world: &World) {
    let first = registration(world, 1);
    let record = request(1, 2);
    world
        .store
        .begin(NewRegistration {
            request: Some(&record),
            ..NewRegistration::of(&first, FIRST)
        })
        .await
        .unwrap();
    let mut again = registration(world, 2);
    again.intent.email = email(1);
    let begun = world
        .store
        .begin(NewRegistration {
            request: Some(&request(1, 9)),
            ..NewRegistration::of(&again, FIRST)
        })
        .await
        .unwrap();
    let Begun::KeyIsUsed(earlier) = begun else {
        panic!("{begun:?}")
    };
    // The first request's fingerprint, so that the caller sees whether it is the same request.
    assert_eq!((earlier.0, earlier.1.id), (record, first.id));
    assert!(world.store.registration(again.id).await.unwrap().is_none());
}

pub(crate) async fn the_same_key_is_a_replay_after_the_account_was_opened(world: &World) {
    let first = registration(world, 1);
    world
        .store
        .begin(NewRegistration {
            request: Some(&request(1, 2)),
            ..NewRegistration::of(&first, FIRST)
        })
        .await
        .unwrap();
    open(world, &about_to_open(world, first.clone())).await;
    let mut again = registration(world, 2);
    again.intent.email = email(1);
    let begun = world
        .store
        .begin(NewRegistration {
            request: Some(&request(1, 2)),
            ..NewRegistration::of(&again, FIRST)
        })
        .await
        .unwrap();
    let Begun::KeyIsUsed(earlier) = begun else {
        panic!("{begun:?}")
    };
    assert_eq!(earlier.1.status, Status::AwaitingVerification);
}

pub(crate) async fn an_email_with_an_account_is_refused(world: &World) {
    signals::registered(world, 1).await;
    let mut again = registration(world, 2);
    again.intent.email = email(1);
    let events = [event(world, 1, "never")];
    let begun = world
        .store
        .begin(NewRegistration {
            events: &events,
            ..NewRegistration::of(&again, FIRST)
        })
        .await
        .unwrap();
    assert!(matches!(begun, Begun::EmailHasAccount), "{begun:?}");
    assert!(world.store.registration(again.id).await.unwrap().is_none());
    assert!(world.store.events(again.id, 0).await.unwrap().is_empty());
}

pub(crate) async fn beginning_again_after_a_lost_answer_is_a_beginning(world: &World) {
    let registration = registration(world, 1);
    let record = request(1, 2);
    let events = [event(world, 1, "once")];
    for _ in 0..2 {
        let begun = world
            .store
            .begin(NewRegistration {
                request: Some(&record),
                events: &events,
                ..NewRegistration::of(&registration, FIRST)
            })
            .await
            .unwrap();
        assert!(matches!(begun, Begun::Begun), "{begun:?}");
    }
    assert_eq!(
        world.store.events(registration.id, 0).await.unwrap(),
        events
    );
    let by_another = world
        .store
        .begin(NewRegistration::of(&registration, SECOND))
        .await;
    assert!(!matches!(by_another, Ok(Begun::Begun)), "{by_another:?}");
}

pub(crate) async fn an_email_that_was_undone_is_free(world: &World) {
    undone(world, 1).await;
    let mut again = registration(world, 2);
    again.intent.email = email(1);
    let begun = world
        .store
        .begin(NewRegistration::of(&again, FIRST))
        .await
        .unwrap();
    assert!(matches!(begun, Begun::Begun), "{begun:?}");
}

pub(crate) async fn an_email_in_other_letters_is_the_same(world: &World) {
    begun(world, 1).await;
    let mut again = registration(world, 2);
    again.intent.email = EmailAddress::parse("PERSON1@EXAMPLE.COM").unwrap();
    let begun = world
        .store
        .begin(NewRegistration::of(&again, FIRST))
        .await
        .unwrap();
    assert!(matches!(begun, Begun::EmailIsHeld), "{begun:?}");
}

pub(crate) async fn one_that_waits_from_the_beginning_is_in_nobodys_hands(world: &World) {
    let mut waiting = registration(world, 1);
    waiting.intent.order = Order::VerifyFirst;
    waiting.await_verification(moment(world));
    let mail = mail_job(world, &waiting);
    let new = NewRegistration {
        mail: Some(&mail),
        ..NewRegistration::of(&waiting, FIRST)
    };
    assert!(matches!(
        world.store.begin(new).await.unwrap(),
        Begun::Begun
    ));
    // After an answer that was lost.
    assert!(matches!(
        world.store.begin(new).await.unwrap(),
        Begun::Begun
    ));
    let mails = world
        .store
        .claim_jobs(JobKind::VerificationMail, FIRST, 10)
        .await;
    assert_eq!(mails.unwrap().len(), 1);
    world.pass_seconds(60);
    assert!(world.store.claim_due(SECOND, 10).await.unwrap().is_empty());
    let claimed = signals::verified(world, waiting.id).await;
    assert_eq!(claimed.status, Status::Running);
    assert_eq!(claimed.verified_at, Some(world.now()));
}
