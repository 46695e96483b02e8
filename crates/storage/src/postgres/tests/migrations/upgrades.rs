//! What an older program left in a database is there after the migrations since, and what an operator
//! prepared for them is used.

use super::*;
use crate::postgres::migrate::bring_to;

/// What version 2 had of two users: one that subscribes, and one that did and has no card.
const ACCOUNTS: &str = "
    INSERT INTO users
    SELECT number::text::uuid, 'A@example.com', number || '@example.com', '$argon2id$x', NULL, now(), now()
    FROM unnest(ARRAY['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'])
        AS users (number);
    INSERT INTO billing_info
    SELECT id, '•••• 4242', 'visa', 12, 2030, NULL, 'pass', 'sandbox', 'cus_' || id, 'pm_1', now(), now()
    FROM users WHERE id::text LIKE '%1';
    INSERT INTO billing_info
    SELECT id, NULL, NULL, NULL, NULL, NULL, NULL, 'sandbox', 'cus_' || id, NULL, now(), now()
    FROM users WHERE id::text LIKE '%2';
    INSERT INTO subscriptions
    SELECT id, id, 'cus_' || id, 'sub_' || id, 'pro',
        CASE WHEN id::text LIKE '%1' THEN 'active' ELSE 'ended' END, 2900, 'USD', now(), now(), now()
    FROM users;";

/// The columns that version 2 had.
const SUBSCRIPTIONS: &str = "
    SELECT concat_ws('|', id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id,
        plan, status, amount_minor, currency, current_period_end, created_at, updated_at)
    FROM subscriptions ORDER BY id";
const BILLING: &str = "
    SELECT concat_ws('|', user_id, card_number, card_brand, expiry_month, expiry_year, cvc_check,
        payment_gateway, payment_gateway_customer_id, payment_method_id, created_at, updated_at)
    FROM billing_info ORDER BY user_id";

async fn at_version_2() -> Database {
    let database = test_database();
    let mut client = session(&database.url()).await;
    bring_to(&mut client, 2).await;
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_version_2_are_kept_and_may_stand_in_new_ways() {
    let database = at_version_2().await;
    database.execute(ACCOUNTS);
    let rows = || [SUBSCRIPTIONS, BILLING].map(|sql| database.query_text(sql));
    let before = rows();
    assert_eq!(before[0].len(), 2);
    let url = PostgresUrl::parse(&database.url()).unwrap();
    let migrated = migrate_postgres(&url).await.unwrap();
    assert_eq!(migrated, Migrated { from: 2, to: 6 });
    assert_eq!(rows(), before);
    let new = "SELECT concat(cancel_at, ended_at, refunded_minor) FROM subscriptions";
    assert_eq!(
        database.query_text(new),
        [[Some("0".to_owned())], [Some("0".to_owned())]]
    );
    for status in ["past_due", "unpaid", "paused", "ended", "active"] {
        database.execute(&format!("UPDATE subscriptions SET status = '{status}'"));
    }
    // As the version before writes it, which does not know of the new columns.
    database.execute(
        "UPDATE subscriptions SET status = 'ended' WHERE id::text LIKE '%1';
         INSERT INTO subscriptions (
             id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan, status,
             amount_minor, currency, current_period_end, created_at, updated_at)
         SELECT gen_random_uuid(), user_id, payment_gateway_customer_id, 'another', plan, 'active',
             amount_minor, currency, now(), now(), now()
         FROM subscriptions WHERE id::text LIKE '%1'",
    );
    database.execute("DELETE FROM users");
    let left = "SELECT count(*) FROM subscriptions";
    assert_eq!(database.query_text(left)[0][0].as_deref(), Some("0"));
}

/// What version 4 had of a journey before its address was verified, and of one after.
const JOURNEYS: &str = "
    INSERT INTO pending_registrations (
        id, email, email_normalised, verified_at, starter_proved, begun_at, expires_at, mail_serial,
        last_mail_at, code_attempts, links_used_to)
    VALUES
        ('00000000-0000-0000-0000-000000000001', 'A@example.com', 'a@example.com', NULL, false, now(),
            now(), 1, now(), 0, 0),
        ('00000000-0000-0000-0000-000000000002', 'b@example.com', 'b@example.com', now(), true, now(),
            now(), 1, now(), 0, 0)";

#[tokio::test(flavor = "multi_thread")]
async fn journeys_of_version_4_are_kept_and_only_what_is_unverified_can_be_refused() {
    let database = test_database();
    bring_to(&mut session(&database.url()).await, 4).await;
    database.execute(JOURNEYS);
    let all = "SELECT concat_ws('|', id, email, verified_at, starter_proved, begun_at, expires_at)
               FROM pending_registrations ORDER BY id";
    let before = database.query_text(all);
    assert_eq!(before.len(), 2);
    let url = PostgresUrl::parse(&database.url()).unwrap();
    let migrated = migrate_postgres(&url).await.unwrap();
    assert_eq!(migrated, Migrated { from: 4, to: 6 });
    assert_eq!(database.query_text(all), before);
    database.execute(
        "UPDATE pending_registrations SET mail_refused_at = now() WHERE verified_at IS NULL",
    );
    let client = session(&database.url()).await;
    let contradiction = client
        .execute(
            "UPDATE pending_registrations SET mail_refused_at = now()",
            &[],
        )
        .await
        .unwrap_err();
    let refused_by = contradiction.as_db_error().and_then(|it| it.constraint());
    assert_eq!(refused_by, Some("refused_is_unverified"));
}

/// As docs/operating.md advises for large tables.
#[tokio::test(flavor = "multi_thread")]
async fn indexes_that_an_operator_made_beforehand_are_left_as_they_are() {
    let database = at_version_2().await;
    let made = [
        "CREATE INDEX CONCURRENTLY registrations_user ON registrations (user_id)",
        "CREATE UNIQUE INDEX CONCURRENTLY subscriptions_live_user ON subscriptions (user_id)
         WHERE status <> 'ended'",
    ];
    for index in made {
        database.execute(index);
    }
    let indexes = "SELECT indexrelid FROM pg_index
        WHERE indexrelid IN (to_regclass('registrations_user'), to_regclass('subscriptions_live_user'))
            AND indisvalid ORDER BY 1";
    let before = database.query_text(indexes);
    assert_eq!(before.len(), 2);
    let url = PostgresUrl::parse(&database.url()).unwrap();
    migrate_postgres(&url).await.unwrap();
    assert_eq!(database.query_text(indexes), before);
}
