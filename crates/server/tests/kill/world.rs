//! What is there at the end: the tables, the gateway's ledger, the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use enlist_gateways::sandbox::{Ledger, LedgerCharge, LedgerCustomer, LedgerSubscription};
use rusqlite::{Connection, OpenFlags, Row};
use uuid::Uuid;

/// How often it is looked whether everything rests.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Everything that the checks look at.
pub struct World {
    pub registrations: BTreeMap<Uuid, Registration>,
    /// Normalised e-mail address by id.
    pub users: BTreeMap<Uuid, String>,
    /// Whose profile.
    pub profiles: BTreeSet<Uuid>,
    /// Customer by user.
    pub billing: BTreeMap<Uuid, String>,
    pub subscriptions: Vec<Subscription>,
    pub jobs: BTreeMap<Uuid, Job>,
    pub ledger: Ledger,
    /// Every file that the service wrote, its log included.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    timelines: BTreeMap<Uuid, Vec<String>>,
    /// Registration by user.
    makers: BTreeMap<Uuid, Uuid>,
}

/// A line of the journal.
pub struct Registration {
    pub id: Uuid,
    pub user: Uuid,
    pub email: String,
    pub status: String,
    pub failure: Option<String>,
    /// What the plan costs, if it costs anything.
    pub price_minor: Option<i64>,
    pub has_opened: bool,
    pub is_verified: bool,
    pub generation: u32,
}

/// A row of `subscriptions`.
pub struct Subscription {
    pub user: Uuid,
    pub customer: String,
    pub at_gateway: String,
    pub amount_minor: i64,
}

/// A row of `jobs`.
pub struct Job {
    pub kind: String,
    pub registration: Uuid,
    pub status: String,
}

impl World {
    /// Reads it all, after the service has ended.
    pub fn read(folder: &Path, ledger: Ledger) -> Self {
        let tables = open(folder);
        let mut timelines: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        let events = "SELECT registration_id, printf('%s g%d %s %s %s', at, generation, kind,
                          coalesce(step, ''), coalesce(detail, ''))
                      FROM registration_events ORDER BY registration_id, seq";
        for (id, line) in rows(&tables, events, |row| Ok((id(row, 0)?, row.get(1)?))) {
            timelines.entry(id).or_default().push(line);
        }
        let registrations = rows(&tables, REGISTRATIONS, registration);
        Self {
            makers: registrations.iter().map(|it| (it.user, it.id)).collect(),
            registrations: registrations.into_iter().map(|it| (it.id, it)).collect(),
            users: rows(&tables, "SELECT id, email_normalised FROM users", |row| {
                Ok((id(row, 0)?, row.get(1)?))
            })
            .into_iter()
            .collect(),
            profiles: rows(&tables, "SELECT user_id FROM profiles", |row| id(row, 0))
                .into_iter()
                .collect(),
            billing: rows(
                &tables,
                "SELECT user_id, payment_gateway_customer_id FROM billing_info",
                |row| Ok((id(row, 0)?, row.get(1)?)),
            )
            .into_iter()
            .collect(),
            subscriptions: rows(&tables, SUBSCRIPTIONS, subscription),
            jobs: rows(
                &tables,
                "SELECT id, kind, registration_id, status FROM jobs",
                job,
            )
            .into_iter()
            .collect(),
            ledger,
            files: files(folder),
            timelines,
        }
    }

    /// The registration that made a user.
    pub fn maker_of(&self, user: Uuid) -> Option<&Registration> {
        self.registrations.get(self.makers.get(&user)?)
    }

    /// The user that a registration made, if there is one.
    pub fn has_user(&self, registration: Uuid) -> bool {
        let made = self.registrations.get(&registration);
        made.is_some_and(|made| self.users.contains_key(&made.user))
    }

    /// The bank asks the person, or asked and nobody has looked yet: a customer and an incomplete
    /// subscription belong to it, money does not.
    pub fn awaits_action(&self, registration: Uuid) -> bool {
        let waiting = self.registrations.get(&registration);
        waiting.is_some_and(|waiting| waiting.status == "awaiting_action")
    }

    pub fn live_customers(&self) -> impl Iterator<Item = &LedgerCustomer> {
        self.ledger.customers.iter().filter(|entry| entry.live)
    }

    pub fn live_subscriptions(&self) -> impl Iterator<Item = &LedgerSubscription> {
        self.ledger.subscriptions.iter().filter(|entry| entry.live)
    }

    pub fn live_charges(&self) -> impl Iterator<Item = &LedgerCharge> {
        self.ledger.charges.iter().filter(|entry| entry.live)
    }

    /// What happened to a registration, as `enlist registrations show` would tell it.
    pub fn timeline(&self, registration: Uuid) -> String {
        let lines = self.timelines.get(&registration);
        lines.map_or_else(|| "no timeline".to_owned(), |lines| lines.join("\n      "))
    }
}

/// Waits until no registration moves or is about to, and no mail is queued; returns how long it took.
pub fn wait_until_settled(folder: &Path, limit: Duration) -> Duration {
    let tables = open(folder);
    let mut waited = Duration::ZERO;
    loop {
        let moving = rows(&tables, MOVING, |row| row.get::<_, String>(0));
        if moving.is_empty() {
            return waited;
        }
        assert!(
            waited < limit,
            "after {} s without faults these still move: {moving:#?}",
            limit.as_secs()
        );
        thread::sleep(BETWEEN_LOOKS);
        waited += BETWEEN_LOOKS;
    }
}

/// A registration whose person has less than a minute left is about to be undone.
const MOVING: &str = "
    SELECT id || ' ' || status FROM registrations
    WHERE status IN ('running', 'undoing')
        OR (status LIKE 'awaiting_%' AND julianday(act_by) < julianday('now', '+60 seconds'))
    UNION ALL
    SELECT id || ' ' || kind FROM jobs WHERE kind = 'verification_mail' AND status = 'queued'";

const REGISTRATIONS: &str = "
    SELECT id, user_id, email_normalised, status, json_extract(failure, '$.reason'),
        nullif(json_extract(intent, '$.plan.price.amount_minor'), 0),
        opened_at IS NOT NULL, verified_at IS NOT NULL, generation
    FROM registrations";

const SUBSCRIPTIONS: &str = "
    SELECT user_id, payment_gateway_customer_id, payment_gateway_subscription_id, amount_minor
    FROM subscriptions WHERE status = 'active'";

fn registration(row: &Row<'_>) -> rusqlite::Result<Registration> {
    Ok(Registration {
        id: id(row, 0)?,
        user: id(row, 1)?,
        email: row.get(2)?,
        status: row.get(3)?,
        failure: row.get(4)?,
        price_minor: row.get(5)?,
        has_opened: row.get(6)?,
        is_verified: row.get(7)?,
        generation: row.get(8)?,
    })
}

fn subscription(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    Ok(Subscription {
        user: id(row, 0)?,
        customer: row.get(1)?,
        at_gateway: row.get(2)?,
        amount_minor: row.get(3)?,
    })
}

fn job(row: &Row<'_>) -> rusqlite::Result<(Uuid, Job)> {
    let job = Job {
        kind: row.get(1)?,
        registration: id(row, 2)?,
        status: row.get(3)?,
    };
    Ok((id(row, 0)?, job))
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    let text: String = row.get(column)?;
    Ok(text.parse().expect("ids are UUIDs"))
}

fn rows<T>(
    tables: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = tables.prepare_cached(sql).unwrap();
    let rows = statement.query_map([], read).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn open(folder: &Path) -> Connection {
    let path = folder.join("data/enlist.db");
    let tables = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    tables.busy_timeout(Duration::from_secs(5)).unwrap();
    tables
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let data = std::fs::read_dir(folder.join("data")).unwrap();
    let paths = data
        .map(|entry| entry.unwrap().path())
        .chain([folder.join("log")]);
    paths
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}
