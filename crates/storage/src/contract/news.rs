//! `take_news`, `reflect`, `account_at_gateway`: told once, asked anew, and written in whatever order.

use enlist_domain::{CardBrand, CardSummary, PlanCatalogue, card::Expiry};
use enlist_registration::ids::{
    CustomerId, JobId, PaymentMethodId, RegistrationId, SubscriptionId, UserId,
};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::ports::{
    AccountAtGateway, CustomerStanding, CvcCheck, News, Noted, PaymentMethod, Reflected, Standing,
    SubscriptionStanding, SubscriptionStatus,
};
use enlist_registration::state::{Registration, Status};
use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::TextRow;

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
    world.store.begin(&free, FIRST, None, &[]).await.unwrap();
    let mut free = about_to_open(world, free);
    free.progress.subscription = None;
    open(world, &free).await;
    let found = account(world, &free).await.expect("an account");
    assert_eq!(found.subscription, None);
    let nobody = UserId(Uuid::from_u128(404));
    let found = world.store.account_at_gateway(nobody).await.unwrap();
    assert_eq!(found, None);
}

pub(crate) async fn a_standing_is_written_and_the_rest_is_left_alone(world: &World) {
    opened(world, 2).await;
    let waiting = opened(world, 1).await;
    let [billing, subscription] = rows_of(world, &waiting).await;
    let [other_billing, other_subscription] = rows_of(world, &registration(world, 2)).await;
    world.pass_seconds(1);
    let job = told(world, waiting.id, 1).await;
    world.pass_seconds(1);
    let mut standing = as_opened(1);
    let told = standing.subscription.as_mut().unwrap();
    told.status = SubscriptionStatus::PastDue;
    told.current_period_end = Some("2027-01-23T12:00:00Z".parse().unwrap());
    told.cancel_at = Some("2027-02-01T00:00:00Z".parse().unwrap());
    told.refunded_minor = 1200;
    assert_eq!(reflect(world, &job, &standing).await, Reflected::Written);

    let now = Some(world.now());
    let [billing_now, subscription_now] = rows_of(world, &waiting).await;
    let written = ["reflected_at", "updated_at"];
    assert_eq!(without(&billing_now, &written), without(&billing, &written));
    assert_eq!(time(&billing_now, "reflected_at"), Some(job.queued_at));
    assert_eq!(time(&billing_now, "updated_at"), now);
    let written = [
        "status",
        "current_period_end",
        "cancel_at",
        "refunded_minor",
        "updated_at",
    ];
    assert_eq!(
        without(&subscription_now, &written),
        without(&subscription, &written)
    );
    assert_eq!(text(&subscription_now, "status"), Some("past_due"));
    assert_eq!(text(&subscription_now, "refunded_minor"), Some("1200"));
    let times = told_times(&standing);
    assert_eq!(
        ["current_period_end", "cancel_at"].map(|column| time(&subscription_now, column)),
        times
    );
    assert_eq!(time(&subscription_now, "updated_at"), now);
    // Nobody else's.
    let others = rows_of(world, &registration(world, 2)).await;
    assert_eq!(others, [other_billing, other_subscription]);
}

pub(crate) async fn a_card_that_was_exchanged_is_written_and_one_that_was_removed_is_not_shown(
    world: &World,
) {
    let waiting = opened(world, 1).await;
    let card = |row: &TextRow| {
        CARD.map(|column| text(row, column).map(str::to_owned))
            .map(|value| value.unwrap_or("none".to_owned()))
    };
    let exchanged = Standing {
        customer: CustomerStanding::Live(Some(PaymentMethod {
            id: PaymentMethodId("pm_new".to_owned()),
            card: CardSummary {
                brand: CardBrand::Mastercard,
                last4: "4444".to_owned(),
                expiry: Expiry::new(1, 2031).expect("a month"),
            },
            cvc_check: CvcCheck::Unchecked,
        })),
        ..as_opened(1)
    };
    let removed = Standing {
        customer: CustomerStanding::Live(None),
        ..as_opened(1)
    };
    let shown = [
        "•••• 4444",
        "mastercard",
        "1",
        "2031",
        "unchecked",
        "pm_new",
    ];
    for (number, standing, expected) in [
        (1, &exchanged, shown),
        (2, &removed, ["none"; 6]),
        (3, &exchanged, shown),
    ] {
        let job = told(world, waiting.id, number).await;
        assert_eq!(reflect(world, &job, standing).await, Reflected::Written);
        let [billing, _] = rows_of(world, &waiting).await;
        assert_eq!(card(&billing), expected);
    }
}

pub(crate) async fn a_customer_that_was_deleted_is_noted_once_and_its_card_kept(world: &World) {
    let waiting = opened(world, 1).await;
    let [before, _] = rows_of(world, &waiting).await;
    world.pass_seconds(1);
    let noticed = world.now();
    for number in [1, 2] {
        let job = told(world, waiting.id, number).await;
        assert_eq!(reflect(world, &job, &gone()).await, Reflected::Written);
        let [billing, _] = rows_of(world, &waiting).await;
        assert_eq!(time(&billing, "customer_deleted_at"), Some(noticed));
        for column in CARD {
            assert_eq!(text(&billing, column), text(&before, column), "{column}");
        }
        world.pass_seconds(1);
    }
    // The wrong account of the gateway had been asked.
    let job = told(world, waiting.id, 3).await;
    reflect(world, &job, &as_opened(1)).await;
    let [billing, _] = rows_of(world, &waiting).await;
    assert_eq!(text(&billing, "customer_deleted_at"), None);
}

pub(crate) async fn a_subscription_ends_once_and_its_period_is_kept_where_nobody_knows_it(
    world: &World,
) {
    let waiting = opened(world, 1).await;
    let [_, before] = rows_of(world, &waiting).await;
    world.pass_seconds(1);
    let ended_at = Some(world.now());
    for number in [1, 2] {
        let job = told(world, waiting.id, number).await;
        assert_eq!(reflect(world, &job, &gone()).await, Reflected::Written);
        let [_, subscription] = rows_of(world, &waiting).await;
        assert_eq!(text(&subscription, "status"), Some("ended"));
        assert_eq!(time(&subscription, "ended_at"), ended_at);
        assert_eq!(
            text(&subscription, "current_period_end"),
            text(&before, "current_period_end")
        );
        world.pass_seconds(1);
    }
    // What the gateway says is written, even that.
    let job = told(world, waiting.id, 3).await;
    reflect(world, &job, &as_opened(1)).await;
    let [_, subscription] = rows_of(world, &waiting).await;
    assert_eq!(text(&subscription, "status"), Some("active"));
    assert_eq!(text(&subscription, "ended_at"), None);
    // A standing without a subscription says nothing of one.
    let job = told(world, waiting.id, 4).await;
    let of_customer = Standing {
        subscription: None,
        ..gone()
    };
    reflect(world, &job, &of_customer).await;
    let [_, untouched] = rows_of(world, &waiting).await;
    assert_eq!(untouched, subscription);
}

pub(crate) async fn a_standing_without_an_account_writes_nothing(world: &World) {
    let running = begun(world, 1).await;
    let job = told(world, running.id, 1).await;
    assert_eq!(reflect(world, &job, &gone()).await, Reflected::NoAccount);

    let waiting = opened(world, 2).await;
    let job = told(world, waiting.id, 2).await;
    let claimed = signals::claimed_by_undo(world, waiting.id).await;
    let turned = turned_back(world, &claimed);
    let standing = Status::AwaitingVerification;
    world.store.save(&turned, standing, &[]).await.unwrap();
    world.store.close_account(&turned, &[]).await.unwrap();
    assert_eq!(reflect(world, &job, &gone()).await, Reflected::NoAccount);
}

pub(crate) async fn a_standing_of_older_news_comes_too_late(world: &World) {
    let waiting = opened(world, 1).await;
    let older = told(world, waiting.id, 1).await;
    world.pass_seconds(1);
    let newer = told(world, waiting.id, 2).await;
    let (first, second) = (as_opened(1), as_opened(2));
    assert_eq!(reflect(world, &newer, &second).await, Reflected::Written);
    assert_eq!(reflect(world, &older, &first).await, Reflected::Outdated);
    // Done twice, as work is that is done at least once.
    assert_eq!(reflect(world, &newer, &second).await, Reflected::Written);
    let newest = told(world, waiting.id, 3).await;
    assert!(newest.queued_at > newer.queued_at, "{newest:?}");
    assert_eq!(reflect(world, &newest, &first).await, Reflected::Written);
    assert_eq!(reflect(world, &newer, &second).await, Reflected::Outdated);
}

/// Every status can be written, and each change of it, in any order.
pub(crate) async fn a_subscription_may_stand_in_every_way_and_come_back(world: &World) {
    let waiting = opened(world, 1).await;
    let mut number = 0;
    for from in SubscriptionStatus::ALL {
        for to in SubscriptionStatus::ALL {
            for status in [from, to] {
                number += 1;
                let job = told(world, waiting.id, number).await;
                let mut standing = as_opened(1);
                standing.subscription.as_mut().unwrap().status = status;
                let reflected = reflect(world, &job, &standing).await;
                assert_eq!(reflected, Reflected::Written, "{from:?} to {to:?}");
            }
        }
    }
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

/// How the account of registration `number` stands that nobody has touched since.
pub(crate) fn as_opened(number: u128) -> Standing {
    let card = CardSummary {
        brand: CardBrand::Visa,
        last4: "4242".to_owned(),
        expiry: Expiry::new(12, 2030).expect("a month"),
    };
    Standing {
        customer: CustomerStanding::Live(Some(PaymentMethod {
            id: PaymentMethodId(format!("pm_{number}")),
            card,
            cvc_check: CvcCheck::Pass,
        })),
        subscription: Some(SubscriptionStanding {
            status: SubscriptionStatus::Active,
            current_period_end: Some("2026-12-23T12:00:00Z".parse().expect("a time")),
            cancel_at: None,
            refunded_minor: 0,
        }),
    }
}

/// The customer was deleted, and the subscription with it.
pub(crate) fn gone() -> Standing {
    Standing {
        customer: CustomerStanding::Gone,
        subscription: Some(SubscriptionStanding {
            status: SubscriptionStatus::Ended,
            current_period_end: None,
            cancel_at: None,
            refunded_minor: 2900,
        }),
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

pub(crate) async fn reflect(world: &World, job: &Job, standing: &Standing) -> Reflected {
    world.store.reflect(job, standing).await.unwrap()
}

/// What `billing_info` says of the card.
const CARD: [&str; 6] = [
    "card_number",
    "card_brand",
    "expiry_month",
    "expiry_year",
    "cvc_check",
    "payment_method_id",
];

/// A registration's rows in `billing_info` and in `subscriptions`.
async fn rows_of(world: &World, registration: &Registration) -> [TextRow; 2] {
    let user = registration.intent.user.to_string();
    let mut found = Vec::new();
    for table in ["billing_info", "subscriptions"] {
        let rows = (world.table)(table).await;
        let mut of_user = rows
            .into_iter()
            .filter(|row| text(row, "user_id") == Some(&user));
        found.push(of_user.next().expect("a row"));
        assert_eq!(of_user.next(), None);
    }
    found.try_into().expect("two rows")
}

fn without(row: &TextRow, columns: &[&str]) -> TextRow {
    let mut row = row.clone();
    row.retain(|column, _| !columns.contains(&column.as_str()));
    row
}

fn text<'r>(row: &'r TextRow, column: &str) -> Option<&'r str> {
    row[column].as_deref()
}

fn time(row: &TextRow, column: &str) -> Option<Timestamp> {
    text(row, column).map(|text| text.parse().expect("a time"))
}

fn told_times(standing: &Standing) -> [Option<Timestamp>; 2] {
    let told = standing.subscription.as_ref().expect("a subscription");
    [told.current_period_end, told.cancel_at]
}

async fn take(world: &World, news: &News, job: u128) -> Noted {
    world.store.take_news(news, job_id(job)).await.unwrap()
}

fn job_id(number: u128) -> JobId {
    JobId(Uuid::from_u128(5_000_000 + number))
}

async fn claimed(world: &World) -> Vec<Job> {
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
