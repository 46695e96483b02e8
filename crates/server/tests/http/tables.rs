//! What the databases hold, read beside the service, and what the gateway holds, counted.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::service::Service;

/// A look into `enlist.db`.
pub(crate) struct Tables {
    connection: Connection,
}

impl Tables {
    pub(crate) fn of(data_dir: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = Connection::open_with_flags(data_dir.join("enlist.db"), flags).unwrap();
        Self { connection }
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    /// A query with one number.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    /// Changes the database behind the service's back.
    pub(crate) fn tamper(data_dir: &Path, sql: &str) {
        let connection = Connection::open(data_dir.join("enlist.db")).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// A query with one text, or null.
    pub(crate) fn text(&self, sql: &str) -> Option<String> {
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }
}

/// What is live at the gateway.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) customers: usize,
    pub(crate) payment_methods: usize,
    pub(crate) subscriptions: usize,
    pub(crate) charges: usize,
}

const NOTHING: Live = Live {
    customers: 0,
    payment_methods: 0,
    subscriptions: 0,
    charges: 0,
};

const ONE_OF_EVERYTHING: Live = Live {
    customers: 1,
    payment_methods: 1,
    subscriptions: 1,
    charges: 1,
};

/// The tables that an account is made of.
const ACCOUNT: [&str; 4] = ["users", "profiles", "billing_info", "subscriptions"];

impl Live {
    /// What is live in a gateway's ledger.
    pub(crate) fn of(ledger: &Value) -> Self {
        let live = |kind: &str| {
            let entries = ledger[kind].as_array().unwrap().iter();
            entries.filter(|entry| entry["live"] == true).count()
        };
        Self {
            customers: live("customers"),
            payment_methods: live("payment_methods"),
            subscriptions: live("subscriptions"),
            charges: live("charges"),
        }
    }
}

/// Neither the tables nor the gateway have anything of anybody, and no money was kept.
pub(crate) fn assert_nothing_is_left(ledger: &Value, tables: &Tables) {
    assert_eq!(Live::of(ledger), NOTHING);
    for charge in ledger["charges"].as_array().unwrap() {
        let kept =
            charge["status"] == "succeeded" && charge["refunded_minor"] != charge["amount_minor"];
        assert!(!kept, "{charge}");
    }
    for table in ACCOUNT {
        assert_eq!(tables.count(table), 0, "{table}");
    }
    let held = "SELECT count(*) FROM registrations WHERE status <> 'undone'";
    assert_eq!(tables.number(held), 0, "the address is free");
}

/// One paid account, whole and once.
pub(crate) fn assert_one_paid_account(ledger: &Value, tables: &Tables) {
    assert_one_paid_account_of_a_journey(ledger, tables);
    let mails = "SELECT count(*) FROM jobs WHERE kind = 'verification_mail'";
    assert_eq!(tables.number(mails), 1, "one mail was asked for");
}

/// The same, whose address was verified on the way to it.
fn assert_one_paid_account_of_a_journey(ledger: &Value, tables: &Tables) {
    assert_eq!(Live::of(ledger), ONE_OF_EVERYTHING);
    for table in ACCOUNT {
        assert_eq!(tables.count(table), 1, "{table}");
    }
}

impl Service {
    /// What is live at the sandbox gateway.
    pub(crate) async fn live(&self) -> Live {
        Live::of(&self.ledger().await)
    }

    /// See [`assert_nothing_is_left`].
    pub(crate) async fn assert_nothing_is_left(&self) {
        assert_nothing_is_left(&self.ledger().await, &self.tables());
    }

    /// See [`assert_one_paid_account`].
    pub(crate) async fn assert_one_paid_account(&self) {
        assert_one_paid_account(&self.ledger().await, &self.tables());
    }

    /// See [`assert_one_paid_account_of_a_journey`].
    pub(crate) async fn assert_one_paid_account_of_a_journey(&self) {
        assert_one_paid_account_of_a_journey(&self.ledger().await, &self.tables());
    }

    /// The ledger's only entry of a kind.
    pub(crate) async fn only(&self, kind: &str) -> Value {
        let ledger = self.ledger().await;
        let entries = ledger[kind].as_array().unwrap();
        assert_eq!(entries.len(), 1, "{kind}: {entries:?}");
        entries[0].clone()
    }
}
