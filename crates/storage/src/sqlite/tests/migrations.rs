//! What an older program left in a file is there after the migrations since.

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::sqlite::open::at_schema;

/// What version 2 had of two users: one that subscribes, and one that did and has no card.
const ACCOUNTS: &str = "
    INSERT INTO users VALUES
        ('u1', 'A@example.com', 'a@example.com', '$argon2id$x', NULL, 't1', 't1'),
        ('u2', 'b@example.com', 'b@example.com', '$argon2id$x', 't2', 't1', 't2');
    INSERT INTO billing_info VALUES
        ('u1', '•••• 4242', 'visa', 12, 2030, NULL, 'pass', 'sandbox', 'cus_1', 'pm_1', 't1', 't1'),
        ('u2', NULL, NULL, NULL, NULL, NULL, NULL, 'sandbox', 'cus_2', NULL, 't1', 't1');
    INSERT INTO subscriptions VALUES
        ('s1', 'u1', 'cus_1', 'sub_1', 'pro', 'active', 2900, 'USD', 't9', 't1', 't1'),
        ('s2', 'u2', 'cus_2', 'sub_2', 'pro', 'ended', 2900, 'EUR', 't8', 't1', 't2');";

/// The columns that version 2 had.
const SUBSCRIPTIONS: &str = "
    SELECT id || user_id || payment_gateway_customer_id || payment_gateway_subscription_id || plan
        || status || amount_minor || currency || current_period_end || created_at || updated_at
    FROM subscriptions ORDER BY id";
const BILLING: &str = "
    SELECT concat(user_id, card_number, card_brand, expiry_month, expiry_year, cvc_check,
        payment_gateway, payment_gateway_customer_id, payment_method_id, created_at, updated_at)
    FROM billing_info ORDER BY user_id";

#[tokio::test]
async fn accounts_of_version_2_are_kept_and_may_stand_in_new_ways() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("enlist.db");
    let before = {
        let file = at_schema(&path, 2);
        file.execute_batch(ACCOUNTS).unwrap();
        [SUBSCRIPTIONS, BILLING].map(|sql| lines(&file, sql))
    };
    let store = SqliteStore::open(&path, options(Mode::Inline), TestClock::new()).unwrap();
    store.close().await;
    let file = Connection::open(&path).unwrap();
    file.pragma_update(None, "foreign_keys", true).unwrap();
    assert_eq!(
        [SUBSCRIPTIONS, BILLING].map(|sql| lines(&file, sql)),
        before
    );
    let new = "SELECT concat(cancel_at, ended_at, refunded_minor) FROM subscriptions";
    assert_eq!(lines(&file, new), ["0", "0"]);
    assert!(lines(&file, "SELECT \"table\" FROM pragma_foreign_key_check").is_empty());

    let update = |change: &str| file.execute(&format!("UPDATE {change}"), []);
    for status in ["past_due", "unpaid", "paused", "ended", "active"] {
        update(&format!("subscriptions SET status = '{status}'")).unwrap();
    }
    update("subscriptions SET status = 'ended' WHERE id = 's2'").unwrap();
    let refused = update("subscriptions SET user_id = 'nobody'").unwrap_err();
    assert!(refused.to_string().contains("FOREIGN KEY"), "{refused}");
    file.execute("DELETE FROM users WHERE id = 'u1'", [])
        .unwrap();
    assert_eq!(lines(&file, "SELECT id FROM subscriptions"), ["s2"]);
}

/// What version 4 had of a journey before its address was verified, and of one after.
const JOURNEYS: &str = "
    INSERT INTO pending_registrations (
        id, email, email_normalised, verified_at, starter_proved, begun_at, expires_at, mail_serial,
        last_mail_at, code_attempts, links_used_to)
    VALUES
        ('j1', 'A@example.com', 'a@example.com', NULL, 0, 't1', 't9', 1, 't1', 0, 0),
        ('j2', 'b@example.com', 'b@example.com', 't2', 1, 't1', 't9', 1, 't1', 0, 0)";

#[tokio::test]
async fn journeys_of_version_4_are_kept_and_only_what_is_unverified_can_be_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("enlist.db");
    let all = "SELECT concat(id, email, verified_at, starter_proved, begun_at, expires_at)
               FROM pending_registrations ORDER BY id";
    let before = {
        let file = at_schema(&path, 4);
        file.execute_batch(JOURNEYS).unwrap();
        lines(&file, all)
    };
    let store = SqliteStore::open(&path, options(Mode::Inline), TestClock::new()).unwrap();
    store.close().await;
    let file = Connection::open(&path).unwrap();
    assert_eq!(lines(&file, all), before);
    let refuse = |id: &str| {
        let sql = "UPDATE pending_registrations SET mail_refused_at = 't3' WHERE id = ?1";
        file.execute(sql, [id])
    };
    assert_eq!(refuse("j1").unwrap(), 1);
    let contradiction = refuse("j2").unwrap_err().to_string();
    assert!(
        contradiction.contains("refused_is_unverified"),
        "{contradiction}"
    );
}

fn lines(file: &Connection, sql: &str) -> Vec<String> {
    let mut statement = file.prepare(sql).unwrap();
    let lines = statement.query_map([], |row| row.get(0)).unwrap();
    lines.map(Result::unwrap).collect()
}
