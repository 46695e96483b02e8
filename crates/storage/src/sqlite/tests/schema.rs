//! What the tables themselves hold, whatever the code does.

use std::time::Duration;

use enlist_registration::state::Status;
use rusqlite::{Connection, types::Value};

use super::*;
use crate::contract::{begun, opened, signals, turned_back, undoing};
use crate::sqlite::rows::Moment;
use crate::values::MAY_BE_STRIPPED;

#[tokio::test]
async fn an_opened_account_is_written_as_the_product_says() {
    let on_file = OnFile::new(Mode::Threaded);
    let world = on_file.world();
    let opened = opened(&world, 1).await;
    let connection = on_file.connection();
    let user = opened.intent.user.to_string();
    let now = "2026-11-23T12:00:00.000001Z";
    assert_eq!(
        row(
            &connection,
            "SELECT id, email, email_normalised, email_verified_at, created_at FROM users"
        ),
        [
            text(&user),
            text("Person1@Example.com"),
            text("person1@example.com"),
            Value::Null,
            text(now)
        ]
    );
    assert_eq!(
        row(
            &connection,
            "SELECT user_id, first_name, last_name, address, address_line2, city, state, zip, country
             FROM profiles"
        ),
        [&user, "Grace", "Hopper", "1 Navy Yard", "Flat 2", "Arlington", "VA", "22202", "US"]
            .map(text)
    );
    assert_eq!(
        row(
            &connection,
            "SELECT user_id, card_number, card_brand, expiry_month, expiry_year, cvv_hash, cvc_check,
                    payment_gateway, payment_gateway_customer_id, payment_method_id
             FROM billing_info"
        ),
        [
            text(&user),
            text("•••• 4242"),
            text("visa"),
            Value::Integer(12),
            Value::Integer(2030),
            Value::Null,
            text("pass"),
            text("sandbox"),
            text("cus_1"),
            text("pm_1")
        ]
    );
    assert_eq!(
        row(
            &connection,
            "SELECT id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan,
                    status, amount_minor, currency, current_period_end
             FROM subscriptions"
        ),
        [
            text(opened.intent.subscription_row.to_string()),
            text(&user),
            text("cus_1"),
            text("sub_1"),
            text("pro"),
            text("active"),
            Value::Integer(2900),
            text("USD"),
            text("2026-12-23T12:00:00.000000Z")
        ]
    );
}

#[tokio::test]
async fn a_closed_account_leaves_no_row_in_any_table() {
    let on_file = OnFile::new(Mode::Inline);
    let world = on_file.world();
    let waiting = opened(&world, 1).await;
    let claimed = signals::claimed_by_undo(&world, waiting.id).await;
    let turned = turned_back(&world, &claimed);
    world
        .store
        .save(&turned, Status::AwaitingVerification, &[])
        .await
        .unwrap();
    world.store.close_account(&turned, &[]).await.unwrap();
    for table in ["users", "profiles", "billing_info", "subscriptions"] {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(
            row(&on_file.connection(), &count),
            [Value::Integer(0)],
            "{table}"
        );
    }
}

#[tokio::test]
async fn card_data_cannot_be_stored_whatever_the_code_does() {
    let on_file = OnFile::new(Mode::Inline);
    opened(&on_file.world(), 1).await;
    let connection = on_file.connection();
    refused(
        &connection,
        "UPDATE billing_info SET cvv_hash = 'a'",
        "cvv_hash_is_never_kept",
    );
    for number in [
        "4242424242424242",
        "4242 4242 4242 4242",
        "•••• 42424",
        "4242",
        "",
    ] {
        let sql = format!("UPDATE billing_info SET card_number = '{number}'");
        refused(&connection, &sql, "card_number_is_masked");
    }
    for column in [
        "card_number",
        "card_brand",
        "expiry_month",
        "expiry_year",
        "cvc_check",
    ] {
        let sql = format!("UPDATE billing_info SET {column} = NULL");
        refused(&connection, &sql, "card_is_whole_or_absent");
    }
}

#[tokio::test]
async fn a_journal_row_cannot_contradict_itself() {
    let on_file = OnFile::new(Mode::Inline);
    let world = on_file.world();
    begun(&world, 1).await;
    let connection = on_file.connection();
    for (change, constraint) in [
        ("status = 'lost'", "status IN"),
        ("status = 'undone'", "rest_has_a_time"),
        ("status = 'undoing'", "undoing_has_a_reason"),
        ("status = 'awaiting_verification'", "waiting_has_an_end"),
        (
            "status = 'registered', rested_at = 'x', owner = NULL, lease_expires_at = NULL",
            "registered_is_verified",
        ),
        ("owner = NULL", "lease_has_an_owner"),
        (
            "owner = NULL, lease_expires_at = NULL",
            "held_or_due_or_resting",
        ),
        ("due_at = 'x'", "held_or_due_or_resting"),
        ("email = NULL", "email_until_stripped"),
        (
            "stripped_at = 'x', email = NULL, email_normalised = NULL",
            "stripped_only_at_rest",
        ),
        ("intent = '{'", "json_valid(intent)"),
        (
            "idempotency_key = zeroblob(32)",
            "request_is_whole_or_absent",
        ),
        (
            "idempotency_key = zeroblob(31), request_fingerprint = zeroblob(32)",
            "length",
        ),
    ] {
        refused(
            &connection,
            &format!("UPDATE registrations SET {change}"),
            constraint,
        );
    }
    undoing(&world, 2).await;
    let twice = "UPDATE registrations SET email_normalised = 'person1@example.com'";
    refused(&connection, twice, "registrations.email_normalised");
}

#[tokio::test]
async fn a_user_has_one_live_subscription_and_as_many_ended_ones_as_there_were() {
    let on_file = OnFile::new(Mode::Inline);
    opened(&on_file.world(), 1).await;
    let connection = on_file.connection();
    let another = |number: u8, status: &str| {
        format!(
            "INSERT INTO subscriptions SELECT 'row {number}', user_id, payment_gateway_customer_id,
                 'another {number}', plan, '{status}', amount_minor, currency, current_period_end,
                 created_at, updated_at, NULL, NULL, 0
             FROM subscriptions LIMIT 1"
        )
    };
    for live in ["active", "past_due", "unpaid", "paused"] {
        refused(&connection, &another(1, live), "subscriptions.user_id");
    }
    connection.execute(&another(2, "ended"), []).unwrap();
    connection.execute(&another(3, "ended"), []).unwrap();
}

#[tokio::test]
async fn what_gateways_tell_cannot_be_nonsense() {
    let on_file = OnFile::new(Mode::Inline);
    opened(&on_file.world(), 1).await;
    let connection = on_file.connection();
    for (change, constraint) in [
        ("status = 'lost'", "subscriptions_status_check"),
        ("refunded_minor = -1", "refunds_are_not_negative"),
    ] {
        let sql = format!("UPDATE subscriptions SET {change}");
        refused(&connection, &sql, constraint);
    }
    let event =
        |id: &str| format!("INSERT INTO gateway_events VALUES ('a', '{id}', 'b', NULL, 't')");
    refused(&connection, &event(&"e".repeat(256)), "event_id_is_short");
    let longest = event(&"e".repeat(255));
    connection.execute(&longest, []).unwrap();
    refused(&connection, &longest, "gateway_events.event_id");
}

#[test]
fn what_is_due_is_found_by_index() {
    let on_file = OnFile::new(Mode::Inline);
    let connection = on_file.connection();
    for (query, index) in [
        (
            "SELECT id FROM registrations WHERE status NOT IN ('registered', 'undone')
                 AND coalesce(lease_expires_at, due_at) <= 'x'
             ORDER BY coalesce(lease_expires_at, due_at) LIMIT 9",
            "registrations_due",
        ),
        (
            "SELECT id FROM jobs WHERE status = 'queued' AND kind = 'x'
                 AND coalesce(lease_expires_at, due_at) <= 'x'
             ORDER BY coalesce(lease_expires_at, due_at) LIMIT 9",
            "jobs_due",
        ),
        (
            "SELECT id FROM registrations WHERE email_normalised = 'x'
                 AND status NOT IN ('registered', 'undone')",
            "registrations_email",
        ),
        (
            "SELECT id FROM registrations WHERE NULL IS NULL
             ORDER BY begun_at DESC, id DESC LIMIT 9",
            "registrations_begun",
        ),
        (
            "SELECT id FROM registrations WHERE user_id = 'x'",
            "registrations_user",
        ),
        (
            "SELECT gateway, event_id FROM gateway_events WHERE received_at < 'x'
             ORDER BY received_at LIMIT 9",
            "gateway_events_received",
        ),
    ] {
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
            .unwrap();
        let plan: Vec<String> = statement
            .query_map([], |row| row.get("detail"))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(plan.len() == 1 && plan[0].contains(index), "{plan:?}");
    }
}

#[test]
fn what_may_be_stripped_is_found_by_index() {
    let on_file = OnFile::new(Mode::Inline);
    let connection = on_file.connection();
    let query = format!(
        "EXPLAIN QUERY PLAN SELECT id FROM registrations
         WHERE {MAY_BE_STRIPPED} AND rested_at < 'x' ORDER BY rested_at LIMIT 9"
    );
    let mut statement = connection.prepare(&query).unwrap();
    let plan = statement.query_map([], |row| row.get("detail")).unwrap();
    let plan: Vec<String> = plan.map(Result::unwrap).collect();
    for index in [
        "registrations_to_strip",
        "jobs_due",
        "pending_registrations_led_to",
    ] {
        let is_used = |step: &String| step.starts_with("SEARCH") && step.contains(index);
        assert!(plan.iter().any(is_used), "{index}: {plan:?}");
    }
    let scans = |step: &String| step.starts_with("SCAN") || step.contains("CORRELATED LIST");
    assert!(!plan.iter().any(scans), "{plan:?}");
}

#[test]
fn times_are_as_wide_as_each_other_and_sort() {
    let connection = Connection::open_in_memory().unwrap();
    let mut last = String::new();
    for time in [
        "1970-01-01T00:00:00Z",
        "2026-11-23T12:00:00Z",
        "2026-11-23T12:00:00.000001Z",
        "2026-11-23T12:00:00.1Z",
        "2026-11-23T12:00:01Z",
        "9999-12-30T22:00:00.999999999Z",
    ] {
        let moment = Moment(time.parse().unwrap());
        let written: String = connection
            .query_row("SELECT ?1", [moment], |r| r.get(0))
            .unwrap();
        assert_eq!(written.len(), "2026-11-23T12:00:00.000000Z".len());
        assert!(written > last, "{written}");
        let read: Moment = connection
            .query_row("SELECT ?1", [&written], |r| r.get(0))
            .unwrap();
        let lost = moment.0.duration_since(read.0).unsigned_abs();
        assert!(lost < Duration::from_micros(1), "{time} became {written}");
        last = written;
    }
}

#[test]
fn the_settings_that_safety_rests_on_hold() {
    let on_file = OnFile::new(Mode::Inline);
    let connection = crate::sqlite::open::file(&on_file.path()).unwrap();
    for (pragma, value) in [
        ("synchronous", Value::Integer(2)),
        ("foreign_keys", Value::Integer(1)),
        ("secure_delete", Value::Integer(1)),
        ("trusted_schema", Value::Integer(0)),
        ("journal_mode", text("wal")),
    ] {
        assert_eq!(
            row(&connection, &format!("PRAGMA {pragma}")),
            [value],
            "{pragma}"
        );
    }
}

fn row(connection: &Connection, sql: &str) -> Vec<Value> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    statement
        .query_row([], |row| {
            (0..columns).map(|column| row.get(column)).collect()
        })
        .unwrap()
}

fn text(text: impl AsRef<str>) -> Value {
    Value::Text(text.as_ref().to_owned())
}

fn refused(connection: &Connection, sql: &str, constraint: &str) {
    let error = connection.execute(sql, []).unwrap_err().to_string();
    assert!(error.contains(constraint), "{sql}: {error}");
}
