//! `take_news`, `account_at_gateway`: told once, and by whom.

use enlist_domain::PlanCatalogue;
use enlist_registration::ids::{CustomerId, JobId, RegistrationId, SubscriptionId, UserId};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::ports::{AccountAtGateway, NewRegistration, News, Noted};
use enlist_registration::state::Registration;
use jiff::Timestamp;
use uuid::Uuid;

use super::*;

pub(crate) async fn news_is_recorded_once_and_queues_one_job(world: &World) {
    let waiting = opened(world, 1).await;
    let news = of_registration("evt_1", waiting.id);
    assert_eq!(take(world, &news, 1).await, Noted::Queued(waiting.id));
    let jobs = claimed(world).await;
    assert_eq!(jobs.len(), 1);
    let job = &jobs[0];
    assert_eq!(
        (job.id, job.registration, job.serial, job.queued_at),
        (job_id(1), waiting.id, 0, world.now())
    );
    // Before it is done, and after.
    assert_eq!(take(world, &news, 2).await, Noted::Known);
    world.store.finish_job(job, None).await.unwrap();
    assert_eq!(take(world, &news, 3).await, Noted::Known);
    world.pass_seconds(1_000);
    assert!(claimed(world).await.is_empty());
    // The same number at another gateway is another's.
    let elsewhere = News {
        gateway: "another",
        ..news
    };
    assert_eq!(take(world, &elsewhere, 4).await, Noted::Queued(waiting.id));
}

pub(crate) async fn the_same_news_many_times_at_once_queues_one_job(world: &World) {
    let waiting = opened(world, 1).await;
    let taken = (1..=12).map(|number| {
        let (store, news) = (world.store.clone(), of_registration("evt_1", waiting.id));
        tokio::spawn(async move { store.take_news(&news, job_id(number)).await })
    });
    let mut queued = 0;
    for taken in taken.collect::<Vec<_>>() {
        match taken.await.unwrap().unwrap() {
            Noted::Queued(registration) => {
                assert_eq!(registration, waiting.id);
                queued += 1;
            }
            Noted::Known => {}
            Noted::Foreign => panic!("it is ours"),
        }
    }
    assert_eq!(queued, 1);
    assert_eq!(claimed(world).await.len(), 1);
}

pub(crate) async fn news_finds_its_registration_by_metadata_or_by_the_customer(world: &World) {
    let running = begun(world, 1).await;
    let first = opened(world, 2).await;
    let second = opened(world, 3).await;
    let customer = |number: u128| Some(CustomerId(format!("cus_{number}")));
    let nobody = Some(RegistrationId(Uuid::from_u128(404)));
    for (event, registration, customer, found) in [
        ("a", Some(running.id), None, running.id),
        ("b", None, customer(2), first.id),
        ("c", nobody, customer(3), second.id),
        // The metadata is ours; a customer may have been handed on.
        ("d", Some(first.id), customer(3), first.id),
    ] {
        let news = News {
            registration,
            customer,
            ..foreign(event)
        };
        assert_eq!(take(world, &news, 0).await, Noted::Queued(found), "{event}");
        let jobs = claimed(world).await;
        assert_eq!(jobs.len(), 1, "{event}");
        assert_eq!(jobs[0].registration, found, "{event}");
        world.store.finish_job(&jobs[0], None).await.unwrap();
        // The job's id is free for the next.
        world.pass_seconds(1);
        forget(world, world.now(), 100).await;
    }
}

pub(crate) async fn news_of_nothing_of_ours_is_recorded_and_queues_nothing(world: &World) {
    opened(world, 1).await;
    let nobody = News {
        registration: Some(RegistrationId(Uuid::from_u128(404))),
        customer: Some(CustomerId("cus_404".to_owned())),
        ..foreign("a")
    };
    // The customer of an account at another gateway.
    let elsewhere = News {
        gateway: "another",
        customer: Some(CustomerId("cus_1".to_owned())),
        ..foreign("b")
    };
    for news in [nobody, elsewhere, foreign("c")] {
        assert_eq!(take(world, &news, 1).await, Noted::Foreign, "{news:?}");
        assert_eq!(take(world, &news, 1).await, Noted::Known, "{news:?}");
    }
    assert!(claimed(world).await.is_empty());
}

pub(crate) async fn news_without_room_for_its_id_is_refused(world: &World) {
    let longest = "e".repeat(enlist_registration::ports::MAX_EVENT_CHARACTERS);
    assert_eq!(take(world, &foreign(&longest), 1).await, Noted::Foreign);
    let longer = foreign(&format!("{longest}e"));
    assert!(world.store.take_news(&longer, job_id(1)).await.is_err());
}

pub(crate) async fn where_an_account_is_outlives_the_journals_redaction(world: &World) {
    let done = signals::registered(world, 1).await;
    let expected = AccountAtGateway {
        gateway: "sandbox".to_owned(),
        customer: CustomerId("cus_1".to_owned()),
        subscription: Some(SubscriptionId("sub_1".to_owned())),
    };
    assert_eq!(account(world, &done).await, Some(expected.clone()));
    world.pass_seconds(100);
    assert!(forget(world, world.now(), 10).await > 0);
    assert_eq!(account(world, &done).await, Some(expected));

    let mut free = registration(world, 2);
    free.intent.plan = PlanCatalogue::default().get("free").cloned();
    world
        .store
        .begin(NewRegistration::of(&free, FIRST))
        .await
        .unwrap();
    let mut free = about_to_open(world, free);
    free.progress.subscription = None;
    open(world, &free).await;
    let found = account(world, &free).await.expect("an account");
    assert_eq!(found.subscription, None);
    let nobody = UserId(Uuid::from_u128(404));
    let found = world.store.account_at_gateway(nobody).await.unwrap();
    assert_eq!(found, None);
}

pub(crate) async fn old_news_is_forgotten_and_new_kept(world: &World) {
    for event in ["a", "b", "c"] {
        take(world, &foreign(event), 1).await;
    }
    world.pass_seconds(100);
    let kept_since = world.now();
    take(world, &foreign("d"), 1).await;
    assert_eq!(forget(world, kept_since, 2).await, 2);
    assert_eq!(forget(world, kept_since, 2).await, 1);
    assert_eq!(forget(world, kept_since, 2).await, 0);
    assert_eq!(take(world, &foreign("a"), 1).await, Noted::Foreign);
    assert_eq!(take(world, &foreign("d"), 1).await, Noted::Known);
}

/// About nothing of ours.
pub(crate) fn foreign(event: &str) -> News {
    News {
        gateway: "sandbox",
        event: event.to_owned(),
        kind: "customer.updated".to_owned(),
        registration: None,
        customer: None,
    }
}

/// About that registration.
pub(crate) fn of_registration(event: &str, registration: RegistrationId) -> News {
    News {
        registration: Some(registration),
        ..foreign(event)
    }
}

/// Event `number` is about that registration, and a worker has its job.
pub(crate) async fn told(world: &World, registration: RegistrationId, number: u128) -> Job {
    let news = of_registration(&format!("evt_{number}"), registration);
    let noted = take(world, &news, number).await;
    assert_eq!(noted, Noted::Queued(registration));
    // Those that are claimed already stay so.
    let jobs = claimed(world).await;
    let found = jobs.into_iter().find(|job| job.id == job_id(number));
    found.expect("the job")
}

async fn take(world: &World, news: &News, job: u128) -> Noted {
    world.store.take_news(news, job_id(job)).await.unwrap()
}

fn job_id(number: u128) -> JobId {
    JobId(Uuid::from_u128(5_000_000 + number))
}

pub(crate) async fn claimed(world: &World) -> Vec<Job> {
    world
        .store
        .claim_jobs(JobKind::Reflect, FIRST, 100)
        .await
        .unwrap()
}

async fn account(world: &World, registration: &Registration) -> Option<AccountAtGateway> {
    world
        .store
        .account_at_gateway(registration.intent.user)
        .await
        .unwrap()
}

async fn forget(world: &World, rested_before: Timestamp, limit: u32) -> u64 {
    let never = Timestamp::UNIX_EPOCH;
    world
        .store
        .forget(rested_before, never, limit)
        .await
        .unwrap()
}
