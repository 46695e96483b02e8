//! `events`, `note`, `registrations`, `email_is_taken`: what others see.

use enlist_registration::ids::{RegistrationId, UserId};
use enlist_registration::ports::{Begun, NewRegistration, RegistrationFilter};
use enlist_registration::state::Status;
use enlist_registration::timeline::Event;
use uuid::Uuid;

use super::*;

pub(crate) async fn the_timeline_is_read_in_order_from_where_it_was_left(world: &World) {
    let begun = begun(world, 1).await;
    let events: Vec<Event> = (1..=5).map(|seq| event(world, seq, "any")).collect();
    world
        .store
        .save(&begun, Status::Running, &events)
        .await
        .unwrap();
    assert_eq!(world.store.events(begun.id, 0).await.unwrap(), events);
    assert_eq!(world.store.events(begun.id, 3).await.unwrap(), events[3..]);
    assert!(world.store.events(begun.id, 5).await.unwrap().is_empty());
}

pub(crate) async fn no_event_is_lost_to_another_of_its_number(world: &World) {
    let begun = begun(world, 1).await;
    for (seq, detail) in [(1, "a"), (4, "b"), (2, "c"), (4, "d"), (9, "e")] {
        let events = [event(world, seq, detail)];
        world
            .store
            .save(&begun, Status::Running, &events)
            .await
            .unwrap();
    }
    let events = world.store.events(begun.id, 0).await.unwrap();
    let order: Vec<_> = events
        .iter()
        .map(|event| (event.seq, event.detail.as_deref()))
        .collect();
    let named = [(1, "a"), (4, "b"), (5, "c"), (6, "d"), (9, "e")];
    assert_eq!(order, named.map(|(seq, detail)| (seq, Some(detail))));
    assert_eq!(stored(world, begun.id).await.next_seq, 10);
}

pub(crate) async fn a_note_needs_no_driver(world: &World) {
    let rested = undone(world, 1).await;
    let note = event(world, rested.next_seq, "rechecked");
    world.store.note(rested.id, &note).await.unwrap();
    assert_eq!(world.store.events(rested.id, 0).await.unwrap(), [note]);
    let nobody = RegistrationId(Uuid::from_u128(404));
    assert!(
        world
            .store
            .note(nobody, &event(world, 1, "lost"))
            .await
            .is_err()
    );
}

pub(crate) async fn registrations_are_listed_newest_first(world: &World) {
    for number in 1..=3 {
        undone(world, number).await;
        world.pass_seconds(1);
    }
    let mut again = registration(world, 4);
    again.intent.email = email(1);
    world
        .store
        .begin(NewRegistration::of(&again, FIRST))
        .await
        .unwrap();
    let everything = RegistrationFilter {
        limit: 10,
        ..RegistrationFilter::default()
    };
    assert_eq!(listed(world, everything.clone()).await, [4, 3, 2, 1]);
    let newest = RegistrationFilter {
        limit: 2,
        ..everything.clone()
    };
    assert_eq!(listed(world, newest).await, [4, 3]);
    let undone = RegistrationFilter {
        status: Some(Status::Undone),
        ..everything.clone()
    };
    assert_eq!(listed(world, undone.clone()).await, [3, 2, 1]);
    let of_one = RegistrationFilter {
        email: Some(email(1)),
        ..everything
    };
    assert_eq!(listed(world, of_one).await, [4, 1]);
    let both = RegistrationFilter {
        email: Some(email(1)),
        ..undone
    };
    assert_eq!(listed(world, both).await, [1]);
}

pub(crate) async fn a_taken_email_is_hinted_at(world: &World) {
    assert!(!world.store.email_is_taken(&email(1)).await.unwrap());
    begun(world, 1).await;
    signals::registered(world, 2).await;
    undone(world, 3).await;
    for (number, taken) in [(1, true), (2, true), (3, false)] {
        assert_eq!(
            world.store.email_is_taken(&email(number)).await.unwrap(),
            taken,
            "{number}"
        );
    }
}

/// More than anybody would list.
pub(crate) async fn what_is_under_way_at_another_gateway_is_counted_whole(world: &World) {
    const MANY: u128 = 30;
    let here = "sandbox";
    let at = async |number: u128, gateway: &str| {
        let mut registration = registration(world, number);
        registration.intent.gateway = gateway.to_owned();
        let begin = world.store.begin(NewRegistration::of(&registration, FIRST));
        assert!(matches!(begin.await.unwrap(), Begun::Begun));
        registration
    };
    for number in 1..=MANY {
        at(number, "elsewhere").await;
    }
    at(MANY + 1, "nowhere").await;
    at(MANY + 2, here).await;
    for (number, gateway) in [(MANY + 3, "elsewhere"), (MANY + 4, here)] {
        let waiting = at(number, gateway).await;
        let mut opened = waiting.clone();
        opened.status = Status::AwaitingVerification;
        opened.act_by = Some(world.in_seconds(60));
        let park = world
            .store
            .park(&opened, Status::Running, world.in_seconds(60), &[]);
        park.await.unwrap();
    }
    let undone = at(MANY + 5, "elsewhere").await;
    let turned = turned_back(world, &undone);
    let saved = world.store.save(&turned, Status::Running, &[]).await;
    saved.unwrap();
    let rested = rested(world, &turned, Status::Undone);
    let closed = world.store.rest(&rested, Status::Undoing, &[], &[]).await;
    closed.unwrap();

    let counted = async |gateway: &str| {
        let count = world.store.under_way_elsewhere(gateway, world.now());
        let counted = count.await.unwrap().into_iter();
        let counted: Vec<_> = counted
            .map(|it| (it.gateway, it.held, it.unverified))
            .collect();
        counted
    };
    let many = u32::try_from(MANY).unwrap();
    let elsewhere = ("elsewhere".to_owned(), many, 1);
    let nowhere = ("nowhere".to_owned(), 1, 0);
    assert_eq!(counted(here).await, [elsewhere, nowhere.clone()]);
    world.pass_seconds(60);
    let elsewhere = ("elsewhere".to_owned(), many + 1, 0);
    assert_eq!(counted(here).await, [elsewhere, nowhere]);
    let one = ("sandbox".to_owned(), 2, 0);
    let [_, found] = counted("elsewhere").await.try_into().unwrap();
    assert_eq!(found, one);
}

pub(crate) async fn an_unknown_id_is_nothing(world: &World) {
    let nobody = Uuid::from_u128(404);
    assert!(
        world
            .store
            .registration(RegistrationId(nobody))
            .await
            .unwrap()
            .is_none()
    );
    assert!(world.store.user(UserId(nobody)).await.unwrap().is_none());
    assert!(
        world
            .store
            .request(&request(9, 9).key)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .events(RegistrationId(nobody), 0)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn listed(world: &World, filter: RegistrationFilter) -> Vec<u128> {
    let found = world.store.registrations(&filter).await.unwrap();
    found
        .into_iter()
        .map(|registration| registration.id.0.as_u128())
        .collect()
}
