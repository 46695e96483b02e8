//! Everything that the account holds, in memory, and one request's view of it.

mod table;

use enlist_registration::ports::Random;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::events::Event;
use crate::objects::{
    Charge, Customer, Invoice, PaymentIntent, PaymentMethod, Price, Refund, SetupIntent,
    Subscription, WebhookEndpoint,
};
use crate::options::Options;

pub(crate) use table::{Entry, Table};

/// The objects, of each kind in the order they were made. Nothing is ever taken out.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) charges: Table<Charge>,
    pub(crate) customers: Table<Customer>,
    pub(crate) invoices: Table<Invoice>,
    pub(crate) payment_intents: Table<PaymentIntent>,
    pub(crate) payment_methods: Table<PaymentMethod>,
    pub(crate) prices: Table<Price>,
    pub(crate) refunds: Table<Refund>,
    pub(crate) setup_intents: Table<SetupIntent>,
    pub(crate) subscriptions: Table<Subscription>,
    pub(crate) webhook_endpoints: Table<WebhookEndpoint>,
    /// Subscriptions that were incomplete when they were last looked at.
    pub(crate) waiting: Vec<String>,
}

/// The books while one request is worked on.
pub(crate) struct Desk<'a> {
    pub(crate) books: &'a mut Books,
    /// What the account's webhooks are told afterwards.
    pub(crate) events: &'a mut Vec<Event>,
    pub(crate) now: Timestamp,
    pub(crate) random: &'a dyn Random,
    pub(crate) options: &'a Options,
}

impl Desk<'_> {
    /// A new id: what it names, and 96 random bits.
    pub(crate) fn new_id(&self, prefix: &str) -> String {
        new_id(self.random, prefix)
    }

    /// What a browser shows to act on `id`: 128 random bits.
    pub(crate) fn new_client_secret(&self, id: &str) -> String {
        format!("{id}_secret_{}", chance::<16>(self.random))
    }

    /// An object as Stripe shows it now.
    pub(crate) fn show<T: Entry>(&self, id: &str) -> Value {
        T::table(self.books)
            .get(id)
            .map_or(Value::Null, |entry| entry.to_json(self.books))
    }

    /// Tells the webhooks what happened to an object, with the object as it is now.
    pub(crate) fn tell<T: Entry>(&mut self, kind: &'static str, id: &str) {
        let object = self.show::<T>(id);
        self.tell_as(kind, object);
    }

    /// Tells the webhooks what happened, with an object as it was.
    pub(crate) fn tell_as(&mut self, kind: &'static str, object: Value) {
        let event = Event {
            id: self.new_id("evt"),
            kind,
            created: self.now,
            object,
        };
        self.events.push(event);
    }

    /// Whether something made at `moment` is at least this old.
    pub(crate) fn is_older_than(&self, moment: Timestamp, age: SignedDuration) -> bool {
        self.now.duration_since(moment) >= age
    }
}

pub(crate) fn new_id(random: &dyn Random, prefix: &str) -> String {
    format!("{prefix}_{}", chance::<12>(random))
}

fn chance<const BYTES: usize>(random: &dyn Random) -> String {
    let mut bytes = [0u8; BYTES];
    random.fill(&mut bytes);
    hex(&bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
