//! What `enlist doctor` asks: whether the key works, what the prices say, which webhooks there are.

use enlist_registration::ports::Outcome;
use jiff::Timestamp;
use serde::Deserialize;

use super::Stripe;
use super::client::Fetched;
use super::errors::outcome;
use super::form::Form;
use super::objects::Page;

/// What the account says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccountFacts {
    /// Its balance is of real money.
    #[serde(rename = "livemode")]
    pub is_live: bool,
    /// When Stripe answered, by its own clock and to the second (RFC 9110, `Date`), if it says so.
    #[serde(skip)]
    pub answered_at: Option<Timestamp>,
}

/// A price, as a plan of the configuration must agree with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PriceFacts {
    /// Can be subscribed to.
    pub active: bool,
    /// Belongs to live mode.
    #[serde(rename = "livemode")]
    pub is_live: bool,
    /// ISO 4217, in small letters.
    pub currency: String,
    /// What one unit costs, in minor units; none where the price is tiered or has fractions of them.
    pub unit_amount: Option<i64>,
    /// How often it is charged; none for a price that is paid once.
    pub recurring: Option<Recurring>,
}

/// How often a price is charged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Recurring {
    /// `day`, `week`, `month` or `year`.
    pub interval: String,
    /// Every so many of them.
    pub interval_count: u64,
}

/// A webhook endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct EndpointFacts {
    /// Where events are sent.
    pub url: String,
    /// `enabled` or `disabled`.
    pub status: String,
    /// Which events; `*` for all.
    pub enabled_events: Vec<String>,
}

impl Stripe {
    /// Asks for the balance: what a key of any kind that is to sell can read.
    pub async fn account(&self) -> Outcome<AccountFacts> {
        let fetched = self.client.fetch("balance", &Form::new()).await;
        outcome(fetched.map(|fetched: Fetched<AccountFacts>| AccountFacts {
            answered_at: fetched.answered_at,
            ..fetched.object
        }))
    }

    /// A price by its id; none where there is no such price.
    pub async fn price(&self, id: &str) -> Outcome<Option<PriceFacts>> {
        let found = self.client.get(&format!("prices/{id}"), &Form::new()).await;
        outcome(match found {
            Ok(price) => Ok(Some(price)),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure),
        })
    }

    /// The webhook endpoints of the account: Stripe allows sixteen.
    pub async fn webhook_endpoints(&self) -> Outcome<Vec<EndpointFacts>> {
        let query = Form::new().with("limit", "100");
        let found = self
            .client
            .get::<Page<EndpointFacts>>("webhook_endpoints", &query);
        outcome(found.await.map(|page| page.data))
    }
}
