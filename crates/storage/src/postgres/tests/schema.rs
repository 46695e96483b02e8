//! What the tables themselves hold, whatever the code does.

use std::collections::BTreeSet;

use enlist_registration::state::Status;
use tempfile::TempDir;

use super::*;
use crate::contract::*;
use crate::{SqliteOptions, SqliteStore};

/// Columns whose names say all: those of times at which what the table is about came to be, ended or
/// changed, names of persons and places, and what belongs to which registration.
const OBVIOUS: [&str; 12] = [
    "created_at",
    "updated_at",
    "begun_at",
    "queued_at",
    "finished_at",
    "at",
    "first_name",
    "last_name",
    "city",
    "expiry_year",
    "status",
    "registration_id",
];

const COLUMNS: &str = "
    SELECT table_name, column_name,
        col_description(to_regclass(table_name), ordinal_position) AS comment
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'refinery_schema_history'
        AND to_regclass(table_name)::oid IN (SELECT oid FROM pg_class WHERE relkind = 'r')";

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_account_is_written_as_the_product_says() {
    let on_server = OnServer::new(Isolation::default()).await;
    let opened = opened(&on_server.world(), 1).await;
    let user = opened.intent.user.to_string();
    let row = |sql: &str| {
        let rows = on_server
            .database
            .query_text(&format!("SET timezone = 'UTC'; {sql}"));
        assert_eq!(rows.len(), 1, "{sql}");
        let values = rows[0]
            .iter()
            .map(|value| value.clone().unwrap_or("∅".to_owned()));
        values.collect::<Vec<_>>()
    };
    let now = "2026-11-23 12:00:00.000001+00";
    assert_eq!(
        row("SELECT id, email, email_normalised, email_verified_at, created_at FROM users"),
        [
            &user,
            "Person1@Example.com",
            "person1@example.com",
            "∅",
            now
        ]
    );
    assert_eq!(
        row(
            "SELECT user_id, first_name, last_name, address, address_line2, city, state, zip, country
             FROM profiles"
        ),
        [&user, "Grace", "Hopper", "1 Navy Yard", "Flat 2", "Arlington", "VA", "22202", "US"]
    );
    assert_eq!(
        row(
            "SELECT user_id, card_number, card_brand, expiry_month, expiry_year, cvv_hash, cvc_check,
                    payment_gateway, payment_gateway_customer_id, payment_method_id
             FROM billing_info"
        ),
        [&user, "•••• 4242", "visa", "12", "2030", "∅", "pass", "sandbox", "cus_1", "pm_1"]
    );
    let subscription = opened.intent.subscription_row.to_string();
    assert_eq!(
        row(
            "SELECT id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan,
                    status, amount_minor, currency, current_period_end
             FROM subscriptions"
        ),
        [
            &subscription, &user, "cus_1", "sub_1", "pro", "active", "2900", "USD",
            "2026-12-23 12:00:00+00"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_leaves_no_row_in_any_table() {
    let on_server = OnServer::new(Isolation::default()).await;
    let world = on_server.world();
    let waiting = opened(&world, 1).await;
    let claimed = signals::claimed_by_undo(&world, waiting.id).await;
    let turned = turned_back(&world, &claimed);
    let standing = Status::AwaitingVerification;
    world.store.save(&turned, standing, &[]).await.unwrap();
    world.store.close_account(&turned, &[]).await.unwrap();
    for table in ["users", "profiles", "billing_info", "subscriptions"] {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(on_server.value(&count), "0", "{table}");
    }
}

fn refused(on_server: &OnServer, sql: &str, constraint: &str) {
    let error = on_server.database.try_query_text(sql).unwrap_err();
    let refusal = error.as_db_error().unwrap();
    assert_eq!(refusal.constraint(), Some(constraint), "{sql}: {error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn card_data_cannot_be_stored_whatever_the_code_does() {
    let on_server = OnServer::new(Isolation::default()).await;
    opened(&on_server.world(), 1).await;
    let never = "UPDATE billing_info SET cvv_hash = 'a'";
    refused(&on_server, never, "cvv_hash_is_never_kept");
    for number in [
        "4242424242424242",
        "4242 4242 4242 4242",
        "•••• 42424",
        "4242",
        "",
    ] {
        let sql = format!("UPDATE billing_info SET card_number = '{number}'");
        refused(&on_server, &sql, "card_number_is_masked");
    }
    for column in [
        "card_number",
        "card_brand",
        "expiry_month",
        "expiry_year",
        "cvc_check",
    ] {
        let sql = format!("UPDATE billing_info SET {column} = NULL");
        refused(&on_server, &sql, "card_is_whole_or_absent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_one_live_subscription_and_as_many_ended_ones_as_there_were() {
    let on_server = OnServer::new(Isolation::default()).await;
    opened(&on_server.world(), 1).await;
    let another = |number: u8, status: &str| {
        format!(
            "INSERT INTO subscriptions SELECT gen_random_uuid(), user_id,
                 payment_gateway_customer_id, 'another {number}', plan, '{status}', amount_minor,
                 currency, current_period_end, created_at, updated_at
             FROM subscriptions LIMIT 1"
        )
    };
    for live in ["active", "past_due", "unpaid", "paused"] {
        refused(&on_server, &another(1, live), "subscriptions_live_user");
    }
    on_server.database.execute(&another(2, "ended"));
    on_server.database.execute(&another(3, "ended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gateways_tell_cannot_be_nonsense() {
    let on_server = OnServer::new(Isolation::default()).await;
    opened(&on_server.world(), 1).await;
    for (change, constraint) in [
        ("status = 'lost'", "subscriptions_status_check"),
        ("refunded_minor = -1", "refunds_are_not_negative"),
    ] {
        let sql = format!("UPDATE subscriptions SET {change}");
        refused(&on_server, &sql, constraint);
    }
    let event =
        |id: &str| format!("INSERT INTO gateway_events VALUES ('a', {id}, 'b', NULL, now())");
    refused(&on_server, &event("repeat('e', 256)"), "event_id_is_short");
    on_server.database.execute(&event("repeat('e', 255)"));
    refused(
        &on_server,
        &event("repeat('e', 255)"),
        "gateway_events_pkey",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_row_cannot_contradict_itself() {
    let on_server = OnServer::new(Isolation::default()).await;
    let world = on_server.world();
    begun(&world, 1).await;
    let zeros = |bytes: usize| format!("decode(repeat('00', {bytes}), 'hex')");
    let (whole, short) = (zeros(32), zeros(31));
    for (change, constraint) in [
        ("status = 'lost'", "registrations_status_check"),
        ("status = 'undone'", "rest_has_a_time"),
        ("status = 'undoing'", "undoing_has_a_reason"),
        ("status = 'awaiting_verification'", "waiting_has_an_end"),
        (
            "status = 'registered', rested_at = now(), owner = NULL, lease_expires_at = NULL",
            "registered_is_verified",
        ),
        ("owner = NULL", "lease_has_an_owner"),
        (
            "owner = NULL, lease_expires_at = NULL",
            "held_or_due_or_resting",
        ),
        ("due_at = now()", "held_or_due_or_resting"),
        ("email = NULL", "email_until_stripped"),
        (
            "stripped_at = now(), email = NULL, email_normalised = NULL",
            "stripped_only_at_rest",
        ),
        (
            &format!("idempotency_key = {whole}"),
            "request_is_whole_or_absent",
        ),
        (
            &format!("idempotency_key = {short}, request_fingerprint = {whole}"),
            "registrations_idempotency_key_check",
        ),
    ] {
        let sql = format!("UPDATE registrations SET {change} WHERE status = 'running'");
        refused(&on_server, &sql, constraint);
    }
    undoing(&world, 2).await;
    let twice = "UPDATE registrations SET email_normalised = 'person1@example.com'";
    refused(&on_server, twice, "registrations_email_held");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_every_column_but_the_obvious_is_explained_in_the_database() {
    let on_server = OnServer::new(Isolation::default()).await;
    let unexplained = format!(
        "SELECT table_name || '.' || column_name FROM ({COLUMNS}) AS columns
         WHERE comment IS NULL AND column_name NOT IN ('{}')",
        OBVIOUS.join("', '")
    );
    let none: [Vec<Option<String>>; 0] = [];
    assert_eq!(on_server.database.query_text(&unexplained), none);
    let tables = format!(
        "SELECT DISTINCT table_name FROM ({COLUMNS}) AS columns
         WHERE obj_description(to_regclass(table_name), 'pg_class') IS NULL"
    );
    assert_eq!(on_server.database.query_text(&tables), none);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_columns_have_the_same_names_as_on_sqlite() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("enlist.db");
    let clock = TestClock::new();
    let _store = SqliteStore::open(&path, SqliteOptions::default(), clock).unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    let mut columns = file
        .prepare(
            "SELECT t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
             WHERE t.type = 'table' AND t.name <> 'refinery_schema_history'",
        )
        .unwrap();
    let on_sqlite: BTreeSet<String> = columns
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let on_server = OnServer::new(Isolation::default()).await;
    let names = format!("SELECT table_name || '.' || column_name FROM ({COLUMNS}) AS columns");
    let rows = on_server.database.query_text(&names);
    let mut on_postgres: BTreeSet<String> = rows.into_iter().flatten().flatten().collect();
    // Where one writes at a time, the mails to an address are counted in the journeys themselves.
    let counted = on_postgres.len();
    on_postgres.retain(|name| !name.starts_with("mails_to_addresses."));
    assert_eq!(counted - on_postgres.len(), 3);
    assert_eq!(on_postgres, on_sqlite);
}
