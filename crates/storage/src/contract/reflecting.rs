//! `reflect`: how an account stands at its gateway, written in whatever order it is told.

use enlist_domain::{CardBrand, CardSummary, card::Expiry};
use enlist_registration::ids::PaymentMethodId;
use enlist_registration::jobs::Job;
use enlist_registration::ports::{
    CustomerStanding, CvcCheck, PaymentMethod, Reflected, Standing, SubscriptionStanding,
    SubscriptionStatus,
};
use enlist_registration::state::{Registration, Status};
use jiff::Timestamp;

use super::news::told;
use super::*;
use crate::TextRow;

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
