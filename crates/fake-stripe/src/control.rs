//! What a test, or who shows the service to somebody, does at the gateway itself.

mod subscriptions;

use std::sync::Arc;
use std::time::Duration;

use enlist_gateways::faults::InvalidFault;
use enlist_gateways::sandbox::Ledger;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;

use crate::api::{charges, refunds};
use crate::books::Desk;
use crate::client::{self, Decision};
use crate::core::{Calls, Core, SeenRequest};
use crate::error::StripeError;
use crate::faults::{ActiveFault, Fault, validated};
use crate::ledger::{self, OpenInvoice};
use crate::objects::{Interval, Price, WebhookEndpoint};
use crate::options::Options;
use crate::webhooks::{Deliveries, Webhooks};

pub use subscriptions::SubscriptionChange;

/// A handle on a running fake. Faults do not touch what it does.
#[derive(Clone)]
pub struct Control {
    pub(crate) core: Arc<Core>,
}

/// The failures of one fake, in the order they were switched on.
pub struct Faults<'a>(&'a Core);

impl Faults<'_> {
    /// Switches one more fault on.
    pub fn switch_on(&self, fault: Fault) -> Result<(), InvalidFault> {
        self.0.lock().faults.switch_on(validated(fault)?)
    }

    /// The faults that are on or used up, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<ActiveFault> {
        self.0.lock().faults.entries()
    }

    /// Forgets them all: from here on every call goes well.
    pub fn clear(&self) {
        self.0.lock().faults.clear();
    }
}

/// A price to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPrice {
    /// The id of the price, such as `price_starter_month`.
    pub id: String,
    /// In minor units, not negative.
    pub unit_amount: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// How often it is due.
    pub interval: Interval,
    /// Whether it can be subscribed to.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

impl Control {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Everything that the account holds or held, in the form of the sandbox's ledger. What names no
    /// registration in its metadata has the registration with all zeros; a subscription's plan is what its
    /// metadata says under `plan`, else its price.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.core.work(|desk| ledger::read(desk.books))
    }

    /// The invoices that somebody could still pay, oldest first.
    #[must_use]
    pub fn open_invoices(&self) -> Vec<OpenInvoice> {
        self.core.work(|desk| ledger::open_invoices(desk.books))
    }

    /// The failures that are on; to switch on, list and clear.
    #[must_use]
    pub fn faults(&self) -> Faults<'_> {
        Faults(&self.core)
    }

    /// Which calls have arrived.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.core.lock().calls.clone()
    }

    /// In which ways calls were made.
    #[must_use]
    pub fn requests_seen(&self) -> Vec<SeenRequest> {
        self.core.lock().seen.iter().cloned().collect()
    }

    /// Moves the account's clock forward: what was to expire has expired.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.core.lock();
        let step = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        state.ahead_by = state.ahead_by.saturating_add(step);
        self.core.at_desk(&mut state, |_| ());
    }

    /// Confirms a payment for the person, as a browser does with its client secret, and says how the
    /// PaymentIntent stands then.
    pub fn confirm_payment(&self, client_secret: &str) -> Result<String, StripeError> {
        let confirmed = self
            .core
            .work(|desk| client::confirm_payment(desk, client_secret));
        confirmed.map(status_of)
    }

    /// What a browser confirms the first payment of a subscription with, where there is one to be made.
    #[must_use]
    pub fn client_secret_of(&self, subscription: &str) -> Option<String> {
        self.core.work(|desk| {
            let books = &desk.books;
            let invoice = books
                .subscriptions
                .get(subscription)?
                .latest_invoice
                .as_deref()?;
            let payment = books.invoices.get(invoice)?.payment_intent.as_deref()?;
            Some(books.payment_intents.get(payment)?.client_secret.clone())
        })
    }

    /// Answers, for the person, what their bank asks, and says how the SetupIntent or PaymentIntent stands
    /// then.
    pub fn authenticate(
        &self,
        client_secret: &str,
        decision: Decision,
    ) -> Result<String, StripeError> {
        let answered = self
            .core
            .work(|desk| client::authenticate(desk, client_secret, decision));
        answered.map(status_of)
    }

    /// What Stripe does in one way or another.
    #[must_use]
    pub fn options(&self) -> Options {
        self.core.lock().options
    }

    /// Decides what Stripe does in one way or another.
    pub fn set_options(&self, options: Options) {
        self.core.lock().options = options;
    }

    /// Decides how much later every answer comes from here on.
    pub fn set_latency(&self, latency: Duration) {
        self.core.lock().latency = latency;
    }

    /// Lets happen to a subscription what time, Stripe or the dashboard would do, and shows it.
    pub fn change_subscription(
        &self,
        id: &str,
        change: &SubscriptionChange,
    ) -> Result<Value, StripeError> {
        self.core
            .work(|desk| subscriptions::change(desk, id, change))
    }

    /// Has the bank send back what was refunded, days later even, and shows the refund.
    pub fn fail_refund(&self, id: &str) -> Result<Value, StripeError> {
        self.core.work(|desk| refunds::fail(desk, id))
    }

    /// Has the person dispute a charge at their bank, which takes the money, and shows the charge: it cannot
    /// be refunded any more.
    pub fn dispute_charge(&self, id: &str) -> Result<Value, StripeError> {
        self.core.work(|desk| charges::dispute(desk, id))
    }

    /// Delivers events to this address from here on, signed with each of these secrets.
    pub fn set_webhook(&self, url: &str, secrets: &[&str]) {
        self.set_webhooks(Webhooks {
            url: Some(url.to_owned()),
            secrets: secrets.iter().map(|secret| (*secret).to_owned()).collect(),
            ..Webhooks::default()
        });
    }

    /// Decides where events are delivered to from here on, how often and in which order.
    pub fn set_webhooks(&self, webhooks: Webhooks) {
        self.core.lock().webhooks = webhooks;
    }

    /// What became of the events.
    #[must_use]
    pub fn deliveries(&self) -> Deliveries {
        self.core.lock().deliveries()
    }

    /// Makes a price, or replaces the one with this id.
    pub fn create_price(&self, price: NewPrice) {
        self.core.work(|desk| create_price(desk, price));
    }

    /// Registers a webhook endpoint, as the dashboard does, and returns its id. It is only listed.
    pub fn create_webhook_endpoint(&self, url: &str, enabled_events: &[&str]) -> String {
        let events = enabled_events
            .iter()
            .map(|event| (*event).to_owned())
            .collect();
        self.core.work(|desk| {
            let id = desk.new_id("we");
            let endpoint = WebhookEndpoint::new(id.clone(), desk.now, url.to_owned(), events);
            desk.books.webhook_endpoints.insert(endpoint);
            id
        })
    }

    /// The prices that are always there.
    pub(crate) fn create_usual_prices(&self) {
        for (id, unit_amount) in [("price_starter_month", 900), ("price_pro_month", 2900)] {
            self.create_price(NewPrice {
                id: id.to_owned(),
                unit_amount,
                currency: "usd".to_owned(),
                interval: Interval::Month,
                active: true,
            });
        }
    }
}

fn status_of(intent: Value) -> String {
    let status = intent.get("status").and_then(Value::as_str);
    status.unwrap_or_default().to_owned()
}

fn create_price(desk: &mut Desk<'_>, price: NewPrice) {
    let NewPrice {
        id,
        unit_amount,
        currency,
        interval,
        active,
    } = price;
    let name = id.trim_start_matches("price_");
    desk.books.prices.insert(Price {
        product: format!("prod_{name}"),
        product_name: name.to_owned(),
        id,
        created: desk.now,
        unit_amount,
        currency,
        interval,
        is_active: active,
    });
}
