//! What is there at the end: the tables, the gateway's ledger, the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use enlist_gateways::sandbox::{Ledger, LedgerCharge, LedgerCustomer, LedgerSubscription};
use uuid::Uuid;

use super::site::Site;
use super::tables::{Line, id, is_one, number, text};

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
    pub pending: BTreeMap<Uuid, Pending>,
    pub ledger: Ledger,
    /// Registrations with an invoice that could still be paid, and how its payment stands.
    pub open_invoices: Vec<(Uuid, String)>,
    /// What must be in no file beside cards and passwords.
    pub secrets: &'static [&'static str],
    /// Events that the gateway told of and that were recorded.
    pub news: usize,
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
    /// In which order its steps are taken.
    pub order: String,
    pub status: String,
    pub failure: Option<String>,
    /// What the plan costs, if it costs anything.
    pub price_minor: Option<i64>,
    pub has_opened: bool,
    pub is_verified: bool,
    pub generation: i64,
}

/// A row of `subscriptions`.
pub struct Subscription {
    pub user: Uuid,
    pub customer: String,
    pub at_gateway: String,
    pub amount_minor: i64,
}

/// A row of `pending_registrations`.
#[derive(Debug)]
pub struct Pending {
    pub email: String,
    pub is_over: bool,
    pub is_verified: bool,
    pub first_name: Option<String>,
    pub has_card: bool,
    /// Of a card that was not a browser's token.
    pub last4: Option<String>,
    pub plan: Option<String>,
    /// What its last step began.
    pub registration: Option<Uuid>,
}

/// A row of `jobs`.
pub struct Job {
    pub kind: String,
    pub registration: Uuid,
    pub status: String,
}

impl World {
    /// Reads it all, after the service has ended.
    pub fn read(site: &Site, ledger: Ledger) -> Self {
        let rows = |sql: &str| site.tables.rows(sql).into_iter();
        let mut timelines: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for line in rows(EVENTS) {
            let events = timelines.entry(id(&line, 0)).or_default();
            events.push(text(&line, 1));
        }
        let registrations: Vec<_> = rows(REGISTRATIONS)
            .map(|line| registration(&line))
            .collect();
        let users = rows("SELECT id, email_normalised FROM users");
        let profiles = rows("SELECT user_id FROM profiles");
        let billing = rows("SELECT user_id, payment_gateway_customer_id FROM billing_info");
        let is_over = site.tables.is_over("expires_at");
        let pending = PENDING.replace("{is_over}", &is_over);
        let pending = rows(&pending).map(|line| (id(&line, 0), pending_of(&line)));
        let pending = pending.collect();
        let jobs = rows("SELECT id, kind, registration_id, status FROM jobs");
        Self {
            makers: registrations.iter().map(|it| (it.user, it.id)).collect(),
            registrations: registrations.into_iter().map(|it| (it.id, it)).collect(),
            users: users.map(|line| (id(&line, 0), text(&line, 1))).collect(),
            profiles: profiles.map(|line| id(&line, 0)).collect(),
            billing: billing.map(|line| (id(&line, 0), text(&line, 1))).collect(),
            subscriptions: rows(SUBSCRIPTIONS)
                .map(|line| subscription(&line))
                .collect(),
            jobs: jobs.map(|line| (id(&line, 0), job(&line))).collect(),
            pending,
            ledger,
            open_invoices: site.gateway.open_invoices(),
            secrets: site.gateway.secrets(),
            news: rows("SELECT event_id FROM gateway_events").count(),
            files: site.texts(),
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

/// Registration, and what happened to it, in order.
pub const EVENTS: &str = "
    SELECT registration_id, at || ' g' || generation || ' ' || kind || ' ' || coalesce(step, '')
        || ' ' || coalesce(detail, '')
    FROM registration_events ORDER BY registration_id, seq";

const REGISTRATIONS: &str = "
    SELECT id, user_id, email_normalised, status, failure->>'reason',
        nullif(CAST(intent->'plan'->'price'->>'amount_minor' AS bigint), 0),
        CASE WHEN opened_at IS NOT NULL THEN 1 END, CASE WHEN verified_at IS NOT NULL THEN 1 END,
        generation, coalesce(intent->>'order', '')
    FROM registrations";

const PENDING: &str = "
    SELECT id, email_normalised,
        CASE WHEN {is_over} AND (registration_id IS NULL OR profile IS NOT NULL) THEN 1 END,
        CASE WHEN verified_at IS NOT NULL THEN 1 END, profile->>'first_name',
        CASE WHEN card IS NOT NULL THEN 1 END, card->'tokenized'->'card'->>'last4', plan,
        registration_id
    FROM pending_registrations";

const SUBSCRIPTIONS: &str = "
    SELECT user_id, payment_gateway_customer_id, payment_gateway_subscription_id, amount_minor
    FROM subscriptions WHERE status = 'active'";

fn registration(line: &Line) -> Registration {
    Registration {
        id: id(line, 0),
        user: id(line, 1),
        email: text(line, 2),
        status: text(line, 3),
        failure: line[4].clone(),
        price_minor: number(line, 5),
        has_opened: is_one(line, 6),
        is_verified: is_one(line, 7),
        generation: number(line, 8).unwrap_or_default(),
        order: text(line, 9),
    }
}

fn pending_of(line: &Line) -> Pending {
    Pending {
        email: text(line, 1),
        is_over: is_one(line, 2),
        is_verified: is_one(line, 3),
        first_name: line[4].clone(),
        has_card: is_one(line, 5),
        last4: line[6].clone(),
        plan: line[7].clone(),
        registration: line[8].as_ref().and_then(|it| it.parse().ok()),
    }
}

fn subscription(line: &Line) -> Subscription {
    Subscription {
        user: id(line, 0),
        customer: text(line, 1),
        at_gateway: text(line, 2),
        amount_minor: number(line, 3).unwrap_or_default(),
    }
}

fn job(line: &Line) -> Job {
    Job {
        kind: text(line, 1),
        registration: id(line, 2),
        status: text(line, 3),
    }
}
