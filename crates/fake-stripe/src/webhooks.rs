//! Webhooks: events are signed and delivered in the background, again until they are taken, and, where somebody
//! asks for it, several times and out of order, as Stripe may.

mod delivery;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use delivery::deliver;

/// Where events are delivered to, and how.
#[derive(Clone, Debug, Default)]
pub struct Webhooks {
    /// An address with `http`; none delivers nothing, and forgets what happens meanwhile.
    pub url: Option<String>,
    /// Each signs every delivery, as Stripe does while a secret is being exchanged.
    pub secrets: Vec<String>,
    /// How often each event is delivered; 0 is 1.
    pub repeat: u32,
    /// Whether events that wait together are delivered in another order.
    pub shuffle: bool,
    /// Decides that order.
    pub seed: u64,
    /// How long events are gathered before they are delivered.
    pub delay: Duration,
}

/// What became of the events, counted by deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deliveries {
    /// Taken, with a status of 2xx.
    pub delivered: u64,
    /// Not taken, however often they were delivered.
    pub given_up: u64,
    /// Still to be delivered.
    pub waiting: u64,
}

/// As it is asked for over HTTP.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhooksRequest {
    url: Option<String>,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    repeat: u32,
    #[serde(default)]
    shuffle: bool,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    delay_ms: u64,
}

impl From<WebhooksRequest> for Webhooks {
    fn from(request: WebhooksRequest) -> Self {
        let WebhooksRequest {
            url,
            secrets,
            repeat,
            shuffle,
            seed,
            delay_ms,
        } = request;
        Self {
            url,
            secrets,
            repeat,
            shuffle,
            seed,
            delay: Duration::from_millis(delay_ms),
        }
    }
}
